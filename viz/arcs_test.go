package viz

import (
	"bytes"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// arcDoc has relations with and without a direction, arcs beside and above each other, an event of an event, one that is denied and one
// without arguments, entities within entities and a sentence without arcs.
func arcDoc() annot.Document {
	d := marked("demo-9", "How imatinib stops BCR-ABL1", "[CHEMICAL:Imatinib] blocks [GENE:ABL1], [GENE:KIT] and [GENE:[GENE:PDGFRA] kinase], but not [GENE:SRC]. Nothing else was seen. Phosphorylation of [GENE:STAT5] by [GENE:ABL1] was not induced when [CHEMICAL:imatinib] and [CHEMICAL:dasatinib] were given at once to cells that had been kept without serum for two days, and expression rose.")
	find := func(typ, text string, n int) annot.Entity {
		for _, e := range d.Entities {
			if e.Type == typ && e.Text == text {
				if n--; n < 0 {
					return e
				}
			}
		}
		panic(text)
	}
	relate := func(typ, meaning string, s, t annot.Entity, directed bool, score float64) {
		d.Relations = append(d.Relations, annot.Relation{Type: typ, Meaning: meaning, Source: s, Target: t, Directed: directed, Score: score})
	}
	relate("CPR:4", "inhibitor", find("CHEMICAL", "Imatinib", 0), find("GENE", "ABL1", 0), true, 0.98)
	relate("CPR:4", "inhibitor", find("CHEMICAL", "Imatinib", 0), find("GENE", "KIT", 0), true, 0.95)
	relate("CPR:4", "inhibitor", find("CHEMICAL", "Imatinib", 0), find("GENE", "PDGFRA kinase", 0), true, 0.91)
	relate("", "", find("CHEMICAL", "imatinib", 0), find("CHEMICAL", "dasatinib", 0), false, 0)
	word := func(text, typ string, negated bool, arguments ...annot.Argument) annot.Entity {
		i := strings.Index(d.Text, text)
		d.Events = append(d.Events, annot.Event{Type: typ, Trigger: annot.Span{Start: i, End: i + len(text)}, Text: text, Arguments: arguments, Negated: negated})
		return annot.Entity{Type: typ, Start: i, End: i + len(text), Text: text, Score: 1}
	}
	p := word("Phosphorylation", "Phosphorylation", false, annot.Argument{Role: annot.Theme, Entity: find("GENE", "STAT5", 0)}, annot.Argument{Role: annot.Cause, Entity: find("GENE", "ABL1", 1)})
	word("induced", "Positive_regulation", true, annot.Argument{Role: annot.Theme, Entity: p}, annot.Argument{Role: annot.Cause, Entity: find("CHEMICAL", "imatinib", 0)})
	word("expression", "Gene_expression", false)
	return d
}

func TestArcs(t *testing.T) {
	v := Arcs(arcDoc())
	svg, _ := checkFigure(t, v)
	if n := strings.Count(svg, `<g class="sb-arc `); n < 8 { // some go over lines
		t.Errorf("%d pieces of 8 arcs", n)
	}
	for _, want := range []string{">inhibitor</text>", ">Theme</text>", ">Cause</text>", ">related</text>", ">not Positive regulation</text>", ">Gene expression</text>", `class="sb-bracket"`} {
		if !strings.Contains(svg, want) {
			t.Errorf("no %s in the picture", want)
		}
	}
	if strings.Contains(svg, ">Nothing</text>") {
		t.Error("a sentence without arcs is drawn")
	}
	svg, _ = checkFigure(t, Arcs(arcDoc(), WithSentence(1)))
	if !strings.Contains(svg, ">Nothing</text>") || strings.Contains(svg, "sb-arc") {
		t.Error("the one sentence that is asked for is not drawn, or not alone")
	}
}

// Nothing of a drawing lies on something else: arcs of a height do not meet, labels have room, words follow each other.
func TestArcLayout(t *testing.T) {
	for _, width := range []float64{300, 500, 856, 2000} {
		doc := arcDoc()
		all, err := arcSentences(doc)
		if err != nil {
			t.Fatal(err)
		}
		for i := range all {
			s := &all[i]
			p := placeSentence(doc.Text, s, arcName, width, 0)
			text := ""
			for k, a := range p.atoms {
				if a.space {
					text += " "
				}
				text += a.text
				if a.x < arcGutter-1e-6 || a.x+a.width > width+1e-6 {
					t.Errorf("width %g: %q lies from %g to %g", width, a.text, a.x, a.x+a.width)
				}
				if k > 0 && p.atoms[k-1].row == a.row && p.atoms[k-1].x+p.atoms[k-1].width > a.x+1e-6 {
					t.Errorf("width %g: %q lies on %q", width, a.text, p.atoms[k-1].text)
				}
			}
			if want := strings.Join(strings.Fields(doc.Text[s.Start:s.End]), " "); text != want {
				t.Errorf("width %g: drawn %q, want %q", width, text, want)
			}
			for k, a := range p.arcs {
				for _, b := range p.arcs[:k] {
					if a.row == b.row && a.level == b.level && a.left < b.right && b.left < a.right {
						t.Errorf("width %g: arcs %d and %d of row %d share height %d", width, a.arc, b.arc, a.row, a.level)
					}
				}
			}
			for k, m := range p.pieces {
				for _, n := range p.pieces[:k] {
					a, b := s.marks[m.mark], s.marks[n.mark]
					wa, wb := markWidth(a), markWidth(b)
					if m.first && n.first && m.row == n.row && p.level[m.mark] == p.level[n.mark] && math.Abs((m.x0+m.x1)-(n.x0+n.x1))/2 < (wa+wb)/2-1 {
						t.Errorf("width %g: the types of %q and %q overlap", width, s.textOf(a), s.textOf(b))
					}
				}
			}
		}
	}
}

// The picture is no higher than it says, and nothing leaves it.
func TestArcPicture(t *testing.T) {
	svg, _ := checkFigure(t, Arcs(arcDoc(), WithSize(400, 200)))
	var size []float64
	for _, m := range regexp.MustCompile(`(?:width|height)="(\d+)"`).FindAllStringSubmatch(svg, 2) {
		x, _ := strconv.ParseFloat(m[1], 64)
		size = append(size, x)
	}
	for _, m := range regexp.MustCompile(`<text [^>]*x="([\d.-]+)" y="([\d.-]+)"`).FindAllStringSubmatch(svg, -1) {
		x, _ := strconv.ParseFloat(m[1], 64)
		y, _ := strconv.ParseFloat(m[2], 64)
		if x < 0 || x > size[0] || y < 8 || y > size[1] {
			t.Errorf("a text at %g, %g of %v", x, y, size)
		}
	}
}

func TestArcErrors(t *testing.T) {
	for want, change := range map[string]func(*annot.Document) []Option{
		"entity 0":                              func(d *annot.Document) []Option { d.Entities[0].End = 9999; return nil },
		"the source of relation 0 has bytes -1": func(d *annot.Document) []Option { d.Relations[0].Source.Start = -1; return nil },
		"the target of relation 1 has bytes":    func(d *annot.Document) []Option { d.Relations[1].Target.End = 9999; return nil },
		"the trigger of event 0":                func(d *annot.Document) []Option { d.Events[0].Trigger.End = 0; return nil },
		"an argument of event 1":                func(d *annot.Document) []Option { d.Events[1].Arguments[0].Entity.Start = 9999; return nil },
		"WithSentence(9) of a document of 3":    func(*annot.Document) []Option { return []Option{WithSentence(9)} },
		"WithSentence(-1)":                      func(*annot.Document) []Option { return []Option{WithSentence(-1)} },
		"WithNodeSize does not apply to Arcs":   func(*annot.Document) []Option { return []Option{WithNodeSize(ByLinks)} },
	} {
		d := arcDoc()
		v := Arcs(d, change(&d)...)
		v.doc = d
		for _, write := range []func(io.Writer) error{v.Render, v.WriteText} {
			if err := write(io.Discard); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "viz: ") {
				t.Errorf("error %v, want %q", err, want)
			}
		}
	}
	var b bytes.Buffer
	if err := Arcs(annot.Document{Text: "Nothing here."}).Render(&b); err != nil || !strings.Contains(b.String(), "No relation and no event was found.") || strings.Contains(b.String(), "<script") {
		t.Errorf("nothing to draw: %v, %s", err, b.String())
	}
}

func TestArcsLimit(t *testing.T) {
	var b bytes.Buffer
	if err := Arcs(arcDoc(), WithLimit(1)).Render(&b); err != nil || !strings.Contains(b.String(), "1 more sentence with relations or events is not drawn.") {
		t.Errorf("%v, %s", err, b.String())
	}
}

func TestArcsHostile(t *testing.T) {
	d := arcDoc()
	d.ID, d.Title = evil, evil
	for i := range d.Entities {
		d.Entities[i].Type = evil
	}
	for i := range d.Relations {
		r := &d.Relations[i]
		r.Type, r.Meaning, r.Source.Type, r.Target.Type = evil, evil, evil, evil
	}
	for i := range d.Events {
		d.Events[i].Type = evil
	}
	i := strings.Index(d.Text, "Nothing")
	d.Text = d.Text[:i] + "<b>\x00\xff\x1b" + d.Text[i+6:]
	v := Arcs(d, WithTitle(evil))
	svg, _ := checkFigure(t, v)
	checkFigure(t, Arcs(d, WithSentence(1)))
	var b bytes.Buffer
	if err := v.Render(&b); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script>alert", "<img src=x", "\x00"} {
		if strings.Contains(b.String(), bad) || strings.Contains(svg, bad) {
			t.Errorf("the fragment has %q", bad)
		}
	}
	b.Reset()
	if err := v.WriteText(&b); err != nil || strings.ContainsAny(b.String(), "\x00\x1b\r") {
		t.Errorf("plain text %q, error %v", b.String(), err)
	}
}

// Any text and any spans that fit it can be drawn, and every word is.
func FuzzArcs(f *testing.F) {
	f.Add("IL-2 binds p53. It does.", 0, 4, 11, 14, 5, 10)
	f.Add("αβ γ", 0, 2, 2, 4, 5, 7)
	f.Add(strings.Repeat("w", 400)+" x", 0, 3, 401, 402, 1, 2)
	f.Fuzz(func(t *testing.T, text string, a, b, c, d, e, g int) {
		r := annot.Relation{Type: "r", Source: annot.Entity{Type: "s", Start: a, End: b}, Target: annot.Entity{Type: "t", Start: c, End: d}, Directed: true, Score: 0.5}
		doc := annot.Document{Text: text, Relations: []annot.Relation{r}, Events: []annot.Event{{Type: "e", Trigger: annot.Span{Start: e, End: g}, Arguments: []annot.Argument{{Role: annot.Theme, Entity: r.Source}}}}}
		var out bytes.Buffer
		if Arcs(doc, WithSize(300, 200)).Render(&out) != nil {
			return
		}
		checkFigure(t, Arcs(doc, WithSize(300, 200)))
		all, err := arcSentences(doc)
		if err != nil {
			t.Fatal(err)
		}
		for i := range all {
			if s := &all[i]; len(s.arcs) > 0 {
				p := placeSentence(text, s, arcName, 296, 0)
				var got strings.Builder
				for _, a := range p.atoms {
					got.WriteString(text[a.start:a.end])
				}
				if want := strings.Join(strings.Fields(text[s.Start:s.End]), ""); got.String() != want {
					t.Fatalf("drawn %q, want %q", got.String(), want)
				}
			}
		}
	})
}

// The name of an arc that is longer than the arc stands clear above it, with its halo, and below that of the next arc.
func TestArcNameAboveShortArc(t *testing.T) {
	const meaning = "positive regulation of"
	d := marked("", "", "[g:A] [g:B] rose.")
	x, y := d.Entities[0], d.Entities[1]
	d.Relations = []annot.Relation{{Type: "x", Meaning: meaning, Source: x, Target: y, Directed: true}, {Type: "y", Meaning: meaning, Source: y, Target: x, Directed: true}}
	svg, _ := checkFigure(t, Arcs(d))
	var lines, names []float64
	for _, m := range regexp.MustCompile(`class="sb-ring" d="M[\d.]+ [\d.]+V[\d.]+Q[\d.]+ ([\d.]+)`).FindAllStringSubmatch(svg, -1) {
		y, _ := strconv.ParseFloat(m[1], 64)
		lines = append(lines, y)
	}
	for _, m := range regexp.MustCompile(`y="([\d.]+)" text-anchor="middle" font-size="[\d.]+" stroke="#fff" stroke-width="(\d)"[^>]*>`+meaning).FindAllStringSubmatch(svg, -1) {
		y, _ := strconv.ParseFloat(m[1], 64)
		halo, _ := strconv.ParseFloat(m[2], 64)
		names = append(names, y+0.25*arcLabel+halo/2) // the foot of a g
	}
	if len(lines) != 2 || len(names) != 2 {
		t.Fatalf("%d lines and %d names in %s", len(lines), len(names), svg)
	}
	for i, y := range lines {
		if names[i] > y-0.8 || names[i] < y-10 {
			t.Errorf("the foot of name %d is at %.1f, its arc at %.1f", i, names[i], y)
		}
	}
	if d := math.Abs(lines[0] - lines[1]); d < 6+arcLabel+3 {
		t.Errorf("arcs are %.1f pixels apart, too little for the name between them", d)
	}
}
