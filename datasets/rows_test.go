package datasets

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRows(t *testing.T) {
	type inner struct{ A, B int8 }
	type row struct {
		Name   string `json:"name"`
		Weight float32
		N      uint16
		OK     bool
		Raw    []byte
		When   time.Time
		Parts  []inner
		Maybe  *float64
		Tags   []string
		hidden int
		Skip   string `json:"-"`
	}
	x := 2.5
	want := []row{
		{Name: "α", Weight: 1.5, N: 7, OK: true, Raw: []byte{0, 255}, When: time.Date(2024, 5, 6, 7, 8, 9, 10000, time.UTC), Parts: []inner{{1, 2}}, Maybe: &x, Tags: []string{"a"}},
		{Raw: []byte{}, When: time.Unix(0, 0).UTC(), Parts: []inner{}, Tags: []string{}},
	}
	want[0].hidden = 7
	d := must(t)(From("made", want, WithAllocator(checked(t))))
	want[0].hidden = 0
	var got []row
	for r, err := range Rows[row](d) {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, r)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(row{})); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	for range Rows[row](d) {
		break
	}
	type paper struct {
		ID    string   `json:"id"`
		Year  *int     `json:"year"`
		Score *float32 `json:"score"`
	}
	n := 0
	for p, err := range Rows[paper](stream(t, "testdata/five.jsonl")) {
		if err != nil || p.ID != ids[n] || (p.Year == nil) != (n == 2) {
			t.Errorf("row %d: %+v, %v", n, p, err)
		}
		n++
	}
	if n != 5 {
		t.Errorf("%d rows", n)
	}
}

func rowsError[T any](t *testing.T, src RowSource, want string) {
	t.Helper()
	n := 0
	for _, err := range Rows[T](src) {
		if n++; err != nil {
			wantError(t, err, want)
			return
		}
	}
	t.Errorf("%d rows came, want an error with %q", n, want)
}

func TestRowsErrors(t *testing.T) {
	five := load(t, "testdata/five.jsonl")
	rowsError[int](t, five, "int, which is no struct")
	rowsError[time.Time](t, five, "no struct")
	rowsError[struct{ ID string }](t, five, `field ID of struct { ID string }: no column "ID" (has id, title`)
	rowsError[struct{ C chan int }](t, five, "no column type for Go type chan int")
	type year struct {
		Year int `json:"year"`
	}
	rowsError[year](t, five, `row 2 of data set "testdata/five.jsonl": column "year": a null for a Go int (use a pointer)`)
	rowsError[year](t, stream(t, "testdata/five.jsonl", WithSplit("train[1:]")), "row 1 of data set")
	type narrow struct {
		Year *int8 `json:"year"`
	}
	rowsError[narrow](t, five, "row 0 of data set \"testdata/five.jsonl\": column \"year\": 2007 does not fit a Go int8")
	type wrong struct {
		ID float64 `json:"id"`
	}
	rowsError[wrong](t, five, "string for a Go float64")
	rowsError[struct {
		C []int `json:"categories"`
	}](t, five, "element 0: string for a Go int")
	rowsError[struct {
		X uint8 `json:"x"`
	}](t, one(t, -1), "-1 does not fit a Go uint8")
}
