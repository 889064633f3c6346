package compress

import (
	"context"
	"errors"
	"fmt"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/internal/locate"
	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

// A checkpoint is the model that is compressed.
type checkpoint struct {
	*bert.Checkpoint
	prefix string // of the encoder's tensors: "bert." or none
}

// openCheckpoint opens the model called name, which must not be a packed one.
func openCheckpoint(ctx context.Context, name string) (*checkpoint, error) {
	src, err := locate.Resolve(ctx, name)
	if err != nil {
		return nil, err
	}
	path, err := locate.Checkpoint(ctx, src, "biobert.Unpack writes a dense one as a checkpoint folder; for a sparse one start from the dense checkpoint that it was made of")
	if err != nil {
		return nil, err
	}
	c, err := bert.OpenCheckpoint(path)
	if err != nil {
		return nil, err
	}
	if c.Quantized() {
		return nil, errors.Join(fmt.Errorf("%s: its weights are quantized (start from the floating-point model)", c.Files()[0]), c.Close())
	}
	return &checkpoint{c, c.Prefix()}, nil
}

// floats returns the values of a tensor, all of which are numbers.
func (c *checkpoint) floats(name string) ([]float32, error) {
	t, err := c.Tensor(name)
	if err != nil {
		return nil, err
	}
	v, err := t.Float32s(nil)
	if err != nil {
		return nil, err
	}
	return v, safetensors.CheckFinite(name, v)
}
