package corpus

import (
	"strconv"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// A plan gives the annotations, relations and events of a document names, by which a file refers to them.
type plan struct {
	marks     []planMark  // the entities in order, then the triggers, then what else relations and events refer to
	relations [][2]string // names of source and target; of the relations in order
	names     []string    // of the relations
	events    []planEvent // in order
}

type planMark struct {
	name string
	typ  string
	span annot.Span
	note EntityNote
	annot.Entity
}

type planEvent struct {
	name, trigger string
	arguments     []string // names of annotations or events
}

// newPlan keeps the names that came from a file where valid allows them for their kind, 'T', 'R' or 'E', and no two
// are the same. Others are made of kind and number.
func newPlan(d Standoff, valid func(kind byte, name string) bool) plan {
	var p plan
	used := map[string]bool{}
	keep := func(kind byte, name string) string {
		if name == "" || used[name] || !valid(kind, name) {
			return ""
		}
		used[name] = true
		return name
	}
	entities := map[entityKey]int{}
	for i, e := range d.Entities {
		n := note(d.EntityNotes, i)
		p.marks = append(p.marks, planMark{keep('T', n.ID), e.Type, e.Span(), n, e})
		if _, twice := entities[keyOf(e)]; !twice {
			entities[keyOf(e)] = i
		}
	}
	type triggerKey struct {
		name string
		entityKey
	}
	triggers := map[triggerKey]int{}
	events := map[entityKey]int{} // the first with such a trigger
	triggerOf := make([]int, len(d.Events))
	for i, e := range d.Events {
		n := note(d.EventNotes, i)
		as := annot.Entity{Type: e.Type, Start: e.Trigger.Start, End: e.Trigger.End, Text: e.Text, Score: 1}
		key := triggerKey{n.Trigger, keyOf(as)}
		at, ok := triggers[key]
		if !ok {
			at = len(p.marks)
			triggers[key] = at
			p.marks = append(p.marks, planMark{keep('T', n.Trigger), e.Type, e.Trigger, EntityNote{}, as})
		}
		triggerOf[i] = at
		if _, twice := events[key.entityKey]; !twice {
			events[key.entityKey] = i
		}
		p.events = append(p.events, planEvent{name: keep('E', n.ID)})
	}
	for i := range d.Relations {
		p.names = append(p.names, keep('R', note(d.RelationNotes, i).ID))
	}
	next := map[byte]int{}
	fresh := func(kind byte, name *string) {
		for *name == "" {
			next[kind]++
			if try := string(kind) + strconv.Itoa(next[kind]); !used[try] {
				used[try], *name = true, try
			}
		}
	}
	for i := range p.marks {
		fresh('T', &p.marks[i].name)
	}
	for i := range p.events {
		fresh('E', &p.events[i].name)
	}
	for i := range p.names {
		fresh('R', &p.names[i])
	}
	ref := func(e annot.Entity) string {
		i, ok := entities[keyOf(e)]
		if k, event := events[keyOf(e)]; event && !(ok && p.marks[i].Score == e.Score) {
			return p.events[k].name
		}
		if ok {
			return p.marks[i].name
		}
		m := planMark{typ: e.Type, span: e.Span(), Entity: e}
		fresh('T', &m.name)
		entities[keyOf(e)] = len(p.marks)
		p.marks = append(p.marks, m)
		return m.name
	}
	for i, e := range d.Events {
		p.events[i].trigger = p.marks[triggerOf[i]].name
		n := note(d.EventNotes, i)
		for k, a := range e.Arguments {
			if k < len(n.Arguments) && n.Arguments[k] >= 0 {
				p.events[i].arguments = append(p.events[i].arguments, p.events[n.Arguments[k]].name)
				continue
			}
			p.events[i].arguments = append(p.events[i].arguments, ref(a.Entity))
		}
	}
	for _, r := range d.Relations {
		p.relations = append(p.relations, [2]string{ref(r.Source), ref(r.Target)})
	}
	return p
}
