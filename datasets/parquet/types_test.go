package parquet_test

import (
	"path/filepath"
	"testing"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
	"github.com/apache/arrow/go/v15/arrow/memory"
	"github.com/google/go-cmp/cmp"

	"github.com/sparsebio/sparsebio/datasets"
)

// What arrow cannot write or read as it should comes back as it was: zones of time stamps, at any depth, durations, lists of a fixed length with
// nulls among them, large lists, and elements below a null.
func TestTypes(t *testing.T) {
	mem := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer mem.AssertSize(t, 0)
	ms := func(zone string) arrow.DataType { return &arrow.TimestampType{Unit: arrow.Millisecond, TimeZone: zone} }
	field := func(name string, t arrow.DataType) arrow.Field {
		return arrow.Field{Name: name, Type: t, Nullable: true}
	}
	schema := arrow.NewSchema([]arrow.Field{
		field("plain", ms("")),
		field("utc", ms("UTC")),
		field("berlin", ms("Europe/Berlin")),
		field("times", arrow.ListOf(ms(""))),
		field("took", arrow.FixedWidthTypes.Duration_ms),
		field("laps", arrow.LargeListOf(arrow.FixedWidthTypes.Duration_ns)),
		field("in", arrow.StructOf(field("at", ms("")), field("there", ms("Europe/Berlin")))),
		field("pair", arrow.FixedSizeListOf(2, arrow.PrimitiveTypes.Int32)),
		field("pairs", arrow.FixedSizeListOf(1, arrow.BinaryTypes.String)),
		field("large", arrow.LargeListOf(arrow.BinaryTypes.String)),
		field("spans", arrow.ListOf(arrow.StructOf(field("type", arrow.BinaryTypes.String), field("offsets", arrow.ListOf(arrow.PrimitiveTypes.Int64))))),
	}, nil)
	table, err := array.TableFromJSON(mem, schema, []string{`[
		{"plain": 1, "utc": 2, "berlin": 3, "times": [4, null], "took": 16, "laps": [17, null], "in": {"at": 5, "there": 6}, "pair": [1, 2], "pairs": ["a"], "large": ["x", "y"], "spans": [{"type": "DNA", "offsets": [0, 3]}]},
		{"plain": null, "utc": null, "berlin": null, "times": null, "took": null, "laps": null, "in": null, "pair": null, "pairs": null, "large": null, "spans": null},
		{"plain": 7, "utc": 8, "berlin": 9, "times": [], "took": -18, "laps": [], "in": {"at": null, "there": 1}, "pair": [3, null], "pairs": [null], "large": [], "spans": []}
	]`, `[
		{"plain": 10, "utc": 11, "berlin": 12, "times": [13], "took": 19, "laps": [20], "in": {"at": 14, "there": 15}, "pair": [5, 6], "pairs": ["β"], "large": ["z"], "spans": [{"type": null, "offsets": null}, {"type": "RNA", "offsets": []}]}
	]`})
	if err != nil {
		t.Fatal(err)
	}
	all, err := datasets.New("made", table)
	table.Release()
	if err != nil {
		t.Fatal(err)
	}
	defer all.Release()
	for _, from := range []int{0, 1, 3} {
		d, err := all.Slice(from, all.NumRows())
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "x.parquet")
		if err := d.WriteFile(path); err != nil {
			t.Fatal(err)
		}
		back := load(t, path)
		if diff := cmp.Diff(dump(t, d), dump(t, back)); diff != "" {
			t.Errorf("from row %d: -written +read:\n%s", from, diff)
		}
		for i, f := range schema.Fields() {
			if got := back.Table().Schema().Field(i).Type; !arrow.TypeEqual(got, f.Type) {
				t.Errorf("column %q is %s, want %s", f.Name, got, f.Type)
			}
		}
		d.Release()
	}
}
