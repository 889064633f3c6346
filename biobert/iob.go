package biobert

import (
	"math"
	"strings"
)

// An iob knows the labels of a tagger: O, and B- and I- of types.
type iob struct {
	before []int // of an I- label, the B- label of its type; -1 for others
}

// newIOB returns nil if labels are not all O, B- and I-, each I- with its B-.
func newIOB(labels []string) *iob {
	at := make(map[string]int, len(labels))
	for i, l := range labels {
		at[l] = i
	}
	t := &iob{make([]int, len(labels))}
	for i, l := range labels {
		t.before[i] = -1
		if typ, ok := strings.CutPrefix(l, "I-"); ok {
			b, ok := at["B-"+typ]
			if !ok {
				return nil
			}
			t.before[i] = b
		} else if l != "O" && !strings.HasPrefix(l, "B-") {
			return nil
		}
	}
	return t
}

// may reports whether label may follow last, -1 at the beginning.
func (t *iob) may(last, label int) bool {
	b := t.before[label]
	return b < 0 || last >= 0 && (last == label || last == b)
}

// decode replaces the labels of units, the most probable of each, by the most probable sequence that IOB2 allows: one in which
// every I- follows a B- or I- of its type (Viterbi's algorithm without weights of transitions). row gives the
// probabilities of a unit's labels.
func (t *iob) decode(units []unit, row func(u unit) []float64) {
	legal, last := true, -1
	for _, u := range units {
		legal = legal && t.may(last, u.label)
		last = u.label
	}
	if legal { // then it is the most probable one of all
		return
	}
	n := len(t.before)
	from := make([]int32, len(units)*n) // of each unit and label, the best label before it
	sum, next := make([]float64, n), make([]float64, n)
	for i, u := range units {
		top := 0
		for k := range sum {
			if sum[k] > sum[top] {
				top = k
			}
		}
		for k, p := range row(u) {
			before := top
			if b := t.before[k]; b >= 0 {
				if before = k; i == 0 || sum[b] > sum[k] {
					before = b
				}
			}
			from[i*n+k] = int32(before)
			next[k] = sum[before] + math.Log(max(p, 1e-30))
			if i == 0 && t.before[k] >= 0 {
				next[k] = math.Inf(-1)
			}
		}
		sum, next = next, sum
	}
	label := 0
	for k := range sum {
		if sum[k] > sum[label] {
			label = k
		}
	}
	for i := len(units) - 1; i >= 0; i-- {
		units[i].label, units[i].score = label, row(units[i])[label]
		label = int(from[i*n+label])
	}
}
