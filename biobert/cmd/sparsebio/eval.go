package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/sparsebio/sparsebio/biobert"
	"github.com/sparsebio/sparsebio/biobert/eval"
	"github.com/sparsebio/sparsebio/biobert/hub"
)

// evalFlags are the flags of sparsebio eval.
type evalFlags struct {
	task, data, entityModel, engine string
	models                          []string
	threads                         int
	asJSON                          bool
}

func evalCommand() *cobra.Command {
	var e evalFlags
	c := &cobra.Command{
		Use:   "eval",
		Short: "Score models on an annotated file, dense against sparse",
		Long: `Score the models of a task on an annotated file, side by side: the dense one, where there is one, and the sparse
one. They read it in turns, so that their speeds, from text to labels, can be compared.

  task          --data, recognized by its content               figure
  jnlpba        words with IOB tags                             strict entity F1 (seqeval, IOB2); also CoNLL F1
  bc2gm         words with IOB tags                             strict entity F1; also CoNLL F1
  bc2gm         train.in, GENE.eval and ALTGENE.eval beside it  the task's official F1 with alternatives; also exact F1
  chemprot-ner  chemprot_X_abstracts.tsv, X_entities beside it  exact F1 on running text
  chemprot      BLUE's rows (index, sentence, label)            micro F1 over CPR:3, 4, 5, 6 and 9
  chemprot      chemprot_X_abstracts.tsv, the others beside it  relations from end to end
  ddi-ner       the corpus' XML: file, folder or archive        exact F1, sentence by sentence
  ddi           BLUE's rows                                     micro and macro F1 over the four types
  ddi           the corpus' XML                                 relations from end to end

Files may be compressed with gzip. Intervals are 95 % by bootstrap over documents. So are those of the
differences from the first model, which is drawn together with the others: two models may differ for sure although their own
intervals overlap. p is two-sided. With --json, precision, recall and F1 are
from 0 to 1, differences from -1 to 1. The whole file is scored, whatever a model was trained on.`,
		Example: `  sparsebio eval --task jnlpba --data devel.tsv.gz
  sparsebio eval --task bc2gm --data devel.in --json
  sparsebio eval --task chemprot --data dev.tsv --model checkpoint-folder`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			r, err := e.run(cmd.Context())
			if err != nil {
				return err
			}
			if e.asJSON {
				j := json.NewEncoder(cmd.OutOrStdout())
				j.SetIndent("", "  ")
				return j.Encode(r)
			}
			return r.print(cmd.OutOrStdout())
		},
	}
	f := c.Flags()
	f.StringVar(&e.task, "task", "", "what is scored: "+strings.Join(evalTasks, ", "))
	f.StringVar(&e.data, "data", "", "annotated file, or the folder that the corpus is in")
	f.StringSliceVar(&e.models, "model", nil, modelUsage("models to compare, with commas between them")+" (default: those registered for the task)")
	f.StringVar(&e.entityModel, "entity-model", "", "model that finds the entities of relations from end to end (default: that of the task)")
	f.BoolVar(&e.asJSON, "json", false, "print JSON")
	addPipelineFlags(c, &e.threads, &e.engine, nil)
	c.MarkFlagRequired("task")
	c.MarkFlagRequired("data")
	return c
}

// run scores what the flags say.
func (e *evalFlags) run(ctx context.Context) (*evalReport, error) {
	models, err := e.taskModels()
	if err != nil {
		return nil, err
	}
	set, err := loadEvalSet(e.task, e.data)
	if err != nil {
		return nil, err
	}
	if e.entityModel != "" {
		if !set.endToEnd {
			return nil, errors.New("--entity-model has no effect: only relations from end to end need one")
		}
		set.entityModel = e.entityModel
	}
	var subjects []*subject
	for _, name := range models {
		s, err := set.open(ctx, name, pipelineOptions(e.threads, e.engine, ""))
		if err != nil {
			return nil, err
		}
		defer s.Close()
		subjects = append(subjects, s)
	}
	if err := takeTurns(ctx, set.sizes, subjects, onTerminal(len(set.sizes))); err != nil {
		return nil, err
	}
	r := &evalReport{
		Task: e.task, Metric: set.metric, File: e.data, Format: string(set.format), Size: set.size,
		Intervals: evalIntervals{"percentile bootstrap, 95 %", eval.Resamples, evalSeed, set.unit},
	}
	var first eval.Scores
	for i, s := range subjects {
		m, scores := s.result(set.units)
		r.Models = append(r.Models, m)
		if i == 0 {
			first = scores
			continue
		}
		r.Differences = append(r.Differences, evalDifference{s.name, subjects[0].name, scores.Against(first, set.units, evalSeed)})
	}
	return r, nil
}

// evalSeed makes the intervals of two runs the same.
const evalSeed = 1

// taskModels returns the models to score: those asked for, or the dense and the sparse one registered for the task.
func (e *evalFlags) taskModels() ([]string, error) {
	if !slices.Contains(evalTasks, e.task) {
		return nil, fmt.Errorf("--task %q (have %s)", e.task, strings.Join(evalTasks, ", "))
	}
	if len(e.models) > 0 {
		return e.models, nil
	}
	have := hub.Names()
	var names []string
	for _, name := range []string{e.task + "-dense", e.task} {
		if slices.Contains(have, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return nil, fmt.Errorf("this version of sparsebio ships no model for --task %s (have %s): give a checkpoint folder or a packed file with --model", e.task, strings.Join(have, ", "))
	}
	return names, nil
}

// An evalReport is what sparsebio eval prints. Shares are from 0 to 1.
type evalReport struct {
	Task      string        `json:"task"`
	Metric    string        `json:"metric"` // of precision, recall and f1 of the models
	File      string        `json:"file"`
	Format    string        `json:"format"`
	Size      []evalCount   `json:"size"`
	Intervals evalIntervals `json:"intervals"`
	Models    []evalModel   `json:"models"`

	Differences []evalDifference `json:"differences,omitempty"` // of the second model and those after it from the first
}

// An evalDifference is by how much the F1 of a model is above that of another, by the main measure.
type evalDifference struct {
	Model   string `json:"model"`
	Against string `json:"against"`
	eval.Differences
}

// An evalCount says how many of something there are.
type evalCount struct {
	What string `json:"what"`
	N    int    `json:"n"`
}

// evalIntervals say how confidence intervals were made.
type evalIntervals struct {
	Method    string `json:"method"`
	Resamples int    `json:"resamples"`
	Seed      uint64 `json:"seed"`
	Unit      string `json:"unit"` // what was drawn
}

// An evalModel is the result of a model.
type evalModel struct {
	Model           string         `json:"model"`
	Engine          string         `json:"engine"`
	Precision       float64        `json:"precision"`
	Recall          float64        `json:"recall"`
	F1              float64        `json:"f1"`
	PrecisionCI     *eval.Interval `json:"precision_ci"`
	RecallCI        *eval.Interval `json:"recall_ci"`
	F1CI            *eval.Interval `json:"f1_ci"`
	Macro           eval.Score     `json:"macro"`
	Types           []eval.Score   `json:"types"`
	Also            []evalAlso     `json:"also,omitempty"`
	Tokens          int            `json:"tokens"` // word pieces with [CLS] and [SEP]
	Seconds         float64        `json:"seconds"`
	TokensPerSecond float64        `json:"tokens_per_second"`
}

// An evalAlso is the same predictions by another measure.
type evalAlso struct {
	Metric string `json:"metric"`
	eval.Scores
}

// scoreSet is the scores of a model by the main measure and others.
type scoreSet struct {
	main eval.Scores
	also []evalAlso
}

// A subject is a model that reads a set.
type subject struct {
	name    string
	engine  string
	tokens  int     // so far
	seconds float64 // so far
	read    func(ctx context.Context, from, to int) error
	scores  func() scoreSet
	Close   func() error
}

// count makes s count its tokens; it replaces the progress bar of the pipeline.
func (s *subject) count() biobert.Option {
	return biobert.WithProgress(func(p biobert.Progress) {
		if p.Done {
			s.tokens += p.Tokens
		}
	})
}

// result scores what s has read, and returns the scores by the main measure, too.
func (s *subject) result(units []string) (evalModel, eval.Scores) {
	scores := s.scores()
	main := scores.main.Bootstrap(units, evalSeed)
	for i := range scores.also {
		scores.also[i].Scores = scores.also[i].Bootstrap(units, evalSeed)
	}
	m := main.Micro
	return evalModel{
		Model: s.name, Engine: s.engine, Precision: m.Precision, Recall: m.Recall, F1: m.F1,
		PrecisionCI: m.PrecisionCI, RecallCI: m.RecallCI, F1CI: m.F1CI, Macro: main.Macro, Types: main.Types, Also: scores.also,
		Tokens: s.tokens, Seconds: s.seconds, TokensPerSecond: float64(s.tokens) / max(s.seconds, 1e-9),
	}, main
}
