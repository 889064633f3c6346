package download

import (
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"
)

// ErrNoCheckpoint is in the error for a repository that has no checkpoint that can be opened.
var ErrNoCheckpoint = errors.New("no checkpoint")

const (
	configFile = "config.json"
	deployment = "deployment" // folder, and stem of an archive
)

// A choice is what a model needs of a repository.
type choice struct {
	folder  string     // "" for the root
	config  string     // path of config.json
	small   []string   // files that come with every form of weights, config among them
	weights [][]string // the files of each form, best first
	archive string     // a file that has all of it, in which case the others are empty
}

// files are those to fetch with a form of weights.
func (c *choice) files(form int) []string {
	if c.archive != "" {
		return []string{c.archive}
	}
	return append(slices.Clone(c.small), c.weights[form]...)
}

// beside are the files that are wanted beside the weights, if they are there.
var beside = []string{configFile, "tokenizer.json", "tokenizer_config.json", "vocab.txt"}

// forms are the forms of weights, those first that transformers takes first. All files that
// match one of the patterns belong together if there is one called like the first.
var forms = [][]string{
	{"model.safetensors"},
	{"model.safetensors.index.json", "model-*-of-*.safetensors"},
	{"pytorch_model.bin"},
	{"pytorch_model.bin.index.json", "pytorch_model-*-of-*.bin"},
	{"model.onnx", "model.onnx?data", "model.onnx.data", "model.data"},
	{"onnx/model.onnx", "onnx/model.onnx?data", "onnx/model.onnx.data", "onnx/model.data"},
}

// onnxFolder is where exporters put graphs beside a checkpoint: model.onnx, and often rounded ones that nobody asked for.
const onnxFolder = "onnx"

// choose finds the checkpoint in a list of the files of a repository: in one of the folders,
// which are tried in order, or in a folder or an archive called deployment in it.
func choose(files, folders []string) (*choice, error) {
	if len(folders) == 0 {
		folders = []string{""}
	}
	have := make(map[string]bool, len(files))
	for _, f := range files {
		have[f] = true
	}
	var first error
	for _, folder := range folders {
		for _, dir := range []string{folder, path.Join(folder, deployment)} {
			if !have[path.Join(dir, configFile)] {
				continue
			}
			c, err := chooseIn(files, dir)
			if err == nil {
				return c, nil
			}
			if first == nil {
				first = err
			}
		}
		for _, ext := range []string{".tar.gz", ".tgz", ".tar"} {
			if file := path.Join(folder, deployment+ext); have[file] {
				return &choice{archive: file}, nil
			}
		}
	}
	if first != nil {
		return nil, first
	}
	where := ""
	if folders[0] != "" {
		where = " in " + strings.Join(folders, " or ")
	}
	return nil, fmt.Errorf("%w%s: no config.json (it has %s)", ErrNoCheckpoint, where, some(files))
}

func chooseIn(files []string, dir string) (*choice, error) {
	c := &choice{folder: dir, config: path.Join(dir, configFile)}
	var here []string // names of the files in dir, and in its folder of graphs
	for _, f := range files {
		switch path.Dir(path.Join("/", f)) {
		case path.Join("/", dir):
			here = append(here, path.Base(f))
		case path.Join("/", dir, onnxFolder):
			here = append(here, path.Join(onnxFolder, path.Base(f)))
		}
	}
	for _, name := range beside {
		if slices.Contains(here, name) {
			c.small = append(c.small, path.Join(dir, name))
		}
	}
	for _, form := range forms {
		if !slices.Contains(here, form[0]) {
			continue
		}
		var names []string
		for _, name := range here {
			for _, pattern := range form {
				if ok, _ := path.Match(pattern, name); ok {
					names = append(names, path.Join(dir, name))
					break
				}
			}
		}
		c.weights = append(c.weights, names)
	}
	if c.weights == nil {
		hint := ""
		if slices.Contains(here, "tf_model.h5") || slices.Contains(here, "flax_model.msgpack") {
			hint = "; convert it: AutoModel.from_pretrained(...).save_pretrained(...) in Python"
		}
		if i := slices.IndexFunc(here, func(name string) bool { return path.Ext(name) == ".onnx" }); i >= 0 {
			hint = fmt.Sprintf("; to open %s, download it beside config.json and give its path", here[i])
		}
		return nil, fmt.Errorf("%w: no weights (want model.safetensors, pytorch_model.bin, model.onnx or onnx/model.onnx; it has %s%s)", ErrNoCheckpoint, some(files), hint)
	}
	return c, nil
}

// some shows the first of many names.
func some(files []string) string {
	const most = 8
	if len(files) == 0 {
		return "no files"
	}
	s := strings.Join(files[:min(most, len(files))], ", ")
	if len(files) > most {
		s += fmt.Sprintf(" and %d more", len(files)-most)
	}
	return s
}

// patterns returns what matches these names and no others, for hub.Client.Snapshot.
func patterns(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		n = strings.NewReplacer("[", "[[]", "*", "[*]", "?", "[?]").Replace(n)
		if strings.HasPrefix(n, "!") { // would exclude
			n = "?" + n[1:]
		}
		out[i] = n
	}
	return out
}
