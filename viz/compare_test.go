package viz

import (
	"bytes"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// sides returns the two readings of each text in a fragment.
func sides(t testing.TB, v View) [][2]string {
	t.Helper()
	var b bytes.Buffer
	if err := v.Render(&b); err != nil {
		t.Fatal(err)
	}
	var out [][2]string
	for i, m := range regexp.MustCompile(`(?s)<div class="sb-text" dir="auto">(.*?)</div></div>\n`).FindAllSubmatch(b.Bytes(), -1) {
		if i%2 == 0 {
			out = append(out, [2]string{})
		}
		out[i/2][i%2] = string(m[1])
	}
	return out
}

func TestCompareMarks(t *testing.T) {
	const text = "The IL-2 gene is bound by NF-κB and p53."
	gold := spans(text, "DNA", 4, 13, "protein", 4, 8, "protein", 26, 32, "x", 37, 40, "x", 37, 40)
	pred := spans(text, "DNA", 4, 13, "RNA", 4, 8, "protein", 26, 36, "y", 17, 22, "x", 37, 40)
	v := Compare([]annot.Document{gold}, []annot.Document{pred})
	for side, want := range []string{
		"DNA correct, protein wrong type, protein wrong boundary, x correct",
		"DNA correct, RNA wrong type, y spurious, protein wrong boundary, x correct",
	} {
		html := sides(t, v)[0][side]
		if got, _ := parseMarked(t, html); got != text {
			t.Errorf("side %d has the text %q", side, got)
		}
		var got []string
		for _, m := range regexp.MustCompile(`data-type="(.*?)".*?data-outcome="(.*?)"`).FindAllStringSubmatch(html, -1) {
			got = append(got, m[1]+" "+m[2])
		}
		if g := strings.Join(got, ", "); g != want {
			t.Errorf("side %d has %s, want %s", side, g, want)
		}
	}
	if html := sides(t, v)[0][0]; !strings.Contains(html, `title="wrong type: protein · bytes 4–8 · predicted: RNA, bytes 4–8"`) || !strings.Contains(html, `data-tag="↔ protein"`) {
		t.Errorf("a mark does not say what it goes with: %s", html)
	}
}

func TestCompareScores(t *testing.T) {
	var b bytes.Buffer
	if err := Compare(sampleDocs(), samplePredicted()).Render(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"<b>85.4 %</b> precision", "<b>83.3 %</b> recall", "<b>84.3 %</b> F1", "Only the 2 texts with differences", "no difference",
		"≠ wrong type <b>3</b>", "− missed <b>2</b>", "+ spurious <b>1</b>"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing", want)
		}
	}
	b.Reset()
	if err := Compare(sampleDocs(), samplePredicted(), WithTypes("RNA"), WithSides("a", "b")).Render(&b); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "<b>100.0 %</b> agreement F1") || strings.Contains(b.String(), "sb-differ\"") || strings.Contains(b.String(), "data-type=\"protein\"") {
		t.Error("of RNA alone, all of which agree, another score or type is shown")
	}
	b.Reset()
	if err := Compare(sampleDocs(), samplePredicted(), WithSides("<b>", "&")).Render(&b); err != nil || strings.Contains(b.String(), "<b> <b>") || !strings.Contains(b.String(), "only &lt;b&gt; <b>2</b>") {
		t.Errorf("names of sides are not escaped, or the error %v", err)
	}
}

func TestCompareCases(t *testing.T) {
	for name, gold := range entityCases {
		for other, pred := range entityCases {
			if pred.Text != gold.Text {
				continue
			}
			v := Compare([]annot.Document{gold}, []annot.Document{pred}, WithTitle(evil))
			for side, html := range sides(t, v)[0] {
				got, _ := parseMarked(t, html)
				if want := strings.ReplaceAll(gold.Text, "\x00", "\uFFFD"); got != want {
					t.Errorf("%s, %s: side %d has the text %q, want %q", name, other, side, got, want)
				}
			}
			var b bytes.Buffer
			if err := v.WriteText(&b); err != nil || strings.ContainsAny(b.String(), "\x00\x1b\r") {
				t.Errorf("%s, %s: plain text %q, error %v", name, other, b.String(), err)
			}
		}
	}
}

func TestCompareErrors(t *testing.T) {
	one := []annot.Document{spans("abc", "x", 0, 3)}
	for name, c := range map[string]struct {
		view *CompareView
		want string
	}{
		"numbers": {Compare(one, nil), "1 document on one side, 0 documents on the other"},
		"texts":   {Compare(one, []annot.Document{{Text: "abd"}}), "the texts of document 0 differ from byte 2 on"},
		"offsets": {Compare(one, []annot.Document{spans("abc", "x", 0, 4)}), "bytes 0 to 4 of a text of 3"},
		"colour":  {Compare(one, one, WithColors(map[string]string{"protein": "#000000"})), `colour of "protein", want one of correct, wrong type`},
		"size":    {Compare(one, one, WithSize(300, 300)), "WithSize does not apply to Compare"},
		"sides":   {Compare(one, one, WithSides("a", "\n")), `WithSides("a", "\n"), want two names`},
		"option":  {Compare(one, one, WithConfidence()), "WithConfidence does not apply to Compare"},
		"page":    {Compare(one, one, WithPageSize(-1)), "WithPageSize(-1)"},
	} {
		for i, write := range []func(io.Writer) error{c.view.Render, c.view.WritePage, c.view.WriteText} {
			if err := write(io.Discard); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "viz: ") {
				t.Errorf("%s, method %d: error %v, want one with %q", name, i, err, c.want)
			}
		}
	}
}

func TestCompareNothing(t *testing.T) {
	var b bytes.Buffer
	if err := Compare(nil, nil).Render(&b); err != nil || !strings.Contains(b.String(), "No documents.") || strings.Contains(b.String(), "NaN") {
		t.Errorf("%v\n%s", err, b.String())
	}
	if err := Compare([]annot.Document{{Text: "a"}}, []annot.Document{{Text: "a"}}).Render(&b); err != nil || !strings.Contains(b.String(), "No entities on either side.") {
		t.Errorf("%v\n%s", err, b.String())
	}
}

func TestOutcomeNames(t *testing.T) {
	for o := annot.Correct; o <= annot.Spurious; o++ {
		if outcomeNames[o] != o.String() {
			t.Errorf("%v is called %s", o, outcomeNames[o])
		}
	}
	for i, a := range outcomeColors {
		for _, seen := range deficiencies {
			kind, m := seen.name, &seen.matrix
			for _, b := range outcomeColors[:i] {
				if d := difference(a.lab(m), b.lab(m)); d < 20 {
					t.Errorf("%s: %s and %s are %.1f apart in CIELAB, want 20", kind, a, b, d)
				}
			}
		}
	}
}

func TestComparePages(t *testing.T) {
	docs := make([]annot.Document, 25)
	for i := range docs {
		docs[i] = annot.Document{ID: fmt.Sprint("d", i), Text: "abc"}
	}
	var b bytes.Buffer
	if err := Compare(docs, docs, WithLimit(21)).Render(&b); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(b.String(), `type="radio"`); got != 3 || !strings.Contains(b.String(), "21 of 25 documents; 4 more not shown, but scored.") {
		t.Errorf("%d pages, want 3", got)
	}
}
