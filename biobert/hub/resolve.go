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

// A Source says where a model is: exactly one of Packed, Dir and File is set.
type Source struct {
	Name   string // of an embedded model its own, of others the one that was asked for
	Packed string // the bytes of an embedded packed model
	Dir    string // a checkpoint folder
	File   string // a packed model, an ONNX file in a checkpoint folder, or an archive with such a folder

	Repo   string   // the repository of the hub that Dir or File was fetched from
	Commit string   // its commit, 40 hexadecimal digits
	Files  []string // paths of the files that were wanted of it; Dir may have others

	// Note says, in a line, what was taken in place of what was asked for, and why.
	Note string
}

// ErrUnknownModel is wrapped by the error of Resolve for a name that stands for
// nothing: usually a forgotten import or a misspelt path.
var ErrUnknownModel = errors.New("unknown model")

// An Option changes how Resolve looks for a model.
type Option func(*options) error

type options struct {
	revision string
	mirror   string
	fetch    Fetcher
	progress func(Progress)
	silent   bool
	check    func(config []byte) error
}

// WithRevision chooses a branch, a tag or a commit of a model of the hub; the
// default is main. A commit always gives the same files, and needs no network once
// they are in the cache. Models that are not on the hub are refused: they have none.
func WithRevision(revision string) Option {
	return func(o *options) error {
		if revision == "" {
			return errors.New(`WithRevision("") (leave the option out for main)`)
		}
		o.revision = revision
		return nil
	}
}

// WithMirror says where the files of the SparseZoo are, as the environment variable
// SPARSEBIO_ZOO does: see MirrorVariable. The variable counts for nothing then, and
// an empty place stands for none.
func WithMirror(place string) Option {
	return func(o *options) error { o.mirror = place; return nil }
}

// WithFetcher has f fetch models of the hub in place of the registered one.
func WithFetcher(f Fetcher) Option {
	return func(o *options) error {
		if f == nil {
			return errors.New("WithFetcher(nil)")
		}
		o.fetch = f
		return nil
	}
}

// WithProgress has f called while files are fetched, with one call at a time. The
// default is the fetcher's own; nil shows nothing.
func WithProgress(f func(Progress)) Option {
	return func(o *options) error { o.progress, o.silent = f, f == nil; return nil }
}

// WithConfigCheck has f look at the config.json of a model of the hub before its
// weights are fetched. An error of f ends the work and is returned.
func WithConfigCheck(f func(config []byte) error) Option {
	return func(o *options) error { o.check = f; return nil }
}

// Resolve finds the model of a name. What the name stands for is looked for in this
// order:
//
//   - with the prefix "zoo:", a model of the SparseZoo, which is no more: a mirror if
//     there is one (MirrorVariable), and else an embedded model for the same task,
//     as Source.Note says;
//   - with the prefix "hf://", a model of the hub: "hf://owner/name";
//   - a registered model, such as "jnlpba";
//   - a file or a folder: a checkpoint in HuggingFace's layout or in a folder called
//     deployment, as the SparseZoo has it, an ONNX file, a packed model file, or an
//     archive (".tar", ".tar.gz", ".tgz") with such a folder. One that is called like a
//     model of the hub wins;
//   - a model of the hub: "owner/name".
//
// To a model of the hub "@revision" may be added: "owner/name@v1.1" is the same as
// "owner/name" with WithRevision("v1.1"). Its files are kept in the cache that Python
// uses, too, and are fetched only if they are not there; see package download, which must
// be imported.
//
// The error for a name that stands for nothing says what was tried and wraps
// ErrUnknownModel. Resolve stops when ctx ends, and returns its cause.
func Resolve(ctx context.Context, name string, opts ...Option) (Source, error) {
	o := &options{mirror: os.Getenv(MirrorVariable)}
	for _, opt := range opts {
		if err := opt(o); err != nil {
			return Source{}, fmt.Errorf("biobert: %w", err)
		}
	}
	src, err := o.resolve(ctx, name)
	if err != nil {
		return Source{}, fmt.Errorf("biobert: %w", err)
	}
	return src, nil
}

func (o *options) resolve(ctx context.Context, name string) (Source, error) {
	if name == "" {
		return Source{}, fmt.Errorf("%w %q (give a model name such as \"jnlpba\" or the path of a checkpoint folder)", ErrUnknownModel, name)
	}
	if text, ok := strings.CutPrefix(name, zooScheme); ok {
		if err := o.noRevision(name, "is no model of the hub"); err != nil {
			return Source{}, err
		}
		return o.resolveZoo(ctx, text)
	}
	id, onHub := hubID(name)
	if onHub && strings.HasPrefix(name, hubScheme) {
		return o.fetchModel(ctx, name, id, "")
	}
	if strings.HasPrefix(name, hubScheme) {
		return Source{}, fmt.Errorf("%w %q: not the name of a model of the hub (want %sowner/name, with @revision if need be)", ErrUnknownModel, name, hubScheme)
	}
	if packed, ok := registered(name); ok {
		return Source{Name: name, Packed: packed}, o.noRevision(name, "is embedded")
	}
	src, err := local(name)
	switch {
	case err == nil && onHub:
		return src, o.noRevision(name, fmt.Sprintf("is here (that of the hub is %q)", hubScheme+name))
	case err == nil:
		return src, o.noRevision(name, "is here")
	case !errors.Is(err, fs.ErrNotExist):
		return Source{}, err
	case onHub:
		if folder := id.repo; id.revision != "" {
			if _, err := os.Stat(folder); err == nil {
				return Source{}, fmt.Errorf("%q is here and has no revision %q (that of the hub is %q)", folder, id.revision, hubScheme+name)
			}
		}
		return o.fetchModel(ctx, name, id, "there is no file or folder of that name, and ")
	}
	return Source{}, unknown(name)
}

// noRevision is an error if a revision is wanted of a model that has none.
func (o *options) noRevision(name, because string) error {
	if o.revision == "" {
		return nil
	}
	return fmt.Errorf("model %q %s and has no revision %q", name, because, o.revision)
}

// registered returns the packed file of a registered model.
func registered(name string) (string, bool) {
	mu.RLock()
	defer mu.RUnlock()
	packed, ok := models[name]
	return packed, ok
}

// unknown is the error for a name that is neither registered nor a path nor one of the hub.
func unknown(name string) error {
	if pkg, ok := embedded[name]; ok {
		return fmt.Errorf("%w %q (forgotten import? add: import _ %q)", ErrUnknownModel, name, importPath+pkg)
	}
	have := "none: import _ \"" + strings.TrimSuffix(importPath, "/") + "\" registers all"
	if n := Names(); len(n) > 0 {
		have = strings.Join(n, ", ")
	}
	return fmt.Errorf("%w %q: not a registered model (have %s), not a file or folder, and not the name of a model of the hub, as owner/name is (check the spelling, or download the checkpoint and give its folder)", ErrUnknownModel, name, have)
}

// archives are the endings of the names of archives.
var archives = []string{".tar.gz", ".tgz", ".tar"}

// IsArchive tells by its name whether a file is an archive with a checkpoint folder.
func IsArchive(path string) bool {
	path = strings.ToLower(path)
	for _, ext := range archives {
		if strings.HasSuffix(path, ext) {
			return true
		}
	}
	return false
}

const (
	configFile = "config.json"
	deployment = "deployment" // folder, and stem of an archive
)

// local finds a model in the file system. The error for a path that does not exist is
// fs.ErrNotExist.
func local(path string) (Source, error) {
	st, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Source{}, fs.ErrNotExist
	case err != nil:
		return Source{}, fmt.Errorf("model %q: %w", path, err)
	case !st.IsDir():
		return Source{Name: path, File: path}, nil
	}
	src := Source{Name: path, Dir: path}
	if exists(filepath.Join(path, configFile)) {
		return src, nil
	}
	if dir := filepath.Join(path, deployment); exists(filepath.Join(dir, configFile)) {
		src.Dir = dir
		return src, nil
	}
	for _, ext := range archives {
		if file := filepath.Join(path, deployment+ext); exists(file) {
			return Source{Name: path, File: file}, nil
		}
	}
	return src, nil // whoever opens it says what is missing
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
