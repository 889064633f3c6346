package biobert

import (
	"context"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/internal/token"
	"github.com/sparsebio/sparsebio/biobert/report"
	"github.com/sparsebio/sparsebio/datasets/annot"
	"github.com/sparsebio/sparsebio/kernels"
)

// TokenClassification finds entities in texts with a BERT token classifier: named entity
// recognition. It is safe for concurrent use.
type TokenClassification struct {
	name  string
	model *bert.Model
	tok   *token.Tokenizer
	opt   *options
	notes []string
	close func() error

	mu      sync.Mutex
	idle    map[int][]*reader // by number of threads
	closed  bool
	running sync.WaitGroup // calls that use the model
	once    sync.Once      // releases the model
}

// NewTokenClassification opens the model called name: a registered model such as "jnlpba"
// (import _ "github.com/sparsebio/sparsebio/biobert/models/jnlpba"), the path of a
// checkpoint folder, or the path of a packed model file. The error for any other name wraps
// hub.ErrUnknownModel. Opening is not interrupted when ctx ends; the methods look at their ctx before
// every 512 tokens or so.
func NewTokenClassification(ctx context.Context, name string, opts ...Option) (*TokenClassification, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	o, err := newOptions(opts)
	if err != nil {
		return nil, err
	}
	m, err := openModel(name, o)
	if err != nil {
		return nil, err
	}
	return &TokenClassification{name: name, model: m.bert, tok: m.tok, opt: o, notes: m.notes, close: m.close, idle: map[int][]*reader{}}, nil
}

// Close waits for the calls that are running, which is why it must not be called from the function
// of WithProgress, and releases the model. Later calls return an error. A second Close does nothing.
func (p *TokenClassification) Close() (err error) {
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

// Labels returns the labels of the model in the order of its outputs.
func (p *TokenClassification) Labels() []string { return slices.Clone(p.model.Labels) }

// Notes lists, one sentence each, what the files of the model ask for and is not done, such as
// a truncation in tokenizer.json. It is empty for most models.
func (p *TokenClassification) Notes() []string { return slices.Clone(p.notes) }

// Info describes an open model.
type Info struct {
	Name        string  // as it was opened
	Engine      string  // "dense fp32", "dense INT8" or "sparse INT8"
	Sparsity    float64 // share of zeros in the encoder's weights
	WeightBytes int     // memory of the encoder's weights
	Layers      int
	Hidden      int
	MaxTokens   int // length of the longest window, special tokens included
}

// Info describes the open model.
func (p *TokenClassification) Info() Info { return infoOf(p.name, p.model) }

func infoOf(name string, m *bert.Model) Info {
	engine := map[bert.Engine]string{bert.Dense: "dense fp32", bert.DenseS8: "dense INT8", bert.Sparse: "sparse INT8"}
	return Info{name, engine[m.Engine], m.Sparsity(), m.WeightBytes(), m.Layers, m.Hidden, m.MaxPosition}
}

// Explain times one pass over a sequence of random tokens on one thread and says which kernel every
// product of the encoder uses, what it should take and what it took, and where the rest of the
// time goes. It returns an error for the dense fp32 engine, which has one kernel, and for a
// number of tokens that the model cannot take.
func (p *TokenClassification) Explain(tokens int) (report.Explanation, error) {
	if err := p.begin(); err != nil {
		return report.Explanation{}, err
	}
	defer p.running.Done()
	e, err := p.model.Explain(tokens)
	if err != nil {
		return e, fmt.Errorf("biobert: model %q: %w", p.name, err)
	}
	return e, nil
}

// Annotate reads texts and returns a document for each, in order. An error of the sequence
// ends the reading and is returned.
func (p *TokenClassification) Annotate(ctx context.Context, texts iter.Seq2[string, error]) ([]annot.Document, error) {
	return p.AnnotateDocuments(ctx, func(yield func(annot.Document, error) bool) {
		for t, err := range texts {
			if !yield(annot.Document{Text: t}, err) {
				return
			}
		}
	})
}

// AnnotateDocuments reads the text of documents and returns them in order with the entities that
// were found in place of those they had.
func (p *TokenClassification) AnnotateDocuments(ctx context.Context, docs iter.Seq2[annot.Document, error]) ([]annot.Document, error) {
	var out []annot.Document
	var in []input
	for d, err := range docs {
		if err != nil {
			return nil, err
		}
		in = append(in, input{text: d.Text, id: d.ID})
		out = append(out, d)
	}
	err := p.read(ctx, in, p.opt.progress, !p.opt.silent, func(i int, s *scored) {
		out[i].Entities = s.entities(p.opt.strategy, p.opt.ignore)
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

// AnnotateText reads one text, in which all threads take part; for many texts use Annotate, where each thread
// reads texts of its own. Text that is not valid UTF-8 is an error that names the place.
func (p *TokenClassification) AnnotateText(ctx context.Context, text string) (annot.Document, error) {
	d := annot.Document{Text: text}
	err := p.one(ctx, text, func(s *scored) { d.Entities = s.entities(p.opt.strategy, p.opt.ignore) })
	return d, err
}

// Tokens returns the label of every word piece of text that is not ignored: the
// unaggregated result.
func (p *TokenClassification) Tokens(ctx context.Context, text string) (out []TokenResult, err error) {
	err = p.one(ctx, text, func(s *scored) { out = s.tokens(p.tok, p.opt.ignore) })
	return out, err
}

// Groups returns the entities of text, aggregated by the pipeline's strategy, in the
// form that transformers gives them. With None the groups are single pieces.
func (p *TokenClassification) Groups(ctx context.Context, text string) (out []EntityGroup, err error) {
	err = p.one(ctx, text, func(s *scored) {
		if p.opt.strategy != None {
			out = s.groups(p.tok, p.opt.strategy, p.opt.ignore)
			return
		}
		for _, t := range s.tokens(p.tok, p.opt.ignore) {
			out = append(out, EntityGroup{t.Entity, t.Score, t.Word, t.Start, t.End})
		}
	})
	return out, err
}

// TagWords labels texts that are already split into words, as corpora are: one label a word, that
// of its first piece. A word without pieces, such as a lone control character, is "O".
func (p *TokenClassification) TagWords(ctx context.Context, sentences [][]string) ([][]string, error) {
	in := make([]input, len(sentences))
	out := make([][]string, len(sentences))
	for i, w := range sentences {
		in[i].words = w
		out[i] = slices.Repeat([]string{"O"}, len(w))
	}
	err := p.read(ctx, in, p.opt.progress, !p.opt.silent, func(i int, s *scored) {
		last := int32(-1)
		for t, w := range s.enc.Word {
			if w >= 0 && w != last {
				l, _ := best(s.row(t))
				out[i][w] = s.labels[l]
				last = w
			}
		}
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (p *TokenClassification) one(ctx context.Context, text string, f func(*scored)) error {
	return p.read(ctx, []input{{text: text}}, nil, false, func(_ int, s *scored) { f(s) })
}

// An input is a text, a text split into words, or token ids.
type input struct {
	id    string
	text  string
	words []string
	ids   []int32
}

// size estimates the tokens of an input; scientific English has four bytes a token.
func (in *input) size() int {
	n := len(in.text) + 4*len(in.ids)
	for _, w := range in.words {
		n += len(w) + 1
	}
	return n/4 + 2
}

// jobTokens is how many tokens a goroutine takes at a time when there are many texts: enough
// for the kernels to work at full speed, few enough for the last job to end with the others.
const jobTokens = 256

// read passes every input through the model and calls f for each, from several goroutines at
// once. The scored value is only valid during the call.
func (p *TokenClassification) read(ctx context.Context, in []input, progress func(Progress), bar bool, f func(i int, s *scored)) error {
	if err := p.begin(); err != nil {
		return err
	}
	defer p.running.Done()
	type job struct{ from, to int }
	var jobs []job
	for from := 0; from < len(in); {
		to, n := from, 0
		for to < len(in) && (to == from || n+in[to].size() <= jobTokens) {
			n += in[to].size()
			to++
		}
		jobs = append(jobs, job{from, to})
		from = to
	}
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
func (p *TokenClassification) begin() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return fmt.Errorf("biobert: pipeline %q is closed", p.name)
	}
	p.running.Add(1)
	return nil
}

// reader takes an idle reader or makes one.
func (p *TokenClassification) reader(threads int) *reader {
	p.mu.Lock()
	defer p.mu.Unlock()
	if rs := p.idle[threads]; len(rs) > 0 {
		p.idle[threads] = rs[:len(rs)-1]
		return rs[len(rs)-1]
	}
	return &reader{p: p, state: bert.NewState(threads)}
}

func (p *TokenClassification) release(threads int, r *reader) {
	for i := range r.items {
		r.items[i].text = "" // it may be long
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle[threads] = append(p.idle[threads], r)
}

// A reader takes inputs through tokenizer and model, one goroutine's share of the work. It is used again
// by later calls, so that they need not allocate.
type reader struct {
	p     *TokenClassification
	state *bert.State
	batch bert.Batch
	encs  []token.Encoding
	items []scored
	wins  []window
}

// A window is a run of tokens that the model reads at once: a whole text or part of a long one.
type window struct {
	item     int // index of the text
	from, to int // tokens of the text, without [CLS] and [SEP]
	use, end int // tokens whose labels are taken from this window
}

// windowBatch is how many tokens pass through the model at once at most, but for a
// single longer window.
const windowBatch = 512

// read reads in, whose first element is number first of all.
func (r *reader) read(ctx context.Context, in []input, first int, f func(int, *scored), meter *meter) error {
	for len(r.encs) < len(in) {
		r.encs = append(r.encs, token.Encoding{})
		r.items = append(r.items, scored{})
	}
	r.wins = r.wins[:0]
	labels := r.p.model.Labels
	for i := range in {
		e := &r.encs[i]
		if err := r.encode(e, &in[i]); err != nil {
			name := fmt.Sprintf("text %d", first+i+1)
			if in[i].id != "" {
				name += fmt.Sprintf(" (id %q)", in[i].id)
			}
			return fmt.Errorf("biobert: %s: %w", name, err)
		}
		it := &r.items[i]
		it.text, it.enc, it.labels = in[i].text, e, labels
		if n := len(e.IDs) * len(labels); cap(it.probs) < n {
			it.probs = make([]float64, n)
		} else {
			it.probs = it.probs[:n]
		}
		r.wins = windows(r.wins, i, e.Word, r.p.model.MaxPosition-2, r.p.opt.stride)
	}
	for w := 0; w < len(r.wins); {
		if err := ctx.Err(); err != nil {
			return err
		}
		r.batch.Reset()
		from := w
		for w < len(r.wins) && (w == from || len(r.batch.IDs)+r.wins[w].to-r.wins[w].from+2 <= windowBatch) {
			r.add(r.wins[w])
			w++
		}
		if err := r.p.model.Check(&r.batch); err != nil {
			return fmt.Errorf("biobert: model %q: %w (do the tokenizer and the weights belong together?)", r.p.name, err)
		}
		probs := r.p.model.Forward(r.state, &r.batch)
		kernels.SoftmaxF32(probs, 1)
		for i, win := range r.wins[from:w] {
			it := &r.items[win.item]
			for t := win.use; t < win.end; t++ {
				row := it.row(t)
				for k, v := range probs.Row(r.batch.Starts[i] + 1 + t - win.from) {
					row[k] = float64(v)
				}
				if math.IsNaN(row[0]) { // then all of them are
					return fmt.Errorf("biobert: model %q: its weights are so large that the results are not numbers (is the checkpoint damaged?)", r.p.name)
				}
			}
			meter.tokens(win.to - win.from + 2)
		}
	}
	for i := range in {
		f(first+i, &r.items[i])
		meter.text()
	}
	return nil
}

// encode splits in into tokens.
func (r *reader) encode(e *token.Encoding, in *input) error {
	switch {
	case in.words != nil:
		return r.p.tok.EncodeWords(e, in.words)
	case in.ids != nil:
		e.Reset()
		for i, id := range in.ids {
			word := int32(i)
			if i == 0 || i == len(in.ids)-1 {
				word = -1
			}
			e.IDs, e.Word = append(e.IDs, id), append(e.Word, word)
		}
		return nil
	}
	return r.p.tok.Encode(e, in.text)
}

// add appends a window to the batch, between [CLS] and [SEP].
func (r *reader) add(w window) {
	ids := r.encs[w.item].IDs
	r.batch.Add(ids[:1], ids[w.from:w.to], ids[len(ids)-1:])
}

// windows cuts a text into windows of at most size tokens, of which neighbours share about stride. word
// holds the word of each token, -1 for the first and last, which are [CLS] and [SEP]. Where it can, a
// window begins and ends at the border of a word, and labels are taken from the window in which the token
// is further from the edge.
func windows(out []window, item int, word []int32, size, stride int) []window {
	n := len(word) - 1 // tokens 1 to n-1 are the text
	if n-1 <= size {
		return append(out, window{item, 1, n, 1, n})
	}
	stride = min(stride, size/4)
	// border moves i back to the beginning of its word, but not below low.
	border := func(i, low int) int {
		for j := i; j >= low; j-- {
			if word[j] != word[j-1] {
				return j
			}
		}
		return i
	}
	first := len(out)
	for from := 1; ; {
		to := n
		if from+size < n {
			to = border(from+size, from+size/2)
		}
		out = append(out, window{item, from, to, from, to})
		if to == n {
			break
		}
		from = border(to-stride, from+size/4)
	}
	for i := first + 1; i < len(out); i++ {
		cut := border((out[i].from+out[i-1].to)/2, out[i].from)
		out[i-1].end, out[i].use = cut, cut
	}
	return out
}

// Texts makes a sequence of texts that Annotate takes.
func Texts(texts ...string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, t := range texts {
			if !yield(t, nil) {
				return
			}
		}
	}
}

// Must returns v and panics if err is not nil. It is for notebooks, where a cell that fails should
// stop and show the error.
func Must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// Progress says how far the reading of many texts is.
type Progress struct {
	Texts, Total int           // texts done, and texts in all
	Tokens       int           // word pieces read, special tokens included
	Elapsed      time.Duration // since the beginning
	Done         bool          // this is the last report
}

// String returns a line such as "44 of 44 texts, 11,932 tokens, 14,212 tokens/s".
func (p Progress) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d of %d texts, %s tokens", p.Texts, p.Total, thousands(p.Tokens))
	if s := p.Elapsed.Seconds(); s > 0 {
		fmt.Fprintf(&b, ", %s tokens/s", thousands(int(float64(p.Tokens)/s)))
	}
	return b.String()
}

func thousands(n int) string {
	s := fmt.Sprint(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
