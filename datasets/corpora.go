package datasets

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/sparsebio/sparsebio/datasets/corpus"
)

// corpusFormats reads the formats of corpora, by the names that WithFormat takes. They are no extensions: which of them a
// file is in its content says.
var corpusFormats = map[string]textFormat{
	"conll": openRows(func(path string) iter.Seq2[sentenceRow, error] {
		v, err := corpus.ReadFile(path, corpus.ReadCoNLL)
		return each(v, err, rowOfSentence)
	}),
	"bc2gm": openRows(func(path string) iter.Seq2[geneRow, error] {
		v, err := corpus.ReadBC2GMFiles(path)
		return each(v, err, rowOfGenes)
	}),
	"chemprot": openRows(func(path string) iter.Seq2[chemProtRow, error] {
		v, err := corpus.ReadChemProtFiles(path)
		return each(v, err, rowOfChemProt)
	}),
	"blue": openRows(func(path string) iter.Seq2[pairRow, error] {
		v, err := corpus.ReadFile(path, corpus.ReadBLUE)
		return each(v, err, rowOfPair)
	}),
	"scibert": openRows(func(path string) iter.Seq2[pairRow, error] {
		v, err := corpus.ReadFile(path, corpus.ReadSciBERT)
		return each(v, err, rowOfPair)
	}),
	"ddi": openRows(func(path string) iter.Seq2[drugRow, error] {
		v, err := corpus.ReadDDIFiles(path)
		return each(v, err, rowOfDrugs)
	}),
	"bioc": openRows(func(path string) iter.Seq2[documentRow, error] {
		read := corpus.ReadBioCXML
		if format, err := corpus.Detect(path); err == nil && format == corpus.BioCJSON {
			read = corpus.ReadBioCJSON
		}
		v, err := corpus.ReadFile(path, read)
		return each(v, err, rowOfStandoff)
	}),
	"pubtator": openRows(func(path string) iter.Seq2[documentRow, error] {
		v, err := corpus.ReadFile(path, corpus.ReadPubTator)
		return each(v, err, rowOfStandoff)
	}),
	"brat": openBrat,
	"pubmed": openRows(func(path string) iter.Seq2[citationRow, error] {
		return mapped(corpus.ReadPubMedFile(path), rowOfCitation)
	}),
	"arxiv": openRows(func(path string) iter.Seq2[paperRow, error] {
		return mapped(corpus.ReadArXivFile(path), rowOfPaper)
	}),
}

// corpusNames are the names of what corpus.Detect tells apart.
var corpusNames = map[corpus.Format]string{
	corpus.CoNLL: "conll", corpus.BC2GM: "bc2gm", corpus.ChemProt: "chemprot", corpus.BLUE: "blue", corpus.SciBERT: "scibert", corpus.DDI: "ddi",
	corpus.BioCXML: "bioc", corpus.BioCJSON: "bioc", corpus.PubTator: "pubtator", corpus.Brat: "brat", corpus.PubMed: "pubmed", corpus.ArXiv: "arxiv",
}

// mapped is slices of each for what is read one at a time.
func mapped[T, R any](values iter.Seq2[T, error], row func(T) R) iter.Seq2[R, error] {
	return func(yield func(R, error) bool) {
		for v, err := range values {
			if err != nil {
				var none R
				yield(none, err)
				return
			}
			if !yield(row(v), nil) {
				return
			}
		}
	}
}

// openBrat names documents by where they lie below the folder that all files are in.
func openBrat(ctx context.Context, srcs []source, o *options) (*textRows, error) {
	var paths []string
	for _, s := range srcs {
		paths = append(paths, s.path)
	}
	common := commonFolder(paths)
	return openRows(func(path string) iter.Seq2[documentRow, error] {
		docs, err := corpus.ReadBratFiles(path)
		if len(docs) == 1 && len(paths) > 1 {
			if rel, err := filepath.Rel(common, path); err == nil {
				docs[0].ID = filepath.ToSlash(strings.TrimSuffix(rel, filepath.Ext(rel)))
			}
		}
		return each(docs, err, rowOfStandoff)
	})(ctx, srcs, o)
}

// commonFolder returns the deepest folder that holds all paths.
func commonFolder(paths []string) string {
	dir := filepath.Dir(paths[0])
	for _, p := range paths {
		for {
			rel, err := filepath.Rel(dir, p)
			if err != nil || filepath.IsLocal(rel) || filepath.Dir(dir) == dir {
				break
			}
			dir = filepath.Dir(dir)
		}
	}
	return dir
}

// openRows is for files of which a function makes rows that are structs. Their columns are known without reading them.
func openRows[T any](rows func(path string) iter.Seq2[T, error]) textFormat {
	return func(_ context.Context, srcs []source, o *options) (*textRows, error) {
		cols, err := structColumns(reflect.TypeFor[T]())
		if err != nil {
			return nil, err
		}
		if o.columns != nil {
			var wanted []structColumn
			for _, name := range o.columns {
				i := slices.IndexFunc(cols, func(c structColumn) bool { return c.field.Name == name })
				if i < 0 {
					var have []string
					for _, c := range cols {
						have = append(have, c.field.Name)
					}
					return nil, noColumnIn(name, srcs[0].path, have)
				}
				wanted = append(wanted, cols[i])
			}
			cols = wanted
		}
		fields := make([]arrow.Field, len(cols))
		for i, c := range cols {
			fields[i] = c.field
		}
		return &textRows{fields: fields, rows: -1, fill: func(ctx context.Context, tb *tableBuilder, after func() error) error {
			n := 0
			for _, src := range srcs {
				for row, err := range rows(src.path) {
					if err != nil {
						return corpusError(src.path, err)
					}
					if o.limit >= 0 && n >= o.limit {
						return nil
					}
					if n++; n%64 == 0 && ctx.Err() != nil {
						return ctx.Err()
					}
					v, size := reflect.ValueOf(&row).Elem(), 0
					for i, c := range cols {
						size += c.put(tb.cols[i], v.Field(c.index))
					}
					tb.row(size)
					if after != nil {
						if err := after(); err != nil {
							return err
						}
					}
				}
			}
			return nil
		}}, nil
	}
}

// A structColumn is an exported field of a struct.
type structColumn struct {
	index int
	field arrow.Field
	put   func(array.Builder, reflect.Value) int
}

func structColumns(t reflect.Type) ([]structColumn, error) {
	var out []structColumn
	for i := range t.NumField() {
		f := t.Field(i)
		typ, put, err := goType(f.Type, 0)
		if err != nil {
			return nil, err
		}
		out = append(out, structColumn{i, arrow.Field{Name: f.Tag.Get("json"), Type: typ, Nullable: true}, put})
	}
	return out, nil
}

// corpusError is what this package says of an error of package corpus.
func corpusError(path string, err error) error {
	var pe *corpus.ParseError
	if !errors.As(err, &pe) {
		return fmt.Errorf("datasets: %q: %w", path, err)
	}
	if pe.Path != "" {
		path = pe.Path
	}
	if pe.Line > 0 {
		return &ParseError{path, pe.Line, pe.Err}
	}
	return fmt.Errorf("datasets: %q: %w", path, pe.Err)
}

// corpusFormat returns the format of corpora that a file is in, by its extension and its beginning; "" is for tables and for what is
// neither, of which err says more.
//
// A table is taken for one wherever that makes sense: comma-separated values always are, JSON unless it is of BioC or SciBERT, tabs unless
// the first line or sentence has IOB tags or is BLUE's header, text unless it has such tags, is of
// PubTator or SciBERT, or brat's annotations lie beside it.
func corpusFormat(path string) (name string, err error) {
	var may []corpus.Format
	switch ext := extension(path); ext {
	case ".jsonl", ".ndjson", ".json":
		may = []corpus.Format{corpus.BioCJSON, corpus.SciBERT}
	case ".tsv":
		may = []corpus.Format{corpus.CoNLL, corpus.BLUE}
		if strings.Contains(filepath.Base(path), "abstracts") {
			may = append(may, corpus.ChemProt)
		}
	case ".txt":
		may = []corpus.Format{corpus.CoNLL, corpus.PubTator, corpus.Brat, corpus.SciBERT}
	default:
		if knownFormat(ext) {
			return "", nil
		}
		may = slices.Collect(maps.Keys(corpusNames))
	}
	format, err := corpus.Detect(path)
	if err != nil {
		return "", corpusError(path, err)
	}
	if slices.Contains(may, format) {
		return corpusNames[format], nil
	}
	return "", nil
}

// corpusExtensions are those of the files in a folder that may be in a format, .gz aside.
var corpusExtensions = map[string][]string{
	"conll": {".tsv", ".txt", ".iob", ".iob2", ".conll", ".bio"}, "bc2gm": {".in"}, "chemprot": {".tsv"}, "blue": {".tsv"},
	"scibert": {".jsonl", ".json", ".ndjson", ".txt"}, "ddi": {".xml", ".tar", ".tgz"}, "bioc": {".xml", ".json", ".jsonl"}, "pubtator": {".txt", ".pubtator"},
	"brat": {".ann", ".a1", ".zip", ".tar", ".tgz"}, "pubmed": {".xml"}, "arxiv": {".json", ".jsonl", ".ndjson"},
}

// fileExtension returns the extension of a file in a folder, .gz aside, that may hold rows, or "".
func fileExtension(path string) string {
	if ext := extension(path); knownFormat(ext) {
		return ext
	}
	ext := strings.ToLower(filepath.Ext(strings.TrimSuffix(strings.ToLower(path), ".gz")))
	for _, known := range corpusExtensions {
		if slices.Contains(known, ext) {
			return ext
		}
	}
	return ""
}

// corpusFiles finds the corpora among the files of a folder, which it is given by extension, and moves them to the name of
// their format: the wanted one if that is not "", else what the first file of an extension is in. Where there are tables, other
// files are left out.
func corpusFiles(byExt map[string][]string, wanted string) {
	tables := false
	for ext := range byExt {
		tables = tables || knownFormat(ext) && ext != ".txt"
	}
	for _, ext := range slices.Sorted(maps.Keys(byExt)) {
		files := byExt[ext]
		if len(files) == 0 {
			continue
		}
		name := wanted
		switch {
		case wanted != "" && !slices.Contains(corpusExtensions[wanted], ext):
			name = ""
		case wanted == "" && (knownFormat(ext) || !tables):
			name, _ = corpusFormat(files[0]) // what is in no format is left out
		}
		if name == "" {
			if !knownFormat(ext) {
				delete(byExt, ext)
			}
			continue
		}
		delete(byExt, ext)
		if name == "brat" {
			delete(byExt, ".txt") // the texts
		}
		if name == "chemprot" {
			files = slices.DeleteFunc(files, func(f string) bool { return !strings.Contains(filepath.Base(f), "abstracts") })
		}
		if len(files) > 0 {
			byExt[name] = append(byExt[name], files...)
			slices.Sort(byExt[name])
		}
	}
}

// corpusFormatNames lists what WithFormat takes beside extensions.
func corpusFormatNames() string { return strings.Join(slices.Sorted(maps.Keys(corpusFormats)), ", ") }
