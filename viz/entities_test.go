package viz

import (
	"bytes"
	"fmt"
	"html"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/sparsebio/sparsebio/datasets/annot"
)

var (
	tagPattern  = regexp.MustCompile(`^</?([a-z]+)((?:\s+[a-z-]+(?:="[^"<>]*")?)*)\s*>`)
	attrPattern = regexp.MustCompile(`([a-z-]+)(?:="([^"]*)")?`)
	docPattern  = regexp.MustCompile(`(?s)<div class="sb-text" dir="auto">(.*?)</div>\n</div>\n`)
)

// parseMarked reads HTML that holds nothing but text, marks and spans. It returns
// the text, and the marks with the text that the innermost piece of each covers.
func parseMarked(t testing.TB, s string) (string, []annot.Entity) {
	t.Helper()
	var text strings.Builder
	var marks []annot.Entity
	var stack []string
	for len(s) > 0 {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			i = len(s)
		}
		if strings.ContainsAny(s[:i], ">\"'\r\x00") {
			t.Fatalf("unescaped text %q", s[:i])
		}
		text.WriteString(html.UnescapeString(s[:i]))
		if s = s[i:]; s == "" {
			break
		}
		m := tagPattern.FindStringSubmatchIndex(s)
		if m == nil {
			t.Fatalf("not a tag: %.80q", s)
		}
		tag, name := s[:m[1]], s[m[2]:m[3]]
		if name != "mark" && name != "span" {
			t.Fatalf("unexpected tag %q", tag)
		}
		if strings.HasPrefix(tag, "</") {
			if len(stack) == 0 || stack[len(stack)-1] != name {
				t.Fatalf("%q closes %q", tag, stack)
			}
			stack = stack[:len(stack)-1]
		} else {
			stack = append(stack, name)
			if name == "mark" {
				var e annot.Entity
				for _, a := range attrPattern.FindAllStringSubmatch(s[m[4]:m[5]], -1) {
					value := html.UnescapeString(a[2])
					switch a[1] {
					case "data-type":
						e.Type = value
					case "data-start":
						e.Start, _ = strconv.Atoi(value)
					case "data-end":
						e.End, _ = strconv.Atoi(value)
					}
				}
				marks = append(marks, e)
			}
		}
		s = s[m[1]:]
	}
	if len(stack) > 0 {
		t.Fatalf("left open: %q", stack)
	}
	return text.String(), marks
}

// checkEntities renders docs and asks that the text comes back whole and that each
// entity has exactly one mark.
func checkEntities(t testing.TB, docs []annot.Document) {
	t.Helper()
	var b bytes.Buffer
	if err := Entities(docs).Render(&b); err != nil {
		t.Fatal(err)
	}
	bodies := docPattern.FindAllSubmatch(b.Bytes(), -1)
	if len(bodies) != len(docs) {
		t.Fatalf("%d documents in\n%s\nwant %d", len(bodies), b.Bytes(), len(docs))
	}
	for i, d := range docs {
		text, marks := parseMarked(t, string(bodies[i][1]))
		if want := strings.ReplaceAll(d.Text, "\x00", "\uFFFD"); text != want {
			t.Fatalf("document %d has the text\n%q\nwant\n%q", i, text, want)
		}
		want := make(map[string]int)
		for _, e := range d.Entities {
			want[fmt.Sprint(strings.ReplaceAll(strings.ToValidUTF8(e.Type, "\uFFFD"), "\x00", "\uFFFD"), e.Start, e.End)]++
		}
		for _, m := range marks {
			want[fmt.Sprint(m.Type, m.Start, m.End)]--
		}
		for k, n := range want {
			if n != 0 {
				t.Fatalf("document %d lacks %d marks of %s in\n%s", i, n, k, bodies[i][1])
			}
		}
	}
}

func spans(text string, typesAndOffsets ...any) annot.Document {
	d := annot.Document{Text: text}
	for i := 0; i < len(typesAndOffsets); i += 3 {
		d.Entities = append(d.Entities, annot.Entity{Type: typesAndOffsets[i].(string), Start: typesAndOffsets[i+1].(int), End: typesAndOffsets[i+2].(int)})
	}
	return d
}

var entityCases = map[string]annot.Document{
	"empty text":        {},
	"no entities":       {Text: "nothing here"},
	"whole text":        spans("p53", "protein", 0, 3),
	"adjacent":          spans("abcd", "x", 0, 2, "y", 2, 4),
	"nested":            spans("the IL-2 gene is", "DNA", 4, 13, "protein", 4, 8, "y", 5, 6),
	"nested at the end": spans("gene IL-2", "DNA", 0, 9, "protein", 5, 9),
	"same span":         spans("p53 binds", "protein", 0, 3, "DNA", 0, 3, "protein", 0, 3),
	"crossing":          spans("0123456789", "a", 0, 5, "b", 3, 8),
	"crossing twice":    spans("0123456789", "a", 0, 4, "b", 2, 6, "c", 5, 9, "d", 3, 10),
	"crossing nested":   spans("0123456789", "a", 0, 6, "b", 1, 5, "c", 4, 9, "d", 6, 8, "e", 8, 10),
	"crossing, same":    spans("0123456789", "a", 0, 5, "b", 3, 8, "c", 3, 8, "b", 3, 8),
	"unsorted":          spans("0123456789", "c", 8, 9, "b", 0, 2, "a", 0, 9),
	"multi-byte":        spans("NF-κB and 𝛼 日本 e\u0301", "p", 0, 6, "q", 11, 15, "r", 16, 22),
	"hostile text":      spans("<script>alert(1)</script> & \"x\" 'y' </mark> &amp; \r\n\x00 $x$ \\(y\\)", "p", 0, 8, "q", 40, 44),
	"hostile labels":    spans("p53 binds", `"><script>alert(1)</script>`, 0, 3, "</mark>&#34;'\x00\r\n\xff", 4, 9, "", 1, 2),
	"newlines":          spans("\n\na\n\nb\n", "p", 2, 3),
}

func TestEntitiesMarks(t *testing.T) {
	for name, d := range entityCases {
		t.Run(name, func(t *testing.T) {
			checkEntities(t, []annot.Document{d})
			checkEntities(t, []annot.Document{d, d, d})
			var b bytes.Buffer
			if err := Entities([]annot.Document{d}).WriteText(&b); err != nil || !utf8.Valid(b.Bytes()) {
				t.Errorf("plain text %q, error %v", b.Bytes(), err)
			}
		})
	}
	var many annot.Document
	for i := range 40 {
		many.Text += "abcdefghij"
		for j := range 12 {
			many.Entities = append(many.Entities, annot.Entity{Type: fmt.Sprint(j), Start: i*7 + j, End: i*7 + j + 20 + j*i%13})
		}
	}
	checkEntities(t, []annot.Document{many})
}

func TestEntitiesMarksGolden(t *testing.T) {
	var b bytes.Buffer
	for _, name := range []string{"nested", "same span", "crossing", "crossing twice", "hostile labels"} {
		var v bytes.Buffer
		if err := Entities([]annot.Document{entityCases[name]}).Render(&v); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "<!-- %s -->\n%s\n", name, docPattern.FindSubmatch(v.Bytes())[1])
	}
	const file = "testdata/marks.golden.html"
	if *update {
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("%s differs; got\n%s", file, b.Bytes())
	}
}

func TestEntitiesHostileHead(t *testing.T) {
	const evil = `</style></p><script>alert("1")</script><img src=x onerror='y'>`
	docs := []annot.Document{{ID: evil, Title: evil, Text: "p53", Entities: []annot.Entity{{Type: evil, Start: 0, End: 3}}}}
	var b bytes.Buffer
	if err := Entities(docs, WithTitle(evil)).WritePage(&b); err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"<script", "<img", "onerror='"} {
		if strings.Contains(b.String(), bad) {
			t.Errorf("the page has %q", bad)
		}
	}
	if n := strings.Count(b.String(), "</style>"); n != 1 {
		t.Errorf("</style> %d times", n)
	}
}

func TestEntitiesErrors(t *testing.T) {
	for name, c := range map[string]struct {
		view *EntityView
		want string
	}{
		"before":       {Entities([]annot.Document{spans("p53", "x", -1, 2)}), "document 0: entity 0 has bytes -1 to 2 of a text of 3"},
		"after":        {Entities([]annot.Document{spans("p53", "x", 0, 4)}), "bytes 0 to 4 of a text of 3"},
		"empty":        {Entities([]annot.Document{spans("p53", "x", 1, 1)}), "bytes 1 to 1"},
		"reversed":     {Entities([]annot.Document{spans("p53", "x", 2, 1)}), "bytes 2 to 1"},
		"half a rune":  {Entities([]annot.Document{spans("κB", "x", 1, 3)}), "cuts a character in two"},
		"invalid text": {Entities([]annot.Document{{ID: "d7", Text: "a\xffb"}}), `document "d7" is not valid UTF-8`},
		"wrong text":   {Entities([]annot.Document{{Text: "κ p53", Entities: []annot.Entity{{Start: 2, End: 5, Text: "p53"}}}}), `entity 0 is "p53", but bytes 2 to 5 are " p5"`},
		"limit":        {Entities(nil, WithLimit(0)), "WithLimit(0)"},
		"colour":       {Entities(nil, WithColors(map[string]string{"x": "reddish"})), `"reddish" is no colour (want #rrggbb, `},
		"size":         {Entities(nil, WithSize(300, 300)), "WithSize does not apply to Entities"},
	} {
		t.Run(name, func(t *testing.T) {
			var b bytes.Buffer
			for i, err := range []error{c.view.Render(&b), c.view.WritePage(&b), c.view.WriteText(&b)} {
				if err == nil || !strings.Contains(err.Error(), c.want) || !strings.HasPrefix(err.Error(), "viz: ") {
					t.Errorf("method %d: error %v, want one with %q", i, err, c.want)
				}
			}
			if b.Len() > 0 {
				t.Errorf("wrote %q", b.Bytes())
			}
		})
	}
}

func TestEntitiesLimit(t *testing.T) {
	docs := sampleDocs()
	var b bytes.Buffer
	if err := Entities(docs, WithLimit(1)).Render(&b); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(b.String(), `class="sb-doc"`); n != 1 || !strings.Contains(b.String(), "1 of 3 documents; 2 more not shown.") {
		t.Errorf("%d documents in\n%s", n, b.String())
	}
	b.Reset()
	if err := Entities(nil).Render(&b); err != nil || !strings.Contains(b.String(), "No documents.") {
		t.Errorf("nothing gave %v and\n%s", err, b.String())
	}
}

func TestEntitiesLarge(t *testing.T) {
	text := strings.Repeat("NF-κB binds p53 in T cells. ", 2<<20/30)
	d := annot.Document{Text: text}
	for i := 0; i+30 < len(text); i += 29 {
		d.Entities = append(d.Entities, annot.Entity{Type: "protein", Start: i, End: i + 6}, annot.Entity{Type: "DNA", Start: i, End: i + 12}, annot.Entity{Type: "x", Start: i + 7, End: i + 18})
	}
	var out bytes.Buffer
	if err := Entities([]annot.Document{d}).Render(&out); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "<mark "); n != len(d.Entities) {
		t.Errorf("%d marks for %d entities", n, len(d.Entities))
	}

	// Every span crosses the one before it.
	worst := annot.Document{Text: strings.Repeat("x", 20_000)}
	for i := range 10_000 {
		worst.Entities = append(worst.Entities, annot.Entity{Type: "t", Start: i, End: i + 10_000})
	}
	var b bytes.Buffer
	if err := Entities([]annot.Document{worst}).Render(&b); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 20<<20 {
		t.Errorf("10,000 crossing spans take %d bytes", b.Len())
	}
	var m countedMarks
	writeMarks(new(bytes.Buffer), worst.Text, worst.Entities, &m)
	if n, places := len(worst.Entities), 2*len(worst.Entities); m.opened != n || m.closed != n || m.parts > maxLanes*places {
		t.Errorf("%d crossing spans are opened %d times, closed %d times and have %d pieces, want at most %d pieces", n, m.opened, m.closed, m.parts, maxLanes*places)
	}
}

// countedMarks counts what writeMarks does.
type countedMarks struct{ opened, closed, parts int }

func (m *countedMarks) open(*bytes.Buffer, int, bool) { m.opened++ }
func (m *countedMarks) close(*bytes.Buffer, int)      { m.closed++ }
func (m *countedMarks) class(int) string              { m.parts++; return "" }

func FuzzEntities(f *testing.F) {
	f.Add("NF-κB binds p53 & <b>", "protein\"", []byte{0, 6, 0, 3, 9, 1, 0, 20, 2, 12, 15, 0})
	f.Add("0123456789", "x", []byte{0, 5, 0, 3, 8, 1, 4, 9, 0, 4, 9, 0})
	f.Fuzz(func(t *testing.T, text, label string, data []byte) {
		d := annot.Document{ID: label, Title: label, Text: text}
		for ; len(data) >= 3 && len(d.Entities) < 50; data = data[3:] {
			d.Entities = append(d.Entities, annot.Entity{Start: int(int8(data[0])), End: int(int8(data[1])), Type: label[:int(data[2])%(len(label)+1)]})
		}
		if checkDocument(0, &d) != nil {
			if err := Entities([]annot.Document{d}).Render(new(bytes.Buffer)); err == nil {
				t.Fatal("no error")
			}
			ok := d.Entities[:0]
			for _, e := range d.Entities {
				one := annot.Document{Text: text, Entities: []annot.Entity{e}}
				if checkDocument(0, &one) == nil {
					ok = append(ok, e)
				}
			}
			d.Entities = ok
			if !utf8.ValidString(text) {
				return
			}
		}
		checkEntities(t, []annot.Document{d})
		if err := Entities([]annot.Document{d}).WriteText(new(bytes.Buffer)); err != nil {
			t.Fatal(err)
		}
	})
}

func BenchmarkEntities(b *testing.B) {
	docs := sampleDocs()
	for b.Loop() {
		Entities(docs).fragment()
	}
}
