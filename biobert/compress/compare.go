package compress

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/kernels"
)

// errNotNumbers is a model whose outputs are not.
var errNotNumbers = errors.New("its outputs are not numbers (is the checkpoint damaged?)")

// An answer is what a model makes of a sequence.
type answer struct {
	logits []float32 // rows: one for each token but the first and last, or one in all
	width  int       // of a row
	labels []int     // what it prefers: one for each row, or of an answer its beginning and end; none of an encoder without a head
}

// outputs runs a model on sequences.
func outputs(ctx context.Context, m *bert.Model, threads int, sequences [][]int32) ([]answer, error) {
	state := bert.NewState(threads)
	defer state.Close()
	var out []answer
	for from := 0; from < len(sequences); {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var b bert.Batch
		to := from
		for to < len(sequences) && (to == from || len(b.IDs)+len(sequences[to]) <= chunkTokens) {
			b.Add(sequences[to])
			to++
		}
		if err := m.Check(&b); err != nil {
			return nil, err
		}
		logits := m.Forward(state, &b)
		for i := range to - from {
			rows := logits.Sub(i, i+1, 0, logits.Cols)
			if m.Head != bert.SequenceClassification {
				rows = logits.Sub(b.Starts[i]+1, b.Starts[i+1]-1, 0, logits.Cols)
			}
			a := answer{labels: preferred(rows, m.Head), width: rows.Cols}
			for r := range rows.Rows {
				a.logits = append(a.logits, rows.Row(r)...)
			}
			if !finite(a.logits) {
				return nil, errNotNumbers
			}
			out = append(out, a)
		}
		from = to
	}
	return out, nil
}

// preferred returns the label with the highest logit of each row, or of question answering the token with the highest logit of each column.
func preferred(rows kernels.MatF32, head bert.Head) []int {
	if head == bert.Encoder {
		return nil
	}
	if head != bert.QuestionAnswering {
		labels := make([]int, rows.Rows)
		for i := range labels {
			row := rows.Row(i)
			labels[i] = slices.Index(row, slices.Max(row))
		}
		return labels
	}
	labels := make([]int, rows.Cols)
	for j := range labels {
		for i := range rows.Rows {
			if rows.Row(i)[j] > rows.Row(labels[j])[j] {
				labels[j] = i
			}
		}
	}
	return labels
}

// compare returns how far the answers of a model agree with those of the dense one.
func compare(dense, other []answer) Agreement {
	var a Agreement
	count := map[int]int{}
	low, high := math.Inf(1), math.Inf(-1)
	for _, d := range dense {
		for _, l := range d.labels {
			count[l]++
		}
		for _, x := range d.logits {
			low, high = min(low, float64(x)), max(high, float64(x))
		}
	}
	frequent := -1
	for l, n := range count {
		if frequent < 0 || n > count[frequent] || n == count[frequent] && l < frequent {
			frequent = l
		}
	}
	equal, equalOthers, logits := 0, 0, 0
	for i, d := range dense {
		if d.labels == nil {
			for at := 0; at < len(d.logits); at += d.width {
				a.Cosine += cosine(d.logits[at:at+d.width], other[i].logits[at:at+d.width])
				a.States++
			}
		}
		for j, l := range d.labels {
			same := 0
			if other[i].labels[j] == l {
				same = 1
			}
			a.Outputs++
			equal += same
			if l != frequent {
				a.Others++
				equalOthers += same
			}
		}
		for j, x := range d.logits {
			diff := math.Abs(float64(x) - float64(other[i].logits[j]))
			a.Mean += diff
			a.Max = max(a.Max, diff)
			logits++
		}
	}
	a.Range = high - low
	a.Cosine /= float64(max(a.States, 1))
	a.Mean /= float64(max(logits, 1))
	a.Equal = float64(equal) / float64(max(a.Outputs, 1))
	a.EqualOthers = float64(equalOthers) / float64(max(a.Others, 1))
	return a
}

// cosine returns that of the angle between two vectors.
func cosine(a, b []float32) float64 {
	if all := dot(a, a) * dot(b, b); all > 0 {
		return dot(a, b) / math.Sqrt(all)
	}
	return 0
}

// agreement runs the checkpoint at path with an engine and compares it.
func agreement(ctx context.Context, path string, engine bert.Engine, threads int, sequences [][]int32, dense []answer) (Agreement, error) {
	c, err := bert.OpenCheckpoint(path)
	if err != nil {
		return Agreement{}, err
	}
	defer c.Close()
	m, err := c.Load(engine, "")
	if err != nil {
		return Agreement{}, err
	}
	out, err := outputs(ctx, m, threads, sequences)
	if err != nil {
		return Agreement{}, fmt.Errorf("the compressed model: %w", err)
	}
	return compare(dense, out), nil
}
