package viz

import (
	"fmt"
	"hash/fnv"
	"math"
	"strconv"
	"strings"
)

// A color is red, green and blue in sRGB.
type color [3]uint8

func (c color) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

func parseColor(s string) (color, error) {
	n, err := strconv.ParseUint(strings.TrimPrefix(s, "#"), 16, 32)
	if err != nil || len(s) != 7 || s[0] != '#' {
		return color{}, fmt.Errorf("%q is not of the form #rrggbb", s)
	}
	return color{uint8(n >> 16), uint8(n >> 8), uint8(n)}, nil
}

// palette holds the types that models and corpora use most. The first five, those
// of JNLPBA, are from the set of Okabe and Ito (2008), chosen to differ for people
// with any of the common colour deficiencies.
var palette = map[string]color{
	"protein":   {0x00, 0x72, 0xb2}, // blue
	"dna":       {0xd5, 0x5e, 0x00}, // vermillion
	"rna":       {0xcc, 0x79, 0xa7}, // purple
	"cell_line": {0x00, 0x9e, 0x73}, // green
	"cell_type": {0xf0, 0xc4, 0x20}, // yellow
	"gene":      {0x44, 0xaa, 0x99}, // teal
	"chemical":  {0x88, 0x22, 0x55}, // wine
	"drug":      {0xaa, 0x44, 0x99}, // orchid
	"disease":   {0x99, 0x4f, 0x00}, // brown
	"species":   {0x66, 0x77, 0x22}, // olive
}

// baseColor returns the colour of an entity type: as overridden, as the palette has
// it, or else a hue that depends on the name alone, so that a type keeps its colour
// from view to view.
func baseColor(label string, overrides map[string]color) color {
	if c, ok := overrides[label]; ok {
		return c
	}
	if c, ok := palette[strings.ToLower(label)]; ok {
		return c
	}
	h := fnv.New32a()
	h.Write([]byte(label))
	sum := h.Sum32() // short names differ in its last bits only; spread them
	sum = (sum ^ sum>>16) * 0x85ebca6b
	sum = (sum ^ sum>>13) * 0xc2b2ae35
	sum ^= sum >> 16
	return fromHSL(float64(sum%360), 0.45+0.1*float64(sum>>16%3), 0.38+0.06*float64(sum>>20%3))
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
	lin := func(v uint8) float64 {
		x := float64(v) / 255
		if x <= 0.04045 {
			return x / 12.92
		}
		return math.Pow((x+0.055)/1.055, 2.4)
	}
	return 0.2126*lin(c[0]) + 0.7152*lin(c[1]) + 0.0722*lin(c[2])
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
