package datasets

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDescribe(t *testing.T) {
	five := load(t, "testdata/five.arrow")
	d, err := Describe(five)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "describe", d.String())
	again, err := Describe(stream(t, "testdata/five.arrow"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(d, again); diff != "" {
		t.Errorf("-set +stream:\n%s", diff)
	}
}

func TestDescribeColumn(t *testing.T) {
	describe := func(d *Dataset) ColumnDescription {
		t.Helper()
		out, err := Describe(d)
		if err != nil {
			t.Fatal(err)
		}
		return out.Columns[0]
	}
	x := 2.0
	for _, tt := range []struct {
		d    *Dataset
		want ColumnDescription
	}{
		{one(t, "β", "", "β", "ab"), ColumnDescription{Type: "string", Distinct: 3, Top: []ValueCount{{"β", 2}, {"", 1}, {"ab", 1}}, Lengths: &NumberSummary{4, 0, 2, 1}}},
		{one(t, 3, -1, 4), ColumnDescription{Type: "int64", Distinct: 3, Numbers: &NumberSummary{3, -1, 4, 2}}},
		{one(t, math.NaN(), 1, 1), ColumnDescription{Type: "float64", Distinct: 2, Top: []ValueCount{{"1.0", 2}, {"NaN", 1}}, Numbers: &NumberSummary{2, 1, 1, 1}}},
		{one(t, &x, nil), ColumnDescription{Type: "float64", Nulls: 1, Distinct: 1, Numbers: &NumberSummary{1, 2, 2, 2}}},
		{one(t, []int{1}, []int{}, []int{1, 2}), ColumnDescription{Type: "list<int64>", Distinct: -1, Lengths: &NumberSummary{3, 0, 2, 1}}},
		{must(t)(one(t, "no", "yes", "no").EncodeLabels("x")), ColumnDescription{Type: "ClassLabel(2)", Distinct: 2, Top: []ValueCount{{"no", 2}, {"yes", 1}}}},
		{one[int](t), ColumnDescription{Type: "int64"}},
	} {
		tt.want.Name = "x"
		if diff := cmp.Diff(tt.want, describe(tt.d)); diff != "" {
			t.Errorf("%s: -want +got:\n%s", tt.want.Type, diff)
		}
	}
	many := make([]string, MostDistinct+7)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	if c := describe(one(t, many...)); c.Distinct != MostDistinct+1 || c.Top != nil {
		t.Errorf("%d values, top %v", c.Distinct, c.Top)
	}
	if c := describe(one(t, many[:MostDistinct]...)); c.Distinct != MostDistinct {
		t.Errorf("%d values", c.Distinct)
	}
}

func TestPage(t *testing.T) {
	d := numbered(t, 5)
	for n, want := range []string{"[0 1]", "[2 3]", "[4]"} {
		page, pages, err := d.Page(n, 2)
		if err != nil {
			t.Fatal(err)
		}
		if got := sprint(ints(t, page, "x")); got != want || pages != 3 {
			t.Errorf("page %d of %d: %s, want %s", n, pages, got, want)
		}
		page.Release()
	}
	if page, pages, err := numbered(t, 0).Page(0, 2); err != nil || pages != 1 || page.NumRows() != 0 {
		t.Errorf("of nothing: %d pages, %v", pages, err)
	} else {
		page.Release()
	}
	_, _, err := d.Page(3, 2)
	wantError(t, err, `no page 3 in data set "made" (has 3, counted from 0)`)
	_, _, err = d.Page(0, 0)
	wantError(t, err, "a page must have a row")
}
