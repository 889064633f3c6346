package viz

import (
	"bytes"
	"context"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// browser starts Chromium, or skips the test.
func browser(t *testing.T) context.Context {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes seconds")
	}
	program := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if p, err := exec.LookPath(name); err == nil {
			program = p
			break
		}
	}
	if program == "" {
		t.Skip("no Chromium on this machine")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(1000, 1400))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// TestBrowser opens pages in Chromium without a network and asks that the charts are
// live, that a click on an edge shows its sentence and that a box hides its type.
func TestBrowser(t *testing.T) {
	ctx := browser(t)
	t.Run("types", func(t *testing.T) { browserTypes(t, ctx) })

	// One page made in one go, and one as a notebook page comes to be: the charts first,
	// one of them twice, the script last, beside require.js's define.
	s := samples()
	var whole, pieces bytes.Buffer
	if err := Page(&whole, "t", s["entities"], s["relations"], s["throughput"]); err != nil {
		t.Fatal(err)
	}
	pieces.WriteString("<!DOCTYPE html><meta charset=utf-8><body data-jp-theme-light=\"false\"><script>window.define=function(){};window.define.amd={};window.module={exports:{}};</script>")
	for _, name := range []string{"relations", "relations", "throughput", "entities"} {
		if err := s[name].Render(&pieces); err != nil {
			t.Fatal(err)
		}
	}
	pieces.WriteString(libraryScript() + libraryScript())

	for name, c := range map[string]struct {
		page  []byte
		live  int
		color string
	}{
		"page":   {whole.Bytes(), 2, "rgb(255, 255, 255)"},
		"pieces": {pieces.Bytes(), 3, "rgb(22, 26, 31)"}, // JupyterLab's dark theme
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "page.html")
			if err := os.WriteFile(file, c.page, 0o644); err != nil {
				t.Fatal(err)
			}
			tab, cancel := chromedp.NewContext(ctx)
			defer cancel()
			type result struct {
				Live, Pictures, Labels, Hits, Tips int
				Panel, Color, Off, On, Copied      string
				Loaded                             []string
			}
			if err := chromedp.Do(tab, chromedp.Navigate((&url.URL{Scheme: "file", Path: file}).String())); err != nil {
				t.Fatal(err)
			}
			got, err := chromedp.Run(tab, chromedp.Evaluate[result](`(() => {
					const all = (s) => document.querySelectorAll(s).length, one = (s) => document.querySelector(s);
					const graph = one(".sb-graph"), chart = echarts.getInstanceByDom(graph.querySelector(".sb-canvas"));
					const model = chart.getModel().getSeriesByIndex(0), edges = model.getEdgeData(), edge = edges.getItemGraphicEl(edges.count() - 1).childOfName("line");
					const zr = chart.getZr(), p = edge.shape, at = edge.transformCoordToGlobal((p.x1 + p.x2) / 2, (p.y1 + p.y2) / 2);
					const ev = {zrX: at[0], zrY: at[1], preventDefault() {}, stopPropagation() {}};
					zr.handler.dispatch("mousemove", ev);
					for (const kind of ["mousedown", "mouseup", "click"]) zr.handler.dispatch(kind, ev);
					const panel = graph.querySelector(".sb-panel"), box = one(".sb-entities .sb-f0"), mark = one(".sb-entities mark.sb-l0");
					const out = {
						Live: all("[data-live]"), Pictures: all(".sb-canvas img"), Labels: all("[data-live] svg text"),
						Panel: panel.hidden ? "" : panel.textContent, Hits: panel.querySelectorAll(".sb-hit").length, Tips: all(".sb-graph .sb-tip .sb-hit"),
						Color: getComputedStyle(graph).backgroundColor, On: getComputedStyle(mark).backgroundColor,
					};
					box.click();
					out.Off = getComputedStyle(mark).backgroundColor + getComputedStyle(mark, "::after").content;
					const range = document.createRange();
					range.selectNodeContents(one(".sb-text"));
					getSelection().removeAllRanges();
					getSelection().addRange(range);
					out.Copied = getSelection().toString();
					out.Loaded = performance.getEntriesByType("resource").map((e) => e.name);
					return out;
				})()`))
			if err != nil {
				t.Fatal(err)
			}
			if got.Live != c.live || got.Pictures != 0 || got.Labels < 10 {
				t.Errorf("%d live charts with %d labels, %d pictures left; want %d live and no picture", got.Live, got.Labels, got.Pictures, c.live)
			}
			if want := "IL-10 – IL-6, 3 sentences"; len(got.Panel) < 100 || got.Panel[:len(want)] != want || got.Hits != 6 {
				t.Errorf("the panel of the first edge has %d highlights: %q", got.Hits, got.Panel)
			}
			if got.Tips == 0 {
				t.Error("the pointer shows no sentence")
			}
			if got.Color != c.color {
				t.Errorf("the card is %s, want %s", got.Color, c.color)
			}
			if got.On == got.Off || got.Off != "rgba(0, 0, 0, 0)none" {
				t.Errorf("hiding a type turns %s to %s", got.On, got.Off)
			}
			if got.Copied != sampleDocs()[0].Text {
				t.Errorf("selecting the text copies %q", got.Copied)
			}
			for _, u := range got.Loaded {
				if !strings.HasPrefix(u, "data:") {
					t.Errorf("the page loads %s", u)
				}
			}
		})
	}
}

// browserTypes asks of a live graph of relations that the pointer shows what an edge means and that the box
// of a type hides its edges and brings them back.
func browserTypes(t *testing.T, ctx context.Context) {
	ctx, cancel := chromedp.NewContext(ctx)
	defer cancel()
	var page bytes.Buffer
	if err := Relations(typedGraph()).WritePage(&page); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, page.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(ctx, chromedp.Navigate((&url.URL{Scheme: "file", Path: file}).String())); err != nil {
		t.Fatal(err)
	}
	type result struct {
		Tip, Panel           string
		Links, Heads, Rows   []int // with all types, without antagonists, with all again
		TipStrokes           int
		OnlyInTable, OnlyTip string // display of what the pointer shows and the table does not
	}
	got, err := chromedp.Run(ctx, chromedp.Evaluate[result](`(() => {
		const one = (s) => document.querySelector(s);
		const chart = echarts.getInstanceByDom(one(".sb-canvas")), zr = chart.getZr();
		const edges = () => chart.getModel().getSeriesByIndex(0).getEdgeData();
		const last = edges().getItemGraphicEl(edges().count() - 1), s = last.childOfName("line").shape;
		const at = (a, c, b) => (a + 2 * c + b) / 4;
		const p = last.childOfName("line").transformCoordToGlobal(at(s.x1, s.cpx1, s.x2), at(s.y1, s.cpy1, s.y2));
		const ev = {zrX: p[0], zrY: p[1], preventDefault() {}, stopPropagation() {}};
		zr.handler.dispatch("mousemove", ev);
		for (const kind of ["mousedown", "mouseup", "click"]) zr.handler.dispatch(kind, ev);
		const tip = one(".sb-tip"), box = one(".sb-link input");
		const out = {
			Tip: Array.from(tip.children, (c) => c.textContent).join(" | "), TipStrokes: tip.querySelectorAll("svg").length, Panel: one(".sb-panelhead").textContent,
			Links: [], Heads: [], Rows: [], OnlyTip: getComputedStyle(tip.querySelector(".sb-only")).display,
		};
		one("details").open = true;
		out.OnlyInTable = getComputedStyle(one("td .sb-only")).display;
		const look = () => {
			chart.getZr().flush();
			out.Links.push(edges().count());
			out.Heads.push(Array.from(one(".sb-canvas").querySelectorAll("path")).filter((e) => e.getAttribute("fill") === "#d07197" && !e.closest(".sb-tip")).length);
			out.Rows.push(Array.from(document.querySelectorAll(".sb-row")).filter((r) => r.offsetHeight > 0).length);
		};
		look();
		box.click();
		look();
		box.click();
		look();
		return out;
	})()`))
	if err != nil {
		t.Fatal(err)
	}
	if want := "tamoxifen → estrogen receptor α | antagonist (CPR:6) | 4 sentences, score 0.97 | In breast tumours tamoxifen opposes estrogen receptor α. demo-7"; got.Tip != want || got.TipStrokes != 1 || got.OnlyTip == "none" {
		t.Errorf("the pointer shows %q with %d lines, display %s; want %q", got.Tip, got.TipStrokes, got.OnlyTip, want)
	}
	if want := "tamoxifen → estrogen receptor α, antagonist (CPR:6), 4 sentences"; got.Panel != want {
		t.Errorf("the panel is headed %q, want %q", got.Panel, want)
	}
	if got.OnlyInTable != "none" {
		t.Errorf("the table repeats the names: display %s", got.OnlyInTable)
	}
	for what, c := range map[string]struct{ got, want []int }{
		"links": {got.Links, []int{6, 4, 6}}, "heads of antagonists": {got.Heads, []int{2, 0, 2}}, "rows": {got.Rows, []int{6, 4, 6}},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: %v before, without and after, want %v", what, c.got, c.want)
		}
	}
}
