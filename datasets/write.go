package datasets

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/datasets/internal/atomicfile"
)

// WriteJSONL writes a JSON object a row, columns in order, nulls written out.
func (d *Dataset) WriteJSONL(w io.Writer) error {
	bw, count := bufio.NewWriterSize(w, 1<<16), wrote(w)
	var line []byte
	for _, row := range d.All() {
		line = append(row.appendJSON(line[:0]), '\n')
		if _, err := bw.Write(line); err != nil {
			return fmt.Errorf("datasets: writing JSON lines: %w", err)
		}
		count(1)
	}
	if err := bw.Flush(); err != nil {
		return fmt.Errorf("datasets: writing JSON lines: %w", err)
	}
	return nil
}

// WriteJSON writes a list of JSON objects, one a line, as [Dataset.WriteJSONL] writes each: what programs take that read a file as one value.
func (d *Dataset) WriteJSON(w io.Writer) error {
	bw, count := bufio.NewWriterSize(w, 1<<16), wrote(w)
	line := []byte{'['}
	for i, row := range d.All() {
		if i > 0 {
			line = append(line, ',')
		}
		line = row.appendJSON(append(line, '\n'))
		if _, err := bw.Write(line); err != nil {
			return fmt.Errorf("datasets: writing JSON: %w", err)
		}
		line = line[:0]
		count(1)
	}
	bw.Write(append(line, "\n]\n"...)) // Flush says if that fails
	if err := bw.Flush(); err != nil {
		return fmt.Errorf("datasets: writing JSON: %w", err)
	}
	return nil
}

// WriteCSV writes a header and a record a row. Nulls are empty cells, lists and
// structs are cells of JSON.
func (d *Dataset) WriteCSV(w io.Writer) error { return d.writeSeparated(w, ',') }

func (d *Dataset) writeSeparated(w io.Writer, sep byte) error {
	bw, count := bufio.NewWriterSize(w, 1<<16), wrote(w)
	var line []byte
	write := func(cell func(k int) string) error {
		line = line[:0]
		for k := range d.cols {
			if k > 0 {
				line = append(line, sep)
			}
			line = appendCSVCell(line, cell(k), sep)
		}
		if len(line) == 0 { // one empty cell; a blank line would not be a record
			line = append(line, `""`...)
		}
		_, err := bw.Write(append(line, '\n'))
		return err
	}
	err := write(func(k int) string { return d.features[k].Name })
	for i := 0; err == nil && i < d.NumRows(); i++ {
		err = write(func(k int) string { return plainAt(d.cols[k].at(i)) })
		count(1)
	}
	if err == nil {
		err = bw.Flush()
	}
	if err != nil {
		return fmt.Errorf("datasets: writing CSV: %w", err)
	}
	return nil
}

func appendCSVCell(dst []byte, s string, sep byte) []byte {
	if strings.IndexByte(s, sep) < 0 && !strings.ContainsAny(s, "\"\r\n") && !strings.HasPrefix(s, "\ufeff") {
		return append(dst, s...)
	}
	dst = append(dst, '"')
	for {
		i := strings.IndexByte(s, '"')
		if i < 0 {
			return append(append(dst, s...), '"')
		}
		dst = append(append(dst, s[:i]...), `""`...)
		s = s[i+1:]
	}
}

// WriteFile writes d to a file in the format that the extension names: .jsonl,
// .ndjson, .json (a list, as [Dataset.WriteJSON] writes it), .csv, .tsv, these with .gz added, .arrow, .feather, and .parquet if the
// program imports datasets/parquet. The file appears complete or not at all.
//
// Corpora are written to .conll (or .iob2), .pubtator, .bioc.json and .bioc.xml, also with .gz: sentences with columns tokens and
// ner_tags, and documents as [Standoffs] reads them. Load reads the same of them, but for what a format cannot hold, which
// the writers of package corpus name. [Dataset.WriteBrat] writes a folder.
//
// Arrow and Parquet files hold the provenance of d, if it has one. Beside a file of another format it goes
// into a file of its own, entities.csv.provenance.json; if d has none, such a file is removed, since it
// would speak of what was there before. Load reads it back.
func (d *Dataset) WriteFile(path string) (err error) {
	write, err := d.writer(path)
	if err != nil {
		return err
	}
	m := new(options).newMeter("writing "+filepath.Base(path), d.NumRows())
	defer func() { m.done(err) }()
	uncounted := write
	write = func(w io.Writer) error { return uncounted(rowCounter{w, m}) }
	if strings.HasSuffix(strings.ToLower(path), ".gz") {
		plain := write
		write = func(w io.Writer) error {
			z := gzip.NewWriter(w)
			if err := plain(z); err != nil {
				return err
			}
			return z.Close()
		}
	}
	_, binary := binaryFormats[extension(path)]
	if !binary {
		text := write
		write = func(w io.Writer) error {
			if err := text(w); err != nil {
				return err
			}
			return removeProvenance(path) // a crash must not leave the old one beside the new file
		}
	}
	if err := atomicfile.Write(path, write); err != nil {
		return writeError(path, err)
	}
	if binary {
		return nil
	}
	return d.writeProvenance(path)
}

// CheckWritable reports why [Dataset.WriteFile] could not write a file at path: its extension names no
// format, or no file can be made in its folder. It is for programs that work long before they write.
func CheckWritable(path string) error {
	if _, err := (&Dataset{}).writer(path); err != nil {
		return err
	}
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return writeError(path, errors.New("it is a folder"))
	}
	if err := atomicfile.Check(path); err != nil {
		return writeError(path, err)
	}
	return nil
}

// writeError leaves out the name of the temporary file.
func writeError(path string, err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		err = pe.Err
		if errors.Is(err, fs.ErrNotExist) {
			err = fmt.Errorf("there is no folder %q", filepath.Dir(path))
		}
	}
	return fmt.Errorf("datasets: cannot write %q: %w", path, err)
}

// withoutPath returns what is wrong with a file, without its name: the message around it says that better, or the file was a temporary one.
func withoutPath(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

func (d *Dataset) writer(path string) (func(io.Writer) error, error) {
	base := strings.TrimSuffix(strings.ToLower(filepath.Base(path)), ".gz")
	for end, write := range corpusWriters {
		if strings.HasSuffix(base, end) {
			return func(w io.Writer) error {
				docs, err := d.standoffs()
				if err != nil {
					return err
				}
				return write(w, docs)
			}, nil
		}
	}
	if end := filepath.Ext(base); end == ".conll" || end == ".iob2" {
		return d.writeCoNLL, nil
	}
	switch ext := extension(path); ext {
	case ".jsonl", ".ndjson":
		return d.WriteJSONL, nil
	case ".json":
		return d.WriteJSON, nil
	case ".csv":
		return d.WriteCSV, nil
	case ".tsv":
		return func(w io.Writer) error { return d.writeSeparated(w, '\t') }, nil
	default:
		if f, ok := binaryFormats[ext]; ok {
			return func(w io.Writer) error { return f.Write(w, d.table) }, nil
		}
		if pkg := formatImports[ext]; pkg != "" {
			return nil, fmt.Errorf("datasets: writing %q needs the Parquet writer (import _ %q)", path, pkg)
		}
		return nil, fmt.Errorf("datasets: cannot write %q: unknown extension (use .jsonl, .json, .csv, .tsv, .arrow, .parquet, .conll, .pubtator, .bioc.json or .bioc.xml)", path)
	}
}

// String shows the first ten rows as an aligned table, cells cut at 32 characters and floats at six digits.
func (d *Dataset) String() string {
	const maxRows, maxCell = 10, 32
	n := min(d.NumRows(), maxRows)
	grid := make([][]string, n+2)
	for k, f := range d.features {
		grid[0] = append(grid[0], shorten(f.Name, maxCell))
		grid[1] = append(grid[1], shorten(f.Feature.String(), maxCell))
		for i := range n {
			a, at := d.cols[k].at(i)
			cell := "null"
			if !a.IsNull(at) {
				cell = shorten(shownAt(a, at), maxCell)
			}
			grid[i+2] = append(grid[i+2], cell)
		}
	}
	var b strings.Builder
	rows := "rows"
	if d.NumRows() == 1 {
		rows = "row"
	}
	fmt.Fprintf(&b, "%s: %d %s\n", d.name, d.NumRows(), rows)
	b.WriteString(aligned(grid))
	if d.NumRows() > n {
		fmt.Fprintf(&b, "... %d more\n", d.NumRows()-n)
	}
	return b.String()
}

// aligned writes rows of as many cells in columns of equal width, the last one apart.
func aligned(grid [][]string) string {
	width := make([]int, len(grid[0]))
	for _, row := range grid {
		for k, cell := range row {
			width[k] = max(width[k], utf8.RuneCountInString(cell))
		}
	}
	var b strings.Builder
	var line []byte
	for _, row := range grid {
		line = line[:0]
		for k, cell := range row {
			if line = append(line, cell...); k < len(row)-1 {
				line = append(line, strings.Repeat(" ", width[k]-utf8.RuneCountInString(cell)+2)...)
			}
		}
		b.Write(bytes.TrimRight(line, " "))
		b.WriteByte('\n')
	}
	return b.String()
}

// shorten puts s on one line of at most n characters.
func shorten(s string, n int) string {
	if len(s) > 8*n {
		s = strings.ToValidUTF8(s[:8*n], "")
	}
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) > n {
		r = append(r[:n-1], '…')
	}
	return string(r)
}
