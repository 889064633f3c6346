package biobert

// A window is a sequence that the model reads at once: a whole text, part of a long one, or a pair of texts.
type window struct {
	item     int // index of the text
	from, to int // tokens of the text, without [CLS] and [SEP]
	use, end int // tokens whose labels are taken from this window

	pair                 bool
	secondFrom, secondTo int // tokens of the second text, likewise
}

// tokens returns the length of the sequence, special tokens included.
func (w *window) tokens() int {
	n := w.to - w.from + 2
	if w.pair {
		n += w.secondTo - w.secondFrom + 1
	}
	return n
}

// windows cuts a text into windows of at most size tokens, of which neighbours share about stride. word
// holds the word of each token, -1 for the first and last, which are [CLS] and [SEP]. Where it can, a
// window begins and ends at the border of a word, and labels are taken from the window in which the token
// is further from the edge.
func windows(out []window, item int, word []int32, size, stride int) []window {
	n := len(word) - 1 // tokens 1 to n-1 are the text
	if n-1 <= size {
		return append(out, window{item: item, from: 1, to: n, use: 1, end: n})
	}
	stride = min(stride, size/4)
	// border moves i back to the beginning of its word, but not below low.
	border := func(i, low int) int {
		for j := i; j >= low; j-- {
			if word[j] != word[j-1] {
				return j
			}
		}
		return i
	}
	first := len(out)
	for from := 1; ; {
		to := n
		if from+size < n {
			to = border(from+size, from+size/2)
		}
		out = append(out, window{item: item, from: from, to: to, use: from, end: to})
		if to == n {
			break
		}
		from = border(to-stride, from+size/4)
	}
	for i := first + 1; i < len(out); i++ {
		cut := border((out[i].from+out[i-1].to)/2, out[i].from)
		out[i-1].end, out[i].use = cut, cut
	}
	return out
}
