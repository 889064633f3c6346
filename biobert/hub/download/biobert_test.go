package download_test

import (
	"archive/zip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sparsebio/sparsebio/biobert"
	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

// A shape is the size of an encoder.
type shape struct{ layers, hidden, heads, vocab int }

// A tensor of a checkpoint.
type tensor struct {
	name string
	dims []int
}

// biobertTensors are those of a token classifier as it is fine-tuned from BioBERT: with the names of checkpoints
// converted from TensorFlow, and what is left of pre-training.
func biobertTensors(s shape, labels int) []tensor {
	h, up := s.hidden, 4*s.hidden
	ts := []tensor{
		{"bert.embeddings.word_embeddings.weight", []int{s.vocab, h}},
		{"bert.embeddings.position_embeddings.weight", []int{512, h}},
		{"bert.embeddings.token_type_embeddings.weight", []int{2, h}},
		{"bert.embeddings.LayerNorm.gamma", []int{h}},
		{"bert.embeddings.LayerNorm.beta", []int{h}},
	}
	linear := func(name string, n, k int) {
		ts = append(ts, tensor{name + ".weight", []int{n, k}}, tensor{name + ".bias", []int{n}})
	}
	for i := range s.layers {
		at := fmt.Sprintf("bert.encoder.layer.%d.", i)
		for _, x := range []string{"query", "key", "value"} {
			linear(at+"attention.self."+x, h, h)
		}
		linear(at+"attention.output.dense", h, h)
		ts = append(ts, tensor{at + "attention.output.LayerNorm.gamma", []int{h}}, tensor{at + "attention.output.LayerNorm.beta", []int{h}})
		linear(at+"intermediate.dense", up, h)
		linear(at+"output.dense", h, up)
		ts = append(ts, tensor{at + "output.LayerNorm.gamma", []int{h}}, tensor{at + "output.LayerNorm.beta", []int{h}})
	}
	linear("bert.pooler.dense", h, h)
	linear("cls.seq_relationship", 2, h)
	linear("classifier", labels, h)
	return ts
}

// pickleOf is the state dict of tensors as torch.save pickles it, in protocol 2.
func pickleOf(ts []tensor) []byte {
	var b []byte
	text := func(s string) { b = append(binary.LittleEndian.AppendUint32(append(b, 'X'), uint32(len(s))), s...) }
	number := func(n int) { b = binary.LittleEndian.AppendUint32(append(b, 'J'), uint32(n)) }
	global := func(s string) { b = append(append(b, 'c'), s...) }
	tuple := func(ns []int) {
		b = append(b, '(')
		for _, n := range ns {
			number(n)
		}
		b = append(b, 't')
	}
	dict := func() { global("collections\nOrderedDict\n"); b = append(b, ")R"...) }
	b = append(b, 0x80, 2)
	dict()
	b = append(b, '(')
	for i, t := range ts {
		n := 1
		strides := make([]int, len(t.dims))
		for j := len(t.dims) - 1; j >= 0; j-- {
			strides[j] = n
			n *= t.dims[j]
		}
		text(t.name)
		global("torch._utils\n_rebuild_tensor_v2\n")
		b = append(b, "(("...)
		text("storage")
		global("torch\nFloatStorage\n")
		text(fmt.Sprint(i))
		text("cpu")
		number(n)
		b = append(b, "tQ"...)
		number(0)
		tuple(t.dims)
		tuple(strides)
		b = append(b, 0x89)
		dict()
		b = append(b, "tR"...)
	}
	return append(b, "u."...)
}

// writeBin writes a pytorch_model.bin of random weights, as BERT is initialized but for the classifier, whose labels would
// hardly differ.
func writeBin(file string, ts []tensor) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	z := zip.NewWriter(f)
	member := func(name string, b []byte) {
		w, e := z.CreateHeader(&zip.FileHeader{Name: "pytorch_model/" + name, Method: zip.Store})
		if e == nil {
			_, e = w.Write(b)
		}
		err = errors.Join(err, e)
	}
	member("data.pkl", pickleOf(ts))
	r := rand.New(rand.NewPCG(1, 2))
	for i, t := range ts {
		n := 1
		for _, d := range t.dims {
			n *= d
		}
		scale := 0.02
		if strings.HasPrefix(t.name, "classifier") {
			scale = 1
		}
		b := make([]byte, 0, 4*n)
		for range n {
			v := float32(r.NormFloat64() * scale)
			if strings.HasSuffix(t.name, "gamma") {
				v++
			}
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
		}
		member(fmt.Sprintf("data/%d", i), b)
	}
	member("version", []byte("3\n"))
	return errors.Join(err, z.Close(), f.Close())
}

var biobertLabels = []string{"O", "B-GENE", "I-GENE"}

// writeBioBERT writes a checkpoint with the files that BioBERT's have on the hub.
func writeBioBERT(t *testing.T, dir string, s shape) {
	t.Helper()
	labels := map[string]string{}
	for i, l := range biobertLabels {
		labels[fmt.Sprint(i)] = l
	}
	config, err := json.Marshal(map[string]any{
		"architectures": []string{"BertForTokenClassification"}, "model_type": "bert", "attention_probs_dropout_prob": 0.1, "hidden_act": "gelu",
		"hidden_dropout_prob": 0.1, "hidden_size": s.hidden, "id2label": labels, "initializer_range": 0.02, "intermediate_size": 4 * s.hidden,
		"layer_norm_eps": 1e-12, "max_position_embeddings": 512, "num_attention_heads": s.heads, "num_hidden_layers": s.layers,
		"pad_token_id": 0, "type_vocab_size": 2, "vocab_size": s.vocab,
	})
	if err != nil {
		t.Fatal(err)
	}
	pieces := []string{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "protein", "##ates", "activ", "NF", "IL"}
	for c := rune('!'); c < 0x3d0; c++ { // Latin and Greek
		pieces = append(pieces, string(c), "##"+string(c))
	}
	for i := len(pieces); i < s.vocab; i++ {
		pieces = append(pieces, fmt.Sprintf("[unused%d]", i))
	}
	err = errors.Join(
		os.WriteFile(filepath.Join(dir, "config.json"), config, 0o644),
		os.WriteFile(filepath.Join(dir, "vocab.txt"), []byte(strings.Join(pieces[:s.vocab], "\n")+"\n"), 0o644),
		os.WriteFile(filepath.Join(dir, "tokenizer_config.json"), []byte(`{"do_lower_case": false, "model_max_length": 512}`), 0o644),
		writeBin(filepath.Join(dir, "pytorch_model.bin"), biobertTensors(s, len(biobertLabels))))
	if err != nil {
		t.Fatal(err)
	}
}

// testBioBERT has the hub serve such a checkpoint, opens it by its id, and reads a text.
func testBioBERT(t *testing.T, s shape) {
	dir := t.TempDir()
	writeBioBERT(t, dir, s)
	const id = "dmis-lab/biobert-base-cased-v1.1"
	h := hubtest.New(t)
	repo := h.AddDir("model", id, dir)
	repo.Commit("main", map[string]string{"flax_model.msgpack": "not wanted", "special_tokens_map.json": "{}"})
	h.Setenv()

	start := time.Now()
	p, err := biobert.NewTokenClassification(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	opened := time.Since(start)
	if i := p.Info(); i.Source != id+"@"+repo.Head("main") || i.Engine != "dense fp32" || i.Layers != s.layers || i.Hidden != s.hidden || i.MaxTokens != 512 {
		t.Errorf("%+v", i)
	}
	if n := p.Notes(); len(n) > 0 {
		t.Errorf("notes %q", n)
	}
	for _, g := range h.Gets() {
		if b := path.Base(g); !slices.Contains([]string{"config.json", "pytorch_model.bin", "tokenizer_config.json", "vocab.txt"}, b) {
			t.Errorf("fetched %s", g)
		}
	}
	const text = "IL-2 activates NF-κB protein."
	start = time.Now()
	got, err := p.AnnotateText(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d x %d: fetched and opened in %v, read in %v, %s", s.layers, s.hidden, opened.Round(time.Millisecond), time.Since(start).Round(time.Millisecond), peakRSS())
	for _, e := range got.Entities {
		if text[e.Start:e.End] != e.Text || e.Score <= 0 || e.Score > 1 {
			t.Errorf("bad entity %+v", e)
		}
	}
	// Cased: pieces with capitals are found as they are.
	pieces, err := p.Tokens(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	local, err := biobert.NewTokenClassification(t.Context(), dir, biobert.WithIgnoreLabels())
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	all, err := local.Tokens(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	var words []string
	for _, w := range all {
		words = append(words, w.Word)
	}
	if got, want := strings.Join(words, " "), "IL - 2 activ ##ates NF - κ ##B protein ."; got != want {
		t.Errorf("pieces %s, want %s", got, want)
	}
	// The folder gives the same as the hub.
	i := 0
	for _, w := range all {
		if w.Entity != "O" {
			if i >= len(pieces) || pieces[i] != w {
				t.Fatalf("the hub's model has %+v, the folder's %+v", pieces, all)
			}
			i++
		}
	}
	if i != len(pieces) || i == 0 {
		t.Errorf("%d labels of %d pieces", i, len(pieces))
	}
}

// peakRSS returns the largest amount of memory that this process has had, where the system says it.
func peakRSS() string {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return runtime.GOOS
	}
	defer f.Close()
	b, _ := io.ReadAll(f)
	for l := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(l, "VmHWM:"); ok {
			return "peak RSS " + strings.TrimSpace(rest)
		}
	}
	return runtime.GOOS
}

// A checkpoint named and made as BioBERT's are opens by its name.
func TestBioBERT(t *testing.T) { testBioBERT(t, shape{2, 64, 4, 3000}) }

// The same with the size of the real one: 430 MB.
func TestBioBERTRealSize(t *testing.T) {
	const variable = "SPARSEBIO_REAL_SIZE"
	if os.Getenv(variable) == "" {
		t.Skipf("takes a minute, 430 MB on disk twice and 3 GB of memory (set %s=1)", variable)
	}
	testBioBERT(t, shape{12, 768, 12, 28996})
}
