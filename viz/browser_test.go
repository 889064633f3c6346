package viz

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
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
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
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
					const graph = one(".sb-graph"), edges = graph.querySelectorAll(".sb-e"), line = edges[edges.length - 1].querySelector("path"), r = line.getBoundingClientRect();
					const ev = {bubbles: true, clientX: r.x + r.width / 2, clientY: r.y + r.height / 2};
					line.dispatchEvent(new PointerEvent("pointermove", ev));
					line.dispatchEvent(new MouseEvent("click", ev));
					const panel = graph.querySelector(".sb-panel"), box = one(".sb-entities .sb-f0"), mark = one(".sb-entities mark.sb-l0");
					const out = {
						Live: all("[data-live]"), Pictures: Array.from(document.querySelectorAll(".sb-canvas img")).filter((e) => e.offsetWidth).length, Labels: all("[data-live] svg text"),
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

// The classic notebook and VS Code put outputs into the page without their scripts and run copies of these elsewhere. Charts come to life all the same,
// each of two that are equal, too.
func TestBrowserCopies(t *testing.T) {
	ctx := browser(t)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	var outputs []string
	s := samples()
	for _, name := range []string{"relations", "throughput", "relations", "arcs", "throughput", "entities"} {
		var b bytes.Buffer
		if err := s[name].Render(&b); err != nil {
			t.Fatal(err)
		}
		outputs = append(outputs, b.String())
	}
	list, err := json.Marshal(append([]string{libraryScript()}, outputs...))
	if err != nil {
		t.Fatal(err)
	}
	for where, run := range map[string]string{
		"classic": "document.head.appendChild(copy).remove()", // jQuery's append
		"VS Code": "output.appendChild(copy).remove()",
	} {
		t.Run(where, func(t *testing.T) {
			tab := openPage(t, ctx, true)
			type result struct{ Views, Live, Pictures int }
			got := ask[result](t, tab, `
				for (const html of `+string(list)+`) {
					const output = document.body.appendChild(document.createElement("div"));
					output.innerHTML = html;
					for (const script of Array.from(output.querySelectorAll("script"))) {
						const copy = document.createElement("script");
						copy.text = script.text;
						`+run+`;
					}
				}
				return {Views: all(".sb-view").length, Live: all("[data-live]").length, Pictures: seen(".sb-canvas img:not(.sb-still)").length};`)
			if want := (result{Views: 6, Live: 5}); got != want {
				t.Errorf("%+v, want %+v", got, want)
			}
		})
	}
}
