package biobert

import (
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/biobert/hub"
	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/kernels"
)

// An Option changes how a pipeline works. A value that makes no sense, and an option of another pipeline, is refused
// by the constructor that the option is given to.
type Option func(*options) error

type options struct {
	pipeline string // such as "TokenClassification"
	threads  int
	engine   bert.Engine
	form     string              // of INT8 weights
	strategy AggregationStrategy // "": the model's
	stride   int
	ignore   []string
	progress func(Progress)
	silent   bool
	topK     int // 0: all
	function string
	truncate bool
	longest  int // answer, in tokens
	noAnswer bool

	revision string  // of a model of the hub, "" for main
	zoo      *string // nil: as the environment says
	fetcher  hub.Fetcher
	log      *slog.Logger

	scheme        *RelationScheme // nil: by the labels of the model
	entityModel   string          // "": the scheme's
	givenEntities bool
	minScore      float64
}

func newOptions(pipeline string, opts []Option) (*options, error) {
	o := &options{
		pipeline: pipeline, threads: runtime.GOMAXPROCS(0), stride: 64, ignore: []string{"O"},
		topK: 1, function: "auto", longest: 15,
	}
	if pipeline == "QuestionAnswering" {
		o.stride = 128
	}
	for _, f := range opts {
		if err := f(o); err != nil {
			return nil, fmt.Errorf("biobert: %w", err)
		}
	}
	return o, nil
}

// only returns an error unless the pipeline is one of those that an option is for.
func (o *options) only(option string, pipelines ...string) error {
	if slices.Contains(pipelines, o.pipeline) {
		return nil
	}
	return fmt.Errorf("%s: not an option of %s (of %s)", option, o.pipeline, strings.Join(pipelines, ", "))
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
// weights are zero, and "static-int8" for an ONNX file with quantized activations. That is the engine that computes in the integers that the file describes,
// with the scales that were found when it was calibrated, and other models cannot use it. The weights of an embedded model are either fp32 or INT8.
func WithEngine(name string) Option {
	return func(o *options) error {
		if o.engine = bert.Engine(name); name == "auto" {
			o.engine = ""
		} else if !slices.Contains(bert.Engines, o.engine) && o.engine != bert.Static {
			return fmt.Errorf("WithEngine(%q): unknown engine (have auto, %s)", name, engineNames(append(slices.Clip(bert.Engines), bert.Static)))
		}
		return nil
	}
}

func engineNames(engines []bert.Engine) string {
	var names []string
	for _, e := range engines {
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

// WithAggregation sets how the labels of word pieces become entities. The default is the aggregation_strategy that a model's
// config.json has among the task_specific_params of token-classification, or else Word, which suits models trained on the
// first piece of each word of a corpus, as most are.
func WithAggregation(s AggregationStrategy) Option {
	return func(o *options) error {
		if !slices.Contains(strategies, s) {
			return fmt.Errorf("WithAggregation(%q): unknown aggregation strategy (have %s)", s, strategyNames())
		}
		o.strategy = s
		return o.only("WithAggregation", "TokenClassification", relationPipeline)
	}
}

func strategyNames() string {
	var names []string
	for _, s := range strategies {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

// WithStride sets how many tokens two neighbouring windows of a long text share, at least 0. The default is 64 for
// TokenClassification, which uses a quarter of the model's length at most, and 128 for QuestionAnswering, which uses
// half of a window at most.
func WithStride(tokens int) Option {
	return func(o *options) error {
		if tokens < 0 {
			return fmt.Errorf("WithStride(%d): must not be negative", tokens)
		}
		o.stride = tokens
		return o.only("WithStride", "TokenClassification", "QuestionAnswering", relationPipeline)
	}
}

// WithIgnoreLabels sets the labels that are left out of the results of a TokenClassification; the default is "O".
// Without arguments nothing is left out.
func WithIgnoreLabels(labels ...string) Option {
	return func(o *options) error {
		o.ignore = labels
		return o.only("WithIgnoreLabels", "TokenClassification", relationPipeline)
	}
}

// WithTopK sets how many labels a TextClassification gives for each text, and how many answers a QuestionAnswering
// gives to each question, at most: the ones with the highest scores. The default is 1; 0 stands for all labels, and
// is refused for answers.
func WithTopK(n int) Option {
	return func(o *options) error {
		least := 0
		if o.pipeline == "QuestionAnswering" {
			least = 1
		}
		if n < least {
			return fmt.Errorf("WithTopK(%d): must be at least %d", n, least)
		}
		o.topK = n
		return o.only("WithTopK", "TextClassification", "QuestionAnswering")
	}
}

// functions are what a TextClassification may make of a model's outputs.
var functions = []string{"auto", "softmax", "sigmoid", "none"}

// WithFunctionToApply sets what a TextClassification makes of the model's outputs to get scores, in the words of
// transformers: "softmax" (probabilities of labels that exclude each other), "sigmoid" (of labels that do not), or
// "none" (the outputs themselves). "auto", the default, is sigmoid if the configuration of the
// model says multi_label_classification, and else softmax.
func WithFunctionToApply(name string) Option {
	return func(o *options) error {
		if !slices.Contains(functions, name) {
			return fmt.Errorf("WithFunctionToApply(%q): unknown function (have %s)", name, strings.Join(functions, ", "))
		}
		o.function = name
		return o.only("WithFunctionToApply", "TextClassification")
	}
}

// WithTruncation has a TextClassification cut texts that are longer than the model, at their end; of a pair the
// longer text is cut, and then both. The default is an error.
func WithTruncation() Option {
	return func(o *options) error {
		o.truncate = true
		return o.only("WithTruncation", "TextClassification")
	}
}

// WithMaxAnswerLen sets how many tokens an answer of a QuestionAnswering may have, at least 1, before it is extended
// to whole words. The default is 15.
func WithMaxAnswerLen(tokens int) Option {
	return func(o *options) error {
		if tokens < 1 {
			return fmt.Errorf("WithMaxAnswerLen(%d): must be at least 1", tokens)
		}
		o.longest = tokens
		return o.only("WithMaxAnswerLen", "QuestionAnswering")
	}
}

// WithNoAnswer has a QuestionAnswering weigh, among the answers, that the text holds none: an empty Answer, whose score is
// the lowest that a window gives to that. It suits models trained with such questions, as in SQuAD 2.0; transformers
// calls it handle_impossible_answer.
func WithNoAnswer() Option {
	return func(o *options) error {
		o.noAnswer = true
		return o.only("WithNoAnswer", "QuestionAnswering")
	}
}

// WithRevision chooses a branch, a tag or a commit of a model of the hub; the default is main, or what follows "@" in the
// name. A commit always gives the same model, and needs no network once it is in the cache.
func WithRevision(revision string) Option {
	return func(o *options) error {
		if revision == "" {
			return errors.New(`WithRevision("") (leave the option out for main)`)
		}
		o.revision = revision
		return nil
	}
}

// WithZoo says where the files are that zoo: stubs name, in place of the environment variable SPARSEBIO_ZOO: a folder, or a
// repository of the hub such as "owner/name". See hub.MirrorVariable for what is in it. With "" stubs stand for
// embedded models.
func WithZoo(place string) Option {
	return func(o *options) error { o.zoo = &place; return nil }
}

// WithFetcher has models of the hub fetched by f, such as download.New returns for a client with settings of its own. The
// default is that of the package download, if it is imported.
func WithFetcher(f hub.Fetcher) Option {
	return func(o *options) error {
		if f == nil {
			return errors.New("WithFetcher(nil)")
		}
		o.fetcher = f
		return nil
	}
}

// WithLogger has l told, in a line, when an embedded model is opened in place of one that was asked for; Info.Note has it, too.
// The default is slog.Default().
func WithLogger(l *slog.Logger) Option {
	return func(o *options) error {
		if l == nil {
			return errors.New("WithLogger(nil)")
		}
		o.log = l
		return nil
	}
}

func (o *options) logger() *slog.Logger {
	if o.log != nil {
		return o.log
	}
	return slog.Default()
}

// WithProgress has f called from time to time while many texts are read, and at the end; and before that, by the
// constructor, while the files of a model are fetched from the hub. Calls do not overlap. The default draws a bar where somebody watches: on standard error if that is
// a terminal, and in a notebook. A nil f turns progress off.
func WithProgress(f func(Progress)) Option {
	return func(o *options) error { o.progress, o.silent = f, f == nil; return nil }
}
