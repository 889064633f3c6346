package compress

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
	"github.com/sparsebio/sparsebio/kernels"
)

const tiny = "../testdata/tiny"

// sentences are texts for the vocabulary of the tiny models.
func sentences(n int) iter.Seq[string] {
	words := []string{"IL-2", "activates", "NF-kappa", "B", "in", "human", "T", "cells", ".", "the", "of", "and", "expression", "protein", "gene"}
	return func(yield func(string) bool) {
		for i := range n {
			var s []string
			for j := range 5 + i%9 {
				s = append(s, words[(i*7+j*j*3+j)%len(words)])
			}
			if !yield(strings.Join(s, " ")) {
				return
			}
		}
	}
}

func readWeights(t *testing.T, dir string) map[string][]float32 {
	t.Helper()
	f, err := safetensors.Open(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	out := map[string][]float32{}
	for _, name := range f.Names() {
		x, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		if out[name], err = x.Float32s(nil); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

func TestRun(t *testing.T) {
	for _, method := range Methods {
		for _, block := range []int{1, 4} {
			t.Run(string(method), func(t *testing.T) {
				dir := filepath.Join(t.TempDir(), "out")
				if block == 4 { // an empty folder will do
					if err := os.Mkdir(dir, 0o755); err != nil {
						t.Fatal(err)
					}
				}
				var steps []Progress
				r, err := Run(t.Context(), tiny, sentences(40), WithMethod(method), WithSparsity(0.5), WithBlocks(block), WithOutput(dir), WithThreads(2),
					WithProgress(func(p Progress) { steps = append(steps, p) }))
				if err != nil {
					t.Fatal(err)
				}
				if last := steps[len(steps)-1]; last.Done != last.Total || len(steps) != last.Total {
					t.Errorf("%d steps, the last one %v", len(steps), last)
				}
				if r.Texts != 35 || r.HeldOutTexts != 5 || len(r.Matrices) != 12 || r.Sparsity < 0.495 || r.Sparsity > 0.52 {
					t.Errorf("report: %d texts, %d held out, %d matrices, %.3f zeros", r.Texts, r.HeldOutTexts, len(r.Matrices), r.Sparsity)
				}
				if a := r.Agreement; a.Outputs == 0 || a.Equal < 0.3 || a.Mean <= 0 || a.Mean > a.Max || a.Max > a.Range {
					t.Errorf("agreement %+v", a)
				}
				checkWritten(t, dir, r)
			})
		}
	}
}

// checkWritten compares the output with the model and the report.
func checkWritten(t *testing.T, dir string, r *Report) {
	t.Helper()
	before, after := readWeights(t, tiny), readWeights(t, dir)
	if len(before) != len(after) {
		t.Errorf("%d tensors, the model has %d", len(after), len(before))
	}
	matrix := map[string]Matrix{}
	for _, m := range r.Matrices {
		matrix[m.Name] = m
	}
	for name, v := range after {
		base, kind, _ := strings.Cut(name, "."+lastPart(name))
		m, ok := matrix[base]
		if !ok {
			if !slices.Equal(v, before[name]) {
				t.Errorf("%s changed", name)
			}
			continue
		}
		if kind != "" || lastPart(name) == "bias" {
			continue
		}
		w := kernels.MatF32{Data: v, Rows: m.Outputs, Cols: m.Inputs, Stride: m.Inputs}
		if got := float64(zeros(w)) / float64(len(v)); got != m.Sparsity {
			t.Errorf("%s: %v zeros, the report has %v", name, got, m.Sparsity)
		}
		again := kernels.MatF32{Data: slices.Clone(v), Rows: m.Outputs, Cols: m.Inputs, Stride: m.Inputs}
		round(again)
		q, _ := kernels.QuantizeS8Rows(v, m.Outputs, m.Inputs)
		q2, _ := kernels.QuantizeS8Rows(again.Data, m.Outputs, m.Inputs)
		if !slices.Equal(q, q2) {
			t.Errorf("%s is not in INT8", name)
		}
		for i, x := range again.Data {
			if d := x - v[i]; d*d > 1e-12*(1+x*x) {
				t.Fatalf("%s: weight %d, %v, is not a multiple of its row's scale", name, i, v[i])
			}
		}
		for i := 0; i < len(v); i += r.Block {
			b := v[i : i+r.Block]
			if n := zeros(kernels.MatF32{Data: b}); n != 0 && n != r.Block && r.Sparsity < 0.5 {
				t.Fatalf("%s: %d zeros in a block", name, n)
			}
		}
	}
	raw, err := os.ReadFile(filepath.Join(dir, "compress.json"))
	if err != nil {
		t.Fatal(err)
	}
	var read Report
	if err := json.Unmarshal(raw, &read); err != nil || read.Sparsity != r.Sparsity || len(read.Matrices) != len(r.Matrices) {
		t.Errorf("compress.json: %v, %+v", err, read)
	}
	if entries, _ := os.ReadDir(filepath.Dir(dir)); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func lastPart(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }

func TestRefusals(t *testing.T) {
	full := t.TempDir()
	if err := os.WriteFile(filepath.Join(full, "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	missing := copyTiny(t)
	dropTensor(t, missing, "bert.encoder.layer.1.output.dense.bias")
	noNorm := copyTiny(t)
	dropTensor(t, noNorm, "bert.encoder.layer.1.output.LayerNorm.weight")
	empty := func(func(string) bool) {}
	out := WithOutput(filepath.Join(t.TempDir(), "out"))
	for _, c := range []struct {
		name  string
		model string
		texts iter.Seq[string]
		opts  []Option
		want  string
	}{
		{"sparsity 0", tiny, sentences(9), []Option{WithSparsity(0)}, "WithSparsity(0): must be above 0 and below 1"},
		{"sparsity 1", tiny, sentences(9), []Option{WithSparsity(1)}, "must be above 0 and below 1"},
		{"percent", tiny, sentences(9), []Option{WithSparsity(90)}, "0.9 removes nine weights of ten"},
		{"method", tiny, sentences(9), []Option{WithMethod("obs")}, `unknown method (have magnitude, wanda, sparsegpt, admm)`},
		{"blocks", tiny, sentences(9), []Option{WithBlocks(3)}, "unknown size (have 1, 4)"},
		{"threads", tiny, sentences(9), []Option{WithThreads(0)}, "at least 1"},
		{"tokens", tiny, sentences(9), []Option{WithTokens(3)}, "at least 64"},
		{"percentile", tiny, sentences(9), []Option{WithPercentile(20)}, "above 50 and at most 100"},
		{"ONNX of nothing", tiny, sentences(9), []Option{WithONNX(), func(o *options) error { o.output = ""; return nil }}, "WithONNX: no output"},
		{"ONNX of floats", tiny, sentences(9), []Option{WithONNX(), WithFloatWeights()}, "WithFloatWeights rules out"},
		{"no texts", tiny, empty, nil, "no calibration texts (give some hundred"},
		{"nil texts", tiny, nil, nil, "no calibration texts"},
		{"blank texts", tiny, slices.Values([]string{"", "  ", "\n"}), nil, "no calibration texts with a word in them (3 read)"},
		{"one text", tiny, slices.Values([]string{"IL-2"}), nil, "one calibration text (want two at least"},
		{"not UTF-8", tiny, slices.Values([]string{"IL-2", "\xff"}), nil, "calibration text 2"},
		{"sparse", "../testdata/tiny-pruned90", sentences(9), nil, "% of its weights are zero already (start from the dense checkpoint)"},
		{"no folder", "nothing-here", sentences(9), nil, "unknown model"},
		{"missing tensor", missing, sentences(9), nil, `"bert.encoder.layer.1.output.dense.bias"`},
		{"missing norm", noNorm, sentences(9), nil, `"bert.encoder.layer.1.output.LayerNorm.weight"`},
		{"full output", tiny, sentences(9), []Option{WithOutput(full)}, "is not empty"},
		{"output is a file", tiny, sentences(9), []Option{WithOutput(filepath.Join(full, "x"))}, "output: "},
		{"no parent", tiny, sentences(9), []Option{WithOutput(filepath.Join(full, "a", "b"))}, "no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Run(t.Context(), c.model, c.texts, append([]Option{out}, c.opts...)...)
			if err == nil || !strings.HasPrefix(err.Error(), "compress: ") || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("%v, %v, want an error with %q", r, err, c.want)
			}
		})
	}
	if entries, _ := os.ReadDir(full); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

func copyTiny(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(tiny)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// dropTensor writes model.safetensors again without a tensor.
func dropTensor(t *testing.T, dir, name string) {
	t.Helper()
	path := filepath.Join(dir, "model.safetensors")
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	var all []safetensors.Tensor
	for _, n := range f.Names() {
		x, err := f.Tensor(n)
		if err != nil {
			t.Fatal(err)
		}
		if n != name {
			all = append(all, x)
		}
	}
	if len(all) != len(f.Names())-1 {
		t.Fatalf("no tensor %q", name)
	}
	writeTensors(t, path, all)
}

func writeTensors(t *testing.T, path string, tensors []safetensors.Tensor) {
	t.Helper()
	w, err := newTensorWriter(path, tensors)
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range tensors {
		if err := w.put(x.Name, x.Data); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.close(); err != nil {
		t.Fatal(err)
	}
}

// A Run that is interrupted leaves nothing behind, wherever it is.
// Nearly all weights can be removed: then inputs do not depend on the text any more.
func TestHardlyAnythingLeft(t *testing.T) {
	for _, method := range Methods {
		out := filepath.Join(t.TempDir(), "out")
		r, err := Run(t.Context(), tiny, sentences(20), WithSparsity(0.999), WithMethod(method), WithOutput(out))
		if err != nil {
			t.Errorf("%s: %v", method, err)
		} else if r.Sparsity < 0.998 {
			t.Errorf("%s: %.4f of zeros", method, r.Sparsity)
		}
	}
}

func TestCancel(t *testing.T) {
	dir := t.TempDir()
	for at := 1; at < 23; at += 3 {
		ctx, cancel := context.WithCancel(t.Context())
		_, err := Run(ctx, tiny, sentences(20), WithOutput(filepath.Join(dir, "out")), WithProgress(func(p Progress) {
			if p.Done == at {
				cancel()
			}
		}))
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled after step %d: %v", at, err)
		}
	}
	if entries, _ := os.ReadDir(dir); len(entries) > 0 {
		t.Errorf("left behind: %v", entries)
	}
}

// What is written does not depend on the number of threads.
func TestThreads(t *testing.T) {
	var first map[string][]float32
	for _, threads := range []int{1, 3} {
		dir := filepath.Join(t.TempDir(), "out")
		if _, err := Run(t.Context(), tiny, sentences(40), WithSparsity(0.8), WithOutput(dir), WithThreads(threads)); err != nil {
			t.Fatal(err)
		}
		got := readWeights(t, dir)
		if first == nil {
			first = got
		}
		for name, v := range got {
			if !slices.Equal(v, first[name]) {
				t.Errorf("%s differs with %d threads", name, threads)
			}
		}
	}
}

// A full disk is an error of the first file that does not fit.
func TestFullDisk(t *testing.T) {
	if _, err := os.Stat("/dev/full"); err != nil {
		t.Skip("no /dev/full here")
	}
	if _, err := newTensorWriter("/dev/full", nil); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%v, want no space left", err)
	}
}
