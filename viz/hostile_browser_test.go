package viz

import (
	"bytes"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/datasets/annot"
)

// hostileTexts are names, titles and types that want to be more than text, or more than there is room for.
var hostileTexts = map[string]string{
	"markup":  `"'></title></style></svg></script><script>window.hostile=1</script><img src=x onerror="window.hostile=1">` + "`" + `" onmouseover="window.hostile=1" x='{b} ${window.hostile=1} \u003cscript>` + "\x00\x1b\r\n\xff\u2028",
	"turned":  "\u202e\u2066<b onclick=window.hostile=1>gnihtemos\u202dX \U0001f9ec\U0001f468\u200d\U0001f52c e\u0301\ufeff",
	"long":    strings.Repeat("W", 10_000),
	"address": `javascript:window.hostile=1//url(javascript:window.hostile=1)`,
}

// hostileViews are all pictures, with the text wherever there is room for one.
func hostileViews(s string) map[string]View {
	name := strings.ToValidUTF8(s, "?")
	if name == "" {
		name = "?"
	}
	var docs, found []annot.Document
	for range 4 {
		d := annot.Document{ID: s, Title: s, Text: name + " binds p53. " + name}
		d.Entities = []annot.Entity{{Type: s, Start: 0, End: len(name), Score: 0.9}, {Type: "gene", Start: len(name) + 7, End: len(name) + 10}}
		docs = append(docs, d)
		d.Entities = []annot.Entity{{Type: s + "x", Start: 0, End: len(name)}}
		found = append(found, d)
	}
	e := docs[0].Entities
	arcs := docs[0]
	arcs.Relations = []annot.Relation{{Type: s, Meaning: s, Source: e[0], Target: e[1], Directed: true}}
	sentence := annot.Evidence{DocID: s, Sentence: name + " binds p53.", Source: annot.Span{End: len(name)}, Target: annot.Span{Start: len(name) + 7, End: len(name) + 10}}
	graph := annot.Graph{Nodes: []annot.Node{{Name: s, Type: s, Count: 2, Aliases: []string{s}}, {Name: "p53", Type: "gene", Count: 2}, {Name: s, Type: s + "x", Count: 1}},
		Edges: []annot.Edge{{Source: 0, Target: 1, Type: s, Meaning: s, Count: 2, Score: 0.5, Directed: true, Evidence: []annot.Evidence{sentence}}, {Source: 2, Target: 1, Count: 1}}}
	large := largeGraph(450, 600)
	large.Nodes[0] = graph.Nodes[0]
	large.Edges[0] = annot.Edge{Source: 0, Target: 1, Type: s, Meaning: s, Count: 90}
	machine := &report.Machine{CPU: s, OS: s, Arch: s, Go: s}
	bench := report.Benchmark{Machine: machine, Results: []report.Result{{Model: s, Engine: s, Instance: s, Kernel: s, TokensPerSecond: 5,
		Spread:  &report.Spread{Low: 4, High: 6, Count: 2, Of: s, Kind: s},
		Latency: &report.Percentiles{Calls: 1, Min: 1, Mean: 1, P50: 1, P90: 1, P95: 1, P99: 1, Max: 1}}}}
	points := []report.Point{{X: 1, Y: 2, Label: s}, {X: 2, Y: 3, Label: s}}
	curve := report.Curve{Title: s, X: report.Axis{Name: s, Unit: s}, Y: report.Axis{Name: s, Unit: s}, Note: s, Machine: machine, Series: []report.Series{{Name: s, Points: points}, {Name: s, Points: points}}}
	layers := report.Explanation{Model: s, Engine: s, Instance: s, Tokens: 1, Layers: []report.LayerTime{{Layer: "0 " + s, Kernel: s, MeasuredS: 1}}, Steps: []report.StepTime{{Step: s, MeasuredS: 1}}}
	roofline := report.Roofline{Machine: machine, Peaks: []report.Peak{{Name: s, Kernel: s, OpsPerSecond: 1}}, Bandwidth: report.Bandwidth{BytesPerSecond: 1},
		Products: []report.ProductTime{{Engine: s, Kernel: s, Outputs: 1, Inputs: 1, Tokens: 1, Sparsity: 0.5, Bytes: 1, Seconds: 1}}}
	return map[string]View{
		"live speed":   stillView{Throughput(bench)},
		"live latency": stillView{Latency(bench, WithTitle(s))},
		"live curve":   stillView{Curve(curve)},
		"live roof":    stillView{Roofline(roofline, WithTitle(s))},
		"live text":    stillView{Entities(docs, WithTitle(s), WithModel(s))},
		"entities":     Entities(docs, WithTitle(s), WithModel(s), WithPageSize(2)),
		"confidence":   Entities(docs, WithConfidence(), WithModel(s)),
		"template":     Entities(docs[:1], WithTemplate(`<mark class="{{.Class}}" title="{{.Type}}" style="color:{{.Color}}">{{.Text}} <a href="{{.Type}}">{{.Model}}</a></mark>`), WithModel(s)),
		"compare":      Compare(docs, found, WithTitle(s)),
		"lengths":      Lengths([]LengthSet{{s, []int{1, 2, 3}}, {s, []int{4, 5}}}, WithTitle(s), WithUnit("x"+s), WithMark(2, s)),
		"frequencies":  Frequencies(annot.Frequencies(docs), WithTitle(s)),
		"cooccurrence": CoOccurrence(annot.CoOccurrences(docs), WithTitle(s)),
		"timeline":     Timeline(annot.ByYear(docs, func(i int) int { return 2000 + i }), WithTitle(s)),
		"relations":    Relations(graph, WithTitle(s)),
		"large":        Relations(large, WithLimit(450), WithTitle(s)),
		"arcs":         Arcs(arcs, WithTitle(s)),
		"matrix":       RelationMatrix(graph, WithTitle(s), WithSourceTypes(s, s+"x"), WithTargetTypes("gene")),
		"sankey":       Sankey(graph, WithTitle(s), WithSourceTypes(s, s+"x"), WithTargetTypes("gene")),
		"throughput":   Throughput(bench),
		"latency":      Latency(bench, WithTitle(s)),
		"curve":        Curve(curve),
		"layers":       Layers(layers, WithTitle(s)),
		"roofline":     Roofline(roofline, WithTitle(s)),
	}
}

// A stillView is a view as a Live shows it while work goes on.
type stillView struct{ View }

func (v stillView) fragment() (*fragment, error) {
	f, err := v.View.fragment()
	if err != nil {
		return nil, err
	}
	return still(f), nil
}

// TestBrowserHostile shows every picture with hostile texts, points at all of it, and asks that no script ran, that no element came to be
// that the view does not make, and that nothing makes the page wider than the window.
func TestBrowserHostile(t *testing.T) {
	ctx := browser(t)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	for _, what := range slices.Sorted(maps.Keys(hostileTexts)) {
		t.Run(what, func(t *testing.T) {
			var names []string
			var all []View
			views := hostileViews(hostileTexts[what])
			for _, name := range slices.Sorted(maps.Keys(views)) {
				if err := views[name].Render(new(bytes.Buffer)); err != nil {
					t.Errorf("%s: %v", name, err)
					continue
				}
				names, all = append(names, name), append(all, views[name])
			}
			tab := openPage(t, ctx, true, all...)
			type result struct {
				Ran, Views          int
				Strange, Wide, Dead []string
			}
			got := ask[result](t, tab, `
				const out = {Strange: [], Wide: [], Dead: []};
				const views = all(".sb-view");
				views.forEach((v, i) => {
					Array.from(v.querySelectorAll("[data-mark], mark, canvas, .sb-row")).slice(0, 40).forEach((m) => { point(m); click(m); });
					v.querySelectorAll(".sb-links button, summary").forEach((b) => b.click());
					if (v.querySelector(".sb-canvas") && !v.dataset.live && !v.textContent.includes("Still measuring")) out.Dead.push(String(i));
					v.querySelectorAll("*").forEach((e) => {
						const bad = e.getAttributeNames().find((a) => a.startsWith("on")) || (/^(script|iframe|object|embed|link|base|meta)$/.test(e.localName) && e.localName);
						const href = e.getAttribute("href") || "";
						if (bad || href.startsWith("javascript:") || e.localName === "img" && !e.src.startsWith("data:image/svg+xml;base64,")) out.Strange.push(i + " " + e.localName + " " + (bad || href));
					});
					if (v.scrollWidth > v.clientWidth + 1) out.Wide.push(i + ": " + v.scrollWidth + " of " + v.clientWidth);
				});
				await new Promise((f) => setTimeout(f, 50));
				out.Ran = window.hostile ? 1 : 0; out.Views = views.length;
				return out;`)
			for i, list := range [][]string{got.Strange, got.Wide, got.Dead} {
				for _, s := range list {
					t.Errorf("%s: %s (of %s)", []string{"strange element", "wider than the page", "not live"}[i], s, strings.Join(names, ", "))
				}
			}
			if got.Ran != 0 || got.Views != len(all) {
				t.Errorf("a hostile script ran %d times; %d views of %d", got.Ran, got.Views, len(all))
			}
		})
	}
}
