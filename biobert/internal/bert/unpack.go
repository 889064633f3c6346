package bert

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"

	"github.com/sparsebio/sparsebio/biobert/internal/packed"
	"github.com/sparsebio/sparsebio/kernels"
)

// An unpacked tensor is made when it is written.
type unpacked struct {
	name   string
	shape  []int
	values func() ([]float32, error)
}

func (t unpacked) len() int64 {
	n := int64(1)
	for _, d := range t.shape {
		n *= int64(d)
	}
	return n
}

// Unpack writes the weights of a packed model with the engine Dense as a safetensors file at path, in fp32 and under the names that
// transformers gives them: the inverse of Export, but for what was rounded there. table holds the word embedding.
func Unpack(f, table *packed.File, path string) error {
	c, err := ParseConfig(f.Config)
	if err != nil {
		return err
	}
	if Engine(f.Engine) != Dense {
		return fmt.Errorf("its weights are packed for the %s engine (only dense ones can be unpacked)", f.Engine)
	}
	w, err := os.Create(path)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(w, 1<<20)
	err = writeTensors(buffered, c.unpacked(f, table))
	if err == nil {
		err = buffered.Flush()
	}
	return errors.Join(err, w.Close())
}

// unpacked lists the tensors of a packed model.
func (c *Config) unpacked(f, table *packed.File) []unpacked {
	h := c.Hidden
	var ts []unpacked
	add := func(name string, values func() ([]float32, error), shape ...int) {
		ts = append(ts, unpacked{name, shape, values})
	}
	section := func(name string, shape ...int) func() ([]float32, error) {
		return func() ([]float32, error) {
			if f.Shape(name+".half") != nil {
				return halves(f, name+".half", shape...)
			}
			return f.Float32s(name, shape...)
		}
	}
	norm := func(name, from string) {
		add(name+".weight", section(from+".weight", h), h)
		add(name+".bias", section(from+".bias", h), h)
	}
	add("bert.embeddings.word_embeddings.weight", func() ([]float32, error) { return c.words(table) }, c.Vocab, h)
	add("bert.embeddings.position_embeddings.weight", section("embeddings.position", c.MaxPosition, h), c.MaxPosition, h)
	types := section("embeddings.types", c.TypeVocab, h)
	if f.Shape("embeddings.types") == nil { // the first one has been added to the positions
		types = func() ([]float32, error) { return make([]float32, c.TypeVocab*h), nil }
	}
	add("bert.embeddings.token_type_embeddings.weight", types, c.TypeVocab, h)
	norm("bert.embeddings.LayerNorm", "embeddings.norm")
	for i := range c.Layers {
		from, to := fmt.Sprintf("layer.%d.", i), fmt.Sprintf("bert.encoder.layer.%d.", i)
		for j, l := range (&layer{}).linears() {
			n, k := c.shape(j)
			parts := [][]string{{"attention.self.query", "attention.self.key", "attention.self.value"}, {"attention.output.dense"}, {"intermediate.dense"}, {"output.dense"}}[j]
			rows := n / len(parts)
			for p, name := range parts {
				add(to+name+".weight", func() ([]float32, error) {
					v, err := halves(f, from+l.name, n, k)
					if err != nil {
						return nil, err
					}
					return v[p*rows*k : (p+1)*rows*k], nil
				}, rows, k)
				add(to+name+".bias", func() ([]float32, error) {
					v, err := f.Float32s(from+l.name+".bias", n)
					if err != nil {
						return nil, err
					}
					return v[p*rows : (p+1)*rows], nil
				}, rows)
			}
		}
		norm(to+"attention.output.LayerNorm", from+"attention.norm")
		norm(to+"output.LayerNorm", from+"output.norm")
	}
	if c.Head == SequenceClassification {
		add("bert.pooler.dense.weight", func() ([]float32, error) { return halves(f, "pooler", h, h) }, h, h)
		add("bert.pooler.dense.bias", section("pooler.bias", h), h)
	}
	head := c.Head.tensor()
	add(head+".weight", section(head+".weight", len(c.Labels), h), len(c.Labels), h)
	add(head+".bias", section(head+".bias", len(c.Labels)), len(c.Labels))
	return ts
}

// words returns the word embedding of a table.
func (c *Config) words(table *packed.File) ([]float32, error) {
	q, err := table.Section("embeddings.word", packed.S8, c.Vocab, c.Hidden)
	if err != nil {
		return nil, err
	}
	scale, err := table.Float32s("embeddings.word.scale", c.Vocab)
	if err != nil {
		return nil, err
	}
	v := make([]float32, len(q))
	for i, s := range scale {
		kernels.DequantizeS8(v[i*c.Hidden:(i+1)*c.Hidden], q[i*c.Hidden:(i+1)*c.Hidden], s)
	}
	return v, nil
}

// writeTensors writes a safetensors file; see github.com/huggingface/safetensors for the format.
func writeTensors(w io.Writer, ts []unpacked) error {
	type entry struct {
		DType   string   `json:"dtype"`
		Shape   []int    `json:"shape"`
		Offsets [2]int64 `json:"data_offsets"`
	}
	header := map[string]any{"__metadata__": map[string]string{"format": "pt"}}
	end := int64(0)
	for _, t := range ts {
		from := end
		end += 4 * t.len()
		header[t.name] = entry{"F32", t.shape, [2]int64{from, end}}
	}
	h, err := json.Marshal(header)
	if err != nil {
		return err
	}
	for len(h)%8 != 0 { // so that the data is aligned
		h = append(h, ' ')
	}
	if err := binary.Write(w, binary.LittleEndian, uint64(len(h))); err != nil {
		return err
	}
	if _, err := w.Write(h); err != nil {
		return err
	}
	var b []byte
	for _, t := range ts {
		v, err := t.values()
		if err != nil {
			return err
		}
		b = b[:0]
		for _, x := range v {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(x))
		}
		if int64(len(b)) != 4*t.len() {
			return fmt.Errorf("tensor %q has %d values, want %d", t.name, len(v), t.len())
		}
		if _, err := w.Write(b); err != nil {
			return err
		}
	}
	return nil
}
