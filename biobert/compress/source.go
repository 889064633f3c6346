package compress

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/internal/locate"
	"github.com/sparsebio/sparsebio/biobert/internal/onnx"
	"github.com/sparsebio/sparsebio/biobert/internal/pytorch"
	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

// A weightFile is an open file of weights. Its tensors are valid until it is closed.
type weightFile interface {
	Names() []string
	Tensor(name string) (safetensors.Tensor, error)
	Close() error
}

// A checkpoint is the model that is compressed.
type checkpoint struct {
	*bert.Checkpoint
	files  []weightFile
	of     map[string]weightFile // of a tensor
	prefix string                // of the encoder's tensors: "bert." or none
}

// openCheckpoint opens the model called name, which must not be a packed one.
func openCheckpoint(ctx context.Context, name string) (*checkpoint, error) {
	src, err := locate.Resolve(ctx, name)
	if err != nil {
		return nil, err
	}
	path, err := locate.Checkpoint(ctx, src, "its weights are quantized; start from the dense checkpoint that it was made of")
	if err != nil {
		return nil, err
	}
	c := &checkpoint{of: map[string]weightFile{}}
	if c.Checkpoint, err = bert.OpenCheckpoint(path); err != nil {
		return nil, err
	}
	if err := c.openFiles(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func (c *checkpoint) openFiles() error {
	for _, path := range c.Files() {
		var f weightFile
		var err error
		switch {
		case strings.HasSuffix(path, ".index.json"):
			continue // the files that it names come next
		case strings.HasSuffix(path, ".safetensors"):
			f, err = safetensors.Open(path)
		case bert.IsONNX(path):
			var m *onnx.Model
			if m, err = onnx.Open(path); err == nil && m.Quantized() {
				err = errors.Join(fmt.Errorf("%s: its weights are quantized (start from the floating-point model)", path), m.Close())
			}
			f = m
		case len(c.files) > 0 && isONNX(c.files[0]):
			continue // external data
		default:
			f, err = pytorch.Open(path)
		}
		if err != nil {
			return err
		}
		c.files = append(c.files, f)
		for _, name := range f.Names() {
			if c.of[name] == nil {
				c.of[name] = f
			}
		}
	}
	if _, ok := c.of["bert.embeddings.word_embeddings.weight"]; ok {
		c.prefix = "bert."
	}
	return nil
}

func isONNX(f weightFile) bool { _, ok := f.(*onnx.Model); return ok }

// Close releases the checkpoint.
func (c *checkpoint) Close() error {
	errs := []error{c.Checkpoint.Close()}
	for _, f := range c.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// names returns the names of all tensors, sorted.
func (c *checkpoint) names() []string {
	var names []string
	for name := range c.of {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (c *checkpoint) tensor(name string) (safetensors.Tensor, error) {
	f, ok := c.of[name]
	if !ok {
		return safetensors.Tensor{}, fmt.Errorf("%s: tensor %q: %w", filepath.Base(c.Dir), name, safetensors.ErrNoTensor)
	}
	return f.Tensor(name)
}

// floats returns the values of a tensor, all of which are numbers.
func (c *checkpoint) floats(name string) ([]float32, error) {
	t, err := c.tensor(name)
	if err != nil {
		return nil, err
	}
	v, err := t.Float32s(nil)
	if err != nil {
		return nil, err
	}
	return v, safetensors.CheckFinite(name, v)
}
