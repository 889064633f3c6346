package biobert

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/biobert/internal/token"
	"github.com/sparsebio/sparsebio/datasets/annot"
)

// An AggregationStrategy says how the labels of word pieces become entities. All but Word
// are those of the token classification pipeline of HuggingFace transformers.
type AggregationStrategy string

// The aggregation strategies. In all but None, neighbouring units with the same type are
// one entity unless the later one begins a new one (B-); a unit is a word piece
// for Simple and a word for the others.
//
// BERT splits at every punctuation mark, so that "AP-1" is three words to First, Average and Max.
// The corpora that models learn from, and so the models, take it for one; so does Word, which joins what
// stands without blanks around a hyphen, a slash, an apostrophe or a plus sign, or around a point or comma before a
// digit, and a plus sign at the end ("NF-κB", "PU.1", "CD4+", "5'-flanking"). The others take each unit's most probable label, and an I-
// that continues nothing begins an entity; Word takes the most probable labels that IOB2 allows, where all of the model's are O, B- and I-.
const (
	None    AggregationStrategy = "none"    // every word piece by itself
	Simple  AggregationStrategy = "simple"  // pieces are grouped as they are labelled
	First   AggregationStrategy = "first"   // a word has the label of its first piece
	Average AggregationStrategy = "average" // a word's scores are the mean of its pieces'
	Max     AggregationStrategy = "max"     // a word has the label of its most certain piece
	Word    AggregationStrategy = "word"    // a word as corpora have it has the label of its first piece, as far as IOB2 allows
)

var strategies = []AggregationStrategy{None, Simple, First, Average, Max, Word}

// A TokenResult is the label of one word piece: the unaggregated result.
type TokenResult struct {
	Entity string  `json:"entity"` // label as the model has it, such as "B-protein"
	Score  float64 `json:"score"`  // probability of that label
	Index  int     `json:"index"`  // of the piece in the text; [CLS] is 0
	Word   string  `json:"word"`   // the piece as the vocabulary has it, such as "##kin"
	Start  int     `json:"start"`  // byte offset of the piece in the text
	End    int     `json:"end"`    // byte offset after the piece
}

// An EntityGroup is an aggregated entity.
type EntityGroup struct {
	EntityGroup string  `json:"entity_group"` // type, such as "protein"
	Score       float64 `json:"score"`        // mean of the scores of its words or pieces
	Word        string  `json:"word"`         // decoded from the pieces: lower-cased and respaced where the model is
	Start       int     `json:"start"`        // byte offset in the text
	End         int     `json:"end"`          // byte offset after the entity
}

// row returns the probabilities of the labels of token i.
func (s *scored) row(i int) []float64 { n := len(s.labels); return s.probs[i*n : (i+1)*n] }

// best returns the most probable label of row r.
func best(r []float64) (label int, score float64) {
	for i, v := range r {
		if v > r[label] {
			label = i
		}
	}
	return label, r[label]
}

// tokens returns the unaggregated result.
func (s *scored) tokens(t *token.Tokenizer, ignore []string) []TokenResult {
	var out []TokenResult
	for i := range s.enc.IDs {
		if s.enc.Word[i] < 0 {
			continue
		}
		l, score := best(s.row(i))
		if slices.Contains(ignore, s.labels[l]) {
			continue
		}
		out = append(out, TokenResult{s.labels[l], score, i, s.piece(t, i), int(s.enc.Start[i]), int(s.enc.End[i])})
	}
	return out
}

// piece returns token i as the vocabulary spells it, and an unknown word as the text does.
func (s *scored) piece(t *token.Tokenizer, i int) string {
	if p := t.Piece(s.enc.IDs[i]); p != t.Options().UnknownToken {
		return p
	}
	return s.text[s.enc.Start[i]:s.enc.End[i]]
}

// cleanUp undoes the spaces that splitting put around punctuation, as HuggingFace's WordPiece
// decoder does.
var cleanUp = strings.NewReplacer(" .", ".", " ?", "?", " !", "!", " ,", ",", " ' ", "'", " n't", "n't",
	" 'm", "'m", " do not", " don't", " 's", "'s", " 've", "'ve", " 're", "'re")

// decode joins pieces to words.
func decode(pieces []string, prefix string) string {
	var b strings.Builder
	for i, p := range pieces {
		if i > 0 {
			if rest, ok := strings.CutPrefix(p, prefix); ok {
				p = rest
			} else {
				p = " " + p
			}
		}
		b.WriteString(cleanUp.Replace(p))
	}
	return b.String()
}

// A unit is what is grouped: a piece or a word, tokens from to to.
type unit struct {
	from, to int
	label    int
	score    float64
}

// units cuts the text into words, or pieces for Simple, and labels each.
func (s *scored) units(strategy AggregationStrategy) []unit {
	var out []unit
	n := len(s.enc.IDs)
	mean := make([]float64, len(s.labels))
	for i := 0; i < n; {
		if s.enc.Word[i] < 0 {
			i++
			continue
		}
		j := i + 1
		switch strategy {
		case Simple:
		case Word:
			j = s.wordEnd(i)
		default:
			j = s.bertWordEnd(i)
		}
		u := unit{from: i, to: j}
		switch strategy {
		case Average:
			clear(mean)
			for t := i; t < j; t++ {
				for k, v := range s.row(t) {
					mean[k] += v / float64(j-i)
				}
			}
			u.label, u.score = best(mean)
		case Max:
			u.score = -1
			for t := i; t < j; t++ {
				if l, v := best(s.row(t)); v > u.score {
					u.label, u.score = l, v
				}
			}
		default:
			u = s.unit(i, j)
		}
		out = append(out, u)
		i = j
	}
	s.decode(out)
	return out
}

// unit returns tokens from to to with the label of the first.
func (s *scored) unit(from, to int) unit {
	label, score := best(s.row(from))
	return unit{from, to, label, score}
}

// decode has units, each with the label of its first token, follow IOB2 if they are to.
func (s *scored) decode(units []unit) {
	if s.tags != nil {
		s.tags.decode(units, func(u unit) []float64 { return s.row(u.from) })
	}
}

// bertWordEnd returns the token after the last of the word that begins at token i.
func (s *scored) bertWordEnd(i int) int {
	j := i + 1
	for j < len(s.enc.IDs) && s.enc.Word[j] == s.enc.Word[i] {
		j++
	}
	return j
}

// joiners are the punctuation marks that hold a word together if something stands on both
// sides of them. En dashes stand between words: "JAK–STAT" is two names.
const joiners = "-\u2010\u2011/'’′.,+"

// wordEnd returns the token after the last of the word, as corpora have them, that begins
// at token i, which is the first of one of BERT's words.
func (s *scored) wordEnd(i int) int {
	end := s.bertWordEnd(i)
	if s.mark(i) {
		return end
	}
	for j := end; j < len(s.enc.IDs) && s.enc.Word[j] >= 0 && s.enc.Start[j] == s.enc.End[j-1]; {
		next := s.bertWordEnd(j)
		switch before := s.text[s.enc.Start[j-1]]; {
		case s.joiner(j, next):
			if s.first(j) == '+' { // also at the end: CD4+, Ca2+
				end = next
			}
		case s.mark(j) || !s.joiner(j-1, j):
			return end
		case (before == '.' || before == ',') && !unicode.IsDigit(s.first(j)): // a blank was forgotten
			return end
		default:
			end = next
		}
		j = next
	}
	return end
}

// first returns the first character of token i in the text.
func (s *scored) first(i int) rune {
	r, _ := utf8.DecodeRuneInString(s.text[s.enc.Start[i]:])
	return r
}

// mark reports whether token i begins with a punctuation mark or a symbol.
func (s *scored) mark(i int) bool { return unicode.IsPunct(s.first(i)) || unicode.IsSymbol(s.first(i)) }

// joiner reports whether tokens i to j are one joining punctuation mark.
func (s *scored) joiner(i, j int) bool {
	if j != i+1 {
		return false
	}
	r := s.first(i)
	return utf8.RuneLen(r) == int(s.enc.End[i]-s.enc.Start[i]) && strings.ContainsRune(joiners, r)
}

// splitLabel returns whether label begins an entity, and its type. Labels without a prefix
// continue one of the same type.
func splitLabel(label string) (begins bool, typ string) {
	if t, ok := strings.CutPrefix(label, "B-"); ok {
		return true, t
	}
	return false, strings.TrimPrefix(label, "I-")
}

// group merges neighbouring units of one type and calls f for each group that is not
// ignored. It repairs label sequences that IOB does not allow: an I- that follows O or
// another type begins an entity, as in the CoNLL evaluation script.
func (s *scored) group(units []unit, ignore []string, f func(typ string, score float64, units []unit)) {
	for i := 0; i < len(units); {
		_, typ := splitLabel(s.labels[units[i].label])
		sum, j := units[i].score, i+1
		for ; j < len(units); j++ {
			begins, t := splitLabel(s.labels[units[j].label])
			if begins || t != typ {
				break
			}
			sum += units[j].score
		}
		if !slices.Contains(ignore, typ) {
			f(typ, sum/float64(j-i), units[i:j])
		}
		i = j
	}
}

// groups returns the aggregated result as transformers words it.
func (s *scored) groups(t *token.Tokenizer, strategy AggregationStrategy, ignore []string) []EntityGroup {
	var out []EntityGroup
	s.group(s.units(strategy), ignore, func(typ string, score float64, us []unit) {
		var pieces []string
		for i := us[0].from; i < us[len(us)-1].to; i++ {
			pieces = append(pieces, s.piece(t, i))
		}
		out = append(out, EntityGroup{typ, score, decode(pieces, t.Options().ContinuingPrefix), int(s.enc.Start[us[0].from]), int(s.enc.End[us[len(us)-1].to-1])})
	})
	return out
}

// entities returns the aggregated result as entities of a document.
func (s *scored) entities(strategy AggregationStrategy, ignore []string) []annot.Entity {
	out := []annot.Entity{}
	add := func(typ string, score float64, from, to int) {
		out = append(out, annot.Entity{Type: typ, Start: from, End: to, Text: s.text[from:to], Score: score})
	}
	if strategy == None {
		for i := range s.enc.IDs {
			if s.enc.Word[i] < 0 {
				continue
			}
			if l, score := best(s.row(i)); !slices.Contains(ignore, s.labels[l]) {
				add(s.labels[l], score, int(s.enc.Start[i]), int(s.enc.End[i]))
			}
		}
		return out
	}
	s.group(s.units(strategy), ignore, func(typ string, score float64, us []unit) {
		add(typ, score, int(s.enc.Start[us[0].from]), int(s.enc.End[us[len(us)-1].to-1]))
	})
	return out
}

// RuneOffsets changes the offsets of every entity, relation and event of d from bytes to characters (Unicode code
// points), as Python counts. They must lie on character borders. d's own are left as they are.
func RuneOffsets(d annot.Document) annot.Document {
	runes := make([]int, len(d.Text)+1) // before each byte
	for i := range len(d.Text) {
		runes[i+1] = runes[i]
		if i+1 == len(d.Text) || utf8.RuneStart(d.Text[i+1]) {
			runes[i+1]++
		}
	}
	span := func(s *annot.Span) { s.Start, s.End = runes[s.Start], runes[s.End] }
	entity := func(e *annot.Entity) { e.Start, e.End = runes[e.Start], runes[e.End] }
	d.Entities, d.Relations, d.Events = slices.Clone(d.Entities), slices.Clone(d.Relations), slices.Clone(d.Events)
	for i := range d.Entities {
		entity(&d.Entities[i])
	}
	for i := range d.Relations {
		r := &d.Relations[i]
		entity(&r.Source)
		entity(&r.Target)
		span(&r.Span)
	}
	for i := range d.Events {
		e := &d.Events[i]
		span(&e.Trigger)
		span(&e.Span)
		e.Arguments = slices.Clone(e.Arguments)
		for k := range e.Arguments {
			entity(&e.Arguments[k].Entity)
		}
	}
	return d
}
