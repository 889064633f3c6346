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
	if len(r.Differences) > 0 {
		fmt.Fprintln(&w)
		for i, d := range r.Differences {
			faster := r.Models[i+1].TokensPerSecond / r.Models[0].TokensPerSecond
			fmt.Fprintf(&w, "%s has %+.2f points of F1 against %s (95 %% interval %s) and is %.1f times as fast\n", d.Model, 100*d.Micro.F1, d.Against, sure(d.Micro), faster)
		}
	}
	fmt.Fprintln(&w)
	r.printTypes(&w, "F1 by type", func(m evalModel) []eval.Score { return append(m.Types[:len(m.Types):len(m.Types)], m.Macro) })
	r.printDifferences(&w)
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

// printDifferences prints by how much the models are above the first, type by type.
func (r *evalReport) printDifferences(w io.Writer) {
	if len(r.Differences) == 0 {
		return
	}
	fmt.Fprintln(w)
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	defer t.Flush()
	fmt.Fprintf(t, "Points of F1 against %s", r.Models[0].Model)
	var names []string
	for _, d := range r.Differences {
		fmt.Fprintf(t, "\t%s", d.Model)
		for _, row := range d.Types {
			if !slices.Contains(names, row.Type) {
				names = append(names, row.Type)
			}
		}
	}
	fmt.Fprintln(t)
	slices.Sort(names)
	for _, name := range append(names, "macro") {
		fmt.Fprint(t, name)
		for _, d := range r.Differences {
			cell := "-"
			for _, row := range append(d.Types[:len(d.Types):len(d.Types)], d.Macro) {
				if row.Type == name {
					cell = fmt.Sprintf("%+.2f (%s)", 100*row.F1, sure(row))
				}
			}
			fmt.Fprintf(t, "\t%s", cell)
		}
		fmt.Fprintln(t)
	}
}

// sure is the interval of a difference in points, and its p-value.
func sure(d eval.Difference) string {
	return fmt.Sprintf("%+.2f to %+.2f, p = %.3f", 100*d.F1CI[0], 100*d.F1CI[1], d.P)
}

func percent(share float64) string { return fmt.Sprintf("%.2f", 100*share) }

func bounds(i *eval.Interval) string {
	if i == nil {
		return "-"
	}
	return percent(i[0]) + " to " + percent(i[1])
}
