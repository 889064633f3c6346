package parquet

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sparsebio/sparsebio/datasets"
	"github.com/sparsebio/sparsebio/datasets/internal/pythontest"
)

// makeAbstracts writes rows like abstracts of papers, 1.4 kB of text each, as pyarrow writes them when left alone.
const makeAbstracts = `
import random, sys, pyarrow as pa, pyarrow.parquet as pq
path, rows = sys.argv[1], int(sys.argv[2])
r = random.Random(1)
words = """the of in and NF-κB pathway HeLa cells was induced by TNF-α IL-1β while p53 guards Ca²⁺ signalling T lymphocytes we show that expression
kinase phosphorylation binding promoter transcription mutant protein receptor activation inhibited significantly compared with control increased levels mRNA
mice human patients treatment dose-dependent manner suggesting regulation apoptosis tumor growth factor response during stress oxidative mitochondrial""".split()
sentences = [" ".join(r.choice(words) for _ in range(r.randint(12, 28))).capitalize() + " (%d%%)." % r.randint(1, 99) for _ in range(20000)]
schema = pa.schema([("id", pa.string()), ("title", pa.string()), ("abstract", pa.string()), ("categories", pa.list_(pa.string())), ("year", pa.int32())])
with pq.ParquetWriter(path, schema) as w:
    for at in range(0, rows, 50000):
        n = min(50000, rows - at)
        w.write_table(pa.table({
            "id": ["%08d" % (at + i) for i in range(n)],
            "title": [r.choice(sentences)[:90] for _ in range(n)],
            "abstract": [" ".join(r.choices(sentences, k=9)) for _ in range(n)],
            "categories": [["q-bio.QM", "q-bio.MN"][: 1 + i % 2] for i in range(n)],
            "year": pa.array([1990 + i % 35 for i in range(n)], pa.int32()),
        }, schema=schema), row_group_size=50000)
`

// streamAbstracts reads them in batches, and prints bytes, seconds and the peak of memory.
const streamAbstracts = `
import json, resource, sys, time, pyarrow.parquet as pq
before = time.perf_counter()
rows = size = 0
for b in pq.ParquetFile(sys.argv[1]).iter_batches(int(sys.argv[2]), use_threads=sys.argv[3] == "1"):
    rows += b.num_rows
    size += b.nbytes
print(json.dumps({"rows": rows, "bytes": size, "seconds": time.perf_counter() - before, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
`

// BenchmarkStream reads a million abstracts in Parquet (SPARSEBIO_BENCH_ROWS changes how many) in batches, and pyarrow does the same
// after every pass, with and without threads. MB are those of the values in memory; peaks are of the whole processes.
func BenchmarkStream(b *testing.B) {
	python := pythontest.Interpreter(b, "pyarrow")
	rows := 1_000_000
	if v := os.Getenv("SPARSEBIO_BENCH_ROWS"); v != "" {
		var err error
		if rows, err = strconv.Atoi(v); err != nil {
			b.Fatal(err)
		}
	}
	const batch = 10_000
	path := filepath.Join(b.TempDir(), "abstracts.parquet")
	if out, err := exec.Command(python, "-c", makeAbstracts, path, strconv.Itoa(rows)).CombinedOutput(); err != nil {
		b.Fatalf("%v\n%s", err, out)
	}
	var theirs [2]struct{ Bytes, Seconds, Peak float64 } // without and with threads
	var ours time.Duration
	for b.Loop() {
		began := time.Now()
		s, err := datasets.Stream(b.Context(), path)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for d, err := range s.Batches(batch) {
			if err != nil {
				b.Fatal(err)
			}
			n += d.NumRows()
		}
		if n != rows {
			b.Fatalf("%d rows", n)
		}
		ours += time.Since(began)
		b.StopTimer()
		for threads := range theirs {
			out, err := exec.Command(python, "-c", streamAbstracts, path, strconv.Itoa(batch), strconv.Itoa(threads)).Output()
			if err != nil {
				b.Fatal(err)
			}
			var got struct{ Rows, Bytes, Seconds, Peak float64 }
			if err := json.Unmarshal(bytes.TrimSpace(out), &got); err != nil || int(got.Rows) != rows {
				b.Fatalf("%s: %v", out, err)
			}
			t := &theirs[threads]
			t.Bytes, t.Seconds, t.Peak = got.Bytes, t.Seconds+got.Seconds, max(t.Peak, got.Peak)
		}
		b.StartTimer()
	}
	const mb = 1e6
	seconds := ours.Seconds() / float64(b.N)
	b.ReportMetric(theirs[0].Bytes/mb/seconds, "MB/s")
	b.ReportMetric(peak(b)/mb, "peak-MB")
	for threads, t := range theirs {
		name := fmt.Sprintf("pyarrow-threads=%d-", threads)
		rate := t.Bytes / mb / (t.Seconds / float64(b.N))
		b.ReportMetric(rate, name+"MB/s")
		b.ReportMetric(t.Peak/mb, name+"peak-MB")
		b.ReportMetric(theirs[0].Bytes/mb/seconds/rate, name+"ratio")
	}
}

// peak returns the largest resident set of this process so far, in bytes.
func peak(b *testing.B) float64 {
	data, err := os.ReadFile("/proc/self/status")
	if err != nil {
		b.Skip(err)
	}
	_, after, _ := strings.Cut(string(data), "VmHWM:")
	line, _, _ := strings.Cut(after, "kB")
	kb, err := strconv.ParseFloat(strings.TrimSpace(line), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kb * 1024
}
