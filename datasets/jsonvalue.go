package datasets

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/apache/arrow/go/v15/arrow"
	"github.com/apache/arrow/go/v15/arrow/array"
)

// kind is what a JSON value is; of scalars, the later ones can hold the earlier.
type kind uint8

const (
	kindNull kind = iota
	kindBool
	kindInt
	kindFloat
	kindString
	kindList
	kindObject
)

func (k kind) String() string {
	return [...]string{"null", "a bool", "an integer", "a number", "a string", "a list", "an object"}[k]
}

// A shape is the type of all values seen in one place of a file, and, once that is
// known, the place where they are put.
type shape struct {
	kind   kind
	elem   *shape // of a list
	names  []string
	fields []*shape // of an object, in order of appearance
	index  map[string]int

	skipped map[string]bool // keys that were not wanted

	b    array.Builder
	seen int // number of the object that had this field last
	objs int // objects read, for seen
}

// meet widens s to hold a value of kind k too: numbers to floats, scalars that
// differ to strings. Lists and objects mix with nothing but null.
func (s *shape) meet(k kind) error {
	switch {
	case k == s.kind || k == kindNull:
	case s.kind == kindNull:
		s.kind = k
	case k >= kindList || s.kind >= kindList:
		return fmt.Errorf("found %v where other rows have %v", k, s.kind)
	case min(k, s.kind) == kindInt && max(k, s.kind) == kindFloat:
		s.kind = kindFloat
	default:
		s.kind = kindString
	}
	return nil
}

const maxFields = 10000 // of an object; more means that keys are data

// field returns the position of a key, guessing that keys come in the same order
// in every object.
func (s *shape) field(key []byte, guess int) (int, bool) {
	if guess < len(s.names) && s.names[guess] == string(key) {
		return guess, true
	}
	i, ok := s.index[string(key)]
	return i, ok
}

func (s *shape) add(key []byte) (int, error) {
	if len(s.names) == maxFields {
		return 0, fmt.Errorf("more than %d different keys", maxFields)
	}
	if s.index == nil {
		s.index = make(map[string]int)
	}
	name := string(key)
	s.index[name] = len(s.names)
	s.names, s.fields = append(s.names, name), append(s.fields, new(shape))
	return len(s.names) - 1, nil
}

func (s *shape) skipKey(key []byte) {
	if s.skipped == nil {
		s.skipped = make(map[string]bool)
	}
	if !s.skipped[string(key)] && len(s.skipped) < maxFields {
		s.skipped[string(key)] = true
	}
}

// arrowType returns the Arrow type that holds s.
func (s *shape) arrowType() arrow.DataType {
	switch s.kind {
	case kindBool:
		return arrow.FixedWidthTypes.Boolean
	case kindInt:
		return arrow.PrimitiveTypes.Int64
	case kindFloat:
		return arrow.PrimitiveTypes.Float64
	case kindString:
		return arrow.BinaryTypes.String
	case kindList:
		return arrow.ListOf(s.elem.arrowType())
	case kindObject:
		fields := make([]arrow.Field, len(s.names))
		for i, n := range s.names {
			fields[i] = arrow.Field{Name: n, Type: s.fields[i].arrowType(), Nullable: true}
		}
		return arrow.StructOf(fields...)
	}
	return arrow.Null
}

// clone returns a copy of s that has not been bound.
func (s *shape) clone() *shape {
	c := &shape{kind: s.kind, names: s.names, index: s.index, skipped: s.skipped}
	if s.elem != nil {
		c.elem = s.elem.clone()
	}
	for _, f := range s.fields {
		c.fields = append(c.fields, f.clone())
	}
	return c
}

// bind tells s and what is below where values go.
func (s *shape) bind(b array.Builder) {
	s.b = b
	switch s.kind {
	case kindList:
		s.elem.bind(b.(*array.ListBuilder).ValueBuilder())
	case kindObject:
		for i, f := range s.fields {
			f.bind(b.(*array.StructBuilder).FieldBuilder(i))
		}
	}
}

// jsonText walks a JSON text. Strict where text could be damaged (UTF-8, control
// characters, half surrogate pairs), it takes NaN, Infinity and -Infinity, which
// Python writes.
type jsonText struct {
	b   []byte
	i   int
	buf []byte // of the string read last, if it had escapes
}

var errCut = errors.New("the JSON text ends too early")

func (p *jsonText) space() {
	for p.i < len(p.b) {
		switch p.b[p.i] {
		case ' ', '\t', '\n', '\r':
			p.i++
		default:
			return
		}
	}
}

// peek skips space and returns the next byte.
func (p *jsonText) peek() (byte, error) {
	p.space()
	if p.i >= len(p.b) {
		return 0, errCut
	}
	return p.b[p.i], nil
}

func (p *jsonText) expect(c byte) error {
	got, err := p.peek()
	if err != nil {
		return err
	}
	if got != c {
		return fmt.Errorf("found %q where %q should be, at byte %d", got, c, p.i+1)
	}
	p.i++
	return nil
}

// end fails unless only space is left.
func (p *jsonText) end() error {
	if p.space(); p.i < len(p.b) {
		return fmt.Errorf("%q after the end of the value, at byte %d", p.b[p.i], p.i+1)
	}
	return nil
}

// scalar reads a bool, null or number and returns its text.
func (p *jsonText) scalar() (kind, []byte, error) {
	from := p.i
	for p.i < len(p.b) {
		c := p.b[p.i]
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '+' || c == '.' {
			p.i++
			continue
		}
		break
	}
	text := p.b[from:p.i]
	switch string(text) {
	case "null":
		return kindNull, text, nil
	case "true", "false":
		return kindBool, text, nil
	case "NaN", "Infinity", "-Infinity":
		return kindFloat, text, nil
	}
	if k, ok := number(text); ok {
		return k, text, nil
	}
	if len(text) == 0 {
		return 0, nil, fmt.Errorf("found %q where a value should be, at byte %d", p.b[from], from+1)
	}
	if len(text) > 20 {
		text = text[:20]
	}
	return 0, nil, fmt.Errorf("found %q where a value should be, at byte %d", text, from+1)
}

// number reports whether text is a number by JSON's grammar, and whether it is an
// integer that fits in 64 bits.
func number(text []byte) (kind, bool) {
	i := 0
	digits := func() bool {
		from := i
		for i < len(text) && text[i] >= '0' && text[i] <= '9' {
			i++
		}
		return i > from
	}
	if i < len(text) && text[i] == '-' {
		i++
	}
	first := i
	if !digits() || text[first] == '0' && i > first+1 {
		return 0, false
	}
	whole := i == len(text)
	if i < len(text) && text[i] == '.' {
		if i++; !digits() {
			return 0, false
		}
	}
	if i < len(text) && (text[i] == 'e' || text[i] == 'E') {
		if i++; i < len(text) && (text[i] == '+' || text[i] == '-') {
			i++
		}
		if !digits() {
			return 0, false
		}
	}
	if i < len(text) {
		return 0, false
	}
	if whole {
		if i < 18 {
			return kindInt, true
		}
		if _, err := strconv.ParseInt(string(text), 10, 64); err == nil {
			return kindInt, true
		}
	}
	return kindFloat, true
}

// str reads a string, whose opening quote is next. The result is valid until the
// next string is read.
func (p *jsonText) str() ([]byte, error) {
	p.i++
	from := p.i
	n := bytes.IndexByte(p.b[from:], '"')
	if n < 0 {
		n = len(p.b) - from
	}
	s := p.b[from : from+n]
	if bytes.IndexByte(s, '\\') >= 0 {
		return p.escaped(from + n)
	}
	if from+n == len(p.b) {
		return nil, errCut
	}
	if err := checkString(s, from); err != nil {
		return nil, err
	}
	p.i += n + 1
	return s, nil
}

// checkString fails if s, which begins at byte from, holds control characters or is
// not UTF-8.
func checkString(s []byte, from int) error {
	i := 0
	for ; i+8 <= len(s); i += 8 { // a byte below 0x20 borrows from its top bit
		if x := binary.LittleEndian.Uint64(s[i:]); (x-0x2020202020202020)&^x&0x8080808080808080 != 0 {
			break
		}
	}
	for ; i < len(s); i++ {
		if s[i] < ' ' {
			return fmt.Errorf("control character %q in a string, at byte %d", s[i], from+i+1)
		}
	}
	if !utf8.Valid(s) {
		return errUTF8
	}
	return nil
}

// escaped reads a string with backslashes in it, after its opening quote. The next
// quote, which may itself be escaped, is at quote, or at the end of the text.
func (p *jsonText) escaped(quote int) ([]byte, error) {
	p.buf = p.buf[:0]
	for {
		s := p.b[p.i:quote]
		back := bytes.IndexByte(s, '\\')
		if back >= 0 {
			s = s[:back]
		}
		if err := checkString(s, p.i); err != nil {
			return nil, err
		}
		p.buf = append(p.buf, s...)
		if p.i += len(s); p.i == len(p.b) {
			return nil, errCut
		}
		if back < 0 {
			p.i++
			return p.buf, nil
		}
		if err := p.escape(); err != nil {
			return nil, err
		}
		if quote < p.i {
			if quote = bytes.IndexByte(p.b[p.i:], '"'); quote < 0 {
				quote = len(p.b) - p.i
			}
			quote += p.i
		}
	}
}

func (p *jsonText) escape() error {
	if p.i+1 >= len(p.b) {
		return errCut
	}
	c := p.b[p.i+1]
	p.i += 2
	switch c {
	case '"', '\\', '/':
		p.buf = append(p.buf, c)
	case 'b':
		p.buf = append(p.buf, '\b')
	case 'f':
		p.buf = append(p.buf, '\f')
	case 'n':
		p.buf = append(p.buf, '\n')
	case 'r':
		p.buf = append(p.buf, '\r')
	case 't':
		p.buf = append(p.buf, '\t')
	case 'u':
		r, err := p.hex4()
		if err != nil {
			return err
		}
		if utf16.IsSurrogate(r) {
			low := rune(0)
			if p.i+1 < len(p.b) && p.b[p.i] == '\\' && p.b[p.i+1] == 'u' {
				p.i += 2
				if low, err = p.hex4(); err != nil {
					return err
				}
			}
			if r = utf16.DecodeRune(r, low); r == utf8.RuneError {
				return fmt.Errorf(`half a surrogate pair (\uD800 to \uDFFF) before byte %d`, p.i+1)
			}
		}
		p.buf = utf8.AppendRune(p.buf, r)
	default:
		return fmt.Errorf("unknown escape \\%c at byte %d", c, p.i-1)
	}
	return nil
}

func (p *jsonText) hex4() (rune, error) {
	if p.i+4 > len(p.b) {
		return 0, errCut
	}
	v, err := strconv.ParseUint(string(p.b[p.i:p.i+4]), 16, 32)
	if err != nil {
		return 0, fmt.Errorf("\\u without four hexadecimal digits at byte %d", p.i-1)
	}
	p.i += 4
	return rune(v), nil
}

// list reads a list, whose bracket is next, and calls item at each element.
func (p *jsonText) list(item func() error) error {
	p.i++
	if c, err := p.peek(); err != nil {
		return err
	} else if c == ']' {
		p.i++
		return nil
	}
	for {
		if err := item(); err != nil {
			return err
		}
		c, err := p.peek()
		if err != nil {
			return err
		}
		p.i++
		switch c {
		case ']':
			return nil
		case ',':
		default:
			return fmt.Errorf("found %q in a list where ',' or ']' should be, at byte %d", c, p.i)
		}
	}
}

// object reads an object, whose brace is next, and calls member at each value. The
// key is valid until member reads a string.
func (p *jsonText) object(member func(key []byte) error) error {
	p.i++
	if c, err := p.peek(); err != nil {
		return err
	} else if c == '}' {
		p.i++
		return nil
	}
	for {
		c, err := p.peek()
		if err != nil {
			return err
		}
		if c != '"' {
			return fmt.Errorf("found %q where a key in quotes should be, at byte %d", c, p.i+1)
		}
		key, err := p.str()
		if err != nil {
			return err
		}
		if err := p.expect(':'); err != nil {
			return err
		}
		if err := member(key); err != nil {
			return err
		}
		if c, err = p.peek(); err != nil {
			return err
		}
		p.i++
		switch c {
		case '}':
			return nil
		case ',':
		default:
			return fmt.Errorf("found %q in an object where ',' or '}' should be, at byte %d", c, p.i)
		}
	}
}

func tooDeep(depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("nested deeper than %d", maxNesting)
	}
	return nil
}

// skip reads a value and forgets it.
func (p *jsonText) skip(depth int) error {
	c, err := p.peek()
	if err == nil {
		err = tooDeep(depth)
	}
	if err != nil {
		return err
	}
	switch c {
	case '"':
		_, err = p.str()
	case '[':
		err = p.list(func() error { return p.skip(depth + 1) })
	case '{':
		err = p.object(func([]byte) error { return p.skip(depth + 1) })
	default:
		_, _, err = p.scalar()
	}
	return err
}

// infer reads a value and widens s to hold it. Of an object at depth 0, the row,
// only wanted columns count, or all if wanted is nil.
func (p *jsonText) infer(s *shape, wanted map[string]bool, depth int) error {
	c, err := p.peek()
	if err == nil {
		err = tooDeep(depth)
	}
	if err != nil {
		return err
	}
	switch c {
	case '"':
		if err := s.meet(kindString); err != nil {
			return err
		}
		_, err = p.str()
	case '[':
		if err := s.meet(kindList); err != nil {
			return err
		}
		if s.elem == nil {
			s.elem = new(shape)
		}
		err = p.list(func() error { return p.infer(s.elem, nil, depth+1) })
	case '{':
		if err := s.meet(kindObject); err != nil {
			return err
		}
		guess := 0
		s.objs++
		err = p.object(func(key []byte) error {
			if wanted != nil && !wanted[string(key)] {
				s.skipKey(key)
				return p.skip(depth + 1)
			}
			i, ok := s.field(key, guess)
			if !ok {
				var err error
				if i, err = s.add(key); err != nil {
					return err
				}
			}
			guess = i + 1
			f := s.fields[i]
			if f.seen == s.objs {
				return fmt.Errorf("key %q twice in an object", s.names[i])
			}
			f.seen = s.objs
			if err := p.infer(f, nil, depth+1); err != nil {
				return fmt.Errorf("in %q: %w", s.names[i], err)
			}
			return nil
		})
	default:
		var k kind
		if k, _, err = p.scalar(); err == nil {
			err = s.meet(k)
		}
	}
	return err
}

var errChanged = errors.New("the file changed while it was being read")

// sameRows returns err or, if a second reading found another number of rows than the first, that the file changed.
func sameRows(srcs []source, first, again int, err error) error {
	if err == nil && again != first {
		err = fmt.Errorf("datasets: %q: %w", srcs[0].path, errChanged)
	}
	return err
}

// fill reads a value that infer has seen and appends it to s.b. The row, at depth
// 0, has no builder of its own.
func (p *jsonText) fill(s *shape, depth int) error {
	c, err := p.peek()
	if err == nil {
		err = tooDeep(depth)
	}
	if err != nil {
		return err
	}
	switch {
	case c == '"' && s.kind == kindString:
		v, err := p.str()
		if err != nil {
			return err
		}
		s.b.(*array.StringBuilder).BinaryBuilder.Append(v)
	case c == '[' && s.kind == kindList:
		s.b.(*array.ListBuilder).Append(true)
		return p.list(func() error { return p.fill(s.elem, depth+1) })
	case c == '{' && s.kind == kindObject:
		return p.fillObject(s, depth)
	case c == '"' || c == '[' || c == '{':
		return errChanged
	default:
		return p.fillScalar(s)
	}
	return nil
}

func (p *jsonText) fillObject(s *shape, depth int) error {
	if s.b != nil {
		s.b.(*array.StructBuilder).Append(true)
	}
	s.objs++
	guess := 0
	err := p.object(func(key []byte) error {
		i, ok := s.field(key, guess)
		if !ok {
			if depth == 0 {
				return p.skip(depth + 1) // a column that was not asked for
			}
			return errChanged
		}
		guess = i + 1
		f := s.fields[i]
		if f.seen == s.objs {
			return errChanged
		}
		f.seen = s.objs
		return p.fill(f, depth+1)
	})
	for _, f := range s.fields {
		if f.seen != s.objs {
			f.b.AppendNull()
		}
	}
	return err
}

func (p *jsonText) fillScalar(s *shape) error {
	k, text, err := p.scalar()
	if err != nil {
		return err
	}
	switch {
	case k == kindNull:
		s.b.AppendNull()
	case s.kind == kindString:
		s.b.(*array.StringBuilder).BinaryBuilder.Append(text)
	case s.kind == kindBool && k == kindBool:
		s.b.(*array.BooleanBuilder).Append(text[0] == 't')
	case s.kind == kindInt && k == kindInt:
		v, err := strconv.ParseInt(string(text), 10, 64)
		if err != nil {
			return err
		}
		s.b.(*array.Int64Builder).Append(v)
	case s.kind == kindFloat && (k == kindInt || k == kindFloat):
		v, err := strconv.ParseFloat(string(text), 64)
		if err != nil {
			return fmt.Errorf("the number %s does not fit a float64", text)
		}
		s.b.(*array.Float64Builder).Append(v)
	default:
		return errChanged
	}
	return nil
}
