package corpus

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

// An ArXivPaper is what arXiv says about a paper. LaTeX stays as it is; in the title, the abstract and the authors, runs of blanks and line
// breaks are one blank.
type ArXivPaper struct {
	ID         string   // "2401.00001", "q-bio/0501001"
	Title      string   // without line breaks
	Abstract   string   // without line breaks, also between paragraphs
	Categories []string // "q-bio.QM" ...; the primary one first where the file says which it is
	Authors    string   // as submitted
	DOI        string
	Journal    string
	License    string
	Updated    string         // the day, "2008-11-26"
	Published  string         // the day or time of the first version, as the file has it
	Versions   []ArXivVersion // none where the file has none
}

// An ArXivVersion is a version of a paper.
type ArXivVersion struct {
	Version string `json:"version"` // "v1"
	Created string `json:"created"` // "Mon, 2 Apr 2007 19:18:42 GMT"
}

// Document returns the paper's ID, title and text: the title, a blank, and the abstract.
func (p ArXivPaper) Document() annot.Document {
	return annot.Document{ID: p.ID, Title: p.Title, Text: titled(p.Title, p.Abstract)}
}

// In reports whether the paper is in one of the categories: "q-bio.QM", or "q-bio" or "q-bio.*" for all of an archive.
func (p ArXivPaper) In(categories ...string) bool {
	for _, want := range categories {
		want = strings.TrimSuffix(want, ".*")
		for _, c := range p.Categories {
			if c == want || strings.HasPrefix(c, want+".") {
				return true
			}
		}
	}
	return false
}

// InCategories passes on the papers in one of the categories, as [ArXivPaper.In] says, and errors.
//
//	for paper, err := range corpus.InCategories(corpus.ReadArXivFile("arxiv-metadata-oai-snapshot.json"), "q-bio.*") {
func InCategories(papers iter.Seq2[ArXivPaper, error], categories ...string) iter.Seq2[ArXivPaper, error] {
	return func(yield func(ArXivPaper, error) bool) {
		for p, err := range papers {
			if (err != nil || p.In(categories...)) && !yield(p, err) {
				return
			}
		}
	}
}

// ReadArXiv reads arXiv's metadata, one JSON object after the other (the file of all papers that arXiv gives away, of some 5 GB), or in a list. The
// fields are id, title, abstract, categories (a text with blanks, or a list), authors (a text, or a list), doi, journal-ref, license,
// update_date, versions, and of other files primary_category, published and updated; others are left out. Papers belong to the caller.
//
// An error is a [*ParseError] with the line where the record begins, or where it stops being JSON, and the last that is
// yielded; a record without an id or a title is one. The sequence can be used once.
func ReadArXiv(r io.Reader) iter.Seq2[ArXivPaper, error] {
	return func(yield func(ArXivPaper, error) bool) {
		if err := readArXiv(r, func(p ArXivPaper) bool { return yield(p, nil) }); err != nil {
			yield(ArXivPaper{}, err)
		}
	}
}

// ReadArXivFile opens the file at path and reads it as [ReadArXiv] does, unpacked if it is compressed with gzip. It is open while the
// sequence is used, which may be more than once.
func ReadArXivFile(path string) iter.Seq2[ArXivPaper, error] { return readEach(path, ReadArXiv) }

func readArXiv(r io.Reader, yield func(ArXivPaper) bool) error {
	b := bufio.NewReader(withoutMark(r))
	list, err := beginsList(b)
	s := newJSONStream(b, maxLine)
	if err == nil && list {
		_, err = s.Token()
	}
	if err == io.EOF {
		return empty("arXiv's metadata, an object a line")
	}
	if err != nil {
		return s.fail(err)
	}
	for seen := false; ; seen = true {
		s.limit.left = s.most
		if list && !s.More() {
			if _, err := s.Token(); err != nil {
				return unexpected(s.fail(err))
			}
			list = false
		}
		raw, line, err := s.value()
		switch {
		case err == io.EOF && list:
			return unexpected(err)
		case err == io.EOF && !seen:
			return empty("arXiv's metadata, an object a line")
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
		p, err := arXivPaper(raw, line)
		if err != nil {
			return err
		}
		if !yield(p) {
			return nil
		}
	}
}

// beginsList reports whether the first value of a JSON file is a list. It is io.EOF if there is none.
func beginsList(b *bufio.Reader) (bool, error) {
	for n := 1; n <= b.Size(); n++ {
		head, err := b.Peek(n)
		if err != nil {
			return false, err
		}
		if c := head[n-1]; !strings.ContainsRune(" \t\r\n", rune(c)) {
			return c == '[', nil
		}
	}
	return false, nil
}

// An arXivRecord is a record as one of the files has it.
type arXivRecord struct {
	ID         string         `json:"id"`
	Title      string         `json:"title"`
	Abstract   string         `json:"abstract"`
	Categories arXivList      `json:"categories"`
	Primary    string         `json:"primary_category"`
	Authors    arXivList      `json:"authors"`
	DOI        string         `json:"doi"`
	Journal    string         `json:"journal-ref"`
	License    string         `json:"license"`
	UpdateDate string         `json:"update_date"`
	Updated    string         `json:"updated"`
	Published  string         `json:"published"`
	Versions   []ArXivVersion `json:"versions"`
}

// An arXivList is a text or a list of texts.
type arXivList []string

// UnmarshalJSON takes either.
func (l *arXivList) UnmarshalJSON(b []byte) error {
	if len(b) == 0 || b[0] != '"' {
		return json.Unmarshal(b, (*[]string)(l))
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	*l = arXivList{s}
	return nil
}

func arXivPaper(raw json.RawMessage, line int) (ArXivPaper, error) {
	var r arXivRecord
	if err := decode(raw, line, &r); err != nil {
		return ArXivPaper{}, err
	}
	p := ArXivPaper{
		ID: r.ID, Title: plainSpace(r.Title), Abstract: plainSpace(r.Abstract), Authors: plainSpace(strings.Join(r.Authors, ", ")), DOI: r.DOI,
		Journal: plainSpace(r.Journal), License: r.License, Updated: cmp.Or(r.UpdateDate, r.Updated), Published: r.Published, Versions: r.Versions,
	}
	if p.ID == "" || p.Title == "" {
		return ArXivPaper{}, &ParseError{Line: line, Err: fmt.Errorf("a record of arXiv without an id or a title: %s", excerpt(string(raw)))}
	}
	for _, c := range r.Categories {
		p.Categories = append(p.Categories, strings.Fields(c)...)
	}
	if i := slices.Index(p.Categories, r.Primary); r.Primary != "" && i != 0 {
		if i > 0 {
			p.Categories = slices.Delete(p.Categories, i, i+1)
		}
		p.Categories = slices.Insert(p.Categories, 0, r.Primary)
	}
	if p.Published == "" && len(p.Versions) > 0 {
		p.Published = p.Versions[0].Created
	}
	return p, nil
}
