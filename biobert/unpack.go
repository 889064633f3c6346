package biobert

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/sparsebio/sparsebio/biobert/hub"
	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/internal/packed"
	"github.com/sparsebio/sparsebio/biobert/internal/token"
)

// Unpack writes a packed model, such as the embedded "jnlpba-dense", as a checkpoint folder that this library, transformers and package compress open:
// config.json, vocab.txt, tokenizer_config.json and model.safetensors with weights in fp32. Only dense models can be unpacked. Weights are what they were rounded to
// when they were packed, half precision in the encoder and 8 bits in the word embedding. The folder dir must not exist or be empty; it appears
// whole or not at all.
func Unpack(ctx context.Context, model, dir string) error {
	if err := unpack(ctx, model, filepath.Clean(dir)); err != nil {
		return fmt.Errorf("biobert: unpack %q: %w", model, err)
	}
	return nil
}

func unpack(ctx context.Context, model, dir string) (err error) {
	src, err := hub.Resolve(ctx, model)
	if err != nil {
		return err
	}
	var f *packed.File
	switch {
	case src.Packed != "":
		f, err = packed.Open(bytesOf(src.Packed))
	case src.File != "" && !hub.IsArchive(src.File) && !bert.IsONNX(src.File):
		f, err = packed.OpenFile(src.File)
	default:
		err = errors.New("it is no packed model (it is a checkpoint already)")
	}
	if err != nil {
		return err
	}
	defer f.Close()
	table, err := tableOf(f)
	if err != nil {
		return err
	}
	def, err := table.Section("tokenizer", packed.Bytes, -1)
	if err != nil {
		return err
	}
	tok, err := token.OpenBinary(def)
	if err != nil {
		return err
	}
	switch entries, err := os.ReadDir(dir); {
	case err == nil && len(entries) > 0:
		return fmt.Errorf("folder %q is not empty (remove it, or choose another)", dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+".*")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	if err := bert.Unpack(f, table, filepath.Join(tmp, "model.safetensors")); err != nil {
		return err
	}
	if err := tok.WriteFolder(tmp); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(tmp, "config.json"), f.Config, 0o644); err != nil {
		return err
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) { // an empty one
		return err
	}
	return os.Rename(tmp, dir)
}

// tableOf returns the file with the word embedding and the vocabulary of a packed model: f itself, or the table that it shares.
func tableOf(f *packed.File) (*packed.File, error) {
	if f.Table == "" {
		return f, nil
	}
	data, ok := hub.Table(f.Table)
	if !ok {
		return nil, fmt.Errorf("it needs the table %q, which no imported package registers", f.Table)
	}
	table, err := packed.Open(bytesOf(data))
	if err != nil {
		return nil, fmt.Errorf("table %q: %w", f.Table, err)
	}
	if table.CRC != f.TableCRC {
		return nil, fmt.Errorf("table %q is not the one that the model was made with (are both of the same version of the module?)", f.Table)
	}
	return table, nil
}
