package viz

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Measures of a drawing of arcs, in pixels.
const (
	arcText   = 15.0 // size of the text
	arcLabel  = 11.5 // of what stands above it
	arcGutter = 30.0 // room for the numbers of sentences
	arcStep   = 23.0 // between arcs above each other
	markStep  = 18.0 // between the types of nested entities
	markRoom  = 15.0 // height of a type
	spaceWide = 5.0
)

// An atom is a piece of a sentence that is placed in one go: a word, or a part of one where an entity begins or ends.
type atom struct {
	start, end    int
	text          string
	width         float64
	before, after float64 // room for types that are wider than their entities
	space         bool    // before it
	glued         bool    // to the one before it, if the line has room
	row           int
	x             float64
}

func (a *atom) wide() float64 { return a.before + a.width + a.after }

// A markPiece is the part of a mark that stands in one row.
type markPiece struct {
	mark   int
	row    int
	x0, x1 float64
	first  bool // it has the type
}

// An arcPiece is the part of an arc that stands in one row, from left to right.
type arcPiece struct {
	arc         int
	row         int
	x0, x1      float64
	start, end  bool // it begins or ends at a mark, on the left and on the right
	level       int
	left, right float64 // with its label
	middle      float64 // of the label
}

// A placedSentence says where things of a sentence are drawn.
type placedSentence struct {
	atoms      []atom
	level      []int // of marks: how many others a type stands above
	pieces     []markPiece
	arcs       []arcPiece
	baseline   []float64 // of rows
	top, below float64
}

// label is what stands above a mark.
func (m arcMark) label() string {
	if m.negated {
		return "not " + inWords(m.typ)
	}
	return inWords(m.typ)
}

// markWidth is the room for a label, which is bold.
func markWidth(m arcMark) float64 {
	return 1.1*sansWidth(shorten(oneLine(m.label()), 40), arcLabel) + 10
}

// placeSentence lays a sentence out in lines of the given width, from the height top down.
func placeSentence(text string, s *arcSentence, label func(arc) string, width, top float64) *placedSentence {
	p := &placedSentence{top: top}
	p.cut(text, s, width-arcGutter)
	p.widen(s)
	rows := p.fill(width)
	p.levels(s)
	p.markPieces(s)
	p.arcPieces(s, label, width)
	p.stack(rows)
	y := top
	for row := range rows {
		arcs, marks := 0, 0
		for _, a := range p.arcs {
			if a.row == row {
				arcs = max(arcs, a.level+1)
			}
		}
		for _, m := range p.pieces {
			if m.row == row {
				marks = max(marks, p.level[m.mark]+1)
			}
		}
		if arcs > 0 {
			y += float64(arcs)*arcStep + 8
		}
		y += float64(marks)*markStep + 15
		p.baseline = append(p.baseline, y)
		y += 20
	}
	p.below = y
	return p
}

// cut parts a sentence into atoms.
func (p *placedSentence) cut(text string, s *arcSentence, room float64) {
	border := make(map[int]bool)
	for _, m := range s.marks {
		border[m.Start], border[m.End] = true, true
	}
	add := func(start, end int, space bool) {
		for start < end { // what is wider than a line is parted
			t := strings.ToValidUTF8(text[start:end], "\uFFFD")
			w, n := sansWidth(t, arcText), end
			if w > room/2 {
				n, w = start, 0
				for n < end {
					_, size := utf8.DecodeRuneInString(text[n:end])
					more := sansWidth(strings.ToValidUTF8(text[n:n+size], "\uFFFD"), arcText)
					if w+more > room/2 && n > start {
						break
					}
					w, n = w+more, n+size
				}
				t = strings.ToValidUTF8(text[start:n], "\uFFFD")
			}
			p.atoms = append(p.atoms, atom{start: start, end: n, text: t, width: w, space: space, glued: !space})
			start, space = n, false
		}
	}
	start, space := -1, false
	for i, r := range text[s.Start:s.End] {
		i += s.Start
		if start >= 0 && (border[i] || unicode.IsSpace(r)) {
			add(start, i, space)
			start, space = -1, false
		}
		if unicode.IsSpace(r) {
			space = true
		} else if start < 0 {
			start = i
		}
	}
	if start >= 0 {
		add(start, s.End, space)
	}
	if len(p.atoms) > 0 {
		p.atoms[0].space, p.atoms[0].glued = false, false
	}
	for i := 1; i < len(p.atoms); i++ {
		a, b := &p.atoms[i-1], &p.atoms[i]
		b.glued = b.glued || slices.ContainsFunc(s.marks, func(m arcMark) bool { return m.Start <= a.start && m.End >= b.end })
	}
}

// widen gives marks that are narrower than their types room on both sides.
func (p *placedSentence) widen(s *arcSentence) {
	for _, m := range s.marks {
		first, last := p.atomsOf(m)
		if first < 0 {
			continue
		}
		wide := -p.atoms[first].before - p.atoms[last].after
		for i := first; i <= last; i++ {
			wide += p.atoms[i].wide()
			if i > first && p.atoms[i].space {
				wide += spaceWide
			}
		}
		if lack := markWidth(m) + 4 - wide; lack > 0 {
			p.atoms[first].before = max(p.atoms[first].before, lack/2)
			p.atoms[last].after = max(p.atoms[last].after, lack/2)
		}
	}
}

// atomsOf returns the first and the last atom of a mark, or -1 where it is of white space.
func (p *placedSentence) atomsOf(m arcMark) (first, last int) {
	first = slices.IndexFunc(p.atoms, func(a atom) bool { return a.start >= m.Start })
	if first < 0 || p.atoms[first].end > m.End {
		return -1, -1
	}
	for last = first; last+1 < len(p.atoms) && p.atoms[last+1].end <= m.End; last++ {
	}
	return first, last
}

// fill puts the atoms into lines and returns how many there are.
func (p *placedSentence) fill(width float64) int {
	x, row := arcGutter, 0
	for i := 0; i < len(p.atoms); {
		n := i + 1
		for n < len(p.atoms) && p.atoms[n].glued {
			n++
		}
		wide := 0.0
		for k := i; k < n; k++ {
			wide += p.atoms[k].wide()
			if k > i && p.atoms[k].space {
				wide += spaceWide
			}
		}
		gap := 0.0
		if p.atoms[i].space {
			gap = spaceWide
		}
		if x+gap+wide > width && x > arcGutter {
			x, gap = arcGutter, 0
			row++
		}
		for k := i; k < n; k++ {
			a := &p.atoms[k]
			if k > i {
				gap = 0
				if a.space {
					gap = spaceWide
				}
				if x+gap+a.wide() > width && x > arcGutter { // wider than a line
					x, gap = arcGutter, 0
					row++
				}
			}
			a.row, a.x = row, x+gap+a.before
			x += gap + a.wide()
		}
		i = n
	}
	return row + 1
}

// levels says how far above the text the type of each mark stands: above those of shorter marks that it overlaps.
func (p *placedSentence) levels(s *arcSentence) {
	order := make([]int, len(s.marks))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		a, b := s.marks[i], s.marks[j]
		return cmp.Or(cmp.Compare(a.Len(), b.Len()), cmp.Compare(a.Start, b.Start))
	})
	p.level = make([]int, len(s.marks))
	for n, i := range order {
		for _, j := range order[:n] {
			if a, b := s.marks[i], s.marks[j]; a.Start < b.End && b.Start < a.End {
				p.level[i] = max(p.level[i], p.level[j]+1)
			}
		}
	}
}

func (p *placedSentence) markPieces(s *arcSentence) {
	for i, m := range s.marks {
		first, last := p.atomsOf(m)
		if first < 0 {
			continue
		}
		piece := markPiece{mark: i, row: p.atoms[first].row, x0: p.atoms[first].x, first: true}
		for k := first; k <= last; k++ {
			a := p.atoms[k]
			if a.row != piece.row {
				p.pieces = append(p.pieces, piece)
				piece = markPiece{mark: i, row: a.row, x0: a.x}
			}
			piece.x1 = a.x + a.width
		}
		p.pieces = append(p.pieces, piece)
	}
}

// An anchor is where an arc leaves a mark.
type anchor struct {
	arc   int
	reach float64 // to the other end, negative to the left
	x     float64
}

// arcPieces finds where arcs leave their marks, such that those of a mark do not cross, and parts them into rows.
func (p *placedSentence) arcPieces(s *arcSentence, label func(arc) string, width float64) {
	place := make(map[int]markPiece)
	for _, m := range p.pieces {
		if m.first {
			place[m.mark] = m
		}
	}
	along := func(mark int) float64 { m := place[mark]; return float64(m.row)*1e5 + (m.x0+m.x1)/2 }
	anchors := make(map[int][]*anchor) // by mark
	ends := make(map[int][2]*anchor)   // of arcs
	for i, a := range s.arcs {
		_, ok := place[a.from]
		_, ok2 := place[a.to]
		if !ok || !ok2 || a.from == a.to {
			continue
		}
		reach := along(a.to) - along(a.from)
		if reach == 0 {
			reach = 1
		}
		reach += math.Copysign(float64(i)*0.01, reach) // of arcs between the same marks, later ones are wider
		from, to := &anchor{arc: i, reach: reach}, &anchor{arc: i, reach: -reach}
		anchors[a.from], anchors[a.to] = append(anchors[a.from], from), append(anchors[a.to], to)
		ends[i] = [2]*anchor{from, to}
	}
	for mark, all := range anchors {
		slices.SortFunc(all, func(a, b *anchor) int {
			if (a.reach < 0) != (b.reach < 0) {
				return cmp.Compare(a.reach, b.reach)
			}
			return cmp.Compare(b.reach, a.reach) // short ones outside, on either side
		})
		m := place[mark]
		step := min(9, (markWidth(s.marks[mark])-8)/float64(max(1, len(all)-1)))
		for k, a := range all {
			a.x = (m.x0+m.x1)/2 + (float64(k)-float64(len(all)-1)/2)*step
		}
	}
	for i := range s.arcs {
		e, ok := ends[i]
		if !ok {
			continue
		}
		left, right := e[0], e[1]
		from, to := place[s.arcs[i].from].row, place[s.arcs[i].to].row
		if left.reach < 0 {
			left, right = right, left
			from, to = to, from
		}
		for row := from; row <= to; row++ {
			a := arcPiece{arc: i, row: row, x0: arcGutter - 14, x1: width, start: row == from, end: row == to}
			if a.start {
				a.x0 = left.x
			}
			if a.end {
				a.x1 = right.x
			}
			half := sansWidth(label(s.arcs[i]), arcLabel)/2 + 5
			a.middle = min(max((a.x0+a.x1)/2, half), width-half)
			a.left, a.right = min(a.x0, a.middle-half), max(a.x1, a.middle+half)
			p.arcs = append(p.arcs, a)
		}
	}
}

// stack gives arcs heights, the narrow ones first, each above those that it meets.
func (p *placedSentence) stack(rows int) {
	order := make([]int, len(p.arcs))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(p.arcs[i].x1-p.arcs[i].x0, p.arcs[j].x1-p.arcs[j].x0))
	})
	placed := make([][]int, rows)
	for _, i := range order {
		a := &p.arcs[i]
		for _, j := range placed[a.row] {
			if b := p.arcs[j]; a.left < b.right && b.left < a.right {
				a.level = max(a.level, b.level+1)
			}
		}
		placed[a.row] = append(placed[a.row], i)
	}
}
