package biobert

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/biobert/hub"
	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/internal/token"
	"github.com/sparsebio/sparsebio/datasets/annot"
)

// RelationExtraction finds relations between the entities of a text: which chemical inhibits which protein, which drugs interact.
// A token classifier finds the entities; every pair of them within a sentence that may be related is marked, and
// a sequence classifier reads the sentence and names the relation, or says that there is none. It is safe for concurrent use.
//
// The sentences are those of annot.Document.Sentences. A pair whose mentions overlap is shown to the model as one mark, as it
// was in training; it is hardly ever a relation. Of a sentence that is too long for the model, what is
// farthest from the pair is left out; mentions too far apart for the model are not related, and of a sentence with more than 2,000 pairs
// those with the fewest other entities between them are read.
type RelationExtraction struct {
	relations *TextClassification
	entities  *TokenClassification // nil if documents bring theirs
	scheme    RelationScheme
	negative  []bool // by label
	opt       *options
}

// NewRelationExtraction opens the relation model called name, as NewTextClassification does, and the model that finds its
// entities: for "chemprot" that is "chemprot-ner" and for "ddi" it is "ddi-ner", which the packages of the former
// register, too; WithEntityModel names another, and with WithGivenEntities there is none. Options that both kinds of
// pipelines know, such as WithThreads and WithEngine, are for both models, but WithRevision is for that of relations. Checkpoints of others must
// have ChemProt's or DDI's labels (CPR:3 ..., DDI-effect ...), or a scheme of their own (WithRelationScheme).
func NewRelationExtraction(ctx context.Context, name string, opts ...Option) (_ *RelationExtraction, err error) {
	o, err := newOptions(relationPipeline, opts)
	if err != nil {
		return nil, err
	}
	relations, err := openTextClassification(ctx, name, o)
	if err != nil {
		return nil, err
	}
	p := &RelationExtraction{relations: relations, opt: o}
	defer func() {
		if err != nil {
			p.Close()
		}
	}()
	labels := relations.Labels()
	if o.scheme != nil {
		p.scheme = *o.scheme
	} else if p.scheme, err = schemeOf(labels); err != nil {
		return nil, fmt.Errorf("biobert: model %q: %w", name, err)
	}
	if err := p.scheme.check(labels); err != nil {
		return nil, fmt.Errorf("biobert: model %q: %w", name, err)
	}
	for _, l := range labels {
		p.negative = append(p.negative, slices.Contains(p.scheme.Negative, l))
	}
	if o.givenEntities {
		return p, nil
	}
	finder := cmp.Or(o.entityModel, p.scheme.EntityModel)
	if finder == "" {
		return nil, fmt.Errorf("biobert: model %q: nothing says what finds its entities (WithEntityModel, or WithGivenEntities)", name)
	}
	own := *o
	own.revision = "" // that of the other model
	if p.entities, err = openTokenClassification(ctx, finder, &own); err != nil {
		if errors.Is(err, hub.ErrUnknownModel) {
			err = fmt.Errorf("%w: model %q needs it to find entities (or another, WithEntityModel; or those of the documents, WithGivenEntities)", err, name)
		}
		return nil, err
	}
	if err := p.checkTypes(); err != nil {
		return nil, fmt.Errorf("biobert: model %q cannot find entities for %q: %w", finder, name, err)
	}
	return p, nil
}

// checkTypes returns an error if the model of entities finds nothing that may be related.
func (p *RelationExtraction) checkTypes() error {
	var types []string
	var sources, targets bool
	for _, l := range p.entities.Labels() {
		if _, typ, ok := strings.Cut(l, "-"); ok && !slices.Contains(types, typ) {
			types = append(types, typ)
			source, target := p.scheme.roles(typ)
			sources, targets = sources || source, targets || target
		}
	}
	switch have := strings.Join(types, ", "); {
	case !sources:
		return fmt.Errorf("it finds %s, and none of %s", have, strings.Join(p.scheme.Source, ", "))
	case !targets:
		return fmt.Errorf("it finds %s, and none of %s", have, strings.Join(p.scheme.Target, ", "))
	}
	return nil
}

// Close closes both models, as their Close methods do.
func (p *RelationExtraction) Close() error {
	err := p.relations.Close()
	if p.entities != nil {
		err = errors.Join(err, p.entities.Close())
	}
	return err
}

// Labels returns the labels of the relation model in the order of its outputs.
func (p *RelationExtraction) Labels() []string { return p.relations.Labels() }

// Scheme returns a copy of what pairs and marks entities.
func (p *RelationExtraction) Scheme() RelationScheme { return p.scheme.clone() }

// Info describes the models: of relations and, if there is one, of entities.
func (p *RelationExtraction) Info() []Info {
	out := []Info{p.relations.Info()}
	if p.entities != nil {
		out = append(out, p.entities.Info())
	}
	return out
}

// Notes lists, as those of the other pipelines, what the files of both models ask for and is not done.
func (p *RelationExtraction) Notes() []string {
	out := p.relations.Notes()
	if p.entities != nil {
		out = append(out, p.entities.Notes()...)
	}
	return out
}

// Annotate reads texts and returns a document with entities and relations for each, in order. An error of the
// sequence ends the reading and is returned.
func (p *RelationExtraction) Annotate(ctx context.Context, texts iter.Seq2[string, error]) ([]annot.Document, error) {
	return p.AnnotateDocuments(ctx, documents(texts))
}

// AnnotateText reads one text; for many use Annotate.
func (p *RelationExtraction) AnnotateText(ctx context.Context, text string) (annot.Document, error) {
	docs := []annot.Document{{Text: text}}
	err := p.annotate(ctx, docs, 0, newMeter(1, nil, false))
	return docs[0], err
}

// AnnotateDocuments reads the text of documents and returns them in order, with relations in place of those they had and, unless the
// pipeline was opened WithGivenEntities, entities in place of theirs. A document without entities, or with none that may
// be related, has no relations. Given entities whose offsets do not fit their text are an error.
func (p *RelationExtraction) AnnotateDocuments(ctx context.Context, docs iter.Seq2[annot.Document, error]) ([]annot.Document, error) {
	var out []annot.Document
	for d, err := range docs {
		if err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	meter := newMeter(len(out), p.opt.progress, !p.opt.silent)
	defer meter.finish()
	for first := 0; first < len(out); first += relationChunk {
		if err := p.annotate(ctx, out[first:min(first+relationChunk, len(out))], first, meter); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Stream is AnnotateDocuments for sets of any size: it yields documents as they are done, in order, and holds some dozens at a
// time. After an error, which may come from docs, it ends. Whoever ranges over it may stop at any time.
func (p *RelationExtraction) Stream(ctx context.Context, docs iter.Seq2[annot.Document, error]) iter.Seq2[annot.Document, error] {
	return func(yield func(annot.Document, error) bool) {
		meter := newMeter(-1, p.opt.progress, !p.opt.silent)
		defer meter.finish()
		var some []annot.Document
		first := 0
		flush := func() bool {
			if err := p.annotate(ctx, some, first, meter); err != nil {
				yield(annot.Document{}, err)
				return false
			}
			for _, d := range some {
				if !yield(d, nil) {
					return false
				}
			}
			first += len(some)
			some = some[:0]
			return true
		}
		for d, err := range docs {
			if err != nil {
				yield(annot.Document{}, err)
				return
			}
			if some = append(some, d); len(some) == relationChunk && !flush() {
				return
			}
		}
		flush()
	}
}

// relationChunk is how many documents are read before their pairs are: enough for sentences of like length to be read together.
const relationChunk = 64

// annotate fills in the entities and relations of some documents, the first of which has a number among all.
func (p *RelationExtraction) annotate(ctx context.Context, docs []annot.Document, first int, meter *meter) error {
	in := make([]input, len(docs))
	for i, d := range docs {
		in[i] = input{text: d.Text, id: d.ID, offset: first}
	}
	if p.entities != nil {
		err := p.entities.read(ctx, in, meter.part(), false, func(i int, s *scored) {
			docs[i].Entities = s.entities(p.entities.opt.strategy, p.opt.ignore)
		})
		if err != nil {
			return err
		}
	}
	type place struct {
		doc int
		pair
	}
	var places []place
	var texts []string
	var enc token.Encoding
	for i := range docs {
		d := &docs[i]
		d.Relations = nil
		if err := d.Check(); err != nil {
			return fmt.Errorf("biobert: %s: %w", in[i].name(bert.TokenClassification, i), err)
		}
		if !utf8.ValidString(d.Text) {
			return fmt.Errorf("biobert: %s: not UTF-8", in[i].name(bert.TokenClassification, i))
		}
		for _, pair := range p.scheme.pairs(*d, p.reach()) {
			text, marks := p.scheme.marked(*d, pair)
			if text = crop(p.relations.tok, &enc, text, marks, p.relations.model.MaxPosition); text != "" {
				places = append(places, place{i, pair})
				texts = append(texts, text)
			}
		}
	}
	all, err := p.relations.probabilities(ctx, texts, meter.part())
	if err != nil {
		return err
	}
	labels := p.relations.model.Labels
	for i, of := range places {
		l, score := 0, 0.0
		for k, v := range all[i] {
			if v > score {
				l, score = k, v
			}
		}
		if p.negative[l] || score < p.opt.minScore {
			continue
		}
		d := &docs[of.doc]
		d.Relations = append(d.Relations, annot.Relation{
			Type: labels[l], Meaning: p.scheme.Meanings[labels[l]], Directed: p.scheme.Directed, Score: score,
			Source: d.Entities[of.source], Target: d.Entities[of.target],
			Span: of.sentence, Sentence: d.Text[of.sentence.Start:of.sentence.End],
		})
	}
	for i := range docs {
		slices.SortStableFunc(docs[i].Relations, func(a, b annot.Relation) int {
			return cmp.Or(cmp.Compare(a.Source.Start, b.Source.Start), cmp.Compare(a.Target.Start, b.Target.Start))
		})
	}
	meter.texts(len(docs))
	return nil
}

// reach is how many bytes apart mentions may lie: words of science are at most some 16 bytes a piece.
func (p *RelationExtraction) reach() int { return 16 * p.relations.model.MaxPosition }

// crop returns text, or as much of it around the marks as is no more than size tokens: as many words on either side as have room.
// It returns nothing if the marks alone are too long. enc is a buffer.
func crop(tok *token.Tokenizer, enc *token.Encoding, text string, marks annot.Span, size int) string {
	if len(text)+tok.Overhead() <= size {
		return text // no token is of less than a byte
	}
	if err := tok.Encode(enc, text); err != nil || enc.Len() <= size {
		return text // an error is one of the text, which the pipeline reports
	}
	words := func(i int) bool { return enc.Word[i] != enc.Word[i-1] } // a word begins at i
	from, to := 1, enc.Len()-1
	for from < to && int(enc.End[from]) <= marks.Start {
		from++
	}
	for to > from && int(enc.Start[to-1]) >= marks.End {
		to--
	}
	room := size - tok.Overhead() - (to - from)
	if room < 0 {
		return ""
	}
	left := min(from-1, max(room/2, room-(enc.Len()-1-to)))
	right := min(enc.Len()-1-to, room-left)
	low, high := from-left, to+right
	for low < from && !words(low) {
		low++
	}
	for high > to && !words(high) {
		high--
	}
	return text[min(int(enc.Start[low]), marks.Start):max(int(enc.End[high-1]), marks.End)]
}
