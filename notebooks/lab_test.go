package notebooks

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// A lab is a live JupyterLab with the GoNB kernel, and a browser tab in which it is open.
type lab struct {
	dir   string // what it serves
	shots string // where pictures go
	base  string // its address
	token string
	tab   context.Context
}

// startLab starts the JupyterLab of the environment in SPARSEBIO_VENV on a free port, with settings, kernels and
// signatures of its own, and serves a temporary folder with it.
func startLab(t *testing.T) *lab {
	t.Helper()
	venv := os.Getenv("SPARSEBIO_VENV")
	if venv == "" {
		t.Skip("SPARSEBIO_VENV is not set: run make setup, then set it to the absolute path of .venv")
	}
	l := &lab{dir: t.TempDir(), shots: os.Getenv("SPARSEBIO_SHOTS"), token: rand.Text()}
	if l.shots == "" {
		l.shots = t.TempDir()
	}
	if err := os.MkdirAll(l.shots, 0o755); err != nil {
		t.Fatal(err)
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := free.Addr().(*net.TCPAddr).Port
	free.Close()
	l.base = fmt.Sprintf("http://127.0.0.1:%d", port)

	private := t.TempDir()
	log, err := os.Create(filepath.Join(private, "log"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, filepath.Join(venv, "bin", "python"), "-m", "jupyterlab", "--no-browser", "--allow-root", "--expose-app-in-browser",
		"--ServerApp.ip=127.0.0.1", fmt.Sprintf("--ServerApp.port=%d", port), "--ServerApp.port_retries=0", "--IdentityProvider.token="+l.token, "--ServerApp.root_dir="+l.dir)
	cmd.Env = append(os.Environ(), "JUPYTER_PREFER_ENV_PATH=1", "JUPYTER_PATH="+filepath.Join(venv, "share", "jupyter"),
		"JUPYTER_CONFIG_DIR="+private, "JUPYTER_DATA_DIR="+filepath.Join(private, "data"), "JUPYTER_RUNTIME_DIR="+filepath.Join(private, "run"),
		"JUPYTERLAB_SETTINGS_DIR="+filepath.Join(private, "settings"), "JUPYTERLAB_WORKSPACES_DIR="+filepath.Join(private, "workspaces"), "IPYTHONDIR="+private)
	cmd.Stdout, cmd.Stderr = log, log
	// Asked to end, it ends its kernels too.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		l.shutDown()
		cmd.Process.Signal(os.Interrupt) // it asks whether one is sure, and is with the second
		stop()
		cmd.Wait()
		log.Close()
		if text, _ := os.ReadFile(log.Name()); t.Failed() {
			t.Logf("JupyterLab said:\n%s", text[max(0, len(text)-4000):])
		}
	})
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(200 * time.Millisecond) {
		if res, err := http.Get(l.base + "/api"); err == nil {
			res.Body.Close()
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("JupyterLab does not answer")
		}
	}
	l.tab = startBrowser(t, 30*time.Minute)
	return l
}

// shutDown ends the kernels.
func (l *lab) shutDown() {
	var sessions []struct{ ID string }
	if l.api(http.MethodGet, "/api/sessions", &sessions) == nil {
		for _, s := range sessions {
			l.api(http.MethodDelete, "/api/sessions/"+s.ID, nil)
		}
	}
}

func (l *lab) api(method, path string, into any) error {
	req, err := http.NewRequest(method, l.base+path, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "token "+l.token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if into == nil {
		return nil
	}
	return json.NewDecoder(res.Body).Decode(into)
}

// write makes a notebook whose cells are programs.
func (l *lab) write(t *testing.T, name string, programs ...string) {
	t.Helper()
	type cell map[string]any
	var cells []cell
	for i, p := range programs {
		cells = append(cells, cell{"cell_type": "code", "id": fmt.Sprintf("cell-%d", i), "metadata": cell{}, "source": p, "outputs": []any{}, "execution_count": nil})
	}
	text, err := json.Marshal(cell{
		"cells": cells, "nbformat": 4, "nbformat_minor": 5,
		"metadata": cell{"kernelspec": cell{"name": "gonb", "display_name": "Go (gonb)", "language": "go"}, "language_info": cell{"name": "go"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(l.dir, name), text, 0o644); err != nil {
		t.Fatal(err)
	}
}

// open opens a notebook in the tab, alone.
func (l *lab) open(t *testing.T, name string) {
	t.Helper()
	if err := chromedp.Do(l.tab, chromedp.Navigate(l.base+"/lab/tree/"+name+"?reset&token="+l.token)); err != nil {
		t.Fatal(err)
	}
	l.wait(t, "the notebook "+name, 5*time.Minute, `window.jupyterapp && document.querySelectorAll(".jp-Notebook .jp-CodeCell").length > 0`)
	// A slow server has JupyterLab ask which kernel is wanted; ours is chosen in the question.
	l.wait(t, "a kernel", 5*time.Minute, `(document.querySelector(".jp-Dialog .jp-mod-accept")?.click(), panel()?.sessionContext.session?.kernel?.connectionStatus === "connected")`)
}

// panel finds the open notebook.
const panel = `var panel = () => [...jupyterapp.shell.widgets("main")].find((w) => w.sessionContext);`

// look evaluates an expression in the page.
func look[T any](t *testing.T, l *lab, expression string) T {
	t.Helper()
	got, err := chromedp.Run(l.tab, chromedp.Evaluate[T](panel+"("+expression+")"))
	if err != nil {
		t.Fatalf("%v in %s", err, expression)
	}
	return got
}

// wait waits until an expression is true in the page.
func (l *lab) wait(t *testing.T, what string, most time.Duration, expression string) {
	t.Helper()
	for deadline := time.Now().Add(most); ; time.Sleep(100 * time.Millisecond) {
		got, err := chromedp.Run(l.tab, chromedp.Evaluate[bool](panel+"!!("+expression+")"))
		if err == nil && got {
			return
		}
		if time.Now().After(deadline) {
			l.shoot(t, "waiting")
			t.Fatalf("waited %v in vain for %s (%v); the page is in %s", most, what, err, filepath.Join(l.shots, "waiting.png"))
		}
	}
}

// command has JupyterLab do what a menu entry does.
func (l *lab) command(t *testing.T, id string) {
	t.Helper()
	_, err := chromedp.Run(l.tab, chromedp.Evaluate[json.RawMessage](`jupyterapp.commands.execute("`+id+`").then(() => 0)`, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: %v", id, err)
	}
}

// start has JupyterLab begin with what a menu entry does, without waiting for its end.
func (l *lab) start(t *testing.T, id string) {
	t.Helper()
	look[int](t, l, `(jupyterapp.commands.execute("`+id+`"), 0)`)
}

// counts is how often each cell has run, 0 for one that has not or does.
const counts = `panel().content.widgets.map((c) => c.model.executionState === "running" || c.promptNode?.textContent.includes("*") ? 0 : c.model.executionCount ?? 0)`

// runs waits until a cell has run with a higher number than before.
func (l *lab) runs(t *testing.T, i, before int) {
	t.Helper()
	l.wait(t, fmt.Sprintf("the end of cell %d", i), 5*time.Minute, fmt.Sprintf("%s[%d] > %d", counts, i, before))
}

// begin starts a cell and returns the number it had.
func (l *lab) begin(t *testing.T, i int) int {
	t.Helper()
	before := look[[]int](t, l, counts)[i]
	look[int](t, l, fmt.Sprintf(`(panel().content.activeCellIndex = %d, panel().content.deselectAll(), 0)`, i))
	l.start(t, "notebook:run-cell")
	return before
}

// shoot saves a picture of the tab.
func (l *lab) shoot(t *testing.T, name string) {
	t.Helper()
	shot, err := chromedp.Run(l.tab, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.WriteFile(filepath.Join(l.shots, name+".png"), shot, 0o644)
	}
	if err != nil {
		t.Logf("picture %s: %v", name, err)
	}
}

// click clicks in the middle of the element that an expression finds, as a mouse does.
func (l *lab) click(t *testing.T, element string) {
	t.Helper()
	at := look[[]float64](t, l, `((e) => { e.scrollIntoView({block: "center", behavior: "instant"}); const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })(`+element+`)`)
	if err := chromedp.Do(l.tab, chromedp.MouseClickXY(at[0], at[1])); err != nil {
		t.Fatal(err)
	}
}

// The pictures of these cells need no model: documents and figures as one would make them by hand.
const (
	madeByHand = `import (
	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/viz"
)

func read() (docs []annot.Document) {
	for _, text := range []string{"IL-2 activates STAT5 in T cells.", "STAT5 binds GATA3 and IL-2.", "T cells need IL-2; GATA3 <b>does not</b>."} {
		d := annot.Document{Text: text}
		for name, kind := range map[string]string{"IL-2": "protein", "STAT5": "protein", "GATA3": "protein", "T cells": "cell_type"} {
			if i := strings.Index(text, name); i >= 0 {
				d.Entities = append(d.Entities, annot.Entity{Start: i, End: i + len(name), Type: kind, Score: 0.9})
			}
		}
		slices.SortFunc(d.Entities, func(a, b annot.Entity) int { return a.Start - b.Start })
		docs = append(docs, d)
	}
	return docs
}

%%
viz.Init()
viz.Entities(read()).Show()`
	graphByHand = "%%\nviz.Relations(annot.CoMentions(read())).Show()"
	barsByHand  = `%%
viz.Throughput(report.Benchmark{Results: []report.Result{
	{Model: "jnlpba", Engine: "sparse INT8", Sparsity: 0.9, TokensPerSecond: 900, Threads: 2},
	{Model: "jnlpba-dense", Engine: "dense fp32", TokensPerSecond: 100, Threads: 2},
}}).Show()`
	withBar = `import (
	"github.com/sparsebio/sparsebio/biobert"
	_ "github.com/sparsebio/sparsebio/biobert/models/jnlpba"
)

%%
ner := biobert.Must(biobert.NewTokenClassification(biobert.Context(), "jnlpba"))
texts := slices.Repeat([]string{"IL-2 activates NF-kappa B in T cells, which need it."}, 3000)
biobert.Must(ner.Annotate(biobert.Context(), biobert.Texts(texts...)))`
)

// alive counts what a reader sees of the pictures: marks, figures and charts that a script has brought to life, and
// pictures that stand in for them. Of what is not trusted JupyterLab strips the attributes data-*.
const alive = `(() => {
	const shown = (e) => e.getClientRects().length > 0, all = (s) => [...document.querySelectorAll(".jp-OutputArea-output " + s)].filter(shown);
	return {Marks: all("mark").length, Live: all(".sb-canvas svg, .sb-canvas canvas").length, Pictures: all("img").filter((i) => i.complete && i.naturalWidth > 0).length,
		Bold: all(".sb-text b").length, Errors: all("[data-mime-type='application/vnd.jupyter.stderr']").length};
})()`

type pictures struct{ Marks, Live, Pictures, Bold, Errors int }

// TestLab does in a live JupyterLab what people do: run all, click, filter, run a cell again, save, reload, and open
// a notebook that JupyterLab does not trust. Pictures of it are saved in SPARSEBIO_SHOTS.
func TestLab(t *testing.T) {
	l := startLab(t)
	l.write(t, "live.ipynb", madeByHand, graphByHand, barsByHand, withBar)
	l.open(t, "live.ipynb")

	want := pictures{Marks: 9, Live: 2}
	check := func(when string, want pictures) {
		t.Helper()
		// Charts are drawn after their output has come.
		l.wait(t, "the pictures "+when, 2*time.Minute, fmt.Sprintf(`(({Marks, Live, Pictures}) => Marks === %d && Live === %d && Pictures >= %d)(%s)`, want.Marks, want.Live, want.Pictures, alive))
		if got := look[pictures](t, l, alive); got.Bold != 0 || got.Errors != 0 {
			t.Errorf("%s: %+v: text became markup, or a cell complained", when, got)
		}
	}

	l.start(t, "notebook:run-all-cells")
	// The bar of the last cell: one line, whenever one looks.
	var bars []string
	for deadline := time.Now().Add(10 * time.Minute); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		text := strings.TrimSpace(look[string](t, l, `[...document.querySelectorAll(".jp-CodeCell")].pop().querySelector(".jp-OutputArea")?.innerText ?? ""`))
		if text != "" && !slices.Contains(bars, text) {
			bars = append(bars, text)
		}
		if strings.HasPrefix(text, "3000 of 3000 texts") {
			break
		}
	}
	l.runs(t, 3, 0)
	check("after a run of all cells", want)
	for i, text := range bars {
		// The last line comes before the line that the bar leaves when it clears itself.
		if n := strings.Count(text, "\n"); n > 0 {
			t.Errorf("the bar has %d lines at one time: %q", n+1, text)
		}
		if i == len(bars)-1 && !strings.HasPrefix(text, "3000 of 3000 texts, ") {
			t.Errorf("the bar ends as %q", text)
		}
	}
	if len(bars) < 2 {
		t.Logf("the bar was seen in %d states only: %q", len(bars), bars)
	}
	l.shoot(t, "lab-run")

	// A click on a node leaves it and its neighbours, and a click on a box of the legend hides a type.
	l.click(t, `[...document.querySelectorAll(".sb-graph .sb-n")].find((n) => n.dataset.name === "STAT5").querySelector("circle")`)
	l.wait(t, "the panel of a node", time.Minute, `document.querySelector(".sb-graph .sb-panel")?.textContent.includes("STAT5")`)
	l.shoot(t, "lab-node")
	const coloured = `[...document.querySelectorAll(".sb-entities mark[data-type=cell_type]")].filter((m) => getComputedStyle(m).backgroundColor !== "rgba(0, 0, 0, 0)").length`
	if n := look[int](t, l, coloured); n != 2 {
		t.Errorf("%d highlighted cell types before the filter, want 2", n)
	}
	l.click(t, `[...document.querySelectorAll(".sb-entities .sb-legend label, .sb-entities label")].find((e) => e.textContent.includes("cell_type"))`)
	l.wait(t, "the filter", time.Minute, coloured+" === 0")
	l.shoot(t, "lab-filter")

	// The cell that holds the script, again, then a chart again.
	for _, i := range []int{0, 2} {
		l.runs(t, i, l.begin(t, i))
	}
	check("after cells were run again", want)

	l.command(t, "docmanager:save")
	saved, err := os.ReadFile(filepath.Join(l.dir, "live.ipynb"))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("the saved notebook has %d bytes", len(saved))
	if len(saved) > 1_200_000 {
		t.Errorf("the saved notebook has %d bytes: is the script in it more than once?", len(saved))
	}
	l.open(t, "live.ipynb")
	check("after a reload of the saved notebook", want)
	l.shoot(t, "lab-reload")

	// The same, from somebody else: it is not signed here.
	foreign := strings.Replace(string(saved), "IL-2 activates", "IL-2 calms", 1)
	if err := os.WriteFile(filepath.Join(l.dir, "foreign.ipynb"), []byte(foreign), 0o644); err != nil {
		t.Fatal(err)
	}
	l.open(t, "foreign.ipynb")
	check("in a notebook that is not trusted", pictures{Marks: 9, Live: 0, Pictures: 2})
	l.shoot(t, "lab-untrusted")
}

// TestLabTrouble sees what a reader sees when a cell fails and when it is stopped, and that nothing is broken afterwards.
func TestLabTrouble(t *testing.T) {
	l := startLab(t)
	const imports = `import (
	"github.com/sparsebio/sparsebio/biobert"
	_ "github.com/sparsebio/sparsebio/biobert/models/jnlpba"
	"github.com/sparsebio/sparsebio/datasets"
)

`
	l.write(t, "trouble.ipynb",
		imports+"%%\nset := biobert.Must(datasets.Load(biobert.Context(), \"papers.csv\"))\nfmt.Println(set)",
		imports+`%%
ctx := biobert.Context()
ner := biobert.Must(biobert.NewTokenClassification(ctx, "jnlpba"))
texts := slices.Repeat([]string{"IL-2 activates NF-kappa B in T cells, which need it."}, 1_000_000) // minutes
biobert.Must(ner.Annotate(ctx, biobert.Texts(texts...)))
biobert.Check(os.WriteFile("never.txt", nil, 0o644))`,
		"%%\nfmt.Println(\"waiting\")\ntime.Sleep(time.Hour)",
		`import "github.com/sparsebio/sparsebio/viz"

%%
live := viz.NewLive()
_, err := biobert.SpeedByLength(biobert.Context(), []int{16, 32, 512}, biobert.SweepOptions{
	Models: []string{"jnlpba"}, Time: 3 * time.Second, Rounds: 1_000_000, Progress: live.Curve,
})
biobert.Check(errors.Join(err, live.Close()))`,
		"%%\nfmt.Println(\"still\", \"here\")")
	l.open(t, "trouble.ipynb")

	output := func(i int) string {
		return look[string](t, l, fmt.Sprintf(`document.querySelectorAll(".jp-CodeCell")[%d].querySelector(".jp-OutputArea")?.innerText ?? ""`, i))
	}
	// A wrong name: one box, that says what to do, and nothing else.
	l.runs(t, 0, l.begin(t, 0))
	l.wait(t, "the box", time.Minute, `document.querySelector(".jp-OutputArea .sb-error")`)
	l.shoot(t, "lab-error")
	if got := output(0); strings.Count(got, "papers.csv") != 1 || strings.Contains(got, "exit status") || strings.Contains(got, "goroutine") {
		t.Errorf("a wrong name shows %q, want one box", got)
	}
	if hint := look[string](t, l, `document.querySelector(".sb-error .sb-hint")?.textContent ?? ""`); hint == "" {
		t.Error("the box gives no hint")
	}

	// Stopped while it reads.
	before := l.begin(t, 1)
	l.wait(t, "the bar", 5*time.Minute, `document.querySelectorAll(".jp-CodeCell")[1].querySelector(".jp-OutputArea")?.innerText.includes("texts")`)
	began := time.Now()
	l.command(t, "notebook:interrupt-kernel")
	l.runs(t, 1, before)
	t.Logf("stopped %v after the button was pressed", time.Since(began).Round(10*time.Millisecond))
	l.shoot(t, "lab-stopped")
	if got := output(1); !strings.Contains(got, "stopped (") && !strings.Contains(got, "stopped\n") || strings.Contains(got, "exit status") || strings.Contains(got, "goroutine") {
		t.Errorf("a cell that was stopped shows %q", got)
	}

	// Stopped while it does nothing that could be cancelled.
	before = l.begin(t, 2)
	l.wait(t, "the third cell", 5*time.Minute, `document.querySelectorAll(".jp-CodeCell")[2].querySelector(".jp-OutputArea")?.innerText.includes("waiting")`)
	l.command(t, "notebook:interrupt-kernel")
	l.runs(t, 2, before)

	// Stopped while a picture grows: what was measured stays to be seen, in the one picture.
	before = l.begin(t, 3)
	const grown = `document.querySelectorAll(".jp-CodeCell")[3].querySelectorAll(".jp-OutputArea-output img")`
	l.wait(t, "a picture that grows", 5*time.Minute, `[...`+grown+`].some((i) => i.complete && i.naturalWidth > 0)`)
	l.command(t, "notebook:interrupt-kernel")
	l.runs(t, 3, before)
	l.wait(t, "the box below the picture", time.Minute, `document.querySelectorAll(".jp-CodeCell")[3].querySelector(".sb-error")`)
	l.shoot(t, "lab-stopped-live")
	if got := output(3); !strings.Contains(got, "stopped") || strings.Contains(got, "exit status") || strings.Contains(got, "goroutine") {
		t.Errorf("a benchmark that was stopped shows %q", got)
	}
	const stays = `[...document.querySelectorAll(".jp-CodeCell")[3].querySelectorAll(".jp-OutputArea-output img, .jp-OutputArea-output .sb-canvas svg")].filter((e) => e.getClientRects().length > 0).length`
	if n := look[int](t, l, stays); n != 1 {
		t.Errorf("a benchmark that was stopped leaves %d pictures, want 1", n)
	}

	// And the next cell runs.
	l.begin(t, 4)
	l.wait(t, "a cell after the trouble", 5*time.Minute, `document.querySelectorAll(".jp-CodeCell")[4].querySelector(".jp-OutputArea")?.innerText.includes("still here")`)
	var left []string
	entries, err := os.ReadDir(l.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() != "trouble.ipynb" && e.Name() != ".ipynb_checkpoints" {
			left = append(left, e.Name())
		}
	}
	if len(left) > 0 {
		t.Errorf("files were left behind: %q", left)
	}
}
