package datasets

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
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
	switch found, err := readJSONFile(filepath.Join(dir, "dataset_dict.json"), &dict); {
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
	splits, ext, err := dataFiles(dir, o.format)
	if err != nil {
		return nil, err
	}
	return &location{dir, sortSplits(splits), func(_ context.Context, split string) (*rowFiles, error) {
		return &rowFiles{ext: ext, paths: splits[split]}, nil
	}}, nil
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
var notData = []string{"config.json", "dataset_info.json", "dataset_infos.json", "dataset_dict.json", stateFile}

// dataFiles returns the data files of a folder by split, in order, and their
// common extension.
func dataFiles(dir, format string) (map[string][]string, string, error) {
	byExt := make(map[string][]string)
	err := filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if p != dir && strings.HasPrefix(e.Name(), ".") {
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		ext := fileExtension(p)
		if e.IsDir() || ext == "" || slices.Contains(notData, e.Name()) || strings.HasSuffix(e.Name(), ProvenanceSuffix) {
			return nil
		}
		byExt[ext] = append(byExt[ext], p)
		return nil
	})
	if err != nil {
		return nil, "", openError(dir, err)
	}
	switch {
	case corpusFormats[format] != nil:
		corpusFiles(byExt, format)
	case format == "":
		corpusFiles(byExt, "")
	}
	ext, err := oneFormat(fmt.Sprintf("folder %q", dir), byExt, format)
	if err != nil {
		return nil, "", err
	}
	return splitFiles(dir, byExt[ext]), ext, nil
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
