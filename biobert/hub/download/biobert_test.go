package download_test

import (
	"io"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/sparsebio/sparsebio/biobert"
	"github.com/sparsebio/sparsebio/biobert/internal/berttest"
	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

// testBioBERT has the hub serve such a checkpoint, opens it by its id, and reads a text.
func testBioBERT(t *testing.T, s berttest.Shape, write func(io.Writer, []berttest.Tensor) error) {
	dir := t.TempDir()
	berttest.WriteBioBERT(t, dir, s, write)
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
	if i := p.Info(); i.Source != id+"@"+repo.Head("main") || i.Engine != "dense fp32" || i.Layers != s.Layers || i.Hidden != s.Hidden || i.MaxTokens != 512 {
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
	t.Logf("%d x %d: fetched and opened in %v, read in %v, %s", s.Layers, s.Hidden, opened.Round(time.Millisecond), time.Since(start).Round(time.Millisecond), peakRSS())
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

// A checkpoint named and made as BioBERT's are opens by its name, in either format of PyTorch.
func TestBioBERT(t *testing.T) {
	for name, write := range map[string]func(io.Writer, []berttest.Tensor) error{"legacy": berttest.WriteLegacy, "zip": berttest.WriteZip} {
		t.Run(name, func(t *testing.T) {
			testBioBERT(t, berttest.Shape{Layers: 2, Hidden: 64, Heads: 4, Vocab: 3000}, write)
		})
	}
}

// The same with the size of the real one: 430 MB.
func TestBioBERTRealSize(t *testing.T) {
	testBioBERT(t, berttest.RealSize(t, "a minute, 430 MB on disk twice and 3 GB of memory"), berttest.WriteLegacy)
}
