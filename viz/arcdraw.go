package viz

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// kindOfArc returns the place of an arc's type among the kinds.
func (d *arcDrawing) kindOfArc(a arc) int { return max(0, kindOf(annot.Edge{Type: a.typ}, d.kinds)) }

// arcName is what stands on an arc.
func arcName(a arc) string {
	switch {
	case a.meaning != "":
		return shorten(oneLine(a.meaning), 30)
	case a.typ != "":
		return shorten(oneLine(inWords(a.typ)), 30)
	}
	return "related"
}

// picture draws all sentences below each other.
func (d *arcDrawing) picture(doc annot.Document, wide int) *figure {
	var b strings.Builder
	width, y, row := float64(wide)-4, 2.0, 0
	for i := range d.sentences {
		s := &d.sentences[i]
		if i > 0 {
			y += 6
			fmt.Fprintf(&b, `<path class="sb-rule" d="M0 %.1fH%d" stroke="#dfe3e8"/>`+"\n", y, wide)
			y += 6
		}
		p := placeSentence(doc.Text, s, arcName, width, y)
		d.draw(&b, s, p, row)
		row += len(s.rows())
		y = p.below
	}
	f := &figure{width: wide, height: int(y) + 4, alt: d.alt()}
	var whole strings.Builder
	var below strings.Builder
	below.WriteString(`<g class="sb-key" font-family="` + strings.ReplaceAll(sansFonts, `"`, "") + `">` + "\n")
	f.pictureHeight = f.height + legendSVG(&below, d.legend, d.kinds, wide, f.height)
	below.WriteString("</g>\n")
	openSVG(&whole, wide, f.pictureHeight)
	fmt.Fprintf(&whole, "<g font-family=\"%s\">\n%s</g>\n%s</svg>\n", sansFonts, b.String(), below.String())
	f.svg = whole.String()
	return f
}

func (d *arcDrawing) alt() string {
	alt := fmt.Sprintf("Arcs over %s.", count(len(d.sentences), "sentence"))
	n := 0
	for i := range d.sentences {
		for _, r := range d.sentences[i].rows() {
			if n++; n <= 6 {
				alt += fmt.Sprintf(" %s: %s.", oneLine(r.label), oneLine(r.from+r.sign+r.to))
			}
		}
	}
	if n > 6 {
		alt += fmt.Sprintf(" And %d more.", n-6)
	}
	return alt
}

// rows are the rows of the table for a sentence, those of arcs in the order of the arcs.
func (s *arcSentence) rows() []arcRow {
	var rows []arcRow
	named := make(map[int]bool) // events with arguments
	for i, a := range s.arcs {
		from, to := s.marks[a.from], s.marks[a.to]
		r := arcRow{from: s.textOf(from), to: s.textOf(to), sign: linkSign(annot.Edge{Directed: a.directed}), label: linkLabel(a.typ, a.meaning), score: a.score, arc: i, mark: -1}
		if a.event >= 0 {
			named[a.event] = true
			r.label = s.events[a.event].name() + ", " + a.typ
		}
		rows = append(rows, r)
	}
	for i, e := range s.events {
		if !named[i] {
			rows = append(rows, arcRow{from: e.text, label: e.name(), arc: -1, mark: e.mark})
		}
	}
	return rows
}

// textOf returns the text of a mark.
func (s *arcSentence) textOf(m arcMark) string { return s.text[m.Start-s.Start : m.End-s.Start] }

// draw draws a sentence whose rows of the table begin with number row.
func (d *arcDrawing) draw(b *strings.Builder, s *arcSentence, p *placedSentence, row int) {
	top := func(m markPiece) float64 { // of its type
		return p.baseline[m.row] - 16 - float64(p.level[m.mark])*markStep - markRoom
	}
	swatchOf := func(m arcMark) (string, swatch) {
		if i, ok := d.entry[m.typ]; ok && !m.trigger {
			return fmt.Sprintf("%s sb-row sb-l%d", d.legend[i].class(), i), d.legend[i].swatch
		}
		return "", swatch{}
	}
	for _, m := range p.pieces { // behind the text
		mark := s.marks[m.mark]
		y := p.baseline[m.row]
		class, sw := swatchOf(mark)
		switch {
		case mark.trigger:
			fmt.Fprintf(b, `<rect class="sb-soft" x="%.1f" y="%.1f" width="%.1f" height="20" rx="4" fill="#f6f8fa"/>`, m.x0-2, y-15, m.x1-m.x0+4)
			fmt.Fprintf(b, `<path class="sb-trigger" d="M%.1f %.1fH%.1f" stroke="#59636e" stroke-width="2"/>`+"\n", m.x0, y+5, m.x1)
		case p.level[m.mark] == 0:
			fmt.Fprintf(b, `<g class="%s"><rect class="sb-tint" x="%.1f" y="%.1f" width="%.1f" height="20" rx="4" fill="%s"/></g>`+"\n", class, m.x0-2, y-15, m.x1-m.x0+4, sw.lightBack)
		}
	}
	seen := 0
	for _, a := range p.atoms {
		if a.row == seen {
			if seen == 0 {
				fmt.Fprintf(b, `<text class="sb-faint" x="0" y="%.1f" fill="#59636e" font-size="12">%d</text>`+"\n", p.baseline[0], s.first+1)
			}
			seen++
		}
		fmt.Fprintf(b, `<text x="%.1f" y="%.1f" textLength="%.1f" lengthAdjust="spacingAndGlyphs" font-size="%g">%s</text>`+"\n", a.x, p.baseline[a.row], a.width, arcText, escXML(a.text))
	}
	var names strings.Builder // above all lines, so that none crosses them
	for _, a := range p.arcs {
		d.drawArc(b, &names, s, p, a, row, top)
	}
	b.WriteString(names.String())
	for _, m := range p.pieces { // types lie on arcs
		mark := s.marks[m.mark]
		if !m.first {
			continue
		}
		y, wide := top(m), markWidth(mark)
		x := (m.x0+m.x1)/2 - wide/2
		class, sw := swatchOf(mark)
		text := escXML(shorten(oneLine(mark.label()), 40))
		if mark.trigger {
			dash := ""
			if mark.negated {
				dash = ` stroke-dasharray="3 2"`
			}
			mk := ""
			if i := slices.IndexFunc(s.rows(), func(r arcRow) bool { return r.arc < 0 && r.mark == m.mark }); i >= 0 {
				mk = markRow(row + i)
			}
			fmt.Fprintf(b, `<g%s><rect class="sb-paper sb-outline sb-ring" x="%.1f" y="%.1f" width="%.1f" height="%g" rx="7.5" fill="#fff" stroke="#59636e"%s/>`, mk, x, y, wide, markRoom, dash)
			fmt.Fprintf(b, `<text x="%.1f" y="%.1f" text-anchor="middle" font-size="%g" font-weight="600">%s</text></g>`+"\n", x+wide/2, y+11.3, arcLabel, text)
			continue
		}
		if p.level[m.mark] > 0 {
			fmt.Fprintf(b, `<g class="%s"><path class="sb-bracket" d="M%.1f %.1fv-3H%.1fv3" fill="none" stroke="%s"/></g>`, class, m.x0, y+markRoom+4, m.x1, sw.lightInk)
		}
		fmt.Fprintf(b, `<g class="%s"><rect class="sb-tint" x="%.1f" y="%.1f" width="%.1f" height="%g" rx="7.5" fill="%s"/>`, class, x, y, wide, markRoom, sw.lightBack)
		fmt.Fprintf(b, `<text class="sb-inked" x="%.1f" y="%.1f" text-anchor="middle" font-size="%g" font-weight="600" fill="%s">%s</text></g>`+"\n", x+wide/2, y+11.3, arcLabel, sw.lightInk, text)
	}
}

func (d *arcDrawing) drawArc(b, names *strings.Builder, s *arcSentence, p *placedSentence, a arcPiece, row int, top func(markPiece) float64) {
	arc := s.arcs[a.arc]
	k := d.kindOfArc(arc)
	kind := d.kinds[k]
	marks := 0
	for _, m := range p.pieces {
		if m.row == a.row {
			marks = max(marks, p.level[m.mark]+1)
		}
	}
	y := p.baseline[a.row] - 15 - float64(marks)*markStep - 10 - float64(a.level)*arcStep
	end := func(mark int) float64 {
		for _, m := range p.pieces {
			if m.mark == mark && m.first {
				return top(m) - 1
			}
		}
		return y
	}
	fromLeft := true // the arc goes to the right
	left, right := arc.from, arc.to
	if pieceOf(p, arc.from) > pieceOf(p, arc.to) {
		fromLeft = false
		left, right = right, left
	}
	const r, head = 7.0, 6.0
	var path, arrow strings.Builder
	corner := min(r, (a.x1-a.x0)/2)
	tip := func(x, y float64) {
		fmt.Fprintf(&arrow, `<path d="M%.1f %.1fl-3.6 -%gl3.6 1.6l3.6 -1.6Z" fill="%s"/>`, x, y, head, kind.color)
	}
	if a.start {
		bottom := end(left)
		if arc.directed && !fromLeft {
			tip(a.x0, bottom)
			bottom -= head - 2
		}
		fmt.Fprintf(&path, "M%.1f %.1fV%.1fQ%.1f %.1f %.1f %.1f", a.x0, bottom, y+corner, a.x0, y, a.x0+corner, y)
	} else {
		fmt.Fprintf(&path, "M%.1f %.1f", a.x0, y)
	}
	if a.end {
		bottom := end(right)
		if arc.directed && fromLeft {
			tip(a.x1, bottom)
			bottom -= head - 2
		}
		fmt.Fprintf(&path, "H%.1fQ%.1f %.1f %.1f %.1fV%.1f", a.x1-corner, a.x1, y, a.x1, y+corner, bottom)
	} else {
		fmt.Fprintf(&path, "H%.1f", a.x1)
	}
	classes := fmt.Sprintf("sb-row sb-l%d", len(d.legend)+k)
	for _, m := range []arcMark{s.marks[arc.from], s.marks[arc.to]} {
		if i, ok := d.entry[m.typ]; ok && !m.trigger {
			classes += fmt.Sprintf(" sb-l%d", i)
		}
	}
	fmt.Fprintf(b, `<g class="sb-arc %s"%s><path class="sb-ring" d="%s" fill="none" stroke="%s" stroke-width="1.6"%s/>%s</g>`+"\n", classes, markRow(row+a.arc), path.String(), kind.color, kind.dashArray(), arrow.String())
	name, under, halo := arcName(arc), 4.0, 5
	if sansWidth(name, arcLabel)+16 > a.x1-a.x0 {
		under, halo = -6, 3 // a short line must be seen: not even the halo of the name lies on it
	}
	fmt.Fprintf(names, `<g class="sb-name %s"><text x="%.1f" y="%.1f" text-anchor="middle" font-size="%g" stroke="#fff" stroke-width="%d" stroke-linejoin="round" paint-order="stroke">%s</text></g>`+"\n",
		classes, a.middle, y+under, arcLabel, halo, escXML(name))
}

// pieceOf returns where along the text a mark stands.
func pieceOf(p *placedSentence, mark int) float64 {
	for _, m := range p.pieces {
		if m.mark == mark && m.first {
			return float64(m.row)*1e5 + (m.x0+m.x1)/2
		}
	}
	return 0
}

// writeTable lists what is drawn.
func (d *arcDrawing) writeTable(b *bytes.Buffer, doc annot.Document) {
	total := 0
	for i := range d.sentences {
		total += len(d.sentences[i].rows())
	}
	if total == 0 {
		return
	}
	fmt.Fprintf(b, "<details><summary>As a table</summary>\n<div class=\"sb-scroll\"><table>\n<thead><tr><th>Sentence</th><th>Relation or event</th><th>From</th><th>To</th><th class=\"sb-num\">Score</th></tr></thead>\n<tbody>\n")
	row := 0
	for i := range d.sentences {
		s := &d.sentences[i]
		for _, r := range s.rows() {
			title, score := oneLine(r.from+r.sign+r.to), ""
			if r.score > 0 {
				score = fmt.Sprintf("%.2f", r.score)
			}
			note := r.label
			if score != "" {
				note += ", score " + score
			}
			classes := ""
			if r.arc >= 0 {
				classes = fmt.Sprintf(" sb-l%d", len(d.legend)+d.kindOfArc(s.arcs[r.arc]))
			}
			fmt.Fprintf(b, "<tr class=\"sb-row%s\" data-row=\"%d\" data-title=\"%s\"><td class=\"sb-num\">%d</td><td><b class=\"sb-only\" data-tip>%s</b><span class=\"sb-only\" data-tip>%s</span>%s</td><td>%s</td><td>%s</td><td class=\"sb-num\">%s</td></tr>\n",
				classes, row, esc(title+", "+note), s.first+1, esc(title), esc(note), esc(r.label), esc(oneLine(r.from)), esc(oneLine(r.to)), score)
			row++
		}
	}
	b.WriteString("</tbody></table></div></details>\n")
}
