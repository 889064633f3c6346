package bert

import (
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/berttest"
	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

// renamed writes the checkpoint in dir with pytorch_model.bin in place of its weights, whose names rename changes, and returns its folder. With ""
// a tensor is left out.
func renamed(t *testing.T, dir string, write func(io.Writer, []berttest.Tensor) error, rename func(name string) string, more ...berttest.Tensor) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Open(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tensors := more
	for _, name := range f.Names() {
		x, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		values, err := x.Float32s(nil)
		if err != nil {
			t.Fatal(err)
		}
		if name := rename(name); name != "" {
			tensors = append(tensors, berttest.Tensor{Name: name, Shape: x.Shape, Fill: func(v []float32) { copy(v, values) }})
		}
	}
	if err := berttest.WriteFile(filepath.Join(to, "pytorch_model.bin"), tensors, write); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(to, "model.safetensors")); err != nil {
		t.Fatal(err)
	}
	return to
}

var oldNames = map[string]*strings.Replacer{
	"as today":             strings.NewReplacer(),
	"gamma and beta":       strings.NewReplacer("LayerNorm.weight", "LayerNorm.gamma", "LayerNorm.bias", "LayerNorm.beta"),
	"without bert.":        strings.NewReplacer("bert.", ""),
	"without, gamma, beta": strings.NewReplacer("bert.", "", "LayerNorm.weight", "LayerNorm.gamma", "LayerNorm.bias", "LayerNorm.beta"),
}

// Weights under the names that older checkpoints have for them, with the heads of pre-training beside them, give the same bits.
func TestOldNames(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	writers := map[string]func(io.Writer, []berttest.Tensor) error{"legacy": berttest.WriteLegacy, "zip": berttest.WriteZip}
	others := func() (ts []berttest.Tensor) {
		for name, shape := range map[string][]int{
			"cls.predictions.bias": {207}, "cls.predictions.transform.dense.weight": {48, 48}, "cls.predictions.transform.LayerNorm.gamma": {48},
			"cls.predictions.decoder.weight": {207, 48}, "cls.seq_relationship.weight": {2, 48}, "cls.seq_relationship.bias": {2},
			"bert.embeddings.position_ids": {1, 64},
		} {
			ts = append(ts, berttest.Tensor{Name: name, Shape: shape, Fill: func(v []float32) { clear(v) }})
		}
		return ts
	}()
	for _, model := range []string{"tiny", "tiny-pruned90"} {
		golden := testdata + model + ".golden.json"
		for _, e := range []Engine{Dense, Sparse} {
			want := logitsOf(t, loadModel(t, testdata+model, e), golden)
			for what, names := range oldNames {
				for form, write := range writers {
					dir := renamed(t, testdata+model, write, names.Replace, others...)
					if got := logitsOf(t, loadModel(t, dir, e), golden); len(got) == 0 || !slices.Equal(got, want) {
						t.Errorf("%s, %s, %s, %s: the logits differ", model, e, what, form)
					}
				}
			}
		}
	}
}

// A tensor that is missing is named, whatever the others are called.
func TestOldNamesMissing(t *testing.T) {
	const missing = "encoder.layer.1.output.LayerNorm."
	for what, names := range map[string]map[string]string{
		"beta":   {"weight": "gamma", "bias": ""},
		"weight": {"weight": "", "bias": "bias"},
		"both":   {"weight": "", "bias": ""},
	} {
		dir := renamed(t, testdata+"tiny", berttest.WriteLegacy, func(name string) string {
			if end, ok := strings.CutPrefix(name, "bert."+missing); ok {
				if names[end] == "" {
					return ""
				}
				return "bert." + missing + names[end]
			}
			return name
		})
		want := map[string]string{"beta": missing + "beta", "weight": missing + "weight", "both": missing + "weight"}[what]
		c, err := OpenCheckpoint(dir)
		if err == nil {
			_, err = c.Load(Dense, "")
			c.Close()
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "pytorch_model.bin") {
			t.Errorf("without %s: got %v, want %q in it", what, err, want)
		}
	}
}
