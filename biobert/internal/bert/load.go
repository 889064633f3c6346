package bert

import (
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/sparsebio/sparsebio/biobert/internal/onnx"
	"github.com/sparsebio/sparsebio/biobert/internal/packed"
	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
	"github.com/sparsebio/sparsebio/kernels"
)

// sparseFrom is the share of zeros from which the sparse kernels are the faster ones:
// KERNELS_ISA and shape move it between 0.4 and 0.6.
const sparseFrom = 0.5

// A Checkpoint is an open checkpoint folder in HuggingFace's format.
type Checkpoint struct {
	Dir     string
	Config  *Config
	path    string // of the weights, or of the index of their files
	file    source
	graph   *onnx.Model  // if the weights are those of one, else nil
	encoder *packed.File // in sparse form, from the cache, or nil
	prefix  string       // of the encoder's tensors: "bert." or none
}

// OpenCheckpoint opens the folder at path, which must hold config.json and the weights in one of the formats, or a
// file in the ONNX format with config.json beside it, or above it if it is in a folder called onnx. It checks that every tensor is there in its right shape.
func OpenCheckpoint(path string) (*Checkpoint, error) {
	dir, weights := path, ""
	if st, err := os.Stat(path); err == nil && !st.IsDir() && IsONNX(path) {
		dir, weights = filepath.Dir(path), path
		if above := filepath.Dir(dir); filepath.Base(dir) == onnxFolder && !exists(filepath.Join(dir, "config.json")) && exists(filepath.Join(above, "config.json")) {
			dir = above
		}
	}
	raw, err := os.ReadFile(filepath.Join(dir, "config.json"))
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("%w (%s)", err, folderHint)
		}
		return nil, err
	}
	c := &Checkpoint{Dir: dir}
	if c.Config, err = ParseConfig(raw); err != nil {
		return nil, err
	}
	if c.file, c.path, err = openSource(dir, weights); err != nil {
		return nil, err
	}
	c.graph, _ = c.file.(*onnx.Model)
	if c.Config.distil() && c.graph == nil {
		c.file = newDistil(c.file, c.Config)
	}
	if slices.Contains(c.file.Names(), "bert.embeddings.word_embeddings.weight") {
		c.prefix = "bert."
	}
	if err = c.checkGraph(); err == nil {
		err = c.checkShapes()
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// checkGraph compares what a graph computes with what the configuration says.
func (c *Checkpoint) checkGraph() error {
	if c.graph == nil {
		return nil
	}
	g, m := c.graph, c.Config
	if m.distil() || m.Head == Encoder {
		return fmt.Errorf("%s: %w: an ONNX file of %s (supported: those of BERT with a head; open model.safetensors or pytorch_model.bin)", c.path, ErrArchitecture, m.what())
	}
	tanh := m.Act != "gelu"
	for _, x := range []struct {
		what      string
		have, say any
	}{
		{"layers", len(g.Layers), m.Layers},
		{"dimensions of a head", g.HeadSize, m.Hidden / m.Heads},
		{"eps of layer normalization", g.Eps, float32(m.LayerNormEps)},
		{"approximation of GELU by tanh", g.Tanh, tanh},
		{"a pooler", g.Pooler != nil, m.Head == SequenceClassification},
	} {
		if x.have != x.say {
			return fmt.Errorf("%s: %s: the graph has %v, config.json says %v (do both files belong to the same model?)", c.path, x.what, x.have, x.say)
		}
	}
	return nil
}

// Files returns the paths of the files of weights.
func (c *Checkpoint) Files() []string { return c.file.Files() }

// Names returns the names of all tensors, those of heads that were left from pre-training included.
func (c *Checkpoint) Names() []string { return c.file.Names() }

// Info returns a tensor by its name without its data, or with it.
func (c *Checkpoint) Info(name string) (safetensors.Tensor, error) { return c.file.Info(name) }

// Tensor returns a tensor by its name, which is that of BERT. It is valid until c is closed.
func (c *Checkpoint) Tensor(name string) (safetensors.Tensor, error) { return c.file.Tensor(name) }

// Prefix is what the names of the encoder's tensors begin with: "bert." or nothing.
func (c *Checkpoint) Prefix() string { return c.prefix }

// Quantized says whether the weights are a graph's with quantized activations.
func (c *Checkpoint) Quantized() bool { return c.graph != nil && c.graph.Quantized() }

const folderHint = "a checkpoint folder holds config.json, model.safetensors, pytorch_model.bin, model.onnx or onnx/model.onnx, and vocab.txt or tokenizer.json"

// Close releases the checkpoint. Models made from it must not be used any more: they read
// the weights in place.
func (c *Checkpoint) Close() error {
	err := c.file.Close()
	if c.encoder != nil {
		err = errors.Join(err, c.encoder.Close())
	}
	return err
}

// info returns a tensor of the given shape, perhaps without its data.
func (c *Checkpoint) info(name string, shape ...int) (safetensors.Tensor, error) {
	t, err := c.file.Info(name)
	if err != nil {
		return t, fmt.Errorf("%w (config.json says %s: do both files belong to the same model?)", err, c.Config.Head)
	}
	if !slices.Equal(t.Shape, shape) {
		return t, fmt.Errorf("%s: tensor %q has the shape %v, config.json wants %v (do both files belong to the same model?)", c.path, name, t.Shape, shape)
	}
	switch t.DType {
	case safetensors.F32, safetensors.F16, safetensors.BF16:
		return t, nil
	}
	return t, fmt.Errorf("%s: tensor %q has the type %s (supported: F32, F16, BF16)", c.path, name, t.DType)
}

// tensor returns a tensor of the given shape.
func (c *Checkpoint) tensor(name string, shape ...int) (safetensors.Tensor, error) {
	t, err := c.info(name, shape...)
	if err != nil {
		return t, err
	}
	return c.file.Tensor(name)
}

// floats returns the values of a tensor of the given shape, all of which are numbers.
func (c *Checkpoint) floats(name string, shape ...int) ([]float32, error) {
	t, err := c.tensor(name, shape...)
	if err != nil {
		return nil, err
	}
	v, err := t.Float32s(nil)
	if err != nil {
		return nil, err
	}
	if err := safetensors.CheckFinite(name, v); err != nil {
		return nil, fmt.Errorf("%s: %w", c.path, err)
	}
	return v, nil
}

// A part is one linear of the checkpoint: several are stacked for query, key and value.
type part struct {
	name string
	n, k int
}

// linearParts returns the tensors (without ".weight" and ".bias") that make up the
// linears of layer i, in the order of (*layer).linears.
func (c *Checkpoint) linearParts(i int) [4][]part {
	h, f := c.Config.Hidden, c.Config.Intermediate
	p := fmt.Sprintf("%sencoder.layer.%d.", c.prefix, i)
	return [4][]part{
		{{p + "attention.self.query", h, h}, {p + "attention.self.key", h, h}, {p + "attention.self.value", h, h}},
		{{p + "attention.output.dense", h, h}},
		{{p + "intermediate.dense", f, h}},
		{{p + "output.dense", h, f}},
	}
}

func (c *Checkpoint) checkShapes() error {
	for i := range c.Config.Layers {
		for _, parts := range c.linearParts(i) {
			for _, p := range parts {
				if _, err := c.info(p.name+".weight", p.n, p.k); err != nil {
					return err
				}
				if _, err := c.info(p.name+".bias", p.n); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// weights returns the stacked weights [n, k] and biases [n] of linear j of layer i.
func (c *Checkpoint) weights(i, j int) (w, bias []float32, n, k int, err error) {
	for _, p := range c.linearParts(i)[j] {
		f, err := c.floats(p.name+".weight", p.n, p.k)
		if err != nil {
			return nil, nil, 0, 0, err
		}
		b, err := c.floats(p.name+".bias", p.n)
		if err != nil {
			return nil, nil, 0, 0, err
		}
		if w == nil {
			w, bias = f, b
		} else {
			w, bias = append(w, f...), append(bias, b...)
		}
		n, k = n+p.n, p.k
	}
	return w, bias, n, k, nil
}

// sparsity returns the share of zeros among the weights of the encoder's linears. Counting reads all
// of them, so what was counted when the cache was made is taken from there.
func (c *Checkpoint) sparsity() (float64, error) {
	if path, err := c.cachePath(); err == nil {
		if f, err := packed.OpenFile(path); err == nil {
			defer f.Close()
			return f.Sparsity, nil
		}
	}
	zeros, all := 0, 0
	for i := range c.Config.Layers {
		for j := range 4 {
			w, _, _, _, err := c.weights(i, j)
			if err != nil {
				return 0, err
			}
			zeros, all = zeros+countZeros(w), all+len(w)
		}
	}
	return float64(zeros) / float64(all), nil
}

func countZeros(w []float32) int {
	n := 0
	for _, v := range w {
		if v == 0 {
			n++
		}
	}
	return n
}

// Load makes a model of the checkpoint. An empty engine means the one that suits it:
// Static if it is a graph with quantized activations, else Sparse from half of the weights being zero, else Dense. form is that of INT8 weights, as
// for kernels.NewLinearS8.
func (c *Checkpoint) Load(engine Engine, form string) (*Model, error) {
	if engine == "" && c.Quantized() {
		engine = Static
	}
	if engine == "" {
		s, err := c.sparsity()
		if err != nil {
			return nil, err
		}
		if engine = Dense; s >= sparseFrom {
			engine = Sparse
		}
	}
	m := &Model{Config: *c.Config, Engine: engine}
	if err := c.loadEnds(m); err != nil {
		return nil, err
	}
	var err error
	switch engine {
	case Sparse:
		err = c.loadPacked(m, form)
	case Static:
		err = c.loadStatic(m)
	default:
		err = m.fill(form, c.weights)
	}
	if err != nil {
		return nil, err
	}
	return m, m.check()
}

// fill makes the encoder's linears from fp32 weights in the form of an engine other than Sparse, layers
// side by side; next returns linear j of layer i.
func (m *Model) fill(form string, next func(i, j int) (weights, bias []float32, n, k int, err error)) error {
	errs := make([]error, len(m.layers))
	var wg sync.WaitGroup
	free := make(chan struct{}, runtime.GOMAXPROCS(0))
	for i := range m.layers {
		free <- struct{}{}
		wg.Go(func() {
			defer func() { <-free }()
			for j, l := range m.layers[i].linears() {
				w, bias, n, k, err := next(i, j)
				if err != nil {
					errs[i] = err
					return
				}
				if m.Engine == Dense {
					*l.linear = denseLinear(w, bias, n, k)
					continue
				}
				if j == 0 {
					order := m.qkvOrder()
					w, bias = permuteRows(w, order, k), permuteRows(bias, order, 1)
				}
				q, scale := kernels.QuantizeS8Rows(w, n, k)
				d, err := kernels.PackS8Dense(q, scale, n, k)
				if err == nil {
					var s8 *kernels.LinearS8
					if s8, err = kernels.NewLinearDenseS8(d, bias, form); err == nil {
						m.layers[i].setS8(j, s8, &m.Config)
					}
				}
				if err != nil {
					errs[i] = err
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// loadEnds reads everything but the encoder's linears.
func (c *Checkpoint) loadEnds(m *Model) error {
	h := m.Hidden
	var err error
	get := func(name string, shape ...int) []float32 {
		if err != nil {
			return nil
		}
		var v []float32
		v, err = c.floats(name, shape...)
		return v
	}
	getNorm := func(name string) norm {
		w, b := name+".weight", name+".bias"
		if _, e := c.file.Info(w); e != nil { // checkpoints converted from TensorFlow
			if _, e := c.file.Info(name + ".gamma"); e == nil {
				w, b = name+".gamma", name+".beta"
			}
		}
		return norm{get(w, h), get(b, h)}
	}
	e := c.prefix + "embeddings."
	m.position = get(e+"position_embeddings.weight", m.MaxPosition, h)
	types := get(e+"token_type_embeddings.weight", m.TypeVocab, h)
	m.embNorm = getNorm(e + "LayerNorm")
	m.layers = make([]layer, m.Layers)
	for i := range m.layers {
		p := fmt.Sprintf("%sencoder.layer.%d.", c.prefix, i)
		m.layers[i].attNorm = getNorm(p + "attention.output.LayerNorm")
		m.layers[i].outNorm = getNorm(p + "output.LayerNorm")
	}
	var cw, cb, pw, pb []float32
	if name := m.Head.tensor(); m.Head != Encoder {
		cw, cb = get(name+".weight", len(m.Labels), h), get(name+".bias", len(m.Labels))
	}
	if m.Head == SequenceClassification {
		pw, pb = get(c.prefix+"pooler.dense.weight", h, h), get(c.prefix+"pooler.dense.bias", h)
	}
	if err != nil {
		return err
	}
	if cw != nil {
		m.classifier = denseLinear(cw, cb, len(m.Labels), h)
	}
	if pw != nil {
		m.pooler = denseLinear(pw, pb, h, h)
	}
	m.second = secondType(types, h)
	if m.Engine == Static {
		m.types = types
	} else {
		addTypes(m.position, types, h)
	}
	name := e + "word_embeddings.weight"
	t, err := c.tensor(name, m.Vocab, h)
	if err != nil {
		return err
	}
	if i := notFiniteAt(t); i >= 0 {
		row := make([]float32, h)
		wordsRaw{t}.row(int32(i/h), row)
		return fmt.Errorf("%s: %w", c.path, safetensors.NotFinite(name, i, row[i%h]))
	}
	m.word = wordsRaw{t}
	return nil
}

// notFiniteAt returns the index of an element of t, whose type is F32, F16 or BF16, that is infinite
// or not a number, or -1. It converts nothing: such numbers have all bits of the exponent set.
func notFiniteAt(t safetensors.Tensor) int {
	if t.DType == safetensors.F32 {
		const exponent = 0x7f800000
		for i := range t.Len() {
			if binary.LittleEndian.Uint32(t.Data[4*i:])&exponent == exponent {
				return i
			}
		}
		return -1
	}
	exponent := uint16(0x7c00)
	if t.DType == safetensors.BF16 {
		exponent = 0x7f80
	}
	for i := range t.Len() {
		if binary.LittleEndian.Uint16(t.Data[2*i:])&exponent == exponent {
			return i
		}
	}
	return -1
}

// addTypes adds the embedding of token type 0, which is that of every token of a
// single text, to each position.
func addTypes(position, types []float32, hidden int) {
	for i := range position {
		position[i] += types[i%hidden]
	}
}

// secondType returns what is to be added to the embedding of a token of the second text of a pair, whose type is 1,
// or nil if the model has one type only.
func secondType(types []float32, hidden int) []float32 {
	if len(types) < 2*hidden {
		return nil
	}
	d := make([]float32, hidden)
	for i := range d {
		d[i] = types[hidden+i] - types[i]
	}
	return d
}

// OpenPacked makes a model of a packed file; table holds the word embedding and is the
// same file unless the model shares it. The files must stay open as long as the model.
// An empty engine is that of the file; a file of the sparse one serves DenseS8 too. form is
// that of INT8 weights, as for kernels.NewLinearS8.
func OpenPacked(f, table *packed.File, engine Engine, form string) (*Model, error) {
	c, err := ParseConfig(f.Config)
	if err != nil {
		return nil, err
	}
	m := &Model{Config: *c, Engine: cmp.Or(engine, Engine(f.Engine))}
	h := m.Hidden
	get := func(name string, shape ...int) []float32 {
		if err != nil {
			return nil
		}
		var v []float32
		v, err = f.Float32s(name, shape...)
		return v
	}
	getNorm := func(name string) norm { return norm{get(name+".weight", h), get(name+".bias", h)} }
	half := f.Shape("embeddings.position.half") != nil
	if half {
		if m.position, err = halves(f, "embeddings.position.half", m.MaxPosition, h); err != nil {
			return nil, err
		}
	} else {
		m.position = get("embeddings.position", m.MaxPosition, h)
	}
	m.embNorm = getNorm("embeddings.norm")
	m.layers = make([]layer, m.Layers)
	for i := range m.layers {
		m.layers[i].attNorm = getNorm(fmt.Sprintf("layer.%d.attention.norm", i))
		m.layers[i].outNorm = getNorm(fmt.Sprintf("layer.%d.output.norm", i))
	}
	name := m.Head.tensor()
	cw, cb := get(name+".weight", len(m.Labels), h), get(name+".bias", len(m.Labels))
	var types, pb []float32
	if half || m.Head != TokenClassification {
		types = get("embeddings.types", m.TypeVocab, h)
	}
	if m.Head == SequenceClassification {
		pb = get("pooler.bias", h)
	}
	if err != nil {
		return nil, err
	}
	m.classifier = denseLinear(cw, cb, len(m.Labels), h)
	if half {
		addTypes(m.position, types, h)
	}
	if m.Head != TokenClassification {
		m.second = secondType(types, h)
	}
	if m.Head == SequenceClassification {
		if m.pooler, err = openHalf(f, "pooler", pb, h, h); err != nil {
			return nil, err
		}
	}
	words, err := table.Section("embeddings.word", packed.S8, m.Vocab, h)
	if err != nil {
		return nil, err
	}
	scale, err := table.Float32s("embeddings.word.scale", m.Vocab)
	if err != nil {
		return nil, err
	}
	if err := positive(scale); err != nil {
		return nil, fmt.Errorf("%w: section %q: %w", packed.ErrFormat, "embeddings.word.scale", err)
	}
	m.word = wordsS8{words, scale, h}
	switch held := Engine(f.Engine); {
	case m.Engine == Static:
		err = notStatic("it")
	case held == Sparse && m.Engine != Dense:
		err = loadSparse(m, f, form)
	case held == Dense && m.Engine == Dense:
		err = loadDense16(m, f)
	case held == Sparse || held == Dense:
		err = fmt.Errorf("its weights are packed for the %s engine and cannot run on the %s one", held, m.Engine)
	default:
		err = fmt.Errorf("%w: engine %q", packed.ErrFormat, f.Engine)
	}
	if err != nil {
		return nil, err
	}
	return m, m.check()
}

// shape returns the size of linear j.
func (c *Config) shape(j int) (n, k int) {
	switch j {
	case 0:
		return 3 * c.Hidden, c.Hidden
	case 1:
		return c.Hidden, c.Hidden
	case 2:
		return c.Intermediate, c.Hidden
	}
	return c.Hidden, c.Intermediate
}

// loadSparse reads the encoder's linears from packed sparse sections.
func loadSparse(m *Model, f *packed.File, form string) error {
	if m.Engine == DenseS8 {
		form = cmp.Or(form, "dense")
	}
	section := func(i, j int) (name string, b []byte, err error) {
		name = fmt.Sprintf("layer.%d.%s", i, m.layers[i].linears()[j].name)
		b, err = f.Section(name, packed.Bytes, -1)
		return name, b, err
	}
	size := 0
	for i := range m.layers {
		for j := range 4 {
			_, b, err := section(i, j)
			if err != nil {
				return err
			}
			size += len(b)
		}
	}
	mem := largeMemory(size)
	for i := range m.layers {
		for j := range 4 {
			name, b, err := section(i, j)
			if err != nil {
				return err
			}
			s, err := kernels.OpenS8Sparse(mem.keep(b))
			if err != nil {
				return fmt.Errorf("%w: section %q: %w", packed.ErrFormat, name, err)
			}
			n, k := m.shape(j)
			if s.N() != n || s.K() != k {
				return fmt.Errorf("%w: section %q is %d x %d, want %d x %d", packed.ErrFormat, name, s.N(), s.K(), n, k)
			}
			if err := positive(s.Scale()); err != nil {
				return fmt.Errorf("%w: section %q: %w", packed.ErrFormat, name, err)
			}
			bias, err := f.Float32s(name+".bias", n)
			if err != nil {
				return err
			}
			s8, err := kernels.NewLinearS8(s, bias, form)
			if err != nil {
				return err
			}
			m.layers[i].setS8(j, s8, &m.Config)
		}
	}
	return nil
}

// positive returns an error unless all scales of quantized weights are positive numbers: what others would
// give is not what the model was trained to give.
func positive(scales []float32) error {
	for i, s := range scales {
		if !(s > 0 && s <= math.MaxFloat32) {
			return fmt.Errorf("scale %d is %v (want a positive number; make the file again)", i, s)
		}
	}
	return nil
}

// largeWeights is from how many bytes on the weights of an encoder are worth a copy: pages of 4 KiB
// that hold fewer do not outnumber the entries of a TLB.
const largeWeights = 8 << 20

// A large holds the weights of an encoder in large pages, if they are worth it.
type large struct{ mem []byte }

func largeMemory(size int) *large {
	if size < largeWeights {
		return &large{}
	}
	return &large{kernels.LargeBytes(size)}
}

// keep returns b or a copy of it.
func (l *large) keep(b []byte) []byte {
	if len(b) > len(l.mem) {
		return b
	}
	n := copy(l.mem, b)
	b, l.mem = l.mem[:n:n], l.mem[n:]
	return b
}

// loadDense16 reads the encoder's linears from half-precision sections, layers side by side.
func loadDense16(m *Model, f *packed.File) error {
	errs := make([]error, len(m.layers))
	var wg sync.WaitGroup
	for i := range m.layers {
		wg.Go(func() { errs[i] = loadDenseLayer(m, f, i) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func loadDenseLayer(m *Model, f *packed.File, i int) error {
	for j, l := range m.layers[i].linears() {
		name := fmt.Sprintf("layer.%d.%s", i, l.name)
		n, k := m.shape(j)
		bias, err := f.Float32s(name+".bias", n)
		if err != nil {
			return err
		}
		if *l.linear, err = openHalf(f, name, bias, n, k); err != nil {
			return err
		}
	}
	return nil
}

// halves reads a section of half-precision numbers.
func halves(f *packed.File, name string, shape ...int) ([]float32, error) {
	b, err := f.Section(name, packed.F16, shape...)
	if err != nil {
		return nil, err
	}
	half := make([]uint16, len(b)/2)
	for i := range half {
		half[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	v := make([]float32, len(half))
	kernels.Float16ToF32(v, half)
	return v, nil
}

// openHalf reads the half-precision weights [n, k] of a linear.
func openHalf(f *packed.File, name string, bias []float32, n, k int) (linear, error) {
	b, err := f.Section(name, packed.F16, n, k)
	if err != nil {
		return linear{}, err
	}
	half, zeros := make([]uint16, k), 0
	w := kernels.PackF32Func(n, k, func(r int, dst []float32) {
		for x := range half {
			half[x] = binary.LittleEndian.Uint16(b[2*(r*k+x):])
		}
		kernels.Float16ToF32(dst, half)
		zeros += countZeros(dst)
	})
	return linear{n: n, k: k, zeros: float64(zeros), dense: w, bias: bias}, nil
}
