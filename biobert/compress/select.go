package compress

import "slices"

// lowest calls remove for the m lowest of scores; of equal ones those that come first go first. scratch is overwritten.
func lowest(scores []float32, m int, scratch []float32, remove func(i int)) {
	if m <= 0 {
		return
	}
	if m >= len(scores) {
		for i := range scores {
			remove(i)
		}
		return
	}
	scratch = append(scratch[:0], scores...)
	cut := kth(scratch, m-1)
	ties := m
	for _, v := range scores {
		if v < cut {
			ties--
		}
	}
	for i, v := range scores {
		if v < cut {
			remove(i)
		} else if v == cut && ties > 0 {
			ties--
			remove(i)
		}
	}
}

// kth returns the element that would be at index k if v were sorted. It puts v into another order.
func kth(v []float32, k int) float32 {
	lo, hi := 0, len(v) // v[:lo] are not above, v[hi:] not below the rest
	for hi-lo > 32 {
		// The middle of three, at places that do not repeat with the structure of a matrix.
		a, b, c := v[lo+(hi-lo)/7], v[lo+(hi-lo)/2], v[hi-1-(hi-lo)/5]
		pivot := max(min(a, b), min(max(a, b), c))
		i, j := lo, hi-1
		for i <= j {
			for v[i] < pivot {
				i++
			}
			for pivot < v[j] {
				j--
			}
			if i <= j {
				v[i], v[j] = v[j], v[i]
				i++
				j--
			}
		}
		switch {
		case k <= j:
			hi = j + 1
		case k >= i:
			lo = i
		default:
			return v[k]
		}
	}
	slices.Sort(v[lo:hi])
	return v[k]
}

// grouped adds up the scores of each row in groups of block neighbours: [rows, columns/block] of [rows, columns].
func grouped(scores []float32, block int) []float32 {
	if block == 1 {
		return scores
	}
	out := make([]float32, len(scores)/block)
	for i := range out {
		for _, v := range scores[i*block : (i+1)*block] {
			out[i] += v
		}
	}
	return out
}
