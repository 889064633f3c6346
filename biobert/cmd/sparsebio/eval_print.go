package main

import (
	"bytes"
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/sparsebio/sparsebio/biobert/eval"
)

// print prints the models side by side: figures and speed, F1 by type, and the other measures. Shares are in percent.
func (r *evalReport) print(out io.Writer) error {
	var w bytes.Buffer
	size := make([]string, len(r.Size))
	for i, c := range r.Size {
		size[i] = thousands(c.N) + " " + c.What
	}
	fmt.Fprintf(&w, "%s on %s (%s): %s\n%s, in percent; 95 %% intervals by bootstrap over %s\n\n", r.Task, r.File, r.Format, strings.Join(size, ", "), r.Metric, r.Intervals.Unit)
	t := tabwriter.NewWriter(&w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "Model\tEngine\tPrecision\tRecall\tF1\t95 % interval\tMacro F1\tTokens per second")
	for _, m := range r.Models {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%.0f\n", m.Model, m.Engine, percent(m.Precision), percent(m.Recall), percent(m.F1), bounds(m.F1CI), percent(m.Macro.F1), m.TokensPerSecond)
	}
	t.Flush()
	if first := r.Models[0]; len(r.Models) > 1 {
		fmt.Fprintln(&w)
		for _, m := range r.Models[1:] {
			fmt.Fprintf(&w, "%s has %+.2f points of F1 against %s and is %.1f times as fast\n", m.Model, 100*(m.F1-first.F1), first.Model, m.TokensPerSecond/first.TokensPerSecond)
		}
	}
	fmt.Fprintln(&w)
	r.printTypes(&w, "F1 by type", func(m evalModel) []eval.Score { return append(m.Types[:len(m.Types):len(m.Types)], m.Macro) })
	for i, also := range r.Models[0].Also {
		fmt.Fprintln(&w)
		r.printTypes(&w, "also: "+also.Metric, func(m evalModel) []eval.Score { return []eval.Score{m.Also[i].Micro, m.Also[i].Macro} })
	}
	_, err := w.WriteTo(out)
	return err
}

// printTypes prints a row for each type that a model has, with the F1 and its interval of all models.
func (r *evalReport) printTypes(w io.Writer, title string, scores func(evalModel) []eval.Score) {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer t.Flush()
	fmt.Fprint(t, title)
	var names []string
	support := map[string]int{}
	for _, m := range r.Models {
		fmt.Fprintf(t, "\t%s", m.Model)
		for _, s := range scores(m) {
			if !slices.Contains(names, s.Type) {
				names = append(names, s.Type)
			}
			support[s.Type] = s.Support
		}
	}
	fmt.Fprintln(t, "\tSupport")
	slices.SortFunc(names, func(a, b string) int { // averages last
		last := func(s string) int { return slices.Index([]string{"micro", "macro"}, s) }
		return cmp.Or(last(a)-last(b), strings.Compare(a, b))
	})
	for _, name := range names {
		fmt.Fprint(t, name)
		for _, m := range r.Models {
			cell := "-"
			for _, s := range scores(m) {
				if s.Type == name {
					cell = fmt.Sprintf("%s (%s)", percent(s.F1), bounds(s.F1CI))
				}
			}
			fmt.Fprintf(t, "\t%s", cell)
		}
		fmt.Fprintf(t, "\t%s\n", thousands(support[name]))
	}
}

func percent(share float64) string { return fmt.Sprintf("%.2f", 100*share) }

func bounds(i *eval.Interval) string {
	if i == nil {
		return "-"
	}
	return percent(i[0]) + " to " + percent(i[1])
}
