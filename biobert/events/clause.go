package events

import (
	"slices"
	"strings"
)

// A verbGroup is a verb with its auxiliaries; at is -1 if there is none.
type verbGroup struct {
	at      int    // the verb, or the last auxiliary if that is all
	entry   *entry // nil for a verb that is no trigger
	form    form
	helped  bool // has an auxiliary
	be      bool // has a form of "be"
	negated bool
}

// reduced reports whether the verb is a participle behind its noun: "A induced by B".
func (v verbGroup) reduced(p *parser) bool {
	if v.form != past || v.helped || v.entry == nil {
		return false
	}
	i := v.at + 1
	for p.at(i).kind == adverb {
		i++
	}
	return p.at(i).word == "by"
}

// verbAt returns the verb group that starts at i.
func (p *parser) verbAt(i int) verbGroup {
	v := verbGroup{at: -1}
	aux := -1
	for ; i < len(p.tokens); i++ {
		t := p.tokens[i]
		switch {
		case t.kind == adverb:
			continue
		case t.kind == auxiliary:
			aux, v.helped = i, true
			v.be = v.be || beForms[t.word]
			v.negated = v.negated || t.word == "cannot"
			continue
		case t.kind == negation:
			v.negated = true
			continue
		case t.word == "no" && p.at(i+1).word == "longer":
			v.negated = true
			i++
			continue
		case transparent[t.word] && p.at(i+1).word == "to" && (v.helped || t.kind == plainVerb):
			v.negated = v.negated || denying[t.word]
			v.helped, v.be = true, false
			aux = i
			i++
			continue
		}
		break
	}
	t := p.at(i)
	base := v.helped && !v.be
	switch {
	case t.kind == plainVerb:
		v.at = i
	case t.kind != other:
	case t.trigger(past) != nil:
		v.at, v.entry, v.form = i, t.trigger(past), past
	case v.be && t.trigger(gerund) != nil && t.trigger(noun) == nil:
		v.at, v.entry, v.form = i, t.trigger(gerund), gerund
	case v.be && t.trigger(adjective) != nil:
		v.at, v.entry, v.form = i, t.trigger(adjective), adjective
	case t.trigger(finite) != nil && !v.be && (base && !strings.HasSuffix(t.word, "s") || p.actsAsVerb(i)):
		v.at, v.entry, v.form = i, t.trigger(finite), finite
	case v.helped && strings.HasSuffix(t.word, "ed"):
		v.at = i
	}
	if v.at < 0 && v.helped {
		v.at = aux
	}
	return v
}

// A subject is what a clause is about.
type subject struct {
	themes, causes []argument
	known          bool
}

func (f *phrase) subject(k int) subject {
	return subject{f.values(k, false), f.values(k, true), true}
}

// nearest returns the last noun phrase as a subject, with those joined to it.
func (f *phrase) nearest() subject {
	if len(f.nouns) == 0 {
		return subject{}
	}
	k := len(f.nouns) - 1
	for f.nouns[k].follows >= 0 {
		k = f.nouns[k].follows
	}
	if f.nouns[k].head == headVerb {
		return subject{}
	}
	return f.subject(k)
}

// clauses reads the tokens from left to right.
func (p *parser) clauses() {
	var (
		subj    subject
		last    phrase // the last one read
		fresh   bool   // the subject has no verb yet
		passive bool   // the last verb was
	)
	predicate := func(v verbGroup, s subject) int {
		f, next, wasPassive := p.predicate(v, s, passive)
		last, passive, fresh = f, wasPassive, false
		return next
	}
	for i := 0; i < len(p.tokens); {
		switch t := p.tokens[i]; {
		case t.kind == stop:
			subj, passive, fresh = subject{}, false, false
			i++
		case t.kind == comma:
			if j := p.apposition(i); fresh && last.end == i && j > 0 {
				f := p.phrase(i+1, nil, true)
				p.nominal(&f, subject{}, false)
				i = j
				continue
			}
			i++
		case t.kind == subordinator && (t.word == "which" || t.word == "that" || t.word == "who") && p.verbAt(i+1).at >= 0:
			antecedent := last.nearest()
			if !fresh && p.at(i-1).kind == comma {
				antecedent = subject{} // "which" may stand for the whole clause
			}
			kept, keptPassive, keptFresh := subj, passive, fresh
			i = predicate(p.verbAt(i+1), antecedent)
			subj, passive, fresh = kept, keptPassive, keptFresh
			last.end = i
		case t.kind == subordinator:
			if t.word != "thereby" {
				subj, passive = subject{}, false
			}
			fresh = false
			i++
		case t.kind == conjunction:
			if p.verbAt(i+1).at < 0 && !p.gerundAt(i+1) {
				subj, passive = subject{}, false
			}
			i++
		case t.kind == preposition && p.gerundAt(i+1):
			s := subject{}
			if t.word == "by" || t.word == "through" || t.word == "via" {
				s = subj
			}
			i = predicate(p.gerund(i+1, t.word == "without"), s)
		case t.word == "to" && p.infinitive(i+1) > 0:
			at := p.infinitive(i + 1)
			i = predicate(verbGroup{at: at, entry: p.at(at).trigger(finite), form: finite, negated: p.at(i-1).kind == negation}, subj)
		case t.kind == preposition:
			f := p.phrase(i+1, nil, true)
			if len(f.nouns) == 0 {
				i++
				continue
			}
			f.nouns[0].link = t.word
			p.nominal(&f, subj, false)
			last, i = f, f.end
		default:
			v := p.verbAt(i)
			switch {
			case v.at >= 0 && last.end == i && len(last.nouns) > 0 && (v.reduced(p) || !fresh && v.form == past && !v.helped):
				kept, keptPassive, keptFresh := subj, passive, fresh
				i = predicate(v, last.nearest())
				subj, passive, fresh = kept, keptPassive, keptFresh
				last.end = i
				continue
			case v.at >= 0 && (subj.known || v.helped || v.form != past):
				i = predicate(v, subj)
				continue
			case p.gerundAt(i) && (p.at(i-1).kind == comma || p.at(i-1).kind == conjunction || p.at(i-1).kind == subordinator || i == 0):
				i = predicate(p.gerund(i, false), subj)
				continue
			}
			f := p.phrase(i, nil, false)
			if len(f.nouns) == 0 {
				i++
				continue
			}
			p.nominal(&f, subj, false)
			subj, last, fresh, passive = f.subject(0), f, true, false
			i = f.end
		}
	}
}

// gerundAt reports whether a trigger in "-ing" that takes an object stands at i.
func (p *parser) gerundAt(i int) bool {
	for p.at(i).kind == adverb {
		i++
	}
	t := p.at(i)
	return t.kind == other && t.trigger(gerund) != nil && t.trigger(noun) == nil && p.at(i+1).word != "of"
}

func (p *parser) gerund(i int, negated bool) verbGroup {
	for p.at(i).kind == adverb {
		i++
	}
	return verbGroup{at: i, entry: p.at(i).trigger(gerund), form: gerund, negated: negated}
}

// infinitive returns the index of the base form behind "to", or 0.
func (p *parser) infinitive(i int) int {
	for p.at(i).kind == adverb {
		i++
	}
	if t := p.at(i); t.kind == other && t.trigger(finite) != nil && !strings.HasSuffix(t.word, "s") && p.actsAsVerb(i) {
		return i
	}
	return 0
}

// apposition returns the index of the verb that follows ", ... ," at i, or 0.
func (p *parser) apposition(i int) int {
	for j := i + 1; j < len(p.tokens) && j < i+20; j++ {
		switch t := p.tokens[j]; {
		case t.kind == comma:
			if p.verbAt(j+1).at >= 0 {
				return j + 1
			}
			return 0
		case t.kind == stop, t.kind == subordinator, t.kind == auxiliary, t.kind == plainVerb, t.trigger(finite) != nil && p.actsAsVerb(j):
			return 0
		}
	}
	return 0
}

// predicate reads what a verb says of s. It returns the phrase behind the verb, the index
// behind that, and whether the verb is in the passive voice. coordinated says that the verb before it, to which it may
// be joined, was.
func (p *parser) predicate(v verbGroup, s subject, coordinated bool) (phrase, int, bool) {
	if v.entry == nil {
		f := p.phrase(v.at+1, nil, true)
		p.nominal(&f, s, v.negated)
		if w := p.at(v.at).word; len(f.nouns) > 0 && strings.HasPrefix(w, "form") {
			if n := &f.nouns[0]; n.head == headTrigger && n.entry.frame&phrased != 0 && len(f.themes(0)) == 0 {
				p.bind(n.token, n.entry, s.themes, f.slot(0, "with", false), v.negated || n.none)
			}
		}
		return f, max(f.end, v.at+1), v.be
	}
	e := v.entry
	f := p.phrase(v.at+1, e, true)
	next := max(f.end, v.at+1)
	object := func(cause bool) []argument {
		out := f.slot(0, "object", cause)
		for prep := range strings.FieldsSeq(e.preps) {
			out = append(out, f.slot(0, prep, cause)...)
		}
		return out
	}
	hasObject := len(f.nouns) > 1 && f.nouns[1].link == "object"
	by := f.slot(0, "by", true)
	themes, causes := object(false), s.causes
	if e.event == GeneExpression || e.event == Transcription {
		themes = f.partners(0, "object") // "produced a decrease in A" is no production
	}
	passive := false
	if v.form == past {
		switch {
		case v.be, !v.helped && !hasObject && f.has("by"):
			passive = true
		case !hasObject && len(themes) == 0 && (e.preps == "" || e.event == Binding): // not "A led to death"
			passive = coordinated || !v.helped && e.frame&intransitive == 0
		}
	}
	switch {
	case passive && e.frame&needs != 0:
		themes, causes = f.slot(0, "for", false), s.causes
	case v.form == adjective && e.frame&needs != 0:
		themes = f.slot(0, "for", false)
	case e.event == Binding:
		themes = f.partners(0, append(strings.Fields(e.preps), "object")...)
		if passive {
			themes = append(by, themes...)
		}
	case passive && e.frame&inverse != 0:
		themes, causes = by, s.causes
	case passive:
		themes, causes = s.themes, by
	case e.frame&inverse != 0:
		themes, causes = s.themes, object(true)
		if len(causes) == 0 {
			themes = nil // "requires further study"
		}
	case e.frame&intransitive != 0 && len(themes) == 0 && (!hasObject || e.event == Localization):
		themes, causes = s.themes, nil
	}
	if e.event == Binding {
		p.bind(v.at, e, s.themes, themes, v.negated)
	} else {
		p.emit(v.at, e, themes, causes, v.negated)
	}
	p.nominal(&f, s, false)
	return f, next, passive
}

// modifications are the events whose theme may be the subject: "A is active after phosphorylation".
func selfTheme(e *entry) bool {
	return e.event == ProteinCatabolism || strings.HasSuffix(e.event, "ylation") || strings.HasSuffix(e.event, "ination")
}

var adjuncts = []string{"after", "through", "via", "upon", "following", "by", "before"}

// nominal reads the events that the nouns of f are, and those before its nouns. Where s does something to
// them, an effect without a cause of its own is that of s.
func (p *parser) nominal(f *phrase, s subject, negated bool) {
	for k := range f.nouns {
		n := &f.nouns[k]
		for _, m := range n.before {
			var causes []argument
			for _, e := range m.causes {
				causes = append(causes, argument{e, false})
			}
			if m.entry.event == Binding {
				p.bind(m.token, m.entry, causes, f.own(k, false), false)
				continue
			}
			p.emit(m.token, m.entry, unnegated(f.own(k, false)), causes, false)
		}
		if n.head != headTrigger {
			continue
		}
		if n.link == "under" { // "A is under the control of B"
			if k == 0 && n.entry.event == Regulation {
				p.emit(n.token, n.entry, s.themes, f.slot(k, "of", true), n.none)
			}
			continue
		}
		themes := f.themes(k)
		e := n.entry
		switch {
		case e.frame&effect != 0:
			causes := f.slot(k, "of", true)
			if len(causes) == 0 && k == 0 {
				causes = s.causes
			}
			if len(causes) > 0 {
				p.emit(n.token, e, themes, causes, n.none || negated && k == 0)
			}
		case e.event == Binding:
			partners := f.partners(k, "to", "with")
			if len(n.entities) > 0 && len(f.slot(k, "of", false)) > 0 { // "A binding of B"
				partners = append(f.slot(k, "of", false), partners...)
				themes = nil
				for _, e := range n.entities {
					themes = append(themes, argument{e, false})
				}
			}
			p.bind(n.token, e, themes, partners, n.none)
		default:
			if len(themes) == 0 && selfTheme(e) && slices.Contains(adjuncts, n.link) {
				themes = s.themes
			}
			causes := f.slot(k, "by", true)
			if e.event == PositiveRegulation {
				causes = append(causes, f.slot(k, "with", true)...)
			}
			p.emit(n.token, e, themes, causes, n.none)
		}
	}
}

func unnegated(args []argument) []argument {
	out := slices.Clone(args)
	for i := range out {
		out[i].negated = false
	}
	return out
}
