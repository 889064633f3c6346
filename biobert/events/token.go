package events

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

type kind uint8

const (
	other  kind = iota // a noun, an adjective or a verb that no list has
	entity             // a mention
	determiner
	auxiliary
	negation
	preposition
	conjunction
	subordinator
	adverb
	plainVerb // finite, not a trigger
	comma
	stop   // a semicolon, colon, dash, or bracket
	hyphen // between two words without space
	slash
)

// A token is a word, a mark, or a whole mention.
type token struct {
	kind     kind
	word     string // in small letters
	at       annot.Span
	entity   int // index of the document's entity
	triggers []trigger
}

func (t token) trigger(f form) *entry {
	for _, r := range t.triggers {
		if r.form == f {
			return r.entry
		}
	}
	return nil
}

// tokenize returns the tokens of a part of the text. What stands in brackets is not among them, but
// comes as further sequences. Mentions are indices into entities, sorted, and do not overlap.
func tokenize(text string, part annot.Span, entities []annot.Entity, mentions []int) [][]token {
	var out [][]token
	var open [][]token // the sequences around the present bracket
	var seq []token
	push := func(t token) { seq = append(seq, t) }
	for i := part.Start; i < part.End; {
		if len(mentions) > 0 && entities[mentions[0]].Start <= i {
			e := entities[mentions[0]]
			push(token{kind: entity, at: e.Span(), entity: mentions[0]})
			mentions = mentions[1:]
			i = e.End
			continue
		}
		limit := part.End
		if len(mentions) > 0 {
			limit = entities[mentions[0]].Start
		}
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '(' || r == '[':
			open = append(open, seq)
			seq = nil
		case r == ')' || r == ']':
			if len(open) > 0 {
				out = append(out, seq)
				seq, open = open[len(open)-1], open[:len(open)-1]
			}
		case r == ',':
			push(token{kind: comma, at: annot.Span{Start: i, End: i + n}})
		case r == '/':
			push(token{kind: slash, at: annot.Span{Start: i, End: i + n}})
		case unicode.Is(unicode.Pd, r) && i > part.Start && i+n < part.End && !spaceBefore(text, i) && !spaceAt(text, i+n):
			push(token{kind: hyphen, at: annot.Span{Start: i, End: i + n}})
		case r == ';' || r == ':' || unicode.Is(unicode.Pd, r):
			push(token{kind: stop, at: annot.Span{Start: i, End: i + n}})
		case wordRune(r):
			end := i
			for end < limit {
				r, n := utf8.DecodeRuneInString(text[end:])
				inner := end > i && end+n < limit && (r == '\'' || r == '’' || unicode.Is(unicode.Pd, r)) && wordRune(runeAt(text, end+n))
				if !wordRune(r) && !inner {
					break
				}
				end += n
			}
			seq = appendWord(seq, text, annot.Span{Start: i, End: end})
			i = end
			continue
		}
		i += n
	}
	out = append(out, open...) // brackets that nothing closes
	return append(out, seq)
}

func wordRune(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r) }

func runeAt(s string, i int) rune {
	r, _ := utf8.DecodeRuneInString(s[i:])
	return r
}

func spaceAt(s string, i int) bool { return unicode.IsSpace(runeAt(s, i)) }

func spaceBefore(s string, i int) bool {
	r, _ := utf8.DecodeLastRuneInString(s[:i])
	return unicode.IsSpace(r)
}

// appendWord appends the word at a span, which may have hyphens: in one piece if the lexicon has it without them
// ("down-regulates"), before and after the last hyphen if what follows is a participle or an adjective
// there ("hypoxia-induced"), and in one piece otherwise.
func appendWord(seq []token, text string, at annot.Span) []token {
	lower := strings.ToLower(text[at.Start:at.End])
	joined := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Pd, r) {
			return -1
		}
		return r
	}, lower)
	if i := strings.LastIndexFunc(lower, func(r rune) bool { return unicode.Is(unicode.Pd, r) }); i > 0 && triggers[joined] == nil && len(lower) == at.Len() {
		_, n := utf8.DecodeRuneInString(lower[i:])
		tail := token{word: lower[i+n:], triggers: triggers[lower[i+n:]]}
		if tail.trigger(past) != nil || tail.trigger(adjective) != nil {
			tail.at = annot.Span{Start: at.Start + i + n, End: at.End}
			return append(seq, token{word: lower[:i], at: annot.Span{Start: at.Start, End: at.Start + i}},
				token{kind: hyphen, at: annot.Span{Start: at.Start + i, End: at.Start + i + n}}, tail)
		}
	}
	t := token{word: lower, at: at, triggers: triggers[joined]}
	switch {
	case negations[lower] || strings.HasSuffix(lower, "n't"):
		t.kind = negation
	case auxiliaries[lower]:
		t.kind = auxiliary
	case subordinators[lower]:
		t.kind = subordinator
	case conjunctions[lower]:
		t.kind = conjunction
	case prepositions[lower]:
		t.kind = preposition
	case determiners[lower]:
		t.kind = determiner
	case adverbs[lower], len(lower) > 4 && strings.HasSuffix(lower, "ly") && !notAdverbs[lower]:
		t.kind = adverb
	case t.triggers == nil && otherVerbs[lower]:
		t.kind = plainVerb
	}
	return append(seq, t)
}

// smooth joins "as well as" and leaves out remarks such as ", less strongly,".
func smooth(seq []token) []token {
	var out []token
	for i := 0; i < len(seq); i++ {
		if seq[i].word == "as" && i+2 < len(seq) && seq[i+1].word == "well" && seq[i+2].word == "as" {
			out = append(out, token{kind: conjunction, word: "and", at: seq[i].at})
			i += 2
			continue
		}
		if seq[i].kind == comma {
			j := i + 1
			for j < len(seq) && j-i <= 4 && seq[j].kind == adverb {
				j++
			}
			if j > i+1 && j < len(seq) && seq[j].kind == comma {
				i = j
				continue
			}
		}
		out = append(out, seq[i])
	}
	return out
}

// outermost returns the indices, from first on, of the entities of a sentence that lie in no longer one of it, and the index behind those that start
// before its end. Entities that begin or end with the blanks around it are not of it. Entities are sorted by start, the longest first.
func outermost(entities []annot.Entity, first int, sentence annot.Span) (kept []int, next int) {
	reach := sentence.Start
	for next = first; next < len(entities) && entities[next].Start < sentence.End; next++ {
		if e := entities[next]; e.Start >= reach && e.End <= sentence.End {
			kept = append(kept, next)
			reach = e.End
		}
	}
	return kept, next
}
