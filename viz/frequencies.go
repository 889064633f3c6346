package viz

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

const (
	defaultTop = 10 // names of each type
	mostPanels = 12 // types
)

// A FrequencyView shows which things are mentioned most.
type FrequencyView struct {
	frequencies []annot.Frequency
	config
	err error
}

// Frequencies shows for each type the things that are mentioned most, as [annot.Frequencies] merges and counts them. Each
// type has a panel with a scale of its own, those with most mentions first; behind a bar stands how many mentions there
// are and in how many documents.
//
// A negative count is an error of the methods. The options are WithTitle, WithTypes, WithLimit (of things of each type, default
// 10), WithColors (of types) and WithSize (default 860 by what the bars take). Of more than twelve types those with most
// mentions are drawn.
func Frequencies(frequencies []annot.Frequency, options ...Option) *FrequencyView {
	v := &FrequencyView{frequencies: frequencies}
	v.config, v.err = newConfig("Frequencies", defaultTop, options)
	return v
}

// Render writes the view as a fragment of HTML.
func (v *FrequencyView) Render(w io.Writer) error { return render(w, v) }

// WritePage writes the view as a complete page.
func (v *FrequencyView) WritePage(w io.Writer) error { return writePage(w, v) }

// Show displays the view in a notebook, or as plain text where there is none.
func (v *FrequencyView) Show() error { return show(v) }

// A typePanel holds the things of one type, the most frequent first.
type typePanel struct {
	typ      string
	swatch   swatch
	things   []annot.Frequency // those drawn
	all      int               // of the type
	mentions int
}

func (v *FrequencyView) panels() (panels []typePanel, more int, err error) {
	if v.err != nil {
		return nil, 0, v.err
	}
	byType := make(map[string]*typePanel)
	for i, f := range v.frequencies {
		if f.Count < 0 || f.Documents < 0 {
			return nil, 0, fmt.Errorf("viz: thing %d, %q, has %d mentions in %d documents", i, f.Name, f.Count, f.Documents)
		}
		if !v.keeps(f.Type) {
			continue
		}
		p := byType[f.Type]
		if p == nil {
			p = &typePanel{typ: f.Type}
			byType[f.Type] = p
		}
		p.things = append(p.things, f)
		p.mentions += f.Count
	}
	bases := baseColors(slices.Collect(maps.Keys(byType)), v.colors)
	for _, p := range byType {
		p.swatch = newSwatch(bases[p.typ])
		slices.SortStableFunc(p.things, func(a, b annot.Frequency) int {
			return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(b.Documents, a.Documents), strings.Compare(a.Name, b.Name))
		})
		p.all = len(p.things)
		p.things = p.things[:min(p.all, v.limit)]
		panels = append(panels, *p)
	}
	slices.SortFunc(panels, func(a, b typePanel) int {
		return cmp.Or(cmp.Compare(b.mentions, a.mentions), strings.Compare(a.typ, b.typ))
	})
	more = max(0, len(panels)-mostPanels)
	return panels[:len(panels)-more], more, nil
}

func (v *FrequencyView) heading() string {
	if v.title != "" {
		return v.title
	}
	return "Mentioned most"
}

var frequencyHeads = []figureHead{{"Type", false}, {"Name", false}, {"Other spellings", false}, {"Mentions", true}, {"Documents", true}}

func (v *FrequencyView) figure() (*corpusFigure, []typePanel, error) {
	panels, more, err := v.panels()
	if err != nil {
		return nil, nil, err
	}
	f := &corpusFigure{kind: "frequencies", title: v.heading()}
	if len(panels) == 0 {
		f.captions = []string{"Nothing was found."}
		return f, nil, nil
	}
	things, mentions := 0, 0
	f.table = figureTable{heads: frequencyHeads}
	for _, p := range panels {
		things, mentions = things+p.all, mentions+p.mentions
		f.swatches = append(f.swatches, p.swatch)
		for _, t := range p.things {
			f.table.rows = append(f.table.rows, []string{t.Type, t.Name, strings.Join(t.Aliases, ", "), group(t.Count), group(t.Documents)})
			f.table.titles = append(f.table.titles, fmt.Sprintf("%s, %s, %s in %s", t.Name, t.Type, count(t.Count, "mention"), count(t.Documents, "document")))
		}
	}
	note := fmt.Sprintf("%s of %s, of %s.", count(mentions, "mention"), count(things, "thing"), count(len(panels), "type"))
	if len(panels) > 1 {
		note += " Each type has a scale of its own."
	}
	if more > 0 {
		note += fmt.Sprintf(" %s with fewer mentions %s not drawn.", count(more, "type"), isAre(more))
	}
	f.captions = []string{note}
	f.figure = v.picture(panels)
	return f, panels, nil
}

func (v *FrequencyView) fragment() (*fragment, error) {
	f, _, err := v.figure()
	if err != nil {
		return nil, err
	}
	return f.fragment()
}

// A panelPlace is where a panel lies, in pixels.
type panelPlace struct{ x, y, width, left, right, row float64 }

const panelHead = 30 // pixels above the bars for the name of the type

// places lays the panels out in two columns, or in one if the picture is narrow, each where the shorter column ends.
func (v *FrequencyView) places(panels []typePanel) ([]panelPlace, int) {
	columns := 2
	if v.width < 560 || len(panels) == 1 {
		columns = 1
	}
	row := 23.0
	const gap, between = 18.0, 28.0
	wide := (float64(v.width) - between*float64(columns-1)) / float64(columns)
	bottoms := make([]float64, columns)
	tall := func(p typePanel) float64 { return panelHead + row*float64(len(p.things)) + gap }
	if v.height > 0 { // fit the rows to the height
		for _, p := range panels {
			c := shortest(bottoms)
			bottoms[c] += tall(p)
		}
		if most := slices.Max(bottoms); most > float64(v.height) {
			row = max(9, row*float64(v.height)/most)
		}
		bottoms = make([]float64, columns)
	}
	places := make([]panelPlace, len(panels))
	for i, p := range panels {
		longest, figures := 0.0, 0.0
		for _, t := range p.things {
			longest = max(longest, textWidth(oneLine(t.Name)))
			figures = max(figures, textWidth(frequencyText(t)))
		}
		c := shortest(bottoms)
		places[i] = panelPlace{x: float64(c) * (wide + between), y: bottoms[c], width: wide, left: 16 + min(longest, wide*0.38), right: figures + 10, row: row}
		bottoms[c] += tall(p)
	}
	return places, int(slices.Max(bottoms) - gap + 8)
}

func shortest(bottoms []float64) int {
	c := 0
	for i, b := range bottoms {
		if b < bottoms[c]-0.5 {
			c = i
		}
	}
	return c
}

// frequencyText is what stands behind a bar.
func frequencyText(f annot.Frequency) string {
	return group(f.Count) + " in " + count(f.Documents, "doc")
}

func (p typePanel) most() int {
	most := 1
	for _, t := range p.things {
		most = max(most, t.Count)
	}
	return most
}

// panelTitle names a type with the number of its things.
func panelTitle(p typePanel) string {
	title := fmt.Sprintf("%s · %s", oneLine(p.typ), count(p.mentions, "mention"))
	if p.all > len(p.things) {
		title += fmt.Sprintf(" of %s things", group(p.all))
	}
	return title
}

func (v *FrequencyView) alt(panels []typePanel) string {
	var parts []string
	for _, p := range panels {
		var top []string
		for _, t := range p.things[:min(3, len(p.things))] {
			top = append(top, fmt.Sprintf("%s (%d)", oneLine(t.Name), t.Count))
		}
		parts = append(parts, fmt.Sprintf("%s: %s", oneLine(p.typ), strings.Join(top, ", ")))
	}
	return fmt.Sprintf("Bar charts. %s. %s.", oneLine(v.heading()), strings.Join(parts, "; "))
}

// picture draws the panels.
func (v *FrequencyView) picture(panels []typePanel) *figure {
	places, height := v.places(panels)
	f := &figure{width: v.width, height: max(height, v.height), alt: v.alt(panels)}
	var b strings.Builder
	openSVG(&b, v.width, f.height)
	row := 0
	for i, p := range panels {
		at := places[i]
		fmt.Fprintf(&b, `<text x="%s" y="%s" font-size="13" font-weight="600">%s</text>`+"\n", coord(at.x), coord(at.y+17), escXML(fitText(panelTitle(p), at.width-8, 13)))
		left := at.x + at.left
		size := min(12, at.row*0.8)
		for j, t := range p.things {
			mid := at.y + panelHead + at.row*(float64(j)+0.5)
			wide := max(0, at.width-at.left-at.right) * float64(t.Count) / float64(p.most())
			// The whole line can be pointed at, not only the bar.
			fmt.Fprintf(&b, `<g%s><rect x="%s" y="%s" width="%s" height="%s" fill-opacity="0"/><text x="%s" y="%s" text-anchor="end" font-size="%.1f">%s</text>`,
				markRow(row), coord(at.x), coord(mid-at.row/2), coord(at.width), coord(at.row), coord(left-7), coord(mid+size*0.36), size, escXML(fitText(t.Name, at.left-14, size)))
			fmt.Fprintf(&b, `<rect class="sb-fill sb-ring %s" x="%s" y="%s" width="%s" height="%s" rx="2" fill="%s"/><text class="sb-faint" x="%s" y="%s" font-size="%.1f" fill="#59636e">%s</text></g>`+"\n",
				p.swatch.class(), coord(left), coord(mid-at.row*0.31), coord(wide), coord(at.row*0.62), p.swatch.base, coord(left+wide+5), coord(mid+size*0.36), size, frequencyText(t))
			row++
		}
		fmt.Fprintf(&b, `<path d="M%s %sv%s" stroke="#8b95a1"/>`+"\n", coord(left), coord(at.y+panelHead), coord(at.row*float64(len(p.things))))
	}
	b.WriteString("</svg>\n")
	f.svg = b.String()
	return f
}

// WriteText writes the things of each type with a bar, the longest 30 wide.
func (v *FrequencyView) WriteText(w io.Writer) error {
	f, panels, err := v.figure()
	if err != nil {
		return err
	}
	var b bytes.Buffer
	for _, p := range panels {
		fmt.Fprintf(&b, "%s\n", panelTitle(p))
		wide := 0
		for _, t := range p.things {
			wide = max(wide, len([]rune(shorten(oneLine(t.Name), 30))))
		}
		for _, t := range p.things {
			fmt.Fprintf(&b, "  %-*s  %s %s\n", wide, shorten(oneLine(t.Name), 30), bar(float64(t.Count)/float64(p.most()), 30), frequencyText(t))
		}
	}
	return f.writeText(w, b.String())
}
