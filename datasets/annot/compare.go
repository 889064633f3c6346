package annot

import (
	"cmp"
	"fmt"
	"slices"
)

// An Outcome says how a mention that should have been found and one that was found go together.
type Outcome int

// The outcomes, from the best to the worst. They are those of the fifth Message Understanding Conference (Chinchor and
// Sundheim, MUC-5 evaluation metrics, 1993), with its "incorrect" and "partial" told apart by what is wrong.
const (
	Correct              Outcome = iota // the same bytes and type
	WrongType                           // the same bytes, another type
	WrongBoundary                       // some bytes in common, the same type
	WrongBoundaryAndType                // some bytes in common, another type
	Missed                              // of the gold standard only
	Spurious                            // of the prediction only
)

var outcomeNames = [...]string{"correct", "wrong type", "wrong boundary", "wrong boundary and type", "missed", "spurious"}

// String returns the outcome in words: "wrong boundary".
func (o Outcome) String() string {
	if o < 0 || int(o) >= len(outcomeNames) {
		return fmt.Sprintf("Outcome(%d)", int(o))
	}
	return outcomeNames[o]
}

// A Match is a mention of a gold standard with the mention of a prediction that it goes with, or one of the two
// alone.
type Match struct {
	Outcome   Outcome
	Gold      int // index of the entity; -1 where the outcome is Spurious
	Predicted int // index of the entity; -1 where it is Missed
}

// Compare pairs the entities of a gold standard with those that were predicted for the same text; either may be
// the result of a model. Each entity is in one match: pairs are made of mentions with the same bytes and type, then of
// those with the same bytes, then of those of one type that share bytes, then of others that share bytes; among
// these the pair first whose common bytes are the largest part of the bytes of both together, then the one that comes first in the
// text. What is left over is missed or spurious.
//
// An entity that is there twice, with the same bytes and type, is in the first match only; entities that have no bytes
// (End is not after Start) are left out. So Correct counts what a strict score counts (exact borders and type). Matches are
// sorted by position. Time and memory grow with the number of pairs of mentions that share bytes.
func Compare(gold, predicted []Entity) []Match {
	golds, preds := distinct(gold), distinct(predicted)
	type pair struct {
		Match
		share float64 // of the bytes of both together that they have in common
	}
	var pairs []pair
	first := 0 // no prediction before it reaches the present gold mention
	reach := make([]int, len(preds))
	for j, p := range preds {
		reach[j] = predicted[p].End
		if j > 0 {
			reach[j] = max(reach[j], reach[j-1])
		}
	}
	for _, i := range golds {
		g := gold[i]
		for first < len(preds) && reach[first] <= g.Start {
			first++
		}
		for _, j := range preds[first:] {
			p := predicted[j]
			if p.Start >= g.End {
				break
			}
			common := min(g.End, p.End) - max(g.Start, p.Start)
			if common <= 0 {
				continue
			}
			o := WrongBoundaryAndType
			switch same := g.Span() == p.Span(); {
			case same && g.Type == p.Type:
				o = Correct
			case same:
				o = WrongType
			case g.Type == p.Type:
				o = WrongBoundary
			}
			pairs = append(pairs, pair{Match{o, i, j}, float64(common) / float64(max(g.End, p.End)-min(g.Start, p.Start))})
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.Outcome, b.Outcome), cmp.Compare(b.share, a.share))
	})
	var matches []Match
	goldTaken, predTaken := make([]bool, len(gold)), make([]bool, len(predicted))
	for _, p := range pairs {
		if !goldTaken[p.Gold] && !predTaken[p.Predicted] {
			goldTaken[p.Gold], predTaken[p.Predicted] = true, true
			matches = append(matches, p.Match)
		}
	}
	for _, i := range golds {
		if !goldTaken[i] {
			matches = append(matches, Match{Missed, i, -1})
		}
	}
	for _, j := range preds {
		if !predTaken[j] {
			matches = append(matches, Match{Spurious, -1, j})
		}
	}
	at := func(m Match) Entity {
		if m.Gold >= 0 {
			return gold[m.Gold]
		}
		return predicted[m.Predicted]
	}
	slices.SortStableFunc(matches, func(a, b Match) int { return byPlace(at(a), at(b)) })
	return matches
}

// byPlace orders by start, the longer one first, then by type.
func byPlace(a, b Entity) int {
	return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(b.End, a.End), cmp.Compare(a.Type, b.Type))
}

// distinct returns the indices of the entities that have bytes, in the order of the text and each but once.
func distinct(entities []Entity) []int {
	var order []int
	for i, e := range entities {
		if e.Start < e.End {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(i, j int) int { return byPlace(entities[i], entities[j]) })
	return slices.CompactFunc(order, func(i, j int) bool { return byPlace(entities[i], entities[j]) == 0 })
}
