package bert

import (
	"bytes"
	"slices"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/packed"
)

// The embeddings of positions are in a packed file what they are in the checkpoint, to the bit, of which one has 32 bits a number
// and the other 16.
func TestPackedPositions(t *testing.T) {
	for dir, half := range map[string]bool{"../../testdata/tiny": false, "../../testdata/tiny-pruned90": true} {
		c, err := OpenCheckpoint(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		want, err := c.Load(Dense, "")
		if err != nil {
			t.Fatal(err)
		}
		w, err := c.Export(Dense, packed.Meta{Name: "x"})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.ExportTable(w); err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if _, err := w.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		f, err := packed.Open(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if got := f.Shape("embeddings.position.half") != nil; got != half {
			t.Errorf("%s: half precision %v, want %v", dir, got, half)
		}
		got, err := OpenPacked(f, f, "", "")
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got.position, want.position) || got.second != nil {
			t.Errorf("%s: the positions differ", dir)
		}
	}
}
