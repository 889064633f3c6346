package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/sparsebio/sparsebio/biobert/compress"
	"github.com/sparsebio/sparsebio/biobert/internal/berttest"
	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

// abstracts are made-up texts, a record each, of some hundred word pieces.
func abstracts(n int) string {
	words := strings.Fields(`IL-2 NF-κB protein activates binds inhibits GATA-3 the of in human T cells expression promoter α-tubulin
		kinase receptor (p53) induced by was found not and 12 patients with increased levels, mRNA gene transcription TGF-β1 regulates`)
	r := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	for i := range n {
		var text []string
		for range 40 + r.IntN(60) {
			text = append(text, words[r.IntN(len(words))])
		}
		fmt.Fprintf(&b, "{\"id\": \"%d\", \"abstract\": %q}\n", i, strings.Join(text, " ")+".")
	}
	return b.String()
}

// ownModel brings a model named and made as BioBERT is from the hub to entities in three commands, each of which run runs, and
// compares these with those of the dense model.
func ownModel(t *testing.T, shape berttest.Shape, texts int, run func(args ...string) string, flags ...string) {
	const id = "dmis-lab/biobert-base-cased-v1.1"
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	from := t.TempDir()
	if trained := os.Getenv("SPARSEBIO_REAL_MODEL"); trained != "" && shape == berttest.Base {
		from = trained
	} else {
		berttest.WriteBioBERT(t, from, shape, berttest.WriteLegacy)
	}
	h := hubtest.New(t)
	h.AddDir("model", id, from)
	h.Setenv()
	in, dir := write(t, "in.jsonl", abstracts(texts)), t.TempDir()
	sparse, dense := filepath.Join(dir, "sparse.jsonl"), filepath.Join(dir, "dense.jsonl")
	model := filepath.Join(dir, "model")

	run("pull", id)
	fetched := len(h.Gets())
	run(append([]string{"compress", "--model", id, "--sparsity", "0.6", "--calibrate", in, "--text", "abstract", "--output", model}, flags...)...)
	run("ner", "--model", model, "--input", in, "--text", "abstract", "--output", sparse)

	run("ner", "--model", id, "--input", in, "--text", "abstract", "--output", dense)
	if n := len(h.Gets()); fetched == 0 || n != fetched {
		t.Errorf("pull fetched %d files, all together %d", fetched, n)
	}
	raw, err := os.ReadFile(filepath.Join(model, "compress.json"))
	if err != nil {
		t.Fatal(err)
	}
	var report compress.Report
	if err := json.Unmarshal(raw, &report); err != nil {
		t.Fatal(err)
	}
	if report.Sparsity < 0.6 || report.Agreement.Equal < 0.8 || report.Agreement.Others == 0 {
		t.Errorf("%.3f of zeros, %+v", report.Sparsity, report.Agreement)
	}
	if raw, err := os.ReadFile(sparse + ".provenance.json"); err != nil || !strings.Contains(string(raw), "sparse INT8") {
		t.Errorf("not of the sparse engine, %v:\n%s", err, raw)
	}
	t.Logf("compress: %s", report.Agreement)
	same, all := entitiesInCommon(t, dense, sparse)
	if all == 0 || 10*same < 3*all {
		t.Errorf("%d of %d entities are the same", same, all)
	}
	t.Logf("entities: F1 against the dense model's %.1f %%", 200*float64(same)/float64(all))
}

// entitiesInCommon returns how many entities are in both files, and how many in either, those in both counted twice.
func entitiesInCommon(t *testing.T, a, b string) (same, all int) {
	t.Helper()
	as, bs := readRecords(t, a), readRecords(t, b)
	if len(as) == 0 || len(as) != len(bs) {
		t.Fatalf("%d records and %d", len(as), len(bs))
	}
	for i := range as {
		type entity struct {
			kind       string
			start, end int
		}
		seen := map[entity]bool{}
		for _, e := range as[i].Entities {
			seen[entity{e.Type, e.Start, e.End}] = true
		}
		for _, e := range bs[i].Entities {
			if seen[entity{e.Type, e.Start, e.End}] {
				same++
			}
		}
		all += len(as[i].Entities) + len(bs[i].Entities)
	}
	return same, all
}

func TestOwnModel(t *testing.T) {
	ownModel(t, berttest.Shape{Layers: 2, Hidden: 64, Heads: 4, Vocab: 3000}, 24, func(args ...string) string { return mustRun(t, args...) })
}

// The same with the size of BioBERT and 32,768 tokens of calibration, in programs of their own whose time and memory are told. SPARSEBIO_REAL_MODEL may name a checkpoint folder to
// take in place of random weights, and SPARSEBIO_REAL_FLAGS more flags of compress, such as --method=sparsegpt --tokens=4096 on a busy machine.
func TestOwnModelRealSize(t *testing.T) {
	shape := berttest.RealSize(t, "half an hour on two cores, 2 GB on disk and 4 GB of memory")
	program := filepath.Join(t.TempDir(), "sparsebio")
	if out, err := exec.Command("go", "build", "-o", program, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	texts := 48
	if shape == berttest.Base && os.Getenv("SPARSEBIO_REAL_FLAGS") == "" {
		texts = 200
	}
	ownModel(t, shape, texts, func(args ...string) string {
		t.Helper()
		var out bytes.Buffer
		c := exec.CommandContext(t.Context(), program, args...)
		c.Stdout, c.Stderr = &out, &out
		start := time.Now()
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		peak := watchRSS(c.Process.Pid)
		err := c.Wait()
		t.Logf("sparsebio %s: %.2f minutes, %.2f of processor time, peak RSS %s", strings.Join(args, " "), time.Since(start).Minutes(),
			(c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Minutes(), peak())
		if err != nil {
			t.Fatalf("sparsebio %s: %v\n%s", strings.Join(args, " "), err, out.String())
		}
		return out.String()
	}, strings.Fields(os.Getenv("SPARSEBIO_REAL_FLAGS"))...)
}

// watchRSS looks at how much memory a process has at most until the function that it returns is called, which says it. Linux tells it while the process runs; what
// it says afterwards counts the process that started this one, too.
func watchRSS(pid int) func() string {
	stop, peak := make(chan struct{}), make(chan string)
	go func() {
		last := "unknown on " + runtime.GOOS
		for {
			raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
			if _, rest, ok := strings.Cut(string(raw), "VmHWM:"); ok && err == nil {
				var kib float64
				if _, err := fmt.Sscan(rest, &kib); err == nil {
					last = fmt.Sprintf("%.0f MB", kib*1024/1e6)
				}
			}
			select {
			case <-stop:
				peak <- last
				return
			case <-time.After(20 * time.Millisecond):
			}
		}
	}()
	return func() string { close(stop); return <-peak }
}
