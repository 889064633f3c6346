package viz

import "math"

// manyNodes is how many nodes a layout compares each with each; of more it compares each with groups.
const manyNodes = 400

// A quad is a square of a quadtree: a point, or up to four squares of half its side.
type quad struct {
	middle point
	half   float64
	sum    point // of the points in it
	count  float64
	child  [4]int32 // 0 for none: the root is no child
	leaf   int32    // the point, or -1
}

// A quadtree holds points such that far ones can be taken together.
type quadtree struct {
	quads []quad
	at    []point
}

const deepest = 40 // points that lie closer than a square of this depth share it

func newQuadtree(at []point) *quadtree {
	lo, hi := bounds(at)
	t := &quadtree{quads: make([]quad, 0, 2*len(at)), at: at}
	t.quads = append(t.quads, quad{middle: point{(lo.x + hi.x) / 2, (lo.y + hi.y) / 2}, half: max(hi.x-lo.x, hi.y-lo.y)/2 + 1e-9, leaf: -1})
	for i := range at {
		t.add(int32(i))
	}
	return t
}

func (t *quadtree) add(i int32) {
	p := t.at[i]
	q := int32(0)
	for depth := 0; ; depth++ {
		s := &t.quads[q]
		before := s.count
		s.count++
		s.sum.x += p.x
		s.sum.y += p.y
		if before == 0 {
			s.leaf = i
			return
		}
		if depth == deepest {
			s.leaf = -1
			return
		}
		if old := s.leaf; old >= 0 { // it moves one down
			s.leaf = -1
			c := t.below(q, t.at[old])
			d := &t.quads[c]
			d.leaf, d.count, d.sum = old, 1, t.at[old]
		}
		q = t.below(q, p)
	}
}

// below returns the square in q that has the place p, which it makes if need be.
func (t *quadtree) below(q int32, p point) int32 {
	s := t.quads[q]
	n, h := 0, s.half/2
	m := point{s.middle.x - h, s.middle.y - h}
	if p.x > s.middle.x {
		n, m.x = n|1, s.middle.x+h
	}
	if p.y > s.middle.y {
		n, m.y = n|2, s.middle.y+h
	}
	if s.child[n] == 0 {
		t.quads[q].child[n] = int32(len(t.quads))
		t.quads = append(t.quads, quad{middle: m, half: h, leaf: -1})
	}
	return t.quads[q].child[n]
}

// repelMany is repel for many points (Barnes and Hut, A hierarchical O(N log N) force-calculation algorithm, Nature 324, 1986): a square
// that looks small from a point pushes it as if all its points lay in their middle.
func repelMany(at, move []point, strength float64) {
	t := newQuadtree(at)
	var stack []int32
	for i, p := range at {
		var push point
		stack = append(stack[:0], 0)
		for len(stack) > 0 {
			q := &t.quads[stack[len(stack)-1]]
			stack = stack[:len(stack)-1]
			if q.leaf == int32(i) {
				continue
			}
			dx, dy := p.x-q.sum.x/q.count, p.y-q.sum.y/q.count
			d2 := float64(dx*dx) + float64(dy*dy)
			if whole := q.child == [4]int32{}; !whole && 2*q.half > math.Sqrt(d2) {
				for _, c := range q.child {
					if c != 0 {
						stack = append(stack, c)
					}
				}
				continue
			}
			f := strength * q.count / max(d2, 1e-6)
			push.x += float64(dx * f)
			push.y += float64(dy * f)
		}
		move[i].x += push.x
		move[i].y += push.y
	}
}
