package corpus

import (
	"archive/zip"
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

func zipArchive(t *testing.T, files ...string) string {
	var b strings.Builder
	w := zip.NewWriter(&b)
	for i := 0; i < len(files); i += 2 {
		f, err := w.Create(files[i])
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.Write([]byte(files[i+1])); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestReadBratFiles(t *testing.T) {
	const text, ann, a1, a2 = "A binds", "T1\tP 0 1\tA\n", "T1\tP 0 1\tA\n", "T2\tB 2 7\tbinds\nE1\tB:T2 T:T1\n"
	dir := t.TempDir()
	files := []string{
		"set/b/2.txt", text, "set/b/2.ann", ann, "set/1.txt", text, "set/1.a1", a1, "set/1.a2", a2,
		"set/README.txt", "no annotations", "set/annotation.conf", "[entities]", "set/b/.3.ann", "x",
	}
	for i := 0; i < len(files); i += 2 {
		write(t, dir, files[i], files[i+1])
	}
	write(t, dir, "x.zip", zipArchive(t, append(files, "__MACOSX/set/b/2.ann", "x")...))
	write(t, dir, "x.tar", archive(t, files...))
	write(t, dir, "x.tar.gz", zipped(archive(t, files...)))
	for name, want := range map[string]string{
		"set": "1 b/2", "x.zip": "1 b/2", "x.tar": "1 b/2", "x.tar.gz": "1 b/2", ".": "set/1 set/b/2",
		"set/b/2.txt": "2", "set/b/2.ann": "2", "set/1.a2": "1", "set/1.txt": "1",
	} {
		docs, err := ReadBratFiles(filepath.Join(dir, name))
		var ids []string
		for _, d := range docs {
			ids = append(ids, d.ID)
			if len(d.Entities) != 1 || len(d.Events) != strings.Count(d.ID, "1") {
				t.Errorf("%s: %+v", name, d)
			}
		}
		if got := strings.Join(ids, " "); err != nil || got != want {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
	write(t, dir, "bad/x.txt", text)
	write(t, dir, "bad/x.ann", "\nT1\tP 0 9\tA\n")
	write(t, dir, "bad.zip", zipArchive(t, "q/x.txt", text, "q/x.ann", "\nT1\tP 0 9\tA\n"))
	write(t, dir, "lone/x.ann", ann)
	write(t, dir, "none/x.txt", text)
	write(t, dir, "cut.zip", zipArchive(t, "x.txt", text)[:40])
	write(t, dir, "cut.tar", archive(t, "x.txt", strings.Repeat(text, 1000))[:700])
	write(t, dir, "other.bin", text)
	for name, want := range map[string]string{
		"bad":        filepath.Join("bad", "x.ann") + `:2: annotation "T1": characters 0 to 9 of a text of 7`,
		"bad.zip":    `bad.zip:q/x.ann:2: annotation "T1": characters 0 to 9 of a text of 7`,
		"lone":       "x.txt: there are annotations, but not the text: file does not exist",
		"lone/x.ann": "x.txt: there are annotations, but not the text: file does not exist",
		"none":       "none: nothing in it (want texts x.txt with annotations x.ann)",
		"cut.zip":    "cut.zip: zip: not a valid zip file", "cut.tar": "unexpected EOF",
		"other.bin": "other.bin: neither a folder, nor x.txt or x.ann, nor an archive (zip, tar, tar.gz)",
		"gone.txt":  "gone.txt: file does not exist", "gone": "gone: no such file or directory",
	} {
		docs, err := ReadBratFiles(filepath.Join(dir, name))
		if checkError(t, err); err == nil || !strings.Contains(err.Error(), want) || docs != nil {
			t.Errorf("%s: %v, error %v, want %s", name, docs, err, want)
		}
	}
}

// A small archive may unpack to more than the memory holds.
func TestBratBound(t *testing.T) {
	b := bratFiles{}
	for _, name := range []string{"a.txt", "a.ann", "b.txt", "b.ann"} {
		err := b.add(name, func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader("\n\n\n")), nil })
		if err != nil {
			t.Fatal(err)
		}
	}
	if docs, err := b.read("x:", 6); err != nil || len(docs) != 2 {
		t.Errorf("%v, %v", docs, err)
	}
	if _, err := b.read("x:", 5); err == nil || err.Error() != "corpus: texts of more than 5 bytes" {
		t.Errorf("error %v", err)
	}
}

// What is written and read is the same, but for what the format cannot hold.
func TestBratRoundTrip(t *testing.T) {
	rng := rand.New(rand.NewPCG(7, 8))
	var docs []annot.Document
	var want []Standoff
	for i := range 150 {
		s := randomSpec(rng)
		s.id = []string{"a", "q-bio/b", "c.d"}[i%3] + s.id + "." + string(rune('a'+i/26)) + string(rune('a'+i%26))
		s.marks = slices.DeleteFunc(s.marks, func(e annot.Entity) bool { return strings.Contains(s.text[e.Start:e.End], "\r") })
		s.relations = slices.DeleteFunc(s.relations, func(r specRelation) bool { return r.source >= len(s.marks) || r.target >= len(s.marks) })
		if len(s.marks) > 2 {
			s.events = []specEvent{{0, []int{1}, true}, {2, []int{-1, 1}, false}}
		}
		docs = append(docs, s.build(t).Document)
		for k := range s.relations {
			s.relations[k].directed = true
		}
		if s.title != "" && !strings.HasPrefix(s.text, s.title) {
			t.Fatal("no title within")
		}
		s.title = ""
		want = append(want, s.build(t))
	}
	docs[0].ID, want[0].ID = "", "1"
	dir := filepath.Join(t.TempDir(), "new")
	for range 2 { // the second time nothing is to be done
		if err := WriteBratFiles(dir, docs); err != nil {
			t.Fatal(err)
		}
	}
	got, err := ReadBratFiles(dir)
	if err != nil || len(got) != len(want) {
		t.Fatalf("%d documents, %v", len(got), err)
	}
	for _, d := range got {
		i := slices.IndexFunc(want, func(w Standoff) bool { return w.ID == d.ID })
		checkStandoff(t, d)
		sameDocument(t, d.ID, d, want[i])
	}
}

func TestWriteBratFiles(t *testing.T) {
	dir := t.TempDir()
	e := annot.Entity{Type: "x", Start: 0, End: 3, Text: "a\nb"}
	d := Standoff{Document: annot.Document{ID: "d/1", Title: "Title", Text: "a\nb c", Entities: []annot.Entity{e}}}
	d.EntityNotes = []EntityNote{{ID: "T7", Attributes: map[string]string{"Sure": "", "my infon": "p q", "long": "two words", "n": "1"}}}
	if err := WriteBratFiles(dir, []Standoff{d}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"d/1.txt": "Title\na\nb c",
		"d/1.ann": "T7\tx 6 7;8 9\ta b\nA1\tSure T7\n#1\tlong T7\ttwo words\n#2\tAnnotatorNotes T7\tmy infon: p q\nA2\tn T7 1\n",
	} {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != want {
			t.Errorf("%s: %q, %v, want %q", name, got, err, want)
		}
	}
	write(t, dir, "mine.ann", "by hand")
	for _, tt := range []struct {
		want string
		docs []annot.Document
	}{
		{`document 0 ("mine"): mine.ann: file already exists and differs`, []annot.Document{{ID: "mine", Text: "x"}}},
		{`document 1 ("a"): two documents have this identifier`, []annot.Document{{ID: "a"}, {ID: "a"}}},
		{`cannot be the name of a file`, []annot.Document{{ID: "../a"}}},
		{`cannot be the name of a file`, []annot.Document{{ID: "/a"}}},
		{`cannot be the name of a file`, []annot.Document{{ID: "a//b"}}},
		{`cannot be the name of a file`, []annot.Document{{ID: "a\x00b"}}},
		{`cannot be the name of a file`, []annot.Document{{ID: ".hidden"}}},
		{`the type "a b" is empty or has white space`, []annot.Document{{ID: "ok", Text: "a"}, {ID: "b", Text: "a", Entities: []annot.Entity{{Type: "a b", End: 1}}}}},
		{"begins or ends with a line break", []annot.Document{{ID: "b", Text: "a\n", Entities: []annot.Entity{{Type: "a", End: 2}}}}},
		{"cut a character", []annot.Document{{ID: "b", Text: "α", Entities: []annot.Entity{{Type: "a", End: 1}}}}},
	} {
		err := WriteBratFiles(dir, tt.docs)
		if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.HasPrefix(err.Error(), "corpus: ") || strings.Contains(tt.want, "exists") && !errors.Is(err, fs.ErrExist) {
			t.Errorf("error %v, want %s", err, tt.want)
		}
	}
	if got, _ := filepath.Glob(filepath.Join(dir, "*")); len(got) != 2 {
		t.Errorf("after errors there are %v", got)
	}
	// A link out of the folder is not followed.
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err == nil {
		if err := WriteBratFiles(dir, []annot.Document{{ID: "link/a", Text: "x"}}); err == nil {
			t.Error("a link out of the folder is followed")
		}
	}
}
