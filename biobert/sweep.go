package biobert

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/report"
)

// SweepOptions say on what the curves of SpeedByLength, SpeedByThreads and SpeedBySparsity are measured: on
// documents of random tokens, and with Models or with random weights of Shape.
type SweepOptions struct {
	Models   []string // opened as NewTokenClassification does
	Shape    string   // "bert-base", "bert-large" or "minilm", without Models
	Sparsity float64  // share of zeros of the sparse model of Shape
	Blocks   bool     // its zeros lie in groups of four neighbours of a row

	// Engines are the forms of the weights that are compared. Without any it is, of each model, the one that
	// the options say, and of Shape "dense" and "sparse".
	Engines []string

	Length  int  // tokens of each document, [CLS] and [SEP] included; 0 means 128. SpeedByLength does not use it.
	Latency bool // one document at a time instead of many

	// Time is for how long each point is measured, after about as long that it takes to get there; 0 means 0.3 s. What
	// takes longer for a few documents takes longer.
	Time time.Duration

	Rounds int // passes over the documents of a point at most; without Time there is no other end

	// Progress, if not nil, gets what has been measured so far after every point of the horizontal axis. It is called by
	// the goroutine that measures, between measurements.
	Progress func(report.Curve)
}

const (
	sweepTime   = 300 * time.Millisecond
	sweepLength = 128
	sweepMost   = 100 // points of a curve
)

func (o *SweepOptions) check(points int) error {
	if o.Time == 0 && o.Rounds == 0 {
		o.Time = sweepTime
	}
	if o.Length == 0 {
		o.Length = sweepLength
	}
	switch {
	case points == 0 || points > sweepMost:
		return fmt.Errorf("biobert: curve of %d points (want 1 to %d)", points, sweepMost)
	case len(o.Models) > 0 && o.Shape != "":
		return errors.New("biobert: a curve is of models or of a shape, not of both")
	case len(o.Models) == 0 && o.Shape == "":
		return errors.New(`biobert: a curve of nothing (give Models, or a Shape such as "minilm")`)
	}
	if o.Shape != "" {
		if err := (&SyntheticOptions{Shape: o.Shape, Sparsity: o.Sparsity}).checkShape(); err != nil {
			return err
		}
	}
	b := o.bench(o.Length, 1)
	return b.check()
}

// bench returns options for one point.
func (o *SweepOptions) bench(length, documents int) BenchOptions {
	return BenchOptions{Lengths: slices.Repeat([]int{length}, documents), Latency: o.Latency, Time: o.Time, Rounds: o.Rounds}
}

// open opens the models, or makes them with the given share of zeros.
func (o *SweepOptions) open(ctx context.Context, engines []string, sparsity float64, opts []Option) ([]*TokenClassification, error) {
	if o.Shape == "" {
		return openCompared(ctx, o.Models, engines, opts)
	}
	return openSynthetic(ctx, SyntheticOptions{Shape: o.Shape, Sparsity: sparsity, Blocks: o.Blocks, BenchOptions: BenchOptions{Engines: engines}}, opts)
}

// A sweep is a curve in the making.
type sweep struct {
	*SweepOptions
	curve report.Curve
}

func (o *SweepOptions) sweep(x report.Axis) *sweep {
	return &sweep{o, report.Curve{X: x, Y: report.Axis{Name: "speed", Unit: "tokens/s"}, Machine: machine()}}
}

// point measures all pipelines with documents of so many tokens and adds a point to the series of each.
func (s *sweep) point(ctx context.Context, x float64, label string, ps []*TokenClassification, length int) error {
	// As many documents as keep all goroutines busy.
	documents := 1
	for _, p := range ps {
		documents = max(documents, 4*p.opt.threads*max(jobTokens/length, 1))
	}
	o := s.bench(length, documents)
	b, err := compare(ctx, ps, randomInputs(o.Lengths, leastVocab(ps)), o)
	if err != nil {
		return err
	}
	for i, r := range b.Results {
		s.add(seriesName(b.Results, i), report.Point{X: x, Y: r.TokensPerSecond, Label: label, Spread: r.Spread})
	}
	return nil
}

func (s *sweep) add(name string, p report.Point) {
	i := slices.IndexFunc(s.curve.Series, func(c report.Series) bool { return c.Name == name })
	if i < 0 {
		i = len(s.curve.Series)
		s.curve.Series = append(s.curve.Series, report.Series{Name: name})
	}
	s.curve.Series[i].Points = append(s.curve.Series[i].Points, p)
}

// report tells how far the curve is.
func (s *sweep) report() {
	if s.Progress == nil {
		return
	}
	c := s.curve
	c.Series = slices.Clone(c.Series)
	for i := range c.Series {
		c.Series[i].Points = slices.Clone(c.Series[i].Points)
	}
	s.Progress(c)
}

// seriesName names a result by its engine, and by its model, too, where that is not enough.
func seriesName(results []report.Result, i int) string {
	for j, r := range results {
		if j != i && r.Engine == results[i].Engine {
			return results[i].Engine + ", " + results[i].Model
		}
	}
	return results[i].Engine
}

// what says in a line what was measured.
func (s *sweep) what(ps []*TokenClassification, rest string) string {
	name := ""
	for _, p := range ps {
		if n := p.Info().Name; name == "" {
			name = n
		} else if s.Shape == "" && n != name {
			name += ", " + n
		}
	}
	if s.Shape != "" {
		name = "Random weights in the shape of " + s.Shape
		if s.curve.X.Unit != "%" && slices.ContainsFunc(ps, func(p *TokenClassification) bool { return p.model.Engine == bert.Sparse }) {
			name += fmt.Sprintf(", %.4g %% of those of the sparse model zero", 100*s.Sparsity)
		}
	}
	return name + rest
}

func (s *sweep) documents() string {
	if s.Latency {
		return "one document at a time"
	}
	return "many documents at once"
}

func threadCount(n int) string {
	if n == 1 {
		return "1 thread"
	}
	return fmt.Sprintf("%d threads", n)
}

// SpeedByLength measures tokens per second for documents of each of the lengths, in tokens with [CLS] and
// [SEP]. What is longer than a model is read in overlapping windows.
func SpeedByLength(ctx context.Context, lengths []int, o SweepOptions, opts ...Option) (report.Curve, error) {
	if err := o.check(len(lengths)); err != nil {
		return report.Curve{}, err
	}
	for _, n := range lengths {
		if err := checkLength(n); err != nil {
			return report.Curve{}, fmt.Errorf("biobert: %w", err)
		}
	}
	ps, err := o.open(ctx, o.Engines, o.Sparsity, opts)
	defer closeAll(ps)
	if err != nil {
		return report.Curve{}, err
	}
	s := o.sweep(report.Axis{Name: "tokens of a document", Log: true, Whole: true})
	s.curve.Note = s.what(ps, "; "+threadCount(ps[0].opt.threads)+", "+s.documents())
	for _, n := range lengths {
		if err := s.point(ctx, float64(n), "", ps, n); err != nil {
			return report.Curve{}, err
		}
		s.report()
	}
	return s.curve, nil
}

// SpeedByThreads measures tokens per second with each of the numbers of threads, which should not be more than there are
// processors. An option WithThreads is overruled.
func SpeedByThreads(ctx context.Context, threads []int, o SweepOptions, opts ...Option) (report.Curve, error) {
	if err := o.check(len(threads)); err != nil {
		return report.Curve{}, err
	}
	for _, n := range threads {
		if n < 1 || n > 1024 {
			return report.Curve{}, fmt.Errorf("biobert: %d threads (want 1 to 1024)", n)
		}
	}
	ps, err := o.open(ctx, o.Engines, o.Sparsity, opts)
	defer closeAll(ps)
	if err != nil {
		return report.Curve{}, err
	}
	s := o.sweep(report.Axis{Name: "threads", Whole: true})
	s.curve.Note = s.what(ps, fmt.Sprintf("; documents of %d tokens, %s", o.Length, s.documents()))
	for _, n := range threads {
		with := make([]*TokenClassification, len(ps))
		for i, p := range ps {
			own := *p.opt
			own.threads = n
			with[i] = &TokenClassification{newPipeline(p.name, p.model, &own, p.task)} // the model stays with p
		}
		err := s.point(ctx, float64(n), "", with, o.Length)
		closeAll(with)
		if err != nil {
			return report.Curve{}, err
		}
		s.report()
	}
	return s.curve, nil
}

// SpeedBySparsity measures the sparse engine with random weights of a shape, each of the shares of which are zero, at least 0 and less
// than 1. Engines that do not leave zeros out are measured once, to compare with; without Engines these are
// "dense" and "dense-int8". Models cannot be measured: they have the zeros they have.
func SpeedBySparsity(ctx context.Context, shares []float64, o SweepOptions, opts ...Option) (report.Curve, error) {
	if len(o.Models) > 0 {
		return report.Curve{}, errors.New("biobert: speed by sparsity is that of a Shape: models have the zeros they have")
	}
	if err := o.check(len(shares)); err != nil {
		return report.Curve{}, err
	}
	for _, x := range shares {
		if !(x >= 0 && x < 1) {
			return report.Curve{}, fmt.Errorf("biobert: sparsity %v (must be at least 0 and less than 1)", x)
		}
	}
	engines := []string{string(bert.Dense), string(bert.DenseS8)}
	if len(o.Engines) > 0 {
		engines = slices.DeleteFunc(slices.Clone(o.Engines), func(e string) bool { return e == string(bert.Sparse) })
	}
	s := o.sweep(report.Axis{Name: "zeros among the weights", Unit: "%"})
	measure := func(engine string, share float64) error {
		ps, err := o.open(ctx, []string{engine}, share, opts)
		defer closeAll(ps)
		if err != nil {
			return err
		}
		s.curve.Note = s.what(ps, fmt.Sprintf("; %s, documents of %d tokens, %s", threadCount(ps[0].opt.threads), o.Length, s.documents()))
		return s.point(ctx, 100*share, "", ps, o.Length)
	}
	least, most := slices.Min(shares), slices.Max(shares)
	for _, e := range engines {
		if err := measure(e, least); err != nil {
			return report.Curve{}, err
		}
		c := &s.curve.Series[len(s.curve.Series)-1]
		c.Reference = true
		if most > least {
			p := c.Points[0]
			p.X = 100 * most
			c.Points = append(c.Points, p)
		}
	}
	for _, x := range shares {
		if err := measure(string(bert.Sparse), x); err != nil {
			return report.Curve{}, err
		}
		s.report()
	}
	return s.curve, nil
}
