package hub

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// MirrorVariable is the environment variable that says where the files of the SparseZoo
// are: a folder or a repository of the hub, "owner/name" with "@revision" if need be. In
// it a model lies in the folder that its stub names,
//
//	nlp/token_classification/biobert-base_cased/pytorch/huggingface/jnlpba/pruned90_quant-none
//
// as the zoo had it: a folder deployment, or deployment.tar.gz, or the files of a
// checkpoint themselves. With a mirror a stub stands for its own files and for nothing
// else, so that it is an error if they are not there.
const MirrorVariable = "SPARSEBIO_ZOO"

const zooScheme = "zoo:"

// zooTasks are the tasks of the SparseZoo's BioBERT models that have an embedded model of
// the data set's name. That of base-none has "-dense" added to its name if there is one.
var zooTasks = []struct{ task, dataset string }{
	{"token_classification", "jnlpba"},
	{"token_classification", "bc2gm"},
	{"text_classification", "chemprot"},
	{"text_classification", "ddi"},
}

const (
	zooDomain = "nlp"
	zooArch   = "biobert"
	zooForm   = "domain/subdomain/architecture/framework/repo/dataset/variant"
)

// A stub names a model of the SparseZoo, in the form of zooForm, where names may carry
// more after a "-", or in the form that followed it in 2023,
// "biobert-base_cased-jnlpba_pubmed-pruned90_quantized", which does not say the task.
type stub struct {
	path    string // as it was written, without prefix and arguments
	domain  string
	task    string
	arch    string
	dataset string
	variant string
}

func parseStub(text string) (stub, error) {
	text, _, _ = strings.Cut(text, "?") // such as ?recipe=original
	text = strings.Trim(text, "/")
	s := stub{path: text}
	parts := strings.Split(text, "/")
	for _, p := range parts {
		if p == "" || p[0] == '.' || strings.ContainsFunc(p, notInID) {
			return s, fmt.Errorf("%q cannot be a part of a stub (want zoo:%s)", p, zooForm)
		}
	}
	switch words := strings.Split(strings.ToLower(text), "-"); {
	case len(parts) == 7:
		low := strings.Split(strings.ToLower(text), "/")
		s.domain, s.task, s.variant = low[0], low[1], low[6]
		s.arch, _, _ = strings.Cut(low[2], "-")
		s.dataset, _, _ = strings.Cut(low[5], "-")
	case len(parts) == 1 && len(words) > 2:
		s.domain, s.arch, s.variant = zooDomain, words[0], words[len(words)-1]
		s.dataset, _, _ = strings.Cut(words[len(words)-2], "_")
	default:
		return s, fmt.Errorf("not a stub (want zoo:%s)", zooForm)
	}
	return s, nil
}

// embeddedModel returns the name of the embedded model that stands for a stub, or "" if
// none does, and whether it is sparse although a dense one was asked for.
func (s stub) embeddedModel() (name string, sparser bool) {
	known := s.domain == zooDomain && strings.HasPrefix(s.arch, zooArch)
	for _, t := range zooTasks {
		if known && t.dataset == s.dataset && (t.task == s.task || s.task == "") && has(t.dataset) {
			name = t.dataset
		}
	}
	sparse := strings.Contains(s.variant, "pruned")
	switch {
	case name == "" || !sparse && !strings.HasPrefix(s.variant, "base"):
		return "", false
	case sparse:
		return name, false
	case has(name + "-dense"):
		return name + "-dense", false
	}
	return name, true
}

// has reports whether there is an embedded model of a name, imported or not.
func has(name string) bool {
	_, ok := registered(name)
	return ok || embedded[name] != ""
}

// knownStubs lists what stubs have an embedded model.
func knownStubs() string {
	var forms []string
	for _, t := range zooTasks {
		if has(t.dataset) {
			forms = append(forms, fmt.Sprintf("%s%s/%s/biobert-base_cased/pytorch/huggingface/%s", zooScheme, zooDomain, t.task, t.dataset))
		}
	}
	return strings.Join(forms, ", ") + ", each with /base-none and /pruned90_quant-none"
}

func (o *options) resolveZoo(ctx context.Context, text string) (Source, error) {
	name := zooScheme + text
	s, err := parseStub(text)
	if err != nil {
		return Source{}, fmt.Errorf("%w %q: %w", ErrUnknownModel, name, err)
	}
	if o.mirror != "" {
		return o.resolveMirror(ctx, name, s)
	}
	model, sparser := s.embeddedModel()
	if model == "" {
		return Source{}, fmt.Errorf("%w %q: the SparseZoo is closed, and the models that stand in for its own are for %s (%s may name a folder or a repository of the hub that has the real files)",
			ErrUnknownModel, name, knownStubs(), MirrorVariable)
	}
	packed, ok := registered(model)
	if !ok {
		return Source{}, fmt.Errorf("%q: the embedded model %q stands in for it: %w", name, model, unknown(model))
	}
	what := "a smaller one of ours for the same task"
	if sparser {
		what += ", sparse as there is no dense one"
	}
	return Source{Name: model, Packed: packed, Note: fmt.Sprintf("%s: the SparseZoo is closed, so the embedded model %q is used, %s (%s may name a folder or a repository of the hub that has the real files)",
		zooScheme+s.path, model, what, MirrorVariable)}, nil
}

// resolveMirror finds the files of a stub in the mirror.
func (o *options) resolveMirror(ctx context.Context, name string, s stub) (Source, error) {
	fail := func(err error) (Source, error) {
		return Source{}, fmt.Errorf("%q in the mirror %q of the SparseZoo: %w", name, o.mirror, err)
	}
	folders := s.folders()
	st, err := os.Stat(o.mirror)
	id, onHub := hubID(o.mirror)
	switch {
	case err == nil && st.IsDir():
		for _, f := range folders {
			src, err := local(filepath.Join(o.mirror, filepath.FromSlash(f)))
			if err == nil {
				src.Name = name
				return src, nil
			} else if !errors.Is(err, fs.ErrNotExist) {
				return fail(err)
			}
		}
		return fail(fmt.Errorf("%w: no folder %s (unset %s for the embedded model)", ErrUnknownModel, strings.Join(folders, " or "), MirrorVariable))
	case err == nil:
		return fail(errors.New("not a folder"))
	case !errors.Is(err, fs.ErrNotExist):
		return fail(err)
	case !onHub:
		return fail(errors.New("neither a folder nor the name of a repository of the hub, as owner/name is"))
	}
	f, err := o.fetched(ctx, id, folders)
	if err != nil {
		return fail(err)
	}
	return Source{Name: name, Dir: f.Dir, File: f.File, Repo: id.repo, Commit: f.Commit, Files: f.Files}, nil
}

// folders are those that may hold the files of a stub: that of its own name, and without
// what may come after name and category of the variant, such as "-vnni".
func (s stub) folders() []string {
	folders := []string{s.path}
	i := strings.LastIndex(s.path, "/") + 1
	if parts := strings.SplitN(s.path[i:], "-", 3); i > 0 && len(parts) == 3 {
		folders = append(folders, s.path[:i]+parts[0]+"-"+parts[1])
	}
	return folders
}
