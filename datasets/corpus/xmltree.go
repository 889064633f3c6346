package corpus

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

const (
	maxElements = 1 << 19 // of one document
	maxDepth    = 200
)

// An xmlStream reads the elements within the root of an XML file one after the other. Declarations of entities are
// skipped, neither fetched nor expanded: a reference to one is an error.
type xmlStream struct {
	*xml.Decoder
	limit *capped
	most  int64 // bytes of an element
	bound int64 // that is in force
	root  string
}

// An xmlNode is an element with its contents, or a piece of text, which has no name.
type xmlNode struct {
	name string
	attr []xml.Attr
	text string
	kids []*xmlNode
	line int
}

// newXMLStream refuses elements of more than most bytes, and more than maxLine before the root.
func newXMLStream(r io.Reader, most int64) *xmlStream {
	s := &xmlStream{limit: &capped{r, maxLine}, most: most, bound: maxLine}
	s.Decoder = xml.NewDecoder(s.limit)
	s.CharsetReader = func(charset string, r io.Reader) (io.Reader, error) {
		switch strings.ToLower(charset) {
		case "ascii", "us-ascii", "utf8":
			return r, nil // and what is not UTF-8 is refused
		}
		return nil, fmt.Errorf("encoding %q (want UTF-8)", charset)
	}
	return s
}

// open reads up to the root and returns its name; at the end of a file without one it returns io.EOF.
func (s *xmlStream) open() (string, error) {
	for {
		tok, err := s.Token()
		if err != nil {
			return "", s.fail(err)
		}
		if t, ok := tok.(xml.StartElement); ok {
			s.root = t.Name.Local
			return s.root, nil
		}
	}
}

// next returns the next element of the root, and io.EOF after the last. The file must end with the root.
func (s *xmlStream) next() (*xmlNode, error) {
	s.limit.left, s.bound = s.most, s.most
	for {
		tok, err := s.Token()
		if err == io.EOF {
			return nil, err
		}
		if err != nil {
			return nil, s.fail(err)
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if s.root == "" {
				return nil, s.fail(fmt.Errorf("element %s after the end of the document", excerpt(t.Name.Local)))
			}
			n := 0
			node, err := s.node(t, &n, 0)
			if err != nil {
				return nil, s.fail(err)
			}
			return node, nil
		case xml.EndElement:
			s.root = ""
		case xml.CharData:
			if strings.TrimSpace(string(t)) != "" {
				return nil, s.fail(fmt.Errorf("text between elements: %s", excerpt(string(t))))
			}
		}
	}
}

func (s *xmlStream) node(start xml.StartElement, n *int, depth int) (*xmlNode, error) {
	line, _ := s.InputPos()
	out := &xmlNode{name: start.Name.Local, attr: start.Copy().Attr, line: line}
	if depth == maxDepth {
		return nil, fmt.Errorf("elements within each other more than %d deep", maxDepth)
	}
	for {
		if *n++; *n > maxElements {
			return nil, fmt.Errorf("a document of more than %d elements", maxElements)
		}
		tok, err := s.Token()
		if err != nil {
			if err == io.EOF {
				err = io.ErrUnexpectedEOF
			}
			return nil, err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			kid, err := s.node(t, n, depth+1)
			if err != nil {
				return nil, err
			}
			out.kids = append(out.kids, kid)
		case xml.EndElement:
			return out, nil
		case xml.CharData:
			out.kids = append(out.kids, &xmlNode{text: string(t), line: line})
		}
	}
}

// fail says on what line an error is.
func (s *xmlStream) fail(err error) error {
	if err == io.EOF {
		return err
	}
	line, _ := s.InputPos()
	var syntax *xml.SyntaxError
	switch {
	case s.limit.left <= 0:
		err = fmt.Errorf("an element of more than %d bytes", s.bound)
	case errors.As(err, &syntax):
		line, err = syntax.Line, errors.New(syntax.Msg)
	}
	return &ParseError{Line: line, Err: err}
}

// content returns the text of n and of what is in it.
func (n *xmlNode) content() string {
	if n == nil {
		return ""
	}
	var b strings.Builder
	n.write(&b)
	return b.String()
}

func (n *xmlNode) write(b *strings.Builder) {
	b.WriteString(n.text)
	for _, k := range n.kids {
		k.write(b)
	}
}

// child returns the first element of n with a name, at the end of a path of them, or nil.
func (n *xmlNode) child(path ...string) *xmlNode {
	for _, name := range path {
		if n == nil {
			return nil
		}
		var found *xmlNode
		for _, k := range n.kids {
			if k.name == name {
				found = k
				break
			}
		}
		n = found
	}
	return n
}

// each yields the elements of n with a name.
func (n *xmlNode) each(name string) func(yield func(*xmlNode) bool) {
	return func(yield func(*xmlNode) bool) {
		if n == nil {
			return
		}
		for _, k := range n.kids {
			if k.name == name && !yield(k) {
				return
			}
		}
	}
}

func (n *xmlNode) attribute(name string) string {
	return attribute(xml.StartElement{Attr: n.attr}, name)
}
