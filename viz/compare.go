package viz

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// A CompareView shows two readings of the same texts side by side.
type CompareView struct {
	gold, predicted []annot.Document
	config
	err error
}

// Compare shows what a gold standard and a prediction, or two models ([WithSides]), make of the same texts: each
// text stands there twice, side by side where the page is wide enough, and every mention says how it fares on the other
// side. [annot.Compare] pairs them:
//
//   - ✓ correct: the same type and borders
//   - ≠ wrong type: the same borders
//   - ↔ wrong boundary: the same type, and borders that overlap
//   - ≉ wrong boundary and type
//   - − missed: only in the gold standard
//   - + spurious: only in the prediction
//
// The sign and the frame say the same as the colour. The legend counts the outcomes, each with a box that hides it, and gives
// precision, recall and F1 of all types together, in percent: a mention counts if its type and both its borders are right, and
// one that is there twice counts once, as package eval counts. A table has the same by type. One more box leaves
// only the texts with a difference.
//
// Documents are compared one by one, in order, and must have the same texts; if not, or if [Entities] would refuse one,
// that is an error of the methods, not of Compare. The options are WithTitle, WithLimit (of documents; the scores are those of
// all), WithTypes, WithColors (of outcomes: "correct", "wrong type", "wrong boundary", "wrong boundary and type",
// "missed" and "spurious"), WithPageSize and WithSides.
func Compare(gold, predicted []annot.Document, options ...Option) *CompareView {
	v := &CompareView{gold: gold, predicted: predicted}
	v.config, v.err = newConfig("Compare", max(len(gold), len(predicted)), options)
	for name := range v.colors {
		if v.err == nil && !slices.ContainsFunc(outcomeNames, func(o string) bool { return strings.EqualFold(o, name) }) {
			v.err = fmt.Errorf("viz: colour of %q, want one of %s", name, strings.Join(outcomeNames, ", "))
		}
	}
	return v
}

// Render writes the view as a fragment of HTML.
func (v *CompareView) Render(w io.Writer) error { return render(w, v) }

// WritePage writes the view as a complete page.
func (v *CompareView) WritePage(w io.Writer) error { return writePage(w, v) }

// Show displays the view in a notebook, or as plain text where there is none.
func (v *CompareView) Show() error { return show(v) }

// A comparedText is a text with its two readings.
type comparedText struct {
	gold, predicted annot.Document
	matches         []annot.Match
	counts          outcomeCounts
}

// compared pairs the mentions of all texts.
func (v *CompareView) compared() ([]comparedText, error) {
	if v.err != nil {
		return nil, v.err
	}
	if len(v.gold) != len(v.predicted) {
		return nil, fmt.Errorf("viz: Compare: %s on one side, %s on the other", count(len(v.gold), "document"), count(len(v.predicted), "document"))
	}
	all := make([]comparedText, len(v.gold))
	for i := range all {
		c := &all[i]
		c.gold, c.predicted = v.gold[i], v.predicted[i]
		for _, d := range []*annot.Document{&c.gold, &c.predicted} {
			if err := checkDocument(i, d); err != nil {
				return nil, err
			}
			d.Entities = v.wanted(d.Entities)
		}
		if c.gold.Text != c.predicted.Text {
			n := 0
			for n < min(len(c.gold.Text), len(c.predicted.Text)) && c.gold.Text[n] == c.predicted.Text[n] {
				n++
			}
			return nil, fmt.Errorf("viz: Compare: the texts of document %d differ from byte %d on (are both sides in the same order?)", i, n)
		}
		c.matches = annot.Compare(c.gold.Entities, c.predicted.Entities)
		for _, m := range c.matches {
			c.counts[m.Outcome]++
		}
	}
	return all, nil
}

// outcomeCounts holds how many matches have each outcome.
type outcomeCounts [annot.Spurious + 1]int

func (c *outcomeCounts) add(d outcomeCounts) {
	for i, n := range d {
		c[i] += n
	}
}

// differences is how many mentions are not correct.
func (c outcomeCounts) differences() int {
	n := 0
	for o := annot.WrongType; o <= annot.Spurious; o++ {
		n += c[o]
	}
	return n
}

// A typeScore counts the mentions of a type on both sides, and those that agree.
type typeScore struct {
	typ                      string
	correct, predicted, gold int
	outcomes                 outcomeCounts // of the gold mentions of the type, and the spurious ones
}

func (s typeScore) scores() (precision, recall, f1 float64) {
	if s.predicted > 0 {
		precision = float64(s.correct) / float64(s.predicted)
	}
	if s.gold > 0 {
		recall = float64(s.correct) / float64(s.gold)
	}
	if s.correct > 0 {
		f1 = 2 * precision * recall / (precision + recall)
	}
	return precision, recall, f1
}

// scoreTypes returns the counts of all types together, and of each, sorted by name.
func scoreTypes(all []comparedText) (total typeScore, types []typeScore) {
	byType := make(map[string]*typeScore)
	of := func(typ string) *typeScore {
		if byType[typ] == nil {
			byType[typ] = &typeScore{typ: typ}
		}
		return byType[typ]
	}
	for _, c := range all {
		total.outcomes.add(c.counts)
		for _, m := range c.matches {
			if m.Gold >= 0 {
				t := of(c.gold.Entities[m.Gold].Type)
				t.gold++
				t.outcomes[m.Outcome]++
				total.gold++
			}
			if m.Predicted >= 0 {
				t := of(c.predicted.Entities[m.Predicted].Type)
				t.predicted++
				total.predicted++
				switch m.Outcome {
				case annot.Correct:
					t.correct++
					total.correct++
				case annot.Spurious:
					t.outcomes[m.Outcome]++
				}
			}
		}
	}
	for _, typ := range slices.Sorted(maps.Keys(byType)) {
		types = append(types, *byType[typ])
	}
	return total, types
}

// tiles are the scores that stand large above the texts, in percent.
func (v *CompareView) tiles(total typeScore) (names []string, scores []float64) {
	p, r, f1 := total.scores()
	if v.sides != nil {
		return []string{"agreement F1"}, []float64{f1}
	}
	return []string{"precision", "recall", "F1"}, []float64{p, r, f1}
}

// explanation says what the scores are made of.
func (v *CompareView) explanation(total typeScore) string {
	if v.sides != nil {
		return fmt.Sprintf("%s has %s, %s has %s; %s are the same.", v.sides[0], count(total.gold, "mention"), v.sides[1], group(total.predicted), group(total.correct))
	}
	return fmt.Sprintf("Found: %s of %s in the gold standard. Correct: %s of %s predicted.",
		group(total.correct), count(total.gold, "mention"), group(total.correct), group(total.predicted))
}

// writeScores writes the scores and what they are made of.
func (v *CompareView) writeScores(b *bytes.Buffer, total typeScore) {
	b.WriteString("<p class=\"sb-scores\">")
	names, scores := v.tiles(total)
	for i, name := range names {
		fmt.Fprintf(b, "<span class=\"sb-score\"><b>%.1f %%</b> %s</span> ", 100*scores[i], name)
	}
	fmt.Fprintf(b, "<span class=\"sb-dim\">%s</span></p>\n", esc(v.explanation(total)))
}

// names returns what the sides are called.
func (v *CompareView) names() []string {
	if v.sides != nil {
		return v.sides
	}
	return []string{"gold", "predicted"}
}

// outcomeName says what an outcome is called, where neither side is right, too.
func (v *CompareView) outcomeName(o annot.Outcome) string {
	if v.sides == nil {
		return outcomeNames[o]
	}
	return [...]string{"the same", "other type", "other boundary", "other boundary and type", "only " + v.sides[0], "only " + v.sides[1]}[o]
}

func (v *CompareView) fragment() (*fragment, error) {
	all, err := v.compared()
	if err != nil {
		return nil, err
	}
	total, types := scoreTypes(all)
	shown := all[:min(v.limit, len(all))]
	f := &fragment{title: v.title, filters: len(outcomeNames), text: true, compare: true, pages: v.pages(len(shown))}
	if f.title == "" {
		f.title = v.names()[0] + " and " + v.names()[1]
	}
	var legend []legendEntry
	for o, name := range outcomeNames {
		c := outcomeColors[o]
		if chosen, ok := chosenColor(v.colors, name); ok {
			c = chosen
		}
		legend = append(legend, legendEntry{outcomeSigns[o] + " " + v.outcomeName(annot.Outcome(o)), total.outcomes[o], newSwatch(c)})
		f.swatches = append(f.swatches, legend[o].swatch)
	}
	differ := 0
	for _, c := range shown {
		if c.counts.differences() > 0 {
			differ++
		}
	}

	var b bytes.Buffer
	openView(&b, "compare", v.title)
	v.writeScores(&b, total)
	writeOutcomeLegend(&b, legend)
	if differ > 0 && differ < len(shown) {
		fmt.Fprintf(&b, "<p class=\"sb-toggle\"><label><input type=\"checkbox\" class=\"sb-differ\">Only the %s with differences</label></p>\n", count(differ, "text"))
	}
	writePages(&b, &v.config, len(shown), "document", func(i int) { v.writeText(&b, i, &shown[i], legend) })
	if note := v.note(len(shown), total); note != "" {
		fmt.Fprintf(&b, "<p class=\"sb-note\">%s</p>\n", note)
	}
	v.writeTypes(&b, types, total)
	b.WriteString("</div>\n")
	f.body = b.Bytes()
	return f, nil
}

// writeOutcomeLegend lists the outcomes that there are; the box of each has its own number.
func writeOutcomeLegend(b *bytes.Buffer, legend []legendEntry) {
	var there bytes.Buffer
	for o, l := range legend {
		if l.count > 0 {
			writeBox(&there, l, fmt.Sprintf("%s sb-o%d", l.class(), o), o)
		}
	}
	if there.Len() > 0 {
		fmt.Fprintf(b, "<div class=\"sb-legend\">%s</div>\n", there.Bytes())
	}
}

// writeText writes text i with both its readings.
func (v *CompareView) writeText(b *bytes.Buffer, i int, c *comparedText, legend []legendEntry) {
	class, remark := "sb-doc", v.remark(c.counts)
	if c.counts.differences() == 0 {
		class += " sb-same"
	}
	fmt.Fprintf(b, "<div class=\"%s\" data-doc=\"%d\">\n", class, i)
	head := c.gold
	if head.Title == "" {
		head.Title = c.predicted.Title
	}
	if head.ID == "" {
		head.ID = c.predicted.ID
	}
	writeHead(b, &head, remark)
	b.WriteString("<div class=\"sb-pair\">\n")
	for side, d := range []annot.Document{c.gold, c.predicted} {
		fmt.Fprintf(b, "<div class=\"sb-side\"><p class=\"sb-sidehead\">%s</p>\n<div class=\"sb-text\" dir=\"auto\">", esc(v.names()[side]))
		m := newComparedMarks(v, c, side, legend)
		writeMarks(b, d.Text, m.entities, m)
		b.WriteString("</div></div>\n")
	}
	b.WriteString("</div>\n</div>\n")
	v.writeBareDifferences(b, c)
}

// remark counts what is not correct in a text.
func (v *CompareView) remark(c outcomeCounts) string {
	var parts []string
	for o := annot.WrongType; o <= annot.Spurious; o++ {
		if c[o] > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", group(c[o]), v.outcomeName(o)))
		}
	}
	if parts == nil {
		return "no difference"
	}
	return strings.Join(parts, ", ")
}

func (v *CompareView) note(shown int, total typeScore) string {
	switch {
	case len(v.gold) == 0:
		return "No documents."
	case shown < len(v.gold):
		return fmt.Sprintf("%s of %s; %s more not shown, but scored.", group(shown), count(len(v.gold), "document"), group(len(v.gold)-shown))
	case total.gold+total.predicted == 0:
		return "No entities on either side."
	}
	return ""
}

// A comparedHead is a column of the table of types: an outcome or a score.
func (v *CompareView) typeHeads() []figureHead {
	heads := []figureHead{{"Type", false}, {capital(v.names()[0]), true}, {capital(v.names()[1]), true}}
	for o := range outcomeNames {
		heads = append(heads, figureHead{capital(v.outcomeName(annot.Outcome(o))), true})
	}
	if v.sides == nil {
		heads = append(heads, figureHead{"Precision", true}, figureHead{"Recall", true})
	}
	return append(heads, figureHead{"F1", true})
}

func (v *CompareView) typeFigures(s typeScore) []string {
	cells := []string{s.typ, group(s.gold), group(s.predicted)}
	for _, n := range s.outcomes {
		cells = append(cells, group(n))
	}
	p, r, f1 := s.scores()
	if v.sides == nil {
		cells = append(cells, fmt.Sprintf("%.1f", 100*p), fmt.Sprintf("%.1f", 100*r))
	}
	return append(cells, fmt.Sprintf("%.1f", 100*f1))
}

// typeRows returns the rows of the table of types: each, and all together.
func (v *CompareView) typeRows(types []typeScore, total typeScore) [][]string {
	var rows [][]string
	for _, s := range types {
		rows = append(rows, v.typeFigures(s))
	}
	if len(types) != 1 {
		total.typ = "all"
		rows = append(rows, v.typeFigures(total))
	}
	return rows
}

func (v *CompareView) writeTypes(b *bytes.Buffer, types []typeScore, total typeScore) {
	if len(types) == 0 {
		return
	}
	figureTable{summary: "The figures by type", heads: v.typeHeads(), rows: v.typeRows(types, total)}.writeHTML(b)
}
