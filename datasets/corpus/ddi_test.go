package corpus

import (
	"archive/tar"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

const ddiOK = `<?xml version="1.0" encoding="UTF-8"?>
<document id="DDI-X.d0">
  <sentence id="DDI-X.d0.s0" text="β-Blockers &amp; Ca agonists.&#xa;">
    <entity id="DDI-X.d0.s0.e0" charOffset="0-9" type="group" text="β-Blockers"/>
  </sentence>
  <sentence id="DDI-X.d0.s1" text="Alpha- and β-blockers act with Fakol or Quux.">
    <entity id="DDI-X.d0.s1.e0" charOffset="0-5;13-20" type="group" text="Alpha-blockers"/>
    <entity id="DDI-X.d0.s1.e1" charOffset="31-35" type="brand" text="Fakol"/>
    <entity id="DDI-X.d0.s1.e2" charOffset="40-43" type="drug" text="Quux"/>
    <pair id="DDI-X.d0.s1.p0" e1="DDI-X.d0.s1.e1" e2="DDI-X.d0.s1.e0" ddi="true" type="effect"/>
    <pair id="DDI-X.d0.s1.p1" e1="DDI-X.d0.s1.e1" e2="DDI-X.d0.s1.e2" ddi="false"/>
    <pair id="DDI-X.d0.s1.p2" e1="DDI-X.d0.s1.e0" e2="DDI-X.d0.s1.e2" ddi="true"/>
    <negationtags>none</negationtags>
  </sentence>
  <sentence id="DDI-X.d0.s2" text=""/>
  <sentence id="DDI-X.d0.s3" text="End."/>
</document>
`

func TestReadDDI(t *testing.T) {
	d, err := ReadDDI(strings.NewReader(ddiOK))
	if err != nil {
		t.Fatal(err)
	}
	const second = "Alpha- and β-blockers act with Fakol or Quux."
	const text = "β-Blockers & Ca agonists.\n" + second + " End."
	at := func(s string) annot.Span {
		i := strings.Index(text, s)
		return annot.Span{Start: i, End: i + len(s)}
	}
	end := at(second).End + 1
	want := []DDISentence{
		{"DDI-X.d0.s0", at("β-Blockers & Ca agonists.\n"), []DDIEntity{{"DDI-X.d0.s0.e0", "group", "β-Blockers", []annot.Span{at("β-Blockers")}}}, nil},
		{"DDI-X.d0.s1", at(second), []DDIEntity{
			{"DDI-X.d0.s1.e0", "group", "Alpha-blockers", []annot.Span{at("Alpha-"), at("blockers")}},
			{"DDI-X.d0.s1.e1", "brand", "Fakol", []annot.Span{at("Fakol")}},
			{"DDI-X.d0.s1.e2", "drug", "Quux", []annot.Span{at("Quux")}},
		}, []DDIPair{
			{"DDI-X.d0.s1.p0", 1, 0, "DDI-effect"}, {"DDI-X.d0.s1.p1", 1, 2, "DDI-false"}, {"DDI-X.d0.s1.p2", 0, 2, "DDI-None"},
		}},
		{"DDI-X.d0.s2", annot.Span{Start: end, End: end}, nil, nil},
		{"DDI-X.d0.s3", at("End."), nil, nil},
	}
	if d.ID != "DDI-X.d0" || d.Text != text || !reflect.DeepEqual(d.Sentences, want) {
		t.Errorf("got %q, sentences\n%+v, want\n%+v", d.Text, d.Sentences, want)
	}
	long := at("Alpha- and β-blockers")
	alpha := annot.Entity{Type: "group", Start: long.Start, End: long.End, Text: "Alpha- and β-blockers", Score: 1}
	fakol := annot.Entity{Type: "brand", Start: at("Fakol").Start, End: at("Fakol").End, Text: "Fakol", Score: 1}
	if len(d.Entities) != 4 || d.Entities[1] != alpha || d.Entities[2] != fakol {
		t.Errorf("entities %+v", d.Entities)
	}
	if r := []annot.Relation{{Type: "DDI-effect", Source: alpha, Target: fakol, Score: 1, Span: at(second), Sentence: second}}; !reflect.DeepEqual(d.Relations, r) {
		t.Errorf("relations %+v, want %+v", d.Relations, r)
	}
	checkDocument(t, d.Document)
}

func TestReadDDIErrors(t *testing.T) {
	in := func(inner string) string {
		return "<document id=\"d\">\n<sentence id=\"s\" text=\"β 1\">\n" + inner + "</sentence></document>"
	}
	const e0 = `<entity id="e0" charOffset="0-0" type="drug" text="β"/>`
	for _, tt := range []struct{ in, want string }{
		{"", "line 1: nothing in it (want the XML of a document)"},
		{"x", "line 1: nothing in it (want the XML of a document)"},
		{"<corpus/>", `line 1: element "corpus" (want one document)`},
		{"<document/>\n<document/>", `line 2: element "document" (want one document)`},
		{"<document>\n<sentence text=\"a\">", "line 2: unexpected EOF"},
		{"<document>\n</sentence>", "line 2: element <document> closed by </sentence>"},
		{"<document>\n<entity id=\"e\"/></document>", `line 2: entity "e" outside of a sentence`},
		{in("<sentence/>"), "line 3: a sentence within a sentence"},
		{in(e0 + "\n" + e0), `line 4: entity "e0": it occurs twice in its sentence, or has no identifier or type`},
		{in(`<entity id="e" charOffset="0-0" text="β"/>`), `line 3: entity "e": it occurs twice in its sentence, or has no identifier or type`},
		{in(`<entity id="e" charOffset="0-3" type="drug" text="β"/>`), `line 3: entity "e": charOffset "0-3": characters 0 to 4 of a text of 3`},
		{in(`<entity id="e" charOffset="2-1" type="drug" text="β"/>`), `line 3: entity "e": charOffset "2-1": characters 2 to 2 of a text of 3`},
		{in(`<entity id="e" charOffset="0-9223372036854775807" type="drug" text="β"/>`), `line 3: entity "e": charOffset "0-9223372036854775807" in a sentence of 3 characters (want first-last, or several of these with semicolons)`},
		{in(`<entity id="e" charOffset="" type="drug" text="β"/>`), `line 3: entity "e": charOffset "" in a sentence of 3 characters (want first-last, or several of these with semicolons)`},
		{in(`<entity id="e" charOffset="2-2;0-0" type="drug" text="β"/>`), `line 3: entity "e": charOffset "2-2;0-0": the parts are not in order`},
		{in(`<entity id="e" charOffset="2-2" type="drug" text="β"/>`), `line 3: entity "e": it is "β", but its offsets are those of "1"`},
		{in(e0 + `<pair id="p" e1="e0" e2="e1" ddi="false"/>`), `line 3: pair "p": its sentence has no entity "e0" or "e1" before it`},
		{in(e0 + `<pair id="p" e1="e0" e2="e0" ddi="maybe"/>`), `line 3: pair "p": ddi is "maybe" (want true or false)`},
		{"<document><sentence text=\"" + strings.Repeat("x", maxXML), "line 1: more than 4194304 bytes"},
	} {
		_, err := ReadDDI(strings.NewReader(tt.in))
		if checkError(t, err); err == nil || err.Error() != "corpus: "+tt.want {
			t.Errorf("%.200s: error %v, want %s", tt.in, err, tt.want)
		}
	}
}

func archive(t *testing.T, files ...string) string {
	var b strings.Builder
	w := tar.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		if err := w.WriteHeader(&tar.Header{Name: files[i], Mode: 0o644, Size: int64(len(files[i+1])), Typeflag: tar.TypeReg}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReadDDIFiles(t *testing.T) {
	other := strings.ReplaceAll(ddiOK, "DDI-X.d0", "DDI-X.d1")
	dir := t.TempDir()
	write(t, dir, "folder/Test/B/b.xml", ddiOK)
	write(t, dir, "folder/Test/A/a.XML", other)
	write(t, dir, "folder/README", "x")
	tarred := archive(t, "Test/B/b.xml", ddiOK, "README", "x", "Test/A/a.XML", other)
	write(t, dir, "a.tar", tarred)
	write(t, dir, "a.tar.gz", zipped(tarred))
	write(t, dir, "a.xml.gz", zipped(ddiOK))
	for name, ids := range map[string]string{"folder": "DDI-X.d1 DDI-X.d0", "a.tar": "DDI-X.d1 DDI-X.d0", "a.tar.gz": "DDI-X.d1 DDI-X.d0", "a.xml.gz": "DDI-X.d0", "folder/Test/B/b.xml": "DDI-X.d0"} {
		got, err := ReadDDIFiles(filepath.Join(dir, name))
		var have []string
		for _, d := range got {
			have = append(have, d.ID)
		}
		if err != nil || strings.Join(have, " ") != ids {
			t.Errorf("%s: %v, %v, want %s", name, have, err, ids)
		}
	}
	write(t, dir, "bad/x.xml", "<document>\n<entity/></document>")
	write(t, dir, "bad.tar", archive(t, "x/y.xml", "<document>\n<entity/></document>"))
	write(t, dir, "none/README", "x")
	write(t, dir, "none.tar", archive(t, "README", "x"))
	write(t, dir, "cut.tar", tarred[:1000])
	for name, want := range map[string]string{
		"bad":     filepath.Join("bad", "x.xml") + `:2: entity "" outside of a sentence`,
		"bad.tar": `bad.tar:x/y.xml:2: entity "" outside of a sentence`,
		"none":    "none: nothing in it (want a folder with XML files)", "none.tar": "none.tar: nothing in it (want an archive with XML files)",
		"cut.tar": "unexpected EOF", "gone": "gone: no such file or directory",
	} {
		got, err := ReadDDIFiles(filepath.Join(dir, name))
		if checkError(t, err); err == nil || !strings.Contains(err.Error(), want) || got != nil {
			t.Errorf("%s: %v, error %v, want %s", name, got, err, want)
		}
	}
}

func FuzzReadDDI(f *testing.F) {
	f.Add(ddiOK)
	f.Add(`<document><sentence text="a b"><entity id="e" charOffset="0-0;2-2" type="x"/></sentence></document>`)
	f.Fuzz(func(t *testing.T, in string) {
		d, err := ReadDDI(strings.NewReader(in))
		if checkError(t, err); err == nil {
			checkDocument(t, d.Document)
		}
	})
}
