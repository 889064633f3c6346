package viz

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// A sidedGraph is a graph between names of some types and names of others, such as chemicals and genes.
type sidedGraph struct {
	drawnGraph
	left, right       []int // nodes, the first in the most sentences
	lefts, rights     []string
	between           []annot.Edge // all, with indices of the whole graph
	from              map[int]int  // node of the whole graph to that of the drawn one
	allLeft, allRight int          // names that there are on either side
	other             int          // edges that are not between the sides
}

// partGraph parts g in two, with the limit strongest names on each side.
//
// With mirror, an edge without a direction gives either of its names a place on either side, if their types have them.
func (c *config) partGraph(g annot.Graph, mirror bool) (*sidedGraph, error) {
	if err := checkGraph(g); err != nil {
		return nil, err
	}
	d := &sidedGraph{lefts: c.sources, rights: c.targets}
	if d.lefts == nil || d.rights == nil {
		lefts, rights := findSides(g, d.lefts, d.rights)
		d.lefts, d.rights = lefts, rights
	}
	for _, side := range [][]string{c.sources, c.targets} {
		for _, typ := range side {
			if !slices.ContainsFunc(g.Nodes, func(n annot.Node) bool { return n.Type == typ }) && len(g.Nodes) > 0 {
				return nil, fmt.Errorf("viz: no name has type %q (have %s)", typ, strings.Join(nodeTypes(g), ", "))
			}
		}
	}
	isLeft := func(i int) bool { return slices.Contains(d.lefts, g.Nodes[i].Type) }
	isRight := func(i int) bool { return slices.Contains(d.rights, g.Nodes[i].Type) }
	for _, e := range g.Edges {
		switch {
		case isLeft(e.Source) && isRight(e.Target):
		case !e.Directed && isLeft(e.Target) && isRight(e.Source):
			e.Source, e.Target = e.Target, e.Source
			e.Evidence = slices.Clone(e.Evidence)
			for i, q := range e.Evidence {
				e.Evidence[i].Source, e.Evidence[i].Target = q.Target, q.Source
			}
		default:
			d.other++
			continue
		}
		d.between = append(d.between, e)
	}
	turned := func(e annot.Edge) bool { return mirror && !e.Directed && isLeft(e.Target) && isRight(e.Source) }
	left, right := make([]bool, len(g.Nodes)), make([]bool, len(g.Nodes))
	leftTotal, rightTotal := make([]int, len(g.Nodes)), make([]int, len(g.Nodes)) // sentences
	for _, e := range d.between {
		left[e.Source], right[e.Target] = true, true
		leftTotal[e.Source] += e.Count
		rightTotal[e.Target] += e.Count
		if turned(e) {
			left[e.Target], right[e.Source] = true, true
			leftTotal[e.Target] += e.Count
			rightTotal[e.Source] += e.Count
		}
	}
	rank := func(in []bool, total []int) []int {
		var all []int
		for i, ok := range in {
			if ok {
				all = append(all, i)
			}
		}
		slices.SortStableFunc(all, func(i, j int) int { return cmp.Compare(total[j], total[i]) })
		return all
	}
	rows := rank(left, leftTotal)
	d.allLeft = len(rows)
	rows = rows[:min(len(rows), c.limit)]
	// Of the names on the right, those that the names on the left have most to do with.
	near, beside := make([]int, len(g.Nodes)), make([]bool, len(g.Nodes))
	for _, e := range d.between {
		if slices.Contains(rows, e.Source) {
			near[e.Target] += e.Count
			beside[e.Target] = true
		}
		if turned(e) && slices.Contains(rows, e.Target) {
			near[e.Source] += e.Count
			beside[e.Source] = true
		}
	}
	columns := rank(beside, near)
	d.allRight = len(rank(right, rightTotal))
	columns = columns[:min(len(columns), c.limit)]
	d.from = make(map[int]int)
	keep := func(i int) int {
		n, ok := d.from[i]
		if !ok {
			n = len(d.Nodes)
			d.from[i] = n
			d.Nodes = append(d.Nodes, g.Nodes[i])
			d.degree = append(d.degree, 0)
		}
		return n
	}
	used := make([]bool, len(g.Nodes))
	for _, e := range d.between {
		if slices.Contains(rows, e.Source) && slices.Contains(columns, e.Target) {
			used[e.Source] = true
		}
		if turned(e) && slices.Contains(rows, e.Target) && slices.Contains(columns, e.Source) {
			used[e.Target] = true
		}
	}
	for _, i := range rows {
		if used[i] {
			d.left = append(d.left, i)
			keep(i)
		}
	}
	for _, i := range columns {
		d.right = append(d.right, i)
		keep(i)
	}
	for _, e := range d.between {
		if slices.Contains(d.left, e.Source) && slices.Contains(d.right, e.Target) || turned(e) && slices.Contains(d.left, e.Target) && slices.Contains(d.right, e.Source) {
			e.Source, e.Target = d.from[e.Source], d.from[e.Target]
			d.degree[e.Source]++
			d.degree[e.Target]++
			d.Edges = append(d.Edges, e)
		}
	}
	slices.SortStableFunc(d.Edges, func(a, b annot.Edge) int { return cmp.Compare(b.Count, a.Count) })
	for i, l := range d.left {
		d.left[i] = d.from[l]
	}
	for i, r := range d.right {
		d.right[i] = d.from[r]
	}
	d.dress(c.colors)
	return d, nil
}

func nodeTypes(g annot.Graph) []string {
	var types []string
	for _, n := range g.Nodes {
		if !slices.Contains(types, n.Type) {
			types = append(types, n.Type)
		}
	}
	slices.Sort(types)
	return types
}

// findSides finds which types are to face each other. If types are sources or targets of directed edges and none is both, they are
// the sides; otherwise the two types with the most sentences between them, or the one type that there is twice.
func findSides(g annot.Graph, lefts, rights []string) ([]string, []string) {
	type pair struct{ left, right string }
	sentences := make(map[pair]int)
	sources, targets := make(map[string]bool), make(map[string]bool)
	directed := true
	for _, e := range g.Edges {
		s, t := g.Nodes[e.Source].Type, g.Nodes[e.Target].Type
		sources[s], targets[t] = true, true
		directed = directed && e.Directed
		if !e.Directed && t < s {
			s, t = t, s
		}
		sentences[pair{s, t}] += e.Count
	}
	keys := func(m map[string]bool) []string {
		var all []string
		for k := range m {
			all = append(all, k)
		}
		slices.Sort(all)
		return all
	}
	both := slices.ContainsFunc(keys(sources), func(t string) bool { return targets[t] })
	var best pair
	most := -1
	for p, n := range sentences {
		switch {
		case lefts != nil && !slices.Contains(lefts, p.left) && !slices.Contains(lefts, p.right), rights != nil && !slices.Contains(rights, p.right) && !slices.Contains(rights, p.left):
			continue
		case lefts != nil && !slices.Contains(lefts, p.left), rights != nil && !slices.Contains(rights, p.right):
			p.left, p.right = p.right, p.left // undirected, the other way round
		}
		apart, bestApart := p.left != p.right, best.left != best.right
		if most < 0 || apart && !bestApart || apart == bestApart && (n > most || n == most && (p.left < best.left || p.left == best.left && p.right < best.right)) {
			best, most = p, n
		}
	}
	if lefts == nil {
		lefts = []string{best.left}
		if directed && !both && rights == nil {
			lefts = keys(sources)
		}
	}
	if rights == nil {
		rights = []string{best.right}
		if directed && !both {
			rights = keys(targets)
		}
	}
	return lefts, rights
}

// note says what is drawn and what is not.
func (d *sidedGraph) note() string {
	if len(d.Edges) == 0 {
		return "No link between the two sides was found."
	}
	names := func(drawn, all int, types []string) string {
		t := oneLine(strings.Join(types, ", "))
		if drawn < all {
			return fmt.Sprintf("%s of %s of type %s", group(drawn), count(all, "name"), t)
		}
		return fmt.Sprintf("%s of type %s", count(drawn, "name"), t)
	}
	note := fmt.Sprintf("%s, %s; ", names(len(d.left), d.allLeft, d.lefts), names(len(d.right), d.allRight, d.rights))
	if len(d.Edges) < len(d.between) {
		note += fmt.Sprintf("%s of %s between them, those of the names in the most sentences.", group(len(d.Edges)), count(len(d.between), "link"))
	} else {
		note += count(len(d.Edges), "link") + " between them."
	}
	if d.other > 0 {
		note += fmt.Sprintf(" %s between other types %s not drawn.", count(d.other, "link"), isAre(d.other))
	}
	return note
}

// settle orders nodes by the mean place, weighted by sentences, of what their edges lead to among others.
func (d *sidedGraph) settle(nodes, others []int, leftward bool) {
	place := make(map[int]int, len(others))
	for i, n := range others {
		place[n] = i
	}
	sum, weight := make(map[int]float64), make(map[int]float64)
	for _, e := range d.Edges {
		n, o := e.Source, e.Target
		if leftward {
			n, o = o, n
		}
		w := float64(max(1, e.Count))
		sum[n] += w * float64(place[o])
		weight[n] += w
	}
	slices.SortStableFunc(nodes, func(a, b int) int {
		return cmp.Compare(sum[a]/max(1, weight[a]), sum[b]/max(1, weight[b]))
	})
}
