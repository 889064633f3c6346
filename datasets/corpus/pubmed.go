package corpus

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// maxPubMed is the longest article that ReadPubMed takes, in bytes; those with thousands of authors have a megabyte.
const maxPubMed = 8 << 20

// A PubMedArticle is a citation of PubMed.
//
// Markup in titles and abstracts (sup, sub, i, b, formulas) is left out and its text kept, so that Ca<sup>2+</sup> is "Ca2+"; runs of
// white space are one blank. What else PubMed has (vernacular titles, abstracts in other languages, references, grants, affiliations,
// history) is left out.
type PubMedArticle struct {
	PMID      string
	Title     string
	Abstract  string          // with the labels of its sections: "METHODS: ... RESULTS: ..."
	Sections  []PubMedSection // of the abstract: one without a label if it has none
	Journal   string          // "The Journal of biological chemistry"
	ISO       string          // its abbreviation: "J Biol Chem"
	Year      int             // of the issue, or the first in a date such as "1998 Dec-1999 Jan"; 0 if there is none
	Authors   []string        // "Last First", or the name of a group
	DOI       string
	Languages []string // "eng"
	Types     []string // "Journal Article", "Review" ...
	Keywords  []string
	MeSH      []MeSHHeading
	Deleted   bool // an update file says to remove the citation; there is its PMID only
}

// A PubMedSection is a section of a structured abstract.
type PubMedSection struct {
	Label    string // as the journal has it: "PATIENTS AND METHODS"
	Category string // as PubMed has it: "METHODS"; may be empty
	Text     string
}

// A MeSHHeading is a subject of a citation.
type MeSHHeading struct {
	ID         string // "D000818"
	Name       string // "Animals"
	Major      bool   // the article is about it, or about one of its qualifiers
	Qualifiers []string
}

// Document returns the article's PMID, title and text: the title, a blank, and the abstract.
func (a PubMedArticle) Document() annot.Document {
	return annot.Document{ID: a.PMID, Title: a.Title, Text: titled(a.Title, a.Abstract)}
}

// titled joins a title with what follows by a blank, as all readers of this package do.
func titled(title, text string) string {
	if title == "" || text == "" {
		return title + text
	}
	return title + " " + text
}

// ReadPubMed reads the XML of PubMed (PubmedArticleSet, as its yearly files and its services give it), one article at a
// time, those of books among them. Files of 30,000 articles take the memory of one. The DTD is not fetched, entities
// that it declares are not expanded; a reference to one is an error.
//
// An error is a [*ParseError] and the last that is yielded; an article without a PMID is one. The
// articles belong to the caller. The sequence can be used once.
func ReadPubMed(r io.Reader) iter.Seq2[PubMedArticle, error] {
	return func(yield func(PubMedArticle, error) bool) {
		if err := readPubMed(r, func(a PubMedArticle) bool { return yield(a, nil) }); err != nil {
			yield(PubMedArticle{}, err)
		}
	}
}

// ReadPubMedFile opens the file at path and reads it as [ReadPubMed] does, unpacked if it is compressed with gzip. It is open while the
// sequence is used, which may be more than once.
func ReadPubMedFile(path string) iter.Seq2[PubMedArticle, error] { return readEach(path, ReadPubMed) }

// readEach reads what there is in a file one after the other. Since one is held at a time, files may have any size.
func readEach[T any](path string, read func(io.Reader) iter.Seq2[T, error]) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		f, err := os.Open(path)
		if err != nil {
			yield(none, &ParseError{Path: path, Err: withoutPath(err)})
			return
		}
		defer f.Close()
		r, err := decompress(f)
		if err != nil {
			yield(none, &ParseError{Path: path, Err: withoutPath(err)})
			return
		}
		for v, err := range read(r) {
			if !yield(v, inFile(path, err)) {
				return
			}
		}
	}
}

func readPubMed(r io.Reader, yield func(PubMedArticle) bool) error {
	s := newXMLStream(r, maxPubMed)
	root, err := s.open()
	if err == io.EOF {
		return empty("the XML of a PubmedArticleSet")
	}
	if err == nil && root != "PubmedArticleSet" && root != "PubmedBookArticleSet" && root != "MedlineCitationSet" {
		err = s.fail(fmt.Errorf("element %s (want PubmedArticleSet)", excerpt(root)))
	}
	if err != nil {
		return err
	}
	for seen := false; ; {
		n, err := s.next()
		if err == io.EOF && !seen {
			return empty("articles of PubMed")
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		seen = true
		switch n.name {
		case "DeleteCitation", "DeleteDocument":
			for id := range n.each("PMID") {
				if !yield(PubMedArticle{PMID: flat(id), Deleted: true}) {
					return nil
				}
			}
			continue
		case "PubmedArticle", "PubmedBookArticle", "MedlineCitation":
		default:
			return &ParseError{Line: n.line, Err: fmt.Errorf("element %s (want PubmedArticle)", excerpt(n.name))}
		}
		a, err := pubMedArticle(n)
		if err != nil {
			return &ParseError{Line: n.line, Err: err}
		}
		if !yield(a) {
			return nil
		}
	}
}

func pubMedArticle(n *xmlNode) (PubMedArticle, error) {
	citation := n
	switch n.name {
	case "PubmedArticle":
		citation = n.child("MedlineCitation")
	case "PubmedBookArticle":
		citation = n.child("BookDocument")
	}
	article := citation.child("Article")
	if article == nil {
		article = citation // of a book
	}
	journal := article.child("Journal")
	a := PubMedArticle{
		PMID:    flat(citation.child("PMID")),
		Title:   cmp.Or(flat(article.child("ArticleTitle")), flat(article.child("Book", "BookTitle"))),
		Journal: cmp.Or(flat(journal.child("Title")), flat(article.child("Book", "Publisher", "PublisherName"))),
		ISO:     flat(journal.child("ISOAbbreviation")),
	}
	if a.PMID == "" {
		return a, errors.New("an article without a PMID")
	}
	a.Year = year(journal.child("JournalIssue", "PubDate"))
	if a.Year == 0 {
		a.Year = year(article.child("Book", "PubDate"))
	}
	var parts []string
	for k := range article.child("Abstract").each("AbstractText") {
		s := PubMedSection{Label: plainSpace(k.attribute("Label")), Category: k.attribute("NlmCategory"), Text: flat(k)}
		if s.Text == "" {
			continue
		}
		a.Sections = append(a.Sections, s)
		if s.Label != "" && s.Label != "UNLABELLED" {
			parts = append(parts, strings.TrimSuffix(s.Label, ":")+": "+s.Text)
		} else {
			parts = append(parts, s.Text)
		}
	}
	a.Abstract = strings.Join(parts, " ")
	for k := range article.child("AuthorList").each("Author") {
		name := cmp.Or(flat(k.child("CollectiveName")), plainSpace(flat(k.child("LastName"))+" "+cmp.Or(flat(k.child("ForeName")), flat(k.child("Initials")))))
		if name != "" {
			a.Authors = append(a.Authors, name)
		}
	}
	for k := range article.each("ELocationID") {
		if k.attribute("EIdType") == "doi" && a.DOI == "" {
			a.DOI = flat(k)
		}
	}
	for _, ids := range []*xmlNode{n.child("PubmedData", "ArticleIdList"), article.child("ArticleIdList")} {
		for k := range ids.each("ArticleId") {
			if k.attribute("IdType") == "doi" && a.DOI == "" {
				a.DOI = flat(k)
			}
		}
	}
	a.Languages = texts(article, "Language")
	a.Types = append(texts(article.child("PublicationTypeList"), "PublicationType"), texts(article, "PublicationType")...)
	for k := range citation.each("KeywordList") {
		a.Keywords = append(a.Keywords, texts(k, "Keyword")...)
	}
	for k := range citation.child("MeshHeadingList").each("MeshHeading") {
		name := k.child("DescriptorName")
		h := MeSHHeading{Name: flat(name), Qualifiers: texts(k, "QualifierName")}
		if name != nil {
			h.ID, h.Major = name.attribute("UI"), name.attribute("MajorTopicYN") == "Y"
		}
		for q := range k.each("QualifierName") {
			h.Major = h.Major || q.attribute("MajorTopicYN") == "Y"
		}
		a.MeSH = append(a.MeSH, h)
	}
	return a, nil
}

// year returns the year of a PubDate.
func year(date *xmlNode) int {
	s := cmp.Or(flat(date.child("Year")), flat(date.child("MedlineDate")))
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return r < '0' || r > '9' }) {
		if y, err := strconv.Atoi(word); err == nil && len(word) == 4 {
			return y
		}
	}
	return 0
}

func texts(n *xmlNode, name string) []string {
	var out []string
	for k := range n.each(name) {
		if s := flat(k); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// flat returns the text of n without markup, on one line.
func flat(n *xmlNode) string { return plainSpace(n.content()) }

// plainSpace returns s with a blank for each run of blanks, tabs and line breaks, and none around it. Other white space stays.
func plainSpace(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\t' || r == '\n' || r == '\r' }), " ")
}
