package biobert

import (
	"bufio"
	"embed"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"
	"strings"
)

//go:embed lengths/*.txt
var lengthFiles embed.FS

// lengthNotes says what the embedded lengths are.
var lengthNotes = map[string]string{
	"article-128": "models the published protocol: 1,277 documents, most of them cut at 128 tokens",
	"arxiv-full":  "the lengths of 997 arXiv q-bio abstracts, nothing cut",
}

// Lengths returns the lengths of documents, in tokens with [CLS] and [SEP], for BenchOptions: those called
// "article-128" or "arxiv-full", or else those in the file at name, one number a line. note says in one line what
// the embedded ones are.
func Lengths(name string) (lengths []int, note string, err error) {
	var f fs.File
	if note = lengthNotes[name]; note != "" {
		f, err = lengthFiles.Open("lengths/" + name + ".txt")
	} else {
		f, err = os.Open(name)
	}
	if err != nil {
		return nil, "", fmt.Errorf("biobert: lengths: %w (have article-128, arxiv-full, or a file with one number a line)", err)
	}
	defer f.Close()
	if lengths, err = readLengths(f); err != nil {
		return nil, "", fmt.Errorf("biobert: lengths: %s:%w", name, err)
	}
	return lengths, note, nil
}

// readLengths reads numbers, one a line; an error begins with the number of the line.
func readLengths(r io.Reader) ([]int, error) {
	var out []int
	sc := bufio.NewScanner(r)
	line := 1
	for ; sc.Scan(); line++ {
		s := strings.TrimSpace(sc.Text())
		if s == "" {
			continue
		}
		n, err := strconv.Atoi(s)
		if err != nil {
			return nil, fmt.Errorf("%d: %.40q is not a number of tokens", line, s)
		}
		if err := checkLength(n); err != nil {
			return nil, fmt.Errorf("%d: %w", line, err)
		}
		out = append(out, n)
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("%d: %w", line, err)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%d: there are no numbers", line)
	}
	return out, nil
}

// maxLength is far more than any paper has.
const maxLength = 1 << 20

func checkLength(n int) error {
	if n < 3 || n > maxLength {
		return fmt.Errorf("document of %d tokens (must be from 3, with [CLS] and [SEP], to %d)", n, maxLength)
	}
	return nil
}
