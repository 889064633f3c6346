package datasets

import (
	"fmt"
	"math"
	"slices"

	"github.com/apache/arrow/go/v15/arrow"
)

// A TestSplit says how [Dataset.TrainTestSplit] parts a set. The zero value takes a quarter of the
// rows for the test, shuffled with seed 0.
type TestSplit struct {
	// Share of the rows that the test gets, above 0 and below 1, rounded up to whole rows.
	Share float64
	// Rows is the number of rows that the test gets, instead of a share.
	Rows int
	// Seed decides which rows; equal seeds part equal sets alike, in every version of this package.
	Seed uint64
	// InOrder keeps the order of the rows: the last ones are the test.
	InOrder bool
	// StratifyBy names a column of labels, numbers, bools or texts. Each of its values gets its share of both parts.
	StratifyBy string
}

// TrainTestSplit parts d in two without rows in common, neither of them empty. With
// StratifyBy each value must appear twice, and both parts must have as many rows as there are
// values; a rare value may still be missing from the smaller part. Sizes, also those by value, are
// those of Python's datasets; which rows go where is not, since its random numbers are others.
func (d *Dataset) TrainTestSplit(s TestSplit) (train, test *Dataset, err error) {
	n := d.NumRows()
	size, err := s.size(n)
	if err != nil {
		return nil, nil, fmt.Errorf("datasets: parting data set %q: %w", d.name, err)
	}
	var left, right []int
	switch {
	case s.InOrder && s.StratifyBy != "":
		return nil, nil, fmt.Errorf("datasets: parting data set %q: StratifyBy needs shuffled rows (leave InOrder out)", d.name)
	case s.InOrder:
		return d.slice(0, n-size), d.slice(n-size, n), nil
	case s.StratifyBy != "":
		if left, right, err = d.stratify(s, size); err != nil {
			return nil, nil, err
		}
	default:
		p := permutation(n, s.Seed)
		left, right = p[size:], p[:size]
	}
	if train, err = d.pick(left); err != nil {
		return nil, nil, err
	}
	if test, err = d.pick(right); err != nil {
		train.Release()
		return nil, nil, err
	}
	return train, test, nil
}

// size returns the number of rows of the test.
func (s *TestSplit) size(n int) (int, error) {
	size := s.Rows
	switch {
	case s.Rows != 0 && s.Share != 0:
		return 0, fmt.Errorf("both Rows (%d) and Share (%v) are given", s.Rows, s.Share)
	case s.Rows != 0:
	case s.Share == 0:
		size = int(math.Ceil(0.25 * float64(n)))
	case !(s.Share > 0 && s.Share < 1):
		return 0, fmt.Errorf("a share of %v for the test (want between 0 and 1; Rows is a number of rows)", s.Share)
	default:
		size = int(math.Ceil(s.Share * float64(n)))
	}
	if size < 1 || size >= n {
		return 0, fmt.Errorf("%d of %d rows for the test leave a part empty", size, n)
	}
	return size, nil
}

// stratify deals the rows of each value of a column to both parts.
func (d *Dataset) stratify(s TestSplit, size int) (left, right []int, err error) {
	k, err := d.column(s.StratifyBy)
	if err != nil {
		return nil, nil, err
	}
	if t := d.table.Schema().Field(k).Type; arrow.IsNested(t.ID()) || isBinary(t) || arrow.IsFloating(t.ID()) {
		return nil, nil, fmt.Errorf("datasets: data set %q cannot be stratified by column %q, which is %s", d.name, s.StratifyBy, d.features[k].Feature)
	}
	byValue := make(map[string]int)
	var names []string
	var groups [][]int
	for _, i := range permutation(d.NumRows(), s.Seed) {
		a, at := d.cols[k].at(i)
		key, name := "null", "null"
		if a.IsValid(at) && a.DataType().ID() != arrow.NULL {
			name = plainAt(a, at)
			key = "=" + name
		}
		g, ok := byValue[key]
		if !ok {
			g = len(groups)
			byValue[key] = g
			names, groups = append(names, name), append(groups, nil)
		}
		groups[g] = append(groups[g], i)
	}
	counts := make([]int, len(groups))
	for g, rows := range groups {
		if counts[g] = len(rows); counts[g] < 2 {
			return nil, nil, fmt.Errorf("datasets: data set %q cannot be stratified by column %q: %q is in row %d alone", d.name, s.StratifyBy, names[g], rows[0])
		}
	}
	if less := min(size, d.NumRows()-size); less < len(groups) {
		return nil, nil, fmt.Errorf("datasets: data set %q cannot be stratified by column %q: %d rows for %d values", d.name, s.StratifyBy, less, len(groups))
	}
	for g, n := range deal(counts, d.NumRows()-size) {
		left, right = append(left, groups[g][:n]...), append(right, groups[g][n:]...)
	}
	return shuffled(left, s.Seed), shuffled(right, s.Seed), nil
}

// deal gives each group its share of n, of all that the groups count: rounded down,
// and what is left to the largest remainders, of equal ones to the first.
func deal(counts []int, n int) []int {
	total := 0
	for _, c := range counts {
		total += c
	}
	out, rest := make([]int, len(counts)), n
	order := make([]int, len(counts))
	for g, c := range counts {
		order[g] = g
		out[g] = c * n / total
		rest -= out[g]
	}
	slices.SortStableFunc(order, func(a, b int) int { return counts[b]*n%total - counts[a]*n%total })
	for _, g := range order[:rest] {
		out[g]++
	}
	return out
}

func shuffled(rows []int, seed uint64) []int {
	out := make([]int, len(rows))
	for i, j := range permutation(len(rows), seed) {
		out[i] = rows[j]
	}
	return out
}
