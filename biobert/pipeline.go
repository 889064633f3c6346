package biobert

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/internal/token"
	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/kernels"
)

// A pipeline is what those of all tasks have in common: an open model, and the goroutines that read texts with it.
type pipeline struct {
	name   string
	source string // Info.Source
	note   string // Info.Note
	model  *bert.Model
	tok    *token.Tokenizer
	opt    *options
	task   task
	notes  []string
	sums   func() []report.FileSum // of the model's files
	close  func() error

	mu       sync.Mutex
	idle     map[int][]*reader // by number of threads
	closed   bool
	running  sync.WaitGroup // calls that use the model
	once     sync.Once      // releases the model
	started  time.Time      // when the first text was read
	finished time.Time      // and the last
}

// A task is what a pipeline does with texts.
type task interface {
	// cut makes room in an item, whose encodings are set, for its results, and appends the sequences in which
	// the model reads it.
	cut(wins []window, m *bert.Model, i int, it *scored) ([]window, error)
	// keep takes what the model made of a sequence to its item: a row of logits for each token, or one
	// for all if the model classifies sequences. The rows may be changed. It reports whether they are numbers.
	keep(it *scored, w *window, rows kernels.MatF32) bool
}

// constructors names, by head, what opens a model.
var constructors = map[bert.Head]string{
	bert.TokenClassification:    "NewTokenClassification",
	bert.SequenceClassification: "NewTextClassification",
	bert.QuestionAnswering:      "NewQuestionAnswering",
}

// openPipeline opens the model called name, which must have the given head, for a task.
func openPipeline(ctx context.Context, name string, head bert.Head, o *options, t task) (*pipeline, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m, err := openModel(ctx, name, head, o)
	if err != nil {
		return nil, err
	}
	p := newPipeline(name, m.bert, o, t)
	p.source, p.note, p.tok, p.notes, p.close = m.source, m.note, m.tok, m.notes, m.close
	p.sums = sync.OnceValue(func() []report.FileSum { return sumsOf(m.files) })
	return p, nil
}

// newPipeline returns a pipeline without a tokenizer.
func newPipeline(name string, m *bert.Model, o *options, t task) *pipeline {
	return &pipeline{
		name: name, model: m, opt: o, task: t, idle: map[int][]*reader{},
		close: func() error { return nil }, sums: func() []report.FileSum { return nil },
	}
}

// Close waits for the calls that are running, which is why it must not be called from the function
// of WithProgress, and releases the model. Later calls return an error. A second Close does nothing.
func (p *pipeline) Close() (err error) {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.running.Wait()
	p.once.Do(func() {
		for _, rs := range p.idle {
			for _, r := range rs {
				r.state.Close()
			}
		}
		err = p.close()
	})
	return err
}

// Notes lists, one sentence each, what the files of the model ask for and is not done, such as
// a truncation in tokenizer.json. It is empty for most models.
func (p *pipeline) Notes() []string { return slices.Clone(p.notes) }

// Info describes an open model.
type Info struct {
	Name        string  // as it was opened
	Source      string  // "embedded jnlpba", the path of a folder or file, or "owner/name@commit" on the hub
	Note        string  // what was opened in place of the model that was asked for, and why; "" for most models
	Engine      string  // "dense fp32", "dense INT8", "sparse INT8" or, for a quantized ONNX model, "calibrated INT8"
	Sparsity    float64 // share of zeros in the encoder's weights
	WeightBytes int     // memory of the encoder's weights
	Layers      int
	Hidden      int
	MaxTokens   int // length of the longest window, special tokens included
}

// Info describes the open model.
func (p *pipeline) Info() Info {
	m := p.model
	engine := map[bert.Engine]string{bert.Dense: "dense fp32", bert.DenseS8: "dense INT8", bert.Sparse: "sparse INT8", bert.Static: "calibrated INT8"}
	return Info{p.name, p.source, p.note, engine[m.Engine], m.Sparsity(), m.WeightBytes(), m.Layers, m.Hidden, m.MaxPosition}
}

// Explain times one pass over a sequence of random tokens on one thread and says which kernel every
// product of the encoder uses, what it should take and what it took, and where the rest of the
// time goes. It returns an error for the dense fp32 engine, which has one kernel, and for a
// number of tokens that the model cannot take.
func (p *pipeline) Explain(tokens int) (report.Explanation, error) {
	if err := p.begin(); err != nil {
		return report.Explanation{}, err
	}
	defer p.running.Done()
	e, err := p.model.Explain(tokens)
	if err != nil {
		return e, fmt.Errorf("biobert: model %q: %w", p.name, err)
	}
	e.Model, e.Engine, e.Instance = p.name, p.Info().Engine, instance()
	return e, nil
}

// jobTokens is how many tokens a goroutine takes at a time when there are many texts: enough
// for the kernels to work at full speed, few enough for the last job to end with the others.
const jobTokens = 256

// read passes every input through the model and calls f for each, from several goroutines at
// once. The scored value is only valid during the call.
func (p *pipeline) read(ctx context.Context, in []input, progress func(Progress), bar bool, f func(i int, s *scored)) error {
	if err := p.begin(); err != nil {
		return err
	}
	defer p.running.Done()
	type job struct{ from, to, size int }
	var jobs []job
	for from := 0; from < len(in); {
		to, n := from, 0
		for to < len(in) && (to == from || n+in[to].size() <= jobTokens) {
			n += in[to].size()
			to++
		}
		jobs = append(jobs, job{from, to, n})
		from = to
	}
	// Long texts come first, or the others would wait for a goroutine that began one at the end. To sort the short ones as
	// well gains nothing: there is no padding to save.
	slices.SortStableFunc(jobs, func(a, b job) int { return max(b.size, jobTokens) - max(a.size, jobTokens) })
	meter := newMeter(len(in), progress, bar)
	defer meter.finish()
	// With many texts each goroutine reads texts of its own; with few, all share each.
	workers, threads := p.opt.threads, 1
	if len(jobs) < 2*workers {
		workers, threads = 1, p.opt.threads
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	var failed error
	var once sync.Once
	fail := func(err error) { once.Do(func() { failed = err; next.Store(int64(len(jobs))) }) }
	for range workers {
		wg.Go(func() {
			r := p.reader(threads)
			defer p.release(threads, r)
			for j := next.Add(1) - 1; j < int64(len(jobs)); j = next.Add(1) - 1 {
				from, to := jobs[j].from, jobs[j].to
				if err := r.read(ctx, in[from:to], from, f, meter); err != nil {
					fail(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return failed
}

// begin counts a call that uses the model, unless the pipeline is closed.
func (p *pipeline) begin() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return fmt.Errorf("biobert: pipeline %q is closed", p.name)
	}
	p.running.Add(1)
	return nil
}

// reader takes an idle reader or makes one.
func (p *pipeline) reader(threads int) *reader {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.started.IsZero() {
		p.started = time.Now()
	}
	if rs := p.idle[threads]; len(rs) > 0 {
		p.idle[threads] = rs[:len(rs)-1]
		return rs[len(rs)-1]
	}
	return &reader{p: p, state: bert.NewState(threads)}
}

func (p *pipeline) release(threads int, r *reader) {
	for i := range r.items {
		r.items[i].text, r.items[i].secondText = "", "" // they may be long
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.finished = time.Now()
	p.idle[threads] = append(p.idle[threads], r)
}

// Texts makes a sequence of texts that Annotate takes.
func Texts(texts ...string) iter.Seq2[string, error] { return sequence(texts) }

// Documents makes a sequence of documents that AnnotateDocuments takes, such as those that another model has
// annotated: see [WithGivenEntities].
func Documents(docs ...annot.Document) iter.Seq2[annot.Document, error] { return sequence(docs) }

func sequence[T any](values []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range values {
			if !yield(v, nil) {
				return
			}
		}
	}
}
