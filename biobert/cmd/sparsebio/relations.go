package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/sparsebio/sparsebio/biobert"
	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/datasets"
	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/datasets/annot/graphfile"
	"github.com/sparsebio/sparsebio/datasets/corpus"
)

func relationsCommand() *cobra.Command {
	var model, entities, input, split, text, output, documents, graph, offsets, engine, aggregation string
	var threads int
	var given bool
	var least float64
	c := &cobra.Command{
		Use:   "relations",
		Short: "Find how chemicals and proteins, or drugs, are related",
		Long: `Find entities in one text column of a data set, and the relations between those of a sentence. The output is a table with a
row for each relation: document, type and what it means, both entities with their offsets, score and sentence.
--documents writes the input's records, too, each with the fields entities and relations, and --graph the graph of what is
related to what: GraphML, GEXF, Cytoscape JSON or CSV (edges, and nodes in a second file) by its name, which ends in .graphml, .gexf, .cyjs or .csv. Where they came from is
written as "sparsebio ner" does.

The input is what "sparsebio ner" takes, or a corpus in its own files: ChemProt's (the file of abstracts, those of
entities beside it) or the DDI corpus' (XML, or an archive of it). With --given-entities, entities are the
corpus', or those that the column entities holds, as "sparsebio ner" writes it. Both tables are JSONL, CSV, Parquet or Arrow by their names; an --output
of .graphml, .gexf or .cyjs is the graph, without a table.`,
		Example: "  sparsebio relations --model chemprot --input abstracts.jsonl --text abstract --output relations.csv --graph relations.graphml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if offsets != "bytes" && offsets != "chars" {
				return fmt.Errorf("--offsets %q (have bytes, chars)", offsets)
			}
			if f, err := graphfile.FormatOf(output); err == nil && f != graphfile.EdgesCSV && f != graphfile.NodesCSV {
				if graph != "" {
					return fmt.Errorf("--output %q and --graph %q are both graphs (one is enough)", output, graph)
				}
				output, graph = "", output
			}
			if graph != "" {
				if err := graphfile.CheckWritable(graph); err != nil {
					return err
				}
			}
			for _, name := range []string{output, documents} { // before the work, not after it
				if name == "" {
					continue
				}
				if err := datasets.CheckWritable(name); err != nil {
					return err
				}
			}
			ctx := cmd.Context()
			set, text, in, err := loadDocuments(ctx, input, split, text, given)
			if err != nil {
				return err
			}
			opts := append(pipelineOptions(threads, engine, aggregation), biobert.WithMinScore(least))
			if entities != "" {
				opts = append(opts, biobert.WithEntityModel(entities))
			}
			if given {
				opts = append(opts, biobert.WithGivenEntities())
			}
			p, err := biobert.NewRelationExtraction(ctx, model, opts...)
			if err != nil {
				return err
			}
			defer p.Close()
			for _, n := range p.Notes() {
				fmt.Fprintf(cmd.ErrOrStderr(), "note: %s\n", n)
			}
			start := time.Now()
			docs, err := p.AnnotateDocuments(ctx, in)
			if err != nil {
				return err
			}
			took := time.Since(start)
			made := provenance(p.Provenance(), set, text, offsets)
			tableOpts := []datasets.Option{datasets.WithProvenance(made)}
			if offsets == "chars" {
				tableOpts = append(tableOpts, datasets.WithCharOffsets())
			}
			table, err := datasets.Relations(docs, tableOpts...)
			if err != nil {
				return err
			}
			var written []string
			if output != "" {
				if err := table.WriteFile(output); err != nil {
					return err
				}
				written = append(written, output)
			}
			if graph != "" {
				if err := writeGraph(graph, docs, made); err != nil {
					return err
				}
				written = append(written, graph)
			}
			found := 0
			for _, d := range docs {
				found += len(d.Entities)
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%d texts, %d entities, %d relations in %.2f s -> %s\n", len(docs), found, table.NumRows(), took.Seconds(), strings.Join(written, ", "))
			if documents == "" {
				return nil
			}
			return writeDocuments(set, docs, made, offsets == "chars", documents)
		},
	}
	f := c.Flags()
	f.StringVar(&model, "model", "chemprot", modelUsage("model of relations"))
	f.StringVar(&entities, "entity-model", "", "model that finds the entities (default: the relation model's)")
	f.BoolVar(&given, "given-entities", false, "relate the entities that the input has")
	f.StringVar(&input, "input", "arxiv-biology-demo", "data set to read")
	f.StringVar(&split, "split", "", splitUsage)
	f.StringVar(&text, "text", "", textUsage)
	f.StringVar(&output, "output", "relations.csv", "file to write, a row for each relation")
	f.StringVar(&documents, "documents", "", "file to write, a record for each text")
	f.StringVar(&graph, "graph", "", "file to write, the graph of the relations")
	f.Float64Var(&least, "min-score", 0, "leave out relations less probable than this")
	f.StringVar(&offsets, "offsets", "bytes", "unit of start and end: bytes or chars")
	addPipelineFlags(c, &threads, &engine, &aggregation)
	return c
}

// loadDocuments loads texts as documents: a data set and the name of its column of texts, or a corpus in its own files, of which it makes one. The documents have
// entities if given says that the input has them.
func loadDocuments(ctx context.Context, input, split, text string, given bool) (*datasets.Dataset, string, iter.Seq2[annot.Document, error], error) {
	docs, err := readCorpus(input)
	if err != nil {
		return nil, "", nil, err
	}
	if docs != nil {
		type row struct {
			ID   string `json:"id"`
			Text string `json:"text"`
		}
		rows := make([]row, len(docs))
		for i, d := range docs {
			rows[i] = row{d.ID, d.Text}
		}
		set, err := datasets.From(input, rows)
		return set, "text", biobert.Documents(docs...), err
	}
	set, text, err := loadTexts(ctx, input, split, text)
	if err != nil || !given {
		return set, text, set.Documents(text), err
	}
	for d, err := range set.Documents(text) {
		if err != nil {
			return nil, "", nil, err
		}
		docs = append(docs, d)
	}
	for i, row := range set.All() {
		v, err := row.Any("entities")
		if err != nil {
			return nil, "", nil, fmt.Errorf("--given-entities: %w", err)
		}
		b, err := json.Marshal(v)
		if err == nil {
			err = json.Unmarshal(b, &docs[i].Entities)
		}
		if err != nil {
			return nil, "", nil, fmt.Errorf("%q, row %d: column entities is no list of {type, start, end, text, score}: %w", input, i, err)
		}
		for k, e := range docs[i].Entities {
			if e.Start < 0 || e.End > len(docs[i].Text) || e.Start > e.End || docs[i].Text[e.Start:e.End] != e.Text {
				return nil, "", nil, fmt.Errorf("%q, row %d: entity %d, %q, is not at bytes %d to %d of the text (offsets in characters are not read)", input, i, k, e.Text, e.Start, e.End)
			}
		}
	}
	return set, text, biobert.Documents(docs...), nil
}

// readCorpus reads the documents of a corpus, or none if name is not that of a corpus' file.
func readCorpus(name string) ([]annot.Document, error) {
	var out []annot.Document
	base := filepath.Base(name)
	switch {
	case strings.Contains(base, "abstracts.tsv"):
		docs, err := corpus.ReadChemProtFiles(name)
		if err != nil {
			return nil, err
		}
		for _, d := range docs {
			out = append(out, d.Document)
		}
	case strings.HasSuffix(base, ".xml"), strings.HasSuffix(base, ".tar.gz"), strings.HasSuffix(base, ".tar"):
		docs, err := corpus.ReadDDIFiles(name)
		if err != nil {
			return nil, err
		}
		for _, d := range docs {
			out = append(out, d.Document)
		}
	}
	return out, nil
}

// writeGraph writes the graph of the documents' relations, and where they came from beside it.
func writeGraph(path string, docs []annot.Document, made report.Provenance) error {
	record, err := json.MarshalIndent(made, "", "  ")
	if err != nil {
		return err
	}
	beside := path + datasets.ProvenanceSuffix // an old one must not speak of the new file
	if err := os.Remove(beside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := graphfile.Save(path, annot.RelationGraph(docs)); err != nil {
		return err
	}
	return os.WriteFile(beside, append(record, '\n'), 0o644)
}

// writeDocuments writes the records of set, each with what was found in it.
func writeDocuments(set *datasets.Dataset, docs []annot.Document, made report.Provenance, chars bool, path string) error {
	entities, relations := make([][]annot.Entity, len(docs)), make([][]annot.Relation, len(docs))
	for i, d := range docs {
		if chars {
			d = biobert.RuneOffsets(d)
		}
		entities[i], relations[i] = d.Entities, d.Relations
	}
	set, err := datasets.AddColumn(set, "entities", entities)
	if err != nil {
		return err
	}
	if set, err = datasets.AddColumn(set, "relations", relations); err != nil {
		return err
	}
	if set, err = set.WithProvenance(made); err != nil {
		return err
	}
	return set.WriteFile(path)
}
