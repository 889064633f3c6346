package corpus

import (
	"errors"
	"reflect"
	"strings"
	"testing"
)

const blueHeader = "index\tsentence\tlabel\n"

func TestReadBLUE(t *testing.T) {
	got, err := ReadBLUE(strings.NewReader("\ufeff" + blueHeader +
		"1.T1.T2\t@GENE$ binds @CHEMICAL$.\tCPR:3\n" +
		"DDI-DrugBank.d0.s1.p0\t\"The \"\"@DRUG$\"\" and\t@DRUG$.\r\n\"\tDDI-false\n" +
		"x\ty\tz\r\n" +
		"\"q\"\ta \"b\" c\t\"d\"e\"\n"))
	want := []Pair{
		{"1.T1.T2", "@GENE$ binds @CHEMICAL$.", "CPR:3", 2},
		{"DDI-DrugBank.d0.s1.p0", "The \"@DRUG$\" and\t@DRUG$.", "DDI-false", 3},
		{"x", "y", "z", 5},
		{"q", `a "b" c`, `de"`, 6},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Fatalf("got %+v, %v", got, err)
	}
	for i, doc := range []string{"1", "DDI-DrugBank.d0", "x", "q"} {
		if got[i].Document() != doc {
			t.Errorf("document %q, want %q", got[i].Document(), doc)
		}
	}
}

func TestReadBLUEErrors(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", "corpus: nothing in it (want rows of index, sentence, label)"},
		{blueHeader, "corpus: nothing in it (want rows of index, sentence, label)"},
		{"IL-2\tB-DNA\n", `corpus: line 1: the header is "IL-2, B-DNA" (want index, sentence, label, separated by tabs)`},
		{blueHeader + "1\tx\n", "corpus: line 2: 2 columns (want index, sentence, label)"},
		{blueHeader + "1\tx\t\n", `corpus: line 2: "1\tx\t" has an empty column`},
		{blueHeader + "1\t \tx\n", `corpus: line 2: "1\t \tx" has an empty column`},
		{blueHeader + "1\tx\ty\n2\t\xff\ty\n", `corpus: line 3: invalid UTF-8 in "2\t\xff\ty"`},
		{blueHeader + "1\tx\ty\n2\t\"x\ty\n3\tx\ty\n", "corpus: line 3: a quote is not closed"},
		{blueHeader + "1\t\"" + strings.Repeat("x\n", maxRow), "corpus: line 2: a row of more than 1048576 bytes (is a quote not closed?)"},
	} {
		got, err := ReadBLUE(strings.NewReader(tt.in))
		if checkError(t, err); err == nil || err.Error() != tt.want || got != nil {
			t.Errorf("%.100q: got %v, error %v, want %s", tt.in, got, err, tt.want)
		}
	}
	if _, err := ReadBLUE(strings.NewReader("")); !errors.Is(err, ErrEmpty) {
		t.Errorf("got %v", err)
	}
}

func FuzzReadBLUE(f *testing.F) {
	f.Add(blueHeader + "1.T1.T2\t@GENE$ binds @CHEMICAL$.\tCPR:3\n")
	f.Add(blueHeader + "d.s1.p0\t\"a\"\"b\r\n\"\tx\r\n")
	f.Add(blueHeader + "\"")
	f.Fuzz(func(t *testing.T, in string) {
		got, err := ReadBLUE(strings.NewReader(in))
		checkError(t, err)
		for i, p := range got {
			if p.ID == "" || p.Text == "" || p.Label == "" || p.Line < 2 || i > 0 && p.Line <= got[i-1].Line || !strings.HasPrefix(p.ID, p.Document()) {
				t.Fatalf("pair %+v", p)
			}
		}
	})
}
