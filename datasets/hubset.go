package datasets

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/hub"
)

// WithRevision chooses a branch, a tag or a commit of a data set of the hub; the
// default is main. A commit always gives the same rows, and needs no network once
// it is in the cache. The branch "refs/convert/parquet" has the hub's conversion to
// Parquet.
func WithRevision(revision string) Option {
	return func(o *options) error {
		if revision == "" {
			return errors.New(`datasets: WithRevision("") (leave the option out for main)`)
		}
		o.revision = revision
		return nil
	}
}

// WithHub fetches data sets of the hub through c, whose endpoint, cache and
// progress are then its own. The default is a client with the settings of the
// environment, which shows a bar.
func WithHub(c *hub.Client) Option {
	return func(o *options) error {
		if c == nil {
			return errors.New("datasets: WithHub(nil)")
		}
		o.hub = c
		return nil
	}
}

const hubScheme = "hf://datasets/"

// hubID returns the data set of the hub that name may stand for: owner/name, unless
// that looks like a file, or hf://datasets/owner/name.
func hubID(name string) (hub.RepoID, bool) {
	id, explicit := strings.CutPrefix(name, hubScheme)
	repo := hub.Dataset(id)
	ok := repo.Check() == nil && (explicit || strings.Count(id, "/") == 1 && !knownFormat(extension(id)))
	return repo, ok
}

// convertedRevision has the hub's own conversion of a set to Parquet.
const convertedRevision = "refs/convert/parquet"

// locateHub lists the splits of a set of the hub. Opening one fetches its files.
func locateHub(ctx context.Context, name string, repo hub.RepoID, o *options) (*location, error) {
	c := o.hub
	if c == nil {
		opts := []hub.Option{hub.WithProgress(hub.Bar())}
		if v := os.Getenv(offlineVariable); v != "" { // goes before HF_HUB_OFFLINE, as in Python's datasets
			opts = append(opts, hub.WithOffline(isTrue(v), "unset "+offlineVariable))
		}
		var err error
		if c, err = hub.New(opts...); err != nil {
			return nil, fmt.Errorf("datasets: %w", err)
		}
	}
	r := &hubSet{c, name, repo, o.revision}
	files, err := c.List(ctx, repo, r.revision)
	if err != nil {
		return nil, fmt.Errorf("datasets: no file or folder %q, and on the hub: %w", name, err)
	}
	if r.revision == "" && !slices.ContainsFunc(files, func(f hub.File) bool { return isData(f.Path, o.format) }) {
		if converted, err := c.List(ctx, repo, convertedRevision); err == nil && len(converted) > 0 {
			files, r.revision = converted, convertedRevision
		}
	}
	set := &setFiles{name: name, what: fmt.Sprintf("data set %q of the hub", name)}
	for _, f := range files {
		set.rels = append(set.rels, f.Path)
	}
	cards, err := r.card(ctx, set.rels, o)
	if err != nil {
		return nil, err
	}
	cfg, err := cards.config(name, o.config)
	if err != nil {
		return nil, err
	}
	chosen, err := set.choose(cfg, o)
	if err != nil {
		return nil, fmt.Errorf("%w; it has %s", err, someFiles(files))
	}
	if err := linked(chosen.ext, name); err != nil { // before anything is fetched
		return nil, err
	}
	switch chosen.ext {
	case "brat", "bc2gm", "chemprot":
		return nil, fmt.Errorf("datasets: %q is in several files that belong together (fetch them with hub.Client.Snapshot and load the folder)", name)
	}
	return &location{name, chosen.splits, func(ctx context.Context, split string) (*rowFiles, error) {
		wanted := chosen.files[split]
		patterns := make([]string, len(wanted))
		for i, f := range wanted {
			patterns[i] = literal(filepath.ToSlash(f))
		}
		dir, err := c.Snapshot(ctx, repo, r.revision, patterns...)
		if err != nil {
			return nil, fmt.Errorf("datasets: %w", err)
		}
		if textFormats[chosen.ext] != nil && slices.Contains(set.rels, infosFile) { // other formats say it themselves
			if err := r.infos(ctx, cards); err != nil {
				return nil, err
			}
		}
		files := &rowFiles{ext: chosen.ext, declared: cards.declared(cfg)}
		for _, f := range wanted {
			files.paths = append(files.paths, filepath.Join(dir, f))
		}
		if o.format == "" && textFormats[files.ext] != nil {
			if corpus, err := corpusFormat(files.paths[0]); err == nil && corpus != "" {
				files.ext, files.declared = corpus, nil
			}
		}
		return files, nil
	}}, nil
}

const offlineVariable = "HF_DATASETS_OFFLINE"

// isTrue reads a variable as Hugging Face does.
func isTrue(v string) bool {
	return slices.Contains([]string{"1", "ON", "YES", "TRUE"}, strings.ToUpper(v))
}

// A hubSet is a repository of the hub at a revision.
type hubSet struct {
	c        *hub.Client
	name     string
	repo     hub.RepoID
	revision string
}

// open fetches a small file; nil without an error is for one that is not in the cache of somebody offline, who did not want it.
func (r *hubSet) open(ctx context.Context, file string) (*os.File, error) {
	path, err := r.c.Download(ctx, r.repo, r.revision, file)
	switch {
	case errors.Is(err, hub.ErrNotCached):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("datasets: %w", err)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, openError(path, err)
	}
	return f, nil
}

// isData reports whether a file is read for its rows: not a program, an archive or a licence.
func isData(file, format string) bool {
	if !mayHoldRows(file) {
		return false
	}
	if ext := extension(file); ext != ".txt" {
		return format != "" || knownFormat(ext)
	}
	base := strings.ToLower(path.Base(file))
	return !slices.ContainsFunc([]string{"license", "licence", "copying", "notice", "readme", "requirements"}, func(p string) bool { return strings.HasPrefix(base, p) })
}

// card reads what the set's card says; the folders of the conversion to Parquet are configurations.
func (r *hubSet) card(ctx context.Context, files []string, o *options) (*card, error) {
	if r.revision == convertedRevision {
		return convertedCard(files), nil
	}
	none := &card{features: make(map[string]Features)}
	if !slices.Contains(files, cardFile) || o.format != "" && o.config == "" {
		return none, nil
	}
	f, err := r.open(ctx, cardFile)
	if f == nil {
		return none, err
	}
	defer f.Close()
	return readCard(r.name+"/"+cardFile, f)
}

func (r *hubSet) infos(ctx context.Context, c *card) error {
	f, err := r.open(ctx, infosFile)
	if f == nil {
		return err
	}
	defer f.Close()
	return c.readInfos(r.name+"/"+infosFile, f)
}

// convertedCard makes configurations of files <configuration>/<split>/0000.parquet. A split of which only the first part was
// converted is in partial-<split>.
func convertedCard(files []string) *card {
	c := &card{features: make(map[string]Features)}
	for _, f := range files {
		parts := strings.Split(f, "/")
		if len(parts) != 3 || !mayHoldRows(f) {
			continue
		}
		i := slices.IndexFunc(c.configs, func(g cardConfig) bool { return g.name == parts[0] })
		if i < 0 {
			i, c.configs = len(c.configs), append(c.configs, cardConfig{name: parts[0]})
		}
		cfg := &c.configs[i]
		split := strings.TrimPrefix(parts[1], "partial-")
		if !slices.ContainsFunc(cfg.splits, func(s cardSplit) bool { return s.name == split }) {
			cfg.splits = append(cfg.splits, cardSplit{split, []string{globEscape(parts[0]) + "/" + globEscape(parts[1]) + "/*"}})
		}
	}
	return c
}

// globEscape returns the pattern that matches a name alone.
func globEscape(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// literal returns the pattern that matches a name alone.
func literal(name string) string {
	name = strings.NewReplacer("[", "[[]", "*", "[*]", "?", "[?]").Replace(name)
	if strings.HasPrefix(name, "!") { // would exclude
		name = "?" + name[1:]
	}
	return name
}

func someFiles(files []hub.File) string {
	const most = 6
	var names []string
	for _, f := range files[:min(most, len(files))] {
		names = append(names, f.Path)
	}
	if len(files) > most {
		names = append(names, "...")
	}
	if len(names) == 0 {
		return "no files"
	}
	return strings.Join(names, ", ")
}
