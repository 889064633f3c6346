package bert

import (
	"bytes"
	"slices"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/packed"
)

// exported writes a checkpoint and its table as a packed file and opens that.
func exported(t testing.TB, c *Checkpoint, e Engine) (file []byte, m *Model) {
	t.Helper()
	w, err := c.Export(e, packed.Meta{Name: c.Dir})
	if err == nil {
		err = c.ExportTable(w)
	}
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if _, err := w.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	f, err := packed.Open(b.Bytes())
	if err == nil {
		m, err = OpenPacked(f, f, "", "")
	}
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), m
}

// The embeddings of positions are in a packed file what they are in the checkpoint, to the bit, of which one has 32 bits a number
// and the other 16.
func TestPackedPositions(t *testing.T) {
	for dir, half := range map[string]bool{"tiny": false, "tiny-pruned90": true} {
		c, err := OpenCheckpoint(testdata + dir)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		file, got := exported(t, c, Dense)
		if bytes.Contains(file, []byte(`"embeddings.position.half"`)) != half {
			t.Errorf("%s: half precision %v, want %v", dir, !half, half)
		}
		if want := loadModel(t, testdata+dir, Dense); !slices.Equal(got.position, want.position) || got.second != nil {
			t.Errorf("%s: the positions differ", dir)
		}
	}
}
