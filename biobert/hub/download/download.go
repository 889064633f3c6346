// Package download fetches models of the Hugging Face hub by their names. Import it for its
// effect:
//
//	import _ "github.com/sparsebio/sparsebio/biobert/hub/download"
//
//	ner, err := biobert.NewTokenClassification(ctx, "owner/name")
//
// It is a package of its own because it links HTTP and TLS, 3.4 MB and a second of linking
// in a notebook cell, which programs with embedded models can do without.
//
// The cache, the token and all settings are those of package datasets/hub: the cache is the
// one that Python's huggingface_hub uses, and its environment variables count, HF_HUB_OFFLINE
// among them. New takes a client with other settings.
package download

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"

	models "github.com/sparsebio/sparsebio/biobert/hub"
	"github.com/sparsebio/sparsebio/datasets/hub"
)

func init() {
	models.RegisterFetcher(func(ctx context.Context, r models.Request) (models.Fetched, error) {
		progress := func(hub.Progress) {}
		switch {
		case r.Silent:
		case r.Progress != nil:
			progress = convert(r.Progress)
		default:
			progress = hub.Bar()
		}
		c, err := hub.New(hub.WithProgress(progress))
		if err != nil {
			return models.Fetched{}, err
		}
		return fetch(ctx, c, r)
	})
}

// New returns what fetches through c, whose endpoint, cache and progress are then its own,
// for biobert.WithFetcher.
func New(c *hub.Client) models.Fetcher {
	return func(ctx context.Context, r models.Request) (models.Fetched, error) {
		if c == nil {
			return models.Fetched{}, errors.New("download: New(nil)")
		}
		return fetch(ctx, c, r)
	}
}

func convert(f func(models.Progress)) func(hub.Progress) {
	return func(p hub.Progress) {
		f(models.Progress{Repo: p.Repo.ID, File: p.File, Bytes: p.Bytes, Total: p.Total, Elapsed: p.Elapsed, Done: p.Done, Err: p.Err})
	}
}

func fetch(ctx context.Context, c *hub.Client, r models.Request) (models.Fetched, error) {
	repo := hub.Model(r.Repo)
	// What is in the cache opens after this one request: of a commit nothing else need be asked.
	commit, err := c.Resolve(ctx, repo, r.Revision)
	if err != nil {
		if errors.Is(err, hub.ErrRepoNotFound) || repo.Check() != nil {
			err = fmt.Errorf("%w: %w", models.ErrUnknownModel, err)
		}
		return models.Fetched{}, err
	}
	names, err := list(ctx, c, repo, commit, r.Folders)
	if err != nil {
		return models.Fetched{}, err
	}
	ch, err := choose(names, r.Folders)
	if err != nil {
		return models.Fetched{}, fmt.Errorf("%s: %w", repo, err)
	}
	if ch.archive == "" && r.Check != nil {
		if err := check(ctx, c, repo, commit, ch.config, r.Check); err != nil {
			return models.Fetched{}, err
		}
	}
	dir, wanted, err := snapshot(ctx, c, repo, commit, ch)
	if err != nil {
		return models.Fetched{}, err
	}
	note(ctx, c, repo, r.Revision, dir, wanted[0])
	f := models.Fetched{Commit: commit}
	for _, name := range wanted {
		f.Files = append(f.Files, filepath.Join(dir, filepath.FromSlash(name)))
	}
	if ch.archive != "" {
		f.File = f.Files[0]
	} else {
		f.Dir = filepath.Join(dir, filepath.FromSlash(ch.folder))
	}
	return f, nil
}

// list returns the names of the files of a commit. If the hub cannot be reached and its list is not in the cache, as older
// versions of huggingface_hub leave that, it is those that the cache has where a checkpoint may be.
func list(ctx context.Context, c *hub.Client, repo hub.RepoID, commit string, folders []string) ([]string, error) {
	files, err := c.List(ctx, repo, commit)
	var names []string
	for _, f := range files {
		names = append(names, f.Path)
	}
	if !errors.Is(err, hub.ErrUnreachable) || ctx.Err() != nil {
		return names, err
	}
	if len(folders) == 0 {
		folders = []string{""}
	}
	for _, folder := range folders {
		for _, dir := range []string{folder, path.Join(folder, deployment)} {
			config, cacheErr := c.Cached(repo, commit, path.Join(dir, configFile))
			if cacheErr != nil {
				continue
			}
			for _, sub := range []string{"", onnxFolder} {
				entries, cacheErr := os.ReadDir(filepath.Join(filepath.Dir(config), sub))
				if cacheErr != nil && (sub == "" || !errors.Is(cacheErr, fs.ErrNotExist)) {
					return nil, cacheErr
				}
				for _, e := range entries {
					names = append(names, path.Join(dir, sub, e.Name()))
				}
			}
		}
	}
	if names == nil {
		return nil, err
	}
	return names, nil
}

// note has the cache know the commit of a branch or tag, for work without a network, by asking for a file of it that is
// there. That it failed shows only then, and the model is here.
func note(ctx context.Context, c *hub.Client, repo hub.RepoID, revision, dir, file string) {
	if path, err := c.Cached(repo, revision, file); err != nil || path != filepath.Join(dir, filepath.FromSlash(file)) {
		_, _ = c.Download(ctx, repo, revision, file)
	}
}

// maxConfig is more than any config.json has.
const maxConfig = 16 << 20

func check(ctx context.Context, c *hub.Client, repo hub.RepoID, commit, config string, check func([]byte) error) error {
	path, err := c.Download(ctx, repo, commit, config)
	if err != nil {
		return err
	}
	st, err := os.Stat(path)
	if err != nil {
		return err
	}
	if st.Size() > maxConfig {
		return fmt.Errorf("%s: %s has %d bytes, more than any configuration", repo, config, st.Size())
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := check(raw); err != nil {
		return fmt.Errorf("%s: %s: %w", repo, config, err)
	}
	return nil
}

// snapshot fetches the files of the first form of weights, and says which those are. If that is not possible for want
// of a network, one that is in the cache will do: another program may have wanted that.
func snapshot(ctx context.Context, c *hub.Client, repo hub.RepoID, commit string, ch *choice) (dir string, files []string, err error) {
	files = ch.files(0)
	dir, err = c.Snapshot(ctx, repo, commit, patterns(files)...)
	if err == nil || !errors.Is(err, hub.ErrOffline) && !errors.Is(err, hub.ErrUnreachable) {
		return dir, files, err
	}
	for i := 1; i < len(ch.weights); i++ {
		if files := ch.files(i); cached(c, repo, commit, files) {
			if dir, err := c.Snapshot(ctx, repo, commit, patterns(files)...); err == nil {
				return dir, files, nil
			}
		}
	}
	return "", nil, err
}

func cached(c *hub.Client, repo hub.RepoID, commit string, files []string) bool {
	for _, f := range files {
		if _, err := c.Cached(repo, commit, f); err != nil {
			return false
		}
	}
	return true
}
