package viz

import (
	"bytes"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/datasets/annot"
)

var (
	update = flag.Bool("update", false, "rewrite the golden files")
	page   = flag.String("page", "", "write the sample page to this file, to look at")
)

// marked makes a document from text in which [type:name] marks an entity; marks may
// be nested.
func marked(id, title, text string) annot.Document {
	d := annot.Document{ID: id, Title: title}
	var b strings.Builder
	type open struct {
		typ   string
		start int
	}
	var stack []open
	for len(text) > 0 {
		switch text[0] {
		case '[':
			typ, rest, _ := strings.Cut(text[1:], ":")
			stack = append(stack, open{typ, b.Len()})
			text = rest
			continue
		case ']':
			o := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			d.Entities = append(d.Entities, annot.Entity{Type: o.typ, Start: o.start, End: b.Len(), Text: b.String()[o.start:], Score: 0.99 - 0.01*float64(len(d.Entities))})
		default:
			b.WriteByte(text[0])
		}
		text = text[1:]
	}
	d.Text = b.String()
	return d
}

func sampleDocs() []annot.Document {
	docs := []annot.Document{
		marked("demo-001", "A threshold model of NF-κB oscillations in single T cells",
			"Stimulation of [cell_type:CD4+ T cells] with [protein:TNF-α] drives oscillations of nuclear [protein:NF-κB], yet single cells differ widely. We followed [protein:NF-κB] and its inhibitor [protein:IκBα] in 1,204 [cell_line:Jurkat cells] and fitted a delay model with three parameters. The model explains 91% of the variance (R² = 0.91, p < 0.001) and predicts that the [DNA:[protein:IL-2] promoter] is opened only after the second peak. In agreement, [RNA:IL-2 mRNA] rose sharply once [protein:NF-kappaB] had crossed the threshold twice. Blocking [protein:TNF-alpha] or [protein:IKK] removed the second peak, and [protein:IL-2] stayed low. Costs were $4 per assay, and $N_c = 2$ by definition."),
		marked("demo-002", "Noise in the p53–MDM2 loop separates repair from death",
			"[protein:p53] induces [protein:MDM2], which in turn marks [protein:p53] for degradation. Using [cell_line:MCF-7 cells] and [cell_line:HeLa cells] we show that the period of the loop is set by the half-life of [RNA:MDM2 mRNA]. [protein:p53] also activates the [DNA:[protein:p21] gene] and [protein:BAX]; only [cell_type:epithelial cells] with long pulses express [protein:BAX]. A stochastic model with extrinsic noise in [protein:ATM] reproduces the split between repair and death."),
		marked("demo-003", "Mixed signals: how macrophages read IL-6 and IL-10",
			"[cell_type:Macrophages] see [protein:IL-6] and [protein:IL-10] at once, and both act through [protein:STAT3]. We ask how one factor can carry two messages. In [cell_type:bone marrow-derived macrophages], [protein:STAT3] stays active for hours after [protein:IL-10] but only briefly after [protein:IL-6], because [protein:SOCS3] binds the [protein:IL-6 receptor] alone. Deleting the [DNA:SOCS3 gene] makes the two alike. [protein:TNF-α] and [protein:NF-κB] are then induced by neither [protein:IL-6] nor [protein:IL-10]."),
	}
	// A span that crosses another, as models that vote give them.
	d := &docs[2]
	i := strings.Index(d.Text, "marrow-derived macrophages, STAT3")
	d.Entities = append(d.Entities, annot.Entity{Type: "cell_line", Start: i, End: i + len("marrow-derived macrophages, STAT3"), Score: 0.41})
	return docs
}

// samplePredicted is what a model that errs might make of the sample documents.
func samplePredicted() []annot.Document {
	docs := sampleDocs()
	for i := range docs {
		d := &docs[i]
		var found []annot.Entity
		for j, e := range d.Entities {
			switch (i*7 + j) % 11 {
			case 2: // missed
				continue
			case 5:
				e.Type = "DNA"
			case 8:
				if k := strings.IndexByte(d.Text[e.End:], ' '); k > 0 {
					e.End += k
					e.Text = ""
				}
			}
			found = append(found, e)
		}
		d.Entities = found
	}
	d := &docs[0]
	i := strings.Index(d.Text, "delay model")
	d.Entities = append(d.Entities, annot.Entity{Type: "protein", Start: i, End: i + len("delay model"), Score: 0.52})
	docs[1] = sampleDocs()[1]
	d = &docs[2]
	at := func(name string) *annot.Entity {
		i := strings.Index(d.Text, name)
		e := &d.Entities[slices.IndexFunc(d.Entities, func(e annot.Entity) bool { return e.Start == i })]
		e.Text = ""
		return e
	}
	at("IL-6 receptor").End -= len(" receptor")
	bone := at("bone marrow")
	bone.Start += len("bone ")
	bone.Type = "cell_line"
	return docs
}

func sampleBench() report.Benchmark {
	const machine = "Intel Xeon (AVX-512 VNNI), 2 cores"
	return report.Benchmark{Results: []report.Result{
		{Model: "jnlpba-dense", Engine: "dense fp32", Instance: machine, Threads: 2, Kernel: "avx512", Documents: 40, Tokens: 10840, LatencyS: 9.713, TokensPerSecond: 1116.03},
		{Model: "jnlpba", Engine: "sparse INT8", Instance: machine, Threads: 2, Kernel: "avx512vbmi", Sparsity: 0.9, Documents: 40, Tokens: 10840, LatencyS: 1.588, TokensPerSecond: 6826.2},
	}}
}

func samples() map[string]View {
	docs := sampleDocs()
	all := corpusSamples()
	maps.Copy(all, map[string]View{
		"entities":   Entities(docs, WithTitle("Three abstracts, read by a sparse model")),
		"relations":  Relations(annot.CoMentions(docs), WithTitle("What occurs together")),
		"types":      Relations(typedGraph(), WithTitle("How they are related")),
		"matrix":     RelationMatrix(chemprotGraph(), WithLimit(6), WithTitle("Which chemicals act on which genes")),
		"sankey":     Sankey(chemprotGraph(), WithLimit(6), WithTitle("How chemicals act on genes")),
		"arcs":       Arcs(arcDoc(), WithTitle("What the sentences say")),
		"throughput": Throughput(sampleBench()),
		"compare":    Compare(docs, samplePredicted(), WithTitle("A model against the gold standard")),
		"sides":      Compare(docs, samplePredicted(), WithSides("dense", "sparse"), WithPageSize(1)),
		"confidence": Entities(docs, WithConfidence(), WithModel("jnlpba"), WithPageSize(2)),
		"speeds":     Throughput(sampleSpeeds()),
		"latency":    Latency(sampleLatency()),
		"curve":      Curve(sampleCurve()),
		"tradeoff":   Curve(sampleTradeoff()),
		"layers":     Layers(sampleExplanation()),
		"roofline":   Roofline(sampleRoofline()),
	})
	return all
}

func TestGolden(t *testing.T) {
	for name, v := range samples() {
		for ext, write := range map[string]func(*bytes.Buffer) error{
			".golden.html": func(b *bytes.Buffer) error { return v.Render(b) },
			".golden.txt":  func(b *bytes.Buffer) error { return v.WriteText(b) },
		} {
			var b bytes.Buffer
			if err := write(&b); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			file := "testdata/" + name + ext
			if *update {
				if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(b.Bytes(), want) {
				t.Errorf("%s differs; if that is meant, run the test with -update and look at the difference", file)
			}
		}
	}
}

func TestPage(t *testing.T) {
	s := samples()
	var b bytes.Buffer
	if err := Page(&b, "Sample & <test>", s["entities"], s["relations"], s["throughput"]); err != nil {
		t.Fatal(err)
	}
	if *page != "" {
		if err := os.WriteFile(*page, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got := b.String()
	if n := strings.Count(got, "new Event(\"sparsebio-echarts\")"); n != 1 {
		t.Errorf("the script is in the page %d times", n)
	}
	if !strings.Contains(got, "<title>Sample &amp; &lt;test&gt;</title>") {
		t.Error("the title is not escaped")
	}
}
