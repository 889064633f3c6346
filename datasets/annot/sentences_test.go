package annot

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
)

// In each case "|" marks the border of two sentences.
var sentenceCases = []string{
	"",
	"p53 binds DNA",
	"p53 binds DNA.",
	"p53 binds DNA.| It is a tumour suppressor.",
	"Cells were lysed (Fig. 2A).| p53 was found.",
	"This differs (see Figs. 1 and 2, cf. Smith et al. 2003) from mice, e.g. C57BL/6.| We agree.",
	"As shown by Smith et al. (2003), IL-2 rises.",
	"This was shown by Smith et al.| The reason is unknown.",
	"Treated vs. Control cells, i.e. Jurkat cells, died.",
	"It forms no DR.| This is known (FIG. 1 and DR. SMITH).| We agree.",
	"It fell (p < 0.05).| In contrast, STAT3 rose.",
	"It fell, p < 0.05.| In contrast, STAT3 rose by 1.5 fold.",
	"It was p = 0.03. in our hands.",
	"E. coli and S. cerevisiae grow.| C. elegans does not.",
	"J. R. Smith and A. Jones wrote it.| J.-P. Serre did not.",
	"The mRNA was degraded.| mRNA levels fell.| miR-21 rose.| c-Myc and α-synuclein did not.| iPSCs grew.",
	"It was dissolved in approx. 5 ml.| α-Actinin was added.",
	"Patients had hepatitis B.| Patients with hepatitis C. did not.",
	"Mice were injected i.p. Rats and mice survived.",
	"Mice were injected i.v.| The rats were not.",
	"Cytokines (IL-1, IL-6, etc.) rise.| Chemokines, etc.| These fall.",
	"The gene (No. 3) is on chr. 17.| There is no.| We looked.",
	"Is NF-κB active?| Yes!| It is.",
	"What about Yahoo! data and why? because.",
	"One was \"bound.\"| Two was not.",
	"It binds DNA.[3,4]| The rest is known.",
	"BACKGROUND: none\n\nMETHODS: we tested it\n \n\nRESULTS",
	"One line\nwraps here.\nIt ends.| no it does not",
	"1. Introduction is here.| 2. Methods follow.",
	"Wait ... what? no.| Wait ...| What?",
	"一句话。另一句。",
	"The mutation c.35G>A (p.Gly12Asp) is common.| It activates KRAS.",
	"Dr. Watson met Prof. Crick at St. John's.| They agreed.",
	"The strain B. subtilis subsp. Spizizenii grew.",
	"The constant is 2.5.| 5-Fluorouracil was added.",
	"  Leading and trailing.  ",
}

func TestSentences(t *testing.T) {
	for _, c := range sentenceCases {
		text := strings.ReplaceAll(c, "|", "")
		var want []string
		for part := range strings.SplitSeq(c, "|") {
			want = append(want, blocks(part)...)
		}
		if strings.HasPrefix(c, "一") {
			want = []string{"一句话。", "另一句。"}
		}
		if strings.HasPrefix(c, "One line") {
			want = []string{"One line\nwraps here.", "It ends. no it does not"}
		}
		var got []string
		for _, s := range Sentences(text) {
			got = append(got, text[s.Start:s.End])
		}
		if fmt.Sprintf("%q", got) != fmt.Sprintf("%q", want) {
			t.Errorf("Sentences(%q)\n got %q\nwant %q", text, got, want)
		}
	}
}

// blocks cuts s at blank lines.
func blocks(s string) []string {
	var b []string
	for line := range strings.SplitSeq(s, "\n\n") {
		if line = strings.TrimSpace(line); line != "" {
			b = append(b, line)
		}
	}
	return b
}

func checkSentences(t *testing.T, text string) {
	t.Helper()
	end := 0
	for _, s := range Sentences(text) {
		if s.Start < end || s.End <= s.Start || s.End > len(text) {
			t.Fatalf("sentence %v after %d in %q", s, end, text)
		}
		if gap := text[end:s.Start]; strings.TrimSpace(gap) != "" {
			t.Fatalf("%q lies in no sentence of %q", gap, text)
		}
		if part := text[s.Start:s.End]; strings.TrimSpace(part) != part {
			t.Fatalf("sentence %q of %q is not trimmed", part, text)
		}
		end = s.End
	}
	if strings.TrimSpace(text[end:]) != "" {
		t.Fatalf("%q lies in no sentence of %q", text[end:], text)
	}
}

func FuzzSentences(f *testing.F) {
	for _, c := range sentenceCases {
		f.Add(c)
	}
	f.Add("a.\xff b\u00a0.\u2028C. [1 . [] ")
	f.Fuzz(checkSentences)
}

func TestSentencesLinear(t *testing.T) {
	for _, unit := range []string{"A. ", ".", "\n", "[1", "p53 binds. ", "x ", "e.g. ", "a\n "} {
		checkSentences(t, strings.Repeat(unit, 2_000_000/len(unit)))
	}
}

// TestSentencesCorpus pastes sentences that people cut by hand together again
// and counts the borders found.
func TestSentencesCorpus(t *testing.T) {
	shared := os.Getenv("SPARSEBIO_SHARED")
	if shared == "" {
		t.Skip("SPARSEBIO_SHARED is not set: no corpus to measure on")
	}
	file, err := os.Open(filepath.Join(shared, "corpora/bc2gm/original/train.in.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	zr, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	var want []Span
	for sc := bufio.NewScanner(zr); sc.Scan(); {
		_, line, _ := strings.Cut(sc.Text(), " ")
		line = strings.TrimFunc(line, unicode.IsSpace)
		if !strings.ContainsAny(line[max(0, len(line)-1):], ".?!") {
			continue // a title: no rule could find its end
		}
		want = append(want, Span{text.Len(), text.Len() + len(line)})
		text.WriteString(line + " ")
	}
	got := make(map[int]bool)
	for _, s := range Sentences(text.String()) {
		got[s.End] = true
	}
	found, ends := 0, len(got)
	for _, s := range want {
		if got[s.End] {
			found++
		}
	}
	recall, precision := float64(found)/float64(len(want)), float64(found)/float64(ends)
	t.Logf("%d sentences, recall %.4f, precision %.4f", len(want), recall, precision)
	if recall < 0.985 || precision < 0.99 {
		t.Errorf("recall %.4f, precision %.4f, want 0.985 and 0.99", recall, precision)
	}
}

func BenchmarkSentences(b *testing.B) {
	text := strings.Repeat(sentenceCases[5]+" ", 1000)
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		Sentences(text)
	}
}

func ExampleSentences() {
	text := "IL-2 rises (Fig. 1, p < 0.05). p53 does not, cf. Smith et al. (2003)."
	for _, s := range Sentences(text) {
		fmt.Println(text[s.Start:s.End])
	}
	// Output:
	// IL-2 rises (Fig. 1, p < 0.05).
	// p53 does not, cf. Smith et al. (2003).
}
