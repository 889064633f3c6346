package annot

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Sentences splits a text of the life sciences into sentences.
//
// The spans are in order, do not overlap, are never empty, neither begin nor
// end with white space, and together cover everything else in text. A sentence
// ends at a full stop, question or exclamation mark (with the quotes, brackets
// and reference numbers that close behind it) that is followed by white space,
// or at a blank line. A full stop does not end a sentence after an abbreviation
// ("Fig.", "e.g.", "vs."), an initial ("J. Smith", "E. coli"), a list number, or
// where the next word is in lower case and does not look like a gene or an RNA
// ("p53", "mRNA", "c-Myc", "α-synuclein" may open a sentence). Abbreviations
// that may also close one ("et al.", "etc.", "i.v.") do so before words that
// usually open the next ("We", "The", "These").
//
// The rules prefer joining two sentences to cutting one. Bytes that are not
// UTF-8 count as letters.
func Sentences(text string) []Span {
	var spans []Span
	start := skipSpace(text, 0)
	for i := start; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '\n' && blankLine(text[i+1:]):
			spans = append(spans, trimRight(text, start, i))
			start = skipSpace(text, i)
			i = start
			continue
		case isTerminator(r):
			end := closeSentence(text, i+n)
			if endsSentence(text, start, i, end) {
				spans = append(spans, Span{start, end})
				start = skipSpace(text, end)
				i = start
				continue
			}
			i = end
			continue
		}
		i += n
	}
	if start < len(text) {
		spans = append(spans, trimRight(text, start, len(text)))
	}
	return spans
}

func isTerminator(r rune) bool {
	switch r {
	case '.', '!', '?', '…', '。', '\uff01', '\uff1f': // the last two are the wide ! and ?
		return true
	}
	return false
}

// skipSpace returns the first index from i on that holds no white space.
func skipSpace(s string, i int) int {
	return len(s) - len(strings.TrimLeftFunc(s[i:], unicode.IsSpace))
}

func trimRight(s string, start, end int) Span {
	return Span{start, start + len(strings.TrimRightFunc(s[start:end], unicode.IsSpace))}
}

// blankLine reports whether s, which follows a newline, begins with a line that
// holds only white space.
func blankLine(s string) bool {
	for _, r := range s {
		if r == '\n' {
			return true
		}
		if !unicode.IsSpace(r) {
			return false
		}
	}
	return false
}

// closeSentence returns the end of what belongs to a terminator that ends at i:
// more terminators, closing quotes and brackets, and a reference such as [3,4].
func closeSentence(s string, i int) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case isTerminator(r), strings.ContainsRune(`)]}"'”’»`, r):
			i += n
		case r == '[':
			j := strings.IndexFunc(s[i+1:], func(r rune) bool { return !strings.ContainsRune("0123456789,-– ", r) })
			if j < 1 || s[i+1+j] != ']' {
				return i
			}
			i += 1 + j + 1
		default:
			return i
		}
	}
	return i
}

// endsSentence reports whether the terminator at dot, whose closing marks end
// at end, closes the sentence that began at start.
func endsSentence(s string, start, dot, end int) bool {
	if end == len(s) {
		return true
	}
	last, n := utf8.DecodeRuneInString(s[dot:])
	if last == '。' || last == '\uff01' || last == '\uff1f' {
		return true // no space follows these
	}
	if r, _ := utf8.DecodeRuneInString(s[end:]); !unicode.IsSpace(r) {
		return false
	}
	nextAt := skipSpace(s, end)
	if nextAt == len(s) {
		return true
	}
	next := firstWord(s[nextAt:])
	if !opensSentence(next) {
		return false
	}
	if s[dot] != '.' || dot+n < end && isTerminator(firstRune(s[dot+n:])) {
		return true // "!", "?" and an ellipsis abbreviate nothing
	}
	return !abbreviates(s[start:dot], next)
}

func firstRune(s string) rune {
	r, _ := utf8.DecodeRuneInString(s)
	return r
}

// firstWord returns s up to the first white space.
func firstWord(s string) string {
	if i := strings.IndexFunc(s, unicode.IsSpace); i >= 0 {
		return s[:i]
	}
	return s
}

// opensSentence reports whether word may be the first of a sentence.
func opensSentence(word string) bool {
	w := strings.TrimLeft(word, `([{"'“‘«`)
	r, n := utf8.DecodeRuneInString(w)
	switch {
	case w == "":
		return word != ""
	case unicode.IsUpper(r), unicode.IsTitle(r), unicode.IsDigit(r), unicode.Is(unicode.Greek, r):
		return true
	case unicode.IsLower(r):
		// A symbol of a gene, an RNA or a cell: p53, mRNA, miR-21, c-Myc, iPSCs.
		rest := strings.TrimRight(w[n:], ".,;:)]")
		return strings.IndexFunc(rest, func(r rune) bool { return unicode.IsUpper(r) || unicode.IsDigit(r) }) >= 0
	case unicode.IsLetter(r): // scripts without case
		return true
	}
	return false
}

// abbreviates reports whether the full stop after before marks an abbreviation
// inside a sentence whose next word is next.
func abbreviates(before, next string) bool {
	i := strings.LastIndexFunc(before, unicode.IsSpace) + 1
	word := strings.TrimFunc(before[i:], func(r rune) bool { return unicode.IsSpace(r) || strings.ContainsRune(`([{"'“‘«`, r) })
	if word == "" {
		return false
	}
	lower := strings.ToLower(word)
	capitals := len(word) > 1 && word == strings.ToUpper(word) // DR may be an acronym, too
	switch {
	case alwaysAbbreviations[lower] && !capitals:
		return true
	case numberAbbreviations[lower]:
		return unicode.IsDigit(firstRune(next)) || len(next) > 1 && next[0] == 'S' && unicode.IsDigit(rune(next[1]))
	case alwaysAbbreviations[lower], mayAbbreviations[lower], dottedLetters(word):
		return !starters[strings.ToLower(strings.Trim(next, `([{"'“‘«,.;:)]}”’»`))]
	case isInitial(word):
		if i > 0 && lettered[strings.ToLower(lastWord(before[:i]))] {
			return false // hepatitis B, vitamin C
		}
		return !starters[strings.ToLower(strings.Trim(next, `([{"'“‘«,.;:)]}”’»`))]
	case i == 0 && len(word) <= 2 && strings.Trim(word, "0123456789") == "":
		return true // the number of a list item
	}
	return false
}

func lastWord(s string) string {
	s = strings.TrimRightFunc(s, unicode.IsSpace)
	return s[strings.LastIndexFunc(s, unicode.IsSpace)+1:]
}

// isInitial reports whether word is one capital, or capitals joined by a hyphen
// as in "J.-P.".
func isInitial(word string) bool {
	r, n := utf8.DecodeRuneInString(word)
	return unicode.IsUpper(r) && (n == len(word) || strings.HasPrefix(word[n:], ".-") && isInitial(word[n+2:]))
}

// dottedLetters reports whether word is single letters with full stops between
// them: "U.S", "i.p", "J.R".
func dottedLetters(word string) bool {
	if !strings.Contains(word, ".") {
		return false
	}
	for part := range strings.SplitSeq(word, ".") {
		r, n := utf8.DecodeRuneInString(part)
		if n == 0 || n != len(part) || !unicode.IsLetter(r) {
			return false
		}
	}
	return true
}

func words(s string) map[string]bool {
	m := make(map[string]bool)
	for w := range strings.FieldsSeq(s) {
		m[w] = true
	}
	return m
}

var (
	// alwaysAbbreviations never close a sentence.
	alwaysAbbreviations = words(`e.g i.e eg ie viz vs cf ca approx resp incl excl
		fig figs tab eq eqs eqn ref refs sect chap suppl supp
		dr drs prof mr mrs ms st mt jr sr dept univ
		var subsp ssp cv str aff`)
	// numberAbbreviations do not close a sentence before a number.
	numberAbbreviations = words(`no nos vol vols pp p art table exp expt chr ser`)
	// mayAbbreviations close a sentence only before a usual opening word.
	mayAbbreviations = words(`al etc sp spp inc ltd co corp est max min temp conc ed eds`)
	// lettered words take a single capital as their second half.
	lettered = words(`vitamin hepatitis influenza protein group groups type types class factor complex
		phase panel stage grade subtype chain domain region site table appendix figure fig. box
		part step case cohort arm immunoglobulin cyclin kinase lamin cytochrome species strain haplogroup allele`)
	// starters usually open a sentence.
	starters = words(`a an the this that these those we our it its they their he she here there in on at for from to
		by as of with within without when while where whereas after before during since although though because if
		however moreover furthermore thus therefore hence finally first second third additionally also both but and
		interestingly importantly notably conversely similarly consequently recently further next then using
		results methods conclusions conclusion background objective objectives patients all most many some each no
		one two three four such what which who how why is are was were can do does overall together taken only
		treatment expression analysis data studies mice cells subjects samples`)
)
