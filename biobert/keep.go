package biobert

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
)

// Keep writes v to the file path, as JSON, for another cell to take up with [Kept]: a cell of a notebook is a program of its own, and
// what its variables hold ends with it. It makes the folder of path if there is none, and replaces a file that is there, whole: who reads it
// meanwhile sees the old value or the new one. An error ends the cell, as with [Must].
//
// What is kept is what encoding/json writes of v, exported fields only; documents, provenance, scores and benchmarks of this module
// come back as they were.
func Keep(path string, v any) { Check(keep(path, v)) }

// Kept returns what [Keep] wrote to the file path. T is its type, as in
//
//	docs := biobert.Kept[[]annot.Document]("out/documents.json")
//
// An error ends the cell, as with [Must].
func Kept[T any](path string) T { return Must(kept[T](path)) }

func keep(path string, v any) (err error) {
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("biobert: a %T cannot be kept in %s: %w", v, path, err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("biobert: keeping a value of type %T: %w", v, err)
		}
	}()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return bert.WriteFile(path, bytes.NewReader(text))
}

func kept[T any](path string) (v T, err error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return v, fmt.Errorf("biobert: nothing is kept in %s yet (run the cell that keeps it first): %w", path, err)
	}
	if err != nil {
		return v, fmt.Errorf("biobert: %w", err)
	}
	if err := json.Unmarshal(text, &v); err != nil {
		return v, fmt.Errorf("biobert: what %s holds is no %T: %w", path, v, err)
	}
	return v, nil
}
