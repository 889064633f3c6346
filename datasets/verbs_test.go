package datasets

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/google/go-cmp/cmp"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// ids are those of testdata/five.arrow.
var ids = []string{"0704.0001", "2401.00010", "2402.00003", "2403.00004", "2404.00005"}

func pickIDs(rows ...int) (out []string) {
	for _, i := range rows {
		out = append(out, ids[i])
	}
	return out
}

func TestVerbs(t *testing.T) {
	five := load(t, "testdata/five.arrow")
	for _, tt := range []struct {
		name string
		verb func() (*Dataset, error)
		want []int
	}{
		{"slice", func() (*Dataset, error) { return five.Slice(1, 3) }, []int{1, 2}},
		{"empty slice", func() (*Dataset, error) { return five.Slice(5, 5) }, nil},
		{"head", func() (*Dataset, error) { return five.Head(2), nil }, []int{0, 1}},
		{"long head", func() (*Dataset, error) { return five.Head(99), nil }, []int{0, 1, 2, 3, 4}},
		{"no head", func() (*Dataset, error) { return five.Head(-1), nil }, nil},
		{"select", func() (*Dataset, error) { return five.Select(4, 0, 0, 1, 2) }, []int{4, 0, 0, 1, 2}},
		{"select none", func() (*Dataset, error) { return five.Select() }, nil},
		{"filter", func() (*Dataset, error) {
			return five.Filter(func(r Row) bool { b, _ := r.IsNull("year"); return !b })
		}, []int{0, 1, 3, 4}},
		{"filter all out", func() (*Dataset, error) { return five.Filter(func(Row) bool { return false }) }, nil},
		{"sort by text", func() (*Dataset, error) { return five.Sort("title", false) }, []int{1, 2, 3, 0, 4}},
		{"sort by number, nulls last", func() (*Dataset, error) { return five.Sort("score", false) }, []int{4, 0, 1, 2, 3}},
		{"sort down, nulls last", func() (*Dataset, error) { return five.Sort("score", true) }, []int{2, 1, 0, 4, 3}},
		{"sort is stable", func() (*Dataset, error) { return five.Sort("year", false) }, []int{0, 1, 3, 4, 2}},
		{"sort down is stable", func() (*Dataset, error) { return five.Sort("year", true) }, []int{1, 3, 4, 0, 2}},
		{"sort by bool", func() (*Dataset, error) { return five.Sort("reviewed", false) }, []int{1, 4, 0, 2, 3}},
		{"sort by time", func() (*Dataset, error) { return five.Sort("published", true) }, []int{4, 2, 1, 0, 3}},
		{"sort by label", func() (*Dataset, error) { return five.Sort("label", false) }, []int{0, 3, 1, 4, 2}},
		{"shuffle", func() (*Dataset, error) { return five.Shuffle(42) }, permutation(5, 42)},
		{"concatenate", func() (*Dataset, error) { return five.Concatenate(five, five.Head(0)) }, []int{0, 1, 2, 3, 4, 0, 1, 2, 3, 4}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := must(t)(tt.verb())
			if diff := cmp.Diff(pickIDs(tt.want...), texts(t, got, "id"), cmp.Comparer(func(a, b []string) bool { return slices.Equal(a, b) })); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			// Whole rows move, and features stay.
			for i, r := range got.All() {
				want, err := five.Row(tt.want[i]).MarshalJSON()
				if row, err2 := r.MarshalJSON(); err != nil || err2 != nil || string(row) != string(want) {
					t.Errorf("row %d: %s, want %s", i, row, want)
				}
			}
			if names, err := got.ClassNames("label"); err != nil || len(names) != 3 {
				t.Errorf("class names %v, %v", names, err)
			}
		})
	}
}

func TestVerbsOfVerbs(t *testing.T) {
	five := load(t, "testdata/five.arrow")
	d := must(t)(five.Slice(1, 5))
	d = must(t)(d.Sort("id", true))
	d = must(t)(d.Slice(1, 4))
	d = must(t)(d.Concatenate(five))
	d = must(t)(d.Select(7, 0, 3, 2))
	if diff := cmp.Diff(pickIDs(4, 3, 0, 1), texts(t, d, "id")); diff != "" {
		t.Error(diff)
	}
	if v, err := Column[[]string](d, "categories"); err != nil || sprint(v) != "[[q-bio.QM physics.bio-ph] [q-bio.QM] [q-bio.MN q-bio.CB] [q-bio.GN]]" {
		t.Errorf("categories %v, %v", v, err)
	}
}

func TestColumns(t *testing.T) {
	five := load(t, "testdata/five.arrow")
	d := must(t)(five.SelectColumns("label", "id"))
	d = must(t)(d.RenameColumn("label", "topic"))
	if got := d.Columns(); !slices.Equal(got, []string{"topic", "id"}) {
		t.Errorf("columns %v", got)
	}
	if names, err := d.ClassNames("topic"); err != nil || !slices.Equal(names, []string{"other", "signalling", "genomics"}) {
		t.Errorf("class names %v, %v", names, err)
	}
	if n := five.NumRows(); n != 5 || !slices.Contains(five.Columns(), "label") {
		t.Error("a verb changed the set it was called on")
	}
	same := must(t)(five.RenameColumn("id", "id"))
	if !slices.Equal(same.Columns(), five.Columns()) {
		t.Error("renaming to the same name changed the columns")
	}
}

func TestVerbErrors(t *testing.T) {
	five := load(t, "testdata/five.arrow")
	other := load(t, "testdata/five.jsonl")
	for _, tt := range []struct {
		verb func() (*Dataset, error)
		want string
	}{
		{func() (*Dataset, error) { return five.Slice(2, 6) }, "no rows 2 to 6"},
		{func() (*Dataset, error) { return five.Slice(-1, 2) }, "no rows -1 to 2"},
		{func() (*Dataset, error) { return five.Slice(3, 2) }, "no rows 3 to 2"},
		{func() (*Dataset, error) { return five.Select(0, 5) }, `no row 5 in data set "testdata/five.arrow" (has 5)`},
		{func() (*Dataset, error) { return five.Sort("abstrct", false) }, `no column "abstrct"`},
		{func() (*Dataset, error) { return five.Sort("categories", false) }, `cannot be sorted by column "categories", which is list<string>`},
		{func() (*Dataset, error) { return five.SelectColumns("id", "abstrct") }, `no column "abstrct"`},
		{func() (*Dataset, error) { return five.SelectColumns("id", "id") }, `selected twice`},
		{func() (*Dataset, error) { return five.RenameColumn("abstrct", "text") }, `no column "abstrct"`},
		{func() (*Dataset, error) { return five.RenameColumn("id", "title") }, `has one already`},
		{func() (*Dataset, error) { return five.Concatenate(other) }, `which has columns`},
		{func() (*Dataset, error) {
			a := must(t)(five.SelectColumns("id", "year"))
			return a.Concatenate(must(t)(other.SelectColumns("year", "id")))
		}, `column "year" is int64 here and int32 there`},
		{func() (*Dataset, error) {
			return five.Filter(func(r Row) bool { s, _ := r.String("abstrct"); return s != "" })
		}, `no column "abstrct" in data set "testdata/five.arrow" (has id, title,`},
		{func() (*Dataset, error) {
			return five.Filter(func(r Row) bool { y, _ := r.Int("year"); return y > 2000 })
		}, `column "year" of data set "testdata/five.arrow" is null in row 2`},
		{func() (*Dataset, error) {
			return Map(five, "n", func(r Row) (int, error) { s, _ := r.String("abstrct"); return len(s), nil })
		}, `mapping row 0 of data set "testdata/five.arrow": datasets: no column "abstrct"`},
		{func() (*Dataset, error) {
			return Map(five, "n", func(Row) (int, error) { return 0, errors.New("no reason") })
		}, "mapping row 0 of data set \"testdata/five.arrow\": no reason"},
		{func() (*Dataset, error) {
			return Map(five, "n", func(Row) (chan int, error) { return nil, nil })
		}, `column "n": no column type for Go type chan int`},
		{func() (*Dataset, error) { return AddColumn(five, "n", []int{1, 2}) }, `2 values for column "n"`},
	} {
		d, err := tt.verb()
		wantError(t, err, tt.want)
		if d != nil {
			t.Errorf("%s: a set came with the error", tt.want)
		}
	}
}

// The order is a promise: it must not change with Go or with this package.
func TestShuffleIsFixed(t *testing.T) {
	for _, tt := range []struct {
		n    int
		seed uint64
		want []int
	}{
		{0, 1, []int{}},
		{1, 1, []int{0}},
		{10, 0, []int{4, 8, 1, 5, 0, 7, 3, 9, 6, 2}},
		{10, 42, []int{6, 2, 5, 3, 4, 7, 0, 1, 9, 8}},
	} {
		got := permutation(tt.n, tt.seed)
		if !slices.Equal(got, tt.want) {
			t.Errorf("permutation(%d, %d) = %#v, want %v", tt.n, tt.seed, got, tt.want)
		}
	}
	p := permutation(1000, 7)
	slices.Sort(p)
	for i, v := range p {
		if i != v {
			t.Fatal("not a permutation")
		}
	}
}

func TestSortNaN(t *testing.T) {
	type row struct{ X float64 }
	d := must(t)(From("x", []row{{math.NaN()}, {1}, {math.Inf(-1)}, {math.NaN()}, {math.Inf(1)}}, WithAllocator(checked(t))))
	up, err := Column[float64](must(t)(d.Sort("X", false)), "X")
	if err != nil || sprint(up) != "[-Inf 1 +Inf NaN NaN]" {
		t.Errorf("ascending %v, %v", up, err)
	}
	down, err := Column[float64](must(t)(d.Sort("X", true)), "X")
	if err != nil || sprint(down) != "[NaN NaN +Inf 1 -Inf]" {
		t.Errorf("descending %v, %v", down, err)
	}
}

// Rows are sorted by whatever has an order, and nulls come last.
func TestSortTypes(t *testing.T) {
	for _, tt := range []struct {
		typ     arrow.DataType
		a, b, c string // in order, as JSON
	}{
		{arrow.FixedWidthTypes.Time32s, `"01:02:03"`, `"01:02:04"`, `"23:00:00"`},
		{arrow.FixedWidthTypes.Time64us, `"01:02:03.000001"`, `"01:02:03.000002"`, `"01:03:00"`},
		{arrow.FixedWidthTypes.Duration_ms, `-5`, `0`, `100`},
		{arrow.FixedWidthTypes.Date32, `"1969-12-31"`, `"1970-01-01"`, `"2023-01-01"`},
		{arrow.FixedWidthTypes.Timestamp_ns, `"1900-01-01"`, `"1970-01-01"`, `"2023-01-01"`},
		{arrow.BinaryTypes.Binary, `""`, `"AQ=="`, `"AQI="`},
		{arrow.BinaryTypes.LargeBinary, `""`, `"AQI="`, `"Ag=="`},
		{&arrow.FixedSizeBinaryType{ByteWidth: 1}, `"AA=="`, `"AQ=="`, `"/w=="`},
		{&arrow.Decimal128Type{Precision: 9, Scale: 2}, `"-10.50"`, `"-9.25"`, `"100.00"`},
		{&arrow.Decimal256Type{Precision: 60, Scale: 2}, `"-10.50"`, `"-9.25"`, `"100.00"`},
		{arrow.PrimitiveTypes.Uint64, `"0"`, `"9223372036854775808"`, `"18446744073709551615"`},
	} {
		schema := arrow.NewSchema([]arrow.Field{{Name: "i", Type: arrow.PrimitiveTypes.Int64}, {Name: "x", Type: tt.typ, Nullable: true}}, nil)
		mem := checked(t)
		table, err := array.TableFromJSON(mem, schema, []string{
			fmt.Sprintf(`[{"i": 0, "x": %s}, {"i": 1, "x": null}, {"i": 2, "x": %s}]`, tt.b, tt.a),
			fmt.Sprintf(`[{"i": 3, "x": %s}, {"i": 4, "x": %s}]`, tt.c, tt.b),
		})
		if err != nil {
			t.Errorf("%s: %v", tt.typ, err)
			continue
		}
		d := must(t)(New("made", table))
		table.Release()
		for reverse, want := range map[bool]string{false: "[2 0 4 3 1]", true: "[3 0 4 2 1]"} {
			if got, err := Column[int64](must(t)(d.Sort("x", reverse)), "i"); err != nil || sprint(got) != want {
				t.Errorf("%s, reverse %v: rows %v, %v, want %s", tt.typ, reverse, got, err, want)
			}
		}
	}
}

func TestMap(t *testing.T) {
	five := load(t, "testdata/five.arrow")
	d := must(t)(Map(five, "words", func(r Row) (int, error) {
		s, err := r.String("abstract")
		return len(strings.Fields(s)), err
	}))
	if n, err := Column[int64](d, "words"); err != nil || sprint(n) != "[18 11 13 0 11]" {
		t.Errorf("words %v, %v", n, err)
	}
	d = must(t)(Map(d, "title", func(r Row) (string, error) {
		s, err := r.String("title")
		return strings.ToUpper(s), err
	}))
	if got := d.Columns(); got[1] != "title" || len(got) != 10 {
		t.Errorf("columns %v", got)
	}
	if got := texts(t, d, "title")[2]; got != "CA²⁺ SPARKS" {
		t.Errorf("title %q", got)
	}
	if got := texts(t, five, "title")[2]; got != "Ca²⁺ sparks" {
		t.Errorf("the set that was mapped has changed: %q", got)
	}
}

func TestAddEntities(t *testing.T) {
	five := load(t, "testdata/five.arrow")
	two := must(t)(five.SelectColumns("id"))
	found := make([][]annot.Entity, 5)
	found[0] = []annot.Entity{{Type: "protein", Start: 0, End: 6, Text: "TNF-α", Score: 0.5}}
	d := must(t)(AddColumn(two, "entities", found))
	var b strings.Builder
	head := d.Head(2)
	defer head.Release()
	if err := head.WriteJSONL(&b); err != nil {
		t.Fatal(err)
	}
	want := `{"id": "0704.0001", "entities": [{"type": "protein", "start": 0, "end": 6, "text": "TNF-α", "score": 0.5}]}
{"id": "2401.00010", "entities": []}
`
	if diff := cmp.Diff(want, b.String()); diff != "" {
		t.Error(diff)
	}
}

func TestFrom(t *testing.T) {
	type inner struct{ A, B int8 }
	type row struct {
		Name   string  `json:"name"`
		Skip   string  `json:"-"`
		Weight float32 `json:"weight,omitempty"`
		N      uint
		OK     bool
		Raw    []byte
		When   time.Time
		Parts  []inner
		Maybe  *float64
		hidden int
	}
	x := 2.5
	rows := []row{
		{"α", "no", 1.5, 7, true, []byte{0, 255}, time.Date(2024, 5, 6, 7, 8, 9, 10000, time.UTC), []inner{{1, 2}}, &x, 1},
		{},
	}
	d := must(t)(From("made", rows, WithAllocator(checked(t))))
	golden(t, "from", dump(t, d))
	if v, err := d.Row(0).Any("When"); err != nil || v != rows[0].When {
		t.Errorf("time %v, %v", v, err)
	}
	if _, err := From("made", []int{1}, WithAllocator(checked(t))); err == nil {
		t.Error("rows that are not structs were taken")
	}
	if _, err := From("made", []struct{ f int }{{1}}, WithAllocator(checked(t))); err == nil {
		t.Error("a struct without exported fields was taken")
	}
	type loop struct{ Next *loop }
	if _, err := From("made", []loop{{}}, WithAllocator(checked(t))); err == nil {
		t.Error("a type that contains itself was taken")
	}
}

// Chunks are cut by rows and by bytes; nothing is lost at the borders.
func TestManyChunks(t *testing.T) {
	type row struct {
		N    int
		Text string
	}
	rows := make([]row, 3*chunkRows/2)
	long := strings.Repeat("x", chunkBytes/8)
	for i := range rows {
		rows[i] = row{i, "short"}
		if i%10000 == 0 {
			rows[i].Text = long
		}
	}
	d := must(t)(From("long", rows, WithAllocator(checked(t))))
	if n := len(d.cols[0].chunks); n < 2 {
		t.Fatalf("%d chunks", n)
	}
	s := must(t)(d.Shuffle(1))
	s = must(t)(s.Sort("N", false))
	if n := len(s.cols[1].chunks); n < 2 {
		t.Fatalf("%d chunks after sorting", n)
	}
	for i, r := range s.All() {
		n, err := r.Int("N")
		a, at := s.cols[1].at(i)
		text, _ := textAt(a, at)
		if err != nil || int(n) != i || text != rows[i].Text {
			t.Fatalf("row %d: N %d, %d bytes of text, %v", i, n, len(text), err)
		}
	}
	total := 0
	for rec := range d.Records(10000) {
		if rec.NumRows() > 10000 {
			t.Fatalf("a record of %d rows", rec.NumRows())
		}
		total += int(rec.NumRows())
	}
	if total != len(rows) {
		t.Errorf("records hold %d rows, want %d", total, len(rows))
	}
}

func TestNewRejectsTwins(t *testing.T) {
	five := load(t, "testdata/five.arrow")
	s := five.Table().Schema()
	fields := s.Fields()
	fields[1].Name = "id"
	var cols [][]arrow.Array
	for i := range fields {
		cols = append(cols, five.Table().Column(i).Data().Chunks())
		for _, a := range cols[i] {
			a.Retain()
		}
	}
	twins := newTable(fields, cols, 5, nil)
	defer twins.Release()
	_, err := New("twins", twins)
	wantError(t, err, `"twins" has two columns "id"`)
}
