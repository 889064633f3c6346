package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/biobert"
	"github.com/sparsebio/sparsebio/biobert/eval"
	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/datasets/corpus"
)

// evalTasks are the tasks that eval knows, which are also the names of their models.
var evalTasks = []string{"jnlpba", "bc2gm", "chemprot-ner", "chemprot", "ddi-ner", "ddi"}

// evalFormats are the formats of a task, the first where the content does not tell.
var evalFormats = map[string][]corpus.Format{
	"jnlpba":       {corpus.CoNLL},
	"bc2gm":        {corpus.CoNLL, corpus.BC2GM},
	"chemprot-ner": {corpus.ChemProt},
	"chemprot":     {corpus.BLUE, corpus.ChemProt},
	"ddi-ner":      {corpus.DDI},
	"ddi":          {corpus.BLUE, corpus.DDI},
}

// An evalSet is an annotated file, ready for models to read.
type evalSet struct {
	path   string
	format corpus.Format
	metric string
	size   []evalCount
	sizes  []int    // bytes of every unit: what is scored one by one, a sentence, a text or a row
	units  []string // what every unit belongs to, nil for itself
	unit   string   // in words

	endToEnd    bool
	entityModel string
	open        func(ctx context.Context, model string, opts []biobert.Option) (*subject, error)
}

// loadEvalSet reads the file at path for a task.
func loadEvalSet(task, path string) (*evalSet, error) {
	formats := evalFormats[task]
	format, err := corpus.Detect(path)
	switch {
	case errors.Is(err, corpus.ErrFormat):
		format = formats[0] // whose reader says what is wrong in which line
	case err != nil:
		return nil, err
	case !slices.Contains(formats, format):
		want := make([]string, len(formats))
		for i, f := range formats {
			want[i] = string(f)
		}
		return nil, fmt.Errorf("%s is in the format %s: --task %s reads %s", path, format, task, strings.Join(want, " and "))
	}
	set := &evalSet{path: path, format: format}
	switch {
	case format == corpus.CoNLL:
		err = set.loadWords()
	case format == corpus.BC2GM:
		err = set.loadGenes()
	case format == corpus.BLUE:
		err = set.loadPairs(task)
	case strings.HasSuffix(task, "-ner"):
		err = set.loadTexts()
	default:
		err = set.loadRelations()
	}
	if err != nil {
		return nil, err
	}
	return set, nil
}

// counted returns the keys of m with their counts.
func counted[K comparable](s []K) int {
	m := map[K]bool{}
	for _, k := range s {
		m[k] = true
	}
	return len(m)
}

func (set *evalSet) loadWords() error {
	sentences, err := corpus.ReadFile(set.path, corpus.ReadCoNLL)
	if err != nil {
		return err
	}
	words, tags, documents, n := make([][]string, len(sentences)), make([][]string, len(sentences)), make([]string, len(sentences)), 0
	for i, s := range sentences {
		n += len(s.Tokens)
		size := 0
		for _, t := range s.Tokens {
			size += len(t) + 1
		}
		set.sizes = append(set.sizes, size)
		words[i], tags[i], documents[i] = s.Tokens, s.Tags, s.Document
	}
	gold := eval.StrictF1(tags, tags)
	if gold.Micro.Support == 0 {
		return fmt.Errorf("%s has no entity: there is nothing to score", set.path)
	}
	set.metric = "strict entity F1 (IOB2, seqeval)"
	set.unit = "sentences"
	if d := counted(documents); d > 1 {
		set.units, set.unit = documents, "documents"
		set.size = append(set.size, evalCount{"documents", d})
	}
	set.size = append(set.size, evalCount{"sentences", len(sentences)}, evalCount{"words", n}, evalCount{"entities", gold.Micro.Support})
	set.open = func(ctx context.Context, model string, opts []biobert.Option) (*subject, error) {
		s := &subject{name: model}
		p, err := biobert.NewTokenClassification(ctx, model, append(opts, s.count())...)
		if err != nil {
			return nil, err
		}
		found := make([][]string, len(sentences))
		s.engine, s.Close = p.Info().Engine, p.Close
		s.read = func(ctx context.Context, from, to int) error {
			t, err := p.TagWords(ctx, words[from:to])
			copy(found[from:], t)
			return err
		}
		s.scores = func() scoreSet {
			return scoreSet{eval.StrictF1(tags, found), []evalAlso{{"CoNLL entity F1 (seqeval's default)", eval.CoNLLF1(tags, found)}}}
		}
		return s, set.opened(s, types(gold), entityTypes(p.Labels()))
	}
	return nil
}

// opened returns an error, and closes s, if its model does not know all that is to be scored.
func (set *evalSet) opened(s *subject, want, have []string) error {
	missing := slices.DeleteFunc(slices.Clone(want), func(l string) bool { return slices.Contains(have, l) })
	if len(missing) == 0 {
		return nil
	}
	s.Close()
	return fmt.Errorf("%s has the labels %s, which model %q does not know (it has %s)", set.path, quoted(missing), s.name, quoted(have))
}

func quoted(labels []string) string {
	out := make([]string, len(labels))
	for i, l := range labels {
		if out[i] = l; l == "_" {
			out[i] = "B and I without a type"
		}
	}
	return strings.Join(out, ", ")
}

// types returns the types that s has.
func types(s eval.Scores) []string {
	var out []string
	for _, t := range s.Types {
		out = append(out, t.Type)
	}
	return out
}

// entityTypes returns the types of a token classifier with these labels.
func entityTypes(labels []string) []string {
	found := map[string]bool{}
	for _, l := range labels {
		prefix, typ, ok := strings.Cut(l, "-")
		switch {
		case ok && (prefix == "B" || prefix == "I"):
			found[typ] = true
		case l == "B" || l == "I":
			found["_"] = true
		case l != "O":
			found[l] = true
		}
	}
	return slices.Sorted(maps.Keys(found))
}

// finder returns a subject that finds the entities of texts.
func (set *evalSet) finder(ctx context.Context, model string, opts []biobert.Option, texts []string, want []string, scores func(found [][]annot.Entity) scoreSet) (*subject, error) {
	s := &subject{name: model}
	p, err := biobert.NewTokenClassification(ctx, model, append(opts, s.count())...)
	if err != nil {
		return nil, err
	}
	found := make([][]annot.Entity, len(texts))
	s.engine, s.Close = p.Info().Engine, p.Close
	s.read = func(ctx context.Context, from, to int) error {
		docs, err := p.Annotate(ctx, biobert.Texts(texts[from:to]...))
		for i, d := range docs {
			found[from+i] = d.Entities
		}
		return err
	}
	s.scores = func() scoreSet { return scores(found) }
	return s, set.opened(s, want, entityTypes(p.Labels()))
}

// geneType is the type of BC2GM's entities.
const geneType = "GENE"

func (set *evalSet) loadGenes() error {
	sentences, err := corpus.ReadBC2GMFiles(set.path)
	if err != nil {
		return err
	}
	texts, exact, genes, alternatives := make([]string, len(sentences)), make([][]annot.Entity, len(sentences)), 0, 0
	for i, s := range sentences {
		texts[i] = s.Text
		set.sizes = append(set.sizes, len(s.Text))
		genes += len(s.Genes)
		alternatives += len(s.Alternatives)
		for _, g := range s.Genes {
			exact[i] = append(exact[i], annot.Entity{Type: geneType, Start: g.Start, End: g.End})
		}
	}
	if genes == 0 {
		return fmt.Errorf("%s has no gene: there is nothing to score", set.path)
	}
	set.metric = "official BC2GM F1, alternatives accepted"
	set.unit = "sentences"
	set.size = []evalCount{{"sentences", len(sentences)}, {"genes", genes}, {"alternatives", alternatives}}
	set.open = func(ctx context.Context, model string, opts []biobert.Option) (*subject, error) {
		return set.finder(ctx, model, opts, texts, []string{geneType}, func(found [][]annot.Entity) scoreSet {
			spans := make([][]annot.Span, len(found))
			for i, es := range found {
				for _, e := range es {
					if e.Type == geneType {
						spans[i] = append(spans[i], e.Span())
					}
				}
			}
			return scoreSet{eval.GeneF1(sentences, spans), []evalAlso{{"exact F1, no alternatives", eval.SpanF1(exact, found)}}}
		})
	}
	return nil
}

// modelTypes maps entity types of a corpus to those of models.
var modelTypes = map[string]string{"CHEMICAL": "chemical", "GENE-Y": "gene", "GENE-N": "gene"}

// ofModels returns e with the type that models give it.
func ofModels(e annot.Entity) annot.Entity {
	if t, ok := modelTypes[e.Type]; ok {
		e.Type = t
	}
	return e
}

// documents reads the documents of a set, with the types of entities that models know.
func (set *evalSet) documents() (docs []annot.Document, sentences int, err error) {
	if set.format == corpus.DDI {
		all, err := corpus.ReadDDIFiles(set.path)
		if err != nil {
			return nil, 0, err
		}
		for _, d := range all {
			docs = append(docs, d.Document)
			sentences += len(d.Sentences)
		}
		return docs, sentences, nil
	}
	all, err := corpus.ReadChemProtFiles(set.path)
	if err != nil {
		return nil, 0, err
	}
	for _, d := range all {
		for i, e := range d.Entities {
			d.Entities[i] = ofModels(e)
		}
		for i, r := range d.Relations {
			d.Relations[i].Source, d.Relations[i].Target = ofModels(r.Source), ofModels(r.Target)
		}
		docs = append(docs, d.Document)
	}
	return docs, 0, nil
}

// sentencesOf returns the sentences of a DDI file as documents of their own, named after the document they are of. The corpus was
// annotated, and models are trained, sentence by sentence.
func sentencesOf(path string) ([]annot.Document, error) {
	all, err := corpus.ReadDDIFiles(path)
	if err != nil {
		return nil, err
	}
	var out []annot.Document
	for _, d := range all {
		for _, s := range d.Sentences {
			one := annot.Document{ID: d.ID, Text: d.Text[s.Span.Start:s.Span.End]}
			if strings.TrimSpace(one.Text) == "" {
				continue
			}
			for _, e := range s.Entities {
				at := e.Span()
				one.Entities = append(one.Entities, annot.Entity{Type: e.Type, Start: at.Start - s.Span.Start, End: at.End - s.Span.Start})
			}
			out = append(out, one)
		}
	}
	return out, nil
}

func (set *evalSet) loadTexts() error {
	var docs []annot.Document
	var err error
	if set.format == corpus.DDI {
		docs, err = sentencesOf(set.path)
	} else {
		docs, _, err = set.documents()
	}
	if err != nil {
		return err
	}
	texts, gold := make([]string, len(docs)), make([][]annot.Entity, len(docs))
	for i, d := range docs {
		texts[i], gold[i] = d.Text, d.Entities
		set.sizes = append(set.sizes, len(d.Text))
		set.units = append(set.units, d.ID)
	}
	all := eval.SpanF1(gold, gold)
	if all.Micro.Support == 0 {
		return fmt.Errorf("%s has no entity: there is nothing to score", set.path)
	}
	set.metric = "exact span and type F1 on running text"
	set.unit = "documents"
	set.size = []evalCount{{"documents", counted(set.units)}}
	if set.format == corpus.DDI {
		set.size = append(set.size, evalCount{"sentences", len(docs)})
	}
	set.size = append(set.size, evalCount{"entities", all.Micro.Support})
	set.open = func(ctx context.Context, model string, opts []biobert.Option) (*subject, error) {
		return set.finder(ctx, model, opts, texts, types(all), func(found [][]annot.Entity) scoreSet {
			return scoreSet{main: eval.SpanF1(gold, found)}
		})
	}
	return nil
}
