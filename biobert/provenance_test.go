package biobert

import (
	"crypto/sha256"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/sparsebio/sparsebio/biobert/hub"
	"github.com/sparsebio/sparsebio/biobert/report"
)

func sha256Of(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%x", sha256.Sum256(data))
}

func TestProvenance(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "tiny")
	if err := os.CopyFS(dir, os.DirFS("testdata/tiny")); err != nil {
		t.Fatal(err)
	}
	p := openTest(t, dir, WithThreads(2), WithStride(7), WithAggregation(First))
	q := openTest(t, dir)
	if r := p.Provenance(); !r.Started.IsZero() || !r.Finished.IsZero() || len(r.Models) != 1 {
		t.Errorf("before anything was read: %v", r)
	}
	before := time.Now()
	for range 2 {
		if _, err := p.AnnotateText(ctx, "IL-2 binds."); err != nil {
			t.Fatal(err)
		}
	}
	after := time.Now()
	r := p.Provenance()
	if r.Started.Before(before) || r.Finished.After(after) || !r.Started.Before(r.Finished) {
		t.Errorf("read from %v to %v, between %v and %v", r.Started, r.Finished, before, after)
	}
	m := r.Models[0]
	var want []report.FileSum
	for _, name := range []string{"model.safetensors", "config.json", "tokenizer.json", "vocab.txt", "tokenizer_config.json"} {
		want = append(want, report.FileSum{Name: name, SHA256: sha256Of(t, filepath.Join(dir, name))})
	}
	if !slices.Equal(m.Files, want) {
		t.Errorf("files %v, want %v", m.Files, want)
	}
	if options := map[string]string{"aggregation": "first", "stride": "7", "ignore_labels": "O"}; !maps.Equal(m.Options, options) {
		t.Errorf("options %v, want %v", m.Options, options)
	}
	if m.Task != "token-classification" || m.Name != dir || m.Engine != p.Info().Engine || m.Kernel == "" || m.Threads != 2 || r.Go == "" || r.Library.Version == "" {
		t.Errorf("provenance %+v", r)
	}
	// Two changes behind the back of a pipeline whose checksums are not computed yet.
	if err := os.Remove(filepath.Join(dir, "vocab.txt")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chtimes(filepath.Join(dir, "config.json"), before, before.Add(-time.Hour)); err != nil {
		t.Fatal(err)
	}
	want[1].SHA256, want[3].SHA256 = "", ""
	q.Close()
	if got := q.Provenance().Models[0].Files; !slices.Equal(got, want) {
		t.Errorf("after a change: files %v, want %v", got, want)
	}
	if got := p.Provenance().Models[0].Files; got[1].SHA256 == "" {
		t.Error("checksums were computed twice")
	}
}

func TestProvenancePacked(t *testing.T) {
	dir := t.TempDir()
	file, table := filepath.Join(dir, "tiny.model"), filepath.Join(dir, "tiny.table")
	if err := ConvertTable(ctx, "testdata/tiny-pruned90", table, "provenance-table"); err != nil {
		t.Fatal(err)
	}
	if err := Convert(ctx, "testdata/tiny-pruned90", file, "sparse", table); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(table)
	if err != nil {
		t.Fatal(err)
	}
	hub.RegisterTable("provenance-table", string(data))
	want := []report.FileSum{{Name: "tiny.model", SHA256: sha256Of(t, file)}, {Name: "provenance-table", SHA256: sha256Of(t, table)}}
	if m := openTest(t, file).Provenance().Models[0]; !slices.Equal(m.Files, want) || m.Engine != "sparse INT8" {
		t.Errorf("%+v, want files %v", m, want)
	}
	if data, err = os.ReadFile(file); err != nil {
		t.Fatal(err)
	}
	hub.Register("provenance-model", string(data))
	want[0].Name = "provenance-model"
	if m := openTest(t, "provenance-model").Provenance().Models[0]; !slices.Equal(m.Files, want) {
		t.Errorf("embedded: %v, want %v", m.Files, want)
	}
}

// Every pipeline says what it was told, and relation extraction names both models.
func TestProvenanceOptions(t *testing.T) {
	check := func(r report.Provenance, i int, task string, want map[string]string) {
		t.Helper()
		if i >= len(r.Models) || r.Models[i].Task != task || !maps.Equal(r.Models[i].Options, want) || len(r.Models[i].Files) < 3 {
			t.Errorf("models %+v, want %s at %d with %v", r.Models, task, i, want)
		}
	}
	check(openText(t, "testdata/tiny-topics", WithTopK(3)).Provenance(), 0, "text-classification",
		map[string]string{"top_k": "3", "function_to_apply": "sigmoid", "truncation": "false"})
	qa, err := NewQuestionAnswering(ctx, "testdata/tiny-qa", WithNoAnswer())
	if err != nil {
		t.Fatal(err)
	}
	defer qa.Close()
	check(qa.Provenance(), 0, "question-answering", map[string]string{"top_k": "1", "stride": "128", "max_answer_len": "15", "no_answer": "true"})

	relation := map[string]string{"min_score": "0.25", "given_entities": "false", "source": "cell", "target": "protein,DNA", "marks": "@c$ @p$", "directed": "true"}
	p := openRelations(t, WithMinScore(0.25))
	if _, err := p.AnnotateText(ctx, "IL-2 binds T cells."); err != nil {
		t.Fatal(err)
	}
	r := p.Provenance()
	check(r, 0, "token-classification", map[string]string{"aggregation": "word", "stride": "64", "ignore_labels": "O"})
	check(r, 1, "relation-extraction", relation)
	if r.Started != p.entities.Provenance().Started || r.Finished.Before(p.entities.Provenance().Finished) {
		t.Errorf("read from %v to %v", r.Started, r.Finished)
	}
	relation["given_entities"] = "true"
	r = openRelations(t, WithMinScore(0.25), WithGivenEntities()).Provenance()
	check(r, 0, "relation-extraction", relation)
	if len(r.Models) != 1 {
		t.Errorf("models %+v", r.Models)
	}
}

func TestEarlier(t *testing.T) {
	a, b := time.Unix(1, 0), time.Unix(2, 0)
	for _, c := range [][3]time.Time{{a, b, a}, {b, a, a}, {{}, b, b}, {a, {}, a}, {}} {
		if got := earlier(c[0], c[1]); got != c[2] {
			t.Errorf("%v, %v gave %v", c[0], c[1], got)
		}
	}
}
