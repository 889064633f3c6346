package viz

import (
	"fmt"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// checkGraph refuses what cannot be drawn.
func checkGraph(g annot.Graph) error {
	for i, n := range g.Nodes {
		if n.Count < 0 {
			return fmt.Errorf("viz: node %d, %q, has a count of %d", i, n.Name, n.Count)
		}
	}
	for i, e := range g.Edges {
		if e.Source < 0 || e.Source >= len(g.Nodes) || e.Target < 0 || e.Target >= len(g.Nodes) || e.Source == e.Target {
			return fmt.Errorf("viz: edge %d joins nodes %d and %d of %d", i, e.Source, e.Target, len(g.Nodes))
		}
		if e.Count < 0 {
			return fmt.Errorf("viz: edge %d has a count of %d", i, e.Count)
		}
		if !(e.Score >= 0 && e.Score <= 1) { // not a number neither
			return fmt.Errorf("viz: edge %d has a score of %g, want 0 to 1", i, e.Score)
		}
		for j, q := range e.Evidence {
			if !utf8.ValidString(q.Sentence) {
				return fmt.Errorf("viz: sentence %d of edge %d is not valid UTF-8", j, i)
			}
			for _, s := range []annot.Span{q.Source, q.Target} {
				if s.Start < 0 || s.End > len(q.Sentence) || s.Start >= s.End || !runeStart(q.Sentence, s.Start) || !runeStart(q.Sentence, s.End) {
					return fmt.Errorf("viz: sentence %d of edge %d: a mention has bytes %d to %d of %d", j, i, s.Start, s.End, len(q.Sentence))
				}
			}
			if q.Source.Start < q.Target.End && q.Target.Start < q.Source.End {
				return fmt.Errorf("viz: sentence %d of edge %d: the two mentions overlap", j, i)
			}
		}
	}
	return nil
}
