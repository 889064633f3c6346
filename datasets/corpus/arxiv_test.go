package corpus

import (
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

const arXivOK = `{"id":"0704.0001","submitter":"A","authors":"A. B\u00fcchner,\n  C. D","title":"Calculation of\n  $\\alpha$","comments":null,"journal-ref":"J. X","doi":"10.1/x","report-no":null,"categories":"hep-ph q-bio.QM","license":null,"abstract":"  First\nline.\n  A paragraph.\n","versions":[{"version":"v1","created":"Mon, 2 Apr 2007 19:18:42 GMT"},{"version":"v2","created":"x"}],"update_date":"2008-11-26","authors_parsed":[["B","A",""]]}

{"id": "q-bio/0501001", "title": "T", "abstract": "", "categories": ["cs.LG", "q-bio.NC"], "primary_category": "q-bio.NC", "published": "2015-06-02", "source": "s"}
{"id": "3", "title": "T", "categories": "quant-ph", "primary_category": "q-bio", "authors": ["A", "B"]}
`

func TestReadArXiv(t *testing.T) {
	got, err := collect(ReadArXiv(strings.NewReader(arXivOK)))
	if err != nil {
		t.Fatal(err)
	}
	want := []ArXivPaper{
		{
			ID: "0704.0001", Title: `Calculation of $\alpha$`, Abstract: "First line. A paragraph.", Categories: []string{"hep-ph", "q-bio.QM"},
			Authors: "A. Büchner, C. D", DOI: "10.1/x", Journal: "J. X", Updated: "2008-11-26", Published: "Mon, 2 Apr 2007 19:18:42 GMT",
			Versions: []ArXivVersion{{"v1", "Mon, 2 Apr 2007 19:18:42 GMT"}, {"v2", "x"}},
		},
		{ID: "q-bio/0501001", Title: "T", Categories: []string{"q-bio.NC", "cs.LG"}, Published: "2015-06-02"},
		{ID: "3", Title: "T", Categories: []string{"q-bio", "quant-ph"}, Authors: "A, B"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got\n%+v, want\n%+v", got, want)
	}
	list := "\ufeff \n[" + strings.Join(strings.Split(strings.Replace(strings.TrimSpace(arXivOK), "\n\n", "\n", 1), "\n"), ",\n") + "]\n"
	if again, err := collect(ReadArXiv(strings.NewReader(list))); err != nil || !reflect.DeepEqual(again, want) {
		t.Errorf("a list: %+v, %v", again, err)
	}
	if d := got[0].Document(); !reflect.DeepEqual(d, annot.Document{ID: "0704.0001", Title: want[0].Title, Text: want[0].Title + " " + want[0].Abstract}) {
		t.Errorf("document %+v", d)
	}
	for _, tt := range []struct {
		categories string
		ids        string
	}{{"q-bio.*", "0704.0001 q-bio/0501001 3"}, {"q-bio", "0704.0001 q-bio/0501001 3"}, {"q-bio.NC", "q-bio/0501001"}, {"q", ""}, {"q-bio.QM hep-ph", "0704.0001"}, {"", ""}} {
		papers, err := collect(InCategories(ReadArXiv(strings.NewReader(arXivOK)), strings.Fields(tt.categories)...))
		var ids []string
		for _, p := range papers {
			ids = append(ids, p.ID)
		}
		if err != nil || strings.Join(ids, " ") != tt.ids {
			t.Errorf("%s: %v, %v, want %s", tt.categories, ids, err, tt.ids)
		}
	}
	for range ReadArXiv(strings.NewReader(arXivOK)) {
		break // nothing may be yielded after that
	}
}

func TestReadArXivErrors(t *testing.T) {
	const ok = "{\"id\":\"1\",\"title\":\"x\"}\n"
	for _, tt := range []struct{ in, want string }{
		{"", "nothing in it (want arXiv's metadata, an object a line)"},
		{" \n ", "nothing in it (want arXiv's metadata, an object a line)"},
		{"[]", "nothing in it (want arXiv's metadata, an object a line)"},
		{"x", "line 1: invalid character 'x' looking for beginning of value"},
		{ok + "\n7", "line 3: a record is a JSON number"},
		{ok + ok + "{\"id\":\"2\",\n\"title\":7}", "line 4: title is a JSON number"},
		{ok + "{\"id\":\"2\",\n\"categories\":7}", "line 2: categories is a JSON number"},
		{ok + "{\"id\":\"2\",\n\n]", "line 4: invalid character ']' looking for beginning of object key string"},
		{ok + "{\"id\":\"2\"}", `line 2: a record of arXiv without an id or a title: "{\"id\":\"2\"}"`},
		{ok + "{\"id\":\"2\"", "line 2: unexpected EOF"},
		{"[" + ok, "unexpected EOF"},
		{"[" + ok + "]\n]", "line 3: invalid character ']' looking for beginning of value"},
		{ok + "{\"id\":\"\xff\"}", "line 2: invalid UTF-8"},
		{ok + `{"id":"` + strings.Repeat("x", 2*maxLine), "line 2: a value of more than 1048576 bytes"},
		{ok + "\n" + strings.Repeat("[", 20000), "line 3: invalid character '[' exceeded max depth"},
	} {
		papers, err := collect(InCategories(ReadArXiv(strings.NewReader(tt.in)), "none"))
		if checkError(t, err); err == nil || err.Error() != "corpus: "+tt.want || papers != nil {
			t.Errorf("%.200q: error %v, want %s", tt.in, err, tt.want)
		}
	}
	if _, err := collect(ReadArXiv(endless{"x"})); err == nil {
		t.Error("a file without end is taken")
	}
	if _, err := collect(ReadArXiv(io.MultiReader(strings.NewReader(ok), endless{" "}))); err == nil {
		t.Error("blanks without end are taken")
	}
}

func TestReadArXivFile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, "a.json.gz", zipped(arXivOK))
	write(t, dir, "bad.json", arXivOK+"x")
	seq := ReadArXivFile(filepath.Join(dir, "a.json.gz"))
	for range 2 {
		if got, err := collect(seq); err != nil || len(got) != 3 {
			t.Errorf("%d papers, %v", len(got), err)
		}
	}
	got, err := collect(ReadArXivFile(filepath.Join(dir, "bad.json")))
	if checkError(t, err); err == nil || !strings.Contains(err.Error(), "bad.json:5: invalid character") || len(got) != 3 {
		t.Errorf("%d papers, %v", len(got), err)
	}
}

// The counts are those of the README beside the file.
func TestArXivQBio(t *testing.T) {
	path := shared(t, "arxiv-qbio/qbio.jsonl.gz")
	categories, primary, bytes := map[string]int{}, 0, 0
	papers := map[string]bool{}
	for p, err := range InCategories(ReadArXivFile(path), "q-bio.*") {
		if err != nil {
			t.Fatal(err)
		}
		papers[p.ID] = true
		for _, c := range p.Categories {
			if strings.HasPrefix(c, "q-bio.") {
				categories[strings.TrimPrefix(c, "q-bio.")]++
			}
		}
		if strings.HasPrefix(p.Categories[0], "q-bio.") {
			primary++
		}
		bytes += len(p.Document().Text)
	}
	equal(t, "papers", fmt.Sprintf("%d papers, %d primary, %s", len(papers), primary, counts(categories)),
		"997 papers, 176 primary, BM 212 CB 20 GN 70 MN 30 NC 298 OT 16 PE 47 QM 353 SC 3 TO 26")
	if len(slices.Collect(maps.Keys(categories))) != 10 || bytes < 1_300_000 {
		t.Errorf("%d bytes", bytes)
	}
}

func FuzzReadArXiv(f *testing.F) {
	f.Add(arXivOK)
	f.Add(`[{"id":"1","title":"x","categories":["a","b c"]}]`)
	f.Fuzz(func(t *testing.T, in string) {
		for p, err := range ReadArXiv(strings.NewReader(in)) {
			checkError(t, err)
			if err == nil && (p.ID == "" || !strings.HasPrefix(p.Document().Text, p.Title)) {
				t.Fatalf("paper %+v", p)
			}
		}
	})
}
