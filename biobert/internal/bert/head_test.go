package bert

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/packed"
	"github.com/sparsebio/sparsebio/kernels"
)

// A headCase is what PyTorch made of a sequence, which may be a pair of texts.
type headCase struct {
	IDs    []int32   `json:"input_ids"`
	Second int       `json:"second"` // first token of type 1
	Pooled []float32 `json:"pooled"`
	Logits []float32 `json:"logits"`
	Start  []float32 `json:"start_logits"`
	End    []float32 `json:"end_logits"`
}

func readHeadCases(t testing.TB, path string) []headCase {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []headCase
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	// Sequences of several windows are for the pipeline.
	return slices.DeleteFunc(all, func(c headCase) bool { return len(c.IDs) == 0 })
}

var headModels = []struct {
	name  string
	head  Head
	cases int
}{
	{"tiny-relation", SequenceClassification, 16},
	{"tiny-topics", SequenceClassification, 16},
	{"tiny-qa", QuestionAnswering, 12},
}

// The outputs of the heads, and what the pooler makes, are compared with PyTorch's, of which the golden files keep six
// digits after the point.
func TestHeadsLikePyTorch(t *testing.T) {
	const tolerance = 2e-5
	for _, c := range headModels {
		t.Run(c.name, func(t *testing.T) {
			m := loadModel(t, testdata+c.name, Dense)
			if m.Head != c.head {
				t.Fatalf("head %v, want %v", m.Head, c.head)
			}
			s := NewState(2)
			defer s.Close()
			cases := readHeadCases(t, testdata+c.name+".golden.json")
			if len(cases) < c.cases {
				t.Fatalf("%d cases, want %d or more", len(cases), c.cases)
			}
			worst := 0.0
			for i, g := range cases {
				pooled := 0
				s.Trace = func(name string, got kernels.MatF32) {
					if name != "pooled" {
						return
					}
					pooled++
					if d := maxDiff(got.Row(0), g.Pooled); !(d <= tolerance) || got.Rows != 1 {
						t.Errorf("case %d: pooler differs by %.2g", i, d)
					}
				}
				var b Batch
				b.AddPair(g.Second, g.IDs)
				if err := m.Check(&b); err != nil {
					t.Fatal(err)
				}
				got := slices.Clone(m.Forward(s, &b).Data)
				want := g.Logits
				for j := range g.Start {
					want = append(want, g.Start[j], g.End[j])
				}
				if len(got) != len(want) || len(want) == 0 {
					t.Fatalf("case %d: %d numbers, want %d", i, len(got), len(want))
				}
				worst = max(worst, maxDiff(got, want))
				if wanted := c.head == SequenceClassification; (pooled == 1) != wanted {
					t.Errorf("case %d: %d traces of the pooler", i, pooled)
				}
			}
			t.Logf("largest difference %.2g", worst)
			if !(worst <= tolerance) {
				t.Errorf("logits differ by %.2g, more than %.2g", worst, tolerance)
			}
		})
	}
}

// The INT8 engines stay near; the bits of a sequence are the same alone and in company, for any number of threads.
func TestHeadsDoNotDependOnCompanyOrThreads(t *testing.T) {
	for _, c := range headModels {
		dense := loadModel(t, testdata+c.name, Dense)
		cases := readHeadCases(t, testdata+c.name+".golden.json")
		for _, e := range Engines {
			m := loadModel(t, testdata+c.name, e)
			s := NewState(1)
			defer s.Close()
			alone := make([][]float32, len(cases))
			for i, g := range cases {
				var b Batch
				b.AddPair(g.Second, g.IDs)
				ref := slices.Clone(dense.Forward(s, &b).Data)
				alone[i] = slices.Clone(m.Forward(s, &b).Data)
				if d := maxDiff(ref, alone[i]); !(d <= 0.6) {
					t.Errorf("%s, %s, case %d: %.2g from fp32", c.name, e, i, d)
				}
			}
			for _, threads := range []int{1, 2, 5} {
				s := NewState(threads)
				defer s.Close()
				for shift := range 3 {
					var b Batch
					for i := range 2 * len(cases) {
						g := cases[(i+shift)%len(cases)]
						b.AddPair(g.Second, g.IDs)
					}
					logits := m.Forward(s, &b)
					for i := range b.Len() {
						lo, hi := b.Starts[i], b.Starts[i+1]
						if c.head == SequenceClassification {
							lo, hi = i, i+1
						}
						if got := logits.Sub(lo, hi, 0, logits.Cols).Data; !slices.Equal(got, alone[(i+shift)%len(cases)]) {
							t.Fatalf("%s, %s, %d threads, sequence %d: other bits than alone", c.name, e, threads, i)
						}
					}
				}
			}
		}
	}
}

// The type of a token must matter, or the tests above prove less than they seem to.
func TestSecondTextMatters(t *testing.T) {
	m := loadModel(t, testdata+"tiny-relation", Dense)
	s := NewState(1)
	defer s.Close()
	for _, g := range readHeadCases(t, testdata+"tiny-relation.golden.json") {
		var pair, single Batch
		pair.AddPair(g.Second, g.IDs)
		single.Add(g.IDs)
		a := slices.Clone(m.Forward(s, &pair).Data)
		d := maxDiff(a, m.Forward(s, &single).Data)
		if same := g.Second == len(g.IDs); (d == 0) != same || !same && d < 1e-3 {
			t.Errorf("second text from token %d of %d: differs by %v", g.Second, len(g.IDs), d)
		}
	}
}

// What is written and opened again gives the same results but for the rounding of weights to 16 bits, which the ones of
// these checkpoints have already, and of the word embedding to 8.
func TestPackedHeads(t *testing.T) {
	for _, c := range headModels {
		cp, err := OpenCheckpoint(testdata + c.name)
		if err != nil {
			t.Fatal(err)
		}
		defer cp.Close()
		for _, e := range []Engine{Dense, Sparse} {
			file, got := exported(t, cp, e)
			f, err := packed.Open(file)
			if err != nil {
				t.Fatal(err)
			}
			if got.Head != c.head || got.Engine != e || !slices.Equal(got.Labels, cp.Config.Labels) || got.ProblemType != cp.Config.ProblemType {
				t.Errorf("%s, %s: %+v", c.name, e, got.Config)
			}
			want, err := cp.Load(e, "")
			if err != nil {
				t.Fatal(err)
			}
			want.word = got.word // leaves nothing that may differ
			s := NewState(1)
			defer s.Close()
			for i, g := range readHeadCases(t, testdata+c.name+".golden.json") {
				var b Batch
				b.AddPair(g.Second, g.IDs)
				a := slices.Clone(got.Forward(s, &b).Data)
				if !slices.Equal(a, want.Forward(s, &b).Data) {
					t.Errorf("%s, %s, case %d: other bits than the checkpoint", c.name, e, i)
				}
			}
			// Without a section of the head the file is refused.
			for _, section := range []string{c.head.tensor() + ".weight", "embeddings.types", "pooler", "pooler.bias"} {
				if f.Shape(section) == nil {
					continue
				}
				broken := bytes.ReplaceAll(file, []byte(`"name":"`+section+`"`), []byte(`"name":"`+strings.Repeat("x", len(section))+`"`))
				f, err := packed.Open(fixHeader(broken))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := OpenPacked(f, f, "", ""); !errors.Is(err, packed.ErrFormat) || !strings.Contains(err.Error(), section) {
					t.Errorf("%s, %s without %s: got %v", c.name, e, section, err)
				}
			}
		}
	}
}

// A token classifier is written as ever: models that are out in the world must open, and new ones in old programs.
func TestPackedTokenClassifierHasNoOtherSections(t *testing.T) {
	cp, err := OpenCheckpoint(testdata + "tiny")
	if err != nil {
		t.Fatal(err)
	}
	defer cp.Close()
	w, err := cp.Export(Dense, packed.Meta{})
	if err != nil {
		t.Fatal(err)
	}
	var file bytes.Buffer
	if _, err := w.WriteTo(&file); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"embeddings.types", "pooler"} {
		if bytes.Contains(file.Bytes(), []byte(`"name":"`+name)) {
			t.Errorf("section %q", name)
		}
	}
}

// fixHeader gives the bytes of a packed file, whose header was changed, its checksum.
func fixHeader(b []byte) []byte {
	n := binary.LittleEndian.Uint64(b[16:])
	binary.LittleEndian.PutUint32(b[12:], crc32.Checksum(b[64:64+n], crc32.MakeTable(crc32.Castagnoli)))
	return b
}

// Tensors of the head that are missing or of another shape are named.
func TestHeadTensorsMissing(t *testing.T) {
	for _, c := range []struct{ model, tensor, as string }{
		{"tiny-relation", "bert.pooler.dense.weight", "bert.pooler.dense.weighs"},
		{"tiny-relation", "classifier.bias", "classifier.bios"},
		{"tiny-qa", "qa_outputs.weight", "qa_outputs.weighs"},
		{"tiny-qa", "token_type_embeddings.weight", "token_type_embeddings.weighs"},
	} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(testdata+c.model)); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "model.safetensors")
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, bytes.Replace(b, []byte(c.tensor), []byte(c.as), 1), 0o600); err != nil {
			t.Fatal(err)
		}
		cp, err := OpenCheckpoint(dir)
		if err != nil {
			t.Fatal(err)
		}
		_, err = cp.Load(Dense, "")
		if err == nil || !strings.Contains(err.Error(), c.tensor) || !strings.Contains(err.Error(), cp.Config.Head.String()) {
			t.Errorf("%s: got %v", c.tensor, err)
		}
		cp.Close()
	}
}

func TestBatchCheckPairs(t *testing.T) {
	m := &Model{Config: Config{MaxPosition: 8, Vocab: 10, TypeVocab: 1}}
	var b Batch
	b.Add([]int32{1, 2})
	if err := m.Check(&b); err != nil {
		t.Error(err)
	}
	b.AddPair(1, []int32{1, 2})
	if err := m.Check(&b); err == nil || !strings.Contains(err.Error(), "type_vocab_size is 1") {
		t.Errorf("got %v", err)
	}
	b.Reset()
	b.Add()
	if err := m.Check(&b); err == nil {
		t.Error("a sequence of nothing: no error")
	}
}

func TestTanh(t *testing.T) {
	var x []float32
	for v := -20.0; v <= 20; v += 1.0 / 128 {
		x = append(x, float32(v))
	}
	got := slices.Clone(x)
	tanh(got, kernels.NewMatF32(len(x), 2))
	for i, v := range x {
		if d := math.Abs(float64(got[i]) - math.Tanh(float64(v))); d > 2e-7 {
			t.Fatalf("tanh(%v) = %v, off by %v", v, got[i], d)
		}
	}
}
