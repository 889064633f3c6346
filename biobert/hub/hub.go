// Package hub turns the name of a model into its files: models embedded in the
// program, which register themselves as database/sql drivers do, HuggingFace
// checkpoint folders, checkpoints of the Hugging Face hub, and the stubs of the
// SparseZoo. See Resolve.
//
// It has no network of its own, which would cost every program 3.4 MB. What fetches
// from the hub is in another package, registered in the same way:
//
//	import _ "github.com/sparsebio/sparsebio/biobert/hub/download"
//
// All functions may be called from several goroutines at once. The bytes of
// registered models are read-only: they may lie in the program image.
package hub

import (
	"slices"
	"sync"
)

// importPath is where the embedded models of this module live.
const importPath = "github.com/sparsebio/sparsebio/biobert/models/"

// embedded names the models that this module ships and the package, below
// importPath, that registers each. An unregistered name can so be answered with
// the import that is missing.
var embedded = map[string]string{
	"bc2gm":        "bc2gm",
	"chemprot":     "chemprot",
	"chemprot-ner": "chemprotner",
	"ddi":          "ddi",
	"ddi-ner":      "ddiner",
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
