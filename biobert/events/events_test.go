package events

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// sentence makes a document from text in which [type:name] marks an entity.
func sentence(text string) annot.Document {
	var d annot.Document
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "[")
		b.WriteString(before)
		if !ok {
			d.Text = b.String()
			return d
		}
		mark, after, _ := strings.Cut(rest, "]")
		typ, name, _ := strings.Cut(mark, ":")
		d.Entities = append(d.Entities, annot.Entity{Type: typ, Start: b.Len(), End: b.Len() + len(name), Text: name, Score: 1})
		b.WriteString(name)
		text = after
	}
}

// short says what an event is without offsets: "Binding(binds) A B", with < before causes and ! before what is negated.
func short(e annot.Event) string {
	s := fmt.Sprintf("%s(%s)", e.Type, e.Text)
	if e.Negated {
		s = "!" + s
	}
	for _, a := range e.Arguments {
		if a.Role == annot.Cause {
			s += " <" + a.Entity.Text
		} else {
			s += " " + a.Entity.Text
		}
	}
	return s
}

func TestRules(t *testing.T) {
	for _, test := range []struct {
		text string
		want []string
	}{
		// Nouns.
		{"Phosphorylation of [protein:A] by [protein:B].", []string{"Phosphorylation(Phosphorylation) A <B"}},
		{"The [protein:A] phosphorylation was slow.", []string{"Phosphorylation(phosphorylation) A"}},
		{"We saw [protein:A]-induced [protein:B] expression.", []string{"Positive_regulation(induced) B <A", "Gene_expression(expression) B"}},
		{"We saw hypoxia-induced [protein:B] expression.", []string{"Positive_regulation(induced) B", "Gene_expression(expression) B"}},
		{"Dose-dependent [protein:A] release was seen.", []string{"Localization(release) A"}},
		{"Binding of [protein:A] to [DNA:B] is fast.", []string{"Binding(Binding) A B"}},
		{"The interaction between [protein:A] and [protein:B] is weak.", []string{"Binding(interaction) A B"}},
		{"[protein:A]–[protein:B] interaction is weak.", []string{"Binding(interaction) A B"}},
		{"[protein:A] and [protein:B] production rose.", []string{"Positive_regulation(rose) A", "Gene_expression(production) A", "Positive_regulation(rose) B", "Gene_expression(production) B"}},
		{"The effect of [chemical:C] on [protein:A] was small.", []string{"Regulation(effect) A <C"}},
		{"A decrease in [RNA:R] levels was seen.", []string{"Negative_regulation(decrease) R"}},
		{"No expression of [protein:A] was seen.", []string{"!Gene_expression(expression) A"}},
		// Verbs.
		{"[chemical:C] inhibits [protein:A].", []string{"Negative_regulation(inhibits) A <C"}},
		{"[chemical:C] strongly and rapidly inhibited [protein:A] activity.", []string{"Negative_regulation(inhibited) A <C"}},
		{"[protein:A] was strongly inhibited by [chemical:C].", []string{"Negative_regulation(inhibited) A <C"}},
		{"[protein:A] has been phosphorylated at serine 5 by [protein:B].", []string{"Phosphorylation(phosphorylated) A <B"}},
		{"[protein:A] is not degraded.", []string{"!Protein_catabolism(degraded) A"}},
		{"[chemical:C] did not activate [protein:A] but blocked [protein:B].", []string{"!Positive_regulation(activate) A <C", "Negative_regulation(blocked) B <C"}},
		{"[chemical:C] was found to activate [protein:A].", []string{"Positive_regulation(activate) A <C"}},
		{"[chemical:C] is unable to activate [protein:A].", []string{"!Positive_regulation(activate) A <C"}},
		{"[chemical:C] acts by inhibiting [protein:A].", []string{"Negative_regulation(inhibiting) A <C"}},
		{"[chemical:C], which inhibits [protein:A], raised pressure.", []string{"Negative_regulation(inhibits) A <C"}},
		{"[chemical:C], a potent drug, inhibits [protein:A].", []string{"Negative_regulation(inhibits) A <C"}},
		{"[protein:B] induced by [chemical:C] phosphorylates [protein:A].", []string{"Positive_regulation(induced) B <C", "Phosphorylation(phosphorylates) A <B"}},
		{"[protein:A] inhibits [protein:B] and [protein:C] activates [protein:D].", []string{"Negative_regulation(inhibits) B <A", "Positive_regulation(activates) D <C"}},
		{"[protein:A] inhibits [protein:B], [protein:C] and [protein:D].", []string{"Negative_regulation(inhibits) B <A", "Negative_regulation(inhibits) C <A", "Negative_regulation(inhibits) D <A"}},
		{"[protein:A] binds [protein:B] but not [protein:C].", []string{"Binding(binds) A B", "!Binding(binds) A C"}},
		{"[protein:A] expression requires [protein:B].", []string{"Gene_expression(expression) A", "Positive_regulation(requires) A <B"}},
		{"[protein:B] is required for [protein:A] expression.", []string{"Positive_regulation(required) A <B", "Gene_expression(expression) A"}},
		{"[protein:A] is dependent on [protein:B].", []string{"Positive_regulation(dependent) A <B"}},
		{"[chemical:C] (10 mM; Sigma) inhibits [protein:A] (and [protein:B]).", []string{"Negative_regulation(inhibits) A <C"}},
		{"Phosphorylated [protein:A] binds [DNA:D].", []string{"Phosphorylation(Phosphorylated) A", "Binding(binds) A D"}},
		{"Knockdown of [protein:A] increased [protein:B].", []string{"Negative_regulation(Knockdown) A", "Positive_regulation(increased) B"}},
		// What is no event.
		{"A [protein:A] inhibitor and [protein:B]-binding protein.", nil},
		{"The [protein:A] expression vector and [protein:B] antibodies were made.", nil},
		{"Anti-[protein:A] antibody inhibits growth.", nil},
		{"[chemical:C] inhibits [cell_type:T cells].", nil},
		{"[protein:A-inhibiting factor] and [protein:B].", nil},
		{"[chemical:C] phosphorylates [DNA:D].", nil},
		{"[protein:A] was seen. Inhibition was strong; [protein:B] was too.", nil},
		{"Levels of [protein:A] were associated with expression.", nil},
		{"[chemical:C] inhibits growth.", nil},
		{"Injection of [chemical:C] led to death.", nil},
		{"[chemical:C] produced a decrease in [protein:A].", []string{"Negative_regulation(decrease) A"}},
	} {
		var got []string
		for _, e := range Document(sentence(test.text)) {
			got = append(got, short(e))
		}
		want := slices.Clone(test.want)
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s\n got %q\nwant %q", test.text, got, want)
		}
	}
}

// Every inflected form leads back to one reading of its kind, and the types are those that are documented.
func TestLexicon(t *testing.T) {
	for w, typ := range map[string]string{
		"phosphorylates": Phosphorylation, "controlled": Regulation, "expressed": GeneExpression, "localised": Localization, "bound": Binding,
		"upregulating": PositiveRegulation, "driven": PositiveRegulation, "lost": NegativeRegulation, "deubiquitinated": Deubiquitination, "ubiquitylation": Ubiquitination,
	} {
		if rs := triggers[w]; len(rs) == 0 || rs[0].entry.event != typ {
			t.Errorf("%q is not a trigger of %s", w, typ)
		}
	}
	for w := range triggers {
		if strings.ToLower(w) != w || strings.ContainsAny(w, "- ") {
			t.Errorf("trigger %q", w)
		}
	}
}

func TestRelations(t *testing.T) {
	d := sentence("[chemical:C] caused, with others, a loss of [gene:G1]; the inhibition seen with [chemical:D] hits [gene:G2].")
	d.Relations = []annot.Relation{
		{Type: "CPR:4", Source: d.Entities[0], Target: d.Entities[1]},
		{Type: "x", Meaning: "Inhibitor", Source: d.Entities[2], Target: d.Entities[3]},
		{Type: "CPR:3", Source: d.Entities[2], Target: d.Entities[3]},                       // no trigger of its type
		{Type: "CPR:9", Meaning: "substrate", Source: d.Entities[2], Target: d.Entities[3]}, // no event
		{Type: "CPR:4", Source: d.Entities[2], Target: annot.Entity{Type: "gene", End: 900}},
	}
	var got []string
	for _, e := range Document(d) {
		got = append(got, short(e))
	}
	want := []string{"Negative_regulation(loss) G1 <C", "Negative_regulation(inhibition) G2 <D"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// A sentence that never ends takes time in proportion to its length.
func TestLong(t *testing.T) {
	var b strings.Builder
	b.WriteString("[protein:A] inhibits [protein:B]")
	for range 3000 {
		b.WriteString(", [protein:C] and the binding of [protein:D] to")
	}
	d := sentence(b.String())
	start := time.Now()
	events := Document(d)
	if len(events) < 3000 {
		t.Errorf("%d events", len(events))
	}
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("took %v", took)
	}
}

func TestOptions(t *testing.T) {
	d := sentence("[Bioentity:A] inhibits [protein:B] expression.")
	for _, test := range []struct {
		options []Option
		want    string
	}{
		{nil, "Negative_regulation(inhibits) B|Gene_expression(expression) B"},
		{[]Option{WithClass("bioentity", Protein)}, "Negative_regulation(inhibits) B <A|Gene_expression(expression) B"},
		{[]Option{WithClass("protein", None)}, ""},
		{[]Option{WithTypes(GeneExpression)}, "Gene_expression(expression) B"},
		{[]Option{WithTypes(GeneExpression), WithTypes(NegativeRegulation, Binding)}, "Negative_regulation(inhibits) B|Gene_expression(expression) B"},
	} {
		var got []string
		for _, e := range Document(d, test.options...) {
			got = append(got, short(e))
		}
		if s := strings.Join(got, "|"); s != test.want {
			t.Errorf("%q, want %q", s, test.want)
		}
	}
}

func TestExtract(t *testing.T) {
	docs := []annot.Document{sentence("[protein:A] binds [protein:B]. It is [protein:C]."), {}, sentence("[protein:A] is here.")}
	docs[2].Events = []annot.Event{{Type: "old"}}
	docs[0].Entities = append(docs[0].Entities, annot.Entity{Type: "protein", Start: -1, End: 3}, annot.Entity{Type: "protein", Start: 2, End: 400})
	out := Extract(docs)
	if len(out) != 3 || len(out[0].Events) != 1 || len(out[1].Events) != 0 || len(out[2].Events) != 0 {
		t.Fatalf("events of %+v", out)
	}
	if len(docs[0].Events) != 0 || len(docs[2].Events) != 1 {
		t.Error("Extract changed its argument")
	}
	blank := sentence("[protein:A] binds [protein:B].")
	blank.Text = " " + blank.Text
	for i := range blank.Entities {
		blank.Entities[i].Start++
		blank.Entities[i].End++
	}
	blank.Entities = append(blank.Entities, annot.Entity{Type: "protein", Start: 0, End: 1})
	if events := Document(blank); len(events) != 1 || events[0].Arguments[0].Entity.Start != 1 {
		t.Errorf("beside an entity that is the blank before the sentence: %+v", events)
	}
	e := out[0].Events[0]
	if e.Sentence != "A binds B." || e.Text != "binds" || e.Span != (annot.Span{Start: 0, End: 10}) || e.Trigger != (annot.Span{Start: 2, End: 7}) {
		t.Errorf("event %+v", e)
	}
}

func FuzzDocument(f *testing.F) {
	f.Add("The (MEK inhibitor [U0126) blocked TNF-α-induced expression of IL-6, and not IL-2.", []byte{5, 8, 0, 19, 25, 3, 34, 40, 0, 63, 67, 0})
	f.Add("A, B, which is, and bound by B- A/induced C's binding to ] of not nor neither to induce", []byte{0, 1, 0, 3, 4, 1, 32, 33, 2, 42, 43, 0})
	f.Add(" which is bound by 's binding to it", []byte{0, 1, 0, 1, 6, 3, 19, 21, 0})
	f.Fuzz(func(t *testing.T, text string, data []byte) {
		d := annot.Document{Text: text}
		types := []string{"protein", "DNA", "cell_type", "chemical"}
		for ; len(data) >= 3 && len(d.Entities) < 30; data = data[3:] {
			d.Entities = append(d.Entities, annot.Entity{Start: int(int8(data[0])), End: int(data[1]), Type: types[data[2]%4]})
		}
		for i := 1; i < len(d.Entities); i += 2 {
			d.Relations = append(d.Relations, annot.Relation{Type: "CPR:4", Source: d.Entities[i-1], Target: d.Entities[i]})
		}
		events := Document(d)
		for _, e := range events {
			if text[e.Trigger.Start:e.Trigger.End] != e.Text || text[e.Span.Start:e.Span.End] != e.Sentence || e.Trigger.Start < e.Span.Start || e.Trigger.End > e.Span.End {
				t.Fatalf("%+v does not fit %q", e, text)
			}
			if utf8.ValidString(text) && !utf8.ValidString(e.Text) {
				t.Fatalf("%+v cuts a character", e)
			}
			themes := 0
			for _, a := range e.Arguments {
				if !slices.Contains(d.Entities, a.Entity) || a.Entity.Start < e.Span.Start || a.Entity.End > e.Span.End {
					t.Fatalf("argument of %+v", e)
				}
				if a.Entity.Start <= e.Trigger.Start && e.Trigger.End <= a.Entity.End {
					t.Fatalf("the trigger of %+v lies in its argument", e)
				}
				if a.Role == annot.Theme {
					themes++
				}
			}
			if themes == 0 {
				t.Fatalf("%+v has no theme", e)
			}
		}
		if !reflect.DeepEqual(events, Document(d)) {
			t.Fatal("two runs differ")
		}
	})
}
