package download_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert"
	models "github.com/sparsebio/sparsebio/biobert/hub"
	"github.com/sparsebio/sparsebio/biobert/hub/download"
	"github.com/sparsebio/sparsebio/datasets/hub"
	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

// graphFiles are those of a model of which there is a graph only, as exporters lay them out.
func graphFiles(t *testing.T) map[string]string {
	t.Helper()
	var cases []struct {
		Model  string          `json:"model"`
		Config json.RawMessage `json:"config"`
	}
	const from = "../../internal/bert/testdata"
	raw, err := os.ReadFile(filepath.Join(from, "onnx.json"))
	if err == nil {
		err = json.Unmarshal(raw, &cases)
	}
	if err != nil {
		t.Fatal(err)
	}
	model, err := os.ReadFile(filepath.Join(from, cases[0].Model))
	if err != nil {
		t.Fatal(err)
	}
	return map[string]string{
		"config.json": string(cases[0].Config), "vocab.txt": "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n" + strings.Join(strings.Split("abcdefghijklmnopqrs", ""), "\n") + "\n",
		"onnx/model.onnx": string(model), "onnx/model_quantized.onnx": "not wanted", "onnx/model_fp16.onnx": "not wanted",
	}
}

func TestGraphInFolder(t *testing.T) {
	for _, listed := range []bool{true, false} {
		h := hubtest.New(t)
		h.Add("model", "me/graph", graphFiles(t))
		home := h.Setenv()
		for range 2 { // without a network in the end
			p, err := biobert.NewTextClassification(t.Context(), "me/graph")
			if err != nil {
				t.Fatal(err)
			}
			if got, err := p.ClassifyText(t.Context(), "a b c"); err != nil || len(got) != 1 {
				t.Errorf("%v, %v", got, err)
			}
			if err := p.Close(); err != nil {
				t.Error(err)
			}
			if !listed {
				if err := os.RemoveAll(filepath.Join(home, "hub", "models--me--graph", "trees")); err != nil {
					t.Fatal(err)
				}
			}
			t.Setenv("HF_HUB_OFFLINE", "1")
		}
		for _, g := range h.Gets() {
			if strings.Contains(g, "quantized") || strings.Contains(g, "fp16") {
				t.Errorf("fetched %s", g)
			}
		}
		src, err := models.Resolve(t.Context(), "me/graph")
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, f := range src.Files {
			rel, err := filepath.Rel(src.Dir, f)
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, filepath.ToSlash(rel))
		}
		if want := []string{"config.json", "vocab.txt", "onnx/model.onnx"}; !slices.Equal(names, want) {
			t.Errorf("files %q, want %q", names, want)
		}
		t.Setenv("HF_HUB_OFFLINE", "")
	}
}

// Rounded weights are for who asks for them.
func TestRoundedGraphOnly(t *testing.T) {
	h := hubtest.New(t)
	files := graphFiles(t)
	delete(files, "onnx/model.onnx")
	h.Add("model", "me/rounded", files)
	h.Setenv()
	_, err := biobert.NewTextClassification(t.Context(), "me/rounded", biobert.WithFetcher(download.New(client(t))))
	if !errors.Is(err, download.ErrNoCheckpoint) || errors.Is(err, hub.ErrUnreachable) || !strings.Contains(err.Error(), "to open onnx/model_fp16.onnx, download it") {
		t.Errorf("got %v", err)
	}
	if gets := h.Gets(); len(gets) > 0 {
		t.Errorf("fetched %q", gets)
	}
}
