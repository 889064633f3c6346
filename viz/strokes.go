package viz

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// strokeColors can be told apart, and from white and from the dark card, by people with any of the common
// colour deficiencies: each two are 27 apart in CIELAB or more. Five are what that allows for thin lines;
// further types are dashed, then dotted.
var strokeColors = [...]color{
	{0x00, 0x72, 0xb2}, // blue
	{0xd5, 0x5e, 0x00}, // vermillion
	{0x89, 0x47, 0xeb}, // violet
	{0xd0, 0x71, 0x97}, // pink
	{0x86, 0x63, 0x41}, // brown
}

// dashes are lengths of strokes and gaps in pixels.
var dashes = [...][]int{nil, {8, 4}, {2, 3}}

// strokeSlots gives the types of the ChemProt and DDI corpora their places among the strokes, so that they
// look the same in every view.
var strokeSlots = map[string]int{
	"cpr:3": 0, "cpr:4": 1, "cpr:5": 2, "cpr:6": 3, "cpr:9": 4,
	"ddi-mechanism": 0, "ddi-effect": 1, "ddi-int": 2, "ddi-advise": 4,
	"mechanism": 0, "effect": 1, "int": 2, "advise": 4,
}

// A linkKind is a type of edges with the way they are drawn.
type linkKind struct {
	typ, meaning string
	count        int // edges
	directed     bool
	color        color
	dash         []int
}

// plainLine is the colour of an edge without a type.
var plainLine = color{0x8b, 0x95, 0xa1}

// newLinkKinds returns the types of edges, the most frequent first, or nothing if none has a type.
func newLinkKinds(edges []annot.Edge, colors map[string]color) []linkKind {
	var kinds []linkKind
	at := make(map[string]int)
	for _, e := range edges {
		i, ok := at[e.Type]
		if !ok {
			i = len(kinds)
			at[e.Type] = i
			kinds = append(kinds, linkKind{typ: e.Type})
		}
		kinds[i].count++
		kinds[i].directed = kinds[i].directed || e.Directed
		kinds[i].meaning = cmp.Or(kinds[i].meaning, e.Meaning)
	}
	if _, plain := at[""]; len(kinds) == 0 || plain && len(kinds) == 1 {
		return nil
	}
	slices.SortFunc(kinds, func(a, b linkKind) int { return strings.Compare(a.typ, b.typ) })
	setStrokes(kinds, colors)
	slices.SortStableFunc(kinds, func(a, b linkKind) int { return cmp.Compare(b.count, a.count) })
	return kinds
}

// setStrokes gives each kind a stroke of its own: known types theirs, the others a free one near the place
// that the name gives them, so that most keep their stroke from view to view.
func setStrokes(kinds []linkKind, colors map[string]color) {
	taken := make(map[int]bool)
	for _, k := range kinds {
		if slot, ok := strokeSlots[strings.ToLower(k.typ)]; ok {
			taken[slot] = true
		}
	}
	for i := range kinds {
		k := &kinds[i]
		if c, ok := chosenColor(colors, k.typ); ok {
			k.color = c
			continue
		}
		if k.typ == "" {
			k.color = plainLine
			continue
		}
		slot, known := strokeSlots[strings.ToLower(k.typ)]
		if !known {
			h := fnv.New32a()
			h.Write([]byte(k.typ))
			first := int(h.Sum32() % uint32(len(strokeColors)))
			for n := range len(strokeColors) * len(dashes) {
				slot = (first+n)%len(strokeColors) + n/len(strokeColors)*len(strokeColors)
				if !taken[slot] {
					break
				}
			}
			taken[slot] = true
		}
		k.color, k.dash = strokeColors[slot%len(strokeColors)], dashes[slot/len(strokeColors)]
	}
}

// label names the kind: "inhibitor (CPR:4)".
func (k linkKind) label() string { return linkLabel(k.typ, k.meaning) }

func linkLabel(typ, meaning string) string {
	switch {
	case typ == "" && meaning == "":
		return "untyped"
	case meaning == "" || meaning == typ:
		return typ
	case typ == "":
		return meaning
	}
	return meaning + " (" + typ + ")"
}

// dashArray writes the dashes as SVG does.
func (k linkKind) dashArray() string {
	if k.dash == nil {
		return ""
	}
	return fmt.Sprintf(` stroke-dasharray="%d %d"`, k.dash[0], k.dash[1])
}
