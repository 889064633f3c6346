package token

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/sugarme/tokenizer"
	"github.com/sugarme/tokenizer/model/wordpiece"
	"github.com/sugarme/tokenizer/pretrained"
)

// The vocabulary of a checkpoint is read by sugarme/tokenizer. Of that library
// only functions are used that return errors; it has others that end the
// process, so that files are checked before it sees them, and what it panics
// on becomes an error.

// readVocabJSON returns the vocabulary of a tokenizer.json that is known to be
// JSON with a WordPiece model. pretrained.FromFile would go on to the added
// tokens, where the library may end the process; what it does up to there is
// done here.
func readVocabJSON(path string) (vocab []string, err error) {
	defer recovered(&err)
	config, err := tokenizer.ConfigFromFile(path)
	if err != nil {
		return nil, err
	}
	if config == nil || config.Model == nil {
		return nil, errors.New("no model in it")
	}
	config.Model["type"] = "WordPiece"
	m, err := pretrained.CreateModel(config)
	if err != nil {
		return nil, err
	}
	return byID(m.GetVocab())
}

// readVocabText returns the lines of a vocab.txt.
func readVocabText(path, unknown string) (vocab []string, err error) {
	data, err := readFile(path)
	if err != nil {
		return nil, unpath(err, path)
	}
	for n := 1; len(data) > 0; n++ {
		line, rest, _ := bytes.Cut(data, []byte("\n"))
		if len(line) > maxLineBytes {
			return nil, fmt.Errorf("line %d has %d bytes (one piece a line is expected)", n, len(line))
		}
		data = rest
	}
	defer recovered(&err)
	m, err := wordpiece.NewWordPieceFromFile(path, unknown)
	if err != nil {
		return nil, err
	}
	return byID(m.GetVocab())
}

// recovered turns a panic of the library into an error.
func recovered(err *error) {
	if p := recover(); p != nil {
		*err = fmt.Errorf("the definition could not be read: %v", p)
	}
}

// byID lists pieces by id. Ids that no piece has are left empty.
func byID(ids map[string]int) ([]string, error) {
	size := 0
	for piece, id := range ids {
		if id < 0 || id >= maxPieces {
			return nil, fmt.Errorf("piece %q has the id %d (0 to %d is possible)", piece, id, maxPieces-1)
		}
		size = max(size, id+1)
	}
	vocab := make([]string, size)
	for piece, id := range ids {
		switch was := vocab[id]; {
		case was == "":
			vocab[id] = strings.Clone(piece)
		case piece != "":
			return nil, fmt.Errorf("pieces %q and %q have the same id %d", min(was, piece), max(was, piece), id)
		}
	}
	return vocab, nil
}
