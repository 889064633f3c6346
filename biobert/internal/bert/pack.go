package bert

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/gofrs/flock"

	"github.com/sparsebio/sparsebio/biobert/internal/packed"
	"github.com/sparsebio/sparsebio/kernels"
)

// packVersion is part of every cache key. It changes when the same checkpoint would be packed differently.
const packVersion = 3

// A packedLayer holds the linears of a layer in packed sparse form.
type packedLayer struct {
	weights [4]*kernels.SparseS8
	bias    [4][]float32
}

// A weightsFunc returns linear j of layer i: weights [n, k] and biases [n].
type weightsFunc func(i, j int) (weights, bias []float32, n, k int, err error)

// packLayers quantizes and packs the encoder's linears. It works on all processors: BERT-base takes
// seconds on one. At the first error no further layer is begun.
func packLayers(c *Config, next weightsFunc) ([]packedLayer, error) {
	layers := c.Layers
	out, errs := make([]packedLayer, layers), make([]error, layers)
	var at atomic.Int64
	var wg sync.WaitGroup
	for range min(runtime.GOMAXPROCS(0), layers) {
		wg.Go(func() {
			for i := int(at.Add(1)) - 1; i < layers; i = int(at.Add(1)) - 1 {
				if errs[i] = out[i].pack(c, i, next); errs[i] != nil {
					at.Store(int64(layers))
				}
			}
		})
	}
	wg.Wait()
	return out, cmp.Or(errs...)
}

// sparseEncoder adds the encoder's linears in packed sparse form to a file.
func sparseEncoder(w *packed.Writer, c *Config, next weightsFunc) error {
	ls, err := packLayers(c, next)
	if err != nil {
		return err
	}
	names := (&layer{}).linears()
	for i := range ls {
		for j, l := range names {
			name := fmt.Sprintf("layer.%d.%s", i, l.name)
			b, err := ls[i].weights[j].MarshalBinary()
			if err != nil {
				return err
			}
			w.Add(name, packed.Bytes, b, len(b))
			w.AddFloat32s(name+".bias", ls[i].bias[j], len(ls[i].bias[j]))
			ls[i].weights[j] = nil // held once, not twice
		}
	}
	return nil
}

// packSparse gives m the encoder's linears in sparse form without a file.
func packSparse(m *Model, form string, next weightsFunc) error {
	ls, err := packLayers(&m.Config, next)
	if err != nil {
		return err
	}
	size := 0
	for i := range ls {
		for _, w := range ls[i].weights {
			size += w.Bytes()
		}
	}
	mem := largeMemory(size)
	for i := range ls {
		for j, w := range ls[i].weights {
			b, err := w.MarshalBinary()
			if err != nil {
				return err
			}
			if w, err = kernels.OpenS8Sparse(mem.keep(b)); err != nil {
				return err
			}
			s8, err := kernels.NewLinearS8(w, ls[i].bias[j], form)
			if err != nil {
				return err
			}
			m.layers[i].setS8(j, s8, &m.Config)
			ls[i].weights[j] = nil // of use in the form gather only
		}
	}
	return nil
}

// pack packs layer i.
func (o *packedLayer) pack(c *Config, i int, next weightsFunc) error {
	for j := range 2 {
		w, bias, n, k, err := next(i, j)
		if err != nil {
			return err
		}
		if j == 0 {
			order := c.qkvOrder()
			w, bias = permuteRows(w, order, k), permuteRows(bias, order, 1)
		}
		q, scale := kernels.QuantizeS8Rows(w, n, k)
		if o.weights[j], err = kernels.PackS8Sparse(q, scale, n, k); err != nil {
			return err
		}
		o.bias[j] = bias
	}

	// The packer wants rows with like numbers of nonzeros together, and the product must
	// put its outputs back in order, so it sorts within small blocks only. Between the two
	// feed-forward products the order is ours to choose: the rows of the first
	// and the columns of the second are sorted as a whole, in fours if the zeros of the second are.
	up, upBias, n, k, err := next(i, 2)
	if err != nil {
		return err
	}
	down, downBias, downN, downK, err := next(i, 3)
	if err != nil {
		return err
	}
	unit := 1
	if inFours(down) && n%4 == 0 {
		unit = 4
	}
	q, scale := kernels.QuantizeS8Rows(up, n, k)
	var order []int
	for _, u := range kernels.SparseOrderS8(q, n/unit, k*unit) {
		for r := range unit {
			order = append(order, u*unit+r)
		}
	}
	if o.weights[2], err = kernels.PackS8Sparse(permuteRows(q, order, k), permuteRows(scale, order, 1), n, k); err != nil {
		return err
	}
	q, scale = kernels.QuantizeS8Rows(permuteColumns(down, order), downN, downK)
	if o.weights[3], err = kernels.PackS8Sparse(q, scale, downN, downK); err != nil {
		return err
	}
	o.bias[2], o.bias[3] = permuteRows(upBias, order, 1), downBias
	return nil
}

// inFours tells whether the nonzeros of w come in groups of four.
func inFours(w []float32) bool {
	weights, groups := 0, 0
	for i := 0; i+4 <= len(w); i += 4 {
		if zeros := countZeros(w[i : i+4]); zeros < 4 {
			weights, groups = weights+4-zeros, groups+1
		}
	}
	return weights < len(w)/2 && weights > 2*groups
}

func permuteRows[T any](w []T, order []int, k int) []T {
	out := make([]T, 0, len(w))
	for _, r := range order {
		out = append(out, w[r*k:(r+1)*k]...)
	}
	return out
}

func permuteColumns(w []float32, order []int) []float32 {
	k := len(order)
	out := make([]float32, len(w))
	for i := 0; i < len(w); i += k {
		for j, c := range order {
			out[i+j] = w[i+c]
		}
	}
	return out
}

// loadPacked gives m the encoder in packed sparse form. That is made once for every checkpoint
// and kept in the user's cache folder; where there is none, or it cannot be
// written, it is made in memory. A cache file that is damaged is replaced.
func (c *Checkpoint) loadPacked(m *Model, form string) error {
	path, err := c.cachePath()
	if err != nil {
		return c.packInMemory(m, form)
	}
	if c.loadCached(m, path, form) == nil {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return c.packInMemory(m, form)
	}
	lock := flock.New(path + ".lock")
	if err := lock.Lock(); err != nil { // such as a file system without locks
		return c.packInMemory(m, form)
	}
	defer lock.Unlock()
	if c.loadCached(m, path, form) == nil { // another process made it while we waited
		return nil
	}
	w, err := c.sparseWriter()
	if err != nil {
		return err
	}
	if WriteFile(path, w) == nil && c.loadCached(m, path, form) == nil {
		return nil
	}
	return c.packInMemory(m, form)
}

// loadCached gives m the encoder in the packed file at path, which stays open until c is closed.
func (c *Checkpoint) loadCached(m *Model, path, form string) error {
	f, err := packed.OpenFile(path)
	if err != nil {
		return err
	}
	if err := loadSparse(m, f, form); err != nil {
		return errors.Join(err, f.Close())
	}
	c.encoder = f
	return nil
}

// cachePath names the cache file after everything that its contents depend on.
func (c *Checkpoint) cachePath() (string, error) {
	dir, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	key := fmt.Appendf(nil, "%d", packVersion)
	for _, path := range c.file.Files() {
		if path, err = filepath.Abs(path); err != nil {
			return "", err
		}
		st, err := os.Stat(path)
		if err != nil {
			return "", err
		}
		key = fmt.Appendf(key, "\x00%s\x00%d\x00%d", path, st.Size(), st.ModTime().UnixNano())
	}
	h := sha256.Sum256(key)
	return filepath.Join(dir, "sparsebio", "packed", hex.EncodeToString(h[:16])+".sbm"), nil
}

func (c *Checkpoint) sparseWriter() (*packed.Writer, error) {
	w := &packed.Writer{Meta: packed.Meta{Name: filepath.Base(c.Dir), Engine: string(Sparse), Source: "encoder of a checkpoint"}}
	var zeros, all atomic.Int64
	err := sparseEncoder(w, c.Config, func(i, j int) ([]float32, []float32, int, int, error) {
		f, bias, n, k, err := c.weights(i, j)
		zeros.Add(int64(countZeros(f)))
		all.Add(int64(len(f)))
		return f, bias, n, k, err
	})
	w.Meta.Sparsity = float64(zeros.Load()) / float64(all.Load())
	return w, err
}

func (c *Checkpoint) packInMemory(m *Model, form string) error {
	return packSparse(m, form, c.weights)
}

// Export writes the checkpoint as a packed model: the encoder in the form of engine, and
// everything else except the word embedding, which stays in a table of its own.
func (c *Checkpoint) Export(engine Engine, meta packed.Meta) (*packed.Writer, error) {
	m := &Model{Config: *c.Config, Engine: engine}
	if err := c.loadEnds(m); err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(filepath.Join(c.Dir, "config.json"))
	if err != nil {
		return nil, err
	}
	meta.Config, meta.Engine = raw, string(engine)
	w := &packed.Writer{Meta: meta}
	h := m.Hidden
	addNorm := func(name string, n norm) {
		w.AddFloat32s(name+".weight", n.gamma, h)
		w.AddFloat32s(name+".bias", n.beta, h)
	}
	half, err := c.exportPositions(w, m)
	if err != nil {
		return nil, err
	}
	addNorm("embeddings.norm", m.embNorm)
	for i := range m.layers {
		addNorm(fmt.Sprintf("layer.%d.attention.norm", i), m.layers[i].attNorm)
		addNorm(fmt.Sprintf("layer.%d.output.norm", i), m.layers[i].outNorm)
	}
	if err := c.exportHead(w, m, half); err != nil {
		return nil, err
	}
	if engine == Sparse {
		return w, sparseEncoder(w, c.Config, c.weights)
	}
	for i := range m.layers {
		for j, l := range m.layers[i].linears() {
			f, bias, n, k, err := c.weights(i, j)
			if err != nil {
				return nil, err
			}
			name := fmt.Sprintf("layer.%d.%s", i, l.name)
			addHalf(w, name, f, n, k)
			w.AddFloat32s(name+".bias", bias, n)
		}
	}
	return w, nil
}

// exportPositions writes the embeddings of positions: in half precision if the checkpoint's are, else with that of
// the first token type added.
func (c *Checkpoint) exportPositions(w *packed.Writer, m *Model) (half bool, err error) {
	v, err := c.floats(c.prefix+"embeddings.position_embeddings.weight", m.MaxPosition, m.Hidden)
	if err != nil {
		return false, err
	}
	rounded, back := make([]uint16, len(v)), make([]float32, len(v))
	kernels.F32ToFloat16(rounded, v)
	kernels.Float16ToF32(back, rounded)
	if slices.Equal(v, back) {
		addHalf(w, "embeddings.position.half", v, m.MaxPosition, m.Hidden)
		return true, nil
	}
	w.AddFloat32s("embeddings.position", m.position, m.MaxPosition, m.Hidden)
	return false, nil
}

// exportHead writes the head, and for those that read pairs of texts, or that have no other place for them, the embeddings of token types.
func (c *Checkpoint) exportHead(w *packed.Writer, m *Model, types bool) error {
	h, name := m.Hidden, m.Head.tensor()
	cw, err := c.floats(name+".weight", len(m.Labels), h)
	if err != nil {
		return err
	}
	w.AddFloat32s(name+".weight", cw, len(m.Labels), h)
	w.AddFloat32s(name+".bias", m.classifier.bias, len(m.Labels))
	if types || m.Head != TokenClassification {
		v, err := c.floats(c.prefix+"embeddings.token_type_embeddings.weight", m.TypeVocab, h)
		if err != nil {
			return err
		}
		w.AddFloat32s("embeddings.types", v, m.TypeVocab, h)
	}
	if m.Head == SequenceClassification {
		pw, err := c.floats(c.prefix+"pooler.dense.weight", h, h)
		if err != nil {
			return err
		}
		addHalf(w, "pooler", pw, h, h)
		w.AddFloat32s("pooler.bias", m.pooler.bias, h)
	}
	return nil
}

// addHalf writes weights [n, k] in half precision.
func addHalf(w *packed.Writer, name string, weights []float32, n, k int) {
	half, b := make([]uint16, len(weights)), make([]byte, 0, 2*len(weights))
	kernels.F32ToFloat16(half, weights)
	for _, v := range half {
		b = binary.LittleEndian.AppendUint16(b, v)
	}
	w.Add(name, packed.F16, b, n, k)
}

// ExportTable writes the word embedding, quantized to INT8 with a scale per row.
func (c *Checkpoint) ExportTable(w *packed.Writer) error {
	words, err := c.floats(c.prefix+"embeddings.word_embeddings.weight", c.Config.Vocab, c.Config.Hidden)
	if err != nil {
		return err
	}
	q, scale := kernels.QuantizeS8Rows(words, c.Config.Vocab, c.Config.Hidden)
	b := make([]byte, len(q))
	for i, v := range q {
		b[i] = byte(v)
	}
	w.Add("embeddings.word", packed.S8, b, c.Config.Vocab, c.Config.Hidden)
	w.AddFloat32s("embeddings.word.scale", scale, c.Config.Vocab)
	return nil
}

// WriteFile writes what w holds, such as a packed model or an open file, so that path holds either what it held before or all of it.
func WriteFile(path string, w io.WriterTo) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // which is gone if all went well
	_, err = w.WriteTo(f)
	if err == nil {
		err = errors.Join(f.Chmod(0o644), f.Sync())
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}
