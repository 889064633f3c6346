package events

import (
	"cmp"
	"slices"
	"strings"
)

type headKind uint8

const (
	headOther   headKind = iota // a noun that says nothing of the entities beside it
	headEntity                  // an entity
	headLight                   // "activity", "levels": stands for the entity beside it
	headApplied                 // "treatment": stands for what it is done with
	headTrigger                 // a nominal trigger
	headVerb                    // the verb whose objects the phrase holds
)

// An argument is an entity, and whether the sentence excludes it ("but not A").
type argument struct {
	entity  int
	negated bool
}

// A nounPhrase is one noun with what stands before it.
type nounPhrase struct {
	link     string // the preposition or conjunction before it; "" for the first
	none     bool   // "no A"
	negated  bool   // "not A", "neither A"
	residue  bool   // a part of a protein: "lysine 310"
	head     headKind
	token    int    // of the head
	entry    *entry // of a trigger
	entities []int  // the head, or those before it
	before   []modifier
	slots    map[string][]int // what the prepositions behind it bring: the noun phrases
	joined   []int            // noun phrases that conjunctions join to this one
	follows  int              // the noun phrase this one is joined to, or -1
}

// A modifier is a trigger before the noun: "A-induced", "phosphorylated".
type modifier struct {
	token  int
	entry  *entry
	causes []int
}

// maxNouns is how long a chain of noun phrases may be, so that the time does not grow with the square of a
// sentence that never ends.
const maxNouns = 64

// A phrase is a chain of noun phrases joined by prepositions and conjunctions.
type phrase struct {
	nouns []nounPhrase
	end   int // index of the token after it
}

// A parser works on one sequence of tokens.
type parser struct {
	*reader
	tokens []token
	depth  int
}

func (p *parser) at(i int) token {
	if i < 0 || i >= len(p.tokens) {
		return token{kind: stop}
	}
	return p.tokens[i]
}

// actsAsVerb reports whether the word, which may be a noun too, is a verb here.
func (p *parser) actsAsVerb(i int) bool {
	t := p.at(i)
	if t.trigger(finite) == nil {
		return false
	}
	if !nounsAndVerbs[t.word] {
		return t.trigger(noun) == nil
	}
	before, after := p.at(i-1), p.at(i+1)
	switch {
	case before.kind == auxiliary && !beForms[before.word], before.word == "to", before.kind == negation:
		return true
	case before.kind == determiner, before.kind == preposition, before.kind == hyphen, i == 0, before.word == "no":
		return false
	case after.word == "of", after.kind == auxiliary, after.word == "in" && !strings.HasSuffix(t.word, "s"):
		return false
	case after.kind == entity && !p.tailed(i+1), after.kind == determiner, after.word == "from" && before.kind == entity:
		return true
	}
	return after.kind == other && after.triggers != nil || before.kind == adverb
}

// tailed reports whether the entity at i only describes the noun behind it.
func (p *parser) tailed(i int) bool { return p.at(i+1).kind == hyphen }

// noun returns the noun phrase that starts at i and the index behind it. It is false if there is none.
func (p *parser) noun(i int) (nounPhrase, int, bool) {
	n := nounPhrase{token: -1, follows: -1}
	start := i
	content := -1 // the last token that may be a head
scan:
	for ; i < len(p.tokens); i++ {
		t := p.tokens[i]
		switch {
		case t.kind == determiner:
			if content >= 0 {
				break scan
			}
			n.none = n.none || t.word == "no"
			continue
		case t.kind == negation && content < 0 && (t.word == "neither" || t.word == "not"):
			n.negated = true
			continue
		case t.kind == adverb && content < 0:
			continue
		case t.kind == hyphen || t.kind == slash:
			if content < 0 {
				break scan
			}
			continue
		case t.kind == entity:
			content = i
			continue
		case t.kind != other:
			break scan
		}
		afterHyphen := p.at(i-1).kind == hyphen
		if e := cmp.Or(t.trigger(past), t.trigger(adjective)); e != nil && t.trigger(noun) == nil {
			switch {
			case afterHyphen:
				m := modifier{token: i, entry: e}
				if p.at(i-2).kind == entity {
					m.causes = p.hyphenated(i-2, start)
				}
				if t.trigger(adjective) == nil || len(m.causes) > 0 { // not "dose-dependent"
					n.before = append(n.before, m)
				}
				content = -1
				continue
			case content < 0 || content == i-1 && residues[p.at(i-1).word]:
				if t.trigger(adjective) == nil {
					n.before = append(n.before, modifier{token: i, entry: e})
				}
				content = -1
				continue
			}
			break scan
		}
		if t.trigger(gerund) != nil && t.trigger(noun) == nil && !afterHyphen {
			if content >= 0 || p.at(i+1).word != "of" {
				break scan
			}
		}
		if p.actsAsVerb(i) && !afterHyphen {
			break scan
		}
		n.residue = n.residue || residues[t.word]
		content = i
	}
	if content < 0 {
		return n, start, false
	}
	n.token = content
	p.classify(&n, start, content)
	return n, i, true
}

// hyphenated returns the entities before a hyphen: the one at i and those joined to it by a slash.
func (p *parser) hyphenated(i, start int) []int {
	if p.blockedBefore(i) {
		return nil
	}
	out := p.playing(i)
	for i -= 2; i >= start && p.at(i+1).kind == slash && p.at(i).kind == entity; i -= 2 {
		out = append(out, p.playing(i)...)
	}
	return out
}

// playing returns the entity at i if its class plays a part in events.
func (p *parser) playing(i int) []int {
	if p.classOf(p.tokens[i].entity) == None {
		return nil
	}
	return []int{p.tokens[i].entity}
}

// blockedBefore reports whether the entity at i is not what it names: "anti-A", "non-A".
func (p *parser) blockedBefore(i int) bool {
	return p.at(i-1).kind == hyphen && p.at(i-2).kind == other && p.at(i-2).triggers == nil && !residues[p.at(i-2).word]
}

// classify says what the head of n is and which entities it stands for.
func (p *parser) classify(n *nounPhrase, start, head int) {
	t := p.tokens[head]
	if t.kind == entity {
		n.head = headEntity
		if p.at(head+1).kind == hyphen && p.at(head+2).kind != entity || p.blockedBefore(head) {
			n.head = headOther
			return
		}
		n.entities = p.entitiesBefore(start, head+1)
		return
	}
	beside := p.entitiesBefore(start, head)
	switch e := t.trigger(noun); {
	case e == nil && t.trigger(gerund) != nil:
		n.head, n.entry = headTrigger, t.trigger(gerund)
	case e != nil:
		n.head, n.entry = headTrigger, e
		if e.frame&phrased != 0 && len(beside) == 1 {
			n.head, n.entry = headLight, nil
		}
	case light[t.word]:
		n.head = headLight
	case applied[t.word]:
		n.head = headApplied
	default:
		n.head = headOther
		return
	}
	n.entities = beside
}

// entitiesBefore returns the entities that end a noun phrase before its head: the last one with at most two
// words behind it, and what hyphens, slashes and light nouns join to it.
func (p *parser) entitiesBefore(start, head int) []int {
	i := head - 1
	for gap := 0; i >= start && p.tokens[i].kind != entity; i-- {
		t := p.tokens[i]
		if t.kind == other && !light[t.word] {
			if gap++; gap > 2 {
				return nil
			}
		}
		if t.word == "s" { // "A's induction of B"
			return nil
		}
		if t.kind == other && slices.ContainsFunc(blockers, func(b string) bool { return strings.Contains(t.word, b) }) ||
			t.kind != other && t.kind != hyphen && t.kind != adverb || t.trigger(past) != nil || t.trigger(adjective) != nil {
			return nil
		}
		if t.kind == hyphen && p.at(i-1).kind == entity && i+1 < head && !light[p.at(i+1).word] {
			return nil // "A-deficient"
		}
	}
	if i < start || p.blockedBefore(i) {
		return nil
	}
	out := p.playing(i)
	for i -= 2; i >= start && (p.at(i+1).kind == slash || p.at(i+1).kind == hyphen) && p.at(i).kind == entity; i -= 2 {
		out = append(p.playing(i), out...)
	}
	return out
}

// phrase returns the chain of noun phrases at i. With a verb the chain holds its objects, the first noun
// phrase stands for the verb, and a conjunction that opens a new clause ends the chain. The phrase is
// empty if there is nothing.
func (p *parser) phrase(i int, v *entry, object bool) phrase {
	var f phrase
	f.end = i
	if v != nil {
		f.nouns = append(f.nouns, nounPhrase{head: headVerb, token: i - 1, entry: v, follows: -1})
		for p.at(i).kind == adverb {
			i++
		}
		if n, next, ok := p.noun(i); ok {
			n.link = "object"
			f.add(n)
			i = next
			f.end = i
		}
	} else {
		n, next, ok := p.noun(i)
		if !ok {
			return f
		}
		f.add(n)
		i = next
		f.end = i
	}
	listed := false
	for i < len(p.tokens) && len(f.nouns) < maxNouns {
		j := i
		for p.at(j).kind == adverb {
			j++
		}
		switch t := p.at(j); {
		case t.kind == preposition && t.word != "than":
			link := t.word
			if p.at(j+1).trigger(gerund) != nil && p.at(j+1).trigger(noun) == nil && p.at(j+2).word != "of" {
				return f // "by inhibiting A"
			}
			n, next, ok := p.noun(j + 1)
			if !ok || link == "to" && p.actsAsVerb(j+1) {
				return f
			}
			n.link = link
			f.add(n)
			i, listed = next, false
		case t.kind == comma || t.kind == conjunction || t.kind == slash:
			if j > i && t.kind == conjunction {
				return f // "strongly and rapidly inhibited"
			}
			k := j
			if t.kind == comma && p.at(j+1).kind == conjunction {
				k = j + 1
			}
			link := "and"
			isComma := p.at(k).kind == comma
			if p.at(k).word == "nor" || p.at(k).word == "but" && p.at(k+1).kind == negation {
				link = "not"
			}
			k++
			if p.at(k).kind == negation {
				k++
			}
			for p.at(k).kind == adverb {
				k++
			}
			prep := ""
			if p.at(k).kind == preposition && f.has(p.at(k).word) {
				prep = p.at(k).word
				k++
			}
			if object && p.at(k).trigger(past) != nil {
				return f // "inhibits A and activated B"
			}
			n, next, ok := p.noun(k)
			if !ok || p.at(j).word == "but" && link != "not" {
				return f
			}
			if isComma {
				after := p.at(next)
				list := after.kind == conjunction || after.kind == comma && (listed || p.endsInConjunction(next))
				if !list || n.head == headOther {
					return f
				}
				listed = true
			}
			if object && p.depth < 1 {
				p.depth++
				ahead := p.phrase(k, nil, false)
				p.depth--
				if v := p.verbAt(ahead.end); v.at >= 0 && !v.reduced(p) {
					return f
				}
			}
			n.link = link
			if prep != "" {
				n.link += " " + prep
			}
			n.negated = n.negated || link == "not"
			f.add(n)
			i = next
		default:
			return f
		}
		f.end = i
	}
	return f
}

// endsInConjunction reports whether the list whose comma is at i comes to an end with a conjunction.
func (p *parser) endsInConjunction(i int) bool {
	for range maxNouns {
		if p.at(i).kind != comma {
			break
		}
		if p.at(i+1).kind == conjunction {
			return true
		}
		_, next, ok := p.noun(i + 1)
		if !ok {
			return false
		}
		i = next
	}
	return p.at(i).kind == conjunction
}

func (f *phrase) has(prep string) bool {
	return slices.ContainsFunc(f.nouns, func(n nounPhrase) bool {
		return n.link == prep || strings.HasSuffix(n.link, " "+prep)
	})
}

// takes reports whether a preposition behind the noun brings it an argument.
func (n *nounPhrase) takes(prep string) bool {
	switch n.head {
	case headLight:
		return prep == "of" || prep == "for"
	case headApplied:
		return prep == "of" || prep == "with" || prep == "to"
	case headVerb:
		return prep == "by" || strings.Contains(n.entry.preps, " "+prep+" ") || n.entry.frame&needs != 0 && prep == "for"
	case headTrigger:
		switch e := n.entry; {
		case e.frame&effect != 0:
			return prep == "of" || prep == "on"
		case prep == "of":
			return len(n.entities) == 0 || e.event == Binding
		case prep == "by":
			return true
		case e.event == Binding:
			return prep == "to" || prep == "with" || prep == "between"
		case e.frame&inverse != 0:
			return prep == "for"
		case e.frame&change != 0:
			return prep == "in" && len(n.entities) == 0
		}
		return prep == "with" && n.entry.event == PositiveRegulation
	}
	return false
}

// add joins n to the nearest noun phrase that takes it.
func (f *phrase) add(n nounPhrase) {
	k := len(f.nouns)
	f.nouns = append(f.nouns, n)
	switch {
	case k == 0:
	case n.link == "object":
		f.fill(0, "object", k)
	case strings.HasPrefix(n.link, "and") || strings.HasPrefix(n.link, "not"):
		_, prep, _ := strings.Cut(n.link, " ")
		trigger := slices.ContainsFunc(f.nouns[:k], func(m nounPhrase) bool { return m.head == headTrigger })
		for j := k - 1; j >= 0; j-- {
			m := &f.nouns[j]
			if prep != "" {
				if m.link != prep || m.follows >= 0 {
					continue
				}
			} else {
				// A noun with arguments of its own is joined to another such one.
				complex := n.head == headTrigger && len(n.entities) == 0
				if complex && trigger && m.head != headTrigger || m.head == headVerb {
					continue
				}
			}
			for f.nouns[j].follows >= 0 {
				j = f.nouns[j].follows
			}
			f.nouns[j].joined = append(f.nouns[j].joined, k)
			f.nouns[k].follows = j
			return
		}
	default:
		for j := k - 1; j >= 0; j-- {
			if p := &f.nouns[j]; n.link == "of" && j == k-1 && (p.head == headOther && !p.residue || p.head == headEntity && p.link != "by") {
				return // "binding to the sites of A"
			}
			if m := &f.nouns[j]; m.takes(n.link) && len(m.slots[n.link]) == 0 {
				f.fill(j, n.link, k)
				return
			}
		}
	}
}

func (f *phrase) fill(j int, slot string, k int) {
	if f.nouns[j].slots == nil {
		f.nouns[j].slots = make(map[string][]int)
	}
	f.nouns[j].slots[slot] = append(f.nouns[j].slots[slot], k)
}

// values returns the entities for which noun phrase k stands, with those joined to it. As causes,
// events that lower something stand for none.
func (f *phrase) values(k int, cause bool) []argument {
	out := f.own(k, cause)
	for _, j := range f.nouns[k].joined {
		out = append(out, f.own(j, cause)...)
	}
	return out
}

func (f *phrase) own(k int, cause bool) []argument {
	n := &f.nouns[k]
	var out []argument
	switch n.head {
	case headEntity, headLight, headApplied:
		for _, e := range n.entities {
			out = append(out, argument{e, false})
		}
		if len(out) == 0 {
			for _, prep := range []string{"of", "with", "to"} {
				if out = f.slot(k, prep, cause); len(out) > 0 {
					break
				}
			}
		}
	case headTrigger:
		if n.entry.frame&effect != 0 || cause && n.entry.event == NegativeRegulation {
			return nil
		}
		out = f.themes(k)
		if n.entry.event == Binding && len(out) > 1 && len(n.joined) == 0 {
			out = out[:1]
		}
		if len(out) == 0 && cause {
			out = append(f.slot(k, "with", true), f.slot(k, "by", true)...)
		}
	}
	if n.none || n.negated {
		for i := range out {
			out[i].negated = true
		}
	}
	return out
}

func (f *phrase) slot(k int, prep string, cause bool) []argument {
	var out []argument
	for _, j := range f.nouns[k].slots[prep] {
		out = append(out, f.values(j, cause)...)
	}
	return out
}

// partners returns the things, and not the events, that stand in these places: what is "associated with the
// expression of A" does not bind A.
func (f *phrase) partners(k int, preps ...string) []argument {
	var out []argument
	for _, prep := range preps {
		for _, j := range f.nouns[k].slots[prep] {
			if f.nouns[j].head != headTrigger || f.nouns[j].entry.event == Binding {
				out = append(out, f.values(j, false)...)
			}
		}
	}
	return out
}

// themes returns the themes of the nominal trigger k; the first group of a binding.
func (f *phrase) themes(k int) []argument {
	n := &f.nouns[k]
	var out []argument
	if n.entry.frame&effect != 0 {
		return f.slot(k, "on", false)
	}
	// "A and B production": entities joined before the noun are themes too.
	if n.follows >= 0 && len(n.entities) > 0 && n.link == "and" {
		for j := n.follows; j < k; j++ {
			if m := &f.nouns[j]; m.head == headEntity && (j == n.follows || m.follows == n.follows) && !m.negated {
				for _, e := range m.entities {
					out = append(out, argument{e, false})
				}
			}
		}
	}
	for _, e := range n.entities {
		out = append(out, argument{e, false})
	}
	for _, prep := range []string{"of", "in", "between", "for"} {
		if prep == "in" && n.entry.frame&change == 0 || prep == "for" && n.entry.frame&inverse == 0 {
			continue
		}
		out = append(out, f.slot(k, prep, false)...)
	}
	return out
}
