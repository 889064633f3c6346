package corpus

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// ReadBioCXML reads BioC in XML, one document at a time, as [ReadBioCJSON] does in JSON. Errors are [*ParseError]
// with the line. The DTD is neither fetched nor are entities of it expanded.
func ReadBioCXML(r io.Reader) ([]Standoff, error) {
	s := newXMLStream(r, maxBioC)
	root, err := s.open()
	if err == io.EOF {
		return nil, empty("the XML of a collection of BioC")
	}
	if err == nil && root != "collection" {
		err = s.fail(fmt.Errorf("element %s (want a collection of BioC)", excerpt(root)))
	}
	if err != nil {
		return nil, err
	}
	var docs []Standoff
	for {
		n, err := s.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
		if n.name != "document" {
			continue // source, date, key, infon, version
		}
		d, err := biocDocumentOf(n)
		if err != nil {
			return nil, err
		}
		one, err := d.standoff()
		if err != nil {
			return nil, err
		}
		docs = append(docs, one)
	}
	if len(docs) == 0 {
		return nil, empty("a collection of BioC with documents")
	}
	return docs, nil
}

func biocDocumentOf(n *xmlNode) (biocDocument, error) {
	d := biocDocument{ID: biocText(n.child("id").content()), Infons: infonsIn(n), line: n.line}
	var err error
	if d.Annotations, d.Relations, err = annotationsIn(n); err != nil {
		return d, err
	}
	d.Passages, err = passagesIn(n, "passage")
	return d, err
}

func infonsIn(n *xmlNode) biocInfons {
	out := biocInfons{}
	for k := range n.each("infon") {
		out[k.attribute("key")] = k.content()
	}
	return out
}

// passagesIn returns the passages of a document, or the sentences of a passage.
func passagesIn(n *xmlNode, name string) ([]biocPassage, error) {
	var out []biocPassage
	for k := range n.each(name) {
		p := biocPassage{Infons: infonsIn(k), Text: k.child("text").content(), line: k.line}
		var err error
		if p.Offset, err = number(k.child("offset").content()); err != nil {
			return nil, &ParseError{Line: k.line, Err: fmt.Errorf("the offset of a %s: %w", name, err)}
		}
		if p.Annotations, p.Relations, err = annotationsIn(k); err != nil {
			return nil, err
		}
		if name == "passage" {
			if p.Sentences, err = passagesIn(k, "sentence"); err != nil {
				return nil, err
			}
		}
		out = append(out, p)
	}
	return out, nil
}

func number(s string) (int, error) {
	n, err := strconv.Atoi(strings.TrimSpace(s))
	if err != nil {
		return 0, fmt.Errorf("%s is no number", excerpt(s))
	}
	return n, nil
}

func annotationsIn(n *xmlNode) ([]biocAnnotation, []biocRelation, error) {
	var annotations []biocAnnotation
	for k := range n.each("annotation") {
		a := biocAnnotation{ID: biocText(k.attribute("id")), Infons: infonsIn(k), Text: k.child("text").content(), line: k.line}
		for l := range k.each("location") {
			offset, err := number(l.attribute("offset"))
			length, err2 := number(l.attribute("length"))
			if err = errors.Join(err, err2); err != nil {
				return nil, nil, &ParseError{Line: l.line, Err: fmt.Errorf("a location of annotation %q: %w", string(a.ID), err)}
			}
			a.Locations = append(a.Locations, biocLocation{offset, length})
		}
		annotations = append(annotations, a)
	}
	var relations []biocRelation
	for k := range n.each("relation") {
		r := biocRelation{ID: biocText(k.attribute("id")), Infons: infonsIn(k), line: k.line}
		for node := range k.each("node") {
			r.Nodes = append(r.Nodes, biocNode{biocText(node.attribute("refid")), biocText(node.attribute("role"))})
		}
		relations = append(relations, r)
	}
	return annotations, relations, nil
}

// WriteBioCXML writes documents as one collection of BioC in XML, as [WriteBioCJSON] does in JSON. Control characters,
// which XML cannot hold, are errors.
func WriteBioCXML[D Writable](w io.Writer, docs []D) error {
	x := xmlWriter{w: bufio.NewWriter(w)}
	x.raw("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE collection SYSTEM \"BioC.dtd\">\n<collection><source></source><date></date><key></key>")
	err := writeBioC(docs, func(d biocDocument) error {
		x.raw("\n<document>")
		x.element("id", string(d.ID))
		x.infons(d.Infons)
		for _, p := range d.Passages {
			x.raw("<passage>")
			x.infons(p.Infons)
			x.element("offset", strconv.Itoa(p.Offset))
			x.element("text", p.Text)
			x.annotations(p.Annotations)
			x.raw("</passage>")
		}
		x.annotations(d.Annotations)
		for _, r := range d.Relations {
			x.start("relation", "id", string(r.ID))
			x.infons(r.Infons)
			for _, n := range r.Nodes {
				x.start("node", "refid", string(n.RefID), "role", string(n.Role))
				x.raw("</node>")
			}
			x.raw("</relation>")
		}
		x.raw("</document>")
		return x.err
	})
	if err != nil {
		return err
	}
	x.raw("\n</collection>\n")
	return x.w.Flush()
}

// An xmlWriter remembers its first error.
type xmlWriter struct {
	w   *bufio.Writer
	err error
}

func (x *xmlWriter) raw(s string) { x.w.WriteString(s) }

func (x *xmlWriter) text(s string) {
	if strings.ContainsFunc(s, func(r rune) bool {
		return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == '\ufffe' || r == '\uffff'
	}) && x.err == nil {
		x.err = fmt.Errorf("XML cannot hold %s", excerpt(s))
	}
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(s)); err != nil && x.err == nil {
		x.err = err
	}
	x.w.Write(b.Bytes())
}

func (x *xmlWriter) start(name string, attributes ...string) {
	x.raw("<" + name)
	for i := 0; i < len(attributes); i += 2 {
		x.raw(" " + attributes[i] + `="`)
		x.text(attributes[i+1])
		x.raw(`"`)
	}
	x.raw(">")
}

func (x *xmlWriter) element(name, text string) {
	x.start(name)
	x.text(text)
	x.raw("</" + name + ">")
}

func (x *xmlWriter) infons(m biocInfons) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		x.start("infon", "key", k)
		x.text(m[k])
		x.raw("</infon>")
	}
}

func (x *xmlWriter) annotations(all []biocAnnotation) {
	for _, a := range all {
		x.start("annotation", "id", string(a.ID))
		x.infons(a.Infons)
		for _, l := range a.Locations {
			x.start("location", "offset", strconv.Itoa(l.Offset), "length", strconv.Itoa(l.Length))
			x.raw("</location>")
		}
		x.element("text", a.Text)
		x.raw("</annotation>")
	}
}
