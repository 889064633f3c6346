package datasets

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// A Description sums up what the columns of a set hold.
type Description struct {
	Name    string // of the set
	Rows    int
	Columns []ColumnDescription
}

// A ColumnDescription sums up a column.
type ColumnDescription struct {
	Name  string
	Type  string // as Feature.String writes it
	Nulls int

	// Distinct is the number of different values, nulls apart; at most MostDistinct are told apart, and
	// MostDistinct+1 means more. Lists, structs and bytes are not compared: -1.
	Distinct int
	// Top are the most frequent values, at most five, of equal ones the first by bytes; empty where
	// Distinct is not known, or where no value comes twice. Labels are named.
	Top []ValueCount

	// Numbers sums up numbers, NaN apart; nil for other columns, and where there are none.
	Numbers *NumberSummary
	// Lengths sums up the lengths of texts, lists and binary values; nil for other columns. Unit says what it
	// counts: "chars" (Unicode code points), "items" or "bytes".
	Lengths *NumberSummary
	Unit    string
	// First and Last are the earliest and the latest time; zero for other columns.
	First, Last time.Time
}

// A ValueCount is a value, as text, and how often it comes.
type ValueCount struct {
	Value string
	Count int
}

// A NumberSummary sums up numbers.
type NumberSummary struct {
	Count          int
	Min, Max, Mean float64
}

// MostDistinct bounds the values that a Description tells apart in a column, and so its memory.
const MostDistinct = 10000

// Describe reads all rows once, of a stream too, in memory that depends on the number of columns alone,
// long texts apart.
func Describe(src RowSource) (*Description, error) {
	features := src.Features()
	out := &Description{Name: src.Name()}
	tallies := make([]*tally, len(features))
	for k, f := range features {
		tallies[k] = &tally{label: f.Names, counts: make(map[string]int)}
		if f.Type != "ClassLabel" {
			tallies[k].label = nil
		}
	}
	err := src.eachPart(func(d *Dataset) error {
		out.Rows += d.NumRows()
		for k, t := range tallies {
			for _, a := range d.cols[k].chunks {
				for i := range a.Len() {
					t.add(a, i)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for k, t := range tallies {
		c := t.column()
		c.Name, c.Type = features[k].Name, features[k].Feature.String()
		out.Columns = append(out.Columns, c)
	}
	return out, nil
}

// A tally counts the values of a column.
type tally struct {
	label            []string // names of a ClassLabel
	nulls            int
	counts           map[string]int
	full, unlike     bool // too many values, or values that are not compared
	numbers, lengths summing
	unit             string // of lengths
	first, last      time.Time
	timed            bool
}

// A summing adds numbers up; the mean is kept up to date, so that large sums lose nothing.
type summing NumberSummary

func (s *summing) add(v float64) {
	s.Count++
	if s.Count == 1 {
		s.Min, s.Max = v, v
	}
	s.Min, s.Max = min(s.Min, v), max(s.Max, v)
	s.Mean += (v - s.Mean) / float64(s.Count)
}

func (s *summing) summary() *NumberSummary {
	if s.Count == 0 {
		return nil
	}
	return (*NumberSummary)(s)
}

func (t *tally) add(a arrow.Array, i int) {
	if isNull(a, i) {
		t.nulls++
		return
	}
	if s, ok := textAt(a, i); ok {
		t.lengths.add(float64(utf8.RuneCountInString(s)))
		t.unit = "chars"
		t.count(s)
		return
	}
	if l, ok := a.(array.ListLike); ok {
		from, to := l.ValueOffsets(i)
		t.lengths.add(float64(to - from))
		t.unit, t.unlike = "items", true
		return
	}
	switch {
	case isBinary(a.DataType()):
		t.lengths.add(float64(binaryLen(a, i)))
		t.unit, t.unlike = "bytes", true
		return
	case arrow.IsNested(a.DataType().ID()):
		t.unlike = true
		return
	case t.label != nil:
		v, _ := intAt(a, i)
		if v >= 0 && v < int64(len(t.label)) {
			t.count(t.label[v])
		} else {
			t.count(strconv.FormatInt(v, 10))
		}
		return
	}
	if v, ok := floatAt(a, i); ok {
		if math.IsNaN(v) {
			t.count("NaN")
			return
		}
		t.numbers.add(v)
	} else if v, ok := intAt(a, i); ok {
		t.numbers.add(float64(v))
	} else if u, ok := a.(*array.Uint64); ok {
		t.numbers.add(float64(u.Value(i)))
	} else if when, ok := timeAt(a, i); ok {
		if !t.timed || when.Before(t.first) {
			t.first = when
		}
		if !t.timed || when.After(t.last) {
			t.last = when
		}
		t.timed = true
	}
	t.count(plainAt(a, i))
}

// binaryLen returns the number of bytes of a value.
func binaryLen(a arrow.Array, i int) int {
	switch a := a.(type) {
	case *array.Binary:
		return a.ValueLen(i)
	case *array.LargeBinary:
		return a.ValueLen(i)
	case *array.FixedSizeBinary:
		return a.DataType().(*arrow.FixedSizeBinaryType).ByteWidth
	}
	return 0
}

func (t *tally) count(s string) {
	switch n, known := t.counts[s]; {
	case known:
		t.counts[s] = n + 1
	case len(t.counts) < MostDistinct:
		t.counts[strings.Clone(s)] = 1
	default:
		t.full = true
	}
}

func (t *tally) column() ColumnDescription {
	const top = 5
	c := ColumnDescription{Nulls: t.nulls, Distinct: len(t.counts), First: t.first, Last: t.last, Numbers: t.numbers.summary(), Lengths: t.lengths.summary(), Unit: t.unit}
	switch {
	case t.unlike:
		c.Distinct = -1
		return c
	case t.full: // the values that came late were not counted
		c.Distinct = MostDistinct + 1
		return c
	}
	for _, v := range slices.SortedFunc(maps.Keys(t.counts), func(a, b string) int {
		return cmp.Or(t.counts[b]-t.counts[a], strings.Compare(a, b))
	}) {
		c.Top = append(c.Top, ValueCount{v, t.counts[v]})
		if len(c.Top) == top {
			break
		}
	}
	if len(c.Top) > 0 && c.Top[0].Count == 1 {
		c.Top = nil
	}
	return c
}

// grid is the table that String writes, its header first.
func (d *Description) grid() [][]string {
	grid := [][]string{{"column", "type", "nulls", "distinct", "min", "mean", "max", "most frequent"}}
	for _, c := range d.Columns {
		row := []string{c.Name, c.Type, strconv.Itoa(c.Nulls), strconv.Itoa(c.Distinct), "", "", "", ""}
		switch {
		case c.Distinct < 0:
			row[3] = ""
		case c.Distinct > MostDistinct:
			row[3] = fmt.Sprintf("> %d", MostDistinct)
		}
		switch n, l := c.Numbers, c.Lengths; {
		case n != nil:
			row[4], row[5], row[6] = shortFloat(n.Min), shortFloat(n.Mean), shortFloat(n.Max)
		case l != nil:
			row[4], row[5], row[6] = shortFloat(l.Min)+" "+c.Unit, shortFloat(l.Mean)+" "+c.Unit, shortFloat(l.Max)+" "+c.Unit
		case !c.First.IsZero() || !c.Last.IsZero():
			row[4], row[6] = c.First.Format(time.DateOnly), c.Last.Format(time.DateOnly)
		}
		var top []string
		for _, v := range c.Top {
			top = append(top, fmt.Sprintf("%s (%d)", shorten(v.Value, 24), v.Count))
		}
		row[7] = strings.Join(top, ", ")
		grid = append(grid, row)
	}
	return grid
}

// String writes a table, a line a column.
func (d *Description) String() string {
	rows := "rows"
	if d.Rows == 1 {
		rows = "row"
	}
	return fmt.Sprintf("%s: %d %s\n%s", d.Name, d.Rows, rows, aligned(d.grid()))
}

// Page returns page n, from 0, of the set cut into pages of size rows, and the number of pages, which is 1 for an
// empty set. It shares memory with d, and its rows keep their numbers.
func (d *Dataset) Page(n, size int) (page *Dataset, pages int, err error) {
	if size < 1 {
		return nil, 0, errors.New("datasets: a page must have a row at least")
	}
	pages = max(1, (d.NumRows()+size-1)/size)
	if n < 0 || n >= pages {
		return nil, pages, fmt.Errorf("datasets: no page %d in data set %q (has %d, counted from 0)", n, d.name, pages)
	}
	from := n * size
	page = d.slice(from, min(from+size, d.NumRows()))
	page.first = d.first + from
	return page, pages, nil
}
