package compress

import (
	"fmt"

	"github.com/sparsebio/sparsebio/kernels"
)

// matrixName returns the name of a matrix, without ".weight" or ".bias".
func (c *checkpoint) matrixName(layer, j int) string {
	return fmt.Sprintf("%sencoder.layer.%d.%s", c.prefix, layer, matrixNames[j])
}

// shape returns the outputs and inputs of a matrix.
func (c *checkpoint) shape(j int) (n, k int) {
	h, f := c.Config.Hidden, c.Config.Intermediate
	switch j {
	case up:
		return f, h
	case down:
		return h, f
	}
	return h, h
}

// layer reads layer i. OpenCheckpoint has checked the shapes.
func (c *checkpoint) layer(i int) (*layer, error) {
	l := &layer{}
	for j := range matrices {
		name := c.matrixName(i, j)
		n, k := c.shape(j)
		w, err := c.floats(name + ".weight")
		if err != nil {
			return nil, err
		}
		b, err := c.floats(name + ".bias")
		if err != nil {
			return nil, err
		}
		l.of[j] = matrix{kernels.MatF32{Data: w, Rows: n, Cols: k, Stride: k}, b}
	}
	prefix := fmt.Sprintf("%sencoder.layer.%d.", c.prefix, i)
	var err error
	if l.attNorm, err = c.norm(prefix + "attention.output.LayerNorm"); err == nil {
		l.outNorm, err = c.norm(prefix + "output.LayerNorm")
	}
	return l, err
}

func (c *checkpoint) norm(name string) (norm, error) {
	w, b := name+".weight", name+".bias"
	if _, err := c.Info(w); err != nil { // converted from TensorFlow?
		if _, err := c.Info(name + ".gamma"); err == nil {
			w, b = name+".gamma", name+".beta"
		}
	}
	gamma, err := c.floats(w)
	if err != nil {
		return norm{}, err
	}
	beta, err := c.floats(b)
	if err == nil && (len(gamma) != c.Config.Hidden || len(beta) != c.Config.Hidden) {
		err = fmt.Errorf("tensor %q has %d numbers, config.json wants %d", w, len(gamma), c.Config.Hidden)
	}
	return norm{gamma, beta}, err
}

// embed returns the hidden states before the first layer, of sequences of token ids.
func (c *checkpoint) embed(sequences [][]int32) (*stream, error) {
	h, e := c.Config.Hidden, c.prefix+"embeddings."
	position, err := c.floats(e + "position_embeddings.weight")
	if err != nil {
		return nil, err
	}
	types, err := c.floats(e + "token_type_embeddings.weight")
	if err != nil {
		return nil, err
	}
	n, err := c.norm(e + "LayerNorm")
	if err != nil {
		return nil, err
	}
	words, err := c.Tensor(e + "word_embeddings.weight")
	if err != nil {
		return nil, err
	}
	s := &stream{starts: []int{0}}
	for _, ids := range sequences {
		s.starts = append(s.starts, s.starts[len(s.starts)-1]+len(ids))
	}
	s.x = kernels.NewMatF32(s.starts[len(s.starts)-1], h)
	at := 0
	for _, ids := range sequences {
		for p, id := range ids {
			row := s.x.Row(at)
			if _, err := words.Row(int(id)).Float32s(row); err != nil {
				return nil, err
			}
			for j := range row {
				row[j] += position[p*h+j] + types[j]
			}
			at++
		}
	}
	kernels.LayerNormF32(s.x, s.x, kernels.MatF32{}, n.gamma, n.beta, float32(c.Config.LayerNormEps))
	return s, nil
}

// sparsity returns the share of zeros among the weights of the encoder.
func (c *checkpoint) sparsity() (float64, error) {
	none, all := 0, 0
	for i := range c.Config.Layers {
		for j := range matrices {
			w, err := c.floats(c.matrixName(i, j) + ".weight")
			if err != nil {
				return 0, err
			}
			none += zeros(kernels.MatF32{Data: w})
			all += len(w)
		}
	}
	return float64(none) / float64(all), nil
}
