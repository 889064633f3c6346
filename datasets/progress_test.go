package datasets

import (
	"bytes"
	"errors"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func TestProgress(t *testing.T) {
	var last Progress
	watch := WithProgress(func(p Progress) { last = p })
	five := load(t, "testdata/five.jsonl", watch)
	if last.Rows != 5 || last.Total != 5 || !last.Done || last.What != "reading testdata/five.jsonl" {
		t.Errorf("loading: %+v", last)
	}
	load(t, "testdata/saved-splits", watch, WithSplit("all"))
	if last.Rows != 5 || !last.Done {
		t.Errorf("loading splits: %+v", last)
	}
	must(t)(Map(five, "n", func(Row) (int, error) { return 1, nil }, watch))
	if last.Rows != 5 || last.Total != 5 || !last.Done || last.What != "mapping n" || !strings.HasPrefix(last.String(), "5 of 5 rows") {
		t.Errorf("mapping: %+v", last)
	}
	must(t)(five.Filter(func(r Row) bool { return r.Index() > 2 }, watch))
	if last.Rows != 5 || last.Total != 5 || !last.Done || last.What != "filtering" {
		t.Errorf("filtering: %+v", last)
	}
}

// However work ends, there is a last report.
func TestProgressEnds(t *testing.T) {
	var last Progress
	watch := WithProgress(func(p Progress) { last = p })
	five := load(t, "testdata/five.jsonl")
	bad := errors.New("bad row")
	_, err := Map(five, "n", func(r Row) (int, error) {
		if r.Index() == 3 {
			return 0, bad
		}
		return 1, nil
	}, watch)
	if !errors.Is(err, bad) || !last.Done || last.Rows != 3 || !errors.Is(last.Err, bad) {
		t.Errorf("a map that fails: %+v, %v", last, err)
	}
	_, err = five.Filter(func(r Row) bool { _, _ = r.Int("abstrct"); return true }, watch)
	if err == nil || !last.Done || last.Rows != 0 || last.Err == nil {
		t.Errorf("a filter that fails: %+v, %v", last, err)
	}
	_, err = Load(t.Context(), write(t, "x.jsonl", "{\"a\": 1}\n{"), watch, WithAllocator(checked(t)))
	if err == nil || !last.Done || last.Err == nil {
		t.Errorf("a load that fails: %+v, %v", last, err)
	}
	for range stream(t, "testdata/five.jsonl", watch).Batches(2) {
		break
	}
	if !last.Done || last.Err != nil || last.What != "reading testdata/five.jsonl" {
		t.Errorf("a pass that is left: %+v", last)
	}
}

// Writers count what they write.
func TestWriteProgress(t *testing.T) {
	five := load(t, "testdata/five.jsonl")
	t.Setenv("GONB_PIPE", "x")
	for _, name := range []string{"x.jsonl", "x.csv", "x.tsv.gz", "x.arrow"} {
		var reports []Progress
		m := newMeter(func(p Progress) { reports = append(reports, p) }, "writing "+name, five.NumRows())
		write, err := five.writer(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := write(rowCounter{new(bytes.Buffer), m}); err != nil {
			t.Fatal(err)
		}
		if m.done(nil); len(reports) == 0 || reports[len(reports)-1].Rows != 5 {
			t.Errorf("%s: %+v", name, reports)
		}
	}
}

// What takes longer than a second draws a bar where somebody is watching, unless that is not wanted.
func TestBarUnasked(t *testing.T) {
	five := load(t, "testdata/five.jsonl")
	t.Setenv("GONB_PIPE", "x")
	got := stdout(t, func() error {
		d, err := Map(five, "n", func(Row) (int, error) { time.Sleep(barAfter/5 + 20*time.Millisecond); return 1, nil })
		if err == nil {
			d.Release()
		}
		return err
	})
	if !regexp.MustCompile(`^\rmapping n.*5 rows, .* rows/s *\n$`).MatchString(got) {
		t.Errorf("slow work draws %q", got)
	}
	took := func(d time.Duration, opts ...Option) string {
		return stdout(t, func() error {
			o, err := newOptions(opts)
			if err != nil {
				return err
			}
			m := o.newMeter("mapping n", 5)
			m.start, m.last = m.start.Add(-d), m.last.Add(-d)
			m.add(5)
			m.done(nil)
			return nil
		})
	}
	if got := took(barAfter / 2); got != "" {
		t.Errorf("quick work draws %q", got)
	}
	if got := took(2 * barAfter); got == "" {
		t.Error("slow work draws nothing")
	}
	if got := took(2*barAfter, WithProgress(nil)); got != "" {
		t.Errorf("WithProgress(nil) draws %q", got)
	}
	t.Setenv(BarsVariable, "1")
	if got := took(2 * barAfter); got != "" || Bar() != nil {
		t.Errorf("%s=1 draws %q", BarsVariable, got)
	}
	t.Setenv(BarsVariable, "")
	t.Setenv("GONB_PIPE", "")
	if got := took(2 * barAfter); got != "" {
		t.Errorf("nobody watches, and it draws %q", got)
	}
}

func TestBarTo(t *testing.T) {
	var out bytes.Buffer
	draw := BarTo(&out)
	draw(Progress{What: "mapping words", Rows: 1200, Total: 5000, Elapsed: time.Second})
	draw(Progress{What: "mapping words", Rows: 3, Total: 1e9, Elapsed: 3 * time.Second})
	draw(Progress{What: "mapping words", Rows: 5000, Total: 5000, Elapsed: 2 * time.Second, Done: true})
	draw(Progress{What: "reading data/abstracts-of-2024.jsonl", Rows: 1234567, Elapsed: 10 * time.Second})
	draw(Progress{What: "reading data/abstracts-of-2024.jsonl", Rows: 1, Total: 2, Done: true, Err: errors.New("cut short")})
	lines := strings.Split(strings.TrimPrefix(out.String(), "\r"), "\r")
	want := []string{
		"mapping words |██▉         | 24 % of 5,000 rows, 1,200 rows/s, 3 s left",
		"mapping words |            | 0 % of 1,000,000,000 rows, 1 rows/s, 277777 h 46 …",
		"mapping words: 5,000 rows, 2,500 rows/s",
		"reading ...of-2024.jsonl: 1,234,567 rows, 123,456 rows/s",
		"reading ...of-2024.jsonl: 1 of 2 rows",
	}
	if len(lines) != len(want) {
		t.Fatalf("%d lines: %q", len(lines), lines)
	}
	for i, line := range lines {
		if got := strings.TrimRight(line, " \n"); got != want[i] || utf8.RuneCountInString(strings.TrimRight(line, "\n")) > 79 {
			t.Errorf("line %d\n got %q\nwant %q", i, got, want[i])
		}
		if ends := strings.HasSuffix(line, "\n"); ends != (i == 2 || i == 4) {
			t.Errorf("line %d: %q", i, line)
		}
	}
}

func TestDuration(t *testing.T) {
	for s, want := range map[float64]string{0.2: "0 s", 59.4: "59 s", 59.6: "1 min 0 s", 3725: "1 h 2 min", 1e300: "277777 h 46 min"} {
		if got := duration(s); got != want {
			t.Errorf("%v: %s, want %s", s, got, want)
		}
	}
}

// A column that is kept makes no bar of it when it is read again.
func TestBarOfCache(t *testing.T) {
	t.Setenv(CacheVariable, filepath.Join(t.TempDir(), "cache"))
	five := load(t, "testdata/five.jsonl")
	reports := 0
	for range 2 {
		must(t)(Map(five, "n", func(Row) (int, error) { return 1, nil }, WithCache("one"), WithProgress(func(Progress) { reports++ })))
	}
	if reports != 1 {
		t.Errorf("%d reports, want that of the first pass", reports)
	}
}
