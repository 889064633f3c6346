package events

import (
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// relationEvent returns the type of event that a relation of this type is: one by which its
// source raises or lowers its target.
func relationEvent(r annot.Relation) string {
	switch r.Type {
	case "CPR:3", "CPR:5":
		return PositiveRegulation
	case "CPR:4", "CPR:6":
		return NegativeRegulation
	}
	m := strings.ToLower(r.Meaning)
	for _, w := range []string{"antagonist", "inhibitor", "downregulator", "blocker"} {
		if strings.Contains(m, w) {
			return NegativeRegulation
		}
	}
	for _, w := range []string{"activator", "upregulator", "agonist"} {
		if strings.Contains(m, w) {
			return PositiveRegulation
		}
	}
	return ""
}

// complete takes causes and themes from the relations of the sentence: an event of the relation's type that
// has its target as theme and no cause gets its source; where there is none, a trigger of this
// type without any event, the one nearest to both, becomes one.
func (r *reader) complete() {
	for _, rel := range r.relations {
		typ := relationEvent(rel)
		if typ == "" || rel.Source.Start < r.sentence.Start || rel.Source.End > r.sentence.End || rel.Target.Start < r.sentence.Start || rel.Target.End > r.sentence.End {
			continue
		}
		source, target := r.find(rel.Source), r.find(rel.Target)
		if source < 0 || target < 0 || !takesCause(typ, r.classOf(source)) || !takesTheme(typ, r.classOf(target)) {
			continue
		}
		known := false
		for i := range r.events {
			e := &r.events[i]
			if e.Type != typ || !has(e, annot.Theme, r.entities[target]) || overlap(e.Trigger, rel.Source.Span()) {
				continue
			}
			known = true
			if !slices.ContainsFunc(e.Arguments, func(a annot.Argument) bool { return a.Role == annot.Cause }) {
				e.Arguments = append(e.Arguments, annot.Argument{Role: annot.Cause, Entity: r.entities[source]})
			}
		}
		if known {
			continue
		}
		best, distance := -1, 0
		for i, t := range r.triggers {
			if !slices.ContainsFunc(t.triggers, func(t trigger) bool { return t.entry.event == typ }) ||
				overlap(t.at, rel.Source.Span()) || overlap(t.at, rel.Target.Span()) ||
				slices.ContainsFunc(r.events, func(e annot.Event) bool { return e.Trigger == t.at }) {
				continue
			}
			d := gap(t.at, rel.Source.Span()) + gap(t.at, rel.Target.Span())
			if best < 0 || d < distance {
				best, distance = i, d
			}
		}
		if best >= 0 {
			r.event(r.triggers[best], typ, false, role{annot.Theme, target}, role{annot.Cause, source})
		}
	}
}

func (r *reader) find(e annot.Entity) int {
	return slices.IndexFunc(r.entities, func(o annot.Entity) bool { return o.Span() == e.Span() && o.Type == e.Type })
}

func has(e *annot.Event, role string, entity annot.Entity) bool {
	return slices.ContainsFunc(e.Arguments, func(a annot.Argument) bool { return a.Role == role && a.Entity == entity })
}

func overlap(a, b annot.Span) bool { return a.Start < b.End && b.Start < a.End }

// gap returns the number of bytes between two spans.
func gap(a, b annot.Span) int { return max(0, a.Start-b.End, b.Start-a.End) }
