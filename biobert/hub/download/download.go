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
	"os"
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
	files, err := c.List(ctx, repo, r.Revision)
	if err != nil {
		if errors.Is(err, hub.ErrRepoNotFound) || repo.Check() != nil {
			err = fmt.Errorf("%w: %w", models.ErrUnknownModel, err)
		}
		return models.Fetched{}, err
	}
	names := make([]string, len(files))
	for i, f := range files {
		names[i] = f.Path
	}
	ch, err := choose(names, r.Folders)
	if err != nil {
		return models.Fetched{}, fmt.Errorf("%s: %w", repo, err)
	}
	if ch.archive == "" && r.Check != nil {
		if err := check(ctx, c, repo, r, ch.config); err != nil {
			return models.Fetched{}, err
		}
	}
	dir, wanted, err := snapshot(ctx, c, repo, r.Revision, ch)
	if err != nil {
		return models.Fetched{}, err
	}
	f := models.Fetched{Commit: filepath.Base(dir)}
	for _, name := range wanted {
		f.Files = append(f.Files, filepath.Join(dir, filepath.FromSlash(name)))
	}
	if ch.archive != "" {
		f.File = filepath.Join(dir, filepath.FromSlash(ch.archive))
	} else {
		f.Dir = filepath.Join(dir, filepath.FromSlash(ch.folder))
	}
	return f, nil
}

// maxConfig is more than any config.json has.
const maxConfig = 16 << 20

func check(ctx context.Context, c *hub.Client, repo hub.RepoID, r models.Request, config string) error {
	path, err := c.Download(ctx, repo, r.Revision, config)
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
	if err := r.Check(raw); err != nil {
		return fmt.Errorf("%s: %s: %w", repo, config, err)
	}
	return nil
}

// snapshot fetches the files of the first form of weights, and says which those are. If that is not possible for want
// of a network, one that is in the cache will do: another program may have wanted that.
func snapshot(ctx context.Context, c *hub.Client, repo hub.RepoID, revision string, ch *choice) (dir string, files []string, err error) {
	files = ch.files(0)
	dir, err = c.Snapshot(ctx, repo, revision, patterns(files)...)
	if err == nil || !errors.Is(err, hub.ErrOffline) && !errors.Is(err, hub.ErrUnreachable) {
		return dir, files, err
	}
	for i := 1; i < len(ch.weights); i++ {
		if files := ch.files(i); cached(c, repo, revision, files) {
			if dir, err := c.Snapshot(ctx, repo, revision, patterns(files)...); err == nil {
				return dir, files, nil
			}
		}
	}
	return "", nil, err
}

func cached(c *hub.Client, repo hub.RepoID, revision string, files []string) bool {
	for _, f := range files {
		if _, err := c.Cached(repo, revision, f); err != nil {
			return false
		}
	}
	return true
}
