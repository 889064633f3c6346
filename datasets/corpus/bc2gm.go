package corpus

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// A GeneSentence is a sentence of BC2GM (BioCreative II, gene mention).
type GeneSentence struct {
	ID           string // "P00001606T0076"
	Text         string
	Genes        []Gene // in the order of the file
	Alternatives []Gene // other spans that are as good; a span may be an alternative to several genes
}

// A Gene is a mention of a gene or of its product.
type Gene struct {
	annot.Span
	Name string // as the file has it; one name of the train set is not the text at its offsets
}

// ReadBC2GM reads BC2GM in its original form: the sentences ("train.in", lines of an identifier, a
// blank and a text), their genes ("GENE.eval", lines of "identifier|first last|name" whose offsets
// count the characters that are not blank, the last included) and the accepted alternatives
// ("ALTGENE.eval", in the same form). alternatives may be nil.
//
// Errors are [*ParseError]; their Path is the name above. The task is that of Smith et al.
// 2008 (Genome Biology 9, suppl. 2, S2).
func ReadBC2GM(sentences, genes, alternatives io.Reader) ([]GeneSentence, error) {
	return readBC2GM(named{"train.in", sentences}, named{"GENE.eval", genes}, named{"ALTGENE.eval", alternatives})
}

// ReadBC2GMFiles reads the sentences at path and GENE.eval and ALTGENE.eval beside it, each with or without .gz at the
// end of its name. There must be a GENE.eval.
func ReadBC2GMFiles(path string) ([]GeneSentence, error) {
	names := []string{path, beside(path, "GENE.eval"), beside(path, "ALTGENE.eval")}
	if names[1] == "" {
		return nil, &ParseError{Path: path, Err: errors.New("there is no GENE.eval beside it, which holds the genes of the sentences")}
	}
	var files [3]named
	for i, name := range names {
		if name == "" {
			continue
		}
		f, err := open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		files[i] = named{name, f}
	}
	return readBC2GM(files[0], files[1], files[2])
}

// A named reader has a name for its errors.
type named struct {
	name string
	r    io.Reader
}

func readBC2GM(sentences, genes, alternatives named) ([]GeneSentence, error) {
	var out []GeneSentence
	at := map[string]int{}
	err := eachLine(sentences.r, maxLine, func(line string) error {
		if line == "" {
			return nil
		}
		id, text, ok := strings.Cut(line, " ")
		switch {
		case !ok || id == "" || strings.ContainsAny(id, "|\t"):
			return fmt.Errorf("%s is not identifier, blank, text", excerpt(line))
		case strings.TrimSpace(text) == "":
			return fmt.Errorf("sentence %q is empty", id)
		}
		if _, ok := at[id]; ok {
			return fmt.Errorf("sentence %q occurs twice", id)
		}
		at[id] = len(out)
		out = append(out, GeneSentence{ID: id, Text: text})
		return nil
	})
	if err == nil && len(out) == 0 {
		err = empty("lines of identifier, blank, text")
	}
	if err != nil {
		return nil, inFile(sentences.name, err)
	}
	read := func(n named, add func(s *GeneSentence, g Gene)) error {
		if n.r == nil {
			return nil
		}
		var solid []int // the byte offsets of the characters of one sentence that are not blank, and its length
		of := -1
		return inFile(n.name, eachLine(n.r, maxLine, func(line string) error {
			if line == "" {
				return nil
			}
			id, offsets, name, err := parseGene(line)
			if err != nil {
				return err
			}
			i, ok := at[id]
			if !ok {
				return fmt.Errorf("there is no sentence %q in %s", id, filepath.Base(sentences.name))
			}
			if of != i {
				of, solid = i, solidOffsets(solid[:0], out[i].Text)
			}
			span, err := solidSpan(out[i].Text, solid, offsets)
			if err != nil {
				return fmt.Errorf("sentence %q: %w", id, err)
			}
			add(&out[i], Gene{span, name})
			return nil
		}))
	}
	if err := read(genes, func(s *GeneSentence, g Gene) { s.Genes = append(s.Genes, g) }); err != nil {
		return nil, err
	}
	if err := read(alternatives, func(s *GeneSentence, g Gene) { s.Alternatives = append(s.Alternatives, g) }); err != nil {
		return nil, err
	}
	return out, nil
}

func parseGene(line string) (id, offsets, name string, err error) {
	id, rest, ok := strings.Cut(line, "|")
	offsets, name, ok2 := strings.Cut(rest, "|")
	if !ok || !ok2 || id == "" {
		return "", "", "", fmt.Errorf("%s is not identifier|first last|name", excerpt(line))
	}
	return id, offsets, name, nil
}

// solidOffsets appends the byte offset of each character that is not blank.
func solidOffsets(dst []int, text string) []int {
	for i, r := range text {
		if !unicode.IsSpace(r) {
			dst = append(dst, i)
		}
	}
	return dst
}

// solidSpan turns "first last", which count characters that are not blank, into bytes.
func solidSpan(text string, solid []int, offsets string) (annot.Span, error) {
	a, b, ok := strings.Cut(offsets, " ")
	first, err1 := strconv.Atoi(a)
	last, err2 := strconv.Atoi(b)
	switch {
	case !ok || err1 != nil || err2 != nil:
		return annot.Span{}, fmt.Errorf("%q is not two offsets", offsets)
	case first < 0 || last < first || last >= len(solid):
		return annot.Span{}, fmt.Errorf("offsets %q in a text of %d characters that are not blank", offsets, len(solid))
	}
	return annot.Span{Start: solid[first], End: solid[last] + runeLen(text[solid[last]:])}, nil
}
