package token

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
)

// WriteFolder writes vocab.txt and tokenizer_config.json into the folder dir, from which Open makes the same tokenizer. It returns an error for one that these
// files cannot describe, such as one with added tokens of its own.
func (t *Tokenizer) WriteFolder(dir string) error {
	var vocab bytes.Buffer
	for id := range int32(t.VocabSize()) {
		piece := t.Piece(id)
		if bytes.ContainsAny([]byte(piece), "\r\n") {
			return fmt.Errorf("token: piece %d, %q, cannot stand in %s", id, piece, fileVocab)
		}
		vocab.WriteString(piece)
		vocab.WriteByte('\n')
	}
	config, err := json.MarshalIndent(map[string]any{
		"tokenizer_class": "BertTokenizer", "do_lower_case": t.opts.Lowercase, "strip_accents": t.opts.StripAccents,
		"tokenize_chinese_chars": t.opts.HandleChineseChars,
	}, "", "  ")
	if err != nil {
		return fmt.Errorf("token: %w", err)
	}
	for name, data := range map[string][]byte{fileVocab: vocab.Bytes(), fileConfig: append(config, '\n')} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			return fmt.Errorf("token: %w", err)
		}
	}
	again, err := Open(dir)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(ordered(again.opts), ordered(t.opts)) || again.VocabSize() != t.VocabSize() {
		return errors.New("token: vocab.txt cannot describe this tokenizer")
	}
	return nil
}

// ordered returns o with its added tokens in an order that does not depend on the file they are from.
func ordered(o Options) Options {
	o.Added = slices.Clone(o.Added)
	slices.SortFunc(o.Added, func(a, b AddedToken) int { return strings.Compare(a.Content, b.Content) })
	return o
}
