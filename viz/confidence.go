package viz

import (
	"bytes"
	"fmt"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// confidenceSteps are the scores at which a deeper colour begins. Most scores of a tagger lie near 1, and the steps
// with them.
var confidenceSteps = [...]float64{0.5, 0.8, 0.95, 0.99}

const (
	confidenceLevels = len(confidenceSteps) + 1
	noScore          = confidenceLevels // the level of entities without a score
)

// confidenceNames name the levels, the lowest first.
var confidenceNames = [...]string{"below 0.5", "0.5 to 0.8", "0.8 to 0.95", "0.95 to 0.99", "0.99 and more", "no score"}

// confidence returns the level of a score, noScore for 0.
func confidence(score float64) int {
	if score == 0 {
		return noScore
	}
	level := 0
	for level < len(confidenceSteps) && score >= confidenceSteps[level] {
		level++
	}
	return level
}

// scoreTag is what is written behind the type of an entity.
func scoreTag(score float64) string {
	if score == 0 {
		return ""
	}
	return fmt.Sprintf(" %.2f", score)
}

// confidenceLegend counts the entities of each level, the highest level first.
func confidenceLegend(docs []annot.Document) (legend []legendEntry, place map[int]int) {
	var counts [noScore + 1]int
	for _, d := range docs {
		for _, e := range d.Entities {
			counts[confidence(e.Score)]++
		}
	}
	place = make(map[int]int)
	for _, level := range []int{4, 3, 2, 1, 0, noScore} {
		if counts[level] > 0 {
			place[level] = len(legend)
			legend = append(legend, legendEntry{confidenceNames[level], counts[level], newSwatch(plainLine)})
		}
	}
	return legend, place
}

// confidenceShares are the shares of the base colour in the backgrounds of the levels, on light and on dark.
var confidenceShares = [confidenceLevels][2]float64{{0.06, 0.08}, {0.16, 0.20}, {0.28, 0.34}, {0.42, 0.50}, {0.58, 0.68}}

// backs returns the backgrounds of a level on light and on dark, on which the colour of text can be read.
func (s swatch) backs(level int) (light, dark color) {
	light, dark = lightCard.mix(s.base, confidenceShares[level][0]), darkCard.mix(s.base, confidenceShares[level][1])
	for contrast(light, lightText) < readable {
		light = light.mix(lightCard, 0.1)
	}
	for contrast(dark, darkText) < readable {
		dark = dark.mix(color{}, 0.1)
	}
	return light, dark
}

// confidenceCSS gives the swatch's backgrounds of each level to its class.
func (s swatch) confidenceCSS() string {
	css := ""
	for level := range confidenceLevels {
		light, dark := s.backs(level)
		css += fmt.Sprintf(".sb-view .%s.sb-c%d{--sb-back:light-dark(%s,%s)}", s.class(), level, light, dark)
	}
	return css + "\n"
}

// writeConfidenceLegend lists the levels, each with a box that hides it.
func writeConfidenceLegend(b *bytes.Buffer, m *entityMarks) {
	if len(m.levels) == 0 {
		return
	}
	b.WriteString("<div class=\"sb-legend\"><span class=\"sb-dim\">score</span>")
	for _, level := range []int{4, 3, 2, 1, 0, noScore} {
		if i, ok := m.level[level]; ok {
			writeBox(b, m.levels[i], fmt.Sprintf("%s sb-c%d", m.levels[i].class(), level), len(m.legend)+i)
		}
	}
	b.WriteString("</div>\n")
}
