package corpus

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// A Pair is a sentence in which two mentions are marked, with the label of their relation.
type Pair struct {
	ID    string // "10064839.T49.T56", "DDI-DrugBank.d0.s1.p0"
	Text  string // "Binding of @CHEMICAL$ to @GENE$ ..."
	Label string // "CPR:4", "false"; "DDI-effect", "DDI-false"
	Line  int    // of the file, 1-based
}

// Document returns the document of the pair: its identifier without the last two parts, which name two entities in
// ChemProt, and a sentence and a pair in DDI.
func (p Pair) Document() string {
	id := p.ID
	for range 2 {
		if i := strings.LastIndexByte(id, '.'); i > 0 {
			id = id[:i]
		}
	}
	return id
}

// maxRow is the longest row that ReadBLUE takes, in bytes.
const maxRow = 1 << 20

// ReadBLUE reads marked pairs in the form of the BLUE benchmark (Peng et al. 2019): tab-separated
// columns index, sentence, label, with a header. As in CSV, a column that begins with a quote ends with one, holds
// tabs and line ends, and has its own quotes doubled; other quotes stand for themselves. Blanks and line ends
// at the borders of a sentence are removed.
//
// In BLUE's own dev files for ChemProt the first marker is always @CHEMICAL$ and the second @GENE$, even where the gene
// comes first; that cannot be seen in a row, and is left as it is. A row with another number of
// columns, without an index, a sentence or a label, or of more than 1 MB is a [*ParseError]; for a file
// without rows it wraps [ErrEmpty].
func ReadBLUE(r io.Reader) ([]Pair, error) {
	var out []Pair
	var row row
	n, first, header := 0, 0, true // lines so far, first line of the row
	fail := func(format string, args ...any) error {
		return &ParseError{Line: first, Err: fmt.Errorf(format, args...)}
	}
	err := eachLine(r, maxRow, func(line string) error {
		n++
		if row.open {
			row.field.WriteByte('\n')
		} else if row.columns, first = row.columns[:0], n; line == "" {
			return nil
		}
		row.add(line)
		switch {
		case row.field.Len() > maxRow:
			return fail("a row of more than %d bytes (is a quote not closed?)", maxRow)
		case row.open:
			return nil
		case header && !slices.Equal(row.columns, []string{"index", "sentence", "label"}):
			return fail("the header is %s (want index, sentence, label, separated by tabs)", excerpt(strings.Join(row.columns, ", ")))
		case header:
			header = false
			return nil
		case len(row.columns) != 3:
			return fail("%d columns (want index, sentence, label)", len(row.columns))
		}
		p := Pair{row.columns[0], strings.TrimSpace(row.columns[1]), row.columns[2], first}
		if p.ID == "" || p.Text == "" || p.Label == "" {
			return fail("%s has an empty column", excerpt(strings.Join(row.columns, "\t")))
		}
		out = append(out, p)
		return nil
	})
	switch {
	case err != nil:
		return nil, err
	case row.open:
		return nil, fail("a quote is not closed")
	case len(out) == 0:
		return nil, empty("rows of index, sentence, label")
	}
	return out, nil
}

// A row collects the columns of a row, which may have several lines.
type row struct {
	columns []string
	field   strings.Builder // the column that is being read
	open    bool            // it began with a quote and is not closed
}

// add reads a line. Python's csv reads quotes in the same way.
func (r *row) add(line string) {
	begins := !r.open // a column does here
	for {
		if begins && strings.HasPrefix(line, `"`) {
			r.open, line = true, line[1:]
		}
		begins = false
		until := byte('\t')
		if r.open {
			until = '"'
		}
		n := strings.IndexByte(line, until)
		if n < 0 {
			r.field.WriteString(line)
			if !r.open {
				r.end()
			}
			return
		}
		r.field.WriteString(line[:n])
		line = line[n+1:]
		switch {
		case !r.open:
			r.end()
			begins = true
		case strings.HasPrefix(line, `"`): // two stand for one
			r.field.WriteByte('"')
			line = line[1:]
		default:
			r.open = false
		}
	}
}

func (r *row) end() {
	r.columns = append(r.columns, r.field.String())
	r.field.Reset()
}
