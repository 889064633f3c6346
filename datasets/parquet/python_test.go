package parquet_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/sparsebio/sparsebio/datasets"
	"github.com/sparsebio/sparsebio/datasets/internal/pythontest"
)

// makeFeatures saves a set with a column of every kind of feature: by save_to_disk, in Parquet and in Arrow, and what it should
// be as JSON.
const makeFeatures = `
import datetime, json, sys, datasets
from datasets import ClassLabel, Features, List, LargeList, Value
dir = sys.argv[1]
V = Value
features = Features({
    "i8": V("int8"), "i64": V("int64"), "u8": V("uint8"), "u64": V("uint64"), "f32": V("float32"), "f64": V("float64"), "yes": V("bool"),
    "text": V("string"), "long": V("large_string"), "bytes": V("binary"), "none": V("string"),
    "day": V("date32"), "s": V("timestamp[s]"), "ms": V("timestamp[ms]"), "us": V("timestamp[us]"), "ns": V("timestamp[ns]"),
    "utc": V("timestamp[us, tz=UTC]"), "berlin": V("timestamp[ms, tz=Europe/Berlin]"),
    "label": ClassLabel(names=["NEG", "CPR:3", "β, \"γ\""]), "tags": List(ClassLabel(names=["O", "B-DNA", "I-DNA"])),
    "words": List(V("string")), "pair": List(V("int32"), length=2), "large": LargeList(V("int64")), "deep": List(List(V("float64"))),
    "span": {"type": V("string"), "start": V("int64"), "inner": {"at": V("timestamp[us]"), "k": ClassLabel(names=["a", "b"])}},
    "entities": List({"type": V("string"), "offsets": List(V("int64")), "when": V("timestamp[ms]")}),
})
t = datetime.datetime(2024, 2, 29, 12, 30, 59)
rows = []
for i in range(25):
    null = i % 5 == 4
    v = lambda x: None if null else x
    rows.append({
        "i8": v(-i), "i64": v(-i * 10**15), "u8": v(i), "u64": v(2**63 - 1 - i), "f32": v(i / 4), "f64": v(i / 3), "yes": v(i % 2 == 0),
        "text": v("NF-κB \n%d" % i), "long": v("x" * i), "bytes": v(bytes([i, 0, 255])), "none": None,
        "day": v(datetime.date(1969, 12, 1 + i)), "s": v(t), "ms": v(t.replace(microsecond=1000 * i)), "us": v(t.replace(microsecond=i)), "ns": v(t.replace(microsecond=i)),
        "utc": v(t.replace(tzinfo=datetime.timezone.utc)), "berlin": v(t.replace(tzinfo=datetime.timezone.utc)),
        "label": v(i % 3), "tags": v([j % 3 for j in range(i % 4)]),
        "words": v(["w%d" % j if j else None for j in range(i % 3)]), "pair": v([i, -i]), "large": v([i] * (i % 3)), "deep": v([[1.5], []][: i % 3]),
        "span": v({"type": "DNA", "start": i, "inner": {"at": t, "k": i % 2}}),
        "entities": v([{"type": "RNA", "offsets": [j, i], "when": t} for j in range(i % 3)]),
    })
d = datasets.Dataset.from_list(rows, features=features)
d.save_to_disk(dir + "/saved")
d.to_parquet(dir + "/data.parquet")
datasets.DatasetDict({"train": d.select(range(20)), "test": d.select(range(20, 25))}).save_to_disk(dir + "/dict")
json.dump({c: features.to_dict()[c] for c in features}, open(dir + "/features.json", "w"))
`

// sameFeatures compares what we saved with what makeFeatures did, of every way. Parquet has no seconds for Python either.
const sameFeatures = `
import sys, datasets, pyarrow as pa
dir = sys.argv[1]
want = datasets.load_from_disk(dir + "/saved")
theirs = datasets.Dataset.from_parquet(dir + "/data.parquet", cache_dir=dir + "/cache")
def same(name, ours, want):
    assert ours.features == want.features, (name, {c: (ours.features[c], want.features[c]) for c in want.features if ours.features.get(c) != want.features[c]})
    for a, b in zip(list(ours), list(want), strict=True):
        assert a == b, (name, {c: (a[c], b[c]) for c in b if a[c] != b[c]})
same("save_to_disk", datasets.load_from_disk(dir + "/ours"), want)
same("arrow", datasets.Dataset(datasets.table.InMemoryTable(pa.ipc.open_file(dir + "/ours.arrow").read_all())), want)
same("parquet", datasets.Dataset.from_parquet(dir + "/ours.parquet", cache_dir=dir + "/cache2"), theirs)
dict = datasets.load_from_disk(dir + "/oursdict")
assert list(dict) == ["train", "test"], dict
same("train", dict["train"], want.select(range(20)))
same("test", dict["test"], want.select(range(20, 25)))
`

// Every feature that Python's datasets writes is read, and Python reads back what we write of it: the same features, and the same rows.
func TestFeaturesPython(t *testing.T) {
	python := pythontest.Interpreter(t, "datasets", "pyarrow")
	dir := t.TempDir()
	run := func(script string) {
		t.Helper()
		cmd := exec.Command(python, "-c", script, dir)
		cmd.Env = append(os.Environ(), "HF_HOME="+dir, "HF_DATASETS_DISABLE_PROGRESS_BARS=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	run(makeFeatures)
	saved := load(t, filepath.Join(dir, "saved"))
	data, err := os.ReadFile(filepath.Join(dir, "features.json"))
	if err != nil {
		t.Fatal(err)
	}
	var want datasets.Features
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	text := func(fs datasets.Features) string {
		b, err := json.MarshalIndent(fs, "", " ")
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if diff := cmp.Diff(text(want), text(saved.Features())); diff != "" {
		t.Errorf("features (-Python +read):\n%s", diff)
	}
	if diff := cmp.Diff(dump(t, saved), dump(t, load(t, filepath.Join(dir, "data.parquet")))); diff != "" {
		t.Errorf("-saved +Parquet:\n%s", diff)
	}
	if err := saved.SaveToDisk(filepath.Join(dir, "ours")); err != nil {
		t.Fatal(err)
	}
	for _, ext := range []string{".arrow", ".parquet"} {
		if err := saved.WriteFile(filepath.Join(dir, "ours"+ext)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(dump(t, saved), dump(t, load(t, filepath.Join(dir, "ours"+ext)))); diff != "" {
			t.Errorf("%s: -written +read:\n%s", ext, diff)
		}
	}
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	splits, err := datasets.LoadSplits(t.Context(), filepath.Join(dir, "dict"), datasets.WithAllocator(mem))
	if err != nil {
		t.Fatal(err)
	}
	if err := datasets.SaveSplits(filepath.Join(dir, "oursdict"), splits...); err != nil {
		t.Fatal(err)
	}
	for _, s := range splits {
		s.Release()
	}
	mem.AssertSize(t, 0)
	run(sameFeatures)
}
