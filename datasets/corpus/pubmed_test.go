package corpus

import (
	"fmt"
	"io"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

const (
	pubMedHead = "<?xml version=\"1.0\" ?>\n<!DOCTYPE PubmedArticleSet PUBLIC \"-//NLM//DTD PubMedArticle//EN\" \"https://example.org/pubmed.dtd\">\n"
	pubMedOne  = `<PubmedArticle>
<MedlineCitation Status="MEDLINE"><PMID Version="1">7</PMID>
<Article><Journal><JournalIssue><PubDate><Year>1999</Year><Month>Dec</Month></PubDate></JournalIssue><Title>Journal of Fakol</Title><ISOAbbreviation>J Fakol</ISOAbbreviation></Journal>
<ArticleTitle>The <i>fak</i><sup>+/−</sup> allele &amp; Ca<sup>2+</sup>
 in <b>mice</b>.</ArticleTitle>
<ELocationID EIdType="pii">x</ELocationID><ELocationID EIdType="doi">10.1/x</ELocationID>
<Abstract><AbstractText Label="AIM" NlmCategory="OBJECTIVE">To see α.</AbstractText><AbstractText Label="RESULTS:">10<sup>6</sup> cells
	<mml:math xmlns:mml="http://www.w3.org/1998/Math/MathML"><mml:mi>p</mml:mi></mml:math> died.</AbstractText><AbstractText Label="UNLABELLED">End.</AbstractText><AbstractText/><CopyrightInformation>(c)</CopyrightInformation></Abstract>
<AuthorList><Author><LastName>Müller</LastName><ForeName>A B</ForeName></Author><Author><CollectiveName>The Group</CollectiveName></Author></AuthorList>
<Language>eng</Language><Language>ger</Language>
<PublicationTypeList><PublicationType UI="D016428">Journal Article</PublicationType></PublicationTypeList></Article>
<MeshHeadingList><MeshHeading><DescriptorName UI="D000818" MajorTopicYN="N">Animals</DescriptorName></MeshHeading>
<MeshHeading><DescriptorName UI="D1" MajorTopicYN="N">Fakol</DescriptorName><QualifierName UI="Q1" MajorTopicYN="Y">blood</QualifierName></MeshHeading></MeshHeadingList>
<KeywordList><Keyword>fak</Keyword></KeywordList><CommentsCorrectionsList><CommentsCorrections><PMID>99</PMID></CommentsCorrections></CommentsCorrectionsList>
</MedlineCitation>
<PubmedData><ReferenceList><Reference><ArticleIdList><ArticleId IdType="doi">10.9/other</ArticleId></ArticleIdList></Reference></ReferenceList><ArticleIdList><ArticleId IdType="doi">10.1/y</ArticleId></ArticleIdList></PubmedData>
</PubmedArticle>
`
	pubMedOK = pubMedHead + "<PubmedArticleSet>\n" + pubMedOne +
		`<PubmedArticle><MedlineCitation><PMID>8</PMID><Article><Journal><JournalIssue><PubDate><MedlineDate>1998 Dec-1999 Jan</MedlineDate></PubDate></JournalIssue></Journal><ArticleTitle>Only a title.</ArticleTitle></Article></MedlineCitation><PubmedData><ArticleIdList><ArticleId IdType="doi">10.1/z</ArticleId></ArticleIdList></PubmedData></PubmedArticle>
<PubmedBookArticle><BookDocument><PMID>9</PMID><Book><Publisher><PublisherName>House</PublisherName></Publisher><BookTitle>Genes</BookTitle><PubDate><Year>2001</Year></PubDate></Book><Abstract><AbstractText>All of them.</AbstractText></Abstract></BookDocument></PubmedBookArticle>
<DeleteCitation><PMID>10</PMID><PMID>11</PMID></DeleteCitation>
</PubmedArticleSet>
`
)

// collect returns what is yielded up to an error.
func collect[T any](seq func(yield func(T, error) bool)) ([]T, error) {
	var out []T
	for v, err := range seq {
		if err != nil {
			return out, err
		}
		out = append(out, v)
	}
	return out, nil
}

func TestReadPubMed(t *testing.T) {
	got, err := collect(ReadPubMed(strings.NewReader(pubMedOK)))
	if err != nil {
		t.Fatal(err)
	}
	want := []PubMedArticle{
		{
			PMID: "7", Title: "The fak+/− allele & Ca2+ in mice.", Abstract: "AIM: To see α. RESULTS: 106 cells p died. End.",
			Sections: []PubMedSection{{"AIM", "OBJECTIVE", "To see α."}, {"RESULTS:", "", "106 cells p died."}, {"UNLABELLED", "", "End."}},
			Journal:  "Journal of Fakol", ISO: "J Fakol", Year: 1999, Authors: []string{"Müller A B", "The Group"}, DOI: "10.1/x",
			Languages: []string{"eng", "ger"}, Types: []string{"Journal Article"}, Keywords: []string{"fak"},
			MeSH: []MeSHHeading{{"D000818", "Animals", false, nil}, {"D1", "Fakol", true, []string{"blood"}}},
		},
		{PMID: "8", Title: "Only a title.", Year: 1998, DOI: "10.1/z"},
		{PMID: "9", Title: "Genes", Abstract: "All of them.", Sections: []PubMedSection{{"", "", "All of them."}}, Journal: "House", Year: 2001},
		{PMID: "10", Deleted: true}, {PMID: "11", Deleted: true},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
	if d := got[0].Document(); !reflect.DeepEqual(d, annot.Document{ID: "7", Title: want[0].Title, Text: want[0].Title + " " + want[0].Abstract}) {
		t.Errorf("document %+v", d)
	}
	if d := got[1].Document(); d.Text != "Only a title." {
		t.Errorf("document %+v", d)
	}
	for range ReadPubMed(strings.NewReader(pubMedOK)) {
		break // nothing may be yielded after that
	}
}

func TestReadPubMedErrors(t *testing.T) {
	const head = "<PubmedArticleSet>\n"
	for _, tt := range []struct{ in, want string }{
		{"", "nothing in it (want the XML of a PubmedArticleSet)"},
		{"<a/>", `line 1: element "a" (want PubmedArticleSet)`},
		{head + "</PubmedArticleSet>", "nothing in it (want articles of PubMed)"},
		{head + "<x/>", `line 2: element "x" (want PubmedArticle)`},
		{head + "<PubmedArticle>\n<MedlineCitation/></PubmedArticle></PubmedArticleSet>", "line 2: an article without a PMID"},
		{head + "<PubmedArticle/></PubmedArticleSet>", "line 2: an article without a PMID"},
		{head + "<PubmedArticle>\n<PMID>", "line 3: unexpected EOF"},
		{head + "<DeleteCitation/>", "line 2: unexpected EOF"},
		{laughs("PubmedArticleSet") + head + "<PubmedArticle>&a9;", "line 16: invalid character entity &a9;"},
		{head + "<PubmedArticle>" + strings.Repeat("x", maxPubMed+1<<16), "line 2: an element of more than 8388608 bytes"},
		{head + "<PubmedArticle a=\"\xff\"/>", "line 2: invalid UTF-8"},
	} {
		_, err := collect(ReadPubMed(strings.NewReader(tt.in)))
		if checkError(t, err); err == nil || err.Error() != "corpus: "+tt.want {
			t.Errorf("%.200s: error %v, want %s", tt.in, err, tt.want)
		}
	}
}

func TestReadPubMedFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.xml.gz", zipped(pubMedOK))
	write(t, dir, "bad.xml", pubMedHead+"<PubmedArticleSet>\n"+pubMedOne+"<x/>")
	seq := ReadPubMedFile(filepath.Join(dir, "a.xml.gz"))
	for range 2 {
		if got, err := collect(seq); err != nil || len(got) != 5 {
			t.Errorf("%d articles, %v", len(got), err)
		}
	}
	got, err := collect(ReadPubMedFile(filepath.Join(dir, "bad.xml")))
	if checkError(t, err); err == nil || !strings.HasSuffix(err.Error(), `bad.xml:21: element "x" (want PubmedArticle)`) || len(got) != 1 {
		t.Errorf("%d articles, %v", len(got), err)
	}
	_, err = collect(ReadPubMedFile(filepath.Join(dir, "gone")))
	if checkError(t, err); err == nil {
		t.Error("a file that is not there is read")
	}
}

// articles is a set of so many articles.
type articles struct {
	n    int
	left string
}

func (a *articles) Read(p []byte) (int, error) {
	if a.left == "" && a.n == 0 {
		return 0, io.EOF
	}
	if a.left == "" {
		a.n--
		a.left = strings.Replace(pubMedOne, ">7<", fmt.Sprintf(">%d<", a.n), 1)
		if a.n == 0 {
			a.left += "</PubmedArticleSet>"
		}
	}
	n := copy(p, a.left)
	a.left = a.left[n:]
	return n, nil
}

// The memory for many articles is that for one.
func TestReadPubMedStreams(t *testing.T) {
	var before, now runtime.MemStats
	n, most := 0, uint64(0)
	for a, err := range ReadPubMed(io.MultiReader(strings.NewReader("<PubmedArticleSet>"), &articles{n: 1500})) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n == 100 {
			runtime.GC()
			runtime.ReadMemStats(&before)
		}
		if n%500 == 0 {
			runtime.GC()
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapAlloc)
		}
		if a.Title == "" {
			t.Fatalf("article %+v", a)
		}
	}
	if n != 1500 || most > before.HeapAlloc+1<<20 {
		t.Errorf("%d articles, %d bytes after 100, %d later", n, before.HeapAlloc, most)
	}
}

func FuzzReadPubMed(f *testing.F) {
	f.Add(pubMedOK)
	f.Add("<PubmedArticleSet><PubmedArticle><MedlineCitation><PMID>1</PMID><Article/></MedlineCitation></PubmedArticle></PubmedArticleSet>")
	f.Fuzz(func(t *testing.T, in string) {
		for a, err := range ReadPubMed(strings.NewReader(in)) {
			checkError(t, err)
			if err == nil && (a.PMID == "" && !a.Deleted || !strings.HasPrefix(a.Document().Text, a.Title)) {
				t.Fatalf("article %+v", a)
			}
		}
	})
}
