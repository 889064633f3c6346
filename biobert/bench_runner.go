package biobert

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"time"

	"github.com/sparsebio/sparsebio/biobert/internal/token"
	"github.com/sparsebio/sparsebio/biobert/report"
)

// A schedule says how long each model of a benchmark reads.
type schedule struct {
	BenchOptions
	open   bool // until the fastest has read everything once
	passed bool // somebody has
}

const (
	benchTime = 10 * time.Second // of the zero BenchOptions
	benchMost = time.Minute      // for a pass of the fastest model
	turnTime  = 2 * time.Second  // after which it is another model's turn
)

func newSchedule(o BenchOptions) *schedule {
	return &schedule{BenchOptions: o, open: o.Time == 0 && o.Rounds == 0}
}

// budget returns for how long each model may read, or 0 for as long as it takes.
func (s *schedule) budget() time.Duration {
	switch {
	case s.open && s.passed:
		return benchTime
	case s.open:
		return benchMost
	}
	return s.Time
}

// done reports whether r has read enough. Everybody is measured once at least.
func (s *schedule) done(r *runner) bool {
	t := s.budget()
	return s.Rounds > 0 && r.passes >= s.Rounds || t > 0 && r.used >= t
}

// spent orders models by whose turn it is.
func (s *schedule) spent(r *runner) float64 {
	if s.budget() > 0 { // so that all are measured throughout the run
		return r.used.Seconds()
	}
	return float64(r.passes)
}

// A runner measures one model. It reads the documents over and over, in chunks: single documents or
// batches for latency; for throughput so many that the processors without work at the end of a
// chunk do not count, and so few that there are several turns.
type runner struct {
	*schedule
	p         *TokenClassification
	in        []input
	tokens    []int // of each document
	total     int
	tokenizer float64 // tokens per second, or 0 without text
	reader    *reader // for latency
	meter     *meter

	chunks []chunk
	at     int // next chunk
	passes int
	used   time.Duration
	allocs uint64
	docs   int // read while measuring
}

// A chunk is a run of documents that is timed.
type chunk struct {
	from, to int
	tokens   int
	seconds  []float64 // that it took each time
}

func newRunner(ctx context.Context, p *TokenClassification, in []input, s *schedule) (*runner, error) {
	r := &runner{schedule: s, p: p, in: slices.Clone(in), tokens: make([]int, len(in)), meter: newMeter(len(in), nil, false)}
	if err := r.tokenize(ctx); err != nil {
		return nil, err
	}
	if s.budget() > 0 { // a part of the documents is to stand for all
		rand.New(rand.NewPCG(3, 4)).Shuffle(len(r.in), func(i, j int) {
			r.in[i], r.in[j] = r.in[j], r.in[i]
			r.tokens[i], r.tokens[j] = r.tokens[j], r.tokens[i]
		})
	}
	for _, n := range r.tokens {
		r.total += n
	}
	if s.Latency {
		r.reader = p.reader(p.opt.threads)
	}
	return r, nil
}

func (r *runner) close() {
	if r.Latency {
		r.p.release(r.p.opt.threads, r.reader)
	}
}

// tokenizerTime is for how long texts are tokenized at least, over and over, to measure that.
const tokenizerTime = 50 * time.Millisecond

// tokenize counts the tokens of each document, measures how fast texts become tokens, and for latency puts these in
// their place.
func (r *runner) tokenize(ctx context.Context) error {
	rd := reader{p: r.p.pipeline}
	encs := make([]token.Encoding, len(r.in))
	text := 0
	began := time.Now()
	for again := true; again; again = text > 0 && time.Since(began) < tokenizerTime {
		for i := range r.in {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := rd.encode(&encs[i], &r.in[i]); err != nil {
				return fmt.Errorf("biobert: text %d: %w", i+1, err)
			}
			if r.in[i].ids == nil {
				text += encs[i].Len()
			}
		}
	}
	if text > 0 {
		r.tokenizer = float64(text) / time.Since(began).Seconds()
	}
	for i := range r.in {
		if r.tokens[i] = encs[i].Len(); r.Latency && r.in[i].ids == nil {
			r.in[i] = input{ids: encs[i].IDs}
		}
	}
	return nil
}

// read reads documents from to to.
func (r *runner) read(ctx context.Context, from, to int) error {
	if r.Latency {
		return r.reader.read(ctx, r.in[from:to], from, func(int, *scored) {}, r.meter)
	}
	return r.p.read(ctx, r.in[from:to], nil, false, func(_ int, s *scored) {
		if s.text != "" {
			s.entities(r.p.opt.strategy, r.p.opt.ignore)
		}
	})
}

// upTo returns the end of a run of documents from the given one that has at least so many tokens, or ends with the last.
func (r *runner) upTo(from, tokens int) (to, n int) {
	for to = from; to < len(r.in) && (to == from || n < tokens); to++ {
		n += r.tokens[to]
	}
	return to, n
}

// warm reads documents until memory is allocated and the processor at its speed, and cuts the documents
// into chunks by the speed that it finds.
func (r *runner) warm(ctx context.Context) error {
	runtime.GC() // what is left of loading the model is not to be collected while others are measured
	workers := r.p.opt.threads
	least := 2 * workers * jobTokens // so that every goroutine takes part
	if r.Latency {
		least = 1
	}
	rate, at := 0.0, 0
	for began := time.Now(); rate == 0 || time.Since(began) < r.Warmup; {
		to, n := r.upTo(at, least)
		t := time.Now()
		if err := r.read(ctx, at, to); err != nil {
			return err
		}
		rate = float64(n) / max(time.Since(t).Seconds(), 1e-9)
		if at = to; at == len(r.in) {
			at = 0
		}
	}
	r.cut(rate)
	return nil
}

// chunkJobs is how many jobs of a throughput chunk there should be for each goroutine: at the end of
// it they wait for half a job on average.
const chunkJobs = 16

// cut makes chunks for a model that reads rate tokens a second.
func (r *runner) cut(rate float64) {
	size := r.total
	if t := r.budget(); t > 0 {
		size = max(int(rate*turnTime.Seconds()), chunkJobs*r.p.opt.threads*jobTokens)
		size = min(size, int(rate*t.Seconds()/2))
	}
	batch := r.Batch
	if r.Latency {
		batch = max(batch, 1)
	}
	for from := 0; from < len(r.in); {
		to, n := r.upTo(from, size)
		if batch > 0 {
			to, n = min(from+batch, len(r.in)), 0
			for _, k := range r.tokens[from:to] {
				n += k
			}
		}
		r.chunks = append(r.chunks, chunk{from, to, n, make([]float64, 0, 64)}) // appending is not to count as an allocation of the model
		from = to
	}
	// A small rest would count as a chunk of its own.
	if n := len(r.chunks); batch == 0 && n > 1 && r.chunks[n-1].tokens < size/2 {
		r.chunks[n-2].to, r.chunks[n-2].tokens = r.chunks[n-1].to, r.chunks[n-2].tokens+r.chunks[n-1].tokens
		r.chunks = r.chunks[:n-1]
	}
}

// turn reads chunks until the time of a turn is over or all have been read.
func (r *runner) turn(ctx context.Context) error {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	limit := r.used + turnTime/2
	for {
		c := &r.chunks[r.at]
		t := time.Now()
		if err := r.read(ctx, c.from, c.to); err != nil {
			return err
		}
		took := time.Since(t)
		c.seconds = append(c.seconds, took.Seconds())
		r.used += took
		r.docs += c.to - c.from
		if r.at++; r.at == len(r.chunks) {
			r.at = 0
			r.passes++
			r.passed = true
			if r.done(r) || r.budget() == 0 {
				break
			}
		}
		if r.budget() > 0 && (r.used >= limit || r.done(r)) {
			break
		}
	}
	runtime.ReadMemStats(&after)
	r.allocs += after.Mallocs - before.Mallocs
	return nil
}

// result returns the row of a model. A chunk that was read several times counts with its median.
func (r *runner) result(latency bool) report.Result {
	info := r.p.Info()
	row := report.Result{
		Model:             info.Name,
		Engine:            info.Engine,
		Instance:          instance(),
		Threads:           r.p.opt.threads,
		Kernel:            r.p.model.Kernel(),
		Sparsity:          info.Sparsity,
		Documents:         len(r.in),
		Tokens:            r.total,
		MeasuredS:         r.used.Seconds(),
		AllocsPerDocument: float64(r.allocs) / float64(r.docs),
		WeightBytes:       info.WeightBytes,
	}
	docs, tokens, seconds := 0, 0, 0.0
	var calls, rates []float64
	for _, c := range r.chunks {
		if len(c.seconds) == 0 {
			continue
		}
		docs += c.to - c.from
		tokens += c.tokens
		seconds += median(c.seconds)
		for _, s := range c.seconds {
			calls = append(calls, s)
			rates = append(rates, float64(c.tokens)/s)
		}
	}
	if docs < len(r.in) {
		row.MeasuredDocuments, row.MeasuredTokens = docs, tokens
	}
	row.TokensPerSecond = float64(tokens) / seconds
	switch {
	case latency:
		row.TokensPerSecond = median(rates)
		row.Latency = percentiles(calls)
		row.Spread = report.NewSpread(rates, "calls")
	case r.passes > 1:
		row.Spread = report.NewSpread(r.passRates(), "passes").Include(row.TokensPerSecond)
	default:
		row.Spread = report.NewSpread(rates, "parts").Include(row.TokensPerSecond)
	}
	row.LatencyS = float64(r.total) / row.TokensPerSecond
	if r.tokenizer > 0 {
		row.Tokenizer = &report.Tokenizer{TokensPerSecond: r.tokenizer, Included: !latency}
	}
	return row
}

// passRates returns the tokens per second of each pass over all documents.
func (r *runner) passRates() []float64 {
	rates := make([]float64, r.passes)
	for i := range rates {
		seconds := 0.0
		for _, c := range r.chunks {
			seconds += c.seconds[i]
		}
		rates[i] = float64(r.total) / seconds
	}
	return rates
}

// percentiles summarizes the seconds that calls took; a percentile is that of the call at or above its rank.
func percentiles(seconds []float64) *report.Percentiles {
	s := slices.Sorted(slices.Values(seconds))
	n := len(s)
	rank := func(percent int) float64 { return s[(percent*n+99)/100-1] }
	sum := 0.0
	for _, t := range s {
		sum += t
	}
	return &report.Percentiles{
		Calls: n, Min: s[0], Mean: sum / float64(n), P50: median(s),
		P90: rank(90), P95: rank(95), P99: rank(99), Max: s[n-1],
	}
}
