package viz

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

const (
	defaultMatrix   = 20 // names of a matrix
	mostMatrix      = 60 // more cells cannot be read
	defaultMinCount = 3  // units together from which a PMI is shown
	significant     = 0.05
)

// A CoOccurrenceView shows which things are mentioned together, as a matrix.
type CoOccurrenceView struct {
	as annot.Associations
	config
	err error
}

// CoOccurrence shows a matrix of what is mentioned together. Above the diagonal stands how many sentences (or documents)
// mention both, below it the pointwise mutual information in bits: 0 is what chance would give, 1 twice as often, −1 half
// as often. PMI misleads where counts are small, so it is shown from three sentences on ([WithMinCount]), and where Fisher's exact
// test, corrected for the number of pairs, does not find the two together more often than chance explains (q above 0.05), it stands in brackets. On the
// diagonal stands how many sentences mention the thing at all. Things that go together stand beside each other.
//
// The table below has the figures of each pair, with what chance would give, NPMI, p and q: see [annot.Association].
//
// Figures that do not fit each other are an error of the methods. The options are WithTitle, WithLimit (of things, default 20,
// at most 60), WithTypes, WithNames, WithMinCount, WithColors (of types) and WithSize (default 860 by what square cells take).
func CoOccurrence(as annot.Associations, options ...Option) *CoOccurrenceView {
	v := &CoOccurrenceView{as: as}
	v.config, v.err = newConfig("CoOccurrence", defaultMatrix, options)
	if v.minCount == 0 {
		v.minCount = defaultMinCount
	}
	if v.err == nil && v.limit > mostMatrix {
		v.err = fmt.Errorf("viz: WithLimit(%d), want at most %d for CoOccurrence", v.limit, mostMatrix)
	}
	return v
}

// Render writes the view as a fragment of HTML.
func (v *CoOccurrenceView) Render(w io.Writer) error { return render(w, v) }

// WritePage writes the view as a complete page.
func (v *CoOccurrenceView) WritePage(w io.Writer) error { return writePage(w, v) }

// WriteText writes the pairs as a table.
func (v *CoOccurrenceView) WriteText(w io.Writer) error {
	m, err := v.matrix()
	if err != nil {
		return err
	}
	return v.figure(m).writeText(w, "")
}

// Show displays the view in a notebook, or as plain text where there is none.
func (v *CoOccurrenceView) Show() error { return show(v) }

// A matrix is the part of the associations that is drawn.
type matrix struct {
	nodes  []annot.Node
	in     []int
	pairs  []annot.Association // of nodes, by descending count; A comes before B in the matrix
	at     map[[2]int]int      // of a pair by its nodes, A first
	more   int                 // things left out by the limit
	single int                 // things that are mentioned with none of the others
}

func (v *CoOccurrenceView) check() error {
	if v.err != nil {
		return v.err
	}
	a := v.as
	if len(a.In) != len(a.Nodes) {
		return fmt.Errorf("viz: %s, but %s in units", count(len(a.Nodes), "thing"), count(len(a.In), "count"))
	}
	for i, p := range a.Pairs {
		if p.A < 0 || p.B >= len(a.Nodes) || p.A >= p.B {
			return fmt.Errorf("viz: pair %d joins things %d and %d of %d", i, p.A, p.B, len(a.Nodes))
		}
		if p.Count < 1 || p.Count > a.Units || bad64(p.PMI) || bad64(p.NPMI) || bad64(p.Expected) || !(p.P >= 0 && p.P <= 1) || !(p.Q >= 0 && p.Q <= 1) {
			return fmt.Errorf("viz: pair %d has figures that none can have: %+v of %d", i, p, a.Units)
		}
	}
	return nil
}

func bad64(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) }

// matrix returns what is to be drawn, what goes together side by side.
func (v *CoOccurrenceView) matrix() (*matrix, error) {
	if err := v.check(); err != nil {
		return nil, err
	}
	var wanted []int
	if v.names != nil {
		var err error
		if wanted, err = findNames(v.names, v.as.Nodes, &v.config); err != nil {
			return nil, err
		}
	} else {
		for i, n := range v.as.Nodes {
			if v.keeps(n.Type) {
				wanted = append(wanted, i)
			}
		}
		slices.SortStableFunc(wanted, func(i, j int) int { return cmp.Compare(v.as.In[j], v.as.In[i]) })
	}
	m := &matrix{more: max(0, len(wanted)-v.limit)}
	wanted = wanted[:len(wanted)-m.more]
	index := make(map[int]int)
	for k, i := range wanted {
		index[i] = k
	}
	linked := make([]bool, len(wanted))
	alike := make([][]float64, len(wanted))
	for k := range alike {
		alike[k] = make([]float64, len(wanted))
	}
	for _, p := range v.as.Pairs {
		a, okA := index[p.A]
		b, okB := index[p.B]
		if okA && okB {
			linked[a], linked[b] = true, true
			// The share of the units with either that have both.
			alike[a][b] = float64(p.Count) / float64(max(1, v.as.In[p.A]+v.as.In[p.B]-p.Count))
			alike[b][a] = alike[a][b]
		}
	}
	place := make(map[int]int) // of a thing in the matrix
	for _, k := range seriate(alike) {
		if !linked[k] && v.names == nil {
			m.single++
			continue
		}
		place[wanted[k]] = len(m.nodes)
		m.nodes = append(m.nodes, v.as.Nodes[wanted[k]])
		m.in = append(m.in, v.as.In[wanted[k]])
	}
	m.at = make(map[[2]int]int)
	for _, p := range v.as.Pairs {
		a, okA := place[p.A]
		b, okB := place[p.B]
		if !okA || !okB {
			continue
		}
		p.A, p.B = min(a, b), max(a, b)
		m.at[[2]int{p.A, p.B}] = len(m.pairs)
		m.pairs = append(m.pairs, p)
	}
	return m, nil
}

// findNames returns the nodes of these names, which may be any of their spellings.
func findNames(names []string, nodes []annot.Node, c *config) ([]int, error) {
	var found []int
	for _, name := range names {
		at := -1
		for i, n := range nodes {
			same := func(s string) bool { return strings.EqualFold(strings.TrimSpace(name), s) }
			if c.keeps(n.Type) && !slices.Contains(found, i) && (same(n.Name) || slices.ContainsFunc(n.Aliases, same)) {
				at = i
				break
			}
		}
		if at < 0 {
			return nil, fmt.Errorf("viz: nothing is called %q (is it in the texts, under this spelling?)", name)
		}
		found = append(found, at)
	}
	return found, nil
}

// seriate orders things such that those alike stand beside each other: the two groups that are most alike on average
// are joined, at their most alike ends, until there is one.
func seriate(alike [][]float64) []int {
	groups := make([][]int, len(alike))
	for i := range groups {
		groups[i] = []int{i}
	}
	for len(groups) > 1 {
		bestA, bestB, best := 0, 1, -1.0
		for a := range groups {
			for b := a + 1; b < len(groups); b++ {
				total := 0.0
				for _, i := range groups[a] {
					for _, j := range groups[b] {
						total += alike[i][j]
					}
				}
				if mean := total / float64(len(groups[a])*len(groups[b])); mean > best {
					bestA, bestB, best = a, b, mean
				}
			}
		}
		x, y := groups[bestA], groups[bestB]
		first, last := func(g []int) int { return g[0] }, func(g []int) int { return g[len(g)-1] }
		ends := []float64{alike[last(x)][first(y)], alike[last(x)][last(y)], alike[first(x)][first(y)], alike[first(x)][last(y)]}
		way := 0
		for k, e := range ends {
			if e > ends[way] {
				way = k
			}
		}
		if way >= 2 {
			slices.Reverse(x)
		}
		if way%2 == 1 {
			slices.Reverse(y)
		}
		groups[bestA] = append(x, y...)
		groups = slices.Delete(groups, bestB, bestB+1)
	}
	if len(groups) == 0 {
		return nil
	}
	return groups[0]
}

func (v *CoOccurrenceView) fragment() (*fragment, error) {
	m, err := v.matrix()
	if err != nil {
		return nil, err
	}
	f, err := v.figure(m).fragment()
	if err == nil {
		f.heat = true
	}
	return f, err
}

func (v *CoOccurrenceView) heading() string {
	if v.title != "" {
		return v.title
	}
	return "Mentioned in the same " + cmp.Or(v.as.Unit, "sentence")
}

var pairHeads = []figureHead{{"Names", false}, {"Types", false}, {"Together", true}, {"By chance", true}, {"PMI", true}, {"NPMI", true}, {"p", true}, {"q", true}}

// pairRow returns the figures of a pair.
func pairRow(m *matrix, p annot.Association) []string {
	a, b := m.nodes[p.A], m.nodes[p.B]
	return []string{a.Name + " – " + b.Name, a.Type + " – " + b.Type, group(p.Count), fmt.Sprintf("%.1f", p.Expected),
		bits(p.PMI), strings.Replace(fmt.Sprintf("%.2f", p.NPMI), "-", "−", 1), probability(p.P), probability(p.Q)}
}

func probability(p float64) string {
	if p < 1e-4 {
		return "< 0.0001"
	}
	return fmt.Sprintf("%.2g", p)
}

// bits writes a mutual information with its sign.
func bits(x float64) string {
	if s := fmt.Sprintf("%.1f", math.Abs(x)); s != "0.0" {
		if x < 0 {
			return "−" + s
		}
		return s
	}
	return "0"
}

func (v *CoOccurrenceView) figure(m *matrix) *corpusFigure {
	f := &corpusFigure{kind: "cooccurrence", title: v.heading()}
	unit := cmp.Or(v.as.Unit, "sentence")
	if len(m.nodes) == 0 {
		f.captions = []string{"No two things are mentioned together."}
		return f
	}
	steps := v.countSteps(m)
	var scale strings.Builder
	writeScale(&scale, "above the diagonal: "+unit+"s together", 'q', stepNames(steps))
	writeScale(&scale, "below: PMI in bits", 'd', pmiNames[:])
	f.scale = "<div class=\"sb-scale\">" + scale.String() + "</div>\n"
	note := fmt.Sprintf("%s and %s of %s. PMI 0 is what chance gives, 1 twice as often, −1 half as often; it is shown from %s together on, in brackets where it is not more than chance explains (q above 0.05). On the diagonal: %ss that mention the thing.",
		count(len(m.nodes), "thing"), count(len(m.pairs), "pair"), count(v.as.Units, unit), count(v.minCount, unit), unit)
	if m.more > 0 {
		note += fmt.Sprintf(" %s mentioned less often %s not drawn.", count(m.more, "thing"), isAre(m.more))
	}
	if m.single > 0 {
		note += fmt.Sprintf(" %s mentioned with none of them %s not drawn.", count(m.single, "thing"), isAre(m.single))
	}
	f.captions = []string{note}
	f.table = figureTable{summary: "The figures of " + count(len(m.pairs), "pair"), heads: pairHeads}
	for _, p := range m.pairs {
		f.table.rows = append(f.table.rows, pairRow(m, p))
		f.table.titles = append(f.table.titles, fmt.Sprintf("%s – %s, %s together, PMI %s", m.nodes[p.A].Name, m.nodes[p.B].Name, count(p.Count, unit), bits(p.PMI)))
	}
	f.figure = v.picture(m, steps)
	return f
}

// countSteps returns from which counts on the colours of counts begin: about as many cells for each.
func (v *CoOccurrenceView) countSteps(m *matrix) []int {
	most := 1
	for _, p := range m.pairs {
		most = max(most, p.Count)
	}
	steps := []int{1}
	for k := 1; k < len(heatCounts); k++ {
		// Evenly spaced on a logarithmic scale, rounded to figures that are easily said.
		s := niceCount(math.Pow(float64(most+1), float64(k)/float64(len(heatCounts))))
		if s > steps[len(steps)-1] && s <= most {
			steps = append(steps, s)
		}
	}
	return steps
}

// niceCount rounds to one figure that is not 0.
func niceCount(x float64) int {
	unit := math.Pow(10, math.Floor(math.Log10(max(x, 1))))
	return int(math.Round(x/unit) * unit)
}

// countStep returns the colour of a count. If there are few steps they are the darker ones.
func countStep(steps []int, n int) int {
	k := 0
	for k+1 < len(steps) && n >= steps[k+1] {
		k++
	}
	if len(steps) == 1 {
		return 1
	}
	return k * (len(heatCounts) - 1) / (len(steps) - 1)
}

// stepNames names the steps beside their colours.
func stepNames(steps []int) []string {
	names := make([]string, len(heatCounts))
	for k, s := range steps {
		name := group(s)
		switch {
		case k == len(steps)-1:
			name += " +"
		case steps[k+1]-1 > s:
			name += "–" + group(steps[k+1]-1)
		}
		names[countStep(steps, s)] = name
	}
	return names
}

// A heatCell is a cell of the matrix.
type heatCell struct {
	x, y   int
	row    int  // of the table; -1 on the diagonal
	letter byte // of the scale; 0 for none
	step   int
	text   string
}

// cells returns the cells that are drawn, those of a colour together.
func (v *CoOccurrenceView) cells(m *matrix, steps []int) []heatCell {
	var cells []heatCell
	for i := range m.nodes {
		cells = append(cells, heatCell{x: i, y: i, row: -1, text: group(m.in[i])})
	}
	for row, p := range m.pairs {
		cells = append(cells, heatCell{p.B, p.A, row, 'q', countStep(steps, p.Count), group(p.Count)})
		if p.Count >= v.minCount {
			text := bits(p.PMI)
			if p.Q > significant {
				text = "(" + text + ")"
			}
			cells = append(cells, heatCell{p.A, p.B, row, 'd', pmiStep(p.PMI), text})
		}
	}
	slices.SortFunc(cells, func(a, b heatCell) int {
		return cmp.Or(cmp.Compare(a.letter, b.letter), cmp.Compare(a.step, b.step), cmp.Compare(a.y, b.y), cmp.Compare(a.x, b.x))
	})
	return cells
}

// A grid is the place of the matrix.
type matrixGrid struct{ left, top, cell float64 }

// grid chooses cells that are square unless the height is given.
func (v *CoOccurrenceView) grid(m *matrix) (g matrixGrid, height int) {
	longest := 0.0
	for _, n := range m.nodes {
		longest = max(longest, textWidth(oneLine(n.Name)))
	}
	g.left = 28 + min(longest, 0.24*float64(v.width), 170)
	room := float64(v.width) - g.left - 60
	g.cell = min(46, room/float64(len(m.nodes)))
	g.top = 16 + 0.72*min(longest, 150)
	height = v.height
	if height == 0 {
		height = int(g.top+g.cell*float64(len(m.nodes))) + 12
	} else {
		g.cell = min(g.cell, max(4, (float64(height)-g.top-12)/float64(len(m.nodes))))
	}
	return g, height
}

// letters returns the size of the figures in the cells; 0 where they do not fit.
func (g matrixGrid) letters() float64 {
	switch {
	case g.cell >= 34:
		return 12
	case g.cell >= 27:
		return 10
	case g.cell >= 22:
		return 8.5
	}
	return 0
}

func (v *CoOccurrenceView) alt(m *matrix) string {
	var parts []string
	for _, p := range m.pairs[:min(5, len(m.pairs))] {
		parts = append(parts, fmt.Sprintf("%s and %s (%d)", oneLine(m.nodes[p.A].Name), oneLine(m.nodes[p.B].Name), p.Count))
	}
	return fmt.Sprintf("Matrix of %s and %s. Most often together: %s.", count(len(m.nodes), "thing"), count(len(m.pairs), "pair"), strings.Join(parts, ", "))
}

// picture draws the matrix, and for paper the scales below.
func (v *CoOccurrenceView) picture(m *matrix, steps []int) *figure {
	g, height := v.grid(m)
	unit := cmp.Or(v.as.Unit, "sentence")
	f := &figure{width: v.width, height: height, pictureHeight: height + 62, alt: v.alt(m)}
	var b strings.Builder
	openSVG(&b, v.width, f.pictureHeight)
	size := min(12, g.cell*0.85)
	fmt.Fprintf(&b, `<g font-size="%.1f">`+"\n", size)
	for i, n := range m.nodes {
		at := g.cell * (float64(i) + 0.5)
		name := escXML(fitText(n.Name, g.left-26, 12))
		fmt.Fprintf(&b, `<text x="%s" y="%s" text-anchor="end">%s</text><text transform="translate(%s %s) rotate(-45)">%s</text>`+"\n",
			coord(g.left-8), coord(g.top+at+size*0.36), name, coord(g.left+at+3), coord(g.top-7), name)
	}
	b.WriteString("</g>\n")
	letters := g.letters()
	for cells := v.cells(m, steps); len(cells) > 0; {
		first := cells[0]
		n := slices.IndexFunc(cells, func(c heatCell) bool { return c.letter != first.letter || c.step != first.step })
		if n < 0 {
			n = len(cells)
		}
		class, ink, paint, fill := "sb-faint", color{0x59, 0x63, 0x6e}, "sb-paper", lightCard
		if first.letter != 0 {
			paint, class = fmt.Sprintf("sb-%c%d", first.letter, first.step), fmt.Sprintf("sb-%ct%d", first.letter, first.step)
			fill = heatScale(first.letter)[first.step].light
			ink = readableOn(fill)
		}
		fmt.Fprintf(&b, `<g class="%s" fill="%s">`+"\n", paint, fill)
		for _, c := range cells[:n] {
			note := markRow(c.row)
			if c.row < 0 {
				note = markNote(m.nodes[c.x].Name, m.nodes[c.x].Type+" · mentioned in "+count(m.in[c.x], unit))
			}
			fmt.Fprintf(&b, `<rect x="%s" y="%s" width="%s" height="%[3]s" rx="3" class="sb-ring"%[4]s/>`+"\n",
				coord(g.left+float64(c.x)*g.cell+0.75), coord(g.top+float64(c.y)*g.cell+0.75), coord(g.cell-1.5), note)
		}
		b.WriteString("</g>\n")
		if letters > 0 {
			fmt.Fprintf(&b, `<g class="%s" fill="%s" font-size="%.1f" text-anchor="middle" pointer-events="none">`+"\n", class, ink, letters)
			for _, c := range cells[:n] {
				fmt.Fprintf(&b, `<text x="%s" y="%s">%s</text>`, coord(g.left+(float64(c.x)+0.5)*g.cell), coord(g.top+(float64(c.y)+0.5)*g.cell+letters*0.36), c.text)
			}
			b.WriteString("\n</g>\n")
		}
		cells = cells[n:]
	}
	b.WriteString(`<g class="sb-key">` + "\n")
	writeScaleSVG(&b, 8, float64(height)+8, unit+"s together", heatCounts, stepNames(steps))
	writeScaleSVG(&b, 8, float64(height)+34, "PMI in bits", heatPMI, pmiNames[:])
	b.WriteString("</g>\n</svg>\n")
	f.svg = b.String()
	return f
}

// writeScaleSVG draws a scale of colours for light paper.
func writeScaleSVG(b *strings.Builder, x, y float64, title string, steps []heatStep, names []string) {
	fmt.Fprintf(b, `<text x="%s" y="%s" font-weight="600">%s</text>`, coord(x), coord(y+14), escXML(shorten(title, 24)))
	x += 150
	for i, n := range names {
		if n == "" {
			continue
		}
		ink := readableOn(steps[i].light)
		wide := 16 + textWidth(n)
		fmt.Fprintf(b, `<rect x="%s" y="%s" width="%s" height="20" rx="4" fill="%s"/><text x="%s" y="%s" text-anchor="middle" fill="%s">%s</text>`+"\n",
			coord(x), coord(y), coord(wide), steps[i].light, coord(x+wide/2), coord(y+14), ink, escXML(n))
		x += wide + 3
	}
}
