package main

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert"
)

const text = "the stat1 protein activates the il-2 promoter in b cells, and il-2 binds the il-2 receptor alpha chain of human t cells."

func entities(t *testing.T, model, text string) (found []string, scores []float64) {
	t.Helper()
	ner, err := biobert.NewTokenClassification(context.Background(), model)
	if err != nil {
		t.Fatal(err)
	}
	defer ner.Close()
	doc, err := ner.AnnotateText(context.Background(), text)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range doc.Entities {
		found, scores = append(found, e.Type+" "+strings.ToLower(e.Text)), append(scores, float64(e.Score))
	}
	return found, scores
}

// Twice as large, the model finds what it found, in upper case too.
func TestEnlarge(t *testing.T) {
	if testing.Short() {
		t.Skip("writes and reads 430 MB")
	}
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	small, large := filepath.Join(t.TempDir(), "small"), t.TempDir()
	if err := biobert.Unpack(t.Context(), "jnlpba-dense", small); err != nil {
		t.Fatal(err)
	}
	vocab, err := os.ReadFile(filepath.Join(small, "vocab.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := cased(strings.Fields(string(vocab)), pieces); len(got) != pieces {
		t.Errorf("%d pieces, not %d as BioBERT has", len(got), pieces)
	}
	if err := enlarge(small, large, 1<<20); err != nil {
		t.Fatal(err)
	}
	in, err := biobert.Inspect(t.Context(), large)
	if err != nil {
		t.Fatal(err)
	}
	if in.Layers != 12 || in.Hidden != 768 {
		t.Errorf("%d layers x %d", in.Layers, in.Hidden)
	}
	want, before := entities(t, small, text)
	got, after := entities(t, large, text) // with all pieces, which cut words as the old ones did
	if len(want) < 5 || !slices.Equal(got, want) {
		t.Fatalf("found %q\nwant  %q", got, want)
	}
	for i := range want {
		if d := after[i] - before[i]; d < -0.03 || d > 0.03 {
			t.Errorf("%s: %.3f, not %.3f", want[i], after[i], before[i])
		}
	}
	if got, _ := entities(t, large, strings.ToUpper(text)); !slices.Equal(got, want) {
		t.Errorf("in upper case found %q\nwant  %q", got, want)
	}
}

func TestCased(t *testing.T) {
	old := []string{"[PAD]", "[unused0]", "[UNK]", "a", "#", "中", "the", "##b", "##ab", "Ab", "ab"}
	got, rows := cased(old, 100)
	want := strings.Fields("[PAD] [UNK] a A # ##b ##B the THE The ##ab ##AB Ab AB ab")
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	for i, p := range got {
		if !strings.EqualFold(old[rows[i]], p) {
			t.Errorf("%q has the row of %q", p, old[rows[i]])
		}
	}
	if got, _ := cased(old, 4); !slices.Equal(got, want[:4]) {
		t.Errorf("4 pieces: %q", got)
	}
}
