package corpus

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// WriteSentences writes sentences so that [ReadCoNLL] reads the same: a line "###MEDLINE:" where a document begins, with its ID or, after
// another, with nothing for sentences of none, a line with word, tab, tag for each token, an empty line after each sentence. Words with tabs or
// line breaks, tags that are not of IOB, and as many tags as there are not tokens are errors.
func WriteSentences(w io.Writer, sentences []Sentence) error {
	b := bufio.NewWriter(w)
	document := ""
	for i, s := range sentences {
		err := checkSentence(s)
		if err == nil && i == 0 && s.Document == "" && strings.HasPrefix(s.Tokens[0], "\ufeff") {
			err = fmt.Errorf("the word %s cannot begin a file, where it is a byte order mark", excerpt(s.Tokens[0]))
		}
		if err != nil {
			return fmt.Errorf("corpus: CoNLL: sentence %d: %w", i, err)
		}
		if s.Document != document {
			document = s.Document
			fmt.Fprintf(b, "%s%s\n\n", medline, document)
		}
		for k, t := range s.Tokens {
			b.WriteString(t)
			b.WriteByte('\t')
			b.WriteString(s.Tags[k])
			b.WriteByte('\n')
		}
		b.WriteByte('\n')
	}
	if err := b.Flush(); err != nil {
		return fmt.Errorf("corpus: writing CoNLL: %w", err)
	}
	return nil
}

func checkSentence(s Sentence) error {
	switch {
	case len(s.Tokens) != len(s.Tags):
		return fmt.Errorf("%d tokens and %d tags", len(s.Tokens), len(s.Tags))
	case len(s.Tokens) == 0:
		return errors.New("no tokens")
	case strings.ContainsAny(s.Document, "\r\n") || strings.TrimSpace(s.Document) != s.Document || !utf8.ValidString(s.Document):
		return fmt.Errorf("the document %q cannot stand on a line", s.Document)
	}
	for k, t := range s.Tokens {
		switch {
		case strings.TrimSpace(t) == "" || strings.ContainsAny(t, "\t\r\n") || !utf8.ValidString(t) ||
			strings.HasPrefix(t, medline) || strings.HasPrefix(t, docstart) || len(t)+len(s.Tags[k])+1 >= maxWord:
			return fmt.Errorf("the word %s cannot stand in a column", excerpt(t))
		case !validTag(s.Tags[k]) || strings.ContainsAny(s.Tags[k], "\t\r\n") || !utf8.ValidString(s.Tags[k]):
			return fmt.Errorf("unknown tag %q", s.Tags[k])
		}
	}
	return nil
}
