package viz

import (
	"fmt"

	"github.com/sparsebio/sparsebio/biobert/report"
)

func sampleMachine() *report.Machine {
	return &report.Machine{CPU: "AMD EPYC (Zen 4), 2 cores", Processors: 2, OS: "linux", Arch: "amd64", Go: "go1.26", Load: &report.Load{Others: 0.03, Stolen: 0.01}}
}

// sampleSpeeds is a benchmark with repetitions.
func sampleSpeeds() report.Benchmark {
	m := sampleMachine()
	row := func(engine, kernel string, speed, low, high, sparsity float64) report.Result {
		return report.Result{Model: "synthetic bert-base", Engine: engine, Instance: m.CPU, Threads: 2, Kernel: kernel, Sparsity: sparsity, Documents: 1277, Tokens: 157154,
			LatencyS: 157154 / speed, TokensPerSecond: speed, Spread: &report.Spread{Low: low, High: high, Count: 3, Of: "passes", Kind: report.Range}}
	}
	return report.Benchmark{Scenario: "throughput", Machine: m, Results: []report.Result{
		row("dense fp32", "avx512f", 1180, 1121, 1204, 0), row("dense INT8", "avx512vnni", 4120, 3905, 4188, 0), row("sparse INT8", "avx512vbmi", 16450, 15210, 16890, 0.9),
	}}
}

func sampleLatency() report.Benchmark {
	b := sampleSpeeds()
	b.Scenario, b.Batch = "latency", 1
	for i := range b.Results {
		ms := []float64{108, 31.2, 7.9}[i] / 1e3
		b.Results[i].Latency = &report.Percentiles{Calls: []int{92, 320, 1263}[i], Min: 0.96 * ms, Mean: 1.04 * ms, P50: ms, P90: 1.09 * ms, P95: 1.16 * ms, P99: 1.41 * ms, Max: 1.9 * ms}
		b.Results[i].Documents, b.Results[i].Tokens, b.Results[i].Spread = 16, 2048, nil
	}
	return b
}

func sampleCurve() report.Curve {
	c := report.Curve{X: report.Axis{Name: "tokens of a document", Log: true, Whole: true}, Y: report.Axis{Name: "speed", Unit: "tokens/s"}, Machine: sampleMachine(),
		Note: "Random weights in the shape of bert-base, 90 % of those of the sparse model zero; 2 threads, many documents at once"}
	for i, name := range []string{"dense fp32", "dense INT8", "sparse INT8"} {
		s := report.Series{Name: name}
		for j, n := range []float64{8, 16, 32, 64, 128, 256, 512} {
			y := []float64{1200, 4200, 17200}[i] * []float64{0.98, 1, 1, 0.99, 0.96, 0.9, 0.81}[j]
			s.Points = append(s.Points, report.Point{X: n, Y: y, Spread: &report.Spread{Low: 0.95 * y, High: 1.03 * y, Count: 12, Of: "passes", Kind: report.Confidence95}})
		}
		c.Series = append(c.Series, s)
	}
	return c
}

// sampleTradeoff is accuracy by speed.
func sampleTradeoff() report.Curve {
	c := report.Curve{Title: "What the zeros cost, and what they bring", X: report.Axis{Name: "speed", Unit: "tokens/s"}, Y: report.Axis{Name: "labels as the dense model gives them", Unit: "%", Start: 40},
		Note: "Points are named by the zeros of the model"}
	for _, s := range []struct {
		name string
		y    [4]float64
	}{{"magnitude", [4]float64{90.8, 70.7, 70.3, 43.8}}, {"admm", [4]float64{98.1, 98.4, 96.5, 93.6}}} {
		series := report.Series{Name: s.name}
		for i, y := range s.y {
			series.Points = append(series.Points, report.Point{X: []float64{11200, 17100, 24800, 39600}[i], Y: y, Label: fmt.Sprintf("%d %%", []int{50, 70, 80, 90}[i])})
		}
		c.Series = append(c.Series, series)
	}
	c.Series = append(c.Series, report.Series{Name: "trained with the zeros", Loose: true, Points: []report.Point{{X: 40100, Y: 97.2, Label: "90 %"}}},
		report.Series{Name: "dense fp32", Reference: true, Points: []report.Point{{X: 8200, Y: 100}, {X: 41000, Y: 100}}})
	return c
}

func sampleExplanation() report.Explanation {
	e := report.Explanation{Model: "synthetic bert-base, 90 % zeros", Engine: "sparse INT8", Instance: "AMD EPYC (Zen 4), 2 cores", Tokens: 128}
	for i := range 12 {
		for j, p := range []struct {
			name   string
			n, k   int
			us, kb float64
		}{{"qkv", 2304, 768, 200, 453}, {"attention.output", 768, 768, 62, 151}, {"intermediate", 3072, 768, 251, 585}, {"output", 768, 3072, 255, 584}} {
			x := 1 + 0.015*float64((i*5+j*3)%7)
			e.Layers = append(e.Layers, report.LayerTime{Layer: fmt.Sprintf("%d %s", i, p.name), Outputs: p.n, Inputs: p.k, Tokens: 128, Sparsity: 0.9 - 0.02*float64((i+j)%4), Kernel: "gather avx512vbmi",
				Bytes: int(1024 * p.kb), ExpectedS: 1.1e-6 * p.us, MeasuredS: 1e-6 * p.us * x})
		}
	}
	for i, name := range []string{"embedding", "GELU and quantization", "products", "attention", "residual and layer norm", "classifier"} {
		e.Steps = append(e.Steps, report.StepTime{Step: name, MeasuredS: 1e-6 * []float64{25, 1360, 9420, 2310, 410, 12}[i]})
	}
	return e
}

func sampleRoofline() report.Roofline {
	r := report.Roofline{Threads: 2, Machine: sampleMachine(), Bandwidth: report.Bandwidth{BytesPerSecond: 34e9, Bytes: 128 << 20},
		Peaks: []report.Peak{{Name: "INT8", Kernel: "dense avx512vnni", OpsPerSecond: 915e9}, {Name: "fp32", Kernel: "dense avx512f", OpsPerSecond: 229e9}}}
	for _, e := range []struct {
		engine, kernel      string
		sparsity, bytes     float64
		activation, seconds float64 // of a token, where memory is not what it waits for
	}{{"dense fp32", "dense avx512f", 0, 4 * 3072 * 768, 4, 2.11e-5}, {"dense INT8", "dense avx512vnni", 0, 3072 * 768, 1, 5.3e-6}, {"sparse INT8", "gather avx512vbmi", 0.9, 599000, 1, 1.02e-6}} {
		for _, n := range []int{1, 8, 64, 256} {
			bytes := e.bytes + float64(n)*(768*e.activation+4*3072)
			r.Products = append(r.Products, report.ProductTime{Engine: e.engine, Kernel: e.kernel, Outputs: 3072, Inputs: 768, Tokens: n, Sparsity: e.sparsity, Bytes: bytes,
				Seconds: max(1.15*bytes/34e9, e.seconds*float64(n)*(1+0.6/float64(n)))})
		}
	}
	return r
}
