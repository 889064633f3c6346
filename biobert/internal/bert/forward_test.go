package bert

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
	"github.com/sparsebio/sparsebio/kernels"
)

const testdata = "../../testdata/"

type goldenCase struct {
	IDs []int32 `json:"input_ids"`
}

func readCases(t testing.TB, path string) []goldenCase {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var cases []goldenCase
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	return cases
}

func loadModel(t testing.TB, dir string, e Engine) *Model {
	t.Helper()
	c, err := OpenCheckpoint(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	m, err := c.Load(e, "")
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// maxDiff returns the largest absolute difference.
func maxDiff(a, b []float32) float64 {
	d := 0.0
	for i := range a {
		d = max(d, math.Abs(float64(a[i])-float64(b[i])))
	}
	return d
}

// Every named intermediate result of the tiny model is compared with PyTorch's. Sums of
// 112 products of numbers of about one, in another order, differ by some 1e-6.
func TestLayersLikePyTorch(t *testing.T) {
	const tolerance = 2e-5
	m := loadModel(t, testdata+"tiny", Dense)
	golden, err := safetensors.Open(testdata + "tiny.golden.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer golden.Close()
	names := map[string]string{
		"embeddings": "embeddings", "attention.context": "context", "attention.output": "attention",
		"intermediate": "intermediate", "output": "output", "logits": "logits",
	}
	s := NewState(1)
	defer s.Close()
	compared := 0
	for i, c := range readCases(t, testdata+"tiny.golden.json") {
		compare := func(name string, got kernels.MatF32) {
			want, err := golden.Tensor(fmt.Sprintf("case%d.%s", i, name))
			if err != nil {
				return // the later cases carry fewer tensors
			}
			w, err := want.Float32s(nil)
			if err != nil {
				t.Fatal(err)
			}
			var g []float32
			for r := range got.Rows {
				g = append(g, got.Row(r)...)
			}
			if len(g) != len(w) {
				t.Fatalf("case %d, %s: %d numbers, want %d", i, name, len(g), len(w))
			}
			if d := maxDiff(g, w); !(d <= tolerance) {
				t.Errorf("case %d, %s: differs by %.2g, more than %.2g", i, name, d, tolerance)
			}
			compared++
		}
		s.Trace = func(name string, got kernels.MatF32) {
			layer := ""
			if rest, ok := strings.CutPrefix(name, "layer."); ok {
				var n string
				n, name, _ = strings.Cut(rest, ".")
				layer = "layer" + n + "."
			}
			if name == "qkv" {
				for j, part := range []string{"query", "key", "value"} {
					compare(layer+part, got.Sub(0, got.Rows, j*m.Hidden, (j+1)*m.Hidden))
				}
				return
			}
			compare(layer+names[name], got)
		}
		var b Batch
		b.Add(c.IDs)
		m.Forward(s, &b)
	}
	if want := len(golden.Names()); compared != want {
		t.Errorf("compared %d tensors of %d", compared, want)
	}
}

// A sequence must give the same bits alone, in any company, and shared by any number of threads.
func TestForwardDoesNotDependOnCompanyOrThreads(t *testing.T) {
	for _, e := range Engines {
		t.Run(string(e), func(t *testing.T) {
			m := loadModel(t, testdata+"tiny-pruned90", e)
			cases := readCases(t, testdata+"tiny-pruned90.golden.json")
			alone := make([][]float32, len(cases))
			s := NewState(1)
			defer s.Close()
			for i, c := range cases {
				var b Batch
				b.Add(c.IDs)
				alone[i] = slices.Clone(m.Forward(s, &b).Data)
			}
			for threads := 1; threads <= 5; threads++ {
				s := NewState(threads)
				defer s.Close()
				for shift := range cases {
					var b Batch
					for i := range 3 * len(cases) {
						b.Add(cases[(i+shift)%len(cases)].IDs)
					}
					logits := m.Forward(s, &b)
					for i := range b.Len() {
						got := logits.Sub(b.Starts[i], b.Starts[i+1], 0, logits.Cols).Data
						if !slices.Equal(got, alone[(i+shift)%len(cases)]) {
							t.Fatalf("%d threads, sequence %d: other bits than alone", threads, i)
						}
					}
				}
			}
		})
	}
}

// The forms of INT8 weights differ in speed only.
func TestInt8EnginesGiveTheSameBits(t *testing.T) {
	dir := testdata + "tiny-pruned90"
	c, err := OpenCheckpoint(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	s := NewState(2)
	defer s.Close()
	var b Batch
	for _, c := range readCases(t, dir+".golden.json") {
		b.Add(c.IDs)
	}
	var want []float32
	for _, e := range []Engine{Sparse, DenseS8} {
		for _, form := range append(kernels.LinearS8Forms(), "") {
			m, err := c.Load(e, form)
			if err != nil {
				t.Fatal(err)
			}
			got := slices.Clone(m.Forward(s, &b).Data)
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Errorf("engine %s, form %q: other bits", e, form)
			}
			if form != "" && !strings.HasPrefix(m.Kernel(), form+" ") {
				t.Errorf("engine %s, form %q: kernel %q", e, form, m.Kernel())
			}
		}
	}
}

func TestExplain(t *testing.T) {
	m := loadModel(t, testdata+"tiny-pruned90", Sparse)
	e, err := m.Explain(20)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.Layers) != 4*m.Layers || len(e.Steps) != int(steps) || e.Tokens != 20 {
		t.Fatalf("%d products, %d steps, %d tokens", len(e.Layers), len(e.Steps), e.Tokens)
	}
	products := 0.0
	for _, l := range e.Layers {
		products += l.MeasuredS
		if l.MeasuredS <= 0 || l.ExpectedS <= 0 || l.Bytes <= 0 || l.Kernel == "" || l.Sparsity < 0.8 {
			t.Errorf("%+v", l)
		}
	}
	for i, s := range e.Steps {
		if s.MeasuredS <= 0 || i == int(Products) && s.MeasuredS < products {
			t.Errorf("%+v, products %v", s, products)
		}
	}
	var out strings.Builder
	if _, err := e.WriteTo(&out); err != nil || !strings.Contains(out.String(), "1 intermediate") || !strings.Contains(out.String(), "attention") {
		t.Errorf("%v\n%s", err, out.String())
	}
	for _, tokens := range []int{0, m.MaxPosition + 1} {
		if _, err := m.Explain(tokens); err == nil {
			t.Errorf("%d tokens: no error", tokens)
		}
	}
	if _, err := loadModel(t, testdata+"tiny", Dense).Explain(20); err == nil {
		t.Error("dense: no error")
	}
}

// The logits of the real checkpoints, after each token's mean over the labels is taken off, must be
// within 1e-4 of those of transformers, and the hidden states within 1e-3 of values up to about 10.
func TestDenseLikeTransformers(t *testing.T) {
	shared := sharedFolder(t)
	for _, name := range []string{"jnlpba-dense", "jnlpba-pruned90"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(shared, "models", name)
			m := loadModel(t, dir, Dense)
			raw, err := os.ReadFile(filepath.Join(dir, "reference.json"))
			if err != nil {
				t.Fatal(err)
			}
			var ref []struct {
				IDs    []int32     `json:"input_ids"`
				Logits [][]float32 `json:"logits"`
			}
			if err := json.Unmarshal(raw, &ref); err != nil {
				t.Fatal(err)
			}
			if len(ref) == 0 {
				t.Fatal("no reference cases")
			}
			s := NewState(2)
			defer s.Close()
			worst := 0.0
			for _, c := range ref {
				var b Batch
				b.Add(c.IDs)
				logits := m.Forward(s, &b)
				for i, want := range c.Logits {
					worst = max(worst, maxDiff(centred(logits.Row(i)), centred(want)))
				}
			}
			t.Logf("largest difference %.2g", worst)
			if !(worst <= 1e-4) {
				t.Errorf("logits differ by %.2g", worst)
			}
			hidden, err := safetensors.Open(filepath.Join(dir, "reference-hidden.safetensors"))
			if err != nil {
				t.Fatal(err)
			}
			defer hidden.Close()
			for _, i := range []int{0, 30} {
				s.Trace = func(name string, got kernels.MatF32) {
					state := 0
					switch n, err := fmt.Sscanf(name, "layer.%d.output", &state); {
					case name == "embeddings":
					case n == 1 && err == nil && strings.HasSuffix(name, ".output") && !strings.Contains(name, "attention"):
						state++
					default:
						return
					}
					want, err := hidden.Tensor(fmt.Sprintf("case%d.hidden%d", i, state))
					if err != nil {
						t.Fatal(err)
					}
					w, err := want.Float32s(nil)
					if err != nil {
						t.Fatal(err)
					}
					if d := maxDiff(got.Data, w); !(d <= 1e-3) {
						t.Errorf("case %d, hidden state %d: differs by %.2g", i, state, d)
					}
				}
				var b Batch
				b.Add(ref[i].IDs)
				m.Forward(s, &b)
			}
		})
	}
}

func centred(v []float32) []float32 {
	mean := 0.0
	for _, x := range v {
		mean += float64(x) / float64(len(v))
	}
	out := make([]float32, len(v))
	for i, x := range v {
		out[i] = float32(float64(x) - mean)
	}
	return out
}

func sharedFolder(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("SPARSEBIO_SHARED")
	if dir == "" {
		t.Skip("SPARSEBIO_SHARED is not set: this test reads checkpoints from that folder")
	}
	return dir
}

func TestBatchCheck(t *testing.T) {
	m := &Model{Config: Config{MaxPosition: 4, Vocab: 10}}
	for _, c := range []struct {
		ids []int32
		ok  bool
	}{{[]int32{0, 9, 1, 2}, true}, {[]int32{0, 10}, false}, {[]int32{-1}, false}, {[]int32{1, 1, 1, 1, 1}, false}} {
		var b Batch
		b.Add(c.ids)
		if err := m.Check(&b); (err == nil) != c.ok {
			t.Errorf("%v: got %v", c.ids, err)
		}
	}
}
