package bert

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/biobert/internal/onnx"
	"github.com/sparsebio/sparsebio/biobert/internal/pytorch"
	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

// A source is a file, or several, that holds the weights of a checkpoint under the names of transformers. Its tensors are
// valid until it is closed.
type source interface {
	Files() []string // their paths
	Names() []string
	// Info returns a tensor's type and shape; its Data may be missing.
	Info(name string) (safetensors.Tensor, error)
	Tensor(name string) (safetensors.Tensor, error)
	Close() error
}

// A format is a kind of weight file, named as transformers names it.
type format struct {
	file string
	open func(path string) (source, error)
}

// formats are tried in this order in a checkpoint folder.
var formats = []format{
	{"model.safetensors", openSafetensors},
	{"model.safetensors.index.json", openShards(openSafetensors)},
	{"pytorch_model.bin", openPyTorch},
	{"pytorch_model.bin.index.json", openShards(openPyTorch)},
	{"model.onnx", openONNX},
	{onnxFolder + "/model.onnx", openONNX},
}

// onnxFolder is where exporters put graphs beside a checkpoint.
const onnxFolder = "onnx"

// IsONNX tells by its name whether a file is a model in the ONNX format.
func IsONNX(path string) bool { return strings.EqualFold(filepath.Ext(path), ".onnx") }

// openSource opens the weights in the folder dir, or in the file weights if that is not empty.
func openSource(dir, weights string) (source, string, error) {
	if weights != "" {
		s, err := openONNX(weights)
		return s, weights, err
	}
	for _, f := range formats {
		path := filepath.Join(dir, filepath.FromSlash(f.file))
		s, err := f.open(path)
		if err == nil {
			return s, path, nil
		}
		// What an index names may be missing too.
		if _, missing := os.Stat(path); !errors.Is(missing, fs.ErrNotExist) {
			return nil, "", err
		}
	}
	return nil, "", fmt.Errorf("%s: no weights (%s)", dir, folderHint)
}

// whole is a source of one file whose tensors cost nothing to return.
type whole struct {
	path string
	file interface {
		Names() []string
		Tensor(name string) (safetensors.Tensor, error)
		Close() error
	}
}

func (w whole) Files() []string                                { return []string{w.path} }
func (w whole) Names() []string                                { return w.file.Names() }
func (w whole) Info(name string) (safetensors.Tensor, error)   { return w.file.Tensor(name) }
func (w whole) Tensor(name string) (safetensors.Tensor, error) { return w.file.Tensor(name) }
func (w whole) Close() error                                   { return w.file.Close() }

func openSafetensors(path string) (source, error) {
	f, err := safetensors.Open(path)
	if err != nil {
		return nil, err
	}
	return whole{path, f}, nil
}

func openPyTorch(path string) (source, error) {
	f, err := pytorch.Open(path)
	if err != nil {
		return nil, err
	}
	return whole{path, f}, nil
}

func openONNX(path string) (source, error) {
	m, err := onnx.Open(path)
	if err != nil {
		return nil, err
	}
	return m, nil
}

// shards is a checkpoint in several files.
type shards struct {
	path  string
	files []source
	of    map[string]source // of a tensor
}

// Limits of an index: BERT-large has 400 tensors, and its largest checkpoints four files.
const (
	maxIndex  = 16 << 20
	maxShards = 4096
)

// openShards returns a function that opens the index of a checkpoint in several files, as save_pretrained writes them:
//
//	{"metadata": {...}, "weight_map": {"bert.embeddings.word_embeddings.weight": "model-00001-of-00002.safetensors", ...}}
//
// The files lie beside the index.
func openShards(open func(path string) (source, error)) func(path string) (source, error) {
	return func(path string) (source, error) {
		st, err := os.Stat(path)
		if err != nil {
			return nil, err
		}
		if st.Size() > maxIndex {
			return nil, fmt.Errorf("%s: %d bytes are too many for an index (at most %d)", path, st.Size(), maxIndex)
		}
		raw, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		var index struct {
			Map map[string]string `json:"weight_map"`
		}
		if err := json.Unmarshal(raw, &index); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if len(index.Map) == 0 {
			return nil, fmt.Errorf("%s: no weight_map (is it the index of a checkpoint?)", path)
		}
		s := &shards{path: path, of: make(map[string]source, len(index.Map))}
		if err := s.open(index.Map, open); err != nil {
			return nil, errors.Join(err, s.Close())
		}
		return s, nil
	}
}

func (s *shards) open(files map[string]string, open func(path string) (source, error)) error {
	opened := map[string]source{}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		file := files[name]
		f, ok := opened[file]
		if !ok {
			if file == "" || file == "." || file == ".." || strings.ContainsAny(file, `/\:`) {
				return fmt.Errorf("%s: tensor %q is in %q (want the name of a file in the same folder)", s.path, name, file)
			}
			if len(opened) == maxShards {
				return fmt.Errorf("%s: more than %d files", s.path, maxShards)
			}
			var err error
			if f, err = open(filepath.Join(filepath.Dir(s.path), file)); err != nil {
				if errors.Is(err, fs.ErrNotExist) {
					err = fmt.Errorf("%w (%s names it: download all files of the checkpoint)", err, filepath.Base(s.path))
				}
				return err
			}
			opened[file], s.files = f, append(s.files, f)
		}
		if _, err := f.Info(name); err != nil {
			return fmt.Errorf("%w (%s says that it is there)", err, filepath.Base(s.path))
		}
		s.of[name] = f
	}
	return nil
}

// Files returns the index first.
func (s *shards) Files() []string {
	files := []string{s.path}
	for _, f := range s.files {
		files = append(files, f.Files()...)
	}
	return files
}

func (s *shards) Names() []string { return slices.Sorted(maps.Keys(s.of)) }

func (s *shards) file(name string) (source, error) {
	f, ok := s.of[name]
	if !ok {
		return nil, fmt.Errorf("%s: tensor %q: %w (it names %d tensors)", s.path, name, safetensors.ErrNoTensor, len(s.of))
	}
	return f, nil
}

func (s *shards) Info(name string) (safetensors.Tensor, error) {
	f, err := s.file(name)
	if err != nil {
		return safetensors.Tensor{}, err
	}
	return f.Info(name)
}

func (s *shards) Tensor(name string) (safetensors.Tensor, error) {
	f, err := s.file(name)
	if err != nil {
		return safetensors.Tensor{}, err
	}
	return f.Tensor(name)
}

func (s *shards) Close() error {
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}
