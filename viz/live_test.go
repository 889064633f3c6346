package viz

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/sparsebio/sparsebio/biobert/report"
)

// A recorder is a display that remembers.
type recorder struct {
	inNotebook, inTerminal bool
	lines, pictures, ends  []string
	ids                    map[string]bool
}

func (r *recorder) notebook() bool { return r.inNotebook }
func (r *recorder) terminal() bool { return r.inTerminal }
func (r *recorder) line(s string)  { r.lines = append(r.lines, s) }
func (r *recorder) picture(id, html, text string) error {
	r.ids[id] = true
	r.pictures = append(r.pictures, html)
	return nil
}
func (r *recorder) end(id string, f *fragment, text string) error {
	r.ids[id] = true
	r.ends = append(r.ends, string(f.html())+text)
	return nil
}

func TestLive(t *testing.T) {
	part := sampleSpeeds()
	part.Results = part.Results[:1]
	play := func(r *recorder) {
		t.Helper()
		r.ids = map[string]bool{}
		l := NewLive()
		l.on = r
		l.Throughput(part)
		l.Throughput(part) // too soon
		l.drawn = l.drawn.Add(-time.Second)
		l.Throughput(sampleSpeeds())
		l.Throughput(sampleSpeeds())
		for range 2 {
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := l.Show(Throughput(part)); err == nil {
			t.Error("shown after Close")
		}
	}
	r := &recorder{inNotebook: true}
	play(r)
	if len(r.pictures) != 2 || len(r.ends) != 1 || len(r.ids) != 1 || r.ids[""] || len(r.lines) != 0 {
		t.Fatalf("%d pictures, %d ends, ids %v, lines %q", len(r.pictures), len(r.ends), r.ids, r.lines)
	}
	for i, p := range r.pictures {
		if strings.Contains(p, "<script") || strings.Contains(p, "<details") || !strings.Contains(p, "Still measuring") || strings.Count(p, "<div") != strings.Count(p, "</div") || len(p) > 20<<10 {
			t.Errorf("picture %d, %d bytes: %s", i, len(p), p)
		}
	}
	if e := r.ends[0]; !strings.Contains(e, "<script>") || strings.Contains(e, "Still measuring") || !strings.Contains(e, "13.9x faster") {
		t.Errorf("the end is %s", e)
	}

	r = &recorder{inTerminal: true}
	play(r)
	if want := "… Tokens per second|… Sparse INT8 is 13.9x faster than dense fp32|"; strings.Join(r.lines, "|") != want || len(r.pictures) != 0 || len(r.ends) != 1 {
		t.Errorf("lines %q, %d ends", r.lines, len(r.ends))
	}
	r = &recorder{}
	play(r)
	if len(r.lines) != 0 || len(r.ends) != 1 {
		t.Errorf("lines %q, %d ends", r.lines, len(r.ends))
	}
}

func TestLiveKinds(t *testing.T) {
	r := &recorder{inNotebook: true, ids: map[string]bool{}}
	for i, show := range []func(*Live){
		func(l *Live) { l.Latency(sampleLatency()) }, func(l *Live) { l.Curve(sampleCurve()) }, func(l *Live) { l.Roofline(sampleRoofline()) },
		func(l *Live) {
			if err := l.Show(Entities(sampleDocs())); err != nil {
				t.Error(err)
			}
		},
	} {
		l := &Live{on: r}
		show(l)
		if err := l.Close(); err != nil || len(r.pictures) != i+1 || len(r.ends) != i+1 {
			t.Errorf("%v; %d pictures, %d ends", err, len(r.pictures), len(r.ends))
		}
	}
	for name, show := range map[string]func(*Live){"nothing": func(*Live) {}, "error": func(l *Live) { l.Throughput(report.Benchmark{}) }} {
		l := &Live{on: &recorder{inNotebook: true}}
		show(l)
		if err := l.Close(); (err != nil) != (name == "error") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// While work goes on there is a picture, without a script, on a light page and on a dark one.
func TestBrowserLive(t *testing.T) {
	ctx := browser(t)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	for light, card := range map[bool]string{true: "rgb(255, 255, 255)", false: "rgb(22, 26, 31)"} {
		views := []View{stillView{Throughput(sampleSpeeds())}, stillView{Latency(sampleLatency())}, stillView{Curve(sampleCurve())}, stillView{Roofline(sampleRoofline())}}
		tab := openPage(t, ctx, light, views...)
		type result struct {
			Pictures, Scripts, Tables int
			Card                      string
			Contrast                  bool
		}
		got := ask[result](t, tab, `
			const caption = all(".sb-caption");
			await Promise.all(all(".sb-canvas img").map((e) => e.decode()));
			return {
				Pictures: all(".sb-canvas img").filter((e) => e.offsetWidth > 300 && e.naturalWidth > 0).length, Scripts: all(".sb-view script").length, Tables: seen("table").length,
				Card: getComputedStyle(one(".sb-view")).backgroundColor,
				Contrast: caption.every((e) => getComputedStyle(e).color !== getComputedStyle(one(".sb-view")).backgroundColor),
			};`)
		if want := (result{Pictures: len(views), Card: card, Contrast: true}); got != want {
			t.Errorf("light %t: %+v, want %+v", light, got, want)
		}
	}
}
