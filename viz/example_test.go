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

func ExampleRelationMatrix() {
	g := annot.Graph{
		Nodes: []annot.Node{{Name: "imatinib", Type: "CHEMICAL"}, {Name: "ABL1", Type: "GENE"}, {Name: "KIT", Type: "GENE"}},
		Edges: []annot.Edge{
			{Source: 0, Target: 1, Type: "CPR:4", Meaning: "inhibitor", Directed: true, Count: 3},
			{Source: 0, Target: 2, Type: "CPR:4", Meaning: "inhibitor", Directed: true, Count: 1},
		},
	}
	if err := viz.RelationMatrix(g, viz.WithTargetTypes("GENE")).WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// imatinib (CHEMICAL) → ABL1 (GENE), inhibitor (CPR:4), 3 sentences
	// imatinib (CHEMICAL) → KIT (GENE), inhibitor (CPR:4), 1 sentence
	// 1 name of type CHEMICAL, 2 names of type GENE; 2 links between them.
}

func ExampleSankey() {
	g := annot.Graph{
		Nodes: []annot.Node{{Name: "imatinib", Type: "CHEMICAL"}, {Name: "ABL1", Type: "GENE"}},
		Edges: []annot.Edge{{Source: 0, Target: 1, Type: "CPR:4", Meaning: "inhibitor", Directed: true, Count: 3}},
	}
	var page strings.Builder
	if err := viz.Sankey(g).WritePage(&page); err != nil {
		fmt.Println(err)
	}
	fmt.Println(strings.Contains(page.String(), "imatinib → ABL1, inhibitor (CPR:4), 3 sentences"))
	// Output: true
}

func ExampleArcs() {
	doc := annot.Document{Text: "Imatinib inhibits ABL1."}
	imatinib, abl1 := annot.Entity{Type: "CHEMICAL", Start: 0, End: 8}, annot.Entity{Type: "GENE", Start: 18, End: 22}
	doc.Relations = []annot.Relation{{Type: "CPR:4", Meaning: "inhibitor", Source: imatinib, Target: abl1, Directed: true, Score: 0.98}}
	if err := viz.Arcs(doc).WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// [Imatinib|CHEMICAL] inhibits [ABL1|GENE].
	//   inhibitor (CPR:4): Imatinib → ABL1, 0.98
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

func ExampleLatency() {
	bench := report.Benchmark{Results: []report.Result{{
		Model: "jnlpba", Engine: "sparse INT8", Instance: "laptop", Kernel: "avx2", Threads: 2,
		Latency: &report.Percentiles{Calls: 800, Min: 0.0031, Mean: 0.0035, P50: 0.0034, P90: 0.0036, P95: 0.0038, P99: 0.0051, Max: 0.009},
	}}}
	if err := viz.Latency(bench).WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Sparse INT8 reads half of the documents in 3.4 ms, 99 of 100 in 5.1 ms
	//
	// Model   Engine       Instance  Kernel  Calls  Least, ms  50 %, ms  90 %, ms  95 %, ms  99 %, ms  Most, ms
	// jnlpba  sparse INT8  laptop    avx2    800    3.1        3.4       3.6       3.8       5.1       9
	//
	// A strip goes from the quickest call to the slowest. Half of the calls end before the tall mark; 90, 95 and 99 % before the next ones, and the ring is the slowest.
	// laptop · 2 threads
}

func ExampleCurve() {
	curve := report.Curve{
		Title: "Accuracy by zeros",
		X:     report.Axis{Name: "zeros among the weights", Unit: "%"},
		Y:     report.Axis{Name: "strict F1", Unit: "%"},
		Series: []report.Series{
			{Name: "admm", Points: []report.Point{{X: 50, Y: 75.0}, {X: 90, Y: 66.3}}},
			{Name: "dense", Reference: true, Points: []report.Point{{X: 50, Y: 75.6}, {X: 90, Y: 75.6}}},
		},
	}
	if err := viz.Curve(curve).WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Accuracy by zeros
	//
	// Series  Zeros among the weights, %  Strict F1, %
	// admm    50                          75
	// admm    90                          66.3
	// dense   50                          75.6
	// dense   90                          75.6
}

func ExampleLayers() {
	e := report.Explanation{Model: "jnlpba", Engine: "sparse INT8", Instance: "laptop", Tokens: 128,
		Layers: []report.LayerTime{{Layer: "0 qkv", Outputs: 1152, Inputs: 384, Tokens: 128, Sparsity: 0.9, Kernel: "gather avx2", Bytes: 139264, ExpectedS: 63e-6, MeasuredS: 60e-6}},
		Steps:  []report.StepTime{{Step: "products", MeasuredS: 60e-6}, {Step: "attention", MeasuredS: 20e-6}}}
	if err := viz.Layers(e).WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Where the time of jnlpba goes
	//
	// Layer           Shape       Tokens  Zeros   Kernel       KB   Expected, µs  Measured, µs
	// 0 qkv           1152 x 384  128     90.0 %  gather avx2  136  63            60
	// all: products                                                               60
	// all: attention                                                              20
	//
	// Each square is a product of weights and activations. The fuller its colour, the longer it takes, or the more weights it leaves out.
	// sparse INT8 · laptop · 1 thread · 128 tokens · 0.08 ms in all, 1,600,000 tokens/s
}

func ExampleRoofline() {
	r := report.Roofline{
		Threads: 2, Peaks: []report.Peak{{Name: "INT8", Kernel: "dense avx2", OpsPerSecond: 380e9}},
		Bandwidth: report.Bandwidth{BytesPerSecond: 20e9, Bytes: 128 << 20},
		Products:  []report.ProductTime{{Engine: "sparse INT8", Kernel: "gather avx2", Outputs: 3072, Inputs: 768, Tokens: 64, Sparsity: 0.9, Bytes: 1.4e6, Seconds: 130e-6}},
	}
	var page strings.Builder
	if err := viz.Roofline(r).WritePage(&page); err != nil {
		fmt.Println(err)
	}
	p := r.Products[0]
	fmt.Printf("executed %.0f Gop/s, as quick as %.0f dense ones\n", p.Executed()/p.Seconds/1e9, p.Effective()/p.Seconds/1e9)
	fmt.Println(strings.Contains(page.String(), "2,323"), strings.Count(page.String(), "<img "), "picture")
	// Output:
	// executed 232 Gop/s, as quick as 2323 dense ones
	// true 1 picture
}

func ExampleLive() {
	live := viz.NewLive()
	defer live.Close()

	// Stands for biobert.CompareWith with this function as Progress.
	measure := func(progress func(report.Benchmark)) {
		b := report.Benchmark{Results: []report.Result{{Model: "jnlpba", Engine: "sparse INT8", Instance: "laptop", Kernel: "avx2", Tokens: 5420, Sparsity: 0.9}}}
		for _, speed := range []float64{1900, 1980, 2000} {
			b.Results[0].TokensPerSecond, b.Results[0].LatencyS = speed, 5420/speed
			progress(b)
		}
	}
	measure(live.Throughput)
	// Output:
	// Tokens per second
	//
	// Model   Engine       Instance  Kernel  Sparsity  Latency (secs)  Tokens per second
	// jnlpba  sparse INT8  laptop    avx2    90 %      2.710           2,000
	//
	// laptop · 5,420 tokens
}
