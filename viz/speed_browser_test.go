package viz

import (
	"bytes"
	"context"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestBrowserSpeed opens the views of measurements in Chromium and asks that all are live, that whiskers, heat maps and roofs are drawn, that the pointer shows
// the figures of a datum, that a box hides its series, and that a dark theme has colours of its own.
func TestBrowserSpeed(t *testing.T) {
	ctx := browser(t)
	s := samples()
	var views []View
	for _, name := range speedNames {
		views = append(views, s[name])
	}
	var page bytes.Buffer
	if err := Page(&page, "t", views...); err != nil {
		t.Fatal(err)
	}
	for theme, want := range map[string]struct{ line, ring string }{
		"true":  {"rgb(0, 114, 178)", "rgb(255, 255, 255)"},
		"false": {"rgb(88, 180, 229)", "rgb(22, 26, 31)"}, // JupyterLab's dark theme
	} {
		t.Run(theme, func(t *testing.T) { browserSpeed(t, ctx, page.String(), theme, want.line, want.ring) })
	}
}

func browserSpeed(t *testing.T, ctx context.Context, page, theme, line, ring string) {
	file := filepath.Join(t.TempDir(), "page.html")
	html := strings.Replace(page, "<body>", "<body data-jp-theme-light=\""+theme+"\">", 1)
	if err := os.WriteFile(file, []byte(html), 0o644); err != nil {
		t.Fatal(err)
	}
	tab, cancel := chromedp.NewContext(ctx)
	defer cancel()
	if err := chromedp.Do(tab, chromedp.Navigate((&url.URL{Scheme: "file", Path: file}).String())); err != nil {
		t.Fatal(err)
	}
	type result struct {
		Live, Pictures, Keys, Cells, Rings, Labels int
		Bars, Line, Ring, Tip, Alt                 string
		Shown                                      []int // pieces of a series: before, without it, with it again
		Loaded                                     []string
	}
	got, err := chromedp.Run(tab, chromedp.Evaluate[result](`(() => {
			const all = (s) => Array.from(document.querySelectorAll(s)), one = (s) => document.querySelector(s);
			const chart = (kind) => echarts.getInstanceByDom(one(".sb-" + kind + " .sb-canvas"));
			const drawn = (kind, test) => Array.from(one(".sb-" + kind + " .sb-canvas svg").querySelectorAll("*")).filter(test);
			const paint = (e, name) => getComputedStyle(e)[name];
			const curve = chart("curve"), model = curve.getModel().getSeriesByIndex(2);
			const at = curve.convertToPixel({seriesIndex: 2}, [64, model.getData().get("y", 3)]);
			curve.getZr().handler.dispatch("mousemove", {zrX: at[0], zrY: at[1], preventDefault() {}, stopPropagation() {}});
			const pieces = () => { curve.getZr().flush(); return drawn("curve", (e) => (e.getAttribute("stroke") || e.getAttribute("fill")) === "var(--sb-s2)").length; };
			const box = all(".sb-curve .sb-keys input")[2];
			const out = {
				Live: all("[data-live]").length, Pictures: all(".sb-canvas img").length, Labels: all("[data-live] svg text").length,
				Keys: all(".sb-keys").filter((e) => e.offsetHeight > 0).length,
				Cells: drawn("layers", (e) => (e.getAttribute("fill") || "").startsWith("light-dark(")).length,
				Rings: drawn("roofline", (e) => e.getAttribute("fill") === "var(--sb-card)").length,
				Line: paint(drawn("curve", (e) => e.getAttribute("stroke") === "var(--sb-s2)")[0], "stroke"),
				Ring: paint(drawn("roofline", (e) => e.getAttribute("fill") === "var(--sb-card)")[0], "fill"),
				Bars: drawn("bars", (e) => e.tagName === "text").map((e) => e.textContent).filter((s) => s.includes("tokens/s")).join(" | "),
				Tip: Array.from(one(".sb-curve .sb-tip").children, (c) => c.textContent).join(" | "),
				Alt: one(".sb-latency .sb-canvas").getAttribute("aria-label"),
				Shown: [],
			};
			curve.getZr().handler.dispatch("globalout", {});
			out.Shown.push(pieces());
			box.click();
			out.Shown.push(pieces());
			box.click();
			out.Shown.push(pieces());
			out.Loaded = performance.getEntriesByType("resource").map((e) => e.name);
			return out;
		})()`))
	if err != nil {
		t.Fatal(err)
	}
	if got.Live != 6 || got.Pictures != 0 || got.Keys != 4 || got.Labels < 100 {
		t.Errorf("%d live charts with %d labels and %d rows of keys, %d pictures left", got.Live, got.Labels, got.Keys, got.Pictures)
	}
	if got.Cells < 2*48 || got.Rings != 4 {
		t.Errorf("%d coloured cells and texts, want at least %d; %d rings, want 4", got.Cells, 2*48, got.Rings)
	}
	if got.Line != line || got.Ring != ring {
		t.Errorf("theme %s: the line is %s, a ring %s; want %s and %s", theme, got.Line, got.Ring, line, ring)
	}
	if want := "1,180 tokens/s | 4,120 tokens/s | 16,450 tokens/s"; got.Bars != want {
		t.Errorf("bars are labelled %q, want %q", got.Bars, want)
	}
	if want := "Series: sparse INT8 | Tokens of a document: 64 | Speed, tokens/s: 17,028 | Repetitions: 16,177 to 17,539 (95 % confidence interval of the median of 12 passes)"; got.Tip != want {
		t.Errorf("the pointer shows %q, want %q", got.Tip, want)
	}
	if !strings.Contains(got.Alt, "sparse INT8 median 7.9 ms") {
		t.Errorf("the chart of latencies is called %q", got.Alt)
	}
	if got.Shown[0] < 20 || got.Shown[1] != 0 || got.Shown[2] < 20 {
		t.Errorf("pieces of a series with, without and with it again: %v", got.Shown)
	}
	for _, u := range got.Loaded {
		if !strings.HasPrefix(u, "data:") {
			t.Errorf("the page loads %s", u)
		}
	}
}
