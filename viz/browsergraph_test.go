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

	"github.com/chromedp/chromedp"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// open shows a page with a view in a tab of its own.
func open(t *testing.T, ctx context.Context, v View) context.Context {
	t.Helper()
	tab, cancel := chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	var page bytes.Buffer
	if err := v.WritePage(&page); err != nil {
		t.Fatal(err)
	}
	// A tab that nobody looks at has no frames, so they come at once.
	html := strings.Replace(page.String(), "<head>", "<head><script>window.requestAnimationFrame = (f) => { f(0); return 0; };</script>", 1)
	file := filepath.Join(t.TempDir(), "page.html")
	if err := os.WriteFile(file, []byte(html), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Do(tab, chromedp.Navigate((&url.URL{Scheme: "file", Path: file}).String())); err != nil {
		t.Fatal(err)
	}
	return tab
}

// ask runs a script in the page, beside helpers that look at it and use it as a person would.
func ask[T any](t *testing.T, tab context.Context, script string) T {
	t.Helper()
	got, err := chromedp.Run(tab, chromedp.Evaluate[T](`(async () => {
		const one = (s) => document.querySelector(s), all = (s) => Array.from(document.querySelectorAll(s));
		const seen = (s) => all(s).filter((e) => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden" && !e.matches(".sb-off"));
		const middle = (e) => { const r = e.getBoundingClientRect(); return {bubbles: true, cancelable: true, clientX: r.x + r.width / 2, clientY: r.y + r.height / 2}; };
		const point = (e, at) => e.dispatchEvent(new PointerEvent("pointermove", at || middle(e)));
		const click = (e, at) => e.dispatchEvent(new MouseEvent("click", at || middle(e)));
		const corner = () => { const r = one(".sb-paper").getBoundingClientRect(); return {bubbles: true, clientX: r.x + 2, clientY: r.y + 2}; };
		const key = (e, key) => e.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true, cancelable: true}));
		const type = (e, text) => { e.value = text; e.dispatchEvent(new Event("input", {bubbles: true})); };
		const named = (name) => all(".sb-n").find((e) => e.dataset.name === name);
		const names = () => seen(".sb-n").map((e) => e.dataset.name).sort().join(", ");
		const text = (s) => { const e = one(s); return e && e.getClientRects().length ? e.textContent : ""; };
		const tip = () => Array.from(one(".sb-tip").children).map((c) => c.textContent).join(" | ");
		`+script+`})()`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// In a live graph the pointer shows what an edge means, boxes hide types and bring them back, sliders leave out what is weak, a
// name is found by a part of it, and a click leaves a node and its neighbours.
func TestBrowserGraph(t *testing.T) {
	ctx := browser(t)
	if err := chromedp.Do(ctx); err != nil { // starts it, before tabs
		t.Fatal(err)
	}
	t.Run("pointer", func(t *testing.T) {
		type result struct {
			Tip, Panel, Node, Closed string
			Strokes                  int
			OnlyInTable, OnlyTip     string // display of what the pointer shows and the table does not
		}
		got := ask[result](t, open(t, ctx, Relations(typedGraph())), `
			const edge = all(".sb-e").pop();
			point(edge.querySelector("path"));
			click(edge);
			const out = {Tip: tip(), Strokes: one(".sb-tip").querySelectorAll("svg").length, Panel: text(".sb-panelhead"), OnlyTip: getComputedStyle(one(".sb-tip .sb-only")).display};
			one("details").open = true;
			out.OnlyInTable = getComputedStyle(one("td .sb-only")).display;
			point(named("CYP2D6").querySelector("circle"));
			out.Node = tip();
			click(one(".sb-paper"), corner());
			out.Closed = text(".sb-panel");
			return out;`)
		if want := "tamoxifen → estrogen receptor α | antagonist (CPR:6) | 4 sentences, score 0.97 | In breast tumours tamoxifen opposes estrogen receptor α. demo-7"; got.Tip != want || got.Strokes != 1 || got.OnlyTip == "none" {
			t.Errorf("the pointer shows %q with %d lines, display %s; want %q", got.Tip, got.Strokes, got.OnlyTip, want)
		}
		if want := "tamoxifen → estrogen receptor α, antagonist (CPR:6), 4 sentences"; got.Panel != want {
			t.Errorf("the panel is headed %q, want %q", got.Panel, want)
		}
		if want := "CYP2D6 | GENE · 3 mentions · 3 links"; got.Node != want {
			t.Errorf("the pointer shows %q, want %q", got.Node, want)
		}
		if got.OnlyInTable != "none" || got.Closed != "" {
			t.Errorf("the table repeats the names: display %s; a click on the paper leaves the panel %q", got.OnlyInTable, got.Closed)
		}
	})
	t.Run("filters", func(t *testing.T) {
		type result struct {
			Links, Rows []int // with all types, without antagonists, without genes, with all again, of a score, of some sentences
			Status      []string
		}
		got := ask[result](t, open(t, ctx, Relations(typedGraph())), `
			const out = {Links: [], Rows: [], Status: []}, boxes = all(".sb-legend input"), score = one(".sb-score input"), least = one(".sb-count input");
			one("details").open = true;
			const look = () => { out.Links.push(seen(".sb-e").length); out.Rows.push(seen(".sb-row").length); out.Status.push(text(".sb-status")); };
			look();
			boxes[2].click(); look(); boxes[2].click();
			boxes.find((b) => b.parentNode.textContent.startsWith("GENE")).click(); look(); boxes.forEach((b) => b.checked || b.click());
			look();
			type(score, "0.7"); look(); type(score, score.min);
			type(least, "3"); look(); type(least, "1"); look();
			return out;`)
		if want := []int{6, 4, 0, 6, 2, 1, 6}; !slices.Equal(got.Links, want) {
			t.Errorf("links drawn: %v, want %v", got.Links, want)
		}
		if want := []int{6, 4, 0, 6, 6, 6, 6}; !slices.Equal(got.Rows, want) {
			t.Errorf("rows shown: %v, want %v", got.Rows, want)
		}
		if want := []string{"", "4 of 6 links shown", "0 of 6 links shown", "", "2 of 6 links shown", "1 of 6 links shown", ""}; !slices.Equal(got.Status, want) {
			t.Errorf("said %q, want %q", got.Status, want)
		}
	})
	t.Run("search", func(t *testing.T) {
		type result struct {
			Found, Status, Panel, Cleared string
			Rings, Moved                  int
		}
		got := ask[result](t, open(t, ctx, Relations(typedGraph())), `
			const box = one(".sb-search"), out = {};
			type(box, "CYP2");
			out.Found = names(); out.Status = text(".sb-status"); out.Rings = all(".sb-found").length;
			key(box, "Enter");
			const n = named("CYP2D6").getBoundingClientRect(), c = one(".sb-figure svg").getBoundingClientRect();
			out.Moved = Math.round(Math.hypot(n.x + n.width / 2 - c.x - c.width / 2, n.y + n.height / 2 - c.y - c.height / 2));
			out.Panel = text(".sb-panelhead");
			key(box, "Escape");
			out.Cleared = names() + box.value + text(".sb-panel");
			return out;`)
		if got.Found != "CYP2D6" || got.Status != "1 name found" || got.Rings != 1 {
			t.Errorf("found %q with %d rings, said %q", got.Found, got.Rings, got.Status)
		}
		if got.Panel != "CYP2D6" || got.Moved > 60 { // its label makes it wide
			t.Errorf("Enter opens %q, %d pixels from the middle", got.Panel, got.Moved)
		}
		if got.Cleared != "CYP2D6, estrogen receptor α, quinidine, tamoxifen" {
			t.Errorf("Escape leaves %q", got.Cleared)
		}
	})
	t.Run("neighbours", func(t *testing.T) {
		type result struct {
			Near, Panel, Edge, Back, Reset string
			Links                          int
			Keys                           []string
			Zoomed, Dragged                bool
		}
		got := ask[result](t, open(t, ctx, Relations(typedGraph())), `
			const out = {Keys: []}, svg = one(".sb-figure svg"), root = one(".sb-root");
			click(named("tamoxifen").querySelector("circle"));
			out.Near = names(); out.Links = seen(".sb-e").length; out.Panel = one(".sb-panel").innerText.replace(/\s*\n\s*/g, " | ");
			all(".sb-links button")[1].click();
			out.Edge = text(".sb-panelhead");
			all(".sb-panel button").pop().click();
			out.Back = text(".sb-panelhead");
			click(one(".sb-paper"), corner());
			out.Reset = names() + text(".sb-panel");
			svg.focus();
			const on = () => document.activeElement.getAttribute("aria-label");
			key(svg, "ArrowRight"); out.Keys.push(on());
			key(document.activeElement, "ArrowDown"); out.Keys.push(on());
			all(".sb-n")[2].focus();
			key(document.activeElement, "Enter"); out.Keys.push(text(".sb-panelhead"));
			key(document.activeElement, "Escape"); out.Keys.push(text(".sb-panelhead"));
			const before = root.getAttribute("transform");
			key(svg, "+");
			out.Zoomed = root.getAttribute("transform") !== before;
			key(svg, "0");
			const n = named("quinidine"), from = n.getAttribute("transform"), line = all(".sb-e").map((e) => e.innerHTML).join(), c = n.querySelector("circle"), at = middle(c);
			c.dispatchEvent(new PointerEvent("pointerdown", {...at, pointerId: 1}));
			try { c.dispatchEvent(new PointerEvent("pointermove", {...at, clientX: at.clientX + 40, pointerId: 1})); } catch (e) {}
			c.dispatchEvent(new PointerEvent("pointermove", {...at, clientX: at.clientX + 40, pointerId: 1}));
			c.dispatchEvent(new PointerEvent("pointerup", {...at, pointerId: 1}));
			out.Dragged = n.getAttribute("transform") !== from && all(".sb-e").map((e) => e.innerHTML).join() !== line;
			return out;`)
		if got.Near != "CYP2D6, estrogen receptor α, tamoxifen" || got.Links != 4 {
			t.Errorf("beside tamoxifen there are %q with %d links", got.Near, got.Links)
		}
		if want := "tamoxifen | CHEMICAL · 9 mentions · 4 links | → estrogen receptor α | antagonist (CPR:6), 4 sentences, score 0.97 | "; !strings.HasPrefix(got.Panel, want) || !strings.Contains(got.Panel, "← estrogen receptor α | antagonist (CPR:6), 2 sentences, score 0.41") {
			t.Errorf("the panel says %q, want %q and more", got.Panel, want)
		}
		if got.Edge == "" || got.Edge == got.Back || got.Back != "tamoxifen" || got.Reset != "CYP2D6, estrogen receptor α, quinidine, tamoxifen" {
			t.Errorf("a link opens %q, its button goes back to %q, a click on the paper shows %q", got.Edge, got.Back, got.Reset)
		}
		if got.Keys[0] == "" || got.Keys[0] == got.Keys[1] || got.Keys[2] != "CYP2D6" || got.Keys[3] != "" {
			t.Errorf("the keyboard reaches %q", got.Keys)
		}
		if !got.Zoomed || !got.Dragged {
			t.Errorf("zoomed: %t, dragged: %t", got.Zoomed, got.Dragged)
		}
	})
	t.Run("hostile", func(t *testing.T) {
		g := hostileGraph()
		for i := range g.Edges {
			g.Edges[i].Type, g.Edges[i].Meaning, g.Edges[i].Directed = evil+fmt.Sprint(i), evil, true
		}
		g.Nodes[0].Aliases = []string{evil}
		got := ask[[]string](t, open(t, ctx, Relations(g, WithTitle(evil))), `
			let alerted = "";
			window.alert = (s) => { alerted = s; };
			all(".sb-e").forEach((e) => { point(e.querySelector("path")); click(e); });
			all(".sb-n").forEach((e) => { point(e); click(e); all(".sb-links button").forEach((b) => b.click()); });
			type(one(".sb-search"), "script");
			return [alerted, all("img").map((e) => e.className).join(), String(all("script").length), String(seen(".sb-n").length), one(".sb-n").dataset.name.slice(0, 9)];`)
		if want := []string{"", "sb-still", "2", "2", "</script>"}; !slices.Equal(got, want) {
			t.Errorf("hostile names: %q, want %q", got, want)
		}
	})
}

// Thousands of nodes are painted on a canvas, which does the same. It stays fluid because what is done at a time is bounded, whatever the
// size of the graph: the test counts it, for times depend on what else the machine does.
func TestBrowserLarge(t *testing.T) {
	ctx := browser(t)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	g := largeGraph(3000, 10000)
	g.Nodes[0].Name = evil
	v := Relations(g, WithLimit(3000))
	var page bytes.Buffer
	if err := v.Render(&page); err != nil {
		t.Fatal(err)
	}
	if n := page.Len(); n > 2<<20 {
		t.Errorf("the view has %d bytes", n)
	}
	type work struct {
		Lines, Discs, Names int // painted by what was done, at once or in its largest frame
		All                 int // lines of all its frames
		Frames              int
	}
	type result struct {
		Caption, Note, Close, Status, Found, Panel, Tip, Reset, Keys string
		Painted, Faded, Elements                                     int
		Open, Pan, Zoom, Hover, Drag, Filter, Search, Focus          work
	}
	got := ask[result](t, open(t, ctx, v), `
		const canvas = one("canvas"), g = canvas.getContext("2d"), box = one(".sb-canvas"), out = {};
		const ink = () => { const d = g.getImageData(0, 0, canvas.width, canvas.height).data; let n = 0; for (let i = 3; i < d.length; i += 4) n += d[i] > 99; return n; };
		const done = {stroke: 0, fill: 0, fillText: 0}, paper = CanvasRenderingContext2D.prototype;
		Object.keys(done).forEach((k) => { const f = paper[k]; paper[k] = function (...a) { done[k]++; return f.apply(this, a); }; });
		let frames = [];
		window.requestAnimationFrame = (f) => { frames.push(f); return 0; };
		const work = (f) => {
			const w = {Lines: 0, Discs: 0, Names: 0, All: 0, Frames: 0};
			const step = (f) => {
				done.stroke = done.fill = done.fillText = 0;
				f();
				w.Lines = Math.max(w.Lines, done.stroke); w.Discs = Math.max(w.Discs, done.fill); w.Names = Math.max(w.Names, done.fillText); w.All += done.stroke;
			};
			step(f);
			for (; frames.length && w.Frames < 100; w.Frames++) { const now = frames; frames = []; step(() => now.forEach((f) => f(0))); }
			return w;
		};
		const r = canvas.getBoundingClientRect(), at = (x, y) => ({bubbles: true, cancelable: true, pointerId: 1, clientX: r.x + x, clientY: r.y + y});
		const zoom = (d) => canvas.dispatchEvent(new WheelEvent("wheel", {...at(400, 300), ctrlKey: true, deltaY: d}));
		const rest = () => new Promise((f) => setTimeout(f, 300));
		out.Elements = all(".sb-view *").length; out.Caption = text(".sb-caption"); out.Painted = ink();
		out.Open = work(() => document.body.setAttribute("data-theme", "x")); await rest(); out.Open = work(() => {});
		out.Note = text(".sb-more");
		box.setPointerCapture = () => {};
		canvas.dispatchEvent(new PointerEvent("pointerdown", at(2, 2)));
		out.Pan = work(() => canvas.dispatchEvent(new PointerEvent("pointermove", at(20, 10))));
		canvas.dispatchEvent(new PointerEvent("pointerup", at(2, 2)));
		canvas.dispatchEvent(new MouseEvent("click", at(2, 2)));
		out.Zoom = work(() => zoom(-700)); await rest(); work(() => {}); out.Close = text(".sb-more");
		work(() => all(".sb-zoom button")[2].click());
		out.Hover = work(() => canvas.dispatchEvent(new PointerEvent("pointermove", at(300, 300))));
		canvas.dispatchEvent(new PointerEvent("pointerleave", at(0, 0)));
		out.Filter = work(() => one(".sb-link input").click());
		out.Status = text(".sb-status");
		work(() => one(".sb-link input").click());
		out.Search = work(() => type(one(".sb-search"), "gene 29"));
		out.Found = text(".sb-status");
		type(one(".sb-search"), "gene 2999");
		out.Focus = work(() => key(one(".sb-search"), "Enter"));
		await rest(); work(() => {});
		out.Panel = text(".sb-panelhead"); out.Faded = ink();
		canvas.dispatchEvent(new PointerEvent("pointermove", at(r.width / 2, r.height / 2)));
		out.Tip = tip();
		canvas.dispatchEvent(new PointerEvent("pointerdown", at(r.width / 2, r.height / 2)));
		out.Drag = work(() => canvas.dispatchEvent(new PointerEvent("pointermove", at(r.width / 2 + 20, r.height / 2))));
		canvas.dispatchEvent(new PointerEvent("pointerup", at(r.width / 2, r.height / 2)));
		canvas.dispatchEvent(new MouseEvent("click", at(r.width / 2, r.height / 2))); // ends the drag
		canvas.dispatchEvent(new MouseEvent("click", at(r.width / 2 + 20, r.height / 2)));
		all(".sb-links button")[0].click();
		key(canvas, "Escape"); type(one(".sb-search"), "");
		out.Reset = text(".sb-panel") + text(".sb-status");
		key(canvas, "ArrowRight"); key(canvas, "Enter");
		out.Keys = text(".sb-panelhead");
		return out;`)
	t.Logf("3,000 nodes, 10,000 edges, %d KB", page.Len()>>10)
	degree := 0
	for _, e := range g.Edges {
		if e.Source == 0 || e.Target == 0 {
			degree++
		}
	}
	const links, inFrame = 2000, 300 // as graph.js has them
	for _, c := range []struct {
		name         string
		work         work
		inFrame, all int
		frames       int
	}{
		{"opening", got.Open, inFrame, links, links/inFrame + 1},
		{"panning", got.Pan, 0, 0, 0}, // the last drawing moves as an image
		{"zooming", got.Zoom, 0, 0, 0},
		{"pointing", got.Hover, degree + 1, degree + 1, 0},
		{"dragging", got.Drag, degree + 1, degree + 1, 0},
		{"filtering", got.Filter, inFrame, links, links/inFrame + 1},
		{"searching", got.Search, inFrame + 1100, links + 1100, links/inFrame + 1}, // a ring around each name that is found
		{"focusing", got.Focus, degree + 1, degree + 1, 1},
	} {
		if w := c.work; w.Lines > c.inFrame || w.All > c.all || w.Frames > c.frames || w.Discs > len(g.Nodes)+inFrame || w.Names > 90 {
			t.Errorf("%s paints %+v, want at most %d lines in a frame, %d in all, %d frames", c.name, w, c.inFrame, c.all, c.frames)
		}
	}
	if got.Filter.All < links {
		t.Errorf("a filter paints %+v, want %d lines", got.Filter, links)
	}
	if got.Elements > 6000 { // of the table with the strongest links
		t.Errorf("the page has %d elements", got.Elements)
	}
	if got.Painted < 30000 || got.Faded >= got.Painted/2 {
		t.Errorf("%d dark pixels, %d when a name is found", got.Painted, got.Faded)
	}
	if want := "The strongest 2,000 of 10,000 links in view; zoom in, filter or click a name for the others"; got.Note != want || got.Close == want {
		t.Errorf("said of what is left out %q, closer %q; want %q, then another figure", got.Note, got.Close, want)
	}
	if !strings.Contains(got.Caption, " names and 10,000 links.") || !strings.HasSuffix(got.Status, " of 10,000 links shown") || !strings.HasSuffix(got.Found, " names found") {
		t.Errorf("said %q, %q, %q", got.Caption, got.Status, got.Found)
	}
	if got.Panel != "gene 2999" || !strings.HasPrefix(got.Tip, "gene 2999 | ") || got.Reset != "" || got.Keys == "" {
		t.Errorf("found %q, under the pointer %q, after a reset %q, by keyboard %q", got.Panel, got.Tip, got.Reset, got.Keys)
	}
}

// largeGraph has n nodes and m edges of five types.
func largeGraph(n, m int) annot.Graph {
	var g annot.Graph
	for i := range n {
		g.Nodes = append(g.Nodes, annot.Node{Name: fmt.Sprint("gene ", i), Type: []string{"protein", "DNA", "cell_type"}[i%3], Count: 1 + n/(i+1)})
	}
	seen := make(map[[2]int]bool)
	r := uint32(1)
	next := func(n int) int { r = r*1664525 + 1013904223; return int(r>>8) % n }
	for len(g.Edges) < m {
		s, t := next(next(n)+1), next(n)
		if s == t || seen[[2]int{s, t}] {
			continue
		}
		seen[[2]int{s, t}] = true
		k := next(5)
		g.Edges = append(g.Edges, annot.Edge{Source: s, Target: t, Type: fmt.Sprint("CPR:", []int{3, 4, 5, 6, 9}[k]), Directed: true, Count: 1 + next(9), Score: float64(next(1000)) / 1000})
	}
	return g
}

// Squares, bands and arcs have a pointer and a keyboard, boxes hide them, and hostile text stays text.
func TestBrowserFigures(t *testing.T) {
	ctx := browser(t)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	type result struct {
		Tip, Panel, Key, Closed, Alerted string
		Marks, Left                      int
		Pictures, Scripts                int
	}
	hostile := hostileGraph()
	hostile.Edges[0].Type = evil
	doc := arcDoc()
	doc.Relations[0].Meaning, doc.Entities[0].Type, doc.Title = evil, evil, evil
	for name, c := range map[string]struct {
		view  View
		box   int // of the legend
		marks int
		left  int // when the box is off
		tip   string
		panel string
	}{
		"matrix":         {RelationMatrix(chemprotGraph()), 2, 40, 27, "imatinib → ABL1 | downregulator, inhibitor (CPR:4) | 12 sentences, score 0.87 | In assay 1 imatinib blocked ABL1. demo-22", "imatinib → ABL1, downregulator, inhibitor (CPR:4), 12 sentences"},
		"sankey":         {Sankey(chemprotGraph()), 2, 40, 27, "imatinib → ABL1 | downregulator, inhibitor (CPR:4) | 12 sentences, score 0.87 | In assay 1 imatinib blocked ABL1. demo-22", "imatinib → ABL1, downregulator, inhibitor (CPR:4), 12 sentences"},
		"arcs":           {Arcs(arcDoc()), 2, -1, -1, "", ""},
		"hostile matrix": {RelationMatrix(hostile), 0, -1, -1, "", ""},
		"hostile sankey": {Sankey(hostile), 0, -1, -1, "", ""},
		"hostile arcs":   {Arcs(doc), 0, -1, -1, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			got := ask[result](t, open(t, ctx, c.view), `
				const out = {}, svg = one(".sb-figure svg"), first = one('[data-row="0"][data-mark]') || one("[data-mark]");
				window.alert = (s) => { out.Alerted = s; };
				out.Marks = all("[data-mark]").length;
				point(first.firstElementChild); out.Tip = tip();
				click(first.firstElementChild); out.Panel = text(".sb-panelhead");
				all("[data-mark]").forEach((m) => { point(m.firstElementChild); click(m.firstElementChild); });
				click(one(".sb-paper")); out.Closed = text(".sb-panel");
				svg.focus(); key(svg, "ArrowRight"); key(document.activeElement, "ArrowDown"); key(document.activeElement, "ArrowRight");
				out.Key = document.activeElement.getAttribute("aria-label") || "";
				all(".sb-legend input")[`+fmt.Sprint(c.box)+`].click();
				out.Left = seen("[data-mark]").length;
				out.Pictures = seen("img").length; out.Scripts = all("script").length;
				return out;`)
			if got.Alerted != "" || got.Pictures != 0 || got.Scripts != 2 || got.Closed != "" {
				t.Errorf("alerted %q, %d pictures, %d scripts, left open %q", got.Alerted, got.Pictures, got.Scripts, got.Closed)
			}
			if got.Key == "" || got.Left >= got.Marks {
				t.Errorf("the keyboard reaches %q; %d of %d marks are left", got.Key, got.Left, got.Marks)
			}
			if c.marks >= 0 && (got.Marks != c.marks || got.Left != c.left || got.Tip != c.tip || got.Panel != c.panel) {
				t.Errorf("%d marks, %d left, pointer %q, panel %q; want %d, %d, %q, %q", got.Marks, got.Left, got.Tip, got.Panel, c.marks, c.left, c.tip, c.panel)
			}
		})
	}
}
