package annot

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// normalName reduces a name to what its spellings have in common under the rules of m.
func normalName(s string, m Merging) string {
	if m&MergePlurals != 0 {
		s = singular(s)
	}
	var b strings.Builder
	var last rune    // the last rune written
	var pending bool // a separator was seen since
	for _, r := range s {
		if m&MergeCase != 0 {
			r = unicode.ToLower(r)
		}
		if m&MergeGreek != 0 {
			if i := strings.IndexRune(scriptDigits, r); i >= 0 {
				r = '0' + rune(len([]rune(scriptDigits[:i]))%10)
			}
		}
		if m&MergeHyphens != 0 {
			switch {
			case unicode.IsSpace(r), unicode.Is(unicode.Pd, r), r == '_', r == '/', r == '−':
				pending = true
				continue
			case unicode.Is(unicode.Cf, r): // soft hyphens, joiners, byte order marks
				continue
			}
		}
		if pending && unicode.IsDigit(last) && unicode.IsDigit(r) {
			b.WriteByte('-')
		}
		pending = false
		last = r
		if name, ok := greek[unicode.ToLower(r)]; ok && m&MergeGreek != 0 {
			b.WriteString(name)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// singular returns name with its last word, if that is a regular plural, in the singular.
func singular(name string) string {
	i := strings.LastIndexFunc(name, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.Pd, r) || r == '/' }) + 1
	for i < len(name) && !utf8.RuneStart(name[i]) { // the separator had more than one byte
		i++
	}
	word := name[i:]
	stem, ok := strings.CutSuffix(word, "s")
	if !ok {
		return name
	}
	// Two capitals before it: NSAIDs, miRNAs.
	if n := len(stem); n >= 2 && isCapital(stem[n-1]) && isCapital(stem[n-2]) {
		return name[:i] + stem
	}
	lower := strings.ToLower(word)
	if len(stem) < 4 || stem[1:] != lower[1:len(stem)] || strings.IndexFunc(lower, func(r rune) bool { return r < 'a' || r > 'z' }) >= 0 || notPlural[lower] {
		return name
	}
	end := func(suffixes ...string) bool {
		return slices.ContainsFunc(suffixes, func(s string) bool { return strings.HasSuffix(lower, s) })
	}
	switch {
	case end("ies") && len(stem) > 3:
		return name[:i] + stem[:len(stem)-2] + "y"
	case end("viruses", "sses", "xes", "ches", "shes") && len(stem) > 4:
		return name[:i] + stem[:len(stem)-1]
	case end("ss", "us", "is", "yses"), end("as") && !end("omas"), end("os") && !end("embryos"):
		return name
	}
	return name[:i] + stem
}

func isCapital(c byte) bool { return 'A' <= c && c <= 'Z' }

// notPlural end like plurals and are none, or are the same in both numbers.
var notPlural = words(`diabetes herpes rabies species series caries measles mumps ascites biceps triceps lens feces faeces
	genetics kinetics genomics proteomics means hives rickets shingles scabies tabes
	rhodes always perhaps`)

const scriptDigits = "⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉"

var greek = map[rune]string{
	'α': "alpha", 'β': "beta", 'γ': "gamma", 'δ': "delta", 'ε': "epsilon", 'ϵ': "epsilon", 'ζ': "zeta",
	'η': "eta", 'θ': "theta", 'ϑ': "theta", 'ι': "iota", 'κ': "kappa", 'ϰ': "kappa", 'λ': "lambda",
	'μ': "mu", 'µ': "mu", 'ν': "nu", 'ξ': "xi", 'ο': "omicron", 'π': "pi", 'ρ': "rho", 'ϱ': "rho", 'σ': "sigma",
	'ς': "sigma", 'τ': "tau", 'υ': "upsilon", 'φ': "phi", 'ϕ': "phi", 'χ': "chi", 'ψ': "psi", 'ω': "omega",
}
