package viz

import (
	"bytes"
	"reflect"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

func TestReadDisplaCy(t *testing.T) {
	nfkb := annot.Document{Text: "𝛼 NF-κB binds.", Title: "One", Entities: []annot.Entity{{Type: "DNA", Start: 5, End: 18, Text: "NF-κB binds."}, {Type: "protein", Start: 5, End: 11, Text: "NF-κB"}}}
	const nfkbJSON = `{"text": "𝛼 NF-κB binds.", "ents": [{"start": 2, "end": 7, "label": "protein", "kb_id": "x"}, {"start": 2, "end": 14, "label": "DNA"}], "title": "One"}`
	bank := annot.Document{Text: "to the Bank of China.", Entities: []annot.Entity{{Type: "ORG", Start: 3, End: 20, Text: "the Bank of China"}, {Type: "GPE", Start: 15, End: 20, Text: "China"}}}
	const bankJSON = `{"text": "to the Bank of China.", "spans": [{"start_token": 4, "end_token": 5, "label": "GPE"}, {"start_token": 1, "end_token": 5, "label": "ORG"}], "tokens": ["to", "the", "Bank", "of", "China", "."]}`
	for name, c := range map[string]struct {
		in   string
		want []annot.Document
	}{
		"nothing":    {"", nil},
		"empty list": {" [] ", nil},
		"one":        {nfkbJSON, []annot.Document{nfkb}},
		"tokens":     {bankJSON, []annot.Document{bank}},
		"list":       {"[" + nfkbJSON + "," + bankJSON + "]", []annot.Document{nfkb, bank}},
		"lines":      {nfkbJSON + "\n" + bankJSON + "\n", []annot.Document{nfkb, bank}},
		"no ents":    {`{"text": "a", "ents": [], "title": null}`, []annot.Document{{Text: "a"}}},
	} {
		got, err := ReadDisplaCy(strings.NewReader(c.in))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, %v; want %+v", name, got, err, c.want)
		}
	}
	for in, want := range map[string]string{
		`{`: "document 0: unexpected EOF",
		nfkbJSON + `{"text": "abc", "ents": [{"start": 1, "end": 4, "label": "x"}]}`:        "document 1: ent 0 has characters 1 to 4 of a text of 3",
		`{"text": "abc", "ents": [{"start": 2, "end": 2, "label": "x"}]}`:                   "characters 2 to 2",
		`{"text": "abc", "ents": [{"start": -1, "end": 2, "label": "x"}]}`:                  "characters -1 to 2",
		`{"text": "abc", "ents": [{"end": 2, "label": "x"}]}`:                               `ent 0 has neither "start" and "end"`,
		`{"text": "abc", "spans": [{"start_token": 0, "end_token": 2}], "tokens": ["abc"]}`: "span 0 has tokens 0 to 2 of 1",
		`{"text": "abc abd", "spans": [], "tokens": ["abd", "abc"]}`:                        `token 1, "abc", is not in the text after character 7`,
		`{"ents": []}`: `no "text"`,
		`[1]`:          "cannot unmarshal number",
	} {
		if _, err := ReadDisplaCy(strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "viz: displaCy document ") {
			t.Errorf("%s: error %v, want one with %q", in, err, want)
		}
	}
}

func FuzzReadDisplaCy(f *testing.F) {
	f.Add([]byte(`[{"text": "NF-κB", "ents": [{"start": 0, "end": 5, "label": "x"}], "title": null}]`))
	f.Add([]byte(`{"text": "a b", "spans": [{"start_token": 0, "end_token": 2, "label": "x"}], "tokens": ["a", "b"]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		docs, err := ReadDisplaCy(bytes.NewReader(data))
		if err != nil {
			return
		}
		if err := Entities(docs).Render(new(bytes.Buffer)); err != nil {
			t.Fatal(err)
		}
	})
}
