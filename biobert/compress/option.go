package compress

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
)

// An Option changes what Run does. A value that makes no sense is refused by Run.
type Option func(*options) error

type options struct {
	sparsity   float64
	method     Method
	block      int
	output     string
	onnx       bool
	percentile float64 // of activations; 100: their minimum and maximum
	float      bool
	tokens     int
	threads    int
	progress   func(Progress)
}

func newOptions(opts []Option) (*options, error) {
	o := &options{sparsity: 0.9, method: ADMM, block: 1, percentile: 100, tokens: 1 << 15, threads: runtime.GOMAXPROCS(0)}
	for _, f := range opts {
		if err := f(o); err != nil {
			return nil, err
		}
	}
	if o.onnx && o.output == "" {
		return nil, errors.New("WithONNX: no output (give one by WithOutput)")
	}
	if o.onnx && o.float {
		return nil, errors.New("WithONNX: the ONNX file is a quantized one, which WithFloatWeights rules out")
	}
	return o, nil
}

// WithSparsity sets the share of the weights that are removed, above 0 and below 1. The default is 0.9.
func WithSparsity(share float64) Option {
	return func(o *options) error {
		if !(share > 0 && share < 1) {
			return fmt.Errorf("WithSparsity(%v): must be above 0 and below 1 (0.9 removes nine weights of ten)", share)
		}
		o.sparsity = share
		return nil
	}
}

// WithMethod sets how weights are chosen. The default is ADMM.
func WithMethod(m Method) Option {
	return func(o *options) error {
		if !slices.Contains(Methods, m) {
			return fmt.Errorf("WithMethod(%q): unknown method (have %s)", m, methodNames())
		}
		o.method = m
		return nil
	}
}

// WithBlocks has weights removed in groups of n neighbours along the inputs, the first of which is at a multiple of n: 4, the blocks that kernels for 1x4 blocks want, or 1,
// the default, for single weights. Blocks lose more accuracy.
func WithBlocks(n int) Option {
	return func(o *options) error {
		if n != 1 && n != 4 {
			return fmt.Errorf("WithBlocks(%d): unknown size (have 1, 4)", n)
		}
		o.block = n
		return nil
	}
}

// WithOutput sets the folder to write, which must not exist or be empty. Without it there is only the report.
func WithOutput(dir string) Option {
	return func(o *options) error {
		if dir == "" {
			return errors.New("WithOutput(\"\"): want the name of a folder")
		}
		o.output = dir
		return nil
	}
}

// WithONNX writes model.onnx, too: the quantized graph in the form of SparseML, with static scales for activations, which are found in the
// calibration texts.
func WithONNX() Option {
	return func(o *options) error { o.onnx = true; return nil }
}

// WithPercentile has the static scales of WithONNX leave out the largest and the smallest activations: p, above 50 and at most 100, is the percentage
// that is not above the largest number that has an 8-bit equivalent, and, at the other end, not below the smallest. The default is 100, minimum and maximum.
func WithPercentile(p float64) Option {
	return func(o *options) error {
		if !(p > 50 && p <= 100) {
			return fmt.Errorf("WithPercentile(%v): must be above 50 and at most 100 (such as 99.99)", p)
		}
		o.percentile = p
		return nil
	}
}

// WithFloatWeights leaves the weights as the method made them, and does not round them to INT8.
func WithFloatWeights() Option {
	return func(o *options) error { o.float = true; return nil }
}

// WithTokens bounds the calibration: reading of texts ends with the one that makes so many tokens, at least 64. The default is 32,768, which for
// BERT-base takes 100 MB for each of one or two copies of the hidden states. Every eighth text counts for the comparison with the dense model instead.
func WithTokens(n int) Option {
	return func(o *options) error {
		if n < 64 || n > math.MaxInt32 {
			return fmt.Errorf("WithTokens(%d): must be at least 64", n)
		}
		o.tokens = n
		return nil
	}
}

// WithThreads sets how many goroutines share the work, at least 1. The default is GOMAXPROCS. The result does not depend on it.
func WithThreads(n int) Option {
	return func(o *options) error {
		if n < 1 {
			return fmt.Errorf("WithThreads(%d): must be at least 1", n)
		}
		o.threads = n
		return nil
	}
}

// WithProgress has f called after every step of the work, of which a layer has ten, from one goroutine at a time.
func WithProgress(f func(Progress)) Option {
	return func(o *options) error { o.progress = f; return nil }
}
