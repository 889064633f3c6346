package viz_test

import (
	"fmt"
	"os"
	"strings"

	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/viz"
)

func ExampleEntities() {
	doc := annot.Document{
		Text: "The IL-2 gene is bound by NF-κB.",
		Entities: []annot.Entity{
			{Type: "DNA", Start: 4, End: 13, Score: 0.97},
			{Type: "protein", Start: 4, End: 8, Score: 0.88},
			{Type: "protein", Start: 26, End: 32, Score: 0.99},
		},
	}
	view := viz.Entities([]annot.Document{doc})
	if err := view.Show(); err != nil { // outside a notebook: plain text
		fmt.Println(err)
	}

	var page strings.Builder
	if err := view.WritePage(&page); err != nil {
		fmt.Println(err)
	}
	fmt.Println(strings.Count(page.String(), "<mark "), "marks")
	// Output:
	// The [[IL-2|protein] gene|DNA] is bound by [NF-κB|protein].
	//
	// protein 2, DNA 1
	// 3 marks
}

func ExampleRelations() {
	doc := annot.Document{ID: "demo-1", Text: "TNF-α activates NF-κB (Fig. 1). p53 is not needed."}
	for _, name := range []string{"TNF-α", "NF-κB", "p53"} {
		i := strings.Index(doc.Text, name)
		doc.Entities = append(doc.Entities, annot.Entity{Type: "protein", Start: i, End: i + len(name)})
	}
	if err := viz.Relations(annot.CoMentions([]annot.Document{doc})).WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// NF-κB (protein) – TNF-α (protein), 1 sentence
	//   TNF-α activates NF-κB (Fig. 1). demo-1
	// 2 names and 1 link. 1 name mentioned alone is not drawn.
}

func ExampleThroughput() {
	bench := report.Benchmark{Results: []report.Result{
		{Model: "jnlpba-dense", Engine: "dense fp32", Instance: "laptop", Kernel: "avx2", Threads: 2, Tokens: 5420, LatencyS: 10.84, TokensPerSecond: 500},
		{Model: "jnlpba", Engine: "sparse INT8", Instance: "laptop", Kernel: "avx2", Threads: 2, Tokens: 5420, Sparsity: 0.9, LatencyS: 2.71, TokensPerSecond: 2000},
	}}
	if err := viz.Throughput(bench).WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Sparse INT8 is 4.0x faster than dense fp32
	//
	// Model         Engine       Instance  Kernel  Sparsity  Latency (secs)  Tokens per second
	// jnlpba-dense  dense fp32   laptop    avx2    0 %       10.840          500
	// jnlpba        sparse INT8  laptop    avx2    90 %      2.710           2,000
	//
	// laptop · 2 threads · 5,420 tokens
}
