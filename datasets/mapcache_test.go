package datasets

import (
	"testing"
)

func TestMapCache(t *testing.T) {
	dir := t.TempDir() + "/made/here"
	t.Setenv(CacheVariable, dir)
	d := one(t, "a", "bb", "a")
	calls := 0
	count := func(d *Dataset, opts ...Option) []int64 {
		t.Helper()
		out := must(t)(Map(d, "n", func(r Row) (int, error) {
			calls++
			s, err := r.String("x")
			return len(s), err
		}, opts...))
		return ints(t, out, "n")
	}
	expect := func(what string, want int) {
		t.Helper()
		if calls != want {
			t.Errorf("%s: %d calls, want %d", what, calls, want)
		}
		calls = 0
	}
	first := count(d, WithCache("length"))
	expect("first", 3)
	if again := count(d, WithCache("length")); sprint(again) != sprint(first) || sprint(again) != "[1 2 1]" {
		t.Errorf("%v, then %v", first, again)
	}
	expect("again", 0)
	count(one(t, "a", "bb", "a"), WithCache("length"))
	expect("the same contents", 0)
	count(one(t, "a", "bb", "c"), WithCache("length"))
	expect("other contents", 3)
	count(d, WithCache("length 2"))
	expect("another step", 3)
	count(d)
	expect("without a name", 3)
	must(t)(Map(d, "n", func(Row) (string, error) { return "s", nil }, WithCache("length")))
	t.Setenv(CacheVariable, "off")
	count(d, WithCache("length"))
	expect("switched off", 3)

	t.Setenv(CacheVariable, dir)
	files := listFiles(t, dir)
	if len(files) != 4 {
		t.Errorf("files %v", files)
	}
	for _, f := range files {
		damage(t, f)
	}
	if got := count(d, WithCache("length")); sprint(got) != "[1 2 1]" {
		t.Errorf("with a damaged file: %v", got)
	}
	expect("damaged", 3)
	count(d, WithCache("length"))
	expect("made anew", 0)

	t.Setenv(CacheVariable, files[0]) // no folder
	_, err := Map(d, "n", func(Row) (int, error) { t.Error("called"); return 0, nil }, WithCache("length"))
	wantError(t, err, `cannot keep column "n" in`)
	_, err = Map(d, "n", func(Row) (int, error) { return 0, nil }, WithCache(""))
	wantError(t, err, "a step needs a name")
}
