package viz

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

const matrixNames = 25 // on each side of a matrix

// A MatrixView shows which names of some types are related to which of others.
type MatrixView struct {
	graph annot.Graph
	config
	err error
}

// RelationMatrix shows the links between names of some types, such as chemicals, and names of others, such as genes, as a matrix: a square
// where a row and a column are related, as large as there are sentences, in the colours of the types of relations; of several types it
// has a part each. A click on a part shows the sentences behind it, the boxes of the legend hide types, and the arrow keys go from square
// to square. The table below holds the same.
//
// The types are those of [WithSourceTypes] and [WithTargetTypes]. Without these, if every edge is directed and no type is both a source and a target,
// they are all sources and all targets; otherwise the two types with the most sentences between them. Names of one type
// may face each other. Rows are the 25 names in the most sentences, from the top down, and columns the 25 that these are most
// related to, near their rows; WithLimit changes that and the view says what is not drawn. A directed edge goes from
// a row to a column, others count wherever they fit. The other options are WithTitle, WithColors and WithSize, whose height is not used.
func RelationMatrix(g annot.Graph, options ...Option) *MatrixView {
	v := &MatrixView{graph: g}
	v.config, v.err = newConfig("RelationMatrix", matrixNames, options)
	return v
}

// Render writes the view as a fragment of HTML.
func (v *MatrixView) Render(w io.Writer) error { return render(w, v) }

// WritePage writes the view as a complete page.
func (v *MatrixView) WritePage(w io.Writer) error { return writePage(w, v) }

// Show displays the view in a notebook, or as plain text where there is none.
func (v *MatrixView) Show() error { return show(v) }

func (v *MatrixView) drawn() (*sidedGraph, error) {
	if v.err != nil {
		return nil, v.err
	}
	d, err := v.partGraph(v.graph, true)
	if err != nil {
		return nil, err
	}
	if len(d.left) == len(d.right) && !slices.ContainsFunc(d.left, func(n int) bool { return !slices.Contains(d.right, n) }) {
		d.right = slices.Clone(d.left) // the same names on both sides have one order
		return d, nil
	}
	d.settle(d.right, d.left, true)
	return d, nil
}

func (v *MatrixView) fragment() (*fragment, error) {
	d, err := v.drawn()
	if err != nil {
		return nil, err
	}
	return d.view("matrix", v.title, "Which names are related", " The larger a square, the more sentences.", func() *figure { return d.matrix(v.width) })
}

// view writes a view of d with a figure.
func (d *sidedGraph) view(kind, title, otherwise, hint string, draw func() *figure) (*fragment, error) {
	var b bytes.Buffer
	f := d.fragment(&b, kind, title, otherwise)
	if len(d.Edges) == 0 {
		fmt.Fprintf(&b, "<p class=\"sb-note\">%s</p>\n</div>\n", esc(d.note()))
		f.body = b.Bytes()
		return f, nil
	}
	draw().writeTo(&b)
	fmt.Fprintf(&b, "<div class=\"sb-panel\" aria-live=\"polite\" hidden></div>\n<p class=\"sb-caption\">%s%s</p>\n", esc(d.note()), hint)
	writeEdgeTable(&b, &d.drawnGraph)
	b.WriteString("</div>\n")
	if err := writeFigureScript(&b, "", nil); err != nil {
		return nil, err
	}
	f.body = b.Bytes()
	return f, nil
}

// WriteText writes the twenty most frequent links with one sentence each.
func (v *MatrixView) WriteText(w io.Writer) error {
	d, err := v.drawn()
	if err != nil {
		return err
	}
	return d.writeText(w, v.title)
}

func (d *sidedGraph) writeText(w io.Writer, title string) error {
	var b bytes.Buffer
	if title != "" {
		fmt.Fprintf(&b, "%s\n\n", oneLine(title))
	}
	for _, e := range d.Edges[:min(len(d.Edges), textEdges)] {
		writeEdgeText(&b, d.Graph, e)
	}
	if left := len(d.Edges) - textEdges; left > 0 {
		fmt.Fprintf(&b, "… and %s\n", count(left, "link"))
	}
	fmt.Fprintf(&b, "%s\n", d.note())
	_, err := w.Write(b.Bytes())
	return err
}

func (d *sidedGraph) alt(what string) string {
	alt := fmt.Sprintf("%s of %s and %s.", what, count(len(d.left)+len(d.right), "name"), count(len(d.Edges), "link"))
	for i, e := range d.Edges[:min(5, len(d.Edges))] {
		alt += fmt.Sprintf("%s%s%s%s, %s%d", []string{" Most sentences: ", "; "}[min(i, 1)], oneLine(d.Nodes[e.Source].Name), linkSign(e), oneLine(d.Nodes[e.Target].Name), linkText(e), e.Count)
	}
	return alt + "."
}

// A cell of a matrix has the edges from its row to its column.
type cell struct{ row, column int }

// cells returns what is in the cells. Where a name has a row and a column, an edge without a direction is in both of its cells.
func (d *sidedGraph) cells() map[cell][]int {
	row, column := make(map[int]int), make(map[int]int)
	for i, n := range d.left {
		row[n] = i
	}
	for i, n := range d.right {
		column[n] = i
	}
	cells := make(map[cell][]int)
	add := func(i, from, to int) {
		r, inRows := row[from]
		c, inColumns := column[to]
		if inRows && inColumns {
			cells[cell{r, c}] = append(cells[cell{r, c}], i)
		}
	}
	for i, e := range d.Edges {
		add(i, e.Source, e.Target)
		if !e.Directed {
			add(i, e.Target, e.Source)
		}
	}
	return cells
}

func (d *sidedGraph) matrix(wide int) *figure {
	const text = 12.5
	longest := func(nodes []int, limit float64) float64 {
		l := 0.0
		for _, n := range nodes {
			l = max(l, sansWidth(labelText(d.Nodes[n]), text))
		}
		return min(l, limit)
	}
	labels, heads := longest(d.left, 190), longest(d.right, 190)
	slant := math.Sqrt2 / 2
	side := min(34, max(10, (float64(wide)-labels-14-heads*slant)/float64(len(d.right))))
	x0, y0 := math.Ceil(labels+12), math.Ceil(heads*slant+20)
	w, h := side*float64(len(d.right)), side*float64(len(d.left))
	f := &figure{width: wide, height: int(y0+h) + 6, alt: d.alt("Matrix")}
	var b, below strings.Builder
	below.WriteString(`<g class="sb-key">` + "\n")
	f.pictureHeight = f.height + legendSVG(&below, d.legend, d.kinds, wide, f.height)
	below.WriteString("</g>\n")
	openSVG(&b, wide, f.pictureHeight)
	fmt.Fprintf(&b, `<g font-family="%s" font-size="%g">`+"\n", sansFonts, text)
	for i := range len(d.left) + 1 {
		fmt.Fprintf(&b, `<path class="sb-rule" d="M%g %.1fh%.1f" stroke="#dfe3e8"/>`, x0, y0+float64(i)*side, w)
	}
	for i := range len(d.right) + 1 {
		fmt.Fprintf(&b, `<path class="sb-rule" d="M%.1f %gv%.1f" stroke="#dfe3e8"/>`, x0+float64(i)*side, y0, h)
	}
	b.WriteByte('\n')
	name := func(n int, place string) {
		s := d.Nodes[n]
		l := labelText(s)
		fit := ""
		if wide := sansWidth(l, text); wide > 190 {
			fit = ` textLength="190" lengthAdjust="spacingAndGlyphs"`
		}
		fmt.Fprintf(&b, `<g class="sb-row sb-l%d"><text %s%s>%s</text></g>`+"\n", d.entry[s.Type], place, fit, escXML(l))
	}
	for i, n := range d.left {
		name(n, fmt.Sprintf(`x="%.1f" y="%.1f" text-anchor="end"`, x0-8, y0+(float64(i)+0.5)*side+4.3))
	}
	for i, n := range d.right {
		name(n, fmt.Sprintf(`transform="translate(%.1f %.1f) rotate(-45)"`, x0+(float64(i)+0.5)*side+3, y0-7))
	}
	cells := d.cells()
	most := 1
	sum := func(edges []int) int {
		n := 0
		for _, i := range edges {
			n += max(1, d.Edges[i].Count)
		}
		return n
	}
	for _, edges := range cells {
		most = max(most, sum(edges))
	}
	for r := range d.left {
		for c := range d.right {
			edges := cells[cell{r, c}]
			if len(edges) == 0 {
				continue
			}
			total := sum(edges)
			size := max(5, (side-4)*math.Sqrt(float64(total)/float64(most)))
			x, y := x0+(float64(c)+0.5)*side-size/2, y0+(float64(r)+0.5)*side-size/2
			for _, i := range edges {
				part := size * float64(max(1, d.Edges[i].Count)) / float64(total)
				d.square(&b, i, x, y, part, size)
				x += part
			}
		}
	}
	b.WriteString("</g>\n" + below.String() + "</svg>\n")
	f.svg = b.String()
	return f
}

// square draws edge i as a part of a cell.
func (d *sidedGraph) square(b *strings.Builder, i int, x, y, w, h float64) {
	fill := matrixColor
	if d.kinds != nil {
		fill = d.kinds[d.kind[i]].color
	}
	fmt.Fprintf(b, `<g class="%s"%s><rect class="sb-ring" x="%.1f" y="%.1f" width="%.1f" height="%.1f" rx="%.1f" fill="%s"/></g>`+"\n",
		d.classes(i), markEdge(&d.drawnGraph, i), x, y, w, h, min(2, w/3), fill)
}

// matrixColor is that of links without types.
var matrixColor = color{0x00, 0x72, 0xb2}

// classes are those by which the boxes of the legend hide edge i.
func (d *drawnGraph) classes(i int) string {
	e := d.Edges[i]
	s := fmt.Sprintf("sb-row sb-l%d sb-l%d", d.entry[d.Nodes[e.Source].Type], d.entry[d.Nodes[e.Target].Type])
	if d.kinds != nil {
		s += fmt.Sprintf(" sb-l%d", len(d.legend)+d.kind[i])
	}
	return s
}
