package datasets

import (
	"path/filepath"
	"strings"
	"testing"
)

// Types that arrow reads wrongly, panics at, or does not know are refused by name, in files and streams, at any depth, whether the
// set is loaded or streamed; and columns beside them can be read.
func TestUnsupportedTypes(t *testing.T) {
	for name, typ := range map[string]string{
		"list_view": "list_view<item: int64, nullable>", "large_list_view": "large_list_view<", "list_view_of_view": "list_view<item: string_view, nullable>",
		"dense_union": "dense_union<", "sparse_union": "sparse_union<", "run_end_encoded": "run_end_encoded<",
		"list_of_union": "sparse_union<", "list_of_runs": "run_end_encoded<",
		"decimal32": "decimal32", "decimal64": "decimal64",
	} {
		for _, ending := range []string{".arrow", ".stream.arrow"} {
			path := filepath.Join("testdata", "unsupported", name+ending)
			check := func(how string, err error) {
				t.Helper()
				for _, want := range []string{path, "unsupported Arrow type: " + typ, "cast the column where it was made"} {
					if err == nil || !strings.Contains(err.Error(), want) {
						t.Errorf("%s %s: %v, want %q in it", how, path, err, want)
					}
				}
				if err != nil && strings.Contains(err.Error(), "damaged") {
					t.Errorf("%s %s: %v, but the file is sound", how, path, err)
				}
			}
			_, err := Load(t.Context(), path, WithAllocator(checked(t)))
			check("loading", err)
			s, err := Stream(t.Context(), path, WithAllocator(checked(t)))
			if err == nil {
				for _, err = range s.Batches(1) {
				}
			}
			check("streaming", err)
			if strings.HasPrefix(name, "decimal") { // the schema itself cannot be read
				continue
			}
			if got := texts(t, load(t, path, WithColumns("id")), "id"); len(got) != 2 || got[1] != "β" {
				t.Errorf("%s: the other column has %q", path, got)
			}
		}
	}
}

// Arrow's reader of files never gives the memory of dictionaries back, which load and stream check; its reader of streams does.
func TestDictionaryFile(t *testing.T) {
	d := load(t, "testdata/dictionary.arrow")
	path := filepath.Join(t.TempDir(), "x.arrow")
	if err := d.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	want := dump(t, d)
	if got := dump(t, load(t, path)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	// Two dictionaries in one column.
	other := load(t, path)
	second := must(t)(load(t, "testdata/dictionary.arrow", WithSplit("train[2:]")).Concatenate(load(t, "testdata/dictionary.arrow", WithSplit("train[:2]"))))
	if err := second.SaveToDisk(filepath.Join(filepath.Dir(path), "saved")); err != nil {
		t.Error(err)
	}
	if err := second.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if got, want := dump(t, load(t, path)), dump(t, second); got != want {
		t.Errorf("of two dictionaries %s, want %s", got, want)
	}
	if err := other.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	rows := 0
	for b, err := range stream(t, path).Batches(3) {
		if err != nil {
			t.Fatal(err)
		}
		rows += b.NumRows()
	}
	if rows != d.NumRows() {
		t.Errorf("%d rows, want %d", rows, d.NumRows())
	}
}
