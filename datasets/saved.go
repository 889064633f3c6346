package datasets

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"github.com/sparsebio/sparsebio/datasets/internal/atomicfile"
)

// The files of a folder that save_to_disk writes, beside the Arrow streams.
const (
	stateFile = "state.json"
	infoFile  = "dataset_info.json"
	dictFile  = "dataset_dict.json" // beside folders of splits
)

type savedState struct {
	DataFiles        []dataFile     `json:"_data_files"`
	Fingerprint      string         `json:"_fingerprint"`
	FormatColumns    []string       `json:"_format_columns"`
	FormatKwargs     map[string]any `json:"_format_kwargs"`
	FormatType       *string        `json:"_format_type"`
	OutputAllColumns bool           `json:"_output_all_columns"`
	Split            *string        `json:"_split"`
}

type dataFile struct {
	Filename string `json:"filename"`
}

// savedFiles finds the rows of a folder that save_to_disk wrote, here or in Python.
func savedFiles(dir string) (split string, files *rowFiles, err error) {
	var state savedState
	found, err := readJSONFile(filepath.Join(dir, stateFile), &state)
	if err != nil {
		return "", nil, err
	}
	if !found || len(state.DataFiles) == 0 {
		return "", nil, fmt.Errorf("datasets: %q is not a complete save_to_disk folder (%s is missing or names no files)", dir, stateFile)
	}
	split = "train"
	if state.Split != nil && *state.Split != "" {
		split = *state.Split
	}
	files = &rowFiles{ext: ".arrow"}
	for _, f := range state.DataFiles {
		if !filepath.IsLocal(f.Filename) {
			return "", nil, fmt.Errorf("datasets: %q names the file %q, outside the folder", filepath.Join(dir, stateFile), f.Filename)
		}
		files.paths = append(files.paths, filepath.Join(dir, f.Filename))
	}
	var info struct {
		Features Features `json:"features"`
	}
	if _, err := readJSONFile(filepath.Join(dir, infoFile), &info); err != nil {
		return "", nil, err
	}
	files.features = info.Features
	return split, files, nil
}

// SaveToDisk writes d as a folder that Load reads, and datasets.load_from_disk in
// Python. The folder appears complete or not at all. If dir exists, it must be
// empty or an earlier save, which is replaced.
func (d *Dataset) SaveToDisk(dir string) error {
	return saveFolder(dir, func(tmp string) error { return d.saveInto(tmp, filepath.Base(dir), nil) })
}

// SaveSplits writes sets as the splits of a folder, which Load and LoadSplits read, and datasets.load_from_disk in Python, as
// DatasetDict.save_to_disk writes it. The folder appears complete or not at all, as with [Dataset.SaveToDisk].
func SaveSplits(dir string, splits ...Split) error {
	var dict struct {
		Splits []string `json:"splits"`
	}
	for _, s := range splits {
		if !splitName.MatchString(s.Name) {
			return fmt.Errorf("datasets: saving to %q: %q cannot be the name of a split (want letters, digits and _, with dots between)", dir, s.Name)
		}
		if slices.Contains(dict.Splits, s.Name) {
			return fmt.Errorf("datasets: saving to %q: two splits are named %q", dir, s.Name)
		}
		dict.Splits = append(dict.Splits, s.Name)
	}
	if len(splits) == 0 {
		return fmt.Errorf("datasets: saving to %q: no splits", dir)
	}
	return saveFolder(dir, func(tmp string) error {
		for _, s := range splits {
			sub := filepath.Join(tmp, s.Name)
			if err := os.Mkdir(sub, 0o777); err != nil {
				return err
			}
			if err := s.saveInto(sub, s.Name, &s.Name); err != nil {
				return err
			}
		}
		data, err := json.Marshal(dict)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(tmp, dictFile), data, 0o666)
	})
}

// saveFolder replaces a folder only if it is a save.
func saveFolder(dir string, fill func(tmp string) error) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		has := func(name string) bool {
			return slices.ContainsFunc(entries, func(e os.DirEntry) bool { return e.Name() == name })
		}
		if !has(dictFile) && !(has(stateFile) && has(infoFile)) {
			return fmt.Errorf("datasets: will not replace folder %q, which is no saved data set", dir)
		}
	}
	if err := atomicfile.WriteDir(dir, fill); err != nil {
		return fmt.Errorf("datasets: saving to %q: %w", dir, withoutPath(err))
	}
	return nil
}

// saveInto fills a folder; what is how progress calls it.
func (d *Dataset) saveInto(dir, what string, split *string) (err error) {
	m := new(options).newMeter("writing "+what, d.NumRows())
	defer func() { m.done(err) }()
	const name = "data-00000-of-00001.arrow"
	sum := sha256.New()
	f, err := os.Create(filepath.Join(dir, name))
	if err != nil {
		return err
	}
	defer f.Close()
	if err := writeArrowStream(rowCounter{io.MultiWriter(f, sum), m}, d.table); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	state := savedState{
		DataFiles:    []dataFile{{name}},
		Fingerprint:  hex.EncodeToString(sum.Sum(nil)[:8]),
		FormatKwargs: map[string]any{},
		Split:        split,
	}
	info := map[string]any{"citation": "", "description": "", "features": d.features, "homepage": "", "license": ""}
	for file, v := range map[string]any{stateFile: state, infoFile: info} {
		data, err := json.MarshalIndent(v, "", "  ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(filepath.Join(dir, file), data, 0o666); err != nil {
			return err
		}
	}
	return nil
}
