package bert

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/packed"
	"github.com/sparsebio/sparsebio/kernels"
)

// The engine that suits a checkpoint depends on its weights, and not on whether its packed form is
// in the cache already or who asked for that.
func TestLoadChoosesTheEngineByTheWeights(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for _, c := range []struct {
		dir  string
		want Engine
	}{{"tiny", Dense}, {"tiny-pruned90", Sparse}} {
		for _, e := range []Engine{"", Sparse, ""} { // with an empty cache, to fill it, and with a full one
			want := c.want
			if e != "" {
				want = e
			}
			if m := loadModel(t, testdata+c.dir, e); m.Engine != want {
				t.Errorf("%s, asked for %q: got the %s engine, want %s", c.dir, e, m.Engine, want)
			}
		}
	}
}

// Quantized weights without a proper scale must be refused, not run.
func TestLoadRefusesScales(t *testing.T) {
	c := Config{Hidden: 48, Heads: 4, Layers: 1, Intermediate: 64}
	for _, scale := range []float32{1, 0, -1, float32(math.Inf(1)), float32(math.NaN())} {
		m := &Model{Config: c, Engine: Sparse, layers: make([]layer, 1)}
		w := &packed.Writer{}
		for j, l := range m.layers[0].linears() {
			n, k := m.shape(j)
			scales := make([]float32, n)
			for i := range scales {
				scales[i] = 1
			}
			s, err := kernels.PackS8Sparse(make([]int8, n*k), scales, n, k)
			if err != nil {
				t.Fatal(err)
			}
			b, err := s.MarshalBinary()
			if err != nil {
				t.Fatal(err)
			}
			if j == 2 { // the scales come first after a header of 64 bytes
				binary.LittleEndian.PutUint32(b[64+4*5:], math.Float32bits(scale))
			}
			w.Add("layer.0."+l.name, packed.Bytes, b, len(b))
			w.AddFloat32s("layer.0."+l.name+".bias", make([]float32, n), n)
		}
		var file bytes.Buffer
		if _, err := w.WriteTo(&file); err != nil {
			t.Fatal(err)
		}
		f, err := packed.Open(file.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		err = loadSparse(m, f, "")
		if ok := scale == 1; (err == nil) != ok || !ok && !(errors.Is(err, packed.ErrFormat) && strings.Contains(err.Error(), "layer.0.intermediate")) {
			t.Errorf("scale %v: %v", scale, err)
		}
	}
}
