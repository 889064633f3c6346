package corpus

import (
	"archive/tar"
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxMembers is how many documents a folder or an archive may hold; the corpus has 1,017.
const maxMembers = 100_000

// ReadDDIFiles reads the documents of the DDI corpus at path: an XML file, a folder with XML files
// below it, or an archive of such a folder (tar, with or without gzip). Documents are in the order of their names.
func ReadDDIFiles(path string) ([]DDIDocument, error) {
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return readDDIFolder(path)
	}
	f, err := open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b := bufio.NewReaderSize(f, 1024)
	head, err := b.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, inFile(path, err)
	}
	if len(head) == 512 && string(head[257:262]) == "ustar" {
		return readDDIArchive(path, b)
	}
	d, err := ReadDDI(b)
	if err != nil {
		return nil, inFile(path, err)
	}
	return []DDIDocument{d}, nil
}

func readDDIFolder(dir string) ([]DDIDocument, error) {
	var out []DDIDocument
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !isXML(path) {
			return err
		}
		if len(out) == maxMembers {
			return &ParseError{Path: dir, Err: fmt.Errorf("more than %d XML files", maxMembers)}
		}
		d, err := ReadFile(path, ReadDDI)
		out = append(out, d)
		return err
	})
	if err == nil && len(out) == 0 {
		err = empty("a folder with XML files")
	}
	if err != nil {
		return nil, inFile(dir, err)
	}
	return out, nil
}

func readDDIArchive(path string, r io.Reader) ([]DDIDocument, error) {
	type member struct {
		name string
		doc  DDIDocument
	}
	var found []member
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, inFile(path, err)
		}
		if h.Typeflag != tar.TypeReg || !isXML(h.Name) {
			continue
		}
		if len(found) == maxMembers {
			return nil, &ParseError{Path: path, Err: fmt.Errorf("more than %d XML files", maxMembers)}
		}
		d, err := ReadDDI(t)
		if err != nil {
			return nil, inFile(path+":"+h.Name, err)
		}
		found = append(found, member{h.Name, d})
	}
	if len(found) == 0 {
		return nil, inFile(path, empty("an archive with XML files"))
	}
	slices.SortStableFunc(found, func(a, b member) int { return cmp.Compare(a.name, b.name) })
	out := make([]DDIDocument, len(found))
	for i, m := range found {
		out[i] = m.doc
	}
	return out, nil
}

func isXML(name string) bool { return strings.EqualFold(filepath.Ext(name), ".xml") }
