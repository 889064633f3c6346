package datasets

import (
	"os"
	"path/filepath"
	"testing"
)

func TestSaveSplits(t *testing.T) {
	five := load(t, "testdata/five.jsonl")
	dir := filepath.Join(t.TempDir(), "saved")
	rest := must(t)(five.Slice(2, 5))
	head := must(t)(five.Slice(0, 2))
	for range 2 { // the second replaces the first
		if err := SaveSplits(dir, Split{"train", rest}, Split{"dev.1", head}); err != nil {
			t.Fatal(err)
		}
	}
	splits, err := LoadSplits(t.Context(), dir, WithAllocator(checked(t)))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []Split{{"train", rest}, {"dev.1", head}} {
		if splits[i].Name != want.Name || dump(t, splits[i].Dataset) != dump(t, want.Dataset) {
			t.Errorf("split %d is %s:\n%s", i, splits[i].Name, dump(t, splits[i].Dataset))
		}
		splits[i].Release()
	}
	if d := load(t, dir, WithSplit("dev.1+train[:1]")); d.NumRows() != 3 {
		t.Errorf("%d rows", d.NumRows())
	}
	// One set may take the place of splits, but of nothing else.
	if err := five.SaveToDisk(dir); err != nil {
		t.Error(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "mine.txt"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	other := filepath.Dir(dir)
	wantError(t, SaveSplits(other, Split{"train", five}), "which is no saved data set")
	for _, tt := range []struct {
		splits []Split
		want   string
	}{
		{nil, "no splits"},
		{[]Split{{"a", five}, {"a", five}}, `two splits are named "a"`},
		{[]Split{{"../a", five}}, `"../a" cannot be the name of a split`},
		{[]Split{{"", five}}, `"" cannot be the name of a split`},
	} {
		wantError(t, SaveSplits(filepath.Join(other, "new"), tt.splits...), tt.want)
	}
	if files := listFiles(t, other); len(files) != 1 {
		t.Errorf("left behind: %q", files)
	}
}

func TestLoadSplits(t *testing.T) {
	mem := checked(t)
	splits, err := LoadSplits(t.Context(), "testdata/saved-splits", WithColumns("id"), WithLimit(1), WithAllocator(mem))
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []string{"train", "test"} {
		if s := splits[i]; s.Name != want || s.NumRows() != 1 || len(s.Columns()) != 1 {
			t.Errorf("split %d: %s, %d rows", i, s.Name, s.NumRows())
		}
		splits[i].Release()
	}
	_, err = LoadSplits(t.Context(), "testdata/saved-splits", WithSplit("train"), WithAllocator(mem))
	wantError(t, err, "LoadSplits loads all splits")
	_, err = LoadSplits(t.Context(), "testdata/saved-splits", WithColumns("nothing"), WithAllocator(mem))
	wantError(t, err, `no column "nothing"`)
	one, err := LoadSplits(t.Context(), "testdata/five.csv", WithAllocator(mem))
	if err != nil || len(one) != 1 || one[0].Name != "train" {
		t.Fatalf("a file: %v, %v", one, err)
	}
	one[0].Release()
}
