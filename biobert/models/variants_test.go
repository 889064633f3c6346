package models_test

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert"
	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/kernels"
)

// demoAbstracts reads the demo set without the package datasets, which inference does not link.
func demoAbstracts(t *testing.T, most int) []string {
	t.Helper()
	raw, err := os.ReadFile("../../datasets/demo/arxiv-biology-demo.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for line := range bytes.Lines(raw) {
		var r struct {
			Abstract string `json:"abstract"`
		}
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		if out = append(out, r.Abstract); len(out) == most {
			break
		}
	}
	return out
}

const variantEnv = "SPARSEBIO_TEST_VARIANT" // "model texts" in the processes that TestVariantsAgree starts

// TestVariantChild is the body of those processes: it prints the documents as JSON.
func TestVariantChild(t *testing.T) {
	model, most, ok := strings.Cut(os.Getenv(variantEnv), " ")
	if !ok {
		t.Skip("started by TestVariantsAgree only")
	}
	n, err := strconv.Atoi(most)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(os.Stdout).Encode(annotate(t, model, n)); err != nil {
		t.Fatal(err)
	}
}

func annotate(t *testing.T, model string, most int) []annot.Document {
	t.Helper()
	var p interface {
		Annotate(context.Context, iter.Seq2[string, error]) ([]annot.Document, error)
		Close() error
	}
	var err error
	if model == "chemprot" {
		p, err = biobert.NewRelationExtraction(t.Context(), model)
	} else {
		p, err = biobert.NewTokenClassification(t.Context(), model)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	docs, err := p.Annotate(t.Context(), biobert.Texts(demoAbstracts(t, most)...))
	if err != nil {
		t.Fatal(err)
	}
	return docs
}

// Every kernel variant must find the same in the demo set, to the last bit: otherwise an analysis would
// depend on the machine that it ran on.
func TestVariantsAgree(t *testing.T) {
	if testing.Short() {
		t.Skip("reads texts with the slow reference")
	}
	for _, c := range []struct {
		model     string
		most, ref int // texts to read, and with the slow reference
	}{{"jnlpba", 44, 3}, {"jnlpba-dense", 44, 1}, {"chemprot", 20, 1}} {
		want := annotate(t, c.model, c.most)
		for _, isa := range kernels.Supported() {
			most := c.most
			if isa == "ref" {
				most = c.ref
			}
			cmd := exec.Command(os.Args[0], "-test.run=^TestVariantChild$")
			cmd.Env = append(os.Environ(), "KERNELS_ISA="+isa, variantEnv+"="+c.model+" "+strconv.Itoa(most))
			cmd.Stderr = os.Stderr
			out, err := cmd.Output()
			if err != nil {
				t.Fatalf("%s, %s: %v\n%s", c.model, isa, err, out)
			}
			var got []annot.Document
			if err := json.NewDecoder(bytes.NewReader(out)).Decode(&got); err != nil {
				t.Fatalf("%s, %s: %v", c.model, isa, err)
			}
			if len(got) != most {
				t.Fatalf("%s, %s: %d documents, want %d", c.model, isa, len(got), most)
			}
			for i, d := range got {
				if !slices.Equal(d.Entities, want[i].Entities) || !slices.Equal(d.Relations, want[i].Relations) {
					t.Errorf("%s, %s, document %d: got %+v, want %+v", c.model, isa, i, d, want[i])
				}
			}
		}
	}
}
