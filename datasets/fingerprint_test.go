package datasets

import (
	"math"
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

type fingerprinted struct {
	ID    string   `json:"id"`
	Count int      `json:"count"`
	Share float64  `json:"share"`
	Yes   bool     `json:"yes"`
	Note  *string  `json:"note"`
	List  []string `json:"list"`
}

func TestFingerprintFormats(t *testing.T) {
	note := "αβ, \"x\"\n"
	d := must(t)(From("made", []fingerprinted{
		{"a", 1, 0.1, true, &note, []string{"x", ""}}, {"b", -2, 3, false, nil, nil}, {"ab", 1 << 60, -1e-300, true, &note, []string{"é"}},
	}, WithAllocator(checked(t))))
	want := d.Fingerprint()
	const golden = "d341b5f1cda11ddf"
	if want[:16] != golden || len(want) != 64 {
		t.Errorf("fingerprint %s, want %s...: it must never change", want, golden)
	}
	dir := t.TempDir()
	for _, ext := range []string{".jsonl", ".jsonl.gz", ".arrow", ".feather"} {
		path := filepath.Join(dir, "x"+ext)
		if err := d.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		if got := load(t, path).Fingerprint(); got != want {
			t.Errorf("%s: %s, want %s", ext, got, want)
		}
	}
	flat := must(t)(d.SelectColumns("id", "count", "share", "yes", "note"))
	path := filepath.Join(dir, "x.csv")
	if err := flat.WriteFile(path); err != nil {
		t.Fatal(err)
	}
	if got, want := load(t, path).Fingerprint(), flat.Fingerprint(); got != want {
		t.Errorf("CSV: %s, want %s", got, want)
	}
	// Neither the chunks nor the place in a bigger set matter.
	twice := must(t)(d.Concatenate(d))
	if got := must(t)(twice.Slice(3, 6)).Fingerprint(); got != want {
		t.Errorf("half of two: %s, want %s", got, want)
	}
	if got, want := must(t)(must(t)(d.Slice(0, 1)).Concatenate(must(t)(d.Slice(1, 3)))).Fingerprint(), want; got != want {
		t.Errorf("in two chunks: %s, want %s", got, want)
	}
	// What Python wrote in three formats.
	if a, b := load(t, "testdata/five.json").Fingerprint(), load(t, "testdata/five.jsonl").Fingerprint(); a != b {
		t.Errorf("five.json has %s, five.jsonl %s", a, b)
	}
	if a, b := load(t, "testdata/five.csv").Fingerprint(), load(t, "testdata/five.tsv").Fingerprint(); a != b {
		t.Errorf("five.csv has %s, five.tsv %s", a, b)
	}
}

// Sets that differ in anything have different fingerprints.
func TestFingerprintDiffers(t *testing.T) {
	seen := make(map[string]string)
	add := func(name string, d *Dataset, err error) {
		t.Helper()
		f := must(t)(d, err).Fingerprint()
		if other, ok := seen[f]; ok {
			t.Errorf("%s and %s have the same fingerprint", name, other)
		}
		seen[f] = name
	}
	type one struct{ A string }
	type other struct{ B string }
	type two struct{ A, B string }
	type number struct{ A int }
	type float struct{ A float64 }
	type yes struct{ A bool }
	type list struct{ A []string }
	type null struct{ A *string }
	type binary struct{ A []byte }
	type inner struct{ A one }
	mem := WithAllocator(checked(t))
	for name, rows := range map[string][]one{"none": {}, "empty text": {{""}}, "1": {{"1"}}, "ab,c": {{"ab"}, {"c"}}, "a,bc": {{"a"}, {"bc"}}, "c,ab": {{"c"}, {"ab"}}} {
		d, err := From("x", rows, mem)
		add(name, d, err)
	}
	for _, f := range []func() (string, *Dataset, error){
		func() (string, *Dataset, error) { d, err := From("x", []other{{"1"}}, mem); return "column B", d, err },
		func() (string, *Dataset, error) {
			d, err := From("x", []two{{"1", ""}}, mem)
			return "two columns", d, err
		},
		func() (string, *Dataset, error) { d, err := From("x", []number{{1}}, mem); return "integer", d, err },
		func() (string, *Dataset, error) { d, err := From("x", []float{{1}}, mem); return "float", d, err },
		func() (string, *Dataset, error) {
			d, err := From("x", []float{{math.NaN()}}, mem)
			return "NaN", d, err
		},
		func() (string, *Dataset, error) { d, err := From("x", []yes{{true}}, mem); return "bool", d, err },
		func() (string, *Dataset, error) {
			d, err := From("x", []list{{[]string{"1"}}}, mem)
			return "list", d, err
		},
		func() (string, *Dataset, error) {
			d, err := From("x", []list{{[]string{}}}, mem)
			return "empty list", d, err
		},
		func() (string, *Dataset, error) { d, err := From("x", []null{{nil}}, mem); return "null", d, err },
		func() (string, *Dataset, error) {
			d, err := From("x", []binary{{[]byte("1")}}, mem)
			return "binary", d, err
		},
		func() (string, *Dataset, error) {
			d, err := From("x", []inner{{one{"1"}}}, mem)
			return "struct", d, err
		},
	} {
		add(f())
	}
	// Labels count: 1 means something else under other names.
	for _, names := range [][]string{{"no", "yes"}, {"yes", "no"}, {"noyes"}} {
		b := array.NewInt64Builder(checked(t))
		b.Append(1)
		a := b.NewArray()
		md := arrow.NewMetadata(nil, nil)
		table := newTable([]arrow.Field{{Name: "A", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, [][]arrow.Array{{a}}, 1, &md)
		b.Release()
		d, err := own("x", checked(t), table, Features{{"A", Feature{Type: "ClassLabel", Names: names}}})
		add("labels "+sprint(names), d, err)
	}
}

func BenchmarkFingerprint(b *testing.B) {
	d := load(b, "arxiv-biology-demo")
	n := 0
	for text := range d.Text("abstract") {
		n += len(text)
	}
	b.SetBytes(int64(n))
	for b.Loop() {
		d.Fingerprint()
	}
}
