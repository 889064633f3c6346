package datasets

import (
	"fmt"
	"iter"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// Column returns a whole column as Go values, for T one of string, int64,
// float64, bool, []string and any. Nulls are as the getters of [Row] say: "" and
// nil for texts and lists, an error for numbers and bools, nil for any.
func Column[T any](d *Dataset, name string) ([]T, error) {
	if _, err := d.column(name); err != nil {
		return nil, err
	}
	var get any
	switch any((*T)(nil)).(type) {
	case *string:
		get = Row.String
	case *int64:
		get = Row.Int
	case *float64:
		get = Row.Float
	case *bool:
		get = Row.Bool
	case *[]string:
		get = Row.Strings
	case *any:
		get = Row.Any
	default:
		return nil, fmt.Errorf("datasets: a column cannot be read as []%T (use string, int64, float64, bool, []string or any)", *new(T))
	}
	value := get.(func(Row, string) (T, error))
	out := make([]T, 0, d.NumRows())
	for _, row := range d.All() {
		v, err := value(row, name)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

// Text yields the text of each row, in order; a null is "". If the column does not
// exist or is not text, or if a text is not valid UTF-8, the sequence ends with one
// error. The strings are copies.
func (d *Dataset) Text(column string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		k, err := d.textColumn(column)
		if err != nil {
			yield("", err)
			return
		}
		for i := range d.NumRows() {
			s, err := d.textOf(k, i)
			if !yield(s, err) || err != nil {
				return
			}
		}
	}
}

// Documents yields each row as a document without entities: Text from the given
// column, ID from the column "id" (of any flat type) or else the row number, Title
// from the column "title" if there is one. Errors are as in Text.
func (d *Dataset) Documents(column string) iter.Seq2[annot.Document, error] {
	return func(yield func(annot.Document, error) bool) {
		k, err := d.textColumn(column)
		if err != nil {
			yield(annot.Document{}, err)
			return
		}
		id, hasID := d.index["id"]
		title, hasTitle := d.index["title"]
		hasTitle = hasTitle && isText(d.table.Schema().Field(title).Type)
		for i := range d.NumRows() {
			doc := annot.Document{}
			doc.Text, err = d.textOf(k, i)
			if err == nil && hasTitle {
				doc.Title, err = d.textOf(title, i)
			}
			if err != nil {
				yield(annot.Document{}, err)
				return
			}
			if hasID {
				a, at := d.cols[id].at(i)
				doc.ID = strings.Clone(plainAt(a, at))
			}
			if doc.ID == "" {
				doc.ID = strconv.Itoa(d.first + i)
			}
			if !yield(doc, nil) {
				return
			}
		}
	}
}

func (d *Dataset) textColumn(name string) (int, error) {
	k, err := d.column(name)
	if err != nil {
		return 0, err
	}
	if !isText(d.table.Schema().Field(k).Type) {
		return 0, fmt.Errorf("datasets: column %q of data set %q is %s, not text", name, d.name, d.features[k].Feature)
	}
	return k, nil
}

func (d *Dataset) textOf(col, row int) (string, error) {
	a, i := d.cols[col].at(row)
	s, _ := textAt(a, i)
	if !utf8.ValidString(s) {
		return "", fmt.Errorf("datasets: column %q of data set %q is not valid UTF-8 in row %d", d.features[col].Name, d.name, d.first+row)
	}
	return strings.Clone(s), nil
}

// Records yields the rows as Arrow records of at most n rows, without copying. A
// record is valid until the next one; retain it to keep it longer. It panics
// unless n is positive.
func (d *Dataset) Records(n int) iter.Seq[arrow.Record] {
	if n <= 0 {
		panic("datasets: record size must be positive")
	}
	return func(yield func(arrow.Record) bool) {
		tr := array.NewTableReader(d.table, int64(n))
		defer tr.Release()
		for tr.Next() {
			if !yield(tr.Record()) {
				return
			}
		}
	}
}
