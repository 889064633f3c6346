package datasets

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v15/arrow/memory"
)

// abstracts makes n rows of the size of real abstracts, about 1.5 kB each.
func abstracts(b *testing.B, n int) *Dataset {
	type row struct {
		ID         string   `json:"id"`
		Title      string   `json:"title"`
		Abstract   string   `json:"abstract"`
		Categories []string `json:"categories"`
		Year       int      `json:"year"`
		Score      float64  `json:"score"`
	}
	words := strings.Fields("the NF-κB pathway in HeLa cells was induced by TNF-α and IL-1β, while p53 \"guards\" Ca²⁺ signalling of T lymphocytes; we show that")
	r := rand.New(rand.NewPCG(1, 2))
	rows := make([]row, n)
	for i := range rows {
		var s strings.Builder
		for s.Len() < 1400 {
			s.WriteString(words[r.IntN(len(words))])
			s.WriteByte(' ')
		}
		rows[i] = row{fmt.Sprintf("%04d.%05d", i/10000+2000, i%10000), "On " + words[i%len(words)], s.String(), []string{"q-bio.QM", "q-bio.MN"}, 2000 + i%25, r.Float64()}
	}
	d, err := From("made", rows)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(d.Release)
	return d
}

func benchmarkRead(b *testing.B, open textFormat, data []byte) {
	// One pass is checked; checking takes longer than what is measured.
	t, err := open.read(context.Background(), []source{bytesSource("made", data)}, &options{limit: -1, mem: checked(b)})
	if err != nil {
		b.Fatal(err)
	}
	t.Release()
	o := &options{limit: -1, mem: memory.NewGoAllocator()}
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		t, err := open.read(context.Background(), []source{bytesSource("made", data)}, o)
		if err != nil {
			b.Fatal(err)
		}
		t.Release()
	}
}

func BenchmarkRead(b *testing.B) {
	for _, n := range []int{1000, 100000} {
		d := abstracts(b, n)
		var jsonl, csv, arrow bytes.Buffer
		if err := d.WriteJSONL(&jsonl); err != nil {
			b.Fatal(err)
		}
		if err := d.WriteCSV(&csv); err != nil {
			b.Fatal(err)
		}
		if err := writeArrowStream(&arrow, d.table); err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("format=jsonl/rows=%d", n), func(b *testing.B) { benchmarkRead(b, openJSON, jsonl.Bytes()) })
		b.Run(fmt.Sprintf("format=csv/rows=%d", n), func(b *testing.B) { benchmarkRead(b, openSeparated(','), csv.Bytes()) })
		b.Run(fmt.Sprintf("format=arrow/rows=%d", n), func(b *testing.B) {
			b.SetBytes(int64(arrow.Len()))
			for b.Loop() {
				t, err := readArrow(context.Background(), bytes.NewReader(arrow.Bytes()), int64(arrow.Len()), nil, memory.NewGoAllocator())
				if err != nil {
					b.Fatal(err)
				}
				if err := checkTable(t); err != nil {
					b.Fatal(err)
				}
				t.Release()
			}
		})
	}
}

func BenchmarkText(b *testing.B) {
	d := abstracts(b, 10000)
	var n int64
	for s := range d.Text("abstract") {
		n += int64(len(s))
	}
	b.SetBytes(n)
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range d.Text("abstract") {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func BenchmarkVerb(b *testing.B) {
	d := abstracts(b, 100000)
	for name, verb := range map[string]func() (*Dataset, error){
		"filter":  func() (*Dataset, error) { return d.Filter(func(r Row) bool { y, _ := r.Int("year"); return y%2 == 0 }) },
		"shuffle": func() (*Dataset, error) { return d.Shuffle(1) },
		"sort":    func() (*Dataset, error) { return d.Sort("score", false) },
	} {
		b.Run("verb="+name, func(b *testing.B) {
			for b.Loop() {
				out, err := verb()
				if err != nil {
					b.Fatal(err)
				}
				out.Release()
			}
		})
	}
}

func BenchmarkWriteJSONL(b *testing.B) {
	d := abstracts(b, 10000)
	var out bytes.Buffer
	if err := d.WriteJSONL(&out); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(out.Len()))
	for b.Loop() {
		out.Reset()
		if err := d.WriteJSONL(&out); err != nil {
			b.Fatal(err)
		}
	}
}
