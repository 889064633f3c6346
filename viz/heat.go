package viz

import (
	"fmt"
	"strings"
)

// A heatStep is a colour of a heat map on light and on dark.
type heatStep struct{ light, dark color }

// heatCounts rise from few to many, heatPMI from less than chance, orange, to more, violet: the two that people with any of
// the common colour deficiencies tell apart (Brewer's PuOr).
var (
	heatCounts = []heatStep{
		{color{0xe6, 0xf0, 0xf8}, color{0x1b, 0x2b, 0x38}}, {color{0xc3, 0xdc, 0xef}, color{0x1c, 0x42, 0x5d}}, {color{0x8f, 0xbe, 0xe0}, color{0x1f, 0x5f, 0x8a}},
		{color{0x4f, 0x97, 0xc9}, color{0x27, 0x74, 0xa8}}, {color{0x17, 0x64, 0xa0}, color{0x7c, 0xc4, 0xec}},
	}
	heatPMI = []heatStep{
		{color{0xe0, 0x82, 0x14}, color{0xe0, 0x82, 0x14}}, {color{0xfb, 0xd0, 0x9a}, color{0x6e, 0x41, 0x12}}, {color{0xee, 0xf0, 0xf2}, color{0x29, 0x2f, 0x36}},
		{color{0xdd, 0xd9, 0xee}, color{0x3b, 0x35, 0x5c}}, {color{0xb7, 0xaf, 0xd8}, color{0x55, 0x4b, 0x86}}, {color{0x75, 0x67, 0xa5}, color{0x97, 0x8b, 0xd2}}, {color{0x54, 0x27, 0x88}, color{0xbd, 0xb1, 0xee}},
	}
)

// pmiSteps are the bits of mutual information at which the steps of heatPMI begin, after the first.
var pmiSteps = [...]float64{-1, -0.25, 0.25, 1, 2, 3}

// pmiNames name the steps.
var pmiNames = [...]string{"below −1", "to −0.25", "0", "from 0.25", "1 to 2", "2 to 3", "3 and more"}

// pmiStep returns the step of a mutual information.
func pmiStep(bits float64) int {
	step := 0
	for step < len(pmiSteps) && bits >= pmiSteps[step] {
		step++
	}
	return step
}

// readableOn returns the one of black and white that can be read better on c.
func readableOn(c color) color {
	if contrast(c, color{255, 255, 255}) >= contrast(c, lightText) {
		return color{255, 255, 255}
	}
	return lightText
}

// heatCSS names the colours of both scales, and what is written on them, as variables: --sb-q for counts and --sb-d for PMI.
func heatCSS() string {
	var b strings.Builder
	b.WriteString(".sb-view{")
	for _, letter := range []byte("qd") {
		for i, s := range heatScale(letter) {
			light, dark := readableOn(s.light), readableOn(s.dark)
			fmt.Fprintf(&b, "--sb-%[1]c%[2]d:light-dark(%[3]s,%[4]s);--sb-%[1]ct%[2]d:light-dark(%[5]s,%[6]s);", letter, i, s.light, s.dark, light, dark)
		}
	}
	b.WriteString("}\n")
	for _, letter := range []byte("qd") {
		for i := range heatScale(letter) {
			fmt.Fprintf(&b, ".sb-view .sb-figure .sb-%[1]c%[2]d{fill:var(--sb-%[1]c%[2]d)}.sb-view .sb-figure .sb-%[1]ct%[2]d text{fill:var(--sb-%[1]ct%[2]d)}\n", letter, i)
		}
	}
	return b.String()
}

// heatScale returns the scale of a letter: q for counts, d for PMI.
func heatScale(letter byte) []heatStep {
	if letter == 'q' {
		return heatCounts
	}
	return heatPMI
}

// writeScale writes a scale of colours with what each of them means.
func writeScale(b *strings.Builder, title string, letter byte, names []string) {
	fmt.Fprintf(b, "<span><b>%s</b>", esc(title))
	for i, n := range names {
		if n != "" {
			fmt.Fprintf(b, "<i style=\"background:var(--sb-%[1]c%[2]d);color:var(--sb-%[1]ct%[2]d)\">%[3]s</i>", letter, i, esc(n))
		}
	}
	b.WriteString("</span>")
}
