package datasets

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"regexp"
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

// locateHub lists the splits of a set of the hub. Opening one fetches its files.
func locateHub(ctx context.Context, name string, repo hub.RepoID, o *options) (*location, error) {
	c := o.hub
	if c == nil {
		var err error
		if c, err = hub.New(hub.WithProgress(hub.Bar())); err != nil {
			return nil, fmt.Errorf("datasets: %w", err)
		}
	}
	files, err := c.List(ctx, repo, o.revision)
	if err != nil {
		return nil, fmt.Errorf("datasets: no file or folder %q, and on the hub: %w", name, err)
	}
	if err := oneConfig(ctx, c, name, repo, files, o); err != nil {
		return nil, err
	}
	byExt := make(map[string][]string)
	for _, f := range files {
		if ext := extension(f.Path); isData(f.Path) {
			byExt[ext] = append(byExt[ext], filepath.FromSlash(f.Path))
		}
	}
	ext, err := oneFormat(fmt.Sprintf("data set %q of the hub", name), byExt, o.format)
	if err != nil {
		return nil, fmt.Errorf("%w; it has %s", err, someFiles(files))
	}
	if err := linked(ext, name); err != nil { // before anything is fetched
		return nil, err
	}
	splits := splitFiles("", byExt[ext])
	return &location{name, sortSplits(splits), func(ctx context.Context, split string) (*rowFiles, error) {
		wanted := splits[split]
		patterns := make([]string, len(wanted))
		for i, f := range wanted {
			patterns[i] = literal(filepath.ToSlash(f))
		}
		dir, err := c.Snapshot(ctx, repo, o.revision, patterns...)
		if err != nil {
			return nil, fmt.Errorf("datasets: %w", err)
		}
		files := &rowFiles{ext: ext}
		for _, f := range wanted {
			files.paths = append(files.paths, filepath.Join(dir, f))
		}
		return files, nil
	}}, nil
}

// isData reports whether a file of a repository may hold rows.
func isData(file string) bool {
	for part := range strings.SplitSeq(file, "/") {
		if strings.HasPrefix(part, ".") {
			return false
		}
	}
	base := path.Base(file)
	return knownFormat(extension(file)) && !slices.Contains(notData, base) && !strings.HasSuffix(base, ProvenanceSuffix)
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

// oneConfig refuses sets with several configurations: their files do not belong
// into one table.
func oneConfig(ctx context.Context, c *hub.Client, name string, repo hub.RepoID, files []hub.File, o *options) error {
	var configs []string
	if o.revision == "refs/convert/parquet" {
		for _, f := range files { // <config>/<split>/0000.parquet
			if config, _, ok := strings.Cut(f.Path, "/"); ok && isData(f.Path) && !slices.Contains(configs, config) {
				configs = append(configs, config)
			}
		}
	} else if slices.ContainsFunc(files, func(f hub.File) bool { return f.Path == "README.md" }) {
		card, err := c.Download(ctx, repo, o.revision, "README.md")
		switch {
		case errors.Is(err, hub.ErrNotCached):
			return nil // fetched by somebody who did not want it
		case err != nil:
			return fmt.Errorf("datasets: %w", err)
		}
		f, err := os.Open(card)
		if err != nil {
			return openError(card, err)
		}
		defer f.Close()
		configs = cardConfigs(f)
	}
	if len(configs) > 1 {
		return fmt.Errorf("datasets: %q has several configurations: %s (fetch the files of one with hub.Client.Snapshot and load the folder)", name, strings.Join(configs, ", "))
	}
	return nil
}

var configName = regexp.MustCompile(`^\s*(?:-\s+)?config_name:\s*["']?([^"'#]+?)["']?\s*(?:#.*)?$`)

// cardConfigs returns the names of the configurations in the YAML head of a data
// set's card: the entries config_name below the key configs.
func cardConfigs(r io.Reader) []string {
	const most = 1 << 20 // bytes of a card that are looked at
	lines := bufio.NewScanner(io.LimitReader(r, most))
	lines.Buffer(nil, most)
	if !lines.Scan() || string(bytes.TrimRight(lines.Bytes(), " \r")) != "---" {
		return nil
	}
	var configs []string
	inside := false
	for lines.Scan() {
		line := strings.TrimRight(lines.Text(), " \r")
		switch {
		case line == "---":
			return configs
		case line == "" || line[0] == '#':
			continue
		case line[0] != ' ' && line[0] != '-': // a key of the top
			inside = line == "configs:"
		case inside:
			if m := configName.FindStringSubmatch(line); m != nil && !slices.Contains(configs, m[1]) {
				configs = append(configs, m[1])
			}
		}
	}
	return configs
}
