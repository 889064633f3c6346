package biobert

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

func TestKeep(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "out", "deep", "docs.json")
	docs := []annot.Document{{ID: "1", Text: "IL-2 <b>α</b>", Entities: []annot.Entity{{Start: 0, End: 4, Type: "protein", Text: "IL-2", Score: 0.9}}}}
	Keep(path, "something else")
	Keep(path, docs)
	if got := Kept[[]annot.Document](path); !reflect.DeepEqual(got, docs) {
		t.Errorf("kept %+v, got %+v", docs, got)
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 1 {
		t.Errorf("the folder holds %v (%v)", files, err)
	}

	gone := filepath.Join(dir, "gone.json")
	_, err := kept[int](gone)
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "nothing is kept in "+gone+" yet (run the cell that keeps it first)") {
		t.Errorf("a file that is not there: %v", err)
	}
	if _, err := kept[int](path); err == nil || !strings.Contains(err.Error(), path+" holds is no int") {
		t.Errorf("another type: %v", err)
	}
	if err := keep(path, func() {}); err == nil || !strings.Contains(err.Error(), "a func() cannot be kept in "+path) {
		t.Errorf("a function: %v", err)
	}
	if err := keep(filepath.Join(path, "x.json"), 1); err == nil || !strings.Contains(err.Error(), "biobert: keeping a value of type int") {
		t.Errorf("below a file: %v", err)
	}
	if got := Kept[[]annot.Document](path); !reflect.DeepEqual(got, docs) {
		t.Errorf("what fails changes what is kept: %+v", got)
	}
}
