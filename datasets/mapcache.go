package datasets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/sparsebio/sparsebio/datasets/internal/atomicfile"
)

// CacheVariable is the environment variable that names the folder in which [Map] keeps columns; "off"
// switches the cache off. The default is the folder sparsebio of HF_DATASETS_CACHE, if that is set, else sparsebio/datasets of
// os.UserCacheDir.
const CacheVariable = "SPARSEBIO_DATASETS_CACHE"

// WithCache has Map keep its column on disk, and take it from there when the same step is
// applied to the same contents again, also by a later program. Functions in Go have no contents that could be
// compared, so the step has a name: give it another one, "words v2", whenever the function
// changes, or what it depends on. With the name count the contents of the set (see
// [Dataset.Fingerprint]), the name of the column and its type.
//
// Files are complete or not there, and may be deleted at any time; a damaged one is made anew. A folder that cannot be written is an
// error before the function is called; if the disk is full afterwards, the column is returned all the same.
// Leave the option out, or set [CacheVariable] to "off", to do without.
func WithCache(step string) Option {
	return func(o *options) error {
		if step == "" {
			return errors.New(`datasets: WithCache("") (a step needs a name that changes with its function)`)
		}
		o.cache = step
		return nil
	}
}

// cacheFile returns where the column of a step lies, or "" if the cache is off. Its folder is there.
func cacheFile(d *Dataset, step, column string, t arrow.DataType) (string, error) {
	dir := os.Getenv(CacheVariable)
	switch dir {
	case "off":
		return "", nil
	case "":
		if dir = os.Getenv(cacheVariable); dir != "" {
			dir = filepath.Join(dir, "sparsebio")
			break
		}
		user, err := os.UserCacheDir()
		if err != nil {
			return "", fmt.Errorf("datasets: no folder for cached columns: %w (set %s to one, or to off)", err, CacheVariable)
		}
		dir = filepath.Join(user, "sparsebio", "datasets")
	}
	h := sha256.Sum256(fmt.Appendf(nil, "map 1\x00%q\x00%q\x00%s\x00%s", step, column, t, d.Fingerprint()))
	path := filepath.Join(dir, "map-"+hex.EncodeToString(h[:16])+".arrow")
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	err := os.MkdirAll(dir, 0o777)
	if err == nil {
		err = atomicfile.Check(path)
	}
	if err != nil {
		return "", fmt.Errorf("datasets: cannot keep column %q in %q: %w (set %s to another folder, or to off)", column, dir, err, CacheVariable)
	}
	return path, nil
}

// fromCache returns the column that an earlier Map left at path, or nil.
func fromCache(d *Dataset, path, column string, t arrow.DataType) *arrow.Chunked {
	table, err := readBinary(context.Background(), path, binaryFormats[".arrow"], &options{limit: -1, mem: d.mem})
	if err != nil { // not there, or damaged
		return nil
	}
	defer table.Release()
	f := table.Schema().Field(0)
	if table.NumCols() != 1 || f.Name != column || !arrow.TypeEqual(f.Type, t) || table.NumRows() != int64(d.NumRows()) {
		return nil
	}
	data := table.Column(0).Data()
	data.Retain()
	return data
}

// intoCache writes a column. That it fails costs the next program some time, not this one.
func intoCache(path, column string, data *arrow.Chunked) {
	f := arrow.Field{Name: column, Type: data.DataType(), Nullable: true}
	col := arrow.NewColumn(f, data)
	defer col.Release()
	t := array.NewTable(arrow.NewSchema([]arrow.Field{f}, nil), []arrow.Column{*col}, int64(data.Len()))
	defer t.Release()
	_ = atomicfile.Write(path, func(w io.Writer) error { return writeArrowFile(w, t) })
}
