package corpus

import (
	"archive/tar"
	"archive/zip"
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// ReadBratFiles reads the documents in brat's standoff format at a path: a text "x.txt" or its annotations "x.ann", a folder with such pairs in and
// below it, or an archive of one (zip, tar, tar with gzip). In place of x.ann there may be x.a1 and x.a2, as in the
// BioNLP shared tasks. Documents are in the order of their names; the ID of one is its file's in the folder, or in the folder that
// all files of the archive are in, with slashes and without its extension. In folders and archives a text without annotations is no document, and
// annotations without a text are an error.
func ReadBratFiles(path string) ([]Standoff, error) {
	if st, err := os.Stat(path); err == nil && st.IsDir() {
		return readBratFolder(path)
	}
	if ext := filepath.Ext(path); ext == ".txt" || bratExtension(ext) > 0 {
		return readBratPair(path)
	}
	return readBratArchive(path)
}

// maxBratTexts is how long the texts of a folder or an archive may be together, in bytes; a small archive may unpack to more.
const maxBratTexts = 256 << 20

var bratExtensions = []string{".txt", ".ann", ".a1", ".a2"}

// bratExtension returns which of brat's extensions one is, 0 for that of texts, or -1.
func bratExtension(ext string) int { return slices.Index(bratExtensions, ext) }

// bratFiles has the files of documents by the name that is common to them.
type bratFiles map[string]*[4]func() (io.ReadCloser, error)

func (b bratFiles) add(name string, open func() (io.ReadCloser, error)) error {
	ext := path.Ext(name)
	i := bratExtension(ext)
	if i < 0 || strings.HasPrefix(name, "__MACOSX/") || strings.HasPrefix(path.Base(name), ".") {
		return nil
	}
	stem := strings.TrimSuffix(name, ext)
	if b[stem] == nil {
		if len(b) == maxMembers {
			return fmt.Errorf("more than %d documents", maxMembers)
		}
		b[stem] = new([4]func() (io.ReadCloser, error))
	}
	b[stem][i] = open
	return nil
}

// read reads all documents, whose texts have at most so many bytes together; where is what their names are in, ending in what
// joins the two.
func (b bratFiles) read(where string, most int) ([]Standoff, error) {
	var out []Standoff
	size := 0 // of the texts
	for _, stem := range slices.Sorted(maps.Keys(b)) {
		files := b[stem]
		annotated := files[1] != nil || files[2] != nil || files[3] != nil
		switch {
		case !annotated:
			continue
		case files[0] == nil:
			return nil, &ParseError{Path: where + stem + ".txt", Err: fmt.Errorf("there are annotations, but not the text: %w", fs.ErrNotExist)}
		case files[1] != nil:
			files[2], files[3] = nil, nil
		}
		d, err := b.document(where, stem)
		if err != nil {
			return nil, err
		}
		if size += len(d.Text); size > most {
			return nil, &ParseError{Err: fmt.Errorf("texts of more than %d bytes", most)}
		}
		d.ID = stem
		out = append(out, d)
	}
	if len(out) == 0 {
		return nil, empty("texts x.txt with annotations x.ann")
	}
	return out, nil
}

func (b bratFiles) document(where, stem string) (Standoff, error) {
	var text named
	var annotations []named
	for i, open := range b[stem] {
		if open == nil {
			continue
		}
		name := where + stem + bratExtensions[i]
		f, err := open()
		if err != nil {
			return Standoff{}, inFile(name, &ParseError{Err: withoutPath(err)})
		}
		defer f.Close()
		if i == 0 {
			text = named{name, f}
		} else {
			annotations = append(annotations, named{name, f})
		}
	}
	return readBrat(text, annotations...)
}

func fileOpener(path string) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return os.Open(path) }
}

func readBratFolder(dir string) ([]Standoff, error) {
	b := bratFiles{}
	err := filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, file)
		if err != nil {
			return err
		}
		return b.add(filepath.ToSlash(name), fileOpener(file))
	})
	if err != nil {
		return nil, inFile(dir, err)
	}
	docs, err := b.read(filepath.Clean(dir)+string(filepath.Separator), maxBratTexts)
	return docs, inFile(dir, err)
}

func readBratPair(file string) ([]Standoff, error) {
	b := bratFiles{}
	stem := strings.TrimSuffix(file, filepath.Ext(file))
	for _, ext := range bratExtensions {
		if st, err := os.Stat(stem + ext); err == nil && !st.IsDir() {
			if err := b.add("x"+ext, fileOpener(stem+ext)); err != nil {
				return nil, inFile(file, err)
			}
		}
	}
	if len(b) == 0 {
		return nil, &ParseError{Path: file, Err: fs.ErrNotExist}
	}
	name := filepath.Base(stem)
	docs, err := bratFiles{name: b["x"]}.read(strings.TrimSuffix(stem, name), maxBratTexts)
	return docs, inFile(file, err)
}

func readBratArchive(file string) ([]Standoff, error) {
	f, err := open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	r := bufio.NewReaderSize(f, 1024)
	head, err := r.Peek(512)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, inFile(file, err)
	}
	var b bratFiles
	switch {
	case isZip(head):
		z, err := zip.OpenReader(file)
		if err != nil {
			return nil, inFile(file, err)
		}
		defer z.Close()
		b = bratFiles{}
		for _, member := range z.File {
			if err := b.add(member.Name, member.Open); err != nil {
				return nil, inFile(file, err)
			}
		}
	case isTar(head):
		if b, err = bratTar(r); err != nil {
			return nil, inFile(file, err)
		}
	default:
		return nil, &ParseError{Path: file, Err: errors.New("neither a folder, nor x.txt or x.ann, nor an archive (zip, tar, tar.gz)")}
	}
	top := commonFolder(slices.Sorted(maps.Keys(b)))
	inside := bratFiles{}
	for name, files := range b {
		inside[name[len(top):]] = files
	}
	docs, err := inside.read(file+":"+top, maxBratTexts)
	return docs, inFile(file, err)
}

func isZip(head []byte) bool { return bytes.HasPrefix(head, []byte("PK\x03\x04")) }

func isTar(head []byte) bool { return len(head) >= 512 && string(head[257:262]) == "ustar" }

// bratTar reads the files of an archive into memory.
func bratTar(r io.Reader) (bratFiles, error) {
	b := bratFiles{}
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return b, nil
		}
		if err != nil {
			return nil, err
		}
		if h.Typeflag != tar.TypeReg || bratExtension(path.Ext(h.Name)) < 0 {
			continue
		}
		content, err := io.ReadAll(&bounded{t, maxBrat})
		if err != nil {
			return nil, &ParseError{Err: fmt.Errorf("%s: %w", excerpt(h.Name), err)}
		}
		err = b.add(path.Clean(h.Name), func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil })
		if err != nil {
			return nil, err
		}
	}
}

// commonFolder returns the folder that all names are in, with its slash.
func commonFolder(names []string) string {
	if len(names) == 0 {
		return ""
	}
	common := names[0]
	for _, n := range names[1:] {
		for !strings.HasPrefix(n, common) {
			common = common[:len(common)-1]
		}
	}
	return common[:strings.LastIndexByte(common, '/')+1]
}

func sortedKeys(m map[string]string) []string { return slices.Sorted(maps.Keys(m)) }

// WriteBratFiles writes documents in brat's standoff format into a folder, which it makes if need be: for each the text "ID.txt" and the
// annotations "ID.ann". An ID with slashes leads to folders below; without one it is the number of the document, from 1.
// A file that is there and differs is never replaced: the error wraps [fs.ErrExist]. Nothing is written unless all
// documents can be.
//
// What [ReadBratFiles] reads of it is the same, but for what the format cannot hold: scores, meanings, whether a relation is Directed,
// which part of the text is the title, and folders that all IDs begin with. A Title that the text does not begin with is put on a line before it. Attributes whose names or values have
// white space become notes. Entities that reach over a line break are cut there, as brat does, and are one again when they are read; one
// that begins or ends with a line break is an error, as are types and roles with white space. Extras are written if what they name is.
func WriteBratFiles[D Writable](dir string, docs []D) error {
	fail := func(i int, id string, err error) error {
		return fmt.Errorf("corpus: brat: document %d (%q): %w", i, id, err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return fmt.Errorf("corpus: brat: %w", err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return fmt.Errorf("corpus: brat: %w", err)
	}
	defer root.Close()
	seen := map[string]bool{}
	for _, dry := range []bool{true, false} {
		for i, d := range docs {
			s := asStandoff(d)
			id := s.ID
			if id == "" {
				id = strconv.Itoa(i + 1)
			}
			var annotations string
			if dry {
				err = checkWritable(i, s)
				if err != nil {
					return err
				}
				if err = bratName(id); err == nil && seen[id] {
					err = errors.New("two documents have this identifier")
				}
				seen[id] = true
			}
			if err == nil {
				annotations, err = bratAnnotations(s)
			}
			text, _ := bratText(s.Document)
			for _, f := range []struct{ name, content string }{{id + ".txt", text}, {id + ".ann", annotations}} {
				if err == nil {
					err = writeNew(root, f.name, f.content, dry)
				}
			}
			if err != nil {
				return fail(i, id, err)
			}
		}
	}
	return nil
}

// bratName refuses identifiers that are no names of files in the folder.
func bratName(id string) error {
	control := func(r rune) bool { return r < ' ' || r == '\\' || r == 0x7f }
	if !filepath.IsLocal(filepath.FromSlash(id)) || path.Clean(id) != id || strings.ContainsFunc(id, control) || strings.HasPrefix(path.Base(id), ".") {
		return errors.New("the identifier cannot be the name of a file")
	}
	return nil
}

// writeNew writes a file, unless one with the same content is there. A dry run only looks.
func writeNew(root *os.Root, name, content string, dry bool) error {
	name = filepath.FromSlash(name)
	have, err := root.ReadFile(name)
	switch {
	case err == nil && string(have) == content:
		return nil
	case err == nil:
		return fmt.Errorf("%s: %w and differs (choose another folder, or remove it)", name, fs.ErrExist)
	case !errors.Is(err, fs.ErrNotExist):
		return err
	case dry:
		return nil
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		return err
	}
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = io.WriteString(f, content)
	return errors.Join(err, f.Close())
}
