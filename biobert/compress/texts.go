package compress

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/sparsebio/sparsebio/biobert/internal/token"
)

// heldOutEvery says which texts are kept for the comparison with the dense model: the last of so many.
const heldOutEvery = 8

// A sample is the texts that are read, as sequences of token ids that the model takes.
type sample struct {
	sequences [][]int32
	texts     int
	tokens    int
}

// add appends the tokens of a text; of one that is too long for the model, window after window of at most longest tokens.
func (s *sample) add(ids []int32, longest int) {
	cls, text, sep := ids[0], ids[1:len(ids)-1], ids[len(ids)-1]
	s.texts++
	for len(text) > 0 {
		n := min(len(text), longest-2)
		seq := make([]int32, 0, n+2)
		seq = append(append(append(seq, cls), text[:n]...), sep)
		s.sequences = append(s.sequences, seq)
		s.tokens += len(seq)
		text = text[n:]
	}
}

// read takes texts until the calibration has so many tokens. Texts without tokens do not count.
func read(ctx context.Context, texts iter.Seq[string], tok *token.Tokenizer, tokens, longest, vocabulary int) (calibration, heldOut *sample, err error) {
	if texts == nil {
		return nil, nil, errors.New("no calibration texts (nil)")
	}
	calibration, heldOut = &sample{}, &sample{}
	var e token.Encoding
	number := 0
	for text := range texts {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		number++
		if err := tok.Encode(&e, text); err != nil {
			return nil, nil, fmt.Errorf("calibration text %d: %w", number, err)
		}
		for _, id := range e.IDs {
			if id < 0 || int(id) >= vocabulary {
				return nil, nil, fmt.Errorf("calibration text %d: token id %d, the model has %d (do the tokenizer and the weights belong together?)", number, id, vocabulary)
			}
		}
		if len(e.IDs) <= 2 {
			continue
		}
		if (calibration.texts+heldOut.texts)%heldOutEvery == heldOutEvery-1 {
			heldOut.add(e.IDs, longest)
			continue
		}
		calibration.add(e.IDs, longest)
		if calibration.tokens >= tokens && heldOut.texts > 0 {
			break
		}
	}
	switch {
	case number == 0:
		return nil, nil, errors.New("no calibration texts (give some hundred of the kind that the model will read)")
	case calibration.texts == 0:
		return nil, nil, fmt.Errorf("no calibration texts with a word in them (%d read)", number)
	}
	if heldOut.texts == 0 { // fewer than eight
		if len(calibration.sequences) < 2 {
			return nil, nil, errors.New("one calibration text (want two at least: one is kept for the comparison with the dense model)")
		}
		last := len(calibration.sequences) - 1
		seq := calibration.sequences[last]
		calibration.sequences = calibration.sequences[:last]
		calibration.tokens -= len(seq)
		heldOut.sequences, heldOut.tokens, heldOut.texts = [][]int32{seq}, len(seq), 1
		calibration.texts = max(calibration.texts-1, 1)
	}
	return calibration, heldOut, nil
}
