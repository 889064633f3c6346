package corpus

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// maxPubTator is how many annotations and relations a document may have.
const maxPubTator = 1 << 20

// ReadPubTator reads the format of PubTator and of many corpora (BC5CDR, NCBI Disease, BioRED): a document is
// a line "identifier|t|title", a line "identifier|a|abstract", and lines with tabs, up to an empty line:
//
//	identifier, start, end, text, type, concept     an annotation; further columns are Attributes "column 7" ...
//	identifier, type, concept, concept              a relation; further columns are Attributes "column 5" ...
//
// The text is the title, a blank, and the abstract, or the one of the two that is not empty. Offsets in the file count characters of the title, one more, and
// those of the abstract. The concept may be missing, or "-" or "-1" for none; a column with several stays one string in
// Concepts. All scores are 1.
//
// The format relates concepts. A Relation joins the mentions of the two that begin closest to each other, the first of equals; it
// is not Directed, and its RelationNote has the concepts. Mentions of several concepts (split at | , ; and +) are
// found under each. A relation with a concept that no mention has is an Extra. Errors are [*ParseError].
func ReadPubTator(r io.Reader) ([]Standoff, error) {
	p := pubTatorReader{}
	n := 0
	err := eachLine(r, maxLine, func(line string) error {
		n++
		return p.line(line, n)
	})
	if err == nil {
		err = p.end()
	}
	if err == nil && len(p.docs) == 0 {
		err = empty("lines of identifier|t|title")
	}
	if err != nil {
		return nil, err
	}
	return p.docs, nil
}

type pubTatorReader struct {
	docs      []Standoff
	open      bool
	id        string
	seen      [2]bool // title and abstract
	parts     [2]string
	d         *draft // once there are annotations
	chars     []int
	shift     int // how many characters of the file come before those of the text
	relations []conceptRelation
}

func (p *pubTatorReader) line(line string, n int) error {
	if strings.TrimSpace(line) == "" {
		return p.end()
	}
	if id, rest, ok := strings.Cut(line, "|"); ok && strings.TrimSpace(id) != "" && !strings.Contains(id, "\t") && len(rest) >= 2 && (rest[:2] == "t|" || rest[:2] == "a|") {
		return p.header(id, strings.IndexByte("ta", rest[0]), rest[2:])
	}
	col := strings.Split(line, "\t")
	switch {
	case len(col) < 4:
		return fmt.Errorf("%s is neither identifier|t|title nor an annotation or relation (want 4 columns or more)", excerpt(line))
	case !p.open:
		return fmt.Errorf("an annotation before identifier|t|title: %s", excerpt(line))
	case col[0] != p.id:
		return fmt.Errorf("an annotation of document %q among those of %q", col[0], p.id)
	}
	if p.d == nil {
		p.begin()
	}
	if len(p.d.marks)+len(p.relations) == maxPubTator {
		return fmt.Errorf("document %q has more than %d annotations", p.id, maxPubTator)
	}
	start, err1 := strconv.Atoi(col[1])
	end, err2 := strconv.Atoi(col[2])
	if err1 != nil || err2 != nil {
		if err1 == nil {
			return fmt.Errorf("offsets %q and %q are not numbers", col[1], col[2])
		}
		return p.relation(col)
	}
	if len(col) < 5 {
		return fmt.Errorf("%d columns, want 5 or more: identifier, start, end, text, type, concept", len(col))
	}
	if err := p.annotation(start, end, col); err != nil {
		return fmt.Errorf("annotation %s of document %s: %w", excerpt(col[3]), p.id, err)
	}
	return nil
}

func (p *pubTatorReader) header(id string, k int, text string) error {
	if p.open && id != p.id {
		if err := p.end(); err != nil {
			return err
		}
	}
	if p.seen[k] || p.d != nil {
		return fmt.Errorf("document %q has two titles or abstracts, or annotations before them", id)
	}
	p.open, p.id = true, id
	p.seen[k], p.parts[k] = true, text
	return nil
}

// begin puts the text together.
func (p *pubTatorReader) begin() {
	p.d = &draft{}
	title, abstract := p.parts[0], p.parts[1]
	p.d.ID, p.d.Title = p.id, title
	p.shift = 0
	switch {
	case title == "":
		p.d.Text, p.shift = abstract, 1
	case abstract == "":
		p.d.Text = title
	default:
		p.d.Text = title + " " + abstract
	}
	p.chars = charOffsets(p.chars[:0], p.d.Text)
}

func (p *pubTatorReader) annotation(start, end int, col []string) error {
	if start < p.shift {
		return fmt.Errorf("it starts at %d, before the text", start)
	}
	span, err := charSpan(p.chars, start-p.shift, end-p.shift)
	if err == nil {
		err = checkText(p.d.Text, span, col[3], -p.shift, start)
	}
	if err != nil {
		return err
	}
	var n EntityNote
	for i := 5; i < len(col); i++ {
		if i > 5 {
			setDefault(&n.Attributes, column(i), col[i])
		} else if c := col[i]; c != "" && c != "-" && c != "-1" {
			n.Concepts = []string{c}
		}
	}
	return p.d.addMark("", col[4], []annot.Span{span}, 1, n)
}

func column(i int) string { return fmt.Sprint("column ", i+1) }

func (p *pubTatorReader) relation(col []string) error {
	r := conceptRelation{Relation: annot.Relation{Type: col[1], Score: 1}}
	r.note.Concepts = [2]string{col[2], col[3]}
	if col[1] == "" || col[2] == "" || col[3] == "" {
		return fmt.Errorf("a relation of document %s lacks its type or a concept", p.id)
	}
	for i := 4; i < len(col); i++ {
		setDefault(&r.note.Attributes, column(i), col[i])
	}
	p.relations = append(p.relations, r)
	return nil
}

// end ends the document that is open, if there is one.
func (p *pubTatorReader) end() error {
	if !p.open {
		return nil
	}
	if p.d == nil {
		p.begin()
	}
	d := p.d
	d.relateConcepts(p.relations)
	s, err := d.finish()
	if err != nil {
		return err
	}
	p.docs = append(p.docs, s)
	*p = pubTatorReader{docs: p.docs, chars: p.chars}
	return nil
}

// WritePubTator writes documents in the format of PubTator, as [ReadPubTator] says it is. What ReadPubTator
// reads of it is the same, but for what the format cannot hold:
//
//   - line breaks and tabs, each of which is written as a blank, so that offsets stay
//   - scores, meanings and directions of relations, events, the parts and identifiers of entities, Attributes that are no
//     columns, and Extras but relations of two concepts
//   - the mentions that a relation joins: the concepts of the two are related, once for a type. A mention without
//     a concept that is in a relation gets one, "T1" ...
//   - a Title that the text does not begin with: it is written as the title, and offsets count from it
//
// A document without an identifier gets its number, from 1. Identifiers with tabs, bars or line breaks are errors, as are
// types and concepts with tabs or line breaks.
func WritePubTator[D Writable](w io.Writer, docs []D) error {
	b := bufio.NewWriter(w)
	for i, d := range docs {
		s := asStandoff(d)
		if err := checkWritable(i, s); err != nil {
			return err
		}
		if err := writePubTator(b, i, s); err != nil {
			return fmt.Errorf("corpus: PubTator: document %d (%q): %w", i, s.ID, err)
		}
	}
	return b.Flush()
}

func writePubTator(w *bufio.Writer, i int, d Standoff) error {
	id := d.ID
	if id == "" {
		id = strconv.Itoa(i + 1)
	}
	if strings.ContainsAny(id, "|\t\r\n\ufeff") || strings.TrimSpace(id) == "" {
		return errors.New("the identifier has a tab, bar, line break or byte order mark, or is blank")
	}
	title, rest, start := titleAndRest(d.Document)
	shift := 0
	if start == 0 { // the title, empty or not, is not in the text
		shift = utf8.RuneCountInString(title) + 1
	}
	fmt.Fprintf(w, "%s|t|%s\n%s|a|%s\n", id, oneLine(title), id, oneLine(rest))

	names, err := conceptNames(d)
	if err != nil {
		return err
	}
	count := charCounter{text: d.Text}
	row := func(attributes map[string]string, from int, col ...string) error {
		for k := from; ; k++ {
			v, ok := attributes[column(k)]
			if !ok {
				break
			}
			col = append(col, v)
		}
		for _, c := range col {
			if strings.ContainsAny(c, "\t\r\n") || !utf8.ValidString(c) {
				return fmt.Errorf("the format cannot hold %s", excerpt(c))
			}
		}
		_, err := fmt.Fprintf(w, "%s\t%s\n", id, strings.Join(col, "\t"))
		return err
	}
	for k, e := range d.Entities {
		from, to := count.at(e.Start)+shift, count.at(e.End)+shift
		err := row(note(d.EntityNotes, k).Attributes, 6, strconv.Itoa(from), strconv.Itoa(to), oneLine(d.Text[e.Start:e.End]), e.Type, names.of[k])
		if err != nil {
			return err
		}
	}
	type line struct{ typ, a, b string }
	written := map[line]bool{}
	for k, r := range d.Relations {
		n := note(d.RelationNotes, k)
		l := line{r.Type, names.find(n.Concepts[0], r.Source), names.find(n.Concepts[1], r.Target)}
		if _, err := strconv.Atoi(l.typ); err == nil {
			return fmt.Errorf("the relation type %q is a number", l.typ)
		}
		if written[l] {
			continue
		}
		written[l] = true
		if err := row(n.Attributes, 4, l.typ, l.a, l.b); err != nil {
			return err
		}
	}
	for _, x := range d.Extras {
		if x.Kind == "relation" && len(x.Arguments) == 2 && x.Type != "" && x.Arguments[0].Ref != "" && x.Arguments[1].Ref != "" {
			if err := row(x.Attributes, 4, x.Type, x.Arguments[0].Ref, x.Arguments[1].Ref); err != nil {
				return err
			}
		}
	}
	_, err = w.WriteString("\n")
	return err
}

// entityKey says which entity of a document one is that stands in a relation or an event.
type entityKey struct {
	typ        string
	start, end int
}

func keyOf(e annot.Entity) entityKey { return entityKey{e.Type, e.Start, e.End} }

// A conceptTable has a concept column for each entity, and finds that of the ends of relations.
type conceptTable struct {
	of []string
	at map[entityKey]int
}

func (t conceptTable) find(known string, e annot.Entity) string {
	if known != "" {
		return known
	}
	return t.of[t.at[keyOf(e)]]
}

func conceptNames(d Standoff) (conceptTable, error) {
	t := conceptTable{make([]string, len(d.Entities)), map[entityKey]int{}}
	used := map[string]bool{}
	for k, e := range d.Entities {
		t.of[k] = "-"
		if c := note(d.EntityNotes, k).Concepts; len(c) > 0 {
			t.of[k] = strings.Join(c, "|")
			for c := range concepts(c) {
				used[c] = true
			}
		}
		if _, twice := t.at[keyOf(e)]; !twice {
			t.at[keyOf(e)] = k
		}
	}
	next := 1
	for k, r := range d.Relations {
		known := note(d.RelationNotes, k).Concepts
		for side, e := range []annot.Entity{r.Source, r.Target} {
			i, ok := t.at[keyOf(e)]
			if known[side] != "" {
				continue
			}
			if !ok {
				return conceptTable{}, fmt.Errorf("relation %d: %s at byte %d is not among the entities", k, excerpt(e.Text), e.Start)
			}
			if t.of[i] != "-" {
				continue
			}
			for ; used["T"+strconv.Itoa(next)]; next++ {
			}
			t.of[i] = "T" + strconv.Itoa(next)
			next++
		}
	}
	return t, nil
}
