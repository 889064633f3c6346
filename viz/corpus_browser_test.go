package viz

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// openPage shows views on one page in a theme of JupyterLab.
func openPage(t *testing.T, ctx context.Context, light bool, views ...View) context.Context {
	t.Helper()
	tab, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	var page bytes.Buffer
	if err := Page(&page, "t", views...); err != nil {
		t.Fatal(err)
	}
	html := strings.Replace(page.String(), "<body>", fmt.Sprintf("<body data-jp-theme-light=\"%t\">", light), 1)
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(html), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(tab, chromedp.Navigate((&url.URL{Scheme: "file", Path: file}).String())); err != nil {
		t.Fatal(err)
	}
	// A tab behind another has no focus of its own.
	if _, err := chromedp.Call(tab, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	return tab
}

// TestBrowserTexts turns pages, hides texts without differences and an outcome, and focuses a mention, all without a script,
// and asks that paper has all pages.
func TestBrowserTexts(t *testing.T) {
	ctx := browser(t)
	var docs []annot.Document
	for i := range 25 {
		d := spans("p53 <script>window.hostile=1</script> binds", `"><img src=x onerror=window.hostile=1>`, 0, 3, "protein", 4, 12)
		d.ID, d.Title = fmt.Sprint("d", i), `<img src=x onerror="window.hostile=1">`
		d.Entities[0].Score = 0.9
		docs = append(docs, d)
	}
	predicted := slices.Clone(docs)
	predicted[13].Entities = docs[13].Entities[:1]
	tab := openPage(t, ctx, false,
		Entities(docs, WithModel("<b>m</b>"), WithConfidence()), Compare(docs, predicted),
		Entities(docs[:1], WithTemplate(`<em data-own="{{.Type}}">{{.Text}}</em>`)))
	type result struct {
		First, Second, Differ []string // documents that can be seen
		Both                  int      // pages that are chosen
		Hidden, Tip, Where    string
		Hostile, Images, Own  int
	}
	got, err := chromedp.Run(tab, chromedp.Evaluate[result](`(() => {
		const views = document.querySelectorAll(".sb-view"), [entities, compare, own] = views;
		const seen = (v) => Array.from(v.querySelectorAll(".sb-doc")).filter((d) => d.offsetHeight > 0).map((d) => d.dataset.doc);
		const out = {First: seen(entities)};
		entities.querySelector(".sb-p1").click();
		out.Second = seen(entities);
		out.Both = document.querySelectorAll(".sb-pager :checked").length;
		entities.querySelector("form").requestSubmit();
		compare.querySelector(".sb-differ").click();
		out.Differ = seen(compare);
		const missed = compare.querySelector("mark.sb-o4");
		compare.querySelector(".sb-f4").click();
		out.Hidden = getComputedStyle(missed).backgroundColor + getComputedStyle(missed).outlineStyle + getComputedStyle(missed, "::after").content;
		const mark = entities.querySelector(".sb-g1 mark");
		mark.focus();
		out.Tip = getComputedStyle(mark, "::before").content;
		out.Where = location.search + getComputedStyle(mark, "::before").position;
		out.Hostile = window.hostile ? 1 : 0;
		out.Images = document.querySelectorAll("img").length;
		out.Own = own.querySelectorAll("em[data-own]").length;
		return out;
	})()`))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}; !slices.Equal(got.First, want) {
		t.Errorf("the first page has %v", got.First)
	}
	if len(got.Second) != 10 || got.Second[0] != "10" || got.Second[9] != "19" {
		t.Errorf("the second page has %v", got.Second)
	}
	if got.Both != 2 {
		t.Errorf("%d pages are chosen in two views", got.Both)
	}
	if !slices.Equal(got.Differ, []string{"13"}) {
		t.Errorf("texts with differences: %v, want 13", got.Differ)
	}
	if got.Hidden != "rgba(0, 0, 0, 0)nonenone" {
		t.Errorf("what was missed is still %s", got.Hidden)
	}
	if !strings.Contains(got.Tip, "score 0.900 · <b>m</b> · bytes 0–3") || got.Where != "absolute" {
		t.Errorf("a mention in focus shows %s at %s", got.Tip, got.Where)
	}
	if got.Hostile != 0 || got.Images != 0 || got.Own != 2 {
		t.Errorf("%d scripts ran, %d images, %d marks of the template", got.Hostile, got.Images, got.Own)
	}
	if _, err := chromedp.Call(tab, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"}); err != nil {
		t.Fatal(err)
	}
	paper, err := chromedp.Run(tab, chromedp.Evaluate[[]string](`(() => {
		const entities = document.querySelector(".sb-view"), mark = entities.querySelector("mark");
		return [String(Array.from(entities.querySelectorAll(".sb-doc")).filter((d) => d.offsetHeight > 0).length),
			getComputedStyle(entities.querySelector(".sb-pager")).display, getComputedStyle(mark).outlineStyle, getComputedStyle(entities).colorScheme];
	})()`))
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"25", "none", "solid", "light"}; !slices.Equal(paper, want) {
		t.Errorf("on paper: documents, buttons, frames and scheme are %q, want %q", paper, want)
	}
}

// TestBrowserCorpus asks that the charts of counts are live, that the pointer and the arrow keys show the figures behind a
// mark, that a box hides its series, and that the theme has its colours.
func TestBrowserCorpus(t *testing.T) {
	ctx := browser(t)
	docs := evilCorpus()
	hostile := []View{
		Lengths([]LengthSet{{evil, []int{1, 2, 3}}, {"{b}", []int{4, 5}}}, WithMark(2, evil)),
		Frequencies(annot.Frequencies(docs)), CoOccurrence(annot.CoOccurrences(docs)), Timeline(annot.ByYear(docs, func(i int) int { return 2000 + i })),
	}
	s := corpusSamples()
	tab := openPage(t, ctx, true, append([]View{s["overlaid"], s["timeline"], s["cooccurrence"], s["frequencies"]}, hostile...)...)
	type result struct {
		Live, Hostile, Images int
		Paths                 []int // of the lengths: before, without a set, with it again
		Key                   string
		Tips                  []string
		Fill                  string
	}
	got, err := chromedp.Run(tab, chromedp.Evaluate[result](`(() => {
			const [lengths, timeline, pairs, names] = document.querySelectorAll(".sb-view");
			const out = {Live: document.querySelectorAll("[data-live]").length, Paths: [], Tips: []};
			const chart = (v) => echarts.getInstanceByDom(v.querySelector(".sb-canvas"));
			const point = (c, at) => c.getZr().handler.dispatch("mousemove", {zrX: at[0], zrY: at[1], preventDefault() {}, stopPropagation() {}});
			const said = (v) => Array.from(v.querySelector(".sb-tip").children, (e) => e.textContent).join(" | ");
			const paths = () => { chart(lengths).getZr().flush(); out.Paths.push(lengths.querySelectorAll(".sb-canvas path[stroke='#8947eb']").length); };
			paths();
			const box = lengths.querySelectorAll(".sb-legend input")[2];
			box.click(); paths(); box.click(); paths();
			point(chart(lengths), chart(lengths).convertToPixel({seriesIndex: 0}, [130, 5]));
			out.Tips.push(said(lengths));
			point(chart(timeline), chart(timeline).convertToPixel({seriesIndex: 0}, [10, 20]));
			out.Tips.push(said(timeline));
			const cell = pairs.querySelector(".sb-figure .sb-q4 rect[data-row='0']"), r = cell.getBoundingClientRect();
			cell.dispatchEvent(new PointerEvent("pointermove", {bubbles: true, clientX: r.x + 5, clientY: r.y + 5}));
			out.Tips.push(said(pairs));
			out.Fill = getComputedStyle(cell.parentNode).fill;
			document.body.dataset.jpThemeLight = "false";
			out.Fill += " " + getComputedStyle(cell.parentNode).fill;
			document.body.dataset.jpThemeLight = "true";
			const svg = names.querySelector(".sb-figure svg");
			svg.focus();
			svg.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowDown", bubbles: true}));
			out.Key = document.activeElement.getAttribute("aria-label");
			document.activeElement.dispatchEvent(new KeyboardEvent("keydown", {key: "ArrowDown", bubbles: true}));
			out.Key += " | " + document.activeElement.getAttribute("aria-label");
			out.Hostile = window.hostile ? 1 : 0;
			out.Images = document.querySelectorAll("img[src=x]").length;
			return out;
		})()`))
	if err != nil {
		t.Fatal(err)
	}
	if got.Live != 8 || got.Hostile != 0 || got.Images != 0 {
		t.Errorf("%d live charts, want 8; %d scripts ran, %d images", got.Live, got.Hostile, got.Images)
	}
	if len(got.Paths) != 3 || got.Paths[0] == 0 || got.Paths[1] != 0 || got.Paths[2] != got.Paths[0] {
		t.Errorf("paths of a set before, without and with it: %v", got.Paths)
	}
	for i, want := range []string{"Tokens: 120 to 139 | abstracts: ", "Year: 2005 | Documents: ", "Names: sgRNA locus – Cas9 | Types: DNA – protein | Together: 53 | By chance: "} {
		if !strings.HasPrefix(got.Tips[i], want) {
			t.Errorf("the pointer shows %q, want %q", got.Tips[i], want)
		}
	}
	if want := "p53, protein, 190 mentions in 88 documents | NF-κB, protein, 189 mentions in 81 documents"; got.Key != want {
		t.Errorf("the arrow keys go to %q, want %q", got.Key, want)
	}
	if want := "rgb(23, 100, 160) rgb(124, 196, 236)"; got.Fill != want {
		t.Errorf("a cell on light and on dark is %s, want %s", got.Fill, want)
	}
}
