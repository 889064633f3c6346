package annot

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// An Abbreviation is the place where a text says what a short form stands for:
// "androgen receptor (AR)".
type Abbreviation struct {
	Short     string `json:"short"`      // the bytes of ShortSpan: "AR"
	Long      string `json:"long"`       // the bytes of LongSpan: "androgen receptor"
	ShortSpan Span   `json:"short_span"` // in the text
	LongSpan  Span   `json:"long_span"`  // in the text
}

// Abbreviations finds the definitions of short forms in a text, in the order of their
// brackets, with the algorithm of Schwartz and Hearst (A simple algorithm for identifying
// abbreviation definitions in biomedical text, Pacific Symposium on Biocomputing 2003, 451-462).
//
// A definition is "long form (SF)" or "SF (long form)" within one of the [Sentences]. A short form has
// one or two words and 2 to 10 letters and digits, at least one of them a letter; it begins with a letter or
// a digit. More than two words in the brackets are a long form, whose short form is the
// word before them and holds a capital. What follows a comma or semicolon in the brackets is
// left out. Every letter and digit of the short form, read from its end, must be found in
// this order in the long form, case aside, the first at the beginning of a word; the match nearest
// to the end is taken. The long form has at most min(n+5, 2n) words for a short form of n letters and
// digits, does not hold the short form as a word of its own, and is not the shorter of the two.
//
// Beyond the paper, for texts of the life sciences: a Greek letter matches its name ("TNF-α" for
// "tumour necrosis factor alpha", both ways); brackets may be nested; the brackets within a long form
// must be balanced; and brackets with a comparison or a percentage ("P < 0.05", "n = 12"), with
// a reference to a figure, table or the like ("Fig. 1"), or with a small Roman numeral are no
// definitions, and neither is a word of five or more small letters ("(cardiac)") a short form.
func Abbreviations(text string) []Abbreviation {
	var found []Abbreviation
	for _, sent := range Sentences(text) {
		var open []int // the brackets that enclose the present byte
		for i := sent.Start; i < sent.End; i++ {
			switch text[i] {
			case '(':
				from := sent.Start
				if len(open) > 0 {
					from = open[len(open)-1] + 1
				}
				open = append(open, i)
				if a, ok := definition(text, from, i, sent.End); ok {
					found = append(found, a)
				}
			case ')':
				if len(open) > 0 {
					open = open[:len(open)-1]
				}
			}
		}
	}
	return found
}

// definition returns what the bracket at open defines, if anything. Its long or short form before the
// bracket lies between from and open.
func definition(text string, from, open, end int) (Abbreviation, bool) {
	before := trimQuotes(text, Span{from, open})
	if before.Len() == 0 || open == from || !unicode.IsSpace(lastRune(text[:open])) {
		return Abbreviation{}, false
	}
	in, ok := bracketed(text, open, end)
	if !ok || noDefinition(text[in.Start:in.End]) {
		return Abbreviation{}, false
	}
	content := text[in.Start:in.End]
	// A comma or semicolon ends the form, and so does a bracket inside that stands apart from a short one.
	cut := len(content)
	for _, sep := range []string{", ", "; "} {
		if i := strings.Index(content, sep); i >= 0 {
			cut = min(cut, i)
		}
	}
	form := trimQuotes(text, Span{in.Start, in.Start + cut})
	short := form
	if len(strings.Fields(text[form.Start:form.End])) <= 2 && form.Len() <= before.Len() {
		if i := strings.Index(text[form.Start:form.End], " ("); i >= 0 {
			short = trimQuotes(text, Span{form.Start, form.Start + i})
		}
		return pair(text, short, before)
	}
	word := trimQuotes(text, Span{before.Start + strings.LastIndexFunc(text[before.Start:before.End], unicode.IsSpace) + 1, before.End})
	if strings.IndexFunc(text[word.Start:word.End], unicode.IsUpper) < 0 {
		return Abbreviation{}, false
	}
	return pair(text, word, form)
}

// maxBracket is how many bytes a bracket with a long form may hold.
const maxBracket = 500

// bracketed returns what lies in the bracket at open: up to the one that closes it, or the next one
// if they are not balanced, and false if there is none near enough before end.
func bracketed(text string, open, end int) (Span, bool) {
	end = min(end, open+maxBracket)
	depth := 0
	for i := open; i < end; i++ {
		switch text[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return Span{open + 1, i}, true
			}
		}
	}
	if i := strings.IndexByte(text[open:end], ')'); i >= 0 {
		return Span{open + 1, open + i}, true
	}
	return Span{}, false
}

// references open brackets that point elsewhere or give an example.
var references = words(`fig figs figure figures table tables tab ref refs reference references eq eqs eqn equation
	scheme chart supplementary suppl see e.g eg i.e ie cf vs ii iii iv vi vii viii ix xi xii`)

// noDefinition reports whether brackets with this content never hold a short or long form.
func noDefinition(content string) bool {
	if strings.ContainsAny(content, "=<>≤≥≈±%~") {
		return true
	}
	first := firstWord(strings.TrimSpace(content))
	return references[strings.Trim(strings.ToLower(first), ".,;:")] && (first == strings.ToLower(first) || first[1:] == strings.ToLower(first[1:]))
}

// pair returns the short form with the end of the text before it that it abbreviates.
func pair(text string, short, before Span) (Abbreviation, bool) {
	s := text[short.Start:short.End]
	n := 0 // letters and digits
	letter, word := false, true
	for _, r := range s {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			n++
		}
		letter = letter || unicode.IsLetter(r)
		word = word && unicode.IsLower(r)
	}
	if word && n >= 5 {
		return Abbreviation{}, false
	}
	if first := firstRune(s); !letter || n < 2 || n > 10 || len(strings.Fields(s)) > 2 || !unicode.IsLetter(first) && !unicode.IsDigit(first) {
		return Abbreviation{}, false
	}
	limit := min(n+5, 2*n)
	candidate := lastWords(text, before, limit)
	for _, skip := range []bool{false, true} { // the brackets of other definitions
		at, ok := longForm(s, text, candidate, skip)
		if !ok {
			continue
		}
		l := text[at.Start:at.End]
		wordCount := len(strings.FieldsFunc(l, func(r rune) bool { return unicode.IsSpace(r) || r == '-' }))
		if wordCount <= limit && utf8.RuneCountInString(l) >= utf8.RuneCountInString(s) &&
			!strings.Contains(l, s+" ") && !strings.HasSuffix(l, s) && balanced(l) && l[0] != '(' {
			return Abbreviation{Short: s, Long: l, ShortSpan: short, LongSpan: at}, true
		}
	}
	return Abbreviation{}, false
}

// lastWords returns the last n words of s.
func lastWords(text string, s Span, n int) Span {
	start := s.End
	for ; n > 0 && start > s.Start; n-- {
		start = s.Start + len(strings.TrimRightFunc(text[s.Start:start], unicode.IsSpace))
		start = s.Start + strings.LastIndexFunc(text[s.Start:start], unicode.IsSpace) + 1
	}
	for start < s.End {
		r, size := utf8.DecodeRuneInString(text[start:])
		if !unicode.IsSpace(r) {
			break
		}
		start += size
	}
	return Span{start, s.End}
}

// longForm returns the shortest end of the candidate that holds the letters and digits of short in
// order and begins with a word, whose beginning the first of them is. It may skip what is in brackets.
func longForm(short, text string, candidate Span, skip bool) (Span, bool) {
	s := spellOut(short, 0)
	l := spellOut(text[candidate.Start:candidate.End], candidate.Start)
	if skip {
		depth := 0
		for i := range l {
			if l[i].r == '(' {
				depth++
			}
			inside := depth > 0
			if l[i].r == ')' {
				depth--
			}
			if inside {
				l[i].r = '('
			}
		}
	}
	j := len(l) - 1
	for i := len(s) - 1; i >= 0; i-- {
		if !s[i].alnum() {
			continue
		}
		for j >= 0 && (l[j].r != s[i].r || i == 0 && j > 0 && l[j-1].alnum()) {
			j--
		}
		if j < 0 {
			return Span{}, false
		}
		j--
	}
	for j >= 0 && !unicode.IsSpace(l[j].r) {
		j--
	}
	at := trimQuotes(text, Span{l[j+1].at, candidate.End})
	for at.Len() > 1 && strings.IndexByte("([{", text[at.Start]) >= 0 && balanced(text[at.Start+1:at.End]) {
		at.Start++
	}
	return at, at.Len() > 0
}

// A spelled character is a small letter with the byte offset of what it comes from.
type spelled struct {
	r  rune
	at int
}

func (s spelled) alnum() bool { return unicode.IsLetter(s.r) || unicode.IsDigit(s.r) }

// spellOut returns the characters of s, which lies at offset, in small letters and with the names of
// Greek letters in their place.
func spellOut(s string, offset int) []spelled {
	out := make([]spelled, 0, len(s))
	for i, r := range s {
		r = unicode.ToLower(r)
		name, ok := greek[r]
		if !ok {
			out = append(out, spelled{r, offset + i})
			continue
		}
		for _, c := range name {
			out = append(out, spelled{c, offset + i})
		}
	}
	return out
}

// trimQuotes returns s without the white space and quotes around it.
func trimQuotes(text string, s Span) Span {
	around := func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune("\"'`“”‘’«»", r) }
	start := s.End - len(strings.TrimLeftFunc(text[s.Start:s.End], around))
	return Span{start, start + len(strings.TrimRightFunc(text[start:s.End], around))}
}

func lastRune(s string) rune {
	r, _ := utf8.DecodeLastRuneInString(s)
	return r
}

// balanced reports whether every bracket in s has its partner.
func balanced(s string) bool {
	const left, right = "([{", ")]}"
	var open []int
	for i := range len(s) {
		if k := strings.IndexByte(left, s[i]); k >= 0 {
			open = append(open, k)
		} else if k := strings.IndexByte(right, s[i]); k >= 0 {
			if len(open) == 0 || open[len(open)-1] != k {
				return false
			}
			open = open[:len(open)-1]
		}
	}
	return len(open) == 0
}
