package datasets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// locateFolder finds the splits of a folder in one of the layouts that Load names.
func locateFolder(dir string, o *options) (*location, error) {
	var dict struct {
		Splits []string `json:"splits"`
	}
	switch found, err := readJSONFile(filepath.Join(dir, dictFile), &dict); {
	case err != nil:
		return nil, err
	case found:
		return &location{dir, dict.Splits, func(_ context.Context, split string) (*rowFiles, error) {
			if !filepath.IsLocal(split) {
				return nil, fmt.Errorf("datasets: %q: split %q is not the name of a folder in it", dir, split)
			}
			_, files, err := savedFiles(filepath.Join(dir, split))
			return files, err
		}}, nil
	}
	if _, err := os.Stat(filepath.Join(dir, stateFile)); err == nil {
		split, files, err := savedFiles(dir)
		if err != nil {
			return nil, err
		}
		return oneSplit(dir, split, files), nil
	}
	set := &setFiles{name: dir, what: fmt.Sprintf("folder %q", dir), dir: dir, local: true}
	if err := set.walk(); err != nil {
		return nil, err
	}
	var c card
	if o.format == "" || o.config != "" {
		found, err := folderCard(dir)
		if err != nil {
			return nil, err
		}
		c = *found
	}
	cfg, err := c.config(dir, o.config)
	if err != nil {
		return nil, err
	}
	chosen, err := set.choose(cfg, o)
	if err != nil {
		return nil, err
	}
	return &location{dir, chosen.splits, func(_ context.Context, split string) (*rowFiles, error) {
		return &rowFiles{ext: chosen.ext, paths: chosen.files[split], declared: c.declared(cfg)}, nil
	}}, nil
}

// folderCard reads the card of a folder, if there is one.
func folderCard(dir string) (*card, error) {
	c := &card{features: make(map[string]Features)}
	for _, name := range []string{cardFile, infosFile} {
		path := filepath.Join(dir, name)
		f, err := os.Open(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, openError(path, err)
		}
		if name == cardFile {
			c, err = readCard(path, f)
		} else {
			err = c.readInfos(path, f)
		}
		f.Close()
		if err != nil {
			return nil, err
		}
	}
	return c, nil
}

// readJSONFile decodes a small file if there is one.
func readJSONFile(path string, v any) (found bool, err error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, openError(path, err)
	}
	if err := json.Unmarshal(data, v); err != nil {
		return true, fmt.Errorf("datasets: %q: %w", path, err)
	}
	return true, nil
}

// notData are files of data set repositories that describe the data.
var notData = []string{"config.json", infoFile, infosFile, dictFile, stateFile}

// setFiles are the files of a folder, or of a repository of the hub.
type setFiles struct {
	name, what string // for errors
	dir        string // "" on the hub
	local      bool
	rels       []string // with slashes
}

// chosenFiles are those of a configuration.
type chosenFiles struct {
	splits []string
	files  map[string][]string // by split, below the folder of the set
	ext    string
}

// walk finds the files of a folder, hidden ones apart.
func (s *setFiles) walk() error {
	err := filepath.WalkDir(s.dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if p != s.dir && strings.HasPrefix(e.Name(), ".") {
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if rel, err := filepath.Rel(s.dir, p); err == nil && !e.IsDir() {
			s.rels = append(s.rels, filepath.ToSlash(rel))
		}
		return nil
	})
	if err != nil {
		return openError(s.dir, err)
	}
	return nil
}

// choose returns the files of a configuration, or all, by split.
func (s *setFiles) choose(cfg *cardConfig, o *options) (*chosenFiles, error) {
	format := o.format
	all := slices.DeleteFunc(slices.Clone(s.rels), func(f string) bool { return !mayHoldRows(f) })
	dir := s.dir
	var splits []string
	var bySplit map[string][]string
	if cfg != nil {
		var err error
		if splits, bySplit, err = cfg.files(s.name, all); err != nil {
			return nil, err
		}
		if splits != nil {
			all = slices.Concat(slices.Collect(maps.Values(bySplit))...)
		} else if cfg.dir != "" && cfg.dir != "." {
			all = slices.DeleteFunc(all, func(f string) bool { return !strings.HasPrefix(f, cfg.dir+"/") })
			dir = filepath.Join(dir, filepath.FromSlash(cfg.dir))
		}
		if format == "" {
			format = cfg.format
		}
	}
	byExt := make(map[string][]string)
	for _, f := range all {
		ext := fileExtension(f)
		if cfg != nil && cfg.format != "" && textFormats[ext] != nil {
			ext = cfg.format // the separator is another than the extension says
		}
		path := filepath.Join(s.dir, filepath.FromSlash(f))
		if !slices.Contains(byExt[ext], path) {
			byExt[ext] = append(byExt[ext], path)
		}
	}
	switch {
	case corpusFormats[format] != nil || s.local && format == "":
		corpusFiles(byExt, format)
	case format == "":
		maps.DeleteFunc(byExt, func(ext string, _ []string) bool { return !knownFormat(ext) })
	}
	ext, err := oneFormat(s.what, byExt, format)
	if err != nil {
		return nil, err
	}
	out := &chosenFiles{ext: ext}
	if splits == nil {
		out.files = splitFiles(dir, byExt[ext])
		out.splits = sortSplits(out.files)
		return out, nil
	}
	out.files = make(map[string][]string)
	for _, split := range splits {
		for _, f := range bySplit[split] {
			if path := filepath.Join(s.dir, filepath.FromSlash(f)); slices.Contains(byExt[ext], path) {
				out.files[split] = append(out.files[split], path)
			}
		}
		if out.files[split] != nil {
			out.splits = append(out.splits, split)
		}
	}
	return out, nil
}

// mayHoldRows reports whether a file of a set may hold rows, by its name.
func mayHoldRows(file string) bool {
	for part := range strings.SplitSeq(file, "/") {
		if strings.HasPrefix(part, ".") {
			return false
		}
	}
	base := path.Base(file)
	return fileExtension(file) != "" && !slices.Contains(notData, base) && !strings.HasSuffix(base, ProvenanceSuffix)
}

// oneFormat returns the extension of the files to read: the wanted one, or the only
// one.
func oneFormat(what string, byExt map[string][]string, format string) (string, error) {
	if format != "" {
		maps.DeleteFunc(byExt, func(ext string, _ []string) bool { return ext != format })
	} else if len(byExt) > 1 {
		delete(byExt, ".txt") // a licence, more often than data
	}
	switch kinds := slices.Sorted(maps.Keys(byExt)); len(kinds) {
	case 0:
		looked := knownExtensions() + " and corpora"
		if format != "" {
			looked = strings.Join(append([]string{format}, corpusExtensions[format]...), ", ")
		}
		return "", fmt.Errorf("datasets: %s has no data files (looked for %s)", what, looked)
	case 1:
		return kinds[0], nil
	default:
		return "", fmt.Errorf("datasets: %s has data files of several formats: %s (choose one with WithFormat)", what, strings.Join(kinds, ", "))
	}
}

var (
	shardName  = regexp.MustCompile(`^(.+)-\d{5}-of-\d{5}$`)
	splitWords = []struct {
		split string
		word  *regexp.Regexp
	}{ // the words and their borders are those of Hugging Face datasets, but for devel and development, which corpora use
		{"train", splitWord("train|training")},
		{"validation", splitWord("validation|valid|dev|val|devel|development")},
		{"test", splitWord("test|testing|eval|evaluation")},
	}
)

func splitWord(words string) *regexp.Regexp {
	return regexp.MustCompile(`(?i)(^|[-._ 0-9])(` + words + `)([-._ 0-9]|$)`)
}

// splitFiles sorts files into splits by their names, or those of their folders.
func splitFiles(dir string, files []string) map[string][]string {
	splits := make(map[string][]string)
	for _, f := range files {
		rel, err := filepath.Rel(dir, f)
		if err != nil {
			rel = f
		}
		split := splitOf(filepath.ToSlash(rel))
		splits[split] = append(splits[split], f)
	}
	if rest := splits[""]; rest != nil {
		delete(splits, "")
		if len(splits) == 0 { // where some files name a split, the others are not part of any
			splits["train"] = rest
		}
	}
	return splits
}

// splitOf returns the split that a path names, or "".
func splitOf(rel string) string {
	parts := strings.Split(rel, "/")
	stem := strings.TrimSuffix(strings.TrimSuffix(parts[len(parts)-1], ".gz"), extension(rel))
	parts[len(parts)-1] = stem
	for _, p := range slices.Backward(parts) {
		for _, s := range splitWords {
			if s.word.MatchString(p) {
				return s.split
			}
		}
	}
	if m := shardName.FindStringSubmatch(stem); m != nil {
		return m[1]
	}
	return ""
}

func sortSplits(splits map[string][]string) []string {
	rank := func(s string) int {
		for i, w := range splitWords {
			if s == w.split {
				return i
			}
		}
		return len(splitWords)
	}
	return slices.SortedFunc(maps.Keys(splits), func(a, b string) int {
		if d := rank(a) - rank(b); d != 0 {
			return d
		}
		return strings.Compare(a, b)
	})
}
