package viz

import (
	"math"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// A point is a place in a drawing.
type point struct{ x, y float64 }

// layout places n nodes in the unit square after Fruchterman and Reingold (1991):
// nodes repel each other, edges and the centre attract, those at a busy node less. It starts from a fixed
// sequence of points, and products are rounded before they are added, so that every
// machine draws the same picture.
func layout(n int, edges []annot.Edge) []point {
	at := make([]point, n)
	for i := range at {
		at[i] = point{halton(i+1, 2), halton(i+1, 3)}
	}
	if n < 2 {
		for i := range at {
			at[i] = point{0.5, 0.5}
		}
		return at
	}
	degree := make([]float64, n)
	for _, e := range edges {
		degree[e.Source]++
		degree[e.Target]++
	}
	rounds := 300
	if n > manyNodes {
		rounds = 120
	}
	k := math.Sqrt(1 / float64(n)) // the distance at which push and pull are equal
	move := make([]point, n)
	for round := range rounds {
		clear(move)
		if n > manyNodes {
			repelMany(at, move, k*k)
		} else {
			repel(at, move, k*k)
		}
		for i := range at {
			move[i].x -= float64((at[i].x - 0.5) * 0.9)
			move[i].y -= float64((at[i].y - 0.5) * 0.9)
		}
		for _, e := range edges {
			dx, dy := at[e.Source].x-at[e.Target].x, at[e.Source].y-at[e.Target].y
			f := math.Sqrt(float64(dx*dx)+float64(dy*dy)) / k
			f /= math.Sqrt(max(degree[e.Source], degree[e.Target])) // else a dense part shrinks to a clot
			move[e.Source].x -= float64(dx * f)
			move[e.Source].y -= float64(dy * f)
			move[e.Target].x += float64(dx * f)
			move[e.Target].y += float64(dy * f)
		}
		step := 0.1 * (1 - float64(round)/float64(rounds)) // cools down to nothing
		for i, m := range move {
			if d := math.Sqrt(float64(m.x*m.x) + float64(m.y*m.y)); d > step {
				m.x, m.y = m.x/d*step, m.y/d*step
			}
			at[i].x += m.x
			at[i].y += m.y
		}
	}
	return at
}

// repel adds to move how all points push each other away.
func repel(at, move []point, strength float64) {
	for i := range at {
		for j := range i {
			dx, dy := at[i].x-at[j].x, at[i].y-at[j].y
			d2 := max(float64(dx*dx)+float64(dy*dy), 1e-6)
			f := strength / d2
			move[i].x += float64(dx * f)
			move[i].y += float64(dy * f)
			move[j].x -= float64(dx * f)
			move[j].y -= float64(dy * f)
		}
	}
}

// halton is element i of the Halton sequence of the given base: points that spread
// evenly without chance.
func halton(i, base int) float64 {
	x, f := 0.0, 1.0
	for ; i > 0; i /= base {
		f /= float64(base)
		x += float64(f * float64(i%base))
	}
	return x
}

// bounds returns the corners of the least rectangle that holds the points.
func bounds(at []point) (least, last point) {
	least, last = point{math.Inf(1), math.Inf(1)}, point{math.Inf(-1), math.Inf(-1)}
	for _, p := range at {
		least = point{min(least.x, p.x), min(least.y, p.y)}
		last = point{max(last.x, p.x), max(last.y, p.y)}
	}
	return least, last
}

// fit stretches points to fill the rectangle from lo to hi.
func fit(at []point, lo, hi point) {
	minP, maxP := bounds(at)
	scale := func(v, from, to, lo, hi float64) float64 {
		if to-from < 1e-9 {
			return (lo + hi) / 2
		}
		return lo + float64((v-from)/(to-from)*(hi-lo))
	}
	for i, p := range at {
		at[i] = point{scale(p.x, minP.x, maxP.x, lo.x, hi.x), scale(p.y, minP.y, maxP.y, lo.y, hi.y)}
	}
}

// separate pushes discs that overlap apart, and discs off the lines of edges that are
// not theirs, and keeps them between lo and hi. It stops when all is well or after a
// fixed number of rounds.
func separate(at []point, radius []float64, edges []annot.Edge, lo, hi point) {
	const apart, aside = 18, 6
	for range 80 {
		moved := false
		for i := range at {
			for j := range i {
				dx, dy := at[i].x-at[j].x, at[i].y-at[j].y
				d := math.Sqrt(float64(dx*dx) + float64(dy*dy))
				want := radius[i] + radius[j] + apart
				if d >= want {
					continue
				}
				if d < 1e-6 {
					dx, dy, d = 1, 0, 1
				}
				push := (want - d) / 2 / d
				at[i].x += float64(dx * push)
				at[i].y += float64(dy * push)
				at[j].x -= float64(dx * push)
				at[j].y -= float64(dy * push)
				moved = true
			}
		}
		for _, e := range edges {
			s, t := at[e.Source], at[e.Target]
			vx, vy := t.x-s.x, t.y-s.y
			length2 := float64(vx*vx) + float64(vy*vy)
			if length2 < 1 {
				continue
			}
			for i := range at {
				if i == e.Source || i == e.Target {
					continue
				}
				along := (float64((at[i].x-s.x)*vx) + float64((at[i].y-s.y)*vy)) / length2
				if along <= 0 || along >= 1 {
					continue
				}
				dx, dy := at[i].x-s.x-float64(along*vx), at[i].y-s.y-float64(along*vy)
				d := math.Sqrt(float64(dx*dx) + float64(dy*dy))
				want := radius[i] + aside
				if d >= want {
					continue
				}
				if d < 1e-6 { // on the line: leave it at a right angle
					dx, dy, d = -vy, vx, math.Sqrt(length2)
				}
				push := min(want-d, 3) / d
				at[i].x += float64(dx * push)
				at[i].y += float64(dy * push)
				moved = true
			}
		}
		for i, p := range at {
			at[i] = point{min(max(p.x, lo.x), hi.x), min(max(p.y, lo.y), hi.y)}
		}
		if !moved {
			return
		}
	}
}
