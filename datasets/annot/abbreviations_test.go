package annot

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

func TestAbbreviations(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string // "short = long"
	}{
		{"Effects of estramustine phosphate (EMP) metabolites on the androgen receptor (AR).", []string{"EMP = estramustine phosphate", "AR = androgen receptor"}},
		{"We gave EMP (estramustine phosphate sodium salt) orally.", []string{"EMP = estramustine phosphate sodium salt"}},
		{"Mice lack AMPK (a kinase that AMP activates) in liver.", nil}, // nothing holds M, P and K in this order
		{"Mice lack ACE (the enzyme angiotensin-converting enzyme).", []string{"ACE = angiotensin-converting enzyme"}},
		{"Loss of HIF (hypoxia inducible factor) is lethal.", []string{"HIF = hypoxia inducible factor"}},
		{"Inhibitors of angiotensin-converting enzymes (ACEs) were given.", []string{"ACEs = angiotensin-converting enzymes"}},
		{"Binding of tumour necrosis factor alpha (TNF-α) rose.", []string{"TNF-α = tumour necrosis factor alpha"}},
		{"Binding of tumour necrosis factor-α (TNFalpha) rose.", []string{"TNFalpha = tumour necrosis factor-α"}},
		{"The α-smooth muscle actin (α-SMA) fibres.", []string{"α-SMA = α-smooth muscle actin"}},
		{"The marker alpha-smooth muscle actin (αSMA) was stained.", []string{"αSMA = alpha-smooth muscle actin"}},
		{"CCAAT/enhancer-binding protein (C/EBP) homologous protein (CHOP)", []string{"C/EBP = CCAAT/enhancer-binding protein", "CHOP = CCAAT/enhancer-binding protein (C/EBP) homologous protein"}},
		{"The heat shock transcription factor (HSF) binds.", []string{"HSF = heat shock transcription factor"}},
		{"Interleukin 2 (IL-2) and interferon-gamma (IFN-gamma).", []string{"IL-2 = Interleukin 2", "IFN-gamma = interferon-gamma"}},
		{"blocks the angiotensin II type 1 receptor (AT(1)R; EC 3.4) here", []string{"AT(1)R = angiotensin II type 1 receptor"}},
		{"the serotonin (5-hydroxytryptamine (5-HT)) receptor", []string{"5-HT = 5-hydroxytryptamine"}},
		{"of tumour necrosis factor (TNF (cachectin)) in blood", []string{"TNF = tumour necrosis factor"}},
		{"acts on AT1R (angiotensin (Ang) II type 1 receptor) only", []string{"AT1R = angiotensin (Ang) II type 1 receptor", "Ang = angiotensin"}},
		{"a mitogen-activated protein kinase (MAPK, also ERK) cascade", []string{"MAPK = mitogen-activated protein kinase"}},
		{"the \"androgen receptor\" (\"AR\") was seen", []string{"AR = androgen receptor"}},
		{"polymerase chain\nreaction (PCR) and\u00a0body weight\u00a0(BW)", []string{"PCR = polymerase chain\nreaction", "BW = body weight"}},
		{"beta-adrenergic receptor kinase (beta ARK) was cloned", []string{"beta ARK = beta-adrenergic receptor kinase"}},
		{"the estrogen receptor. (ER) is elsewhere", nil},
		{"after four induced growths (Fig. 1) and pooled (P < 0.05), naive (n = 12), tall beds (Table 2)", nil},
		{"increased immune index (ii), many others (e.g. mo), total (10), pigs (5 %), in vivo (IV)", []string{"IV = in vivo"}},
		{"channel isoforms of the rat, dog and human fibre: Nav1.5 (cardiac) and brain rhythm (brainy)", nil},
		{"reacts with peroxide radicals(PR) and AR receptor (AR)", nil},
		{"unclosed bracket of androgen receptor (AR", nil},
		{"a) bracket closes (BC) and [half open (HO)", []string{"BC = bracket closes", "HO = half open"}},
		{"of x (XX) (), ( ), (a), (-A)", nil},
		{"", nil},
		{strings.Repeat("(", 1<<17) + " androgen receptor (AR)", []string{"AR = androgen receptor"}},
	} {
		var got []string
		for _, a := range Abbreviations(test.text) {
			got = append(got, a.Short+" = "+a.Long)
		}
		if !slices.Equal(got, test.want) {
			t.Errorf("%.200q: %q, want %q", test.text, got, test.want)
		}
	}
}

func FuzzAbbreviations(f *testing.F) {
	f.Add("androgen receptor (AR) and AT1R (angiotensin (Ang) II type 1 receptor)")
	f.Add("tumour necrosis factor-α (TNFalpha), \"x\" (\"X (y)\"), \xff\xfe (Fe)")
	f.Fuzz(func(t *testing.T, text string) {
		for _, a := range Abbreviations(text) {
			for _, s := range []struct {
				span Span
				text string
			}{{a.ShortSpan, a.Short}, {a.LongSpan, a.Long}} {
				if s.span.Start < 0 || s.span.Start >= s.span.End || s.span.End > len(text) || text[s.span.Start:s.span.End] != s.text {
					t.Fatalf("%+v does not fit %q", a, text)
				}
				if utf8.ValidString(text) && !utf8.ValidString(s.text) {
					t.Fatalf("%+v cuts a character of %q", a, text)
				}
			}
			if a.ShortSpan.Start < a.LongSpan.End && a.LongSpan.Start < a.ShortSpan.End {
				t.Fatalf("the forms of %+v overlap", a)
			}
			if n := len(strings.Fields(a.Short)); n < 1 || n > 2 {
				t.Fatalf("%d words in %q", n, a.Short)
			}
		}
	})
}

func ExampleAbbreviations() {
	text := "Metabolites of estramustine phosphate (EMP) act on the androgen receptor (AR)."
	for _, a := range Abbreviations(text) {
		fmt.Println(a.Short, "=", a.Long)
	}
	// Output:
	// EMP = estramustine phosphate
	// AR = androgen receptor
}
