package corpus

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// shared returns a path in the folder of corpora that tests may read.
func shared(t *testing.T, path string) string {
	dir := os.Getenv("SPARSEBIO_SHARED")
	if dir == "" {
		t.Skip("SPARSEBIO_SHARED is not set: it names the folder with the corpora")
	}
	return filepath.Join(dir, "corpora", filepath.FromSlash(path))
}

func equal(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s:\n got %s\nwant %s", what, got, want)
	}
}

// counts prints a count for each key, by key.
func counts(m map[string]int) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, " %s %d", k, m[k])
	}
	return strings.TrimSpace(b.String())
}

// The counts of all corpora are those of the READMEs beside them.

func TestJNLPBA(t *testing.T) {
	for _, tt := range []struct{ path, want string }{
		{"jnlpba/original/Genia4ERtask2.iob2.gz", "1999 documents, 18546 sentences, 492551 tokens, B-DNA 9533 B-RNA 951 B-cell_line 3830 B-cell_type 6718 B-protein 30269"},
		{"jnlpba/mtl/train.tsv.gz", "1800 documents, 16807 sentences, 445090 tokens, B-DNA 8481 B-RNA 844 B-cell_line 3430 B-cell_type 6192 B-protein 27803"},
		{"jnlpba/mtl/devel.tsv.gz", "200 documents, 1739 sentences, 47461 tokens, B-DNA 1052 B-RNA 107 B-cell_line 400 B-cell_type 526 B-protein 2466"},
		{"jnlpba/biobert/train.tsv.gz", "1 documents, 14690 sentences, 443653 tokens, B 32178"},
		{"jnlpba/biobert/devel.tsv.gz", "1 documents, 3856 sentences, 117213 tokens, B 8575"},
		{"bc2gm/mtl/train.tsv.gz", "1 documents, 12574 sentences, 355405 tokens, B-GENE 15197"},
		{"bc2gm/mtl/devel.tsv.gz", "1 documents, 2519 sentences, 71042 tokens, B-GENE 3061"},
	} {
		sentences, err := ReadFile(shared(t, tt.path), ReadCoNLL)
		if err != nil {
			t.Error(err)
			continue
		}
		documents, tokens, types := map[string]bool{}, 0, map[string]int{}
		for _, s := range sentences {
			documents[s.Document] = true
			tokens += len(s.Tokens)
			for _, tag := range s.Tags {
				if tag[0] == 'B' {
					types[tag]++
				}
			}
		}
		equal(t, tt.path, fmt.Sprintf("%d documents, %d sentences, %d tokens, %s", len(documents), len(sentences), tokens, counts(types)), tt.want)
	}
}

// The same sentences come of SciBERT's columns, of CoNLL 2003's, and of IOBES.
func TestJNLPBAForms(t *testing.T) {
	f, err := open(shared(t, "jnlpba/mtl/devel.tsv.gz"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(data), "\n")
	iobes := slices.Clone(lines)
	for i, line := range lines {
		word, tag, _ := strings.Cut(line, "\t")
		last := i+1 == len(lines) || !strings.Contains(lines[i+1], "\tI-")
		switch {
		case last && strings.HasPrefix(tag, "B-"):
			iobes[i] = word + "\tS-" + tag[2:]
		case last && strings.HasPrefix(tag, "I-"):
			iobes[i] = word + "\tE-" + tag[2:]
		}
	}
	want, err := ReadCoNLL(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for form, text := range map[string]string{
		"SciBERT": strings.ReplaceAll(string(data), "\t", "\tNN\tO\t"), "CoNLL 2003": strings.ReplaceAll(string(data), "\t", " NN B-NP "),
		"IOBES": strings.Join(iobes, "\n"), "BILOU": strings.NewReplacer("\tS-", "\tU-", "\tE-", "\tL-").Replace(strings.Join(iobes, "\n")),
	} {
		if got, err := ReadCoNLL(strings.NewReader(text)); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %d sentences, %v, or other words; want %d", form, len(got), err, len(want))
		}
		if text == string(data) || form == "IOBES" && !strings.Contains(text, "\tS-protein\n") {
			t.Errorf("%s changes nothing", form)
		}
	}
}

func TestBC2GM(t *testing.T) {
	for _, tt := range []struct{ path, want string }{
		{"bc2gm/original/train.in.gz", "15000 sentences, 7676 with a gene, 18265 genes, 14499 alternatives, 1 with another name"},
		{"bc2gm/devel-split/devel.in.gz", "2500 sentences, 1287 with a gene, 3061 genes, 2337 alternatives, 0 with another name"},
	} {
		sentences, err := ReadBC2GMFiles(shared(t, tt.path))
		if err != nil {
			t.Error(err)
			continue
		}
		with, genes, alternatives, other := 0, 0, 0, 0
		for _, s := range sentences {
			if len(s.Genes) > 0 {
				with++
			}
			genes += len(s.Genes)
			alternatives += len(s.Alternatives)
			for _, g := range s.Genes {
				if solid(s.Text[g.Start:g.End]) != solid(g.Name) {
					other++
				}
			}
		}
		equal(t, tt.path, fmt.Sprintf("%d sentences, %d with a gene, %d genes, %d alternatives, %d with another name", len(sentences), with, genes, alternatives, other), tt.want)
	}
}

// solid removes the blanks of s.
func solid(s string) string { return strings.Join(strings.Fields(s), "") }

func TestChemProt(t *testing.T) {
	for _, tt := range []struct{ path, want string }{
		{"chemprot/original/chemprot_training_abstracts.tsv.gz", "1020 abstracts, CHEMICAL 13017 GENE-N 4387 GENE-Y 8348, 6437 relations, 4172 evaluated, CPR:3 768 CPR:4 2254 CPR:5 173 CPR:6 235 CPR:9 727"},
		{"chemprot/original/chemprot_development_abstracts.tsv.gz", "612 abstracts, CHEMICAL 8004 GENE-N 2412 GENE-Y 5151, 3558 relations, 2427 evaluated, CPR:3 550 CPR:4 1094 CPR:5 116 CPR:6 199 CPR:9 457"},
	} {
		docs, err := ReadChemProtFiles(shared(t, tt.path))
		if err != nil {
			t.Error(err)
			continue
		}
		types, groups, relations, evaluated := map[string]int{}, map[string]int{}, 0, 0
		for _, d := range docs {
			checkDocument(t, d.Document)
			for _, e := range d.Entities {
				types[e.Type]++
			}
			relations += len(d.Annotated)
			for _, r := range d.Annotated {
				if r.Evaluated {
					evaluated++
				}
				if d.Entities[r.Source].Type != "CHEMICAL" || !strings.HasPrefix(d.Entities[r.Target].Type, "GENE-") {
					t.Fatalf("relation %+v", r)
				}
			}
			for _, r := range d.Relations {
				groups[r.Type]++
			}
		}
		equal(t, tt.path, fmt.Sprintf("%d abstracts, %s, %d relations, %d evaluated, %s", len(docs), counts(types), relations, evaluated, counts(groups)), tt.want)
	}
}

func TestBLUE(t *testing.T) {
	for _, tt := range []struct{ path, want string }{
		{"chemprot/blue/train.tsv.gz", "18693 rows, CPR:3 768 CPR:4 2254 CPR:5 170 CPR:6 235 CPR:9 727 false 14539"},
		{"chemprot/blue/dev.tsv.gz", "11718 rows, CPR:3 550 CPR:4 1094 CPR:5 116 CPR:6 199 CPR:9 457 false 9302"},
		{"chemprot/blue/dev.release.tsv.gz", "11820 rows, CPR:3 550 CPR:4 1094 CPR:5 116 CPR:6 199 CPR:9 457 false 9404"},
		{"ddi2013/blue/train.tsv.gz", "27792 rows, DDI-None 1 DDI-advise 826 DDI-effect 1687 DDI-false 23771 DDI-int 188 DDI-mechanism 1319"},
		{"ddi2013/blue/dev.release.tsv.gz", "7244 rows, DDI-advise 193 DDI-effect 396 DDI-false 6240 DDI-int 42 DDI-mechanism 373"},
	} {
		pairs, err := ReadFile(shared(t, tt.path), ReadBLUE)
		if err != nil {
			t.Error(err)
			continue
		}
		labels, documents := map[string]int{}, map[string]bool{}
		for _, p := range pairs {
			labels[p.Label]++
			documents[p.Document()] = true
		}
		equal(t, tt.path, fmt.Sprintf("%d rows, %s", len(pairs), counts(labels)), tt.want)
		if strings.HasPrefix(tt.path, "ddi2013/blue/dev") && len(documents) != 403 {
			t.Errorf("%s: %d documents, want 403", tt.path, len(documents))
		}
	}
}

func TestDDI(t *testing.T) {
	docs, err := ReadDDIFiles(shared(t, "ddi2013/xml/train.tar.gz"))
	if err != nil {
		t.Fatal(err)
	}
	sources, types, labels, sentences, pairs, split, relations, without := map[string]int{}, map[string]int{}, map[string]int{}, 0, 0, 0, 0, 0
	for _, d := range docs {
		checkDocument(t, d.Document)
		source, _, _ := strings.Cut(d.ID, ".")
		sources[source]++
		sentences += len(d.Sentences)
		relations += len(d.Relations)
		before := pairs
		for _, s := range d.Sentences {
			pairs += len(s.Pairs)
			for _, e := range s.Entities {
				types[e.Type]++
				if len(e.Parts) > 1 {
					split++
				}
			}
			for _, p := range s.Pairs {
				labels[p.Label]++
			}
		}
		if pairs == before {
			without++
		}
	}
	equal(t, "DDI", fmt.Sprintf("%s, %d sentences, %s, %d split, %d pairs, %s, %d relations, %d documents without a pair", counts(sources), sentences, counts(types), split, pairs, counts(labels), relations, without),
		"DDI-DrugBank 572 DDI-MedLine 142, 6976 sentences, brand 1437 drug 9425 drug_n 504 group 3399, 38 split, 27792 pairs, "+
			"DDI-None 1 DDI-advise 826 DDI-effect 1687 DDI-false 23771 DDI-int 188 DDI-mechanism 1319, 4020 relations, 90 documents without a pair")
}
