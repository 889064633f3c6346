package corpus

import (
	"archive/tar"
	"archive/zip"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// isBrat reports whether a file has annotations of brat, or is a text with such a file beside it.
func isBrat(file string) bool {
	ext := filepath.Ext(file)
	if ext != ".txt" && bratExtension(ext) < 0 {
		return false
	}
	if st, err := os.Stat(file); err != nil || st.IsDir() {
		return false
	}
	if ext != ".txt" {
		return true
	}
	for _, other := range bratExtensions[1:] {
		if _, err := os.Stat(strings.TrimSuffix(file, ext) + other); err == nil {
			return true
		}
	}
	return false
}

// detectTar says what is in an archive: annotations of brat, or else XML, which only DDI has in archives.
func detectTar(file string, r io.Reader) (Format, error) {
	for t := tar.NewReader(r); ; {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			return "", inFile(file, fmt.Errorf("%w: the archive has neither XML files nor brat's annotations", ErrFormat))
		}
		if err != nil {
			return "", inFile(file, err)
		}
		switch {
		case h.Typeflag != tar.TypeReg:
		case bratExtension(path.Ext(h.Name)) > 0:
			return Brat, nil
		case isXML(h.Name):
			return DDI, nil
		}
	}
}

func detectZip(file string) (Format, error) {
	z, err := zip.OpenReader(file)
	if err != nil {
		return "", inFile(file, err)
	}
	defer z.Close()
	if slices.ContainsFunc(z.File, func(f *zip.File) bool { return bratExtension(path.Ext(f.Name)) > 0 }) {
		return Brat, nil
	}
	return "", inFile(file, fmt.Errorf("%w: the archive has no annotations of brat", ErrFormat))
}

// detectXML tells by the root of the beginning of a file; "" is for others.
func detectXML(head string) Format {
	d := xml.NewDecoder(strings.NewReader(head))
	d.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		tok, err := d.Token()
		if err != nil {
			return ""
		}
		if t, ok := tok.(xml.StartElement); ok {
			switch t.Name.Local {
			case "collection":
				return BioCXML
			case "PubmedArticleSet", "PubmedBookArticleSet", "MedlineCitationSet":
				return PubMed
			case "document":
				return DDI
			}
			return ""
		}
	}
}

// detectJSON tells by the fields of the first object at the beginning of a file; "" is for others and for what is not JSON.
func detectJSON(head string) Format {
	d := json.NewDecoder(strings.NewReader(head))
	tok, err := d.Token()
	if tok == json.Delim('[') {
		tok, err = d.Token()
	}
	if err != nil || tok != json.Delim('{') {
		return ""
	}
	seen, text := map[any]bool{}, ""
	for d.More() {
		key, err := d.Token()
		if err != nil {
			break
		}
		switch key {
		case "documents", "PubTator3":
			if isList(d, "passages", "infons", "_id", "pmid", "pmcid") || seen["source"] && seen["date"] && seen["key"] {
				return BioCJSON // the three come before an empty list, too
			}
			return "" // a column of that name, more likely
		case "passages":
			if isList(d, "offset", "infons") {
				return BioCJSON
			}
			return "" // a column of that name, more likely
		}
		seen[key] = true
		var value json.RawMessage
		if d.Decode(&value) != nil {
			break
		}
		if key == "text" {
			_ = json.Unmarshal(value, &text) // what is no string has no marks
		}
	}
	switch {
	case seen["id"] && seen["title"] && seen["categories"]:
		return ArXiv
	case seen["label"] && len(Pair{Text: text}.Marks()) == 2 && strings.Contains(text, "<< ") && strings.Contains(text, "[[ "):
		return SciBERT
	}
	return ""
}

// isList reports whether a list of objects follows, the first of them with one of the fields, as far as the beginning of the file says.
func isList(d *json.Decoder, fields ...string) bool {
	tok, err := d.Token()
	if err != nil || tok != json.Delim('[') {
		return err != nil
	}
	if tok, err = d.Token(); err != nil {
		return true
	}
	if tok != json.Delim('{') { // or an empty list, which may be anything
		return false
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return true
		}
		if name, ok := key.(string); ok && slices.Contains(fields, name) {
			return true
		}
		var value json.RawMessage
		if d.Decode(&value) != nil {
			return true
		}
	}
	return false
}

// isPubTator reports whether a line is a title or an abstract of PubTator.
func isPubTator(line string) bool {
	id, rest, ok := strings.Cut(line, "|")
	return ok && id != "" && !strings.ContainsAny(id, " \t") && (strings.HasPrefix(rest, "t|") || strings.HasPrefix(rest, "a|"))
}
