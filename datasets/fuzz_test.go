package datasets

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow/memory"
)

func bytesSource(name string, data []byte) source {
	return source{name, func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(data)), nil }}
}

// fuzzRead reads data, and if that works, all values, and their JSON again.
func fuzzRead(t *testing.T, open textFormat, data []byte) (*Dataset, error) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	table, err := open.read(context.Background(), []source{bytesSource("fuzz", data)}, &options{limit: -1, mem: mem})
	if err != nil {
		if !strings.Contains(err.Error(), "fuzz") {
			t.Errorf("error %v does not name the file", err)
		}
		return nil, err
	}
	d, err := own("fuzz", mem, table, nil)
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := d.WriteJSONL(&b); err != nil {
		t.Fatal(err)
	}
	for _, line := range bytes.Split(bytes.TrimSpace(b.Bytes()), []byte("\n")) {
		if len(line) > 0 && !json.Valid(line) {
			t.Errorf("wrote %q, which is no JSON", line)
		}
	}
	d.Release()
	return d, nil
}

func seeds(f *testing.F, names ...string) {
	for _, n := range names {
		data, err := os.ReadFile(filepath.Join("testdata", n))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
}

// FuzzJSON compares what is taken for a row with encoding/json.
func FuzzJSON(f *testing.F) {
	seeds(f, "five.jsonl", "five.json", "arxiv-metadata.json")
	for _, s := range []string{
		`{"a": [1, 2.5, null, "x"]}`, `{"a": {"b": []}}` + "\n" + `{"a": null}`, `{"a": "\ud83e\uddec\u0041"}`,
		`[{"a": 1}, {"b": true}]`, `{"a": NaN}`, `{}`, "[]", "[{}]", "{\"a\": \"\xff\"}", `{"a": -0e-0}`, `{"a":1,"a":2}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := fuzzRead(t, openJSON, data)
		line := bytes.TrimSpace(data)
		if len(line) == 0 || line[0] != '{' || bytes.IndexByte(line, '\n') >= 0 || bytes.IndexByte(line, '\r') >= 0 {
			return
		}
		if err == nil && !json.Valid(line) && !bytes.Contains(line, []byte("NaN")) && !bytes.Contains(line, []byte("Infinity")) {
			t.Errorf("took %q, which encoding/json does not", line)
		}
		var flat map[string]string // rows of plain texts must be taken unless the text is damaged
		if json.Unmarshal(line, &flat) == nil && err != nil && utf8.Valid(line) && !strings.Contains(err.Error(), "surrogate") && !strings.Contains(err.Error(), "twice") {
			t.Errorf("refused %q: %v", line, err)
		}
	})
}

// FuzzCSV compares the cells with those of encoding/csv, which refuses more.
func FuzzCSV(f *testing.F) {
	seeds(f, "five.csv")
	for _, s := range []string{"a,b\n1,2\n", "a\n\"x\"\"y\"\n", "a,b\r\n\"1\n2\",3\r\n", "a,a\n", "\"", "a\n\"\n", "a;b\n,\n", "id\n1.50\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := fuzzRead(t, openSeparated(','), data)
		if bytes.IndexByte(data, '\r') >= 0 || !utf8.Valid(data) || bytes.HasPrefix(data, bom) {
			return // encoding/csv changes line ends in cells, and takes any bytes
		}
		want, errStd := csv.NewReader(bytes.NewReader(data)).ReadAll()
		if errStd != nil || len(want) == 0 {
			return
		}
		if err != nil && !strings.Contains(err.Error(), "two columns are named") {
			t.Fatalf("refused %q: %v", data, err)
		}
		l, err := openLines(bytesSource("fuzz", data))
		if err != nil {
			t.Fatal(err)
		}
		c := &cells{l: l, sep: ','}
		for _, rec := range want {
			got, err := c.next()
			if err != nil {
				t.Fatalf("%q: %v", data, err)
			}
			if !slices.EqualFunc(rec, got, func(a string, b []byte) bool { return a == string(b) }) {
				t.Fatalf("%q: cells %q, want %q", data, got, rec)
			}
		}
		if rec, err := c.next(); err != io.EOF {
			t.Fatalf("%q: another record %q, %v", data, rec, err)
		}
	})
}

// FuzzTSV reads what has quotes between tabs as FuzzCSV does, and tells corpora from tables.
func FuzzTSV(f *testing.F) {
	seeds(f, "five.tsv")
	for _, s := range []string{"a\tb\n1\t2\n", "a\n\"x\ty\"\n", "IL-2\tB-DNA\ngene\tI-DNA\n", "index\tsentence\tlabel\n1\tx\ty\n", "a\ta\n", "\t\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		fuzzRead(t, openSeparated('\t'), data)
		path := filepath.Join(t.TempDir(), "fuzz.tsv")
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
		defer mem.AssertSize(t, 0)
		d, err := Load(t.Context(), path, WithAllocator(mem))
		if err == nil {
			d.Release()
		} else if !strings.Contains(err.Error(), "fuzz.tsv") {
			t.Errorf("error %v does not name the file", err)
		}
	})
}

// FuzzText compares the rows with the lines that package strings finds.
func FuzzText(f *testing.F) {
	seeds(f, "five.txt")
	for _, s := range []string{"a\n\nb", "a\r\nb\r", "\ufeffβ\n", "\xff", "\n", "\r\r\n", "a\x00\u2028b"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, err := fuzzRead(t, openText, data)
		text := strings.TrimPrefix(string(data), string(bom))
		if err != nil {
			if utf8.Valid(data) && text != "" {
				t.Errorf("refused %q: %v", data, err)
			}
			return
		}
		var want []string
		for line := range strings.Lines(text) {
			line = strings.TrimSuffix(line, "\n")
			want = append(want, strings.TrimSuffix(line, "\r"))
		}
		table, err := textFormat(openText).read(context.Background(), []source{bytesSource("fuzz", data)}, &options{limit: -1, mem: memory.DefaultAllocator})
		if err != nil {
			t.Fatal(err)
		}
		d, err := own("fuzz", memory.DefaultAllocator, table, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Release()
		if got := texts(t, d, "text"); !slices.Equal(got, want) {
			t.Errorf("rows %q, want %q", got, want)
		}
	})
}

func FuzzArrow(f *testing.F) {
	seeds(f, "five.arrow", "stream.arrow", "views.arrow", "views.stream.arrow", "views.dictionary.arrow", "polars.arrow")
	f.Fuzz(func(t *testing.T, data []byte) {
		path := filepath.Join(t.TempDir(), "x.arrow")
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
		_ = tryLoad(t, path, func(d *Dataset) {
			if err := d.WriteJSONL(io.Discard); err != nil {
				t.Error(err)
			}
		})
	})
}

func FuzzFeatures(f *testing.F) {
	f.Add([]byte(`{"a": {"feature": {"names": ["O"], "_type": "ClassLabel"}, "length": -1, "_type": "Sequence"}, "b": [{"x": {"_type": "Image"}}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var fs Features
		if json.Unmarshal(data, &fs) != nil {
			return
		}
		out, err := fs.MarshalJSON()
		if err != nil {
			t.Fatal(err)
		}
		var again Features
		if err := json.Unmarshal(out, &again); err != nil {
			t.Fatalf("%s: %v", out, err)
		}
	})
}
