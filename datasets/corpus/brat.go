package corpus

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// maxBrat is the longest text, and the longest file of annotations, that ReadBrat takes, in bytes.
const maxBrat = 16 << 20

const (
	bratNegation = "Negation"
	bratNotes    = "AnnotatorNotes"
)

// ReadBrat reads a document in brat's standoff format: a text, and lines of annotations, whose offsets count its
// characters. The annotations of the BioNLP shared tasks, which are in two files, may be given one after the other.
//
//	T1 Protein 0 4;10 14    an entity, here in two parts, or the trigger of an event. Parts with only a line break between them are one
//	R1 Binds Arg1:T1 Arg2:T2    a relation, Directed from the first to the second; of more or fewer, an Extra
//	E1 Binding:T3 Theme:T1 Cause:E2    an event
//	A1 Negation E1    makes an event Negated; other attributes (A and M) are Attributes
//	N1 Reference T1 NCBI:7157 p53    goes to Concepts, and the name to the attribute that the concept is called
//	#1 AnnotatorNotes T1 text    is an attribute; a note on nothing that there is is an Extra
//	* Equiv T1 T2    an Extra of kind "equivalence"
//
// Roles are as in the file ("Theme2"). All scores are 1, and the document has no ID and no Title. Errors are [*ParseError]; text stands for
// a file without annotations, or where the text itself is at fault.
func ReadBrat(text io.Reader, annotations ...io.Reader) (Standoff, error) {
	files := make([]named, len(annotations))
	for i, r := range annotations {
		files[i] = named{"", r}
	}
	return readBrat(named{"", text}, files...)
}

func readBrat(text named, annotations ...named) (Standoff, error) {
	b := bratReader{relationAt: map[string]int{}}
	raw, err := io.ReadAll(&bounded{text.r, maxBrat})
	if err != nil {
		return Standoff{}, inFile(text.name, &ParseError{Err: err})
	}
	if i := invalid(raw); i < len(raw) {
		return Standoff{}, inFile(text.name, &ParseError{Line: 1 + strings.Count(string(raw[:i]), "\n"), Err: errors.New("invalid UTF-8 in the text")})
	}
	b.d.Text = string(raw)
	b.chars = charOffsets(nil, b.d.Text)
	last := ""
	for _, f := range annotations {
		last = f.name
		n := 0
		err := eachLine(&bounded{f.r, maxBrat}, maxLine, func(line string) error {
			n++
			if strings.TrimSpace(line) == "" {
				return nil
			}
			return b.line(line, n)
		})
		if err != nil {
			return Standoff{}, inFile(f.name, err)
		}
	}
	var s Standoff
	if err = b.about(); err == nil {
		s, err = b.d.finish()
	}
	if err != nil {
		return Standoff{}, inFile(last, err)
	}
	return s, nil
}

// A bounded reader of a file of brat fails after so many bytes.
type bounded struct {
	r    io.Reader
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("more than %d bytes", maxBrat)
	}
	n, err := b.r.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// invalid returns where b stops being UTF-8.
func invalid(b []byte) int {
	for i := 0; i < len(b); {
		r, n := utf8.DecodeRune(b[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(b)
}

type bratReader struct {
	d          draft
	chars      []int
	relationAt map[string]int
	remarks    []bratRemark
}

// A bratRemark is a line about another annotation, which may come later.
type bratRemark struct {
	kind             byte // 'A', 'N' or '#'
	id, name, target string
	value            string
	line             int
}

func (b *bratReader) line(line string, n int) error {
	id, rest, ok := strings.Cut(line, "\t")
	if !ok || id == "" {
		return fmt.Errorf("%s is not identifier, tab, annotation", excerpt(line))
	}
	var err error
	switch id[0] {
	case 'T':
		err = b.mark(id, rest)
	case 'E':
		err = b.event(id, rest, n)
	case 'R':
		err = b.relation(id, rest, n)
	case 'A', 'M', 'N', '#':
		err = b.remark(id, rest, n)
	case '*':
		f := strings.Fields(rest)
		if len(f) < 2 {
			return fmt.Errorf("%s (want * and a type, and the identifiers of what is equal)", excerpt(line))
		}
		x := Extra{Kind: "equivalence", Type: f[0]}
		for _, ref := range f[1:] {
			x.Arguments = append(x.Arguments, ExtraArgument{"", ref})
		}
		b.d.Extras = append(b.d.Extras, x)
	default:
		err = errors.New("unknown kind of annotation (want T, E, R, A, M, N, # or *)")
	}
	if err != nil {
		return fmt.Errorf("annotation %.40q: %w", id, err)
	}
	return nil
}

func (b *bratReader) mark(id, rest string) error {
	head, copied, _ := strings.Cut(rest, "\t")
	typ, offsets, _ := strings.Cut(head, " ")
	var parts []annot.Span
	first := 0
	for piece := range strings.SplitSeq(strings.TrimSpace(offsets), ";") {
		from, to, _ := strings.Cut(strings.TrimSpace(piece), " ")
		start, err1 := strconv.Atoi(from)
		end, err2 := strconv.Atoi(strings.TrimSpace(to))
		if err1 != nil || err2 != nil {
			return fmt.Errorf("offsets %s (want start and end, or several of these with semicolons)", excerpt(offsets))
		}
		span, err := charSpan(b.chars, start, end)
		if err != nil {
			return err
		}
		if len(parts) == 0 {
			first = start
		}
		parts = append(parts, span)
	}
	slices.SortStableFunc(parts, func(a, b annot.Span) int { return a.Start - b.Start })
	var texts []string
	for i, p := range parts {
		if i > 0 && p.Start < parts[i-1].End {
			return fmt.Errorf("the parts %s overlap", excerpt(offsets))
		}
		texts = append(texts, b.d.Text[p.Start:p.End])
	}
	if have := strings.Join(texts, " "); !sameText(have, copied) {
		if len(parts) == 1 {
			return checkText(b.d.Text, parts[0], copied, 0, first)
		}
		return fmt.Errorf("it is %s, but its offsets are those of %s", excerpt(copied), excerpt(have))
	}
	joined := parts[:1]
	for _, p := range parts[1:] {
		last := &joined[len(joined)-1]
		if between := b.d.Text[last.End:p.Start]; between != "" && strings.Trim(between, "\r\n") == "" {
			last.End = p.End
			continue
		}
		joined = append(joined, p)
	}
	return b.d.addMark(id, typ, joined, 1, EntityNote{ID: id})
}

// arguments splits "Role:T1".
func bratArguments(fields []string) (roles, refs []string, err error) {
	for _, f := range fields {
		i := strings.LastIndexByte(f, ':')
		if i < 1 || i == len(f)-1 {
			return nil, nil, fmt.Errorf("argument %s (want a role, a colon and an identifier)", excerpt(f))
		}
		roles, refs = append(roles, f[:i]), append(refs, f[i+1:])
	}
	return roles, refs, nil
}

func (b *bratReader) event(id, rest string, n int) error {
	roles, refs, err := bratArguments(strings.Fields(rest))
	if err == nil && len(roles) == 0 {
		err = errors.New("it has no trigger")
	}
	if err != nil {
		return err
	}
	return b.d.addEvent(id, draftEvent{typ: roles[0], trigger: refs[0], roles: roles[1:], refs: refs[1:], note: EventNote{ID: id}, line: n})
}

func (b *bratReader) relation(id, rest string, n int) error {
	typ, args, _ := strings.Cut(rest, " ")
	roles, refs, err := bratArguments(strings.Fields(args))
	switch _, twice := b.relationAt[id]; {
	case err != nil:
		return err
	case twice:
		return errors.New("it occurs twice")
	case typ == "":
		return errors.New("it has no type")
	case len(refs) != 2:
		x := Extra{Kind: "relation", ID: id, Type: typ}
		for i := range refs {
			x.Arguments = append(x.Arguments, ExtraArgument{roles[i], refs[i]})
		}
		b.d.Extras = append(b.d.Extras, x)
		return nil
	}
	b.relationAt[id] = len(b.d.relations)
	b.d.relations = append(b.d.relations, draftRelation{
		Relation: annot.Relation{Type: typ, Directed: true, Score: 1},
		note:     RelationNote{ID: id, Roles: [2]string(roles)}, ends: [2]string(refs), line: n,
	})
	return nil
}

func (b *bratReader) remark(id, rest string, n int) error {
	head, text, _ := strings.Cut(rest, "\t")
	f := strings.Fields(head)
	r := bratRemark{kind: id[0], id: id, line: n}
	switch {
	case r.kind == '#' && len(f) == 1:
		f = append(f, "")
	case len(f) < 2, r.kind == 'N' && len(f) != 3:
		return errors.New("it lacks its name, or what it is about")
	}
	r.name, r.target = f[0], f[1]
	switch r.kind {
	case 'M':
		r.kind = 'A'
		fallthrough
	case 'A':
		r.value = strings.Join(f[2:], " ")
	case 'N':
		r.name, r.value = f[2], text
	case '#':
		r.value = text
	}
	b.remarks = append(b.remarks, r)
	return nil
}

// about puts remarks where they belong.
func (b *bratReader) about() error {
	for _, r := range b.remarks {
		var attributes *map[string]string
		if i, ok := b.d.index[r.target]; ok {
			attributes = &b.d.marks[i].note.Attributes
			if r.kind == 'N' {
				b.d.marks[i].note.Concepts = append(b.d.marks[i].note.Concepts, r.name)
				if r.value == "" {
					continue
				}
			}
		} else if i, ok := b.d.eventAt[r.target]; ok {
			if r.kind == 'A' && r.name == bratNegation && r.value == "" {
				b.d.events[i].negated = true
				continue
			}
			attributes = &b.d.events[i].note.Attributes
		} else if i, ok := b.relationAt[r.target]; ok {
			attributes = &b.d.relations[i].note.Attributes
		}
		switch {
		case attributes == nil && r.kind == '#':
			x := Extra{Kind: "note", ID: r.id, Type: r.name, Text: r.value}
			if r.target != "" {
				x.Arguments = []ExtraArgument{{"", r.target}}
			}
			b.d.Extras = append(b.d.Extras, x)
		case attributes == nil:
			return &ParseError{Line: r.line, Err: fmt.Errorf("annotation %.40q: there is no %s", r.id, excerpt(r.target))}
		default:
			if before, ok := (*attributes)[r.name]; ok && r.kind == '#' {
				(*attributes)[r.name] = before + "; " + r.value
			}
			setDefault(attributes, r.name, r.value)
		}
	}
	return nil
}

// bratText returns the text that is written for a document, and the byte of it where the document's begins.
func bratText(d annot.Document) (string, int) {
	if d.Title == "" || strings.HasPrefix(d.Text, d.Title) {
		return d.Text, 0
	}
	return d.Title + "\n" + d.Text, len(d.Title) + 1
}

// bratWord refuses what has white space, which ends a field, or is nothing.
func bratWord(what, s string) error {
	if s == "" || strings.ContainsFunc(s, unicode.IsSpace) || !utf8.ValidString(s) {
		return fmt.Errorf("%s %s is empty or has white space, which brat cannot hold (write cell_type for cell type)", what, excerpt(s))
	}
	return nil
}

// bratAnnotations returns the lines of annotations of a document.
func bratAnnotations(s Standoff) (string, error) {
	w := bratWriter{d: s, next: map[byte]int{}, known: map[string]bool{}}
	text, shift := bratText(s.Document)
	count := charCounter{text: text}
	p := newPlan(s, func(kind byte, name string) bool {
		return name[0] == kind && len(name) > 1 && strings.Trim(name[1:], "0123456789") == ""
	})
	for _, m := range p.marks {
		parts := m.note.Parts
		if len(parts) == 0 {
			parts = []annot.Span{m.Span()}
		}
		var offsets, copies []string
		for _, part := range parts {
			for _, l := range lines(s.Text, part) {
				offsets = append(offsets, fmt.Sprint(count.at(l.Start+shift), " ", count.at(l.End+shift)))
				copies = append(copies, oneLine(s.Text[l.Start:l.End]))
			}
		}
		if t := s.Text[m.Start:m.End]; strings.Trim(t, "\r\n") != t {
			return "", fmt.Errorf("the entity %s begins or ends with a line break", excerpt(t))
		}
		if err := bratWord("the type", m.Type); err != nil {
			return "", err
		}
		w.add(m.name, m.Type+" "+strings.Join(offsets, ";")+"\t"+strings.Join(copies, " "))
	}
	for i, e := range s.Events {
		ev := p.events[i]
		line := e.Type + ":" + ev.trigger
		for k, ref := range ev.arguments {
			if err := bratWord("the role", e.Arguments[k].Role); err != nil {
				return "", err
			}
			line += " " + e.Arguments[k].Role + ":" + ref
		}
		w.add(ev.name, line)
	}
	for i, r := range s.Relations {
		roles := note(s.RelationNotes, i).Roles
		if bratWord("", roles[0]) != nil || bratWord("", roles[1]) != nil {
			roles = [2]string{"Arg1", "Arg2"}
		}
		if err := bratWord("the type", r.Type); err != nil {
			return "", err
		}
		w.add(p.names[i], fmt.Sprintf("%s %s:%s %s:%s", r.Type, roles[0], p.relations[i][0], roles[1], p.relations[i][1]))
	}
	for _, m := range p.marks {
		for _, c := range m.note.Concepts {
			if err := bratWord("the concept", c); err != nil {
				return "", err
			}
			w.add(w.name('N'), "Reference "+m.name+" "+c+"\t"+oneLine(m.note.Attributes[c]))
		}
		w.attributes(m.name, without(m.note.Attributes, m.note.Concepts...))
	}
	for i, e := range s.Events {
		if e.Negated {
			w.add(w.name('A'), bratNegation+" "+p.events[i].name)
		}
		w.attributes(p.events[i].name, note(s.EventNotes, i).Attributes)
	}
	for i := range s.Relations {
		w.attributes(p.names[i], note(s.RelationNotes, i).Attributes)
	}
	for _, x := range s.Extras {
		w.extra(x)
	}
	return w.b.String(), nil
}

// lines returns the pieces of a span between line breaks.
func lines(text string, s annot.Span) []annot.Span {
	var out []annot.Span
	for at := s.Start; at < s.End; {
		n := strings.IndexAny(text[at:s.End], "\r\n")
		if n < 0 {
			n = s.End - at
		}
		if n > 0 {
			out = append(out, annot.Span{Start: at, End: at + n})
		}
		at += n + 1
	}
	return out
}

type bratWriter struct {
	d     Standoff
	b     strings.Builder
	next  map[byte]int
	known map[string]bool
}

func (w *bratWriter) add(name, line string) {
	w.known[name] = true
	w.b.WriteString(name + "\t" + line + "\n")
}

// name returns a new name of a kind.
func (w *bratWriter) name(kind byte) string {
	for {
		w.next[kind]++
		if name := string(kind) + strconv.Itoa(w.next[kind]); !w.known[name] {
			return name
		}
	}
}

func (w *bratWriter) attributes(of string, attributes map[string]string) {
	for _, k := range sortedKeys(attributes) {
		v := attributes[k]
		switch {
		case bratWord("", k) != nil:
			w.add(w.name('#'), bratNotes+" "+of+"\t"+oneLine(k+": "+v))
		case k == bratNotes || v != "" && bratWord("", v) != nil:
			w.add(w.name('#'), k+" "+of+"\t"+oneLine(v))
		default:
			w.add(w.name('A'), strings.TrimSuffix(k+" "+of+" "+v, " "))
		}
	}
}

// extra writes what is about annotations that are written.
func (w *bratWriter) extra(x Extra) {
	line := x.Type
	for _, a := range x.Arguments {
		if !w.known[a.Ref] && x.Kind != "note" {
			return
		}
		switch {
		case x.Kind == "relation" && bratWord("", a.Role) == nil:
			line += " " + a.Role + ":" + a.Ref
		case x.Kind == "relation":
			line += " Arg:" + a.Ref
		default:
			line += " " + a.Ref
		}
	}
	switch {
	case bratWord("", x.Type) != nil:
	case x.Kind == "equivalence":
		w.b.WriteString("*\t" + line + "\n")
	case x.Kind == "note":
		w.add(w.name('#'), oneLine(line)+"\t"+oneLine(x.Text))
	case x.Kind == "relation" && len(x.Arguments) > 0:
		w.add(w.name('R'), line)
	}
}
