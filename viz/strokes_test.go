package viz

import (
	"fmt"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// Lines stay apart for everybody, on light and dark. WCAG 2 asks a contrast of 3 of graphics.
func TestStrokeColors(t *testing.T) {
	for i, a := range strokeColors {
		for name, card := range map[string]color{"light": lightCard, "dark": darkCard} {
			if c := contrast(a, card); c < 3 {
				t.Errorf("contrast of %s on %s is %.2f", a, name, c)
			}
		}
		for _, seen := range deficiencies {
			kind, m := seen.name, &seen.matrix
			for _, b := range strokeColors[:i] {
				if d := difference(a.lab(m), b.lab(m)); d < 25 {
					t.Errorf("%s: %s and %s are %.1f apart in CIELAB, want 25", kind, a, b, d)
				}
			}
		}
	}
}

func edgesOf(types ...string) []annot.Edge {
	var edges []annot.Edge
	for _, typ := range types {
		edges = append(edges, annot.Edge{Target: 1, Type: typ})
	}
	return edges
}

func TestLinkKinds(t *testing.T) {
	stroke := func(k linkKind) string { return k.color.String() + k.dashArray() }
	byType := func(colors map[string]color, types ...string) map[string]string {
		m := make(map[string]string)
		for _, k := range newLinkKinds(edgesOf(types...), colors) {
			m[k.typ] = stroke(k)
		}
		return m
	}
	if k := newLinkKinds(edgesOf("", ""), nil); k != nil {
		t.Errorf("edges without a type have kinds %v", k)
	}
	// The types of a corpus keep their strokes, whatever else there is.
	all := byType(nil, "CPR:3", "CPR:4", "CPR:5", "CPR:6", "CPR:9")
	if some := byType(nil, "zzz", "CPR:9", "abc", "CPR:4", ""); some["CPR:4"] != all["CPR:4"] || some["CPR:9"] != all["CPR:9"] || some[""] != plainLine.String() {
		t.Errorf("strokes %v, want as in %v", some, all)
	}
	if a, b := byType(nil, "DDI-effect", "DDI-int"), byType(nil, "effect", "int"); a["DDI-effect"] != b["effect"] || a["DDI-int"] != b["int"] {
		t.Errorf("strokes %v and %v", a, b)
	}
	// Fifteen strokes differ, then they are used again.
	var types []string
	for i := range 40 {
		types = append(types, fmt.Sprint("type ", i))
		seen := make(map[string]bool)
		for _, s := range byType(nil, types...) {
			seen[s] = true
		}
		if want := min(len(types), len(strokeColors)*len(dashes)); len(seen) != want {
			t.Errorf("%d types have %d strokes, want %d", len(types), len(seen), want)
		}
	}
	if got := byType(map[string]color{"CPR:4": {1, 2, 3}}, "CPR:4", "CPR:3")["CPR:4"]; got != "#010203" {
		t.Errorf("an override gives %s", got)
	}
	for _, c := range []struct{ typ, meaning, want string }{
		{"CPR:4", "inhibitor", "inhibitor (CPR:4)"}, {"binds", "binds", "binds"}, {"binds", "", "binds"}, {"", "related", "related"}, {"", "", "untyped"},
	} {
		if got := linkLabel(c.typ, c.meaning); got != c.want {
			t.Errorf("%q, %q is %q, want %q", c.typ, c.meaning, got, c.want)
		}
	}
}
