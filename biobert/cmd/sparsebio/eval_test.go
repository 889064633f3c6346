package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert"
	"github.com/sparsebio/sparsebio/biobert/eval"
	"github.com/sparsebio/sparsebio/datasets/annot"
)

// evaluate runs sparsebio eval --json.
func evaluate(t *testing.T, args ...string) evalReport {
	t.Helper()
	out := mustRun(t, append([]string{"eval", "--json"}, args...)...)
	var r evalReport
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatalf("%v in\n%s", err, out)
	}
	for _, m := range r.Models {
		if m.Tokens < 1 || !(m.TokensPerSecond > 0) || math.Abs(m.TokensPerSecond*m.Seconds/float64(m.Tokens)-1) > 1e-6 {
			t.Errorf("%s: %d tokens in %v s are %v a second", m.Model, m.Tokens, m.Seconds, m.TokensPerSecond)
		}
	}
	return r
}

// sizeOf prints the size of a set.
func sizeOf(r evalReport) string {
	var parts []string
	for _, c := range r.Size {
		parts = append(parts, fmt.Sprint(c.N, " ", c.What))
	}
	return strings.Join(parts, ", ")
}

// checkScore wants the counts of a score, and the figures that follow from them.
func checkScore(t *testing.T, what string, s eval.Score, correct, predicted, support int) {
	t.Helper()
	if s.Correct != correct || s.Predicted != predicted || s.Support != support {
		t.Errorf("%s: %d correct, %d predicted, %d in gold; want %d, %d, %d", what, s.Correct, s.Predicted, s.Support, correct, predicted, support)
	}
	if want := 2 * float64(correct) / float64(predicted+support); math.Abs(s.F1-want) > 1e-12 {
		t.Errorf("%s: F1 %v, want %v", what, s.F1, want)
	}
	if s.F1CI == nil || s.F1CI[0] > s.F1 || s.F1CI[1] < s.F1 {
		t.Errorf("%s: F1 %v, interval %v", what, s.F1, s.F1CI)
	}
}

const taggedWords = "-DOCSTART-\tO\n\nIL-2\tB-protein\nactivates\tO\nNF-κB\tB-protein\n.\tO\n\n-DOCSTART-\tO\n\nThe\tO\nIL-5\tB-DNA\npromoter\tI-DNA\nbinds\tO\n"

func TestEvalWords(t *testing.T) {
	gold := write(t, "gold.tsv", taggedWords)
	r := evaluate(t, "--task", "jnlpba", "--data", gold)
	if r.Task != "jnlpba" || r.File != gold || r.Format != "CoNLL" || r.Intervals.Unit != "documents" || sizeOf(r) != "2 documents, 2 sentences, 8 words, 3 entities" {
		t.Errorf("got %+v", r)
	}
	if len(r.Models) != 2 || r.Models[0].Model != "jnlpba-dense" || r.Models[0].Engine != "dense fp32" || r.Models[1].Model != "jnlpba" || r.Models[1].Engine != "sparse INT8" {
		t.Fatalf("models %+v", r.Models)
	}
	m := r.Models[0] // which finds these entities, and no more
	if m.F1 != 1 || m.Precision != 1 || m.Recall != 1 || m.F1CI[0] > 0.7 || m.F1CI[1] != 1 || len(m.Types) != 2 || m.Also[0].Micro.F1 != 1 {
		t.Errorf("got %+v", m)
	}
	if len(r.Differences) != 1 || r.Differences[0].Model != "jnlpba" || r.Differences[0].Against != "jnlpba-dense" {
		t.Fatalf("differences %+v", r.Differences)
	}
	if d := r.Differences[0]; d.Micro.F1 != r.Models[1].F1-r.Models[0].F1 || d.Micro.P < 0.5 || len(d.Types) != 2 { // of two documents
		t.Errorf("difference %+v", d)
	}
	out := mustRun(t, "eval", "--task", "jnlpba", "--data", gold, "--model", "jnlpba")
	for _, want := range []string{"jnlpba on " + gold + " (CoNLL): 2 documents, 2 sentences, 8 words, 3 entities\n", "sparse INT8", "F1 by type", "also: CoNLL"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
}

// The figures of the models that ship are those of their cards.
func TestEvalJNLPBA(t *testing.T) {
	shared := os.Getenv("SPARSEBIO_SHARED")
	if shared == "" || testing.Short() {
		t.Skip("reads 1,739 sentences of SPARSEBIO_SHARED")
	}
	r := evaluate(t, "--task", "jnlpba", "--data", filepath.Join(shared, "corpora/jnlpba/mtl/devel.tsv.gz"), "--model", "jnlpba")
	card, err := os.ReadFile("../../models/jnlpba/README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range []float64{r.Models[0].F1, r.Models[0].Also[0].Micro.F1} {
		if !strings.Contains(string(card), percent(f)) {
			t.Errorf("F1 %s is not in the model card", percent(f))
		}
	}
	if sizeOf(r) != "200 documents, 1739 sentences, 47461 words, 4551 entities" {
		t.Errorf("size %s", sizeOf(r))
	}
}

// found returns what the model finds in a text, of which a gold standard for it can be made.
func found(t *testing.T, model string, texts ...string) []annot.Document {
	t.Helper()
	p, err := biobert.NewTokenClassification(t.Context(), model)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	docs, err := p.Annotate(t.Context(), biobert.Texts(texts...))
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range docs {
		if len(d.Entities) < 2 {
			t.Fatalf("the model finds %+v in %q, too little for this test", d.Entities, d.Text)
		}
	}
	return docs
}

// geneTexts are texts in which the jnlpba model finds several proteins and nothing else.
var geneTexts = []string{"IL-2 activates NF-κB.", "GATA-3 binds IL-4 and IL-5."}

// geneModel is a checkpoint that calls everything it finds a gene.
func geneModel(t *testing.T) string {
	return relabelled(t, "tiny", "protein", "GENE", "B-cell", "B-GENE", "I-cell", "I-GENE", "B-DNA", "B-x", "I-DNA", "I-x")
}

func TestEvalBC2GM(t *testing.T) {
	model := geneModel(t)
	docs := found(t, model, geneTexts...)
	// The first gene of each text is right, the second an alternative of one nearby, and one is missed.
	dir := t.TempDir()
	var in, genes, alternatives strings.Builder
	correct, predicted := 0, 0
	solid := func(text string, at int) int { return len([]rune(strings.Join(strings.Fields(text[:at]), ""))) }
	for i, d := range docs {
		id := fmt.Sprintf("P0000000%dT0000", i)
		fmt.Fprintf(&in, "%s %s\n", id, d.Text)
		k := 0
		for _, e := range d.Entities {
			if e.Type != "GENE" {
				continue
			}
			predicted++
			first, last := solid(d.Text, e.Start), solid(d.Text, e.End)-1
			if k++; k == 1 {
				correct++
				fmt.Fprintf(&genes, "%s|%d %d|x\n", id, first, last)
			} else if k == 2 {
				correct++
				fmt.Fprintf(&genes, "%s|%d %d|x\n", id, first, last-1) // a letter less
				fmt.Fprintf(&alternatives, "%s|%d %d|x\n", id, first, last)
			}
		}
	}
	if correct != 4 {
		t.Fatalf("the model finds %+v", docs)
	}
	for name, content := range map[string]string{"devel.in": in.String(), "GENE.eval": genes.String(), "ALTGENE.eval": alternatives.String()} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r := evaluate(t, "--task", "bc2gm", "--data", filepath.Join(dir, "devel.in"), "--model", model)
	if r.Format != "BC2GM" || sizeOf(r) != "2 sentences, 4 genes, 2 alternatives" || !strings.Contains(r.Metric, "official") {
		t.Errorf("got %+v", r)
	}
	checkScore(t, "official", r.Models[0].Types[0], 4, predicted, 4)
	exact := r.Models[0].Also[0].Types
	checkScore(t, "exact", exact[slices.IndexFunc(exact, func(s eval.Score) bool { return s.Type == "GENE" })], 2, predicted, 4)
}

// chemProt writes documents as ChemProt's files, but for entities that leave is true for, and returns the
// file of abstracts. Relations are between entities by their places.
func chemProt(t *testing.T, docs []annot.Document, leave func(doc, entity int) bool, relations ...string) string {
	t.Helper()
	dir := t.TempDir()
	var abstracts, entities strings.Builder
	for i, d := range docs {
		title, abstract, _ := strings.Cut(d.Text, " ")
		fmt.Fprintf(&abstracts, "%d\t%s\t%s\n", i, title, abstract)
		for k, e := range d.Entities {
			if leave(i, k) {
				continue
			}
			chars := func(at int) int { return len([]rune(d.Text[:at])) }
			fmt.Fprintf(&entities, "%d\tT%d\t%s\t%d\t%d\t%s\n", i, k, map[string]string{"chemical": "CHEMICAL", "gene": []string{"GENE-Y", "GENE-N"}[k%2]}[e.Type], chars(e.Start), chars(e.End), e.Text)
		}
	}
	path := filepath.Join(dir, "x_abstracts.tsv")
	for name, content := range map[string]string{"x_abstracts.tsv": abstracts.String(), "x_entities.tsv": entities.String(), "x_gold_standard.tsv": strings.Join(relations, "")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return path
}

// ddiXML writes a document as the DDI corpus does, each text a sentence.
func ddiXML(docs []annot.Document, leave func(doc, entity int) bool) string {
	var b strings.Builder
	b.WriteString("<document id=\"d\">\n<sentence id=\"d.s\" text=\"\"/>\n")
	for i, d := range docs {
		fmt.Fprintf(&b, "<sentence id=\"d.s%d\" text=\"%s\">\n", i, d.Text)
		for k, e := range d.Entities {
			chars := func(at int) int { return len([]rune(d.Text[:at])) }
			if !leave(i, k) {
				fmt.Fprintf(&b, "<entity id=\"d.s%d.e%d\" charOffset=\"%d-%d\" type=\"%s\" text=\"%s\"/>\n", i, k, chars(e.Start), chars(e.End)-1, e.Type, e.Text)
			}
		}
		b.WriteString("</sentence>\n")
	}
	return b.String() + "</document>\n"
}

func TestEvalTexts(t *testing.T) {
	all := func(docs []annot.Document) (n int) {
		for _, d := range docs {
			n += len(d.Entities)
		}
		return n
	}
	first := func(doc, entity int) bool { return doc == 0 && entity == 0 } // is not in the gold standard
	t.Run("chemprot-ner", func(t *testing.T) {
		model := relabelled(t, "tiny", "protein", "gene", "B-cell", "B-chemical", "I-cell", "I-chemical", "B-DNA", "B-gene", "I-DNA", "I-gene")
		docs := found(t, model, geneTexts...)
		r := evaluate(t, "--task", "chemprot-ner", "--data", chemProt(t, docs, first), "--model", model)
		n := all(docs)
		if r.Format != "ChemProt" || sizeOf(r) != fmt.Sprintf("2 documents, %d entities", n-1) {
			t.Errorf("got %+v", r)
		}
		checkMicro(t, r, n-1, n, n-1)
	})
	t.Run("ddi-ner", func(t *testing.T) {
		model := relabelled(t, "tiny", "protein", "drug", "B-cell", "B-brand", "I-cell", "I-brand", "B-DNA", "B-group", "I-DNA", "I-group")
		docs := found(t, model, geneTexts...)
		r := evaluate(t, "--task", "ddi-ner", "--data", write(t, "d.xml", ddiXML(docs, first)), "--model", model)
		n := all(docs)
		if r.Format != "DDI" || sizeOf(r) != fmt.Sprintf("1 documents, 2 sentences, %d entities", n-1) {
			t.Errorf("got %+v", r)
		}
		checkMicro(t, r, n-1, n, n-1)
	})
}

// checkMicro checks the first model's figures.
func checkMicro(t *testing.T, r evalReport, correct, predicted, support int) {
	t.Helper()
	m, sum := r.Models[0], eval.Score{}
	for _, s := range m.Types {
		sum.Correct += s.Correct
		sum.Predicted += s.Predicted
		sum.Support += s.Support
	}
	sum.F1, sum.F1CI = m.F1, m.F1CI
	checkScore(t, "micro", sum, correct, predicted, support)
	if math.Abs(m.Precision-float64(correct)/float64(predicted)) > 1e-12 || math.Abs(m.Recall-float64(correct)/float64(support)) > 1e-12 {
		t.Errorf("precision %v, recall %v, want %d of %d and %d of %d", m.Precision, m.Recall, correct, predicted, correct, support)
	}
}

func TestEvalPairs(t *testing.T) {
	model := relabelled(t, "tiny-relation", "false", "DDI-false", "activator", "DDI-advise", "inhibitor", "DDI-effect", "substrate", "DDI-int")
	p, err := biobert.NewTextClassification(t.Context(), model)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	texts := []string{"IL-2 activates @DRUG$ and @DRUG$.", "@DRUG$ inhibits resting human kinase @DRUG$.", "The promoter of @DRUG$", "@DRUG$ binds @DRUG$ in mouse"}
	got, err := p.Classify(t.Context(), biobert.Texts(texts...))
	if err != nil {
		t.Fatal(err)
	}
	// The gold standard is what the model says, but for the last row; there, a sentence longer than the model is cut.
	gold := "index\tsentence\tlabel\n"
	correct, predicted, support := 0, 0, 0
	for i, c := range got {
		label := c[0].Label
		if label != "DDI-false" {
			correct++
			predicted++
			support++
		}
		gold += fmt.Sprintf("d%d.s0.p0\t%s\t%s\n", i, texts[i], label)
	}
	gold += "d9.s0.p0\t" + texts[0] + "\tDDI-None\nd9.s0.p1\t" + strings.Repeat("IL-2 ", 300) + "\tDDI-false\n"
	long, err := biobert.NewTextClassification(t.Context(), model, biobert.WithTruncation())
	if err != nil {
		t.Fatal(err)
	}
	defer long.Close()
	cut, err := long.ClassifyText(context.Background(), strings.Repeat("IL-2 ", 300))
	if err != nil {
		t.Fatal(err)
	}
	if cut[0].Label != "DDI-false" {
		predicted++
	}
	missed := "DDI-int"
	if got[0][0].Label == missed {
		missed = "DDI-effect"
	}
	gold += "d9.s1.p0\t" + texts[0] + "\t" + missed + "\n"
	support++
	if got[0][0].Label != "DDI-false" {
		predicted++
	}
	r := evaluate(t, "--task", "ddi", "--data", write(t, "dev.tsv", gold), "--model", model)
	if r.Format != "BLUE" || sizeOf(r) != fmt.Sprintf("5 documents, 6 rows, %d positives", support) || len(r.Models[0].Types) != 4 {
		t.Errorf("size %s, %+v", sizeOf(r), r)
	}
	if correct == 0 {
		t.Fatal("the model finds no relation: this test sees nothing")
	}
	checkMicro(t, r, correct, predicted, support)
}

func TestEvalEndToEnd(t *testing.T) {
	model, entities := relationModels(t)
	p, err := biobert.NewRelationExtraction(t.Context(), model, biobert.WithEntityModel(entities))
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	docs, err := p.Annotate(t.Context(), biobert.Texts("α: IL-2 inhibits resting human kinase in mouse. The promoter regulates κB.", "GATA-3 binds the IL-5 promoter in T cells."))
	if err != nil {
		t.Fatal(err)
	}
	var gold []string
	total, mentions := 0, 0
	for i, d := range docs {
		d.Entities = slices.DeleteFunc(slices.Clone(d.Entities), func(e annot.Entity) bool { return e.Type != "gene" && e.Type != "chemical" })
		docs[i].Entities = d.Entities
		mentions += len(d.Entities)
		for _, r := range d.Relations {
			if total++; total > 1 { // the first is not in the gold standard
				gold = append(gold, fmt.Sprintf("%d\t%s\tArg1:T%d\tArg2:T%d\n", i, r.Type, slices.Index(d.Entities, r.Source), slices.Index(d.Entities, r.Target)))
			}
		}
	}
	if total < 2 {
		t.Fatalf("the models find %d relations, too few for this test", total)
	}
	path := chemProt(t, docs, func(int, int) bool { return false }, gold...)
	r := evaluate(t, "--task", "chemprot", "--data", path, "--model", model, "--entity-model", entities)
	if r.Format != "ChemProt" || sizeOf(r) != fmt.Sprintf("2 documents, %d entities, %d relations", mentions, total-1) || !strings.Contains(r.Metric, "end to end") {
		t.Errorf("size %s, %+v", sizeOf(r), r)
	}
	checkMicro(t, r, total-1, total, total-1)
	if ner := r.Models[0].Also[0]; ner.Micro.Recall != 1 || !strings.Contains(ner.Metric, "entities") {
		t.Errorf("entities %+v", ner)
	}
	// Without one named, the task's own finds the entities: others than the random one.
	if ner := evaluate(t, "--task", "chemprot", "--data", path, "--model", model).Models[0].Also[0]; ner.Micro.Recall == 1 {
		t.Errorf("entities of chemprot-ner: %+v", ner)
	}
}

func TestEvalErrors(t *testing.T) {
	words, dir := write(t, "gold.tsv", taggedWords), t.TempDir()
	blue := write(t, "dev.tsv", "index\tsentence\tlabel\n1.T1.T2\tx @CHEMICAL$ y @GENE$\tCPR:3\n")
	relations := relabelled(t, "tiny-relation", "activator", "DDI-int", "inhibitor", "DDI-effect", "false", "DDI-false", "substrate", "DDI-advise")
	lonely := filepath.Join(dir, "x_abstracts.tsv")
	if err := os.WriteFile(lonely, []byte("1\ta\tb\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{"train.in": "P00000001 x\n", "GENE.eval": ""} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	lacking := relabelled(t, "tiny", "DNA", "RNA")
	none := func(int, int) bool { return true }
	for _, c := range []struct {
		want string
		args []string
	}{
		{`--task "ner" (have jnlpba, bc2gm, chemprot-ner, chemprot, ddi-ner, ddi)`, []string{"--task", "ner", "--data", words}},
		{"gone.tsv: no such file or directory", []string{"--task", "jnlpba", "--data", "gone.tsv"}},
		{"bad.tsv:2: \"b O\" is not word, tab, tag", []string{"--task", "jnlpba", "--data", write(t, "bad.tsv", "a\tO\nb O\n")}},
		{"bad.tsv:1: unknown tag \"binds\"", []string{"--task", "jnlpba", "--data", write(t, "bad.tsv", "IL-2 binds\n")}},
		{"empty.tsv: nothing in it", []string{"--task", "jnlpba", "--data", write(t, "empty.tsv", "")}},
		{"o.tsv has no entity", []string{"--task", "jnlpba", "--data", write(t, "o.tsv", "a\tO\n")}},
		{"is in the format BLUE: --task jnlpba reads CoNLL", []string{"--task", "jnlpba", "--data", blue}},
		{"is in the format CoNLL: --task chemprot reads BLUE and ChemProt", []string{"--task", "chemprot", "--data", words, "--model", tiny}},
		{fmt.Sprintf("has the labels DNA, which model %q does not know", lacking), []string{"--task", "jnlpba", "--data", words, "--model", lacking}},
		{"has the labels B and I without a type, which model \"jnlpba-dense\" does not know (it has DNA, RNA, cell_line, cell_type, protein)", []string{"--task", "jnlpba", "--data", write(t, "b.tsv", "a\tB\n")}},
		{"has no row with a label of --task ddi", []string{"--task", "ddi", "--data", blue, "--model", relations}},
		{"has the labels CPR:3, which model", []string{"--task", "chemprot", "--data", blue, "--model", relations}},
		{"has no gene", []string{"--task", "bc2gm", "--data", filepath.Join(dir, "train.in"), "--model", tiny}},
		{"there is no GENE.eval beside it", []string{"--task", "bc2gm", "--data", write(t, "train.in", "P00000001 x\n"), "--model", tiny}},
		{"there is no x_entities.tsv beside it", []string{"--task", "chemprot-ner", "--data", lonely, "--model", tiny}},
		{"has no entity", []string{"--task", "ddi-ner", "--data", write(t, "d.xml", ddiXML([]annot.Document{{Text: "x"}}, none)), "--model", tiny}},
		{"has no relation", []string{"--task", "ddi", "--data", write(t, "d.xml", ddiXML([]annot.Document{{Text: "x"}}, none)), "--model", relations}},
		{"--entity-model has no effect", []string{"--task", "jnlpba", "--data", words, "--entity-model", tiny}},
		{"made for token classification", []string{"--task", "chemprot", "--data", blue, "--model", tiny}},
	} {
		_, err := run(t, append([]string{"eval"}, c.args...)...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %q in it", c.args, err, c.want)
		}
	}
}

// Every task has its model, after the dense one where that ships, too; one without says so.
func TestEvalModels(t *testing.T) {
	for _, task := range evalTasks {
		want := []string{task}
		if task == "jnlpba" {
			want = []string{"jnlpba-dense", "jnlpba"}
		}
		e := evalFlags{task: task}
		if got, err := e.taskModels(); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: models %v, error %v, want %v", task, got, err, want)
		}
	}
	defer func(tasks []string) { evalTasks = tasks }(evalTasks)
	evalTasks = append(slices.Clone(evalTasks), "other")
	e := evalFlags{task: "other"}
	_, err := e.taskModels()
	if want := "this version of sparsebio ships no model for --task other (have bc2gm"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("got %v, want %s...", err, want)
	}
}

// Subjects take turns, and each reads everything once after a warm-up.
func TestTakeTurns(t *testing.T) {
	sizes := slices.Repeat([]int{10_000}, 50)
	var log strings.Builder
	var subjects []*subject
	read := make([][]int, 2)
	for i := range 2 {
		read[i] = make([]int, len(sizes))
		s := &subject{tokens: 99}
		s.read = func(_ context.Context, from, to int) error {
			fmt.Fprintf(&log, "%c%d-%d ", 'a'+rune(i), from, to)
			for k := from; k < to; k++ {
				read[i][k]++
			}
			return nil
		}
		subjects = append(subjects, s)
	}
	var progress []int
	if err := takeTurns(t.Context(), sizes, subjects, func(done int) { progress = append(progress, done) }); err != nil {
		t.Fatal(err)
	}
	const want = "a0-2 b0-2 a0-7 b0-7 b7-14 a7-14 a14-21 b14-21 b21-28 a21-28 a28-35 b28-35 b35-42 a35-42 a42-49 b42-49 b49-50 a49-50 "
	if log.String() != want || subjects[0].tokens != 0 || !slices.Equal(progress, []int{7, 14, 21, 28, 35, 42, 49, 50}) {
		t.Errorf("got  %s\nwant %s", log.String(), want)
	}
	for i := range read {
		for k, n := range read[i] {
			if k >= 2 && n != 1 || n < 1 {
				t.Errorf("subject %d read unit %d %d times", i, k, n)
			}
		}
	}
}

func TestPrintEval(t *testing.T) {
	score := func(typ string, f1 float64, n int) eval.Score {
		return eval.Score{Type: typ, Precision: f1 + 0.01, Recall: f1 - 0.01, F1: f1, Support: n, F1CI: &eval.Interval{f1 - 0.02, f1 + 0.02}}
	}
	model := func(name, engine string, f1, speed float64, types ...string) evalModel {
		m := evalModel{Model: name, Engine: engine, Precision: f1 + 0.01, Recall: f1 - 0.01, F1: f1, F1CI: &eval.Interval{f1 - 0.02, f1 + 0.02}, Macro: score("macro", f1-0.1, 1200), TokensPerSecond: speed}
		for i, typ := range types {
			m.Types = append(m.Types, score(typ, f1-0.05*float64(i), 1000))
		}
		m.Also = []evalAlso{{"exact F1", eval.Scores{Micro: score("micro", f1-0.03, 1200), Macro: score("macro", f1-0.04, 1200)}}}
		return m
	}
	r := evalReport{
		Task: "bc2gm", Metric: "official F1", File: "devel.in", Format: "BC2GM", Size: []evalCount{{"sentences", 2500}, {"genes", 3061}}, Intervals: evalIntervals{Unit: "sentences"},
		Models: []evalModel{model("bc2gm-dense", "dense fp32", 0.8, 2000, "GENE"), model("bc2gm", "sparse INT8", 0.79, 9100, "GENE", "x")},
		Differences: []evalDifference{{"bc2gm", "bc2gm-dense", eval.Differences{
			Micro: eval.Difference{Type: "micro", F1: -0.01, F1CI: eval.Interval{-0.021, 0.002}, P: 0.104},
			Macro: eval.Difference{Type: "macro", F1: -0.03, F1CI: eval.Interval{-0.05, -0.01}, P: 0.002},
			Types: []eval.Difference{{Type: "GENE", F1: -0.01, F1CI: eval.Interval{-0.021, 0.002}, P: 0.104}, {Type: "x", F1: 0.74, F1CI: eval.Interval{0.72, 0.76}, P: 0.002}},
		}}},
	}
	var got bytes.Buffer
	if err := r.print(&got); err != nil {
		t.Fatal(err)
	}
	const file = "testdata/eval.golden.txt"
	if *update {
		if err := os.WriteFile(file, got.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want) {
		t.Errorf("%s differs; if that is meant, run the test with -update\n%s", file, got.Bytes())
	}
}
