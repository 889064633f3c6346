package datasets

import (
	"errors"
	"fmt"
	"math"
	"strings"
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
		{one(t, "β", "", "β", "ab"), ColumnDescription{Type: "string", Distinct: 3, Top: []ValueCount{{"β", 2}, {"", 1}, {"ab", 1}}, Lengths: &NumberSummary{4, 0, 2, 1}, Unit: "chars"}},
		{one(t, 3, -1, 4), ColumnDescription{Type: "int64", Distinct: 3, Numbers: &NumberSummary{3, -1, 4, 2}}},
		{one(t, math.NaN(), 1, 1), ColumnDescription{Type: "float64", Distinct: 2, Top: []ValueCount{{"1.0", 2}, {"NaN", 1}}, Numbers: &NumberSummary{2, 1, 1, 1}}},
		{one(t, &x, nil), ColumnDescription{Type: "float64", Nulls: 1, Distinct: 1, Numbers: &NumberSummary{1, 2, 2, 2}}},
		{one(t, []int{1}, []int{}, []int{1, 2}), ColumnDescription{Type: "list<int64>", Distinct: -1, Lengths: &NumberSummary{3, 0, 2, 1}, Unit: "items"}},
		{one(t, []byte("β"), []byte{1, 2, 3, 4}), ColumnDescription{Type: "binary", Distinct: -1, Lengths: &NumberSummary{2, 2, 4, 3}, Unit: "bytes"}},
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

// Floats are shown to people with the digits that matter; files have them all.
func TestShownFloats(t *testing.T) {
	for v, want := range map[float64]string{
		0.9801356792449951: "0.980136", 2: "2.0", 0: "0.0", -3e-9: "-3e-09", 1234567.25: "1234567.2", 99999.96: "100000", 1e6: "1000000.0", 1e20: "1e+20",
		math.Inf(1): "+Inf", float64(float32(0.1)): "0.1", 12.5: "12.5",
	} {
		d := one(t, v)
		if got := shownAt(d.cols[0].at(0)); got != want {
			t.Errorf("%v is shown as %s, want %s", v, got, want)
		}
	}
	d := one(t, 0.9801356792449951)
	if text := d.String(); !strings.Contains(text, "\n0.980136\n") {
		t.Errorf("the table has\n%s", text)
	}
	var csv, html strings.Builder
	if err := errors.Join(d.WriteCSV(&csv), d.WriteHTML(&html)); err != nil || csv.String() != "x\n0.9801356792449951\n" || !strings.Contains(html.String(), ">0.980136<") {
		t.Errorf("%v\n%s\n%s", err, csv.String(), html.String())
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
