package viz

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// evilCorpus has hostile names and types, mentioned together in each of four years.
func evilCorpus() []annot.Document {
	var docs []annot.Document
	for range 4 {
		d := annot.Document{Text: "p53 <img src=x onerror=alert(1)> {b} binds </script> & \"MDM2\"."}
		for i, name := range []string{"p53", "<img src=x onerror=alert(1)>", "{b}", "</script>", `"MDM2"`} {
			at := strings.Index(d.Text, name)
			d.Entities = append(d.Entities, annot.Entity{Type: evil + fmt.Sprint(i%2), Start: at, End: at + len(name)})
		}
		docs = append(docs, d)
	}
	return docs
}

// checkDrawn checks a chart of ECharts or a figure.
func checkDrawn(t testing.TB, v View) {
	t.Helper()
	switch v.(type) {
	case *LengthView, *TimelineView:
		checkChart(t, v)
	default:
		checkFigure(t, v)
	}
}

func TestCorpusCharts(t *testing.T) {
	docs := evilCorpus()
	timeline := annot.ByYear(docs, func(i int) int { return 2000 + 2*i })
	hostile := map[string]View{
		"lengths":      Lengths([]LengthSet{{evil, []int{1, 2, 3}}, {"", []int{0}}, {evil, nil}}, WithTitle(evil), WithUnit(evil), WithMark(2, evil), WithColors(map[string]string{evil: "#123456"})),
		"frequencies":  Frequencies(annot.Frequencies(docs), WithTitle(evil), WithLimit(2)),
		"cooccurrence": CoOccurrence(annot.CoOccurrences(docs), WithTitle(evil)),
		"timeline":     Timeline(timeline, WithTitle(evil)),
		"trend":        Timeline(timeline, WithNames("{B}")),
	}
	for name, v := range hostile {
		t.Run(name, func(t *testing.T) {
			checkDrawn(t, v)
			var b bytes.Buffer
			if err := v.WriteText(&b); err != nil || strings.ContainsAny(b.String(), "\x00\x1b\r") {
				t.Errorf("plain text %q, error %v", b.String(), err)
			}
			b.Reset()
			if err := v.Render(&b); err != nil || strings.Contains(b.String(), "<img src=x") {
				t.Errorf("a name became markup, or the error %v", err)
			}
		})
	}
	for name, v := range corpusSamples() {
		checkDrawn(t, v)
		var one, two bytes.Buffer
		if err := v.Render(&one); err != nil {
			t.Fatal(err)
		}
		if err := corpusSamples()[name].Render(&two); err != nil || !bytes.Equal(one.Bytes(), two.Bytes()) {
			t.Errorf("%s differs from time to time, error %v", name, err)
		}
		if one.Len() > 100_000 {
			t.Errorf("%s has %d bytes, want at most 100,000", name, one.Len())
		}
	}
}

func TestCorpusSizes(t *testing.T) {
	docs, years := corpusDocs()
	for _, size := range [][2]int{{200, 100}, {400, 900}, {4000, 4000}} {
		s := WithSize(size[0], size[1])
		for _, v := range []View{
			Lengths(lengthSets(), s), Frequencies(annot.Frequencies(docs), s), CoOccurrence(annot.CoOccurrences(docs), s),
			Timeline(annot.ByYear(docs, func(i int) int { return years[i] }), s),
		} {
			checkDrawn(t, v)
		}
	}
}

func TestCorpusNothing(t *testing.T) {
	for want, v := range map[string]View{
		"No texts.":                               Lengths([]LengthSet{{Name: "a"}}),
		"Nothing was found.":                      Frequencies(nil),
		"No two things are mentioned together.":   CoOccurrence(annot.Associations{}),
		"2 documents without a year are left out": Timeline(annot.ByYear(make([]annot.Document, 2), func(int) int { return 0 })),
	} {
		var b, page bytes.Buffer
		if err := v.Render(&b); err != nil || !strings.Contains(b.String(), want) || strings.Contains(b.String(), "<script") {
			t.Errorf("%v\n%s\nwant %q", err, b.String(), want)
		}
		if err := v.WritePage(&page); err != nil || strings.Contains(page.String(), "<script") {
			t.Errorf("a page without a chart has the script, or the error %v", err)
		}
		b.Reset()
		if err := v.WriteText(&b); err != nil || !strings.Contains(b.String(), want) {
			t.Errorf("%v\n%s\nwant %q", err, b.String(), want)
		}
	}
}

func TestCorpusErrors(t *testing.T) {
	docs, _ := corpusDocs()
	as := annot.CoOccurrences(docs)
	bad := func(f func(*annot.Associations)) annot.Associations {
		as := annot.CoOccurrences(docs[:30])
		f(&as)
		return as
	}
	line := annot.Timeline{Years: []int{2000, 2001}, Documents: []int{1, 0}, Trends: []annot.Trend{{Documents: []int{1, 0}}}}
	for name, c := range map[string]struct {
		view View
		want string
	}{
		"negative length": {Lengths([]LengthSet{{"a", []int{3, -1}}}), `length 1 of set "a" is -1, want 0 to 1000000000`},
		"many sets":       {Lengths(make([]LengthSet, 16)), "Lengths of 16 sets, want at most 15"},
		"no unit":         {Lengths(nil, WithUnit(" ")), `WithUnit(" ")`},
		"mark":            {Lengths(nil, WithMark(0, "")), "WithMark(0)"},
		"limit":           {Lengths(nil, WithLimit(3)), "WithLimit does not apply to Lengths"},
		"negative count":  {Frequencies([]annot.Frequency{{Node: annot.Node{Name: "a", Count: -1}}}), `thing 0, "a", has -1 mentions`},
		"pair":            {CoOccurrence(bad(func(a *annot.Associations) { a.Pairs[0].B = 99 })), "joins things"},
		"figure":          {CoOccurrence(bad(func(a *annot.Associations) { a.Pairs[0].PMI = math.NaN() })), "figures that none can have"},
		"in":              {CoOccurrence(bad(func(a *annot.Associations) { a.In = nil })), "0 counts in units"},
		"name":            {CoOccurrence(as, WithNames("p53", "nobody")), `nothing is called "nobody"`},
		"empty name":      {CoOccurrence(as, WithNames("")), "WithNames"},
		"count":           {CoOccurrence(as, WithMinCount(0)), "WithMinCount(0)"},
		"matrix":          {CoOccurrence(as, WithLimit(61)), "want at most 60"},
		"types":           {Relations(annot.Graph{}, WithTypes("a")), "WithTypes does not apply to Relations"},
		"counts":          {Timeline(annot.Timeline{Years: []int{2000}}), "1 year with 0 counts"},
		"trend":           {Timeline(annot.Timeline{Years: []int{2000}, Documents: []int{1}, Trends: []annot.Trend{{}}}), "0 counts of 1 year"},
		"more than all":   {Timeline(annot.Timeline{Years: []int{2000}, Documents: []int{1}, Trends: []annot.Trend{{Documents: []int{2}}}}), "2 of 1 documents of 2000"},
		"years":           {Timeline(annot.Timeline{Years: make([]int, 501)}), "501 years, want at most 500"},
		"things":          {Timeline(line, WithLimit(16)), "16 things, want at most 15"},
		"unit":            {Timeline(line, WithUnit("tokens")), "WithUnit does not apply to Timeline"},
	} {
		for i, write := range []func(io.Writer) error{c.view.Render, c.view.WritePage, c.view.WriteText} {
			if err := write(io.Discard); err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "viz: ") {
				t.Errorf("%s, method %d: error %v, want one with %q", name, i, err, c.want)
			}
		}
	}
}

func TestHistogram(t *testing.T) {
	set := func(lengths ...int) []sortedSet {
		slices.Sort(lengths)
		return []sortedSet{{lengths: lengths}}
	}
	for name, c := range map[string]struct {
		sets  []sortedSet
		width int
		bins  int
		open  bool
	}{
		"one":   {set(7), 1, 8, false},
		"zero":  {set(0, 0), 1, 1, false},
		"equal": {set(100, 100, 100), 5, 21, false},
		"tail":  {set(append(slices.Repeat([]int{10, 20, 30}, 100), 5000)...), 2, 17, true},
	} {
		h := newHistogram(c.sets)
		if h.width != c.width || h.bins() != c.bins || h.open != c.open {
			t.Errorf("%s: %d bins of %d, open %t; want %d of %d, %t", name, h.bins(), h.width, h.open, c.bins, c.width, c.open)
		}
		total := 0
		for _, n := range h.counts[0] {
			total += n
		}
		if total != len(c.sets[0].lengths) {
			t.Errorf("%s: %d lengths in the bins, want %d", name, total, len(c.sets[0].lengths))
		}
	}
	h := newHistogram(set(slices.Repeat([]int{mostLength, 3}, 5)...))
	if h.bins() > maxBins+2 {
		t.Errorf("%d bins for very long texts", h.bins())
	}
	s := set(1, 2, 3, 4, 5, 6, 7, 8, 9, 10)[0]
	if a, b, c := s.quantile(0.5), s.quantile(0.05), s.quantile(1); a != 5 || b != 1 || c != 10 {
		t.Errorf("quantiles %d, %d, %d", a, b, c)
	}
	if got := s.above(8); got != 0.2 {
		t.Errorf("%v are longer than 8", got)
	}
}

// TestCoOccurrence checks that what goes together stands together, counts above the diagonal and PMI below.
func TestCoOccurrence(t *testing.T) {
	docs, _ := corpusDocs()
	as := annot.CoOccurrences(docs)
	v := CoOccurrence(as, WithNames("MDM2", "NF-kappa B", "p53", "TNF-α"))
	m, err := v.matrix()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, n := range m.nodes {
		names = append(names, n.Name)
	}
	if got := strings.Join(names, " "); got != "TNF-α NF-κB p53 MDM2" && got != "MDM2 p53 NF-κB TNF-α" && got != "p53 MDM2 TNF-α NF-κB" && got != "NF-κB TNF-α MDM2 p53" && got != "MDM2 p53 TNF-α NF-κB" && got != "p53 MDM2 NF-κB TNF-α" {
		t.Errorf("order %s", got)
	}
	above, below := 0, 0
	for _, c := range v.cells(m, v.countSteps(m)) {
		switch {
		case c.letter == 'q' && c.x > c.y:
			above++
		case c.letter == 'd' && c.x < c.y:
			below++
		case c.letter != 0:
			t.Errorf("a cell of scale %c at %d, %d", c.letter, c.x, c.y)
		}
	}
	if above != len(m.pairs) || below == 0 || below > above {
		t.Errorf("%d counts and %d PMI of %d pairs", above, below, len(m.pairs))
	}
	// With a minimum that no pair has there is no PMI at all.
	v = CoOccurrence(as, WithMinCount(10_000))
	if m, err = v.matrix(); err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(v.cells(m, v.countSteps(m)), func(c heatCell) bool { return c.letter == 'd' }) {
		t.Error("a PMI of fewer units than asked for")
	}
}

func TestCountSteps(t *testing.T) {
	for _, most := range []int{1, 2, 3, 5, 9, 40, 51, 999, 123456} {
		v := CoOccurrence(annot.Associations{})
		steps := v.countSteps(&matrix{pairs: []annot.Association{{Count: most}}})
		if steps[0] != 1 || steps[len(steps)-1] > most || !slices.IsSorted(steps) || len(steps) > len(heatCounts) {
			t.Errorf("most %d: steps %v", most, steps)
		}
		last := -1
		for n := 1; n <= most; n += 1 + n/7 {
			k := countStep(steps, n)
			if k < last || k >= len(heatCounts) {
				t.Errorf("most %d: %d has step %d after %d", most, n, k, last)
			}
			last = k
		}
	}
}

func TestHeatReadable(t *testing.T) {
	for _, s := range slices.Concat(heatCounts, heatPMI) {
		light, dark := readableOn(s.light), readableOn(s.dark)
		if a, b := contrast(s.light, light), contrast(s.dark, dark); a < readable || b < readable {
			t.Errorf("%s: contrast %.2f on light, %.2f on dark, want %.1f", s.light, a, b, readable)
		}
	}
	// Less than chance and more must differ for everyone.
	for _, seen := range deficiencies {
		kind, m := seen.name, &seen.matrix
		for _, less := range heatPMI[:2] {
			for _, more := range heatPMI[4:] {
				if a, b := difference(less.light.lab(m), more.light.lab(m)), difference(less.dark.lab(m), more.dark.lab(m)); a < 15 || b < 15 {
					t.Errorf("%s: %s and %s are %.1f apart, %.1f on dark, want 15", kind, less.light, more.light, a, b)
				}
			}
		}
	}
}

// TestWilson compares with statsmodels' proportion_confint(n, all, method="wilson").
func TestWilson(t *testing.T) {
	for _, c := range []struct {
		n, all    int
		low, high float64
	}{{0, 10, 0, 0.2775327998628892}, {5, 10, 0.2365930905125640, 0.7634069094874361}, {1, 1, 0.2065493143772376, 1}} {
		if low, high := wilson(c.n, c.all); math.Abs(low-c.low) > 1e-6 || math.Abs(high-c.high) > 1e-6 {
			t.Errorf("wilson(%d, %d) = %v, %v, want %v, %v", c.n, c.all, low, high, c.low, c.high)
		}
	}
}

func TestFitText(t *testing.T) {
	for _, s := range []string{"", "a", "NF-κB", "a rather long name of a protein", strings.Repeat("ab", 50_000)} {
		for _, width := range []float64{0, 10, 60, 200} {
			got := fitText(s, width, 12)
			if got != s && (!strings.HasSuffix(got, "…") || textWidth(got) > width && got != "…") {
				t.Errorf("fitText(%.20q, %v) = %q, %v wide", s, width, got, textWidth(got))
			}
		}
	}
}
