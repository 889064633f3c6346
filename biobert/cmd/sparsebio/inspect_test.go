package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert"
)

func TestInspect(t *testing.T) {
	out := mustRun(t, "inspect", "--model", tiny)
	for _, want := range []string{"bert for token classification, 2 layers", "weights: fp32, 0.", "encoder.layer.1.output.dense"} {
		if !strings.Contains(out, want) {
			t.Errorf("got %q, want %q in it", out, want)
		}
	}
	out = mustRun(t, "inspect", "--model", "zoo:nlp/token_classification/biobert-base_cased/pytorch/huggingface/jnlpba/pruned90_quant-none", "--json")
	note, rest, ok := strings.Cut(out, "{")
	var in biobert.Inspection
	if err := json.Unmarshal([]byte("{"+rest), &in); err != nil || !ok || in.Sparsity < 0.85 || in.Source != "embedded jnlpba" || !strings.Contains(note, "note: ") {
		t.Errorf("%v: %s", err, out)
	}
}
