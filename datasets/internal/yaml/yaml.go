// Package yaml reads the part of YAML 1.2 that the cards of data sets are written in: block and flow mappings and sequences, plain and
// quoted scalars on one line, block scalars, comments. What else YAML has (anchors, aliases, tags, several documents, plain
// scalars over several lines, complex keys) is an error with its line, never a guess.
//
// Scalars stay text: no value becomes a number or a truth value by the way it looks.
package yaml

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A Kind is what a Node is.
type Kind int

// The kinds of nodes.
const (
	Null Kind = iota
	Scalar
	Sequence
	Mapping
)

func (k Kind) String() string { return [...]string{"nothing", "a text", "a list", "a mapping"}[k] }

// A Node is a value. Items are the elements of a sequence, or the values of a mapping in the order of Keys, which differ.
type Node struct {
	Kind  Kind
	Line  int // 1-based
	Value string
	Keys  []string
	Items []*Node
}

// Get returns the value of a key, or nil.
func (n *Node) Get(key string) *Node {
	if n == nil || n.Kind != Mapping {
		return nil
	}
	if i := slices.Index(n.Keys, key); i >= 0 {
		return n.Items[i]
	}
	return nil
}

// An Error says where a text stopped making sense.
type Error struct {
	Line int // 1-based
	Err  error
}

func (e *Error) Error() string { return fmt.Sprintf("yaml: line %d: %v", e.Line, e.Err) }

// Unwrap returns what was wrong.
func (e *Error) Unwrap() error { return e.Err }

const maxDepth = 64

var errDepth = errors.New("nested too deeply")

// Parse reads a text of which the first line is line first of a file. Errors are *Error.
func Parse(text string, first int) (*Node, error) {
	if !utf8.ValidString(text) {
		return nil, &Error{first, errors.New("not valid UTF-8")}
	}
	p := &parser{}
	for i, s := range strings.Split(text, "\n") {
		s = strings.TrimSuffix(s, "\r")
		body := strings.TrimLeft(s, " ")
		p.lines = append(p.lines, line{first + i, len(s) - len(body), body, s})
	}
	if !p.skip() {
		return &Node{Kind: Null, Line: first}, nil
	}
	n, err := p.block(p.lines[p.at].indent, 0)
	if err == nil && p.skip() {
		err = p.fail(errors.New("indented less than the lines before it, or not part of them"))
	}
	if err != nil {
		return nil, err
	}
	return n, nil
}

type line struct {
	n      int
	indent int
	body   string // without the indent
	raw    string
}

type parser struct {
	lines []line
	at    int
}

func (p *parser) fail(err error) error {
	var e *Error
	if errors.As(err, &e) {
		return err
	}
	return &Error{p.lines[min(p.at, len(p.lines)-1)].n, err}
}

// skip goes to the next line that says something, and reports whether there is one.
func (p *parser) skip() bool {
	for ; p.at < len(p.lines); p.at++ {
		if b := p.lines[p.at].body; strings.TrimSpace(b) != "" && b[0] != '#' {
			return true
		}
	}
	return false
}

func isItem(body string) bool { return body == "-" || strings.HasPrefix(body, "- ") }

// block reads the value whose lines are indented by so much.
func (p *parser) block(indent, depth int) (*Node, error) {
	if depth > maxDepth {
		return nil, p.fail(errDepth)
	}
	l := p.lines[p.at]
	switch {
	case l.body[0] == '\t':
		return nil, p.fail(errors.New("indented by a tab (use blanks)"))
	case isItem(l.body):
		return p.sequence(indent, depth)
	}
	if _, _, ok, err := cutKey(l.body); err != nil {
		return nil, p.fail(err)
	} else if ok {
		return p.mapping(indent, depth)
	}
	p.at++
	return p.inline(l, l.body, indent, depth)
}

func (p *parser) sequence(indent, depth int) (*Node, error) {
	out := &Node{Kind: Sequence, Line: p.lines[p.at].n}
	for p.skip() {
		l := &p.lines[p.at]
		if l.indent < indent || l.indent == indent && !isItem(l.body) {
			break
		}
		if l.indent > indent {
			return nil, p.fail(errors.New("indented more than the items before it"))
		}
		rest := strings.TrimLeft(l.body[1:], " ")
		if rest == "" || rest[0] == '#' {
			n := l.n
			p.at++
			v := &Node{Kind: Null, Line: n}
			if p.skip() && p.lines[p.at].indent > indent {
				var err error
				if v, err = p.block(p.lines[p.at].indent, depth+1); err != nil {
					return nil, err
				}
			}
			out.Items = append(out.Items, v)
			continue
		}
		// What follows the dash is a block of its own, indented by where it begins.
		l.indent, l.body = indent+len(l.body)-len(rest), rest
		v, err := p.block(l.indent, depth+1)
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, v)
	}
	return out, nil
}

func (p *parser) mapping(indent, depth int) (*Node, error) {
	out := &Node{Kind: Mapping, Line: p.lines[p.at].n}
	for p.skip() {
		l := p.lines[p.at]
		if l.indent < indent || l.indent == indent && isItem(l.body) {
			break
		}
		if l.indent > indent {
			return nil, p.fail(errors.New("indented more than the keys before it"))
		}
		key, rest, ok, err := cutKey(l.body)
		if err == nil && !ok {
			err = fmt.Errorf("%.60q is not key: value", l.body)
		}
		if err == nil && slices.Contains(out.Keys, key) {
			err = fmt.Errorf("the key %.60q for the second time", key)
		}
		if err != nil {
			return nil, p.fail(err)
		}
		p.at++
		var v *Node
		switch {
		case rest != "" && rest[0] != '#':
			v, err = p.inline(l, rest, indent, depth+1)
		case p.skip() && (p.lines[p.at].indent > indent || p.lines[p.at].indent == indent && isItem(p.lines[p.at].body)):
			v, err = p.block(p.lines[p.at].indent, depth+1)
		default:
			v = &Node{Kind: Null, Line: l.n}
		}
		if err != nil {
			return nil, err
		}
		out.Keys, out.Items = append(out.Keys, key), append(out.Items, v)
	}
	return out, nil
}

// cutKey cuts a line into a key and what follows its colon.
func cutKey(body string) (key, rest string, ok bool, err error) {
	switch body[0] {
	case '"', '\'':
		key, rest, err = quoted(body)
		if err != nil {
			return "", "", false, err
		}
		rest = strings.TrimLeft(rest, " ")
		if rest == "" || rest[0] != ':' {
			return "", "", false, nil
		}
		return key, strings.TrimLeft(rest[1:], " "), true, nil
	case '[', '{', '|', '>', '#':
		return "", "", false, nil
	case '&', '*', '!', '%', '@', '`', '?':
		return "", "", false, fmt.Errorf("%q has a meaning that is not supported (put the value in quotes)", body[:1])
	}
	for i := 0; i < len(body); i++ {
		switch {
		case body[i] == ':' && (i+1 == len(body) || body[i+1] == ' '):
			return strings.TrimRight(body[:i], " "), strings.TrimLeft(body[i+1:], " "), true, nil
		case body[i] == '#' && i > 0 && body[i-1] == ' ':
			return "", "", false, nil
		}
	}
	return "", "", false, nil
}

// inline reads a value that begins on a line, after which p stands; indent is that of the key it belongs to.
func (p *parser) inline(l line, text string, indent, depth int) (*Node, error) {
	fail := func(err error) (*Node, error) { return nil, &Error{l.n, err} }
	if depth > maxDepth {
		return fail(errDepth)
	}
	switch text[0] {
	case '|', '>':
		return p.blockScalar(l, text, indent)
	case '[', '{':
		f := flow{text: text, n: l.n}
		for {
			f.i = 0
			v, err := f.value(depth)
			if err == nil {
				err = f.end()
			}
			if err == errCut && p.at < len(p.lines) { // it goes on
				f.text += "\n" + p.lines[p.at].body
				p.at++
				continue
			}
			if err != nil {
				return fail(err)
			}
			return v, nil
		}
	case '&', '*', '!', '%', '@', '`':
		return fail(fmt.Errorf("%q has a meaning that is not supported (put the value in quotes)", text[:1]))
	}
	v := &Node{Kind: Scalar, Line: l.n}
	if text[0] == '"' || text[0] == '\'' {
		value, rest, err := quoted(text)
		if err != nil {
			return fail(err)
		}
		if rest = strings.TrimLeft(rest, " "); rest != "" && rest[0] != '#' {
			return fail(fmt.Errorf("%.60q after the closing quote", rest))
		}
		v.Value = value
	} else {
		value, _, _ := strings.Cut(text, " #")
		v.Value = strings.TrimRight(value, " \t")
		if isNull(v.Value) {
			v.Kind, v.Value = Null, ""
		}
		if strings.Contains(v.Value, ": ") || strings.HasSuffix(v.Value, ":") {
			return fail(fmt.Errorf("a colon in %.60q (put the value in quotes)", v.Value))
		}
	}
	if p.skip() && p.lines[p.at].indent > indent {
		return nil, p.fail(errors.New("a value over several lines (put it in quotes, on one line)"))
	}
	return v, nil
}

func isNull(s string) bool { return s == "" || s == "~" || s == "null" || s == "Null" || s == "NULL" }

// blockScalar reads the lines below | or >, which are indented.
func (p *parser) blockScalar(l line, text string, indent int) (*Node, error) {
	head, _, _ := strings.Cut(text, " #")
	head = strings.TrimRight(head, " ")
	if len(head) > 1 && head[1:] != "-" && head[1:] != "+" {
		return nil, &Error{l.n, fmt.Errorf("%.20q is not supported (use | or >)", head)}
	}
	var parts []string
	own := -1
	for ; p.at < len(p.lines); p.at++ {
		next := p.lines[p.at]
		if strings.TrimSpace(next.raw) == "" {
			parts = append(parts, "")
			continue
		}
		if next.indent <= indent {
			break
		}
		if own < 0 {
			own = next.indent
		}
		if next.indent < own {
			return nil, p.fail(errors.New("indented less than the text it belongs to"))
		}
		parts = append(parts, next.raw[own:])
	}
	sep := "\n"
	if head[0] == '>' {
		sep = " "
	}
	return &Node{Kind: Scalar, Line: l.n, Value: strings.Trim(strings.Join(parts, sep), "\n ")}, nil
}

var errCut = errors.New("a list or mapping that never ends")

// A flow reads values as JSON writes them, with plain scalars, too.
type flow struct {
	text string
	i, n int
}

// space skips blanks, line ends and comments.
func (f *flow) space() {
	for ; f.i < len(f.text); f.i++ {
		switch c := f.text[f.i]; {
		case c == '#' && f.i > 0 && strings.IndexByte(" \n", f.text[f.i-1]) >= 0:
			if n := strings.IndexByte(f.text[f.i:], '\n'); n >= 0 {
				f.i += n
			} else {
				f.i = len(f.text) - 1
			}
		case c != ' ' && c != '\t' && c != '\n':
			return
		}
	}
}

func (f *flow) end() error {
	if f.space(); f.i < len(f.text) {
		return fmt.Errorf("%.60q after the end of a list or mapping", f.text[f.i:])
	}
	return nil
}

func (f *flow) value(depth int) (*Node, error) {
	if depth > maxDepth {
		return nil, errDepth
	}
	if f.space(); f.i == len(f.text) {
		return nil, errCut
	}
	switch c := f.text[f.i]; c {
	case '[', '{':
		return f.group(c, depth)
	case '"', '\'':
		v, rest, err := quoted(f.text[f.i:])
		if err != nil {
			return nil, err
		}
		f.i = len(f.text) - len(rest)
		return &Node{Kind: Scalar, Line: f.n, Value: v}, nil
	case '&', '*', '!', '%', '@', '`', '|', '>':
		return nil, fmt.Errorf("%q has a meaning that is not supported (put the value in quotes)", string(c))
	}
	from := f.i
	for ; f.i < len(f.text); f.i++ {
		c := f.text[f.i]
		if strings.IndexByte("[]{},\n", c) >= 0 || c == '#' && f.i > from && f.text[f.i-1] == ' ' ||
			c == ':' && (f.i+1 == len(f.text) || strings.IndexByte(" \n,]}", f.text[f.i+1]) >= 0) {
			break
		}
	}
	v := &Node{Kind: Scalar, Line: f.n, Value: strings.TrimSpace(f.text[from:f.i])}
	if isNull(v.Value) {
		v.Kind, v.Value = Null, ""
	}
	return v, nil
}

func (f *flow) group(open byte, depth int) (*Node, error) {
	out, end := &Node{Kind: Sequence, Line: f.n}, byte(']')
	if open == '{' {
		out.Kind, end = Mapping, '}'
	}
	f.i++
	for {
		if f.space(); f.i == len(f.text) {
			return nil, errCut
		}
		if f.text[f.i] == end {
			f.i++
			return out, nil
		}
		v, err := f.value(depth + 1)
		if err != nil {
			return nil, err
		}
		f.space()
		if out.Kind == Mapping {
			switch {
			case f.i == len(f.text):
				return nil, errCut
			case v.Kind > Scalar || f.text[f.i] != ':':
				return nil, errors.New("a mapping in { } needs key: value")
			case slices.Contains(out.Keys, v.Value):
				return nil, fmt.Errorf("the key %.60q for the second time", v.Value)
			}
			out.Keys = append(out.Keys, v.Value)
			f.i++
			if v, err = f.value(depth + 1); err != nil {
				return nil, err
			}
			f.space()
		}
		out.Items = append(out.Items, v)
		switch {
		case f.i == len(f.text):
			return nil, errCut
		case f.text[f.i] == ',':
			f.i++
		case f.text[f.i] != end:
			return nil, fmt.Errorf("want , or %c before %.60q", end, f.text[f.i:])
		}
	}
}

// quoted reads a scalar in quotes, with which text begins, and returns what follows.
func quoted(text string) (value, rest string, err error) {
	var b strings.Builder
	q := text[0]
	for i := 1; i < len(text); i++ {
		c := text[i]
		switch {
		case c == q && q == '\'' && strings.HasPrefix(text[i+1:], "'"):
			b.WriteByte('\'')
			i++
		case c == q:
			return b.String(), text[i+1:], nil
		case c == '\\' && q == '"':
			n, err := escape(&b, text[i+1:])
			if err != nil {
				return "", "", err
			}
			i += n
		default:
			b.WriteByte(c)
		}
	}
	return "", "", fmt.Errorf("no closing quote in %.60q", text)
}

var escapes = map[byte]string{'0': "\x00", 'a': "\a", 'b': "\b", 't': "\t", 'n': "\n", 'v': "\v", 'f': "\f", 'r': "\r", 'e': "\x1b", ' ': " ", '"': `"`, '/': "/", '\\': `\`, 'N': "\u0085", '_': "\u00a0"}

// escape writes what follows a backslash, and returns how long that was.
func escape(b *strings.Builder, text string) (int, error) {
	if text == "" {
		return 0, errors.New("a value over several lines (put it on one)")
	}
	if s, ok := escapes[text[0]]; ok {
		b.WriteString(s)
		return 1, nil
	}
	n := map[byte]int{'x': 2, 'u': 4, 'U': 8}[text[0]]
	if n == 0 || len(text) <= n {
		return 0, fmt.Errorf(`unknown escape \%.9s`, text)
	}
	v, err := strconv.ParseUint(text[1:1+n], 16, 32)
	if err != nil || !utf8.ValidRune(rune(v)) {
		return 0, fmt.Errorf(`\%s is no character`, text[:1+n])
	}
	b.WriteRune(rune(v))
	return 1 + n, nil
}
