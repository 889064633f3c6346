package compress

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
	"github.com/sparsebio/sparsebio/kernels"
)

// A folder is the output while it is made, under a temporary name beside the final one.
type folder struct {
	tmp, dir string // dir is "" if nothing is to be kept
}

// newFolder begins the folder dir, which must not exist or be empty.
func newFolder(dir string) (*folder, error) {
	if dir == "" {
		tmp, err := os.MkdirTemp("", "sparsebio-compress-*")
		return &folder{tmp: tmp}, err
	}
	dir = filepath.Clean(dir)
	entries, err := os.ReadDir(dir)
	switch {
	case err == nil && len(entries) > 0:
		return nil, fmt.Errorf("output %q is not empty (remove it, or choose another folder)", dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("output: %w", err)
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".*")
	if err != nil {
		return nil, fmt.Errorf("output: %w", err)
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return nil, errors.Join(fmt.Errorf("output: %w", err), os.Remove(tmp))
	}
	return &folder{tmp, dir}, nil
}

// path returns the path of a file of the folder while it is made.
func (f *folder) path(name string) string { return filepath.Join(f.tmp, name) }

// discard removes what is not finished.
func (f *folder) discard() { os.RemoveAll(f.tmp) }

// finish gives the folder its name.
func (f *folder) finish() error {
	if f.dir == "" {
		return nil
	}
	if err := os.Remove(f.dir); err != nil && !errors.Is(err, fs.ErrNotExist) { // an empty one
		return fmt.Errorf("output: %w", err)
	}
	if err := os.Rename(f.tmp, f.dir); err != nil {
		return fmt.Errorf("output: %w", err)
	}
	return nil
}

// write makes a file of the folder and has it on the disk.
func (f *folder) write(name string, data []byte) error {
	w, err := os.Create(f.path(name))
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return closeFile(w, err)
}

// closeFile flushes and closes w, and returns the first error.
func closeFile(w *os.File, err error) error {
	if err == nil {
		err = w.Sync()
	}
	return errors.Join(err, w.Close())
}

// tokenizerFiles are copied from the folder of the model, as far as they are there.
var tokenizerFiles = []string{"tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json", "added_tokens.json"}

// copyFiles copies the configuration and the tokenizer.
func (f *folder) copyFiles(from string) error {
	for _, name := range append([]string{"config.json"}, tokenizerFiles...) {
		b, err := os.ReadFile(filepath.Join(from, name))
		if errors.Is(err, fs.ErrNotExist) && name != "config.json" {
			continue
		}
		if err == nil && name == "config.json" {
			b, err = bert.AsBERT(b) // as the tensors are
		}
		if err == nil {
			err = f.write(name, b)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// A tensorWriter writes a safetensors file tensor by tensor, in any order.
type tensorWriter struct {
	file *os.File
	at   map[string]int64
	of   map[string]safetensors.Tensor // without data
}

// newTensorWriter writes the header of a file with the given tensors, whose data is not looked at.
func newTensorWriter(path string, tensors []safetensors.Tensor) (*tensorWriter, error) {
	type entry struct {
		DType   safetensors.DType `json:"dtype"`
		Shape   []int             `json:"shape"`
		Offsets [2]int64          `json:"data_offsets"`
	}
	header := map[string]any{"__metadata__": map[string]string{"format": "pt"}}
	w := &tensorWriter{at: map[string]int64{}, of: map[string]safetensors.Tensor{}}
	end := int64(0)
	for _, t := range tensors {
		from := end
		end += int64(t.Len()) * int64(t.DType.Bits()) / 8
		shape := t.Shape
		if shape == nil {
			shape = []int{}
		}
		header[t.Name] = entry{t.DType, shape, [2]int64{from, end}}
		w.at[t.Name], w.of[t.Name] = from, t
	}
	h, err := json.Marshal(header)
	if err != nil {
		return nil, err
	}
	for len(h)%8 != 0 { // so that the data is aligned
		h = append(h, ' ')
	}
	for name := range w.at {
		w.at[name] += int64(8 + len(h))
	}
	if w.file, err = os.Create(path); err != nil {
		return nil, err
	}
	_, err = w.file.Write(append(binary.LittleEndian.AppendUint64(nil, uint64(len(h))), h...))
	if err == nil {
		err = w.file.Truncate(int64(8+len(h)) + end)
	}
	if err != nil {
		return nil, errors.Join(err, w.file.Close())
	}
	return w, nil
}

// put writes the data of a tensor.
func (w *tensorWriter) put(name string, data []byte) error {
	_, err := io.NewOffsetWriter(w.file, w.at[name]).Write(data)
	return err
}

// putFloats writes a tensor of type F32 or F16, and sets v to the numbers that it holds.
func (w *tensorWriter) putFloats(name string, v []float32) error {
	if w.of[name].DType == safetensors.F32 {
		data := make([]byte, 4*len(v))
		for i, x := range v {
			binary.LittleEndian.PutUint32(data[4*i:], math.Float32bits(x))
		}
		return w.put(name, data)
	}
	half := make([]uint16, len(v))
	kernels.F32ToFloat16(half, v)
	kernels.Float16ToF32(v, half)
	data := make([]byte, 2*len(v))
	for i, x := range half {
		if v[i]-v[i] != 0 {
			return fmt.Errorf("tensor %q: a weight grew too large for 16 bits (convert the checkpoint to 32 first)", name)
		}
		binary.LittleEndian.PutUint16(data[2*i:], x)
	}
	return w.put(name, data)
}

// close finishes the file.
func (w *tensorWriter) close() error { return closeFile(w.file, nil) }
