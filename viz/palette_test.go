package viz

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestSwatchesReadable(t *testing.T) {
	var bases []color
	for _, c := range palette {
		bases = append(bases, c)
	}
	bases = append(bases, spareColors[:]...)
	for i := range 500 {
		bases = append(bases, hashedColor(hashLabel(fmt.Sprintf("label %d", i))))
	}
	for _, v := range []uint8{0, 1, 60, 128, 200, 255} {
		bases = append(bases, color{v, v, v}, color{v, 0, 0}, color{0, v, 0}, color{0, 0, v}, color{v, 255, 0}, color{255, 255, v})
	}
	for _, c := range bases {
		s := newSwatch(c)
		for what, ratio := range map[string]float64{
			"text on light": contrast(lightText, s.lightBack), "ink on light": contrast(s.lightInk, s.lightBack),
			"text on dark": contrast(darkText, s.dark), "ink on dark": contrast(s.darkInk, s.dark),
		} {
			if ratio < readable {
				t.Errorf("%s: contrast of %s is %.2f, want %.1f", c, what, ratio, readable)
			}
		}
		for level := range confidenceLevels {
			light, dark := s.backs(level)
			if a, b := contrast(lightText, light), contrast(darkText, dark); a < readable || b < readable {
				t.Errorf("%s at confidence %d: contrast %.2f on light, %.2f on dark, want %.1f", c, level, a, b, readable)
			}
		}
	}
}

// The types of one picture stay apart for whoever looks at it: those of the corpora, and such as people make up.
func TestColorDeficiency(t *testing.T) {
	sets := [][]string{
		{"protein", "DNA", "RNA", "cell_line", "cell_type"},
		{"CHEMICAL", "GENE-Y", "GENE-N"}, {"chemical", "gene"}, {"DRUG", "BRAND", "GROUP", "DRUG_N"}, {"drug", "brand", "group", "drug_n"}, {"GENE"},
		{"chemical", "disease", "gene", "species"}, {"gene", "protein", "cell_line", "RNA"}, {"Protein", "protein", "PROTEIN"},
		{"organ", "tissue", "cell", "organism", "assay", "dose"}, {"A", "B", "C", "D", "E", "F", "G", "H"}, {"", "?", "ψ", "</mark>"},
		{"PER", "ORG", "LOC", "MISC", "DATE", "MONEY", "GPE", "NORP"},
	}
	for i := range 50 {
		var set []string
		for j := range 8 {
			set = append(set, fmt.Sprintf("type %d", 8*i+j))
		}
		sets = append(sets, set)
	}
	for _, set := range sets {
		colors := baseColors(set, nil)
		for i, a := range set {
			for _, b := range set[:i] {
				if d := nearest(colors[a], []perceived{perceive(colors[b])}); d < apart {
					t.Errorf("of %q, %s %s and %s %s are %.1f apart in CIELAB for some, want %g", set, a, colors[a], b, colors[b], d, apart)
				}
			}
		}
		slices.Reverse(set)
		if !maps.Equal(colors, baseColors(set, nil)) {
			t.Errorf("the order of %q changes their colours", set)
		}
	}
	var many []string
	for i := range 2000 {
		many = append(many, fmt.Sprint("type ", i))
	}
	if n := len(baseColors(many, nil)); n != len(many) {
		t.Errorf("%d of %d types have a colour", n, len(many))
	}
}

func TestBaseColor(t *testing.T) {
	one := func(label string, overrides map[string]color) color {
		return baseColors([]string{label}, overrides)[label]
	}
	if one("Protein", nil) != one("protein", nil) {
		t.Error("case changes a colour of the palette")
	}
	if one("organ", nil) != baseColors([]string{"organ", "protein"}, map[string]color{"protein": {1, 2, 3}})["organ"] {
		t.Error("a colour depends on others that are far from it")
	}
	if got := one("protein", map[string]color{"protein": {1, 2, 3}}); got != (color{1, 2, 3}) {
		t.Errorf("override is %v", got)
	}
	for s, want := range map[string]color{
		"#0072b2": {0, 0x72, 0xb2}, "#0072B2": {0, 0x72, 0xb2}, "#07b": {0, 0x77, 0xbb}, "rgb(0, 114,178)": {0, 114, 178}, " Teal ": {0, 0x80, 0x80}, "RebeccaPurple": {0x66, 0x33, 0x99}, "darkslategrey": {0x2f, 0x4f, 0x4f}, "rgb( 0 114  178 )": {0, 114, 178}, "orange": {0xff, 0xa5, 0},
	} {
		if got, err := parseColor(s); err != nil || got != want {
			t.Errorf("parseColor(%q) = %v, %v; want %v", s, got, err, want)
		}
	}
	if _, err := parseColor("linear-gradient(90deg, #aa9cfc, #fc9ce7)"); err == nil || !strings.Contains(err.Error(), "want one of them") {
		t.Errorf("a gradient: %v", err)
	}
	for _, s := range []string{"", "#12345", "123456", "#12345g", "#1234567", "red;}</style>", "#", "#1 2", "#+12", "rgb(1,2)", "rgb(1 2)", "rgb(1, 2 3)", "rgb(1,2,,3)", "transparent", "currentcolor", "rgb(1,2,256)", "rgb(1,2,-3)", "rgb(1,2,3", "linear-gradient(red, blue)", "#ÿÿÿ"} {
		if _, err := parseColor(s); err == nil {
			t.Errorf("parseColor(%q) gave no error", s)
		}
	}
}

// Every name is the colour that a browser draws.
func TestBrowserColorNames(t *testing.T) {
	ctx := browser(t)
	tab := openPage(t, ctx, true, Entities(nil))
	names := slices.Sorted(maps.Keys(colorNames))
	list, err := json.Marshal(append(names, "dimgrey", "lightslategrey"))
	if err != nil {
		t.Fatal(err)
	}
	drawn := ask[map[string]string](t, tab, `
		const e = document.body.appendChild(document.createElement("p"));
		return Object.fromEntries(`+string(list)+`.map((name) => { e.style.color = ""; e.style.color = name; return [name, e.style.color && getComputedStyle(e).color]; }));`)
	if len(drawn) != len(names)+2 || len(names) != 141 {
		t.Fatalf("%d names, %d drawn", len(names), len(drawn))
	}
	for name, want := range drawn {
		if got, err := parseColor(name); err != nil || want == "" || fmt.Sprintf("rgb(%d, %d, %d)", got[0], got[1], got[2]) != want {
			t.Errorf("%s is %v (%v), drawn as %q", name, got, err, want)
		}
	}
}
