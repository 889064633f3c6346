package datasets

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow/array"
)

// summary counts what the rows of a corpus have, and checks every span against the text.
func summary(t *testing.T, d *Dataset) string {
	t.Helper()
	counts := make(map[string]int)
	for i, row := range d.All() {
		v := make(map[string]any)
		for _, c := range d.Columns() {
			var err error
			if v[c], err = row.Any(c); err != nil {
				t.Fatal(err)
			}
		}
		text, _ := v["text"].(string)
		if s, ok := v["sentence"].(string); ok {
			text = s
		}
		tokens, _ := v["tokens"].([]any)
		counts["tokens"] += len(tokens)
		for _, column := range []string{"entities", "alternatives", "marks", "relations", "annotated", "pairs", "sentences", "events", "passages"} {
			cells, _ := v[column].([]any)
			counts[column] += len(cells)
			for _, c := range cells {
				cell := c.(map[string]any)
				for _, key := range []string{"type", "group", "label"} {
					if s, ok := cell[key].(string); ok {
						counts[column+" "+s]++
					}
				}
				if cell["evaluated"] == true {
					counts["evaluated"]++
				}
				checkSpan(t, i, text, cell)
			}
		}
		if s, ok := v["label"].(string); ok {
			counts["label "+s]++
		}
	}
	var out []string
	for _, k := range slices.Sorted(maps.Keys(counts)) {
		if counts[k] > 0 {
			out = append(out, fmt.Sprint(k, " ", counts[k]))
		}
	}
	return strings.Join(append([]string{fmt.Sprint(d.NumRows(), " rows")}, out...), ", ")
}

// checkSpan compares both pairs of offsets of a cell with each other and with the text.
func checkSpan(t *testing.T, row int, text string, cell map[string]any) {
	t.Helper()
	start, ok := cell["start"].(int64)
	if !ok {
		return
	}
	end := cell["end"].(int64)
	if start < 0 || start > end || int(end) > len(text) {
		t.Fatalf("row %d: bytes %d to %d of a text of %d", row, start, end, len(text))
	}
	if from, to := cell["char_start"].(int64), cell["char_end"].(int64); int(from) != utf8.RuneCountInString(text[:start]) || int(to) != utf8.RuneCountInString(text[:end]) {
		t.Fatalf("row %d: characters %d to %d for bytes %d to %d of %q", row, from, to, start, end, text)
	}
}

// Load gives the counts of the READMEs beside the corpora.
func TestLoadCorpora(t *testing.T) {
	if testing.Short() {
		t.Skip("reads all corpora")
	}
	for _, tt := range []struct{ path, split, want string }{
		{"jnlpba/mtl", "validation", "1739 rows, entities 4551, entities DNA 1052, entities RNA 107, entities cell_line 400, entities cell_type 526, entities protein 2466, tokens 47461"},
		{"bc2gm/devel-split/devel.in.gz", "", "2500 rows, alternatives 2337, alternatives GENE 2337, entities 3061, entities GENE 3061"},
		{"chemprot/original", "validation", "612 rows, annotated 3558, annotated CPR:0 2, annotated CPR:1 153, annotated CPR:10 175, annotated CPR:2 780, annotated CPR:3 552, annotated CPR:4 1103, " +
			"annotated CPR:5 116, annotated CPR:6 199, annotated CPR:7 19, annotated CPR:8 2, annotated CPR:9 457, entities 15567, entities CHEMICAL 8004, entities GENE-N 2412, entities GENE-Y 5151, " +
			"evaluated 2427, relations 2416, relations CPR:3 550, relations CPR:4 1094, relations CPR:5 116, relations CPR:6 199, relations CPR:9 457"},
		{"chemprot/scibert", "validation", "2427 rows, label ACTIVATOR 257, label AGONIST 111, label AGONIST-ACTIVATOR 5, label ANTAGONIST 199, label DOWNREGULATOR 21, label INDIRECT-DOWNREGULATOR 270, " +
			"label INDIRECT-UPREGULATOR 278, label INHIBITOR 812, label PRODUCT-OF 130, label SUBSTRATE 322, label SUBSTRATE_PRODUCT-OF 5, label UPREGULATOR 17, marks 4854, marks << 2427, marks [[ 2427"},
		{"ddi2013/blue/dev.release.tsv.gz", "", "7244 rows, label DDI-advise 193, label DDI-effect 396, label DDI-false 6240, label DDI-int 42, label DDI-mechanism 373, marks 14475, marks @DRUG$ 14462, marks @DRUG-DRUG$ 13"},
		{"ddi2013/xml/train.tar.gz", "", "714 rows, entities 14765, entities brand 1437, entities drug 9425, entities drug_n 504, entities group 3399, pairs 27792, pairs DDI-None 1, pairs DDI-advise 826, " +
			"pairs DDI-effect 1687, pairs DDI-false 23771, pairs DDI-int 188, pairs DDI-mechanism 1319, relations 4020, relations DDI-advise 826, relations DDI-effect 1687, relations DDI-int 188, relations DDI-mechanism 1319, sentences 6976"},
	} {
		var opts []Option
		if tt.split != "" {
			opts = append(opts, WithSplit(tt.split))
		}
		if got := summary(t, load(t, shared(t, strings.Split(tt.path, "/")...), opts...)); got != tt.want {
			t.Errorf("%s %s:\n got %s\nwant %s", tt.path, tt.split, got, tt.want)
		}
	}
	for _, tt := range []struct {
		path, split, lists string
		rows, cells        int
	}{
		{"jnlpba/original/Genia4ERtask2.iob2.gz", "", "entities", 18546, 51301},
		{"jnlpba/mtl", "train", "tokens", 16807, 445090},
		{"jnlpba/biobert", "train", "entities", 14690, 32178},
		{"jnlpba/biobert", "validation", "tokens", 3856, 117213},
		{"bc2gm/mtl", "all", "entities", 12574 + 2519, 15197 + 3061},
		{"bc2gm/original", "", "alternatives", 15000, 14499},
		{"chemprot/original", "train", "relations", 1020, 4157},
		{"chemprot/blue", "train", "marks", 18693, 2*17046 + 1647},
		{"chemprot/scibert", "train", "marks", 4169, 2 * 4169},
		{"ddi2013/blue/train.tsv.gz", "", "marks", 27792, 2*(27792-47) + 47},
	} {
		opts := []Option{WithColumns(tt.lists)}
		if tt.split != "" {
			opts = append(opts, WithSplit(tt.split))
		}
		d := load(t, shared(t, strings.Split(tt.path, "/")...), opts...)
		cells := 0
		for _, c := range d.Table().Column(0).Data().Chunks() {
			cells += c.(array.ListLike).ListValues().Len()
		}
		if d.NumRows() != tt.rows || cells != tt.cells {
			t.Errorf("%s %s: %d rows, %d %s, want %d and %d", tt.path, tt.split, d.NumRows(), cells, tt.lists, tt.rows, tt.cells)
		}
	}
	d := load(t, shared(t, "arxiv-qbio", "qbio.jsonl.gz"), WithFormat("arxiv"), WithColumns("id", "categories"))
	methods, err := d.Filter(func(r Row) bool { c, _ := r.Strings("categories"); return slices.Contains(c, "q-bio.QM") })
	if err != nil {
		t.Fatal(err)
	}
	defer methods.Release()
	if d.NumRows() != 997 || methods.NumRows() != 353 {
		t.Errorf("%d papers, %d of q-bio.QM", d.NumRows(), methods.NumRows())
	}
}
