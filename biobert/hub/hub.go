// Package hub turns the name of a model into its files: models embedded in the
// program, which register themselves as database/sql drivers do, and HuggingFace
// checkpoint folders.
//
// Register and Resolve may be called from several goroutines at once. The bytes
// of registered models are read-only: they may lie in the program image.
package hub

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
)

// importPath is where the embedded models of this module live.
const importPath = "github.com/sparsebio/sparsebio/biobert/models/"

// embedded names the models that this module ships and the package, below
// importPath, that registers each. An unregistered name can so be answered with
// the import that is missing.
var embedded = map[string]string{
	"jnlpba":       "jnlpba",
	"jnlpba-dense": "jnlpba/dense",
}

var (
	mu     sync.RWMutex
	models = map[string]string{} // name -> packed file
	tables = map[string]string{} // name -> packed table that several models share
)

// Register makes a packed model available under name. It panics if the name is
// taken: two packages that claim one name cannot both be right.
func Register(name, packed string) { register(models, "model", name, packed) }

// RegisterTable makes a packed table (an embedding with its vocabulary) available
// to the models that name it. It panics if the name is taken.
func RegisterTable(name, packed string) { register(tables, "table", name, packed) }

func register(m map[string]string, kind, name, packed string) {
	mu.Lock()
	defer mu.Unlock()
	if _, ok := m[name]; ok {
		panic("hub: Register called twice for " + kind + " " + name)
	}
	m[name] = packed
}

// Table returns the shared table called name.
func Table(name string) (string, bool) {
	mu.RLock()
	defer mu.RUnlock()
	t, ok := tables[name]
	return t, ok
}

// Names returns the names of the registered models, sorted.
func Names() []string {
	mu.RLock()
	defer mu.RUnlock()
	var names []string
	for n := range models {
		names = append(names, n)
	}
	slices.Sort(names)
	return names
}

// A Source says where a model is: exactly one field besides Name is set.
type Source struct {
	Name   string
	Packed string // the bytes of an embedded packed model
	Dir    string // a checkpoint folder
	File   string // a packed model file
}

// ErrUnknownModel is wrapped by the error of Resolve for a name that is neither
// registered nor a folder: usually a forgotten import or a misspelt path.
var ErrUnknownModel = errors.New("unknown model")

// Resolve finds the model called name: a registered model, a checkpoint folder in
// HuggingFace's layout, or a packed model file.
func Resolve(name string) (Source, error) {
	if name == "" {
		return Source{}, fmt.Errorf("biobert: %w %q (give a model name such as \"jnlpba\" or the path of a checkpoint folder)", ErrUnknownModel, name)
	}
	mu.RLock()
	packed, ok := models[name]
	mu.RUnlock()
	if ok {
		return Source{Name: name, Packed: packed}, nil
	}
	st, err := os.Stat(name)
	switch {
	case err == nil && st.IsDir():
		return Source{Name: name, Dir: name}, nil
	case err == nil:
		return Source{Name: name, File: name}, nil
	case !errors.Is(err, fs.ErrNotExist):
		return Source{}, fmt.Errorf("biobert: model %q: %w", name, err)
	}
	if pkg, ok := embedded[name]; ok {
		return Source{}, fmt.Errorf("biobert: %w %q (forgotten import? add: import _ %q)", ErrUnknownModel, name, importPath+pkg)
	}
	have := "none: import _ \"" + strings.TrimSuffix(importPath, "/") + "\" registers all"
	if n := Names(); len(n) > 0 {
		have = strings.Join(n, ", ")
	}
	return Source{}, fmt.Errorf("biobert: %w %q: not a registered model (have %s) and no such folder (download the checkpoint and give its path)", ErrUnknownModel, name, have)
}
