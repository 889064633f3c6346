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

func ExampleCompare() {
	gold := []annot.Document{{ID: "demo-1", Text: "The IL-2 gene is bound by NF-κB.", Entities: []annot.Entity{
		{Type: "DNA", Start: 4, End: 13}, {Type: "protein", Start: 26, End: 32},
	}}}
	found := []annot.Document{{Text: gold[0].Text, Entities: []annot.Entity{
		{Type: "DNA", Start: 4, End: 8, Score: 0.8}, {Type: "protein", Start: 26, End: 32, Score: 0.99},
	}}}
	if err := viz.Compare(gold, found).WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Precision 50.0 %, recall 50.0 %, F1 50.0 %. Found: 1 of 2 mentions in the gold standard. Correct: 1 of 2 predicted.
	//
	// Type     Gold  Predicted  Correct  Wrong type  Wrong boundary  Wrong boundary and type  Missed  Spurious  Precision  Recall     F1
	// DNA         1          1        0           0               1                        0       0         0        0.0     0.0    0.0
	// protein     1          1        1           0               0                        0       0         0      100.0   100.0  100.0
	// all         2          2        1           0               1                        0       0         0       50.0    50.0   50.0
	//
	// demo-1
	//   ↔ wrong boundary: DNA "IL-2 gene" at bytes 4 to 13; predicted DNA "IL-2" at bytes 4 to 8
}

func ExampleWithTemplate() {
	docs := []annot.Document{{Text: "p53 binds.", Entities: []annot.Entity{{Type: "a <type>", Start: 0, End: 3, Score: 0.9}}}}
	view := viz.Entities(docs, viz.WithTemplate(`<mark class="{{.Class}}">{{.Text}}<sub>{{.Type}} {{.Score}}</sub></mark>`))
	var page strings.Builder
	if err := view.Render(&page); err != nil {
		fmt.Println(err)
	}
	_, text, _ := strings.Cut(page.String(), `dir="auto">`)
	text, _, _ = strings.Cut(text, "</div>")
	fmt.Println(text)
	// Output:
	// <mark class="sb-l0 sb-k9bbf3b">p53<sub>a &lt;type&gt; 0.9</sub></mark> binds.
}

func ExampleReadDisplaCy() {
	docs, err := viz.ReadDisplaCy(strings.NewReader(`{"text": "NF-κB binds p53.", "ents": [{"start": 12, "end": 15, "label": "protein"}]}`))
	if err != nil {
		fmt.Println(err)
	}
	if err := viz.Entities(docs).WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// NF-κB binds [p53|protein].
	//
	// protein 1
}

// corpus makes documents from sentences and marks the names in them.
func corpus(sentences []string, names ...string) []annot.Document {
	var docs []annot.Document
	for _, s := range sentences {
		d := annot.Document{Text: s}
		for _, n := range names {
			if i := strings.Index(s, n); i >= 0 {
				d.Entities = append(d.Entities, annot.Entity{Type: "protein", Start: i, End: i + len(n)})
			}
		}
		docs = append(docs, d)
	}
	return docs
}

func ExampleFrequencies() {
	docs := corpus([]string{"p53 induces MDM2.", "MDM2 marks p53.", "BAX follows p53."}, "p53", "MDM2", "BAX")
	if err := viz.Frequencies(annot.Frequencies(docs)).WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Mentioned most
	//
	// protein · 6 mentions
	//   p53   ██████████████████████████████ 3 in 3 docs
	//   MDM2  ████████████████████ 2 in 2 docs
	//   BAX   ██████████ 1 in 1 doc
	//
	// 6 mentions of 3 things, of 1 type.
}

func ExampleCoOccurrence() {
	docs := corpus([]string{"p53 induces MDM2.", "MDM2 marks p53.", "BAX follows p53.", "Cells grow."}, "p53", "MDM2", "BAX")
	if err := viz.CoOccurrence(annot.CoOccurrences(docs), viz.WithMinCount(2)).WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Mentioned in the same sentence
	//
	// Names       Types              Together  By chance  PMI  NPMI     p  q
	// MDM2 – p53  protein – protein         2        1.5  0.4  0.42   0.5  1
	// p53 – BAX   protein – protein         1        0.8  0.4  0.21  0.75  1
	//
	// 3 things and 2 pairs of 4 sentences. PMI 0 is what chance gives, 1 twice as often, −1 half as often; it is shown from 2 sentences together on, in brackets where it is not more than chance explains (q above 0.05). On the diagonal: sentences that mention the thing.
}

func ExampleTimeline() {
	docs := corpus([]string{"p53 induces MDM2.", "Cells grow.", "BAX follows p53."}, "p53", "MDM2", "BAX")
	years := []int{2019, 2019, 2021}
	timeline := annot.ByYear(docs, func(i int) int { return years[i] })
	if err := viz.Timeline(timeline, viz.WithNames("p53")).WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// p53 over the years
	//
	// Year  Documents         p53
	// 2019          2  50.0 % (1)
	// 2020          0           –
	// 2021          1   100 % (1)
	//
	// Share of the documents of a year that mention it; below, how many documents there are, 3 in all. The band is the 95 % interval. Hollow marks: years with fewer than 5 documents.
}

func ExampleLengths() {
	docs := corpus([]string{"p53 induces MDM2.", "Cells grow.", "BAX follows p53."})
	sets := []viz.LengthSet{{Name: "sentences", Lengths: annot.WordCounts(docs)}}
	if err := viz.Lengths(sets, viz.WithMark(2, "")).WriteText(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// Length in words
	//
	// 0   0
	// 1   0
	// 2  ████████████████████ 1
	// 3  ████████████████████████████████████████ 2
	//
	// sentences: 3 texts, median 3 words, 90 % from 2 to 3, longest 3; 66.7 % longer than 2.
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
	// jnlpba-dense  dense fp32   laptop    avx2         0 %          10.840                500
	// jnlpba        sparse INT8  laptop    avx2        90 %           2.710              2,000
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
	// jnlpba  sparse INT8  laptop    avx2      800        3.1       3.4       3.6       3.8       5.1         9
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
	// admm                            50            75
	// admm                            90          66.3
	// dense                           50          75.6
	// dense                           90          75.6
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
	// Layer           Shape       Tokens   Zeros  Kernel        KB  Expected, µs  Measured, µs
	// 0 qkv           1152 x 384     128  90.0 %  gather avx2  136            63            60
	// all: products                                                                         60
	// all: attention                                                                        20
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
	// jnlpba  sparse INT8  laptop    avx2        90 %           2.710              2,000
	//
	// laptop · 5,420 tokens
}
