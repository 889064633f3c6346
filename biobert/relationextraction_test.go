package biobert

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/hub"
	"github.com/sparsebio/sparsebio/biobert/internal/token"
	"github.com/sparsebio/sparsebio/datasets/annot"
)

// tinyScheme suits the labels of tiny-relation and the types of tiny.
func tinyScheme() RelationScheme {
	return RelationScheme{
		Source: []string{"cell"}, Target: []string{"protein", "DNA"}, SourceMark: "@c$", TargetMark: "@p$", OverlapMark: "@cp$",
		Negative: []string{"false"}, Meanings: map[string]string{"inhibitor": "one inhibits the other"}, Directed: true, EntityModel: "testdata/tiny",
	}
}

func openRelations(t testing.TB, opts ...Option) *RelationExtraction {
	t.Helper()
	p, err := NewRelationExtraction(ctx, "testdata/tiny-relation", append([]Option{WithRelationScheme(tinyScheme())}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// related makes n documents, some without entities or pairs, of sentences with up to six pairs.
func related(n int) []annot.Document {
	docs := make([]annot.Document, n)
	for i := range docs {
		switch i % 5 {
		case 0:
			docs[i] = entitiesOf(fmt.Sprintf("The [cell:mouse %d] binds the [protein:kinase %d] and [DNA:the promoter]. [protein:IL-2] regulates [cell:human cells]%s.", i, i, strings.Repeat(" and induced", i%7)))
		case 1:
			docs[i] = entitiesOf("[protein:NF-κB] inhibits [protein:IL-2].")
		case 2:
			docs[i] = annot.Document{Text: "no entities"}
		case 3:
			docs[i] = entitiesOf("[cell:resting mouse] with [cell:human] activates [DNA:enhancer] and [protein:receptor], not [protein:kinase].")
		}
		docs[i].ID = fmt.Sprint("d", i)
	}
	return docs
}

// What a document's relations are follows from what the classifier says of each marked sentence, which other tests
// compare with transformers.
func TestRelationsAreTheClassifiers(t *testing.T) {
	classifier := openText(t, "testdata/tiny-relation")
	scheme := tinyScheme()
	given := related(2*relationChunk + 7)
	docs, err := openRelations(t, WithGivenEntities()).AnnotateDocuments(ctx, Documents(given...))
	if err != nil || len(docs) != len(given) {
		t.Fatal(len(docs), err)
	}
	found, none := 0, 0
	for i, d := range docs {
		if d.ID != given[i].ID || !reflect.DeepEqual(d.Entities, given[i].Entities) {
			t.Fatalf("document %d: %+v", i, d)
		}
		var want []annot.Relation
		for _, p := range scheme.pairs(given[i], 1000) {
			text, _ := scheme.marked(given[i], p)
			c, err := classifier.ClassifyText(ctx, text)
			if err != nil {
				t.Fatal(err)
			}
			if c[0].Label == "false" {
				none++
				continue
			}
			want = append(want, annot.Relation{
				Type: c[0].Label, Meaning: scheme.Meanings[c[0].Label], Score: c[0].Score, Directed: true,
				Source: d.Entities[p.source], Target: d.Entities[p.target], Span: p.sentence, Sentence: d.Text[p.sentence.Start:p.sentence.End],
			})
		}
		slices.SortStableFunc(want, func(a, b annot.Relation) int {
			return 1000*(a.Source.Start-b.Source.Start) + a.Target.Start - b.Target.Start
		})
		if !reflect.DeepEqual(d.Relations, want) {
			t.Errorf("document %d: %+v, want %+v", i, d.Relations, want)
		}
		found += len(want)
	}
	if found == 0 || none == 0 {
		t.Errorf("%d relations, %d pairs without: the model says the same of all", found, none)
	}
}

// The result does not depend on what is read together, on threads, or on how it is asked for.
func TestRelationsAreIndependent(t *testing.T) {
	texts := make([]string, 70)
	for i, d := range related(70) {
		texts[i] = d.Text
	}
	p := openRelations(t, WithThreads(1))
	want, err := p.Annotate(ctx, Texts(texts...))
	if err != nil {
		t.Fatal(err)
	}
	ner, err := openTest(t, "testdata/tiny").Annotate(ctx, Texts(texts...))
	if err != nil {
		t.Fatal(err)
	}
	all := 0
	for i := range want {
		if !reflect.DeepEqual(want[i].Entities, ner[i].Entities) {
			t.Fatalf("text %d: entities %+v, want %+v", i, want[i].Entities, ner[i].Entities)
		}
		all += len(want[i].Relations)
	}
	if all == 0 {
		t.Fatal("no relations")
	}
	q := openRelations(t, WithThreads(3))
	if got, err := q.Annotate(ctx, Texts(texts...)); err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("three threads differ from one: %v", err)
	}
	i := 0
	for d, err := range q.Stream(ctx, documents(Texts(texts...))) {
		if err != nil || !reflect.DeepEqual(d, want[i]) {
			t.Fatalf("stream, document %d: %+v, %v, want %+v", i, d, err, want[i])
		}
		i++
	}
	if i != len(texts) {
		t.Errorf("stream ended after %d documents", i)
	}
	var wg sync.WaitGroup
	for i, text := range texts[:10] {
		wg.Go(func() {
			if got, err := q.AnnotateText(ctx, text); err != nil || !reflect.DeepEqual(got, want[i]) {
				t.Errorf("text %d alone: %+v, %v, want %+v", i, got, err, want[i])
			}
		})
	}
	wg.Wait()
	for range q.Stream(ctx, documents(Texts(texts...))) {
		break // must not go on
	}
}

func TestRelationOptions(t *testing.T) {
	docs := related(30)
	all, err := openRelations(t, WithGivenEntities()).AnnotateDocuments(ctx, Documents(docs...))
	if err != nil {
		t.Fatal(err)
	}
	var scores []float64
	for _, d := range all {
		for _, r := range d.Relations {
			scores = append(scores, r.Score)
		}
	}
	slices.Sort(scores)
	least := scores[len(scores)/2]
	some, err := openRelations(t, WithGivenEntities(), WithMinScore(least)).AnnotateDocuments(ctx, Documents(docs...))
	if err != nil {
		t.Fatal(err)
	}
	kept := 0
	for _, d := range some {
		for _, r := range d.Relations {
			kept++
			if r.Score < least {
				t.Errorf("score %v, least %v", r.Score, least)
			}
		}
	}
	if first, _ := slices.BinarySearch(scores, least); kept != len(scores)-first {
		t.Errorf("%d relations of at least %v, want %d", kept, least, len(scores)-first)
	}

	var last Progress
	p := openRelations(t, WithProgress(func(p Progress) { last = p }))
	if _, err := p.AnnotateDocuments(ctx, Documents(related(100)...)); err != nil {
		t.Fatal(err)
	}
	if !last.Done || last.Texts != 100 || last.Total != 100 || last.Tokens < 1000 {
		t.Errorf("last report %+v", last)
	}
	for range p.Stream(ctx, Documents(related(10)...)) {
	}
	if !last.Done || last.Texts != 10 || last.Total != 0 || !strings.HasPrefix(last.String(), "10 texts, ") {
		t.Errorf("last report of a stream %+v, %q", last, last)
	}
	if len(p.Info()) != 2 || p.Info()[1].Name != "testdata/tiny" || len(p.Labels()) != 4 || len(p.Notes()) > 0 {
		t.Errorf("%+v, %q, %q", p.Info(), p.Labels(), p.Notes())
	}
	s := p.Scheme()
	s.Meanings["inhibitor"] = "changed"
	if p.Scheme().Meanings["inhibitor"] == "changed" {
		t.Error("the scheme is not a copy")
	}
}

func TestRelationErrors(t *testing.T) {
	scheme := tinyScheme()
	with := func(change func(*RelationScheme)) Option {
		s := scheme.clone()
		change(&s)
		return WithRelationScheme(s)
	}
	for _, c := range []struct {
		name string
		opts []Option
		want string
	}{
		{"labels of no scheme", nil, "WithRelationScheme"},
		{"scheme of other labels", []Option{WithRelationScheme(DDIScheme()), with(func(s *RelationScheme) { s.Negative = []string{"no"} })}, "are not among the model's"},
		{"no entity model", []Option{with(func(s *RelationScheme) { s.EntityModel = "" })}, "WithEntityModel"},
		{"unknown entity model", []Option{with(func(s *RelationScheme) { s.EntityModel = "nowhere" })}, "to find entities"},
		{"types that are not found", []Option{with(func(s *RelationScheme) { s.Source = []string{"chemical"} })}, "it finds protein, cell, DNA, and none of chemical"},
		{"targets that are not found", []Option{with(func(s *RelationScheme) { s.Target = []string{"gene", "GENE-Y"} })}, "none of gene, GENE-Y"},
		{"entity model of another kind", []Option{WithRelationScheme(scheme), WithEntityModel("testdata/tiny-relation")}, "NewTextClassification"},
		{"empty name", []Option{WithEntityModel("")}, "WithEntityModel"},
		{"score", []Option{WithMinScore(1.5)}, "WithMinScore(1.5)"},
		{"option of others", []Option{WithTopK(3)}, "WithTopK: not an option of RelationExtraction"},
	} {
		p, err := NewRelationExtraction(ctx, "testdata/tiny-relation", c.opts...)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "biobert: ") || p != nil {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
	if _, err := NewRelationExtraction(ctx, "testdata/tiny-relation", with(func(s *RelationScheme) { s.EntityModel = "nowhere" })); !errors.Is(err, hub.ErrUnknownModel) {
		t.Errorf("unknown entity model: %v", err)
	}
	for name, o := range map[string]Option{
		"WithMinScore": WithMinScore(0.5), "WithGivenEntities": WithGivenEntities(), "WithEntityModel": WithEntityModel("x"), "WithRelationScheme": WithRelationScheme(scheme),
	} {
		if _, err := NewTokenClassification(ctx, "testdata/tiny", o); err == nil || !strings.Contains(err.Error(), name+": not an option of TokenClassification") {
			t.Errorf("%s: %v", name, err)
		}
	}

	p := openRelations(t, WithGivenEntities())
	docs := related(relationChunk + 10)
	docs[relationChunk+6].Entities[0].End = 999
	if _, err := p.AnnotateDocuments(ctx, Documents(docs...)); err == nil || !strings.Contains(err.Error(), `text 71 (id "d70")`) {
		t.Errorf("bad offsets: %v", err)
	}
	docs[relationChunk+6] = annot.Document{ID: "x", Text: "\xff"}
	for name, p := range map[string]*RelationExtraction{"given": p, "found": openRelations(t)} {
		if _, err := p.AnnotateDocuments(ctx, Documents(docs...)); err == nil || !strings.Contains(err.Error(), `text 71 (id "x")`) || !strings.Contains(err.Error(), "UTF-8") {
			t.Errorf("%s: bad text: %v", name, err)
		}
	}
	boom := errors.New("boom")
	broken := func(yield func(annot.Document, error) bool) {
		_ = yield(annot.Document{Text: "a"}, nil) && yield(annot.Document{}, boom)
	}
	if _, err := p.AnnotateDocuments(ctx, broken); !errors.Is(err, boom) {
		t.Errorf("error of the sequence: %v", err)
	}
	n := 0
	for _, err := range p.Stream(ctx, broken) {
		if n++; !errors.Is(err, boom) || n > 1 {
			t.Errorf("item %d of a broken stream: %v", n, err)
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := p.AnnotateDocuments(cancelled, Documents(related(5)...)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	p.Close()
	if _, err := p.AnnotateDocuments(ctx, Documents(related(5)...)); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("closed: %v", err)
	}
}

// A sentence too long for the model is cut around the pair, and a pair too far apart is not related.
func TestLongSentences(t *testing.T) {
	p := openRelations(t, WithGivenEntities())
	long := strings.Repeat("the kinase of human mouse binding ", 40)
	d, err := p.AnnotateDocuments(ctx, Documents(
		entitiesOf(long+"[cell:mouse] activates [protein:IL-2] "+long),
		entitiesOf("[cell:mouse] "+long+" [protein:IL-2]"),
	))
	if err != nil {
		t.Fatal(err)
	}
	if len(d[1].Relations) > 0 {
		t.Errorf("a pair of %d bytes apart: %+v", len(long), d[1].Relations)
	}

	tok, size := p.relations.tok, p.relations.model.MaxPosition
	var enc token.Encoding
	for _, c := range []struct {
		before, middle, after string
		whole, none           bool
	}{
		{"", " binds ", "", true, false},
		{long, " binds ", long, false, false},
		{long, " binds ", "", false, false},
		{"", " binds ", long, false, false},
		{"IL-2 ", " binds ", long, false, false},
		{long, " binds ", " IL-2", false, false},
		{"", long, "", false, true},
		{long, " " + strings.Repeat("α", 52) + " ", long, false, false}, // one word of 52 pieces
	} {
		text := c.before + "@c$" + c.middle + "@p$" + c.after
		marks := annot.Span{Start: len(c.before), End: len(text) - len(c.after)}
		got := crop(tok, &enc, text, marks, size)
		if c.none || c.whole {
			if want := map[bool]string{true: "", false: text}[c.none]; got != want {
				t.Errorf("%.20q...: %q", text, got)
			}
			continue
		}
		if err := tok.Encode(&enc, got); err != nil || enc.Len() > size || enc.Len() < size-6 {
			t.Errorf("%.20q...: %d tokens, the model takes %d (%v)", text, enc.Len(), size, err)
		}
		if !strings.Contains(got, "@c$"+c.middle+"@p$") || !strings.Contains(text, got) {
			t.Errorf("%.20q...: %q", text, got)
		}
	}
}
