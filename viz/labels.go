package viz

import (
	"math"
	"slices"
	"unicode"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// A label is where the name of a node stands.
type label struct {
	anchor string // as SVG calls the alignment; "" where there is no room
	point
}

func labelText(n annot.Node) string { return shorten(oneLine(n.Name), 28) }

// textWidth is about the width of s in pixels, in the widest of the fonts that may be there.
func textWidth(s string) float64 {
	wide := 0.0
	for _, r := range s {
		if unicode.IsUpper(r) || unicode.IsDigit(r) {
			wide += 8.4
		} else {
			wide += 7
		}
	}
	return wide
}

// A spot is a place for a label with the room that it takes.
type spot struct {
	label
	box
}

// spots returns where a name of some width can stand beside a disc, best first; the four corners only where
// asked for.
func spots(at point, radius, wide float64, corners bool) []spot {
	x, y, r := at.x, at.y, radius+4
	all := []spot{
		{label{"start", point{x + r, y + 4}}, box{x + r, y - 7, x + r + wide, y + 7}},
		{label{"end", point{x - r, y + 4}}, box{x - r - wide, y - 7, x - r, y + 7}},
		{label{"middle", point{x, y + r + 10}}, box{x - wide/2, y + r, x + wide/2, y + r + 13}},
		{label{"middle", point{x, y - r - 1}}, box{x - wide/2, y - r - 12, x + wide/2, y - r}},
	}
	if !corners {
		return all
	}
	d := float64(0.71*radius) + 3
	return append(all,
		spot{label{"start", point{x + d, y + d + 10}}, box{x + d, y + d, x + d + wide, y + d + 13}},
		spot{label{"end", point{x - d, y + d + 10}}, box{x - d - wide, y + d, x - d, y + d + 13}},
		spot{label{"start", point{x + d, y - d - 2}}, box{x + d, y - d - 13, x + d + wide, y - d}},
		spot{label{"end", point{x - d, y - d - 2}}, box{x - d - wide, y - d - 13, x - d, y - d}},
	)
}

// placeLabels finds each name a free place beside its node, those with most links
// first, and of the free places the first that hides the least of the lines. A name that finds none is not
// drawn until one points at its node; the table has every name.
func placeLabels(nodes []annot.Node, at []point, radius []float64, lines []drawnLink, w, h int) []label {
	var taken []box
	for i := range nodes {
		taken = append(taken, box{at[i].x - radius[i], at[i].y - radius[i], at[i].x + radius[i], at[i].y + radius[i]})
	}
	labels := make([]label, len(nodes))
	for i, n := range nodes {
		wide := 6.6 * float64(utf8.RuneCountInString(labelText(n)))
		if lines != nil {
			wide = textWidth(labelText(n))
		}
		var best spot
		least := math.MaxInt
		for _, p := range spots(at[i], radius[i], wide, lines != nil) {
			others := slices.ContainsFunc(taken[:i], p.overlaps) || slices.ContainsFunc(taken[i+1:], p.overlaps)
			if others || p.x0 <= 0 || p.y0 <= 0 || p.x1 >= float64(w) || p.y1 >= float64(h) {
				continue
			}
			if n := p.hides(lines); n < least {
				best, least = p, n
			}
		}
		if least < math.MaxInt {
			labels[i], taken = best.label, append(taken, best.box)
		}
	}
	return labels
}

// A box is a rectangle with sides along the axes.
type box struct{ x0, y0, x1, y1 float64 }

func (p box) overlaps(q box) bool {
	return p.x0 < q.x1 && q.x0 < p.x1 && p.y0 < q.y1 && q.y0 < p.y1
}

// A drawnLink is a line that labels should keep off.
type drawnLink struct {
	curve
	head box // of the arrow; empty if there is none
}

func newDrawnLink(e annot.Edge, at []point, radius []float64, width, bend float64) drawnLink {
	l := drawnLink{curve: newCurve(at[e.Source], at[e.Target], bend)}
	if e.Directed {
		half := arrowSize(width) / 2
		p, _ := l.before(radius[e.Target] + 1 + half)
		l.head = box{p.x - half, p.y - half, p.x + half, p.y + half}
	}
	return l
}

// hides says how much a label in the box hides of lines: a line counts two, the head of an arrow, without which
// a line says little, three more.
func (p box) hides(lines []drawnLink) int {
	n := 0
	for _, l := range lines {
		if p.overlaps(l.head) {
			n += 3
		}
		steps := 2 + int(math.Hypot(l.to.x-l.from.x, l.to.y-l.from.y)/4)
		for k := range steps + 1 {
			if q := l.at(float64(k) / float64(steps)); q.x > p.x0 && q.x < p.x1 && q.y > p.y0 && q.y < p.y1 {
				n += 2
				break
			}
		}
	}
	return n
}
