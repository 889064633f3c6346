package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/datasets"
)

func readProvenance(t *testing.T, path string) report.Provenance {
	t.Helper()
	data, err := os.ReadFile(path + datasets.ProvenanceSuffix)
	if err != nil {
		t.Fatal(err)
	}
	var p report.Provenance
	if err := json.Unmarshal(data, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// Result files say what they were made of.
func TestProvenance(t *testing.T) {
	model, entities := relationModels(t)
	in, dir := write(t, "in.jsonl", relationLines), t.TempDir()
	set, err := datasets.Load(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	table, docs, ner := filepath.Join(dir, "r.csv"), filepath.Join(dir, "d.jsonl"), filepath.Join(dir, "e.parquet")
	mustRun(t, "relations", "--model", model, "--entity-model", entities, "--input", in, "--output", table, "--documents", docs, "--offsets", "chars")
	mustRun(t, "ner", "--model", entities, "--input", in, "--output", ner)
	found, err := datasets.Load(t.Context(), ner)
	if err != nil {
		t.Fatal(err)
	}
	inFile, err := found.Provenance()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		p       report.Provenance
		models  []string
		offsets string
	}{
		{readProvenance(t, table), []string{entities, model}, "characters"}, {readProvenance(t, docs), []string{entities, model}, "characters"}, {inFile, []string{entities}, "bytes"},
	} {
		var names []string
		for _, m := range c.p.Models {
			names = append(names, m.Name)
			if m.Files[0].Name != "model.safetensors" || len(m.Files[0].SHA256) != 64 {
				t.Errorf("model %+v", m)
			}
		}
		if !slices.Equal(names, c.models) || c.p.Options["offsets"] != c.offsets || len(c.p.Command) == 0 || c.p.Started.IsZero() || c.p.Finished.Before(c.p.Started) {
			t.Errorf("provenance %+v", c.p)
		}
		if want := set.Source("abstract"); c.p.Data == nil || *c.p.Data != *want {
			t.Errorf("data %+v, want %+v", c.p.Data, want)
		}
	}
}
