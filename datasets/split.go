package datasets

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// WithSplit chooses the rows of a split: "train", "validation", "test" ... It is
// needed where there are several. What has no splits of its own is all "train".
//
// The grammar is that of Hugging Face datasets. A slice follows the name:
// "train[:100]" are the first hundred rows, "train[-100:]" the last,
// "train[10:20]" rows 10 to 19, "test[:10%]" the first tenth. Shares are rounded to
// the nearest row, and halves to the even one; "train[:1%](pct1_dropremainder)" takes every
// percent to be as many rows as one percent is, rounded down, so that equal shares are equally
// large, and needs 100 rows at least. Bounds outside the split are cut to it. Sums put
// rows one after another: "train[:80%]+test". "all" is the sum of all splits.
// A slice without rows is an error.
func WithSplit(name string) Option {
	return func(o *options) error {
		if name == "" {
			return errors.New(`datasets: WithSplit("") (leave the option out where there is one split)`)
		}
		if strings.ContainsAny(name, "[]()+%:") { // a mistake shows before anything is fetched
			if _, err := parseSplit(name); err != nil {
				return err
			}
		}
		o.split = name
		return nil
	}
}

// A splitPart is one term of a sum of splits.
type splitPart struct {
	name     string
	from, to *int64 // nil where nothing is written
	percent  bool
	drop     bool // rounding is pct1_dropremainder, not closest
}

// The expression is that of datasets/arrow_reader.py, which the tests compare.
var (
	splitTerm = regexp.MustCompile(`^([\pL\pN_]+(?:\.[\pL\pN_]+)*)(\[(?:(-?[0-9_]+)(%)?)?:(?:(-?[0-9_]+)(%)?)?\])?(?:\(([^)]*)\))?$`)
	splitPlus = regexp.MustCompile(`\s*\+\s*`)
)

// parseSplit reads a split expression.
func parseSplit(text string) ([]splitPart, error) {
	var parts []splitPart
	for _, term := range splitPlus.Split(text, -1) {
		p, err := parseTerm(term)
		if err != nil {
			return nil, fmt.Errorf("datasets: split %q: %w", text, err)
		}
		// Python compares each term with the first, if both have percent.
		if len(parts) > 0 && parts[0].percent && p.percent && parts[0].drop != p.drop {
			return nil, fmt.Errorf("datasets: split %q: terms of a sum must be rounded alike", text)
		}
		parts = append(parts, p)
	}
	return parts, nil
}

func parseTerm(term string) (splitPart, error) {
	m := splitTerm.FindStringSubmatch(term)
	if m == nil {
		return splitPart{}, fmt.Errorf("%q is not understood (write train, train[:10%%], train[100:200] or sums of such)", term)
	}
	p := splitPart{name: m[1], percent: m[4] != "" || m[6] != ""}
	var err error
	if p.from, err = p.bound(m[3]); err == nil {
		p.to, err = p.bound(m[5])
	}
	if err != nil {
		return splitPart{}, err
	}
	switch rounding := m[7]; {
	case rounding == "" && !strings.HasSuffix(term, ")"):
		return p, nil
	case rounding != "closest" && rounding != "pct1_dropremainder":
		return splitPart{}, fmt.Errorf("unknown rounding %q (want closest or pct1_dropremainder)", rounding)
	case !p.percent:
		return splitPart{}, fmt.Errorf("a rounding, %q, where nothing is in percent", rounding)
	default:
		p.drop = rounding == "pct1_dropremainder"
		return p, nil
	}
}

// bound reads a number as Python's int does, with underscores between digits.
func (p *splitPart) bound(text string) (*int64, error) {
	if text == "" {
		return nil, nil
	}
	digits := strings.TrimPrefix(text, "-")
	if digits == "" || digits[0] == '_' || strings.HasSuffix(digits, "_") || strings.Contains(digits, "__") {
		return nil, fmt.Errorf("%q is not a number", text)
	}
	v, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) { // out of range is the end of the range
		return nil, fmt.Errorf("%q is not a number", text)
	}
	v = max(v, -math.MaxInt64)
	if p.percent && (v < -100 || v > 100) {
		return nil, fmt.Errorf("%s%% is not between -100%% and 100%%", text)
	}
	return &v, nil
}

// whole reports whether the part is all of its split.
func (p *splitPart) whole() bool { return p.from == nil && p.to == nil }

// rows returns the rows from <= i < to of a split of n rows.
func (p *splitPart) rows(n int) (from, to int, err error) {
	if p.percent && p.drop && n < 100 {
		return 0, 0, fmt.Errorf("split %q has %d rows, and pct1_dropremainder needs 100 (leave it out)", p.name, n)
	}
	at := func(bound *int64, otherwise int) int {
		if bound == nil {
			return otherwise
		}
		v := *bound
		switch {
		case p.percent && p.drop:
			v *= int64(n / 100)
		case p.percent:
			v = int64(math.RoundToEven(float64(v*int64(n)) / 100))
		}
		if v < 0 {
			v = max(int64(n)+v, 0)
		}
		return int(min(v, int64(n)))
	}
	from, to = at(p.from, 0), at(p.to, n)
	return from, max(from, to), nil
}

// chooseSplits returns the terms of the wanted expression, or the only split.
func chooseSplits(name string, have []string, want string) ([]splitPart, error) {
	switch {
	case want == "" && len(have) == 1:
		return []splitPart{{name: have[0]}}, nil
	case want == "":
		return nil, fmt.Errorf("datasets: %q has several splits: %s (choose one with WithSplit)", name, strings.Join(have, ", "))
	case slices.Contains(have, want): // also names that are no words, such as my-corpus
		return []splitPart{{name: want}}, nil
	case want == "all":
		parts := make([]splitPart, len(have))
		for i, s := range have {
			parts[i].name = s
		}
		return parts, nil
	}
	parts, err := parseSplit(want)
	if err != nil {
		parts = []splitPart{{name: want}}
	}
	for _, p := range parts {
		if !slices.Contains(have, p.name) {
			return nil, fmt.Errorf("datasets: %q has no split %q (has %s)", name, p.name, strings.Join(have, ", "))
		}
	}
	return parts, nil
}
