package corpus

import (
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func zipped(s string) string {
	var b strings.Builder
	z := gzip.NewWriter(&b)
	io.WriteString(z, s)
	z.Close()
	return b.String()
}

func TestReadFile(t *testing.T) {
	dir := t.TempDir()
	const in = "IL-2\tB-DNA\n"
	write(t, dir, "a.tsv", in)
	write(t, dir, "a.tsv.gz", zipped(in))
	write(t, dir, "packed", zipped(in))
	for _, name := range []string{"a.tsv", "a.tsv.gz", "packed"} {
		got, err := ReadFile(filepath.Join(dir, name), ReadCoNLL)
		if err != nil || len(got) != 1 {
			t.Errorf("%s: %v, %v", name, got, err)
		}
	}
	write(t, dir, "bad.tsv", in+"b O\n")
	write(t, dir, "cut.gz", zipped(strings.Repeat(in, 1000))[:60])
	write(t, dir, "empty", "")
	for name, want := range map[string]string{
		"bad.tsv": `bad.tsv:2: "b O" is not word, tab, tag`,
		"cut.gz":  "unexpected EOF",
		"empty":   "empty: nothing in it (want lines of word, tab, tag)",
		"none":    "none: no such file or directory",
		".":       "is a directory",
	} {
		_, err := ReadFile(filepath.Join(dir, name), ReadCoNLL)
		var p *ParseError
		if !errors.As(err, &p) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %s in it", name, err, want)
		}
	}
	if _, err := ReadFile(filepath.Join(dir, "none"), ReadCoNLL); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("got %v, want ErrNotExist", err)
	}
}

// endless is a text that never ends, as some megabytes of gzip may hold.
type endless struct{ line string }

func (e endless) Read(p []byte) (int, error) {
	for n := 0; n < len(p); n += len(e.line) {
		copy(p[n:], e.line)
	}
	return len(p), nil
}

func TestLimits(t *testing.T) {
	c := &capped{endless{"\n"}, 100_000}
	if _, err := ReadCoNLL(c); err == nil || !strings.Contains(err.Error(), "line 100001: more than 1073741824 bytes") {
		t.Errorf("a file without end: %v", err)
	}
	for name, read := range map[string]func(io.Reader) error{
		"CoNLL":    func(r io.Reader) error { _, err := ReadCoNLL(r); return err },
		"BLUE":     func(r io.Reader) error { _, err := ReadBLUE(r); return err },
		"DDI":      func(r io.Reader) error { _, err := ReadDDI(r); return err },
		"BC2GM":    func(r io.Reader) error { _, err := ReadBC2GM(r, r, r); return err },
		"ChemProt": func(r io.Reader) error { _, err := ReadChemProt(r, r, r, r); return err },
		"PubTator": func(r io.Reader) error { _, err := ReadPubTator(r); return err },
		"PubMed":   func(r io.Reader) error { _, err := collect(ReadPubMed(r)); return err },
		"arXiv":    func(r io.Reader) error { _, err := collect(ReadArXiv(r)); return err },
		"BioC XML": func(r io.Reader) error { _, err := ReadBioCXML(r); return err },
		"BioC":     func(r io.Reader) error { _, err := ReadBioCJSON(r); return err },
	} {
		for _, in := range []io.Reader{
			endless{"x"}, io.MultiReader(strings.NewReader("index\tsentence\tlabel\n\""), endless{"y"}), io.MultiReader(strings.NewReader("<document id=\""), endless{"z"}),
			io.MultiReader(strings.NewReader("{\"id\":\""), endless{"z"}), io.MultiReader(strings.NewReader("1|t|"), endless{"z"}),
			io.MultiReader(strings.NewReader("<collection><document>"), endless{strings.Repeat("<a/>", 100)}),
		} {
			err := read(in)
			if checkError(t, err); err == nil {
				t.Errorf("%s takes a line without end", name)
			}
		}
	}
}
