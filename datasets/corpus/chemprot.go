package corpus

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// A ChemProtDocument is an abstract of ChemProt (BioCreative VI, track 5) with its chemicals, genes and what relates
// them.
//
// The text is the title, a blank, and the abstract. The types of entities are those of the file: CHEMICAL, GENE-Y
// (normalizable) and GENE-N. Relations are those that are evaluated, CPR:3, 4, 5, 6 and 9, each chemical, gene
// and group once, from the chemical to the gene; their sentence is the one that holds both, or the run
// of sentences from the one to the other, as Document.Sentences finds them. Entities may overlap. All scores are 1.
type ChemProtDocument struct {
	annot.Document
	EntityIDs []string           // of Document.Entities, in their order: "T1" ...
	Annotated []ChemProtRelation // every line of the relations file, those that are not evaluated too
}

// A ChemProtRelation is a line of the relations file.
type ChemProtRelation struct {
	Group     string // "CPR:4"
	Name      string // "INHIBITOR"
	Evaluated bool
	Source    int // of the chemical in Document.Entities
	Target    int // of the gene
}

// ReadChemProt reads the files of ChemProt, tab-separated columns without quotes: abstracts (identifier, title, abstract), entities
// (identifier, entity, type, first character, character after the last, text), relations (identifier, group, "Y" or
// "N", name, "Arg1:" and the chemical, "Arg2:" and the gene) and the gold standard (identifier, group, Arg1, Arg2).
// relations and gold may be nil. Without gold, Relations are made of the relations with a "Y", which is the same.
//
// Errors are [*ParseError] with the Path "abstracts", "entities", "relations" or "gold_standard".
func ReadChemProt(abstracts, entities, relations, gold io.Reader) ([]ChemProtDocument, error) {
	return readChemProt(named{"abstracts", abstracts}, named{"entities", entities}, named{"relations", relations}, named{"gold_standard", gold})
}

// ReadChemProtFiles reads the abstracts at path and the other files beside it, whose names have "entities",
// "relations" and "gold_standard" in place of "abstracts"; path may also be a folder that holds the files of one split. There
// must be entities.
func ReadChemProtFiles(path string) ([]ChemProtDocument, error) {
	if found, err := filepath.Glob(filepath.Join(globEscape(path), "*abstracts*.tsv*")); err == nil && len(found) > 0 {
		if len(found) > 1 {
			for i := range found {
				found[i] = filepath.Base(found[i])
			}
			return nil, &ParseError{Path: path, Err: fmt.Errorf("several files of abstracts: choose one of %s", strings.Join(found, ", "))}
		}
		path = found[0]
	}
	base := filepath.Base(path)
	if !strings.Contains(base, "abstracts") {
		return nil, &ParseError{Path: path, Err: errors.New(`not a file of ChemProt's abstracts (want "abstracts" in its name, as in chemprot_training_abstracts.tsv)`)}
	}
	other := func(kind string) string {
		name := strings.Replace(base, "abstracts", kind, 1)
		return beside(path, name, strings.Replace(name, "_gs", "", 1)) // the test split: chemprot_test_abstracts_gs.tsv
	}
	var files [4]named
	for i, name := range []string{path, other("entities"), other("relations"), other("gold_standard")} {
		if name == "" && i > 1 {
			continue
		}
		if name == "" {
			return nil, &ParseError{Path: path, Err: fmt.Errorf("there is no %s beside it, which holds the entities of the abstracts", strings.Replace(base, "abstracts", "entities", 1))}
		}
		f, err := open(name)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		files[i] = named{name, f}
	}
	return readChemProt(files[0], files[1], files[2], files[3])
}

// globEscape keeps filepath.Glob from taking characters of a path for a pattern.
func globEscape(path string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// A chemProtReader holds what is needed while the files are read one after the other.
type chemProtReader struct {
	docs     []*chemProtDraft
	at       map[string]int // identifier -> docs
	abstract string         // name of the file of abstracts, for errors
}

type chemProtDraft struct {
	doc       ChemProtDocument
	chars     []int          // see charOffsets
	entities  []draftEntity  // in the order of the file
	index     map[string]int // identifier of an entity -> entities, and when they are sorted, Document.Entities
	sentences []annot.Span
	related   map[ChemProtRelation]bool
}

type draftEntity struct {
	annot.Entity
	id string
}

func readChemProt(abstracts, entities, relations, gold named) ([]ChemProtDocument, error) {
	c := chemProtReader{at: map[string]int{}, abstract: filepath.Base(abstracts.name)}
	for _, f := range []struct {
		named
		columns string
		add     func(col []string) error
	}{
		{abstracts, "identifier, title, abstract", c.addAbstract},
		{entities, "identifier, entity, type, start, end, text", c.addEntity},
		{named{}, "", c.sort},
		{relations, "identifier, group, Y or N, name, Arg1, Arg2", c.addRelation},
		{gold, "identifier, group, Arg1, Arg2", c.addGold},
	} {
		if f.columns == "" {
			if err := f.add(nil); err != nil {
				return nil, err
			}
			continue
		}
		if f.r == nil {
			continue
		}
		want := strings.Count(f.columns, ",") + 1
		err := eachLine(f.r, maxLine, func(line string) error {
			if line == "" {
				return nil
			}
			col := strings.Split(line, "\t")
			if len(col) != want {
				return fmt.Errorf("%d columns, want %d: %s", len(col), want, f.columns)
			}
			return f.add(col)
		})
		if err == nil && len(c.docs) == 0 {
			err = empty("lines of " + f.columns)
		}
		if err != nil {
			return nil, inFile(f.name, err)
		}
	}
	return c.documents(gold.r == nil), nil
}

func (c *chemProtReader) addAbstract(col []string) error {
	id, title, abstract := col[0], col[1], col[2]
	if _, ok := c.at[id]; ok || id == "" {
		return fmt.Errorf("abstract %q occurs twice or has no identifier", id)
	}
	d := &chemProtDraft{index: map[string]int{}, related: map[ChemProtRelation]bool{}}
	d.doc.Document = annot.Document{ID: id, Title: title, Text: title + " " + abstract}
	d.chars = charOffsets(nil, d.doc.Text)
	c.at[id] = len(c.docs)
	c.docs = append(c.docs, d)
	return nil
}

func (c *chemProtReader) find(id string) (*chemProtDraft, error) {
	i, ok := c.at[id]
	if !ok {
		return nil, fmt.Errorf("there is no abstract %q in %s", id, c.abstract)
	}
	return c.docs[i], nil
}

func (c *chemProtReader) addEntity(col []string) error {
	d, err := c.find(col[0])
	if err != nil {
		return err
	}
	id, typ, text := col[1], col[2], col[5]
	start, err1 := strconv.Atoi(col[3])
	end, err2 := strconv.Atoi(col[4])
	if err1 != nil || err2 != nil {
		return fmt.Errorf("offsets %q and %q are not numbers", col[3], col[4])
	}
	span, err := charSpan(d.chars, start, end)
	switch _, twice := d.index[id]; {
	case err != nil:
		return fmt.Errorf("entity %s of abstract %s: %w", id, col[0], err)
	case id == "" || twice:
		return fmt.Errorf("entity %q of abstract %s occurs twice or has no identifier", id, col[0])
	case typ == "":
		return fmt.Errorf("entity %s of abstract %s has no type", id, col[0])
	case d.doc.Text[span.Start:span.End] != text:
		return fmt.Errorf("entity %s of abstract %s is %s, but its offsets are those of %s", id, col[0], excerpt(text), excerpt(d.doc.Text[span.Start:span.End]))
	}
	d.index[id] = len(d.entities)
	d.entities = append(d.entities, draftEntity{annot.Entity{Type: typ, Start: span.Start, End: span.End, Text: text, Score: 1}, id})
	return nil
}

// sort brings the entities into the order of their documents.
func (c *chemProtReader) sort([]string) error {
	for _, d := range c.docs {
		slices.SortStableFunc(d.entities, func(a, b draftEntity) int { return byPosition(a.Entity, b.Entity) })
		for i, e := range d.entities {
			d.index[e.id] = i
			d.doc.Entities = append(d.doc.Entities, e.Entity)
			d.doc.EntityIDs = append(d.doc.EntityIDs, e.id)
		}
		d.sentences = d.doc.Document.Sentences()
	}
	return nil
}

// arguments finds the two entities of a relation.
func (d *chemProtDraft) arguments(arg1, arg2 string) (source, target int, err error) {
	var at [2]int
	for i, arg := range []string{arg1, arg2} {
		id, ok := strings.CutPrefix(arg, fmt.Sprintf("Arg%d:", i+1))
		if !ok {
			return 0, 0, fmt.Errorf("%q (want Arg%d: and the identifier of an entity)", arg, i+1)
		}
		if at[i], ok = d.index[id]; !ok {
			return 0, 0, fmt.Errorf("abstract %s has no entity %q", d.doc.ID, id)
		}
	}
	return at[0], at[1], nil
}

func (c *chemProtReader) addRelation(col []string) error {
	d, err := c.find(col[0])
	if err != nil {
		return err
	}
	source, target, err := d.arguments(col[4], col[5])
	evaluated := strings.TrimSpace(col[2])
	switch {
	case err != nil:
		return err
	case evaluated != "Y" && evaluated != "N":
		return fmt.Errorf("%q (want Y or N)", col[2])
	}
	d.doc.Annotated = append(d.doc.Annotated, ChemProtRelation{col[1], strings.TrimSpace(col[3]), evaluated == "Y", source, target})
	return nil
}

func (c *chemProtReader) addGold(col []string) error {
	d, err := c.find(col[0])
	if err != nil {
		return err
	}
	source, target, err := d.arguments(col[2], col[3])
	if err != nil {
		return err
	}
	d.relate(col[1], source, target)
	return nil
}

// relate adds a relation, unless it is there.
func (d *chemProtDraft) relate(group string, source, target int) {
	key := ChemProtRelation{Group: group, Source: source, Target: target}
	if d.related[key] {
		return
	}
	d.related[key] = true
	a, b := d.doc.Entities[source], d.doc.Entities[target]
	span := evidence(d.sentences, a.Span(), b.Span())
	d.doc.Relations = append(d.doc.Relations, annot.Relation{
		Type: group, Source: a, Target: b, Directed: true, Score: 1, Span: span, Sentence: d.doc.Text[span.Start:span.End],
	})
}

func (c *chemProtReader) documents(derive bool) []ChemProtDocument {
	out := make([]ChemProtDocument, len(c.docs))
	for i, d := range c.docs {
		if derive {
			for _, r := range d.doc.Annotated {
				if r.Evaluated {
					d.relate(r.Group, r.Source, r.Target)
				}
			}
		}
		slices.SortStableFunc(d.doc.Relations, relationsByPosition)
		out[i] = d.doc
	}
	return out
}
