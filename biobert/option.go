package biobert

import (
	"fmt"
	"runtime"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/kernels"
)

// An Option changes how a pipeline works. A value that makes no sense is refused by
// the constructor that the option is given to.
type Option func(*options) error

type options struct {
	threads  int
	engine   bert.Engine
	form     string // of INT8 weights
	strategy AggregationStrategy
	stride   int
	ignore   []string
	progress func(Progress)
	silent   bool
}

func newOptions(opts []Option) (*options, error) {
	o := &options{threads: runtime.GOMAXPROCS(0), strategy: Word, stride: 64, ignore: []string{"O"}}
	for _, f := range opts {
		if err := f(o); err != nil {
			return nil, fmt.Errorf("biobert: %w", err)
		}
	}
	return o, nil
}

// WithThreads sets how many goroutines share the work, at least 1. The default is
// GOMAXPROCS. The result does not depend on it.
func WithThreads(n int) Option {
	return func(o *options) error {
		if n < 1 {
			return fmt.Errorf("WithThreads(%d): must be at least 1", n)
		}
		o.threads = n
		return nil
	}
}

// WithEngine forces the form in which the weights are held: "dense" (fp32), "dense-int8", or "sparse"
// (INT8 without the zeros); "auto", the default, takes sparse where at least half of the
// weights are zero. The weights of an embedded model are either fp32 or INT8.
func WithEngine(name string) Option {
	return func(o *options) error {
		if o.engine = bert.Engine(name); name == "auto" {
			o.engine = ""
		} else if !slices.Contains(bert.Engines, o.engine) {
			return fmt.Errorf("WithEngine(%q): unknown engine (have auto, %s)", name, engineNames())
		}
		return nil
	}
}

func engineNames() string {
	var names []string
	for _, e := range bert.Engines {
		names = append(names, string(e))
	}
	return strings.Join(names, ", ")
}

// WithKernel forces the form in which INT8 weights are held and multiplied, one of those that
// kernels.LinearS8Forms lists; "auto", the default, takes for each layer the one that is
// fastest on this machine. The result does not depend on it. Explain shows what was taken.
func WithKernel(form string) Option {
	return func(o *options) error {
		if o.form = form; form == "auto" {
			o.form = ""
		} else if have := kernels.LinearS8Forms(); !slices.Contains(have, form) {
			return fmt.Errorf("WithKernel(%q): unknown kernel (have auto, %s)", form, strings.Join(have, ", "))
		}
		return nil
	}
}

// WithAggregation sets how the labels of word pieces become entities. The default is Word,
// which suits models trained on the first piece of each word of a corpus, as most are.
func WithAggregation(s AggregationStrategy) Option {
	return func(o *options) error {
		if !slices.Contains(strategies, s) {
			return fmt.Errorf("WithAggregation(%q): unknown aggregation strategy (have none, simple, first, average, max, word)", s)
		}
		o.strategy = s
		return nil
	}
}

// WithStride sets how many tokens two neighbouring windows of a long text share, at least
// 0. The default is 64. A quarter of the model's length is the most that is used.
func WithStride(tokens int) Option {
	return func(o *options) error {
		if tokens < 0 {
			return fmt.Errorf("WithStride(%d): must not be negative", tokens)
		}
		o.stride = tokens
		return nil
	}
}

// WithIgnoreLabels sets the labels that are left out of results; the default is "O".
// Without arguments nothing is left out.
func WithIgnoreLabels(labels ...string) Option {
	return func(o *options) error { o.ignore = labels; return nil }
}

// WithProgress has f called from time to time while many texts are read, and at the end.
// Calls do not overlap. The default draws a bar where somebody watches: on standard error if that is
// a terminal, and in a notebook. A nil f turns progress off.
func WithProgress(f func(Progress)) Option {
	return func(o *options) error { o.progress, o.silent = f, f == nil; return nil }
}
