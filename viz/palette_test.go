package viz

import (
	"fmt"
	"math"
	"testing"
)

func TestSwatchesReadable(t *testing.T) {
	var bases []color
	for _, c := range palette {
		bases = append(bases, c)
	}
	for i := range 500 {
		bases = append(bases, baseColor(fmt.Sprintf("label %d", i), nil))
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

// deficiencies are how the three kinds of dichromacy see, with the matrices of
// Machado, Oliveira and Fernandes (2009) for full severity.
var deficiencies = map[string][9]float64{
	"none":   {1, 0, 0, 0, 1, 0, 0, 0, 1},
	"protan": {0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998},
	"deutan": {0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.011820, 0.042940, 0.968881},
	"tritan": {1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.303900},
}

// TestColorDeficiency asks that the types of JNLPBA stay apart.
func TestColorDeficiency(t *testing.T) {
	types := []string{"protein", "DNA", "RNA", "cell_line", "cell_type"}
	for kind, m := range deficiencies {
		for i, a := range types {
			for _, b := range types[:i] {
				if d := difference(lab(baseColor(a, nil), m), lab(baseColor(b, nil), m)); d < 12 {
					t.Errorf("%s: %s and %s are %.1f apart in CIELAB, want 12", kind, a, b, d)
				}
			}
		}
	}
}

// difference is the distance of two colours in CIELAB.
func difference(x, y [3]float64) float64 {
	return math.Sqrt(math.Pow(x[0]-y[0], 2) + math.Pow(x[1]-y[1], 2) + math.Pow(x[2]-y[2], 2))
}

// lab gives CIELAB coordinates of c as seen through the matrix m.
func lab(c color, m [9]float64) [3]float64 {
	var l [3]float64
	for i, v := range c {
		x := float64(v) / 255
		if x <= 0.04045 {
			l[i] = x / 12.92
		} else {
			l[i] = math.Pow((x+0.055)/1.055, 2.4)
		}
	}
	r := max(0, min(1, m[0]*l[0]+m[1]*l[1]+m[2]*l[2]))
	g := max(0, min(1, m[3]*l[0]+m[4]*l[1]+m[5]*l[2]))
	b := max(0, min(1, m[6]*l[0]+m[7]*l[1]+m[8]*l[2]))
	f := func(t float64) float64 {
		if t > 0.008856 {
			return math.Cbrt(t)
		}
		return 7.787*t + 16.0/116
	}
	x := f((0.4124*r + 0.3576*g + 0.1805*b) / 0.95047)
	y := f(0.2126*r + 0.7152*g + 0.0722*b)
	z := f((0.0193*r + 0.1192*g + 0.9505*b) / 1.08883)
	return [3]float64{116*y - 16, 500 * (x - y), 200 * (y - z)}
}

func TestBaseColor(t *testing.T) {
	if baseColor("Protein", nil) != baseColor("protein", nil) {
		t.Error("case changes a colour of the palette")
	}
	if baseColor("organ", nil) != baseColor("organ", map[string]color{"protein": {1, 2, 3}}) {
		t.Error("a colour depends on the others")
	}
	if got := baseColor("protein", map[string]color{"protein": {1, 2, 3}}); got != (color{1, 2, 3}) {
		t.Errorf("override is %v", got)
	}
	for _, s := range []string{"", "#12345", "123456", "#12345g", "#1234567", "red;}</style>"} {
		if _, err := parseColor(s); err == nil {
			t.Errorf("parseColor(%q) gave no error", s)
		}
	}
}
