package datasets

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// shared returns a path in the folder of corpora that tests may read.
func shared(t *testing.T, parts ...string) string {
	dir := os.Getenv("SPARSEBIO_SHARED")
	if dir == "" {
		t.Skip("SPARSEBIO_SHARED is not set: it names the folder with corpora/hf-fixtures and corpora/arxiv-qbio")
	}
	return filepath.Join(append([]string{dir, "corpora"}, parts...)...)
}

func TestSavedFixtures(t *testing.T) {
	dir := shared(t, "hf-fixtures", "jnlpba-saved")
	for split, rows := range map[string]int{"train": 120, "validation": 30} {
		d := load(t, dir, WithSplit(split))
		if d.NumRows() != rows {
			t.Errorf("%s has %d rows, want %d", split, d.NumRows(), rows)
		}
		names, err := d.ClassNames("ner_tags")
		if err != nil || len(names) != 11 || names[9] != "B-protein" {
			t.Errorf("labels %v, %v", names, err)
		}
		tokens, err := Column[[]string](d, "tokens")
		if err != nil {
			t.Fatal(err)
		}
		tags, err := Column[any](d, "ner_tags")
		if err != nil {
			t.Fatal(err)
		}
		for i := range tokens {
			if n := len(tags[i].([]any)); n != len(tokens[i]) || n == 0 {
				t.Errorf("row %d: %d tokens, %d tags", i, len(tokens[i]), n)
			}
		}
		if diff := cmp.Diff(dump(t, d), dump(t, load(t, filepath.Join(dir, split)))); diff != "" {
			t.Errorf("the split read as a folder of its own differs:\n%.1000s", diff)
		}
	}
}

func TestTextFixtures(t *testing.T) {
	dir := shared(t, "hf-fixtures", "chemprot-text")
	for split, rows := range map[string]int{"train": 300, "validation": 120} {
		jsonl := load(t, dir, WithSplit(split), WithFormat("jsonl"))
		csv := load(t, dir, WithSplit(split), WithFormat("csv"))
		if jsonl.NumRows() != rows {
			t.Errorf("%s has %d rows, want %d", split, jsonl.NumRows(), rows)
		}
		if diff := cmp.Diff(dump(t, jsonl), dump(t, csv)); diff != "" {
			t.Errorf("-jsonl +csv:\n%.1000s", diff)
		}
	}
}

func TestArxiv(t *testing.T) {
	d := load(t, shared(t, "arxiv-qbio", "qbio.jsonl.gz"))
	n := 0
	for doc, err := range d.Documents("abstract") {
		if err != nil {
			t.Fatal(err)
		}
		if doc.ID == "" || doc.Title == "" || doc.Text == "" {
			t.Errorf("document %d: %+v", n, doc)
		}
		n++
	}
	if n != 997 {
		t.Errorf("%d documents, want 997", n)
	}
}
