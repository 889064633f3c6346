package viz

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A color is red, green and blue in sRGB.
type color [3]uint8

func (c color) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// parseColor reads a colour as CSS writes it: "#0072b2", "#07b", "rgb(0, 114, 178)", "rgb(0 114 178)" or a name.
func parseColor(s string) (color, error) {
	text := strings.ToLower(strings.TrimSpace(s))
	if c, ok := namedColor(text); ok {
		return c, nil
	}
	if inner, ok := strings.CutPrefix(text, "rgb("); ok {
		if inner, ok = strings.CutSuffix(inner, ")"); ok {
			if c, ok := parseChannels(inner); ok {
				return c, nil
			}
		}
	} else if digits, ok := strings.CutPrefix(text, "#"); ok {
		if len(digits) == 3 {
			digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
		}
		if n, err := strconv.ParseUint(digits, 16, 24); err == nil && len(digits) == 6 {
			return color{uint8(n >> 16), uint8(n >> 8), uint8(n)}, nil
		}
	}
	if strings.Contains(text, "gradient(") {
		return color{}, fmt.Errorf("%q is more than one colour (want one of them: the background and the ink are mixed from it)", s)
	}
	return color{}, fmt.Errorf("%q is no colour (want #rrggbb, #rgb, rgb(r, g, b) or a name that CSS knows, such as teal)", s)
}

// parseChannels reads three numbers with commas or with spaces between them.
func parseChannels(text string) (c color, ok bool) {
	parts := strings.Fields(text)
	if strings.Contains(text, ",") {
		parts = strings.Split(text, ",")
	}
	if len(parts) != len(c) {
		return c, false
	}
	for i, p := range parts {
		n, err := strconv.ParseUint(strings.TrimSpace(p), 10, 8)
		if err != nil {
			return c, false
		}
		c[i] = uint8(n)
	}
	return c, true
}

// palette holds the types that models and corpora use most. The first five, those
// of JNLPBA, are from the set of Okabe and Ito (2008), chosen to differ for people
// with any of the common colour deficiencies; so do those of ChemProt and those of DDI among themselves.
var palette = map[string]color{
	"protein":   {0x00, 0x72, 0xb2}, // blue
	"dna":       {0xd5, 0x5e, 0x00}, // vermillion
	"rna":       {0xcc, 0x79, 0xa7}, // purple
	"cell_line": {0x00, 0x9e, 0x73}, // green
	"cell_type": {0xf0, 0xc4, 0x20}, // yellow
	"gene":      {0x44, 0xaa, 0x99}, // teal
	"gene-y":    {0x44, 0xaa, 0x99},
	"gene-n":    {0xf0, 0xc4, 0x20},
	"chemical":  {0x88, 0x22, 0x55}, // wine
	"drug":      {0xaa, 0x44, 0x99}, // orchid
	"brand":     {0xe6, 0x9f, 0x00}, // orange
	"group":     {0x56, 0xb4, 0xe9}, // sky
	"drug_n":    {0x11, 0x77, 0x33}, // forest
	"disease":   {0x99, 0x4f, 0x00}, // brown
	"species":   {0x66, 0x77, 0x22}, // olive
}

// spareColors are for types that the palette does not know. Each two of the first ten are told apart, with any of the common
// deficiencies.
var spareColors = [...]color{
	{0x00, 0x72, 0xb2}, // blue
	{0xd5, 0x5e, 0x00}, // vermillion
	{0xcc, 0x79, 0xa7}, // purple
	{0x00, 0x9e, 0x73}, // green
	{0xf0, 0xc4, 0x20}, // yellow
	{0x1b, 0x3a, 0x4b}, // ink
	{0x89, 0x47, 0xeb}, // violet
	{0x88, 0xcc, 0xee}, // cyan
	{0xa5, 0x24, 0x3d}, // red
	{0xdd, 0xcc, 0x77}, // sand
	{0x33, 0x22, 0x88}, // indigo
	{0x4b, 0x56, 0x61}, // slate
	{0x99, 0x4f, 0x00}, // brown
	{0x9b, 0xbf, 0x3b}, // lime
}

const (
	apart     = 12.0 // in CIELAB, from where on two colours of a legend are told apart
	mostApart = 24   // how many types of a legend are kept apart; more than that no colours can
)

// baseColors gives each of the labels a colour: as overridden; as the palette has it; or else one that the name
// gives, so that a type mostly keeps its colour from view to view. Of two labels whose colours would be hard to tell apart, as they are or
// with any of the common colour deficiencies, the later one in the alphabet gets the next that is not, those of the
// palette first.
func baseColors(labels []string, overrides map[string]color) map[string]color {
	out := make(map[string]color, len(labels))
	var taken []perceived
	set := func(label string, c color) {
		out[label] = c
		taken = append(taken, perceive(c))
	}
	order := slices.Clone(labels)
	rank := func(label string) int {
		if _, ok := chosenColor(overrides, label); ok {
			return 0
		}
		if _, ok := palette[strings.ToLower(label)]; ok {
			return 1
		}
		return 2
	}
	slices.SortFunc(order, func(a, b string) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), strings.Compare(strings.ToLower(a), strings.ToLower(b)), strings.Compare(a, b))
	})
	for _, label := range order {
		if _, ok := out[label]; ok {
			continue
		}
		c, wanted := chosenColor(overrides, label)
		if wanted {
			set(label, c)
			continue
		}
		h := hashLabel(label)
		c, ok := palette[strings.ToLower(label)]
		if !ok {
			c = spareColors[h%uint32(len(spareColors))]
		}
		if len(taken) >= mostApart {
			out[label] = hashedColor(h)
			continue
		}
		best, far := c, nearest(c, taken)
		for i := range uint32(2 * len(spareColors)) {
			if far >= apart {
				break
			}
			c = spareColors[(h+i)%uint32(len(spareColors))]
			if i >= uint32(len(spareColors)) { // none of them is free
				c = hashedColor(h + i*0x9e3779b9)
			}
			if d := nearest(c, taken); d > far {
				best, far = c, d
			}
		}
		set(label, best)
	}
	return out
}

// hashLabel gives a number that depends on the label alone.
func hashLabel(label string) uint32 {
	f := fnv.New32a()
	f.Write([]byte(label))
	h := f.Sum32() // short names differ in its last bits only; spread them
	h = (h ^ h>>16) * 0x85ebca6b
	h = (h ^ h>>13) * 0xc2b2ae35
	return h ^ h>>16
}

func hashedColor(h uint32) color {
	return fromHSL(float64(h%360), 0.45+0.1*float64(h>>16%3), 0.38+0.06*float64(h>>20%3))
}

// deficiencies are how people see: all colours, and with the three kinds of dichromacy, by the matrices of
// Machado, Oliveira and Fernandes (2009) for full severity.
var deficiencies = [...]struct {
	name   string
	matrix [9]float64
}{
	{"none", [9]float64{1, 0, 0, 0, 1, 0, 0, 0, 1}},
	{"protan", [9]float64{0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998}},
	{"deutan", [9]float64{0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881}},
	{"tritan", [9]float64{1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900}},
}

// A perceived is a colour in CIELAB as it is seen with each of the deficiencies.
type perceived [len(deficiencies)][3]float64

func perceive(c color) perceived {
	var p perceived
	for i := range deficiencies {
		p[i] = c.lab(&deficiencies[i].matrix)
	}
	return p
}

// nearest is how far c is from the colour that is hardest to tell from it, however one sees.
func nearest(c color, others []perceived) float64 {
	p, least := perceive(c), math.Inf(1)
	for _, o := range others {
		for i := range p {
			least = min(least, difference(p[i], o[i]))
		}
	}
	return least
}

// difference is the distance of two colours in CIELAB.
func difference(x, y [3]float64) float64 {
	a, b, c := x[0]-y[0], x[1]-y[1], x[2]-y[2]
	return math.Sqrt(float64(a*a) + float64(b*b) + float64(c*c))
}

// lab gives CIELAB coordinates of c as seen through the matrix m.
func (c color) lab(m *[9]float64) [3]float64 {
	l := [3]float64{linear(c[0]), linear(c[1]), linear(c[2])}
	seen := func(i int) float64 {
		return max(0, min(1, float64(m[i]*l[0])+float64(m[i+1]*l[1])+float64(m[i+2]*l[2])))
	}
	r, g, b := seen(0), seen(3), seen(6)
	f := func(t float64) float64 {
		if t > 0.008856 {
			return math.Cbrt(t)
		}
		return float64(7.787*t) + 16.0/116
	}
	x := f((float64(0.4124*r) + float64(0.3576*g) + float64(0.1805*b)) / 0.95047)
	y := f(float64(0.2126*r) + float64(0.7152*g) + float64(0.0722*b))
	z := f((float64(0.0193*r) + float64(0.1192*g) + float64(0.9505*b)) / 1.08883)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

// linear is the light of a channel in sRGB.
func linear(v uint8) float64 {
	x := float64(v) / 255
	if x <= 0.04045 {
		return x / 12.92
	}
	return math.Pow((x+0.055)/1.055, 2.4)
}

func fromHSL(hue, saturation, lightness float64) color {
	a := saturation * min(lightness, 1-lightness)
	f := func(n float64) uint8 {
		k := math.Mod(n+hue/30, 12)
		return uint8(math.Round(255 * (lightness - a*max(-1, min(k-3, 9-k, 1)))))
	}
	return color{f(0), f(8), f(4)}
}

// mix returns c with the given share of d.
func (c color) mix(d color, share float64) color {
	var m color
	for i := range c {
		m[i] = uint8(math.Round(float64(c[i])*(1-share) + float64(d[i])*share))
	}
	return m
}

// luminance is the relative luminance of WCAG 2.
func (c color) luminance() float64 {
	return 0.2126*linear(c[0]) + 0.7152*linear(c[1]) + 0.0722*linear(c[2])
}

// contrast is the contrast ratio of WCAG 2, from 1 to 21.
func contrast(a, b color) float64 {
	x, y := a.luminance(), b.luminance()
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// The colours of text and of the card behind it, as style.css has them.
var (
	lightText, lightCard = color{0x1f, 0x23, 0x28}, color{0xff, 0xff, 0xff}
	darkText, darkCard   = color{0xe6, 0xe9, 0xec}, color{0x16, 0x1a, 0x1f}
)

// A swatch is a base colour with what is drawn in it: a background for text and an
// ink for a label on that background, each for light and dark.
type swatch struct {
	base              color
	lightBack, dark   color
	lightInk, darkInk color
}

const readable = 4.5 // the contrast WCAG 2 asks of small text

func newSwatch(base color) swatch {
	s := swatch{base: base, lightBack: base.mix(lightCard, 0.76), dark: base.mix(darkCard, 0.55)}
	for contrast(s.dark, darkText) < readable+0.5 {
		s.dark = s.dark.mix(color{}, 0.1)
	}
	for contrast(s.lightBack, lightText) < readable+2 {
		s.lightBack = s.lightBack.mix(lightCard, 0.1)
	}
	s.lightInk, s.darkInk = base, base.mix(darkText, 0.35)
	for contrast(s.lightInk, s.lightBack) < readable {
		s.lightInk = s.lightInk.mix(color{}, 0.08)
	}
	for contrast(s.darkInk, s.dark) < readable {
		s.darkInk = s.darkInk.mix(color{255, 255, 255}, 0.08)
	}
	return s
}

// class names the swatch. It depends on the colour only, so equal names in two
// outputs of one page mean the same.
func (s swatch) class() string { return "sb-k" + s.base.String()[1:] }

// css gives the swatch's colours to its class.
func (s swatch) css() string {
	return fmt.Sprintf(".sb-view .%[1]s{--sb-base:%[2]s;--sb-back:light-dark(%[3]s,%[4]s);--sb-ink:light-dark(%[5]s,%[6]s)}\n",
		s.class(), s.base, s.lightBack, s.dark, s.lightInk, s.darkInk)
}
