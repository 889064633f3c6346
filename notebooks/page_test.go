// Package notebooks tests the notebooks: as they are committed, their set-up, and in a browser the page
// that `make demo` writes.
package notebooks

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// startBrowser starts a headless Chromium that cannot reach any host but this one, and gives it so long.
func startBrowser(t *testing.T, most time.Duration) context.Context {
	t.Helper()
	flags := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.NoSandbox, // root, as in CI, cannot have one; the pages are our own
		chromedp.DisableGPU,
		chromedp.WindowSize(1280, 1600),
		// Nothing resolves, and there is no way around it.
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND , EXCLUDE 127.0.0.1"),
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
	)
	ctx, cancel := context.WithTimeout(t.Context(), most)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewExecAllocator(ctx, flags...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	return ctx
}

// openPage opens a file in a browser of its own, and returns its context
// and what went wrong while the page loaded: requests to elsewhere, exceptions, errors on the console.
func openPage(t *testing.T, path string) (context.Context, func() []string) {
	t.Helper()
	ctx := startBrowser(t, 2*time.Minute)

	var mu sync.Mutex
	var wrong []string
	add := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		wrong = append(wrong, fmt.Sprintf(format, args...))
	}
	err := chromedp.Listen(ctx, func(ev any) {
		switch ev := ev.(type) {
		case *network.EventRequestWillBeSent:
			u := ev.Request.URL
			if !strings.HasPrefix(u, "file:") && !strings.HasPrefix(u, "data:") && !strings.HasPrefix(u, "blob:") {
				add("the page asks for %.120s", u)
			}
		case *network.EventLoadingFailed:
			add("a %s does not load: %s", ev.Type, ev.ErrorText)
		case *runtime.EventExceptionThrown:
			text := ev.ExceptionDetails.Text
			if e := ev.ExceptionDetails.Exception; e != nil {
				text += " " + e.Description
			}
			add("exception: %s", text)
		case *runtime.EventConsoleAPICalled:
			if ev.Type == runtime.ConsoleAPICalledTypeError || ev.Type == runtime.ConsoleAPICalledTypeAssert {
				var text strings.Builder
				for _, a := range ev.Args {
					fmt.Fprintf(&text, " %s%s", a.Value, a.Description)
				}
				add("console:%s", text.String())
			}
		case *log.EventEntryAdded:
			if ev.Entry.Level == log.EntryLevelError {
				add("log: %s %s", ev.Entry.Text, ev.Entry.URL)
			}
		}
	})
	if err != nil {
		t.Fatalf("starting Chromium: %v", err)
	}
	if err := chromedp.Do(ctx,
		chromedp.Navigate((&url.URL{Scheme: "file", Path: path}).String()),
		chromedp.WaitReady("body"),
	); err != nil {
		t.Fatalf("opening %s in Chromium: %v", path, err)
	}
	return ctx, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), wrong...)
	}
}

// A facts is what the page holds, counted in the browser.
type facts struct {
	Marks   int            // highlighted entities
	Types   map[string]int // by type
	Bad     int            // highlights without sound offsets, text, or a visible background
	Charts  int            // charts, alive or not
	Live    int            // those drawn by ECharts
	Visible int            // those that show something: a live chart or its picture
	SpeedUp string         // the title of the bars
	Remote  int            // scripts, styles, frames and pictures that have an address
}

const countFacts = `(() => {
	const shown = e => { const r = e.getBoundingClientRect(); return r.width > 50 && r.height > 20 };
	const f = {Marks: 0, Types: {}, Bad: 0, Charts: 0, Live: 0, Visible: 0, Remote: 0, SpeedUp: ''};
	for (const m of document.querySelectorAll('mark[data-type]')) {
		f.Marks++;
		f.Types[m.dataset.type] = (f.Types[m.dataset.type] || 0) + 1;
		const start = Number(m.dataset.start), end = Number(m.dataset.end), s = getComputedStyle(m);
		const bare = s.backgroundColor === 'rgba(0, 0, 0, 0)' && s.borderBottomWidth === '0px';
		if (!(start >= 0 && end > start) || !m.textContent.trim() || bare) f.Bad++;
	}
	for (const c of document.querySelectorAll('.sb-canvas')) {
		f.Charts++;
		const live = [...c.querySelectorAll('canvas, svg')].some(shown);
		const picture = [...c.querySelectorAll('img')].some(i => shown(i) && i.complete && i.naturalWidth > 0);
		if (live) f.Live++;
		if (live || picture) f.Visible++;
	}
	f.SpeedUp = document.querySelector('.sb-bars .sb-title')?.textContent ?? '';
	for (const e of document.querySelectorAll('script[src], link[href], iframe[src], img[src]'))
		if (!/^(data:|blob:|#)/.test(e.getAttribute('src') || e.getAttribute('href'))) f.Remote++;
	return f;
})()`

// TestPage opens the page in SPARSEBIO_PAGE and looks for what a reader should see there.
// A picture of it is saved beside it.
func TestPage(t *testing.T) {
	path := os.Getenv("SPARSEBIO_PAGE")
	if path == "" {
		t.Skip("SPARSEBIO_PAGE is not set: run make demo, then set it to the absolute path of the page in out")
	}
	path, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, wrong := openPage(t, path)

	// The charts are drawn after the page has loaded; wait for them, but not for ever.
	var f facts
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(200 * time.Millisecond) {
		if f, err = chromedp.Run(ctx, chromedp.Evaluate[facts](countFacts)); err != nil {
			t.Fatal(err)
		}
		if f.Charts > 0 && f.Live == f.Charts || time.Now().After(deadline) {
			break
		}
	}
	time.Sleep(2 * time.Second) // the graph settles
	shot, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err != nil {
		t.Fatal(err)
	}
	picture := strings.TrimSuffix(path, filepath.Ext(path)) + ".png"
	if err := os.WriteFile(picture, shot, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Logf("%d highlights %v, %d charts, %d of them live; picture in %s", f.Marks, f.Types, f.Charts, f.Live, picture)

	for _, w := range wrong() {
		t.Error(w)
	}
	if f.Marks < 100 {
		t.Errorf("%d highlights, want at least 100", f.Marks)
	}
	if len(f.Types) < 3 {
		t.Errorf("highlights of %d types, want at least 3: %v", len(f.Types), f.Types)
	}
	if f.Bad > 0 {
		t.Errorf("%d highlights lack offsets, text or a colour", f.Bad)
	}
	if f.Charts < 2 {
		t.Errorf("%d charts, want the graph and the bars", f.Charts)
	}
	if f.Visible < f.Charts {
		t.Errorf("%d of %d charts show nothing", f.Charts-f.Visible, f.Charts)
	}
	if f.Live < f.Charts {
		t.Errorf("%d of %d charts are not alive", f.Charts-f.Live, f.Charts)
	}
	if !strings.Contains(f.SpeedUp, "faster") {
		t.Errorf("the bars are titled %q, want how much faster sparse is than dense", f.SpeedUp)
	}
	if f.Remote > 0 {
		t.Errorf("%d elements load from an address", f.Remote)
	}
}
