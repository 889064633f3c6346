package datasets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"

	"github.com/sparsebio/sparsebio/datasets/corpus"
)

// A location is where the rows of a set lie. To find it reads no rows.
type location struct {
	name   string
	splits []string
	// open finds the files of a split, and fetches them if they are elsewhere.
	open func(ctx context.Context, split string) (*rowFiles, error)
}

// rowFiles are files of one format whose rows follow one another.
type rowFiles struct {
	ext      string
	paths    []string
	srcs     []source // of a text format, nil for the files at paths
	features Features // nil for those of the schema
	declared Features // of a card: columns are cast to them
}

// locate finds what name stands for, in the order that Load documents.
func locate(ctx context.Context, name string, o *options) (*location, error) {
	if file, ok := embeddedSets[name]; ok {
		if o.config != "" {
			return nil, noConfig(name, o)
		}
		src := source{path.Base(file), func() (io.ReadCloser, error) { return embedded.Open(file) }}
		return oneSplit(name, "train", &rowFiles{ext: extension(file), srcs: []source{src}}), nil
	}
	if isURL(name) {
		if o.config != "" {
			return nil, noConfig(name, o)
		}
		return locateURL(ctx, name, o)
	}
	repo, onHub := hubID(name)
	if onHub && strings.HasPrefix(name, hubScheme) {
		return locateHub(ctx, name, repo, o)
	}
	st, err := os.Stat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && onHub:
		return locateHub(ctx, name, repo, o)
	case errors.Is(err, fs.ErrNotExist) && hasGlob(name):
		return locateGlob(name, o)
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("datasets: no data set %q: there is no file or folder of that name, and the embedded sets are %s (sets of the hub are named owner/name)",
			name, strings.Join(slices.Sorted(maps.Keys(embeddedSets)), ", "))
	case err != nil:
		return nil, openError(name, err)
	case o.revision != "":
		return nil, fmt.Errorf("datasets: %q is here and has no revision %q (for the set of the hub: %q)", name, o.revision, hubScheme+name)
	case st.IsDir():
		return locateFolder(name, o)
	}
	if o.config != "" {
		return nil, noConfig(name, o)
	}
	ext, err := fileFormat(name, o)
	if err != nil {
		return nil, err
	}
	return oneSplit(name, "train", &rowFiles{ext: ext, paths: []string{name}}), nil
}

func noConfig(name string, o *options) error {
	return fmt.Errorf("datasets: %q has no configuration %q: it has none to choose from", name, o.config)
}

func hasGlob(name string) bool { return strings.ContainsAny(name, "*?[") }

// locateGlob finds the files that a pattern matches, in the order of their names. ** stands for any number of folders. They are one split.
func locateGlob(name string, o *options) (*location, error) {
	var base, rest []string
	for part := range strings.SplitSeq(filepath.ToSlash(name), "/") {
		if len(rest) == 0 && !hasGlob(part) {
			base = append(base, part)
		} else {
			rest = append(rest, strings.ReplaceAll(part, "[!", "[^"))
		}
	}
	pattern := strings.Join(rest, "/")
	if _, err := path.Match(pattern, ""); err != nil {
		return nil, fmt.Errorf("datasets: pattern %q: %w", name, err)
	}
	dir := strings.Join(base, "/")
	if dir == "" && strings.HasPrefix(name, "/") {
		dir = "/"
	} else if dir == "" {
		dir = "."
	}
	set := &setFiles{name: name, what: fmt.Sprintf("pattern %q", name), dir: filepath.FromSlash(dir), local: true}
	if err := set.walk(); err != nil {
		return nil, err
	}
	set.rels = slices.DeleteFunc(set.rels, func(f string) bool { return !matchPath(pattern, f) })
	if len(set.rels) == 0 {
		return nil, fmt.Errorf("datasets: no file matches %q", name)
	}
	chosen, err := set.choose(&cardConfig{splits: []cardSplit{{"train", []string{pattern}}}}, o)
	if err != nil {
		return nil, err
	}
	return oneSplit(name, "train", &rowFiles{ext: chosen.ext, paths: chosen.files["train"]}), nil
}

// fileFormat returns the extension, or the name of the format, that a file is read by.
func fileFormat(path string, o *options) (string, error) {
	if o.format != "" {
		return o.format, nil
	}
	ext := extension(path)
	name, err := corpusFormat(path)
	switch {
	case name != "":
		return name, nil
	case err == nil || knownFormat(ext):
		return ext, nil
	case errors.Is(err, corpus.ErrFormat):
		if st, err := os.Stat(path); err == nil && st.Size() == 0 {
			return "", emptyFile(path)
		}
		return "", fmt.Errorf("datasets: %q has no known format (want one of %s, a corpus, or WithFormat): %w", path, knownExtensions(), errors.Unwrap(err))
	}
	return "", err
}

// oneSplit is the location of a set that has no splits of its own.
func oneSplit(name, split string, files *rowFiles) *location {
	return &location{name, []string{split}, func(context.Context, string) (*rowFiles, error) { return files, nil }}
}

// read reads all rows, or o.limit of them or more.
func (f *rowFiles) read(ctx context.Context, o *options) (arrow.Table, Features, error) {
	t, err := f.table(ctx, o)
	if err == nil && f.declared != nil {
		t, err = castTable(t, f.declared, o.mem)
	}
	if err != nil {
		return nil, nil, err
	}
	if fs := f.known(); fs != nil {
		return t, fitFeatures(fs, t.Schema()), nil
	}
	return t, nil, nil
}

// known returns the features that are known before the files are read, or nil.
func (f *rowFiles) known() Features {
	if f.declared != nil {
		return f.declared
	}
	return f.features
}

func (f *rowFiles) table(ctx context.Context, o *options) (arrow.Table, error) {
	if open := textFormatOf(f.ext); open != nil {
		rows, err := f.text(ctx, open, o)
		if err != nil {
			return nil, err
		}
		return rows.table(ctx, o)
	}
	format, err := f.format()
	if err != nil {
		return nil, err
	}
	var tables []arrow.Table
	defer func() {
		for _, t := range tables {
			t.Release()
		}
	}()
	rows := 0
	for _, p := range f.paths {
		if o.limit >= 0 && rows >= o.limit && rows > 0 {
			break
		}
		t, err := readBinary(ctx, p, format, o)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
		rows += int(t.NumRows())
		if o.meter != nil {
			o.meter.add(int(t.NumRows()))
		}
	}
	return joinTables(tables, f.paths)
}

// text finds the columns of files of a text format, and the provenance beside them.
func (f *rowFiles) text(ctx context.Context, open textFormat, o *options) (*textRows, error) {
	rows, err := open(ctx, f.sources(), o)
	if err == nil && f.srcs == nil {
		rows.md, err = readProvenance(f.paths)
	}
	if err != nil {
		return nil, err
	}
	return rows, nil
}

// sources are the files of a text format.
func (f *rowFiles) sources() []source {
	if f.srcs != nil {
		return f.srcs
	}
	srcs := make([]source, len(f.paths))
	for i, p := range f.paths {
		srcs[i] = fileSource(p)
	}
	return srcs
}

// format returns the binary format of the files.
func (f *rowFiles) format() (Format, error) {
	format, ok := binaryFormats[f.ext]
	if !ok {
		if err := linked(f.ext, f.paths[0]); err != nil {
			return format, err
		}
		return format, fmt.Errorf("datasets: %q has no known format (want one of %s, or WithFormat)", f.paths[0], knownExtensions())
	}
	return format, nil
}
