package viz

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

func TestEntitiesTypes(t *testing.T) {
	var b bytes.Buffer
	if err := Entities(sampleDocs(), WithTypes("DNA", "RNA")).Render(&b); err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(b.String(), "<mark "); got != 5 || strings.Contains(b.String(), `data-type="protein"`) || strings.Contains(b.String(), "cell_type") {
		t.Errorf("%d marks of DNA and RNA, want 5, and nothing else", got)
	}
	var folded bytes.Buffer
	if err := Entities(sampleDocs(), WithTypes("dna", "Rna")).Render(&folded); err != nil || !bytes.Equal(b.Bytes(), folded.Bytes()) {
		t.Errorf("%v; the case of types changes the view", err)
	}
	for want, v := range map[string]View{
		"No entities of the types asked for; there are DNA, RNA, cell_line, cell_type, protein.": Entities(sampleDocs(), WithTypes("none")),
		"No entities were found.": Entities([]annot.Document{{Text: "a"}}, WithTypes("none")),
	} {
		b.Reset()
		if err := v.WriteText(&b); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("%v, %s; want %s", err, b.String(), want)
		}
	}
}

// A colour is for the type of this name, or else for one that differs in case only.
func TestChosenColor(t *testing.T) {
	red, blue, lime := color{0xff, 0, 0}, color{0, 0, 0xff}, color{0, 0xff, 0}
	for _, c := range []struct {
		colors map[string]color
		label  string
		want   color
		ok     bool
	}{
		{map[string]color{"dna": red}, "DNA", red, true},
		{map[string]color{"dna": red, "DNA": blue}, "DNA", blue, true},
		{map[string]color{"dna": red, "DNA": blue}, "Dna", blue, true},
		{map[string]color{"dna": red}, "RNA", color{}, false},
		{nil, "DNA", color{}, false},
	} {
		if got, ok := chosenColor(c.colors, c.label); got != c.want || ok != c.ok {
			t.Errorf("%v: %q is %v, %v", c.colors, c.label, got, ok)
		}
	}
	if got := baseColors([]string{"DNA", "protein"}, map[string]color{"dna": lime}); got["DNA"] != lime {
		t.Errorf("DNA is %v", got["DNA"])
	}
	docs := sampleDocs()
	for name, v := range map[string]View{
		"entities":   Entities(docs, WithColors(map[string]string{"Dna": "lime"})),
		"compare":    Compare(docs, docs, WithColors(map[string]string{"Correct": "lime"})),
		"throughput": Throughput(sampleSpeeds(), WithColors(map[string]string{"Sparse": "lime"})),
		"lengths":    Lengths([]LengthSet{{"Abstracts", []int{1, 2, 3}}}, WithColors(map[string]string{"abstracts": "lime"})),
	} {
		var b bytes.Buffer
		if err := v.Render(&b); err != nil || !strings.Contains(b.String(), "#00ff00") {
			t.Errorf("%s: %v, no lime", name, err)
		}
	}
}

func TestConfidence(t *testing.T) {
	for score, want := range map[float64]int{0: noScore, 0.1: 0, 0.5: 1, 0.79: 1, 0.8: 2, 0.95: 3, 0.99: 4, 1: 4} {
		if got := confidence(score); got != want {
			t.Errorf("score %v has level %d, want %d", score, got, want)
		}
	}
	d := spans("p53 binds MDM2", "p", 0, 3, "p", 10, 14)
	d.Entities[0].Score = 0.97
	var b bytes.Buffer
	if err := Entities([]annot.Document{d}, WithConfidence(), WithModel(`m"1"`)).Render(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`data-tag="p 0.97"`, `data-tag="p"`, ` sb-c3"`, ` sb-c5"`, `title="p · score 0.970 · m&#34;1&#34; · bytes 0–3"`, `data-model="m&#34;1&#34;"`,
		"0.95 to 0.99 <b>1</b>", "no score <b>1</b>", // each with a box of its own after that of the type
		`class="sb-l0 sb-l1 `, `class="sb-l0 sb-l2 `, `class="sb-f1"`, `class="sb-f2"`,
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%s is missing in\n%s", want, b.String())
		}
	}
}

func TestTemplate(t *testing.T) {
	render := func(d annot.Document, text string) (string, error) {
		var b bytes.Buffer
		err := Entities([]annot.Document{d}, WithTemplate(text)).Render(&b)
		if err != nil {
			return "", err
		}
		return string(docPattern.FindSubmatch(b.Bytes())[1]), nil
	}
	nested := spans("the <IL-2> gene", evil, 4, 15, "p", 5, 9)
	for template, want := range map[string]string{
		`[{{.Text}}|{{.Start}}-{{.End}}]`:            "the [&lt;[IL-2|5-9]&gt; gene|4-15]",
		`<i title={{.Type}} data-x="{{.Text}}"></i>`: "",
		`<i style="color:{{.Color}}">{{.Text}}</i>`:  "",
		`<i onclick="f({{.Type}})">{{.Text}}</i>`:    "",
		`<a href="{{.Type}}">{{.Text}}</a>`:          "",
	} {
		got, err := render(nested, template)
		if err != nil || want != "" && got != want {
			t.Errorf("%s: %q, %v; want %q", template, got, err, want)
		}
		if strings.Contains(got, "<script") || strings.Contains(got, "<img") {
			t.Errorf("%s: a type became markup: %s", template, got)
		}
	}
	// An entity whose template fails stands there as text.
	if got, err := render(spans("ab p53", "", 0, 2, "long", 3, 6), `<b>{{slice .Type 0 2}}{{.Text}}</b>`); err != nil || got != "ab <b>lop53</b>" {
		t.Errorf("%q, %v", got, err)
	}
	for template, want := range map[string]string{`{{.Nothing}}`: "the fields are those of viz.Mark", `{{`: "unclosed action", `<a {{if true}}href="{{end}}>`: "viz: WithTemplate"} {
		if _, err := render(nested, template); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "viz: ") {
			t.Errorf("%s: error %v, want one with %q", template, err, want)
		}
	}
}

func TestPages(t *testing.T) {
	docs := make([]annot.Document, 25)
	for i := range docs {
		docs[i] = annot.Document{ID: fmt.Sprint("d", i), Text: "abc"}
	}
	for _, c := range []struct {
		options []Option
		docs    int
		pages   []int // documents on each; nil for no pages
	}{
		{nil, 25, []int{10, 10, 5}},
		{nil, 10, nil},
		{nil, 0, nil},
		{[]Option{WithPageSize(0)}, 25, nil},
		{[]Option{WithPageSize(24)}, 25, []int{24, 1}},
		{[]Option{WithPageSize(7), WithLimit(9)}, 25, []int{7, 2}},
	} {
		var b bytes.Buffer
		if err := Entities(docs[:c.docs], c.options...).Render(&b); err != nil {
			t.Fatal(err)
		}
		if got := strings.Count(b.String(), `type="radio"`); got != len(c.pages) {
			t.Errorf("%d documents have buttons for %d pages, want %d", c.docs, got, len(c.pages))
		}
		for i, part := range strings.Split(b.String(), `<div class="sb-page `)[1:] {
			if got := strings.Count(part, `class="sb-doc"`); got != c.pages[i] {
				t.Errorf("page %d has %d documents, want %d", i, got, c.pages[i])
			}
		}
	}
}

func TestEntityOptionErrors(t *testing.T) {
	for want, v := range map[string]View{
		"WithPageSize(-1)":                       Entities(nil, WithPageSize(-1)),
		"WithSides does not apply to Entities":   Entities(nil, WithSides("a", "b")),
		"WithModel does not apply to Relations":  Relations(annot.Graph{}, WithModel("m")),
		"WithTemplate does not apply to Compare": Compare(nil, nil, WithTemplate("")),
	} {
		if err := v.Render(io.Discard); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
