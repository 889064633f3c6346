package hub

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Request says which checkpoint of the hub is wanted.
type Request struct {
	Repo     string // "owner/name"
	Revision string // a branch, a tag or a commit, or "" for main

	// Folders are the folders of the repository that may hold the checkpoint, with "/"
	// on all systems; the first one that does is taken. Without any it is the root.
	Folders []string

	// Check, if not nil, is given config.json before anything large is fetched. Its error
	// ends the work.
	Check func(config []byte) error

	Progress func(Progress) // nil for the fetcher's own
	Silent   bool           // no progress at all
}

// Fetched is where a checkpoint of the hub is now: one of Dir and File is set.
type Fetched struct {
	Dir    string // a checkpoint folder
	File   string // an archive with a checkpoint folder
	Commit string
	Files  []string // paths of the files that were wanted; Dir may have others
}

// Progress says how far the fetching of a file has come.
type Progress struct {
	Repo    string
	File    string
	Bytes   int64 // there so far
	Total   int64 // -1 if the hub does not say
	Elapsed time.Duration
	Done    bool  // the last report of the file
	Err     error // why it ended, with Done
}

// A Fetcher brings the files of a checkpoint that a model needs to this machine:
// config.json, those of the tokenizer, and the weights in one form. It stops when ctx
// ends. Its errors say which repository, file and revision they are about; the one for a
// repository that does not exist wraps ErrUnknownModel. It must be safe for concurrent use.
type Fetcher func(ctx context.Context, r Request) (Fetched, error)

var fetcher Fetcher // guarded by mu

// RegisterFetcher makes f what fetches models of the hub. It panics if there is one
// already.
func RegisterFetcher(f Fetcher) {
	mu.Lock()
	defer mu.Unlock()
	if fetcher != nil {
		panic("hub: RegisterFetcher called twice")
	}
	fetcher = f
}

// ErrNoFetcher is wrapped by the error for a model of the hub in a program that has not
// imported package download.
var ErrNoFetcher = errors.New("this program does not fetch from the hub")

const downloadPackage = "github.com/sparsebio/sparsebio/biobert/hub/download"

const hubScheme = "hf://"

// A modelID names a model of the hub.
type modelID struct{ repo, revision string }

// hubID returns the model of the hub that name may stand for: owner/name, unless that
// looks like a file, or hf://owner/name; with @revision or without. What exactly a
// name may be is for the fetcher to say.
func hubID(name string) (modelID, bool) {
	text, explicit := strings.CutPrefix(name, hubScheme)
	if explicit {
		text = strings.TrimPrefix(text, "models/")
	}
	repo, revision, at := strings.Cut(text, "@")
	id := modelID{repo, revision}
	if at && revision == "" {
		return id, false
	}
	parts := strings.Split(repo, "/")
	for _, p := range parts {
		if p == "" || strings.ContainsAny(p[:1], ".-~") || strings.ContainsFunc(p, notInID) {
			return id, false
		}
	}
	if explicit { // the oldest ones have no owner
		return id, len(parts) <= 2
	}
	return id, len(parts) == 2 && !isModelFile(repo)
}

func notInID(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '_' && r != '.'
}

// isModelFile tells by its name what must be a misspelt path.
func isModelFile(name string) bool {
	for _, ext := range []string{".onnx", ".sbm", ".safetensors", ".bin", ".json", ".txt", ".gz", ".zip", ".pt"} {
		if strings.HasSuffix(strings.ToLower(name), ext) {
			return true
		}
	}
	return IsArchive(name)
}

// fetchModel fetches a model of the hub that was asked for by name. tried, which ends in
// "and ", goes before what the hub says to it.
func (o *options) fetchModel(ctx context.Context, name string, id modelID, tried string) (Source, error) {
	switch {
	case id.revision != "" && o.revision != "" && id.revision != o.revision:
		return Source{}, fmt.Errorf("model %q: WithRevision wants %q", name, o.revision)
	case id.revision == "":
		id.revision = o.revision
	}
	f, err := o.fetched(ctx, id, nil)
	switch {
	case errors.Is(err, ErrNoFetcher):
		return Source{}, fmt.Errorf("%w %q: %s%w", ErrUnknownModel, name, tried, err)
	case err != nil && tried != "":
		return Source{}, fmt.Errorf("model %q: %son the hub: %w", name, tried, err)
	case err != nil:
		return Source{}, fmt.Errorf("model %q: %w", name, err)
	}
	return Source{Name: name, Dir: f.Dir, File: f.File, Repo: id.repo, Commit: f.Commit, Files: f.Files}, nil
}

func (o *options) fetched(ctx context.Context, id modelID, folders []string) (Fetched, error) {
	f := o.fetch
	if f == nil {
		mu.RLock()
		f = fetcher
		mu.RUnlock()
	}
	if f == nil {
		return Fetched{}, fmt.Errorf("%w (if it is a model of the hub, add: import _ %q; if it is a folder, check its path)", ErrNoFetcher, downloadPackage)
	}
	return f(ctx, Request{
		Repo: id.repo, Revision: id.revision, Folders: folders, Check: o.check, Progress: o.progress, Silent: o.silent,
	})
}
