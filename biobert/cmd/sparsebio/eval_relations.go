package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/sparsebio/sparsebio/biobert"
	"github.com/sparsebio/sparsebio/biobert/eval"
	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/datasets/corpus"
)

// positives are the labels of a task that say that there is a relation.
var positives = map[string][]string{
	"chemprot": {"CPR:3", "CPR:4", "CPR:5", "CPR:6", "CPR:9"},
	"ddi":      {"DDI-advise", "DDI-effect", "DDI-int", "DDI-mechanism"},
}

// noType is the label of the one interaction of DDI that has no type. It can be neither right nor wrong.
const noType = "DDI-None"

func (set *evalSet) loadPairs(task string) error {
	pairs, err := corpus.ReadFile(set.path, corpus.ReadBLUE)
	if err != nil {
		return err
	}
	pairs = slices.DeleteFunc(pairs, func(p corpus.Pair) bool { return p.Label == noType })
	gold, positive := make([]string, len(pairs)), 0
	for i, p := range pairs {
		gold[i] = p.Label
		set.sizes = append(set.sizes, len(p.Text))
		set.units = append(set.units, p.Document())
		if slices.Contains(positives[task], p.Label) {
			positive++
		}
	}
	if positive == 0 {
		return fmt.Errorf("%s has no row with a label of --task %s (%s): there is nothing to score", set.path, task, quoted(positives[task]))
	}
	labels := slices.Compact(slices.Sorted(slices.Values(gold)))
	set.metric = "micro F1 over the positive labels"
	set.unit = "documents"
	set.size = []evalCount{{"documents", counted(set.units)}, {"rows", len(pairs)}, {"positives", positive}}
	set.open = func(ctx context.Context, model string, opts []biobert.Option) (*subject, error) {
		s := &subject{name: model}
		// A sentence longer than the model is cut at its end, as in training; else one row would spoil the file.
		p, err := biobert.NewTextClassification(ctx, model, append(opts, s.count(), biobert.WithTruncation())...)
		if err != nil {
			return nil, err
		}
		found := make([]string, len(pairs))
		s.engine, s.Close = p.Info().Engine, p.Close
		s.read = func(ctx context.Context, from, to int) error {
			texts := make([]string, 0, to-from)
			for _, p := range pairs[from:to] {
				texts = append(texts, p.Text)
			}
			all, err := p.Classify(ctx, biobert.Texts(texts...))
			for i, c := range all {
				found[from+i] = c[0].Label
			}
			return err
		}
		s.scores = func() scoreSet { return scoreSet{main: eval.LabelF1(gold, found, positives[task])} }
		return s, set.opened(s, labels, p.Labels())
	}
	return nil
}

func (set *evalSet) loadRelations() error {
	docs, sentences, err := set.documents()
	if err != nil {
		return err
	}
	relations, entities := make([][]annot.Relation, len(docs)), make([][]annot.Entity, len(docs))
	for i, d := range docs {
		relations[i], entities[i] = d.Relations, d.Entities
		set.sizes = append(set.sizes, len(d.Text))
		set.units = append(set.units, d.ID)
	}
	all, mentions := eval.RelationF1(relations, relations), eval.SpanF1(entities, entities)
	if all.Micro.Support == 0 {
		return fmt.Errorf("%s has no relation: there is nothing to score (is the file of relations beside it?)", set.path)
	}
	set.endToEnd = true
	set.metric = "relations from end to end: both entities and the label exact"
	set.unit = "documents"
	set.size = []evalCount{{"documents", len(docs)}}
	if sentences > 0 {
		set.size = append(set.size, evalCount{"sentences", sentences})
	}
	set.size = append(set.size, evalCount{"entities", mentions.Micro.Support}, evalCount{"relations", all.Micro.Support})
	set.open = func(ctx context.Context, model string, opts []biobert.Option) (*subject, error) {
		s := &subject{name: model}
		opts = append(opts, s.count())
		if set.entityModel != "" {
			opts = append(opts, biobert.WithEntityModel(set.entityModel))
		}
		p, err := biobert.NewRelationExtraction(ctx, model, opts...)
		if err != nil {
			return nil, err
		}
		found, spans := make([][]annot.Relation, len(docs)), make([][]annot.Entity, len(docs))
		s.engine, s.Close = p.Info()[0].Engine, p.Close
		s.read = func(ctx context.Context, from, to int) error {
			out, err := p.AnnotateDocuments(ctx, func(yield func(annot.Document, error) bool) {
				for _, d := range docs[from:to] {
					if !yield(annot.Document{ID: d.ID, Text: d.Text}, nil) {
						return
					}
				}
			})
			for i, d := range out {
				found[from+i], spans[from+i] = d.Relations, d.Entities
			}
			return err
		}
		s.scores = func() scoreSet {
			return scoreSet{eval.RelationF1(relations, found), []evalAlso{{"entities, exact span and type F1", eval.SpanF1(entities, spans)}}}
		}
		return s, set.opened(s, types(all), p.Labels())
	}
	return nil
}
