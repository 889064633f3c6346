// Package locate finds the checkpoint that the name of a model stands for, as package hub has names, and unpacks it if it is an archive.
package locate

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/sparsebio/sparsebio/biobert/hub"
	"github.com/sparsebio/sparsebio/biobert/internal/archive"
	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/internal/packed"
)

// Resolve finds the model called name. One that is no BERT with a head is refused before its weights are fetched.
func Resolve(ctx context.Context, name string) (hub.Source, error) {
	return hub.Resolve(ctx, name, hub.WithConfigCheck(func(config []byte) error {
		_, err := bert.ParseConfig(config)
		return err
	}))
}

// Checkpoint is Path for a source that must not be a packed model; advice says what to do about one.
func Checkpoint(ctx context.Context, src hub.Source, advice string) (string, error) {
	path, err := Path(ctx, src)
	if err != nil || path != "" {
		return path, err
	}
	if src.File != "" {
		f, err := packed.OpenFile(src.File)
		if err != nil {
			return "", err // it is neither
		}
		f.Close()
	}
	err = fmt.Errorf("it is a packed model (%s)", advice)
	if src.Note != "" {
		err = fmt.Errorf("%s: %w", src.Note, err)
	}
	return "", err
}

// Path returns the path of the checkpoint at src, for bert.OpenCheckpoint: a folder, or an ONNX file in one. It is empty if src is a packed model.
// An archive is unpacked into the user's cache folder once.
func Path(ctx context.Context, src hub.Source) (string, error) {
	switch {
	case hub.IsArchive(src.File):
		return unpack(ctx, src.File)
	case bert.IsONNX(src.File):
		return src.File, nil
	}
	return src.Dir, nil
}

func unpack(ctx context.Context, path string) (string, error) {
	cache, err := os.UserCacheDir()
	if err == nil {
		var dir string
		if dir, err = archive.Open(ctx, path, filepath.Join(cache, "sparsebio", "archives")); err == nil {
			return dir, nil
		}
	}
	if ctx.Err() != nil {
		return "", err
	}
	return "", fmt.Errorf("%w (if it is the cache: unpack it yourself and give the folder with config.json)", err)
}
