package datasets

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func stream(t testing.TB, name string, opts ...Option) *Iterable {
	t.Helper()
	s, err := Stream(t.Context(), name, append(opts, WithAllocator(checked(t)))...)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A stream gives the rows and features that Load gives, whatever the format and the batches.
func TestStreamIsLoad(t *testing.T) {
	rows := twoSplits(t, 250, 30)
	large := filepath.Join(t.TempDir(), "large.csv")
	if err := os.WriteFile(large, []byte("id,n\n"+strings.Repeat("a,1\nb,\n", partRows)), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		opts []Option
	}{
		{"arxiv-biology-demo", nil},
		{"arxiv-biology-demo", []Option{WithSplit("train[10:20]")}},
		{"testdata/five.arrow", nil},
		{"testdata/five.arrow", []Option{WithSplit("train[-2:]+train[:1]"), WithColumns("label", "id")}},
		{"testdata/stream.arrow", nil},
		{"testdata/types.arrow", nil},
		{"testdata/views.arrow", nil},
		{"testdata/views.stream.arrow", nil},
		{"testdata/views.dictionary.arrow", nil},
		{"testdata/polars.arrow", nil},
		{"testdata/dictionary.arrow", nil},
		{"testdata/five.jsonl", nil},
		{"testdata/five.jsonl.gz", []Option{WithColumns("year", "id")}},
		{"testdata/five.json", nil},
		{"testdata/five.csv", []Option{WithLimit(2)}},
		{"testdata/five.tsv", nil},
		{"testdata/five.txt", nil},
		{"testdata/five.txt", []Option{WithSplit("train[:50%]")}},
		{"testdata/five.txt", []Option{WithLimit(1)}},
		{"testdata/saved", nil},
		{"testdata/saved-splits", []Option{WithSplit("all")}},
		{rows, []Option{WithSplit("train")}},
		{rows, []Option{WithSplit("test[5:7]+train[10%:]+test")}},
		{rows, []Option{WithSplit("train[100:]+test"), WithLimit(155)}},
		{large, nil},
		{large, []Option{WithSplit("train[20000:20003]")}},
	} {
		d := load(t, tt.name, tt.opts...)
		s := stream(t, tt.name, tt.opts...)
		if diff := cmp.Diff(sprint(d.Features()), sprint(s.Features())); diff != "" {
			t.Errorf("%s: features -want +got:\n%s", tt.name, diff)
		}
		if n, ok := s.NumRows(); ok && n != d.NumRows() {
			t.Errorf("%s: %d rows, want %d", tt.name, n, d.NumRows())
		}
		for _, size := range []int{1, 3, 100000} {
			if size == 1 && tt.name == large {
				continue
			}
			var got strings.Builder
			n := 0
			for b, err := range s.Batches(size) {
				if err != nil {
					t.Fatalf("%s: %v", tt.name, err)
				}
				if b.NumRows() != min(size, d.NumRows()-n) || !slices.Equal(b.Columns(), d.Columns()) {
					t.Fatalf("%s: a batch of %d rows, after %d of %d, columns %v", tt.name, b.NumRows(), n, d.NumRows(), b.Columns())
				}
				if b.Row(0).Index() != n {
					t.Errorf("%s: the batch begins with row %d, want %d", tt.name, b.Row(0).Index(), n)
				}
				n += b.NumRows()
				if err := b.WriteJSONL(&got); err != nil {
					t.Fatal(err)
				}
			}
			var want strings.Builder
			if err := d.WriteJSONL(&want); err != nil {
				t.Fatal(err)
			}
			if got.String() != want.String() {
				t.Errorf("%s %v: batches of %d have other rows than Load", tt.name, d.Source("").Split, size)
			}
		}
	}
}

func TestStreamRows(t *testing.T) {
	s := stream(t, "testdata/five.jsonl")
	want := load(t, "testdata/five.jsonl")
	var got []string
	for text, err := range s.Text("title") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, text)
	}
	if !slices.Equal(got, texts(t, want, "title")) {
		t.Errorf("texts %q", got)
	}
	i := 0
	for doc, err := range s.Documents("abstract") {
		if err != nil || doc.ID != ids[i] {
			t.Errorf("document %d: %q, %v", i, doc.ID, err)
		}
		i++
	}
	for row, err := range s.All() {
		if err != nil || row.Index() != 0 {
			t.Errorf("row %d, %v", row.Index(), err)
		}
		break // gives all memory back
	}
	for b, err := range s.Batches(2) {
		if err != nil || b.NumRows() != 2 {
			t.Errorf("%v, %v", b, err)
		}
		break
	}
	n := 0
	for doc, err := range stream(t, write(t, "x.txt", strings.Repeat("a\n", partRows+2))).Documents("text") {
		if err != nil || doc.ID != fmt.Sprint(n) {
			t.Fatalf("%q, %v", doc.ID, err)
		}
		n++
	}
	if n != partRows+2 {
		t.Errorf("%d documents", n)
	}
}

// Passes do not disturb one another.
func TestStreamConcurrent(t *testing.T) {
	s := stream(t, "testdata/five.jsonl")
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			i := 0
			for text, err := range s.Text("id") {
				if err != nil || text != ids[i] {
					t.Errorf("%q, %v", text, err)
				}
				i++
			}
		})
	}
	wg.Wait()
}

func TestStreamErrors(t *testing.T) {
	dir := twoSplits(t, 10, 5)
	for _, tt := range []struct {
		name, want string
		opts       []Option
	}{
		{"none", "no data set", nil},
		{dir, "has several splits: train, test", nil},
		{dir, `has no split "dev" (has train, test)`, []Option{WithSplit("dev[:1%]")}},
		{dir, `split "train[3:2]" has no rows`, []Option{WithSplit("train[3:2]")}},
		{"testdata/five.jsonl", `no column "abstrct" (has abstract`, []Option{WithColumns("abstrct")}},
		{"testdata/five.arrow", `no column "abstrct" (has id`, []Option{WithColumns("abstrct")}},
		{write(t, "x.parquet", "PAR1"), "needs the Parquet reader", nil},
		{write(t, "x.arrow", "ARROW1 and so on"), "x.arrow", nil},
		{write(t, "x.arrow", ""), "is empty", nil},
		{write(t, "x.jsonl", "{\"a\": 1}\n{\"a\": }\n"), "x.jsonl:2: ", nil},
		{filepath.Dir(filepath.Dir(write(t, "d/train.jsonl", `{"a": 1}`))), "", nil},
	} {
		s, err := Stream(t.Context(), tt.name, append(tt.opts, WithAllocator(checked(t)))...)
		if tt.want == "" {
			if err != nil {
				t.Error(err)
			}
			continue
		}
		wantError(t, err, tt.want)
		if s != nil {
			t.Errorf("%s: a stream came with the error", tt.want)
		}
	}
	for _, err := range stream(t, "testdata/five.jsonl").Text("abstrct") {
		wantError(t, err, `no column "abstrct"`)
		if strings.Contains(err.Error(), "jsonl:") {
			t.Errorf("the file is blamed: %v", err)
		}
	}
	path := write(t, "y.jsonl", "{\"a\": 1}\n")
	s := stream(t, path)
	if err := os.WriteFile(path, []byte("{\"a\": \"x\"}\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for b, err := range s.Batches(1) {
		if err == nil || b != nil {
			t.Error("a file that changed was read")
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	s, err := Stream(ctx, write(t, "x.txt", strings.Repeat("a\n", 5000)), WithAllocator(checked(t)))
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	failed := false
	for _, err := range s.Batches(10) {
		failed = errors.Is(err, context.Canceled)
	}
	if !failed {
		t.Error("a cancelled stream went on")
	}
}

func TestStreamProgress(t *testing.T) {
	var last Progress
	s := stream(t, "testdata/five.jsonl", WithProgress(func(p Progress) { last = p }))
	for _, err := range s.Text("id") {
		if err != nil {
			t.Fatal(err)
		}
	}
	if last.Rows != 5 || last.Total != 5 || !last.Done {
		t.Errorf("%+v", last)
	}
	if s := (Progress{Rows: 3, Total: 6, Elapsed: 1.5e9}).String(); s != "3 of 6 rows, 2 rows/s" {
		t.Error(s)
	}
}
