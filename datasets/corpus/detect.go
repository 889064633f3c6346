package corpus

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// A Format is how a corpus is written down.
type Format string

// The formats that this package reads.
const (
	CoNLL    Format = "CoNLL"     // words with IOB tags: ReadCoNLL
	BC2GM    Format = "BC2GM"     // train.in, GENE.eval, ALTGENE.eval: ReadBC2GMFiles
	ChemProt Format = "ChemProt"  // abstracts, entities, relations: ReadChemProtFiles
	BLUE     Format = "BLUE"      // index, sentence, label: ReadBLUE
	SciBERT  Format = "SciBERT"   // text with << >> and [[ ]], label, in JSON lines: ReadSciBERT
	DDI      Format = "DDI"       // XML, in files, a folder or an archive: ReadDDIFiles
	BioCXML  Format = "BioC XML"  // a collection: ReadBioCXML
	BioCJSON Format = "BioC JSON" // a collection, a list of them, or documents: ReadBioCJSON
	PubTator Format = "PubTator"  // ReadPubTator
	Brat     Format = "brat"      // texts with .ann or .a1 beside them, a folder or an archive of these: ReadBratFiles
	PubMed   Format = "PubMed"    // XML: ReadPubMedFile
	ArXiv    Format = "arXiv"     // metadata in JSON: ReadArXivFile
)

// ErrFormat is wrapped by the error of Detect for a file in none of the formats.
var ErrFormat = errors.New("unknown format (have CoNLL, BC2GM, ChemProt, BLUE, SciBERT, DDI, BioC, PubTator, brat, PubMed and arXiv)")

// Detect says in which format the file or folder at path is, by its beginning. That does not mean that it can be read. Other
// formats are an error that wraps [ErrFormat].
func Detect(path string) (Format, error) {
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return detectFolder(path)
	}
	if isBrat(path) {
		return Brat, nil
	}
	f, err := open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	b := bufio.NewReaderSize(f, maxLine)
	head, err := b.Peek(maxLine)
	if err != nil && !errors.Is(err, io.EOF) && len(head) == 0 {
		return "", inFile(path, err)
	}
	switch {
	case isTar(head):
		return detectTar(path, b)
	case isZip(head):
		return detectZip(path)
	}
	text := strings.TrimLeft(strings.TrimPrefix(string(head), "\ufeff"), "\r\n")
	if strings.HasPrefix(strings.TrimSpace(text), "<") {
		if format := detectXML(text); format != "" {
			return format, nil
		}
	}
	if format := detectJSON(text); format != "" {
		return format, nil
	}
	line, _, _ := strings.Cut(text, "\n")
	line = strings.TrimSuffix(line, "\r")
	col := strings.Split(line, "\t")
	switch {
	case isCoNLL(line, text):
		return CoNLL, nil
	case isPubTator(line):
		return PubTator, nil
	case line == "index\tsentence\tlabel":
		return BLUE, nil
	case len(col) == 3 && col[0] != "" && strings.Trim(col[0], "0123456789") == "":
		return ChemProt, nil
	}
	if id, sentence, ok := strings.Cut(line, " "); ok && len(col) == 1 && sentence != "" && bc2gmID(id) {
		return BC2GM, nil
	}
	return "", &ParseError{Path: path, Err: fmt.Errorf("%w: it begins with %s", ErrFormat, excerpt(line))}
}

// bc2gmID reports whether id looks as those of BC2GM do: capital letters and digits, both there. In the test set they are random.
func bc2gmID(id string) bool {
	return strings.Trim(id, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") == "" && strings.ContainsAny(id, "0123456789") && len(id) >= 6
}

func detectFolder(dir string) (Format, error) {
	if found, err := filepath.Glob(filepath.Join(globEscape(dir), "*abstracts*.tsv*")); err == nil && len(found) > 0 {
		return ChemProt, nil
	}
	xml, brat := "", false
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		switch {
		case err != nil || e.IsDir():
			return err
		case bratExtension(filepath.Ext(path)) > 0:
			brat = true
			return fs.SkipAll
		case isXML(path) && xml == "":
			xml = path
		}
		return nil
	})
	switch {
	case err != nil:
	case brat:
		return Brat, nil
	case xml == "":
		err = fmt.Errorf("%w: the folder has neither ChemProt's abstracts, nor XML files, nor brat's annotations", ErrFormat)
	default:
		var format Format
		if format, err = Detect(xml); err == nil && format != DDI {
			err = fmt.Errorf("%w: a folder of files in the format %s (give one of them, such as %s)", ErrFormat, format, filepath.Base(xml))
		}
	}
	if err != nil {
		return "", inFile(dir, err)
	}
	return DDI, nil
}
