package annot

import (
	"strings"
	"unicode"
)

// normalName reduces a name to what its spellings have in common: case, Greek
// letters written out (α, alpha), raised and lowered digits, and the hyphens,
// spaces and slashes between its parts, which matter only between two digits.
func normalName(s string) string {
	var b strings.Builder
	var last rune    // the last rune written
	var pending bool // a separator was seen since
	for _, r := range s {
		r = unicode.ToLower(r)
		if i := strings.IndexRune(scriptDigits, r); i >= 0 {
			r = '0' + rune(len([]rune(scriptDigits[:i]))%10)
		}
		switch {
		case unicode.IsSpace(r), unicode.Is(unicode.Pd, r), r == '_', r == '/', r == '−':
			pending = true
			continue
		case unicode.Is(unicode.Cf, r): // soft hyphens, joiners, byte order marks
			continue
		}
		if pending && unicode.IsDigit(last) && unicode.IsDigit(r) {
			b.WriteByte('-')
		}
		pending = false
		last = r
		if name, ok := greek[r]; ok {
			b.WriteString(name)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

const scriptDigits = "⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉"

var greek = map[rune]string{
	'α': "alpha", 'β': "beta", 'γ': "gamma", 'δ': "delta", 'ε': "epsilon", 'ϵ': "epsilon", 'ζ': "zeta",
	'η': "eta", 'θ': "theta", 'ϑ': "theta", 'ι': "iota", 'κ': "kappa", 'ϰ': "kappa", 'λ': "lambda",
	'μ': "mu", 'µ': "mu", 'ν': "nu", 'ξ': "xi", 'ο': "omicron", 'π': "pi", 'ρ': "rho", 'ϱ': "rho", 'σ': "sigma",
	'ς': "sigma", 'τ': "tau", 'υ': "upsilon", 'φ': "phi", 'ϕ': "phi", 'χ': "chi", 'ψ': "psi", 'ω': "omega",
}
