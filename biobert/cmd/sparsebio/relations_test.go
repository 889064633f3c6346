package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// relabelled copies a checkpoint of the tests and replaces labels in its config.
func relabelled(t *testing.T, name string, oldnew ...string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), name)
	if err := os.CopyFS(dir, os.DirFS("../../testdata/"+name)); err != nil {
		t.Fatal(err)
	}
	config := filepath.Join(dir, "config.json")
	b, err := os.ReadFile(config)
	if err == nil {
		err = os.WriteFile(config, []byte(strings.NewReplacer(oldnew...).Replace(string(b))), 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

func relationModels(t *testing.T) (relations, entities string) {
	return relabelled(t, "tiny-relation", "activator", "CPR:3", "inhibitor", "CPR:4", "substrate", "CPR:9"),
		relabelled(t, "tiny", "protein", "gene", "cell", "chemical", // of this random model few labels are IOB2
			`"model_type"`, `"task_specific_params": {"token-classification": {"aggregation_strategy": "first"}}, "model_type"`)
}

const relationLines = `{"id": "a", "abstract": "α: IL-2 inhibits resting human kinase in mouse. The promoter regulates κB.", "year": 2021, "entities": [{"type": "chemical", "start": 4, "end": 8, "text": "IL-2", "score": 1}, {"type": "gene", "start": 32, "end": 38, "text": "kinase", "score": 1}, {"type": "gene", "start": 18, "end": 25, "text": "resting", "score": 1}]}
{"id": "b", "abstract": "", "year": 2022, "entities": []}
`

func TestRelations(t *testing.T) {
	model, entities := relationModels(t)
	in, dir := write(t, "in.jsonl", relationLines), t.TempDir()
	table, docs := filepath.Join(dir, "relations.jsonl"), filepath.Join(dir, "docs.jsonl")
	for _, how := range [][]string{{"--given-entities"}, {"--entity-model", entities}, {"--given-entities", "--offsets", "chars"}} {
		out := mustRun(t, append([]string{"relations", "--model", model, "--input", in, "--output", table, "--documents", docs}, how...)...)
		if !strings.Contains(out, "2 texts, ") {
			t.Errorf("said %q", out)
		}
		raw, err := os.ReadFile(docs)
		if err != nil {
			t.Fatal(err)
		}
		var found []annot.Relation
		for line := range strings.Lines(string(raw)) {
			var d struct {
				ID, Abstract string
				Year         int
				Entities     []annot.Entity
				Relations    []annot.Relation
			}
			if err := json.Unmarshal([]byte(line), &d); err != nil || d.Year == 0 {
				t.Fatal(err, line)
			}
			if d.ID == "a" && how[0] == "--given-entities" && len(d.Entities) != 3 {
				t.Errorf("%v: %d entities, 3 were given", how, len(d.Entities))
			}
			at := func(start, end int) string { return d.Abstract[start:end] }
			if len(how) > 1 && how[1] == "--offsets" {
				at = func(start, end int) string { return string([]rune(d.Abstract)[start:end]) }
			}
			for _, r := range d.Relations {
				if at(r.Source.Start, r.Source.End) != r.Source.Text || at(r.Target.Start, r.Target.End) != r.Target.Text || at(r.Span.Start, r.Span.End) != r.Sentence {
					t.Errorf("%v: %+v", how, r)
				}
			}
			found = append(found, d.Relations...)
		}
		raw, err = os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		rows := strings.Count(string(raw), "\n")
		if rows != len(found) || rows == 0 && how[0] == "--given-entities" {
			t.Errorf("%v: %d rows, %d relations", how, rows, len(found))
		}
		for i, line := range strings.Split(strings.TrimSpace(string(raw)), "\n")[:rows] {
			var r struct {
				DocID      string `json:"doc_id"`
				Type       string `json:"type"`
				SourceText string `json:"source_text"`
			}
			if err := json.Unmarshal([]byte(line), &r); err != nil || r.DocID != "a" || r.Type != found[i].Type || r.SourceText != found[i].Source.Text {
				t.Errorf("%v: row %s, relation %+v (%v)", how, line, found[i], err)
			}
		}
	}
}

// The graph is written beside the table, or in its place, and says where it came from.
func TestRelationsGraph(t *testing.T) {
	model, _ := relationModels(t)
	in, dir := write(t, "in.jsonl", relationLines), t.TempDir()
	run := func(args ...string) string {
		return mustRun(t, append([]string{"relations", "--model", model, "--given-entities", "--input", in}, args...)...)
	}
	table, graph, csv := filepath.Join(dir, "r.csv"), filepath.Join(dir, "g.graphml"), filepath.Join(dir, "g.csv")
	if out := run("--output", table, "--graph", csv); !strings.Contains(out, "-> "+table+", "+csv) {
		t.Errorf("said %q", out)
	}
	if out := run("--output", graph); !strings.Contains(out, "-> "+graph) {
		t.Errorf("said %q", out)
	}
	for path, want := range map[string]string{table: "source_text", csv: "IL-2,chemical", filepath.Join(dir, "g.nodes.csv"): "IL-2", graph: "<data key=\"name\">IL-2</data>"} {
		if raw, err := os.ReadFile(path); err != nil || !strings.Contains(string(raw), want) {
			t.Errorf("%s has no %q: %s, %v", path, want, raw, err)
		}
	}
	for _, path := range []string{table, csv, graph} {
		if len(readProvenance(t, path).Models) == 0 {
			t.Errorf("beside %s there is no provenance", path)
		}
	}
}

// Corpora are read in their own files.
func TestRelationsOfCorpora(t *testing.T) {
	model, _ := relationModels(t)
	dir := t.TempDir()
	abstracts := filepath.Join(dir, "x_abstracts.tsv")
	for name, content := range map[string]string{
		"x_abstracts.tsv": "7\tIL-2 activates.\tβ-Kinase binds mouse receptor.\n",
		"x_entities.tsv":  "7\tT1\tCHEMICAL\t0\t4\tIL-2\n7\tT2\tGENE-Y\t16\t24\tβ-Kinase\n7\tT3\tCHEMICAL\t31\t36\tmouse\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	docs := filepath.Join(dir, "docs.jsonl")
	out := mustRun(t, "relations", "--model", model, "--given-entities", "--input", abstracts, "--output", filepath.Join(dir, "r.csv"), "--documents", docs)
	if !strings.Contains(out, "1 texts, 3 entities") {
		t.Errorf("said %q", out)
	}
	raw, err := os.ReadFile(docs)
	if err != nil || !strings.HasPrefix(string(raw), `{"id": "7", "text": "IL-2 activates. β-Kinase binds mouse receptor."`) {
		t.Errorf("%s, %v", raw, err)
	}
	ddi := write(t, "d.xml", `<document id="d1"><sentence id="d1.s0" text="Aspirin with warfarin."><entity id="d1.s0.e0" charOffset="0-6" type="drug" text="Aspirin"/><entity id="d1.s0.e1" charOffset="13-20" type="drug" text="warfarin"/></sentence></document>`)
	drugs := relabelled(t, "tiny-relation", "false", "DDI-false", "activator", "DDI-effect", "inhibitor", "DDI-int", "substrate", "DDI-advise")
	out = mustRun(t, "relations", "--model", drugs, "--given-entities", "--input", ddi, "--output", filepath.Join(dir, "r.csv"))
	if !strings.Contains(out, "1 texts, 2 entities") {
		t.Errorf("said %q", out)
	}
}

func TestRelationsErrors(t *testing.T) {
	model, entities := relationModels(t)
	in := write(t, "in.jsonl", relationLines)
	out := filepath.Join(t.TempDir(), "out.csv")
	wrong := func(old, new string) string { return write(t, "in.jsonl", strings.Replace(relationLines, old, new, 1)) }
	for _, c := range []struct {
		want string
		args []string
	}{
		{"unknown model", []string{"--model", "no-such-model"}},
		{"NewTokenClassification", []string{"--model", entities}},
		{"to find entities", []string{"--entity-model", "no-such-model"}},
		{"--offsets", []string{"--offsets", "words"}},
		{"WithMinScore(2)", []string{"--min-score", "2"}},
		{"out.xyz", []string{"--documents", filepath.Join(filepath.Dir(out), "out.xyz")}},
		{`no column "entities"`, []string{"--given-entities", "--input", write(t, "in.jsonl", `{"text": "x"}`)}},
		{"row 0: entity 1", []string{"--given-entities", "--input", wrong(`"start": 32`, `"start": 31`)}},
		{"row 0: column entities is no list", []string{"--given-entities", "--input", write(t, "in.jsonl", `{"text": "x", "entities": [{"start": "0"}]}`)}},
		{"x_entities", []string{"--input", write(t, "x_abstracts.tsv", "7\tA\tB\n")}},
		{"d.xml", []string{"--input", write(t, "d.xml", "<document>")}},
		{"unknown format of graph", []string{"--graph", "g.dot"}},
		{"both graphs", []string{"--output", "g.gexf", "--graph", "g.csv"}},
	} {
		_, err := run(t, append([]string{"relations", "--model", model, "--entity-model", entities, "--input", in, "--output", out}, c.args...)...)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%v: got %v, want %q in it", c.args, err, c.want)
		}
	}
	if _, err := os.Stat(out); err == nil {
		t.Error("a failed run left an output file")
	}
}
