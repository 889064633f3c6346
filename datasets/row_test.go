package datasets

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

func TestRow(t *testing.T) {
	d := load(t, "testdata/five.arrow")
	r := d.Row(4)
	if s, err := r.String("title"); s != "p53, again" || err != nil {
		t.Errorf("title %q, %v", s, err)
	}
	if n, err := r.Int("year"); n != 2024 || err != nil {
		t.Errorf("year %d, %v", n, err)
	}
	if n, err := r.Float("year"); n != 2024 || err != nil {
		t.Errorf("year as float %v, %v", n, err)
	}
	if x, err := r.Float("score"); x != -3e-9 || err != nil {
		t.Errorf("score %v, %v", x, err)
	}
	if b, err := r.Bool("reviewed"); b || err != nil {
		t.Errorf("reviewed %v, %v", b, err)
	}
	if s, err := r.Strings("categories"); !slices.Equal(s, []string{"q-bio.QM", "physics.bio-ph"}) || err != nil {
		t.Errorf("categories %q, %v", s, err)
	}
	if v, err := d.Row(3).Any("published"); v != nil || err != nil {
		t.Errorf("published %v, %v", v, err)
	}
	if null, err := d.Row(3).IsNull("score"); !null || err != nil {
		t.Errorf("score is null: %v, %v", null, err)
	}
	for _, tt := range []struct {
		get  func() error
		want string
	}{
		{func() error { _, err := r.String("year"); return err }, `column "year" of data set "testdata/five.arrow" is int32, not text`},
		{func() error { _, err := r.Int("score"); return err }, "is float64, not an int64"},
		{func() error { _, err := r.Float("title"); return err }, "is string, not a number"},
		{func() error { _, err := r.Bool("label"); return err }, "is ClassLabel(3), not bool"},
		{func() error { _, err := r.Strings("title"); return err }, "is string, not a list of text"},
		{func() error { _, err := r.Any("abstrct"); return err }, `no column "abstrct"`},
		{func() error { _, err := r.IsNull("abstrct"); return err }, `no column "abstrct"`},
		{func() error { _, err := d.Row(3).Float("score"); return err }, "is null in row 3"},
		{func() error { _, err := d.ClassNames("id"); return err }, "is string, not ClassLabel"},
		{func() error { _, err := d.ClassNames("x"); return err }, `no column "x"`},
	} {
		wantError(t, tt.get(), tt.want)
	}
}

func TestColumnErrors(t *testing.T) {
	d := load(t, "testdata/five.arrow")
	_, err := Column[float64](d, "score")
	wantError(t, err, `column "score" of data set "testdata/five.arrow" is null in row 3`)
	_, err = Column[int64](d, "title")
	wantError(t, err, "is string, not an int64")
	_, err = Column[string](d, "x")
	wantError(t, err, `no column "x"`)
	_, err = Column[int](d, "year")
	wantError(t, err, "cannot be read as []int (use string, int64")
}

func TestText(t *testing.T) {
	d := load(t, "testdata/five.csv") // where the empty abstract is a null
	var got []string
	for s, err := range d.Text("abstract") {
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, s)
	}
	if len(got) != 5 || got[3] != "" || !strings.HasPrefix(got[0], "TNF-α") {
		t.Errorf("%q", got)
	}
	for range d.Text("abstract") {
		break // a loop may end early
	}
	for column, want := range map[string]string{
		"abstrct": `datasets: no column "abstrct" in data set "testdata/five.csv" (has id, title, abstract, categories, year, score, reviewed)`,
		"year":    `datasets: column "year" of data set "testdata/five.csv" is int64, not text`,
	} {
		n := 0
		for s, err := range d.Text(column) {
			if n++; s != "" || err == nil || err.Error() != want {
				t.Errorf("%q, %v, want %s", s, err, want)
			}
		}
		for doc, err := range d.Documents(column) {
			if n++; doc.Text != "" || err == nil || err.Error() != want {
				t.Errorf("%v, %v, want %s", doc, err, want)
			}
		}
		if n != 2 {
			t.Errorf("%s: %d errors, want 1 each", column, n)
		}
	}
}

func TestTextInvalid(t *testing.T) {
	type row struct{ Text string }
	d := must(t)(From("made", []row{{"a"}, {"\xff"}, {"c"}}, WithAllocator(checked(t))))
	n := 0
	for _, err := range d.Text("Text") {
		if n++; n == 2 {
			wantError(t, err, `column "Text" of data set "made" is not valid UTF-8 in row 1`)
		}
	}
	if n != 2 {
		t.Errorf("%d texts, want to stop at the second", n)
	}
}

func TestDocuments(t *testing.T) {
	type row struct {
		ID    *int   `json:"id"`
		Title string `json:"title"`
		Body  string `json:"body"`
	}
	seven := 7
	d := must(t)(From("made", []row{{&seven, "T", "B"}, {nil, "", "C"}}, WithAllocator(checked(t))))
	bare := must(t)(d.SelectColumns("body"))
	number := must(t)(Map(d, "title", func(Row) (int, error) { return 1, nil }))
	for _, tt := range []struct {
		d    *Dataset
		want []annot.Document
	}{
		{d, []annot.Document{{ID: "7", Title: "T", Text: "B"}, {ID: "1", Text: "C"}}},
		{bare, []annot.Document{{ID: "0", Text: "B"}, {ID: "1", Text: "C"}}},
		{number, []annot.Document{{ID: "7", Text: "B"}, {ID: "1", Text: "C"}}},
	} {
		var got []annot.Document
		for doc, err := range tt.d.Documents("body") {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, doc)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}
