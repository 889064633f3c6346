package corpus

import (
	"errors"
	"strings"
	"testing"
)

const biocXMLOK = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE collection SYSTEM "BioC.dtd">
<collection><source>hand</source><date/><key>k</key><infon key="x">y</infon>
<document><id>7</id><infon key="license">CC0</infon><infon key="year">2026</infon>
<passage><infon key="type">title</infon><offset>0</offset><text>β-Fakol and Quux</text>
<annotation id="1"><infon key="type">Chemical</infon><infon key="identifier">MESH:D1</infon><infon key="score">0.5</infon><location offset="0" length="7"/><text>β-Fakol</text></annotation>
</passage>
<passage><infon key="type">abstract</infon><offset>17</offset>
<sentence><offset>17</offset><text>Alpha- or &#x1F9EC;-blockers fall.</text>
<annotation id="1"><infon key="type">Group</infon><location offset="29" length="8"/><location offset="17" length="6"/><text>Alpha-blockers</text></annotation>
<annotation id="2"><infon key="type">Regulation</infon><location offset="38" length="4"/><text>fall</text></annotation>
<relation id="E"><infon key="type">Negative_regulation</infon><infon key="negated">true</infon><node refid="2" role="trigger"/><node refid="1" role="Theme"/></relation></sentence>
<sentence><offset>44</offset><text>κ.</text></sentence></passage>
<passage><infon key="type">paragraph</infon><infon key="section">Intro</infon><offset>60</offset><text>Quux&#x9;its own.</text>
<annotation id="3"><infon key="type">Gene</infon><infon key="identifier">11</infon><location offset="60" length="8"/><text>Quux its</text></annotation></passage>
<annotation id="m"><infon key="type">Topic</infon><infon key="identifier">D9</infon><text/></annotation>
<relation id="R1"><infon key="type">binds</infon><infon key="score">0.25</infon><infon key="directed">true</infon><node refid="3" role="a"/><node refid="m2" role="b"/></relation>
<relation id="R2"><infon key="type">binds</infon><infon key="score">0.25</infon><infon key="directed">true</infon><infon key="meaning">holds</infon><node refid="3" role="a"/><node refid="2" role="b"/></relation>
<relation id="R3"><infon key="type">Association</infon><infon key="entity1">MESH:D1</infon><infon key="entity2">11</infon><infon key="novel">No</infon></relation>
</document></collection>
`

func TestReadBioCXML(t *testing.T) {
	docs, err := ReadBioCXML(strings.NewReader(biocXMLOK))
	if err != nil || len(docs) != 1 {
		t.Fatalf("%d documents, %v", len(docs), err)
	}
	checkBioC(t, docs[0])
}

// laughs declares an entity that would be a gigabyte if it were expanded.
func laughs(root string) string {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?>\n<!DOCTYPE " + root + " [\n<!ENTITY a0 \"ha\">\n")
	for i := range 9 {
		next, last := string(rune('1'+i)), string(rune('0'+i))
		b.WriteString("<!ENTITY a" + next + " \"" + strings.Repeat("&a"+last+";", 10) + "\">\n")
	}
	b.WriteString("<!ENTITY file SYSTEM \"file:///etc/passwd\">\n]>\n")
	return b.String()
}

func TestReadBioCXMLErrors(t *testing.T) {
	in := func(inner string) string {
		return "<collection>\n<document><id>d</id>\n<passage><offset>3</offset><text>α b</text>\n" + inner + "</passage></document></collection>"
	}
	for _, tt := range []struct{ in, want string }{
		{"", "nothing in it (want the XML of a collection of BioC)"},
		{"<document/>", `line 1: element "document" (want a collection of BioC)`},
		{"<collection>\n</collection>", "nothing in it (want a collection of BioC with documents)"},
		{"<collection>\n<document></collection>", "line 2: element <document> closed by </collection>"},
		{"<collection>\n<document>", "line 2: unexpected EOF"},
		{"<collection>\nx<document>", `line 2: text between elements: "\nx"`},
		{"<collection></collection>\n<document/>", `line 2: element "document" after the end of the document`},
		{"<?xml version=\"1.0\" encoding=\"latin-7\"?><collection/>", `line 1: xml: opening charset "latin-7": encoding "latin-7" (want UTF-8)`},
		{"<collection>\n<document>" + strings.Repeat("<a>", maxDepth+1), "line 2: elements within each other more than 200 deep"},
		{laughs("collection") + "<collection>\n<document><id>&a9;</id>", "line 16: invalid character entity &a9;"},
		{laughs("collection") + "<collection>\n<document><id>&file;</id>", "line 16: invalid character entity &file;"},
		{"<collection><document>\n<passage><text>x</text></passage></document></collection>", `line 2: the offset of a passage: "" is no number`},
		{in(`<annotation id="a"><infon key="type">x</infon><location offset="x" length="1"/></annotation>`), "line 4: a location of annotation \"a\": \"x\" is no number"},
		{in("\n" + `<annotation id="a"><infon key="type">x</infon><location offset="7" length="1"/></annotation>`), `line 5: document "d": annotation "a": there is no text at offset 7 (the passage before ends at 6)`},
		{in(`<annotation id="a"><infon key="type">x</infon><location offset="3" length="1"/></annotation>` + "\n" + `<annotation id="a"><infon key="type">x</infon><location offset="3" length="1"/></annotation>`), `line 5: document "d": annotation "a": annotation "a" occurs twice`},
		{in(`<annotation id="a"><infon key="type">x</infon><location offset="3" length="1"/></annotation>` + "\n" + `<relation id="r"><node refid="b" role="Trigger"/></relation>`), `line 5: document "d": relation "r": there is no annotation or event "b"`},
	} {
		docs, err := ReadBioCXML(strings.NewReader(tt.in))
		if checkError(t, err); err == nil || err.Error() != "corpus: "+tt.want || docs != nil {
			t.Errorf("%.300s: error %v, want %s", tt.in, err, tt.want)
		}
	}
	if _, err := ReadBioCXML(strings.NewReader("x")); !errors.Is(err, ErrEmpty) {
		t.Errorf("got %v, want ErrEmpty", err)
	}
}

func FuzzReadBioCXML(f *testing.F) {
	f.Add(biocXMLOK)
	f.Add(`<collection><document><passage><offset>1</offset><text>ab</text><annotation><infon key="type">x</infon><location offset="1" length="1"/></annotation></passage></document></collection>`)
	f.Fuzz(func(t *testing.T, in string) {
		docs, err := ReadBioCXML(strings.NewReader(in))
		if checkError(t, err); err == nil {
			fuzzedBioC(t, docs)
		}
	})
}
