package datasets

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/sparsebio/sparsebio/datasets/internal/yaml"
)

// WithConfig chooses one of the configurations that the card of a data set (its README.md) lists, as the second
// argument of Python's load_dataset does. Where there is one, or one called "default" or marked as the default, it
// may be left out.
func WithConfig(name string) Option {
	return func(o *options) error {
		if name == "" {
			return errors.New(`datasets: WithConfig("") (leave the option out for the default)`)
		}
		o.config = name
		return nil
	}
}

// A card is what README.md and dataset_infos.json say of a set.
type card struct {
	configs  []cardConfig
	features map[string]Features // by configuration
}

// A cardConfig is a selection of the files of a set.
type cardConfig struct {
	name      string
	isDefault bool
	dir       string      // data_dir, "" for all
	splits    []cardSplit // nil where file names say which
	format    string      // "" or that of the separator that it names
	features  Features
}

// A cardSplit names the files of a split by patterns.
type cardSplit struct {
	name     string
	patterns []string
}

const (
	cardFile  = "README.md"
	infosFile = "dataset_infos.json"
	maxCard   = 1 << 20 // bytes of a card that are looked at
)

// readCard reads the keys configs and dataset_info of the YAML at the beginning of a card. Others are not looked at.
func readCard(where string, r io.Reader) (*card, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxCard))
	if err != nil {
		return nil, openError(where, err)
	}
	c := &card{features: make(map[string]Features)}
	for _, s := range cardSections(string(bytes.TrimPrefix(data, bom))) {
		n, err := yaml.Parse(s.text, s.line)
		if err == nil {
			switch v := n.Get(s.key); {
			case v == nil:
				err = at(n, "%q is not followed by a colon and a value", s.key)
			case s.key == "configs":
				c.configs, err = cardConfigs(v)
			default:
				err = c.infos(v)
			}
		}
		var at *yaml.Error
		if errors.As(err, &at) {
			return nil, &ParseError{where, at.Line, fmt.Errorf("%w (WithFormat reads files without the card)", at.Err)}
		}
		if err != nil {
			return nil, fmt.Errorf("datasets: %q: %w", where, err)
		}
	}
	return c, nil
}

type cardSection struct {
	key  string
	line int
	text string
}

// cardSections returns the lines of the two keys. Front matter without an end is none.
func cardSections(text string) []cardSection {
	lines := strings.Split(text, "\n")
	var out []cardSection
	inside := false
	for i, l := range lines {
		l = strings.TrimRight(l, " \r")
		switch {
		case i == 0:
			if l != "---" {
				return nil
			}
			continue
		case l == "---":
			return out
		case l != "" && l[0] != ' ' && l[0] != '-' && l[0] != '#': // a key of the top
			key, _, _ := strings.Cut(l, ":")
			if inside = key == "configs" || key == "dataset_info"; inside {
				out = append(out, cardSection{key, i + 1, ""})
			}
		}
		if inside {
			out[len(out)-1].text += l + "\n"
		}
	}
	return nil
}

func at(n *yaml.Node, format string, args ...any) error {
	return &yaml.Error{Line: n.Line, Err: fmt.Errorf(format, args...)}
}

// notConfig are keys of configurations that say nothing about how files are read.
var notConfig = []string{"version", "description", "citation", "homepage", "license", "drop_labels", "drop_metadata"}

func cardConfigs(n *yaml.Node) ([]cardConfig, error) {
	switch {
	case n.Kind == yaml.Null:
		return nil, nil
	case n.Kind != yaml.Sequence:
		return nil, at(n, "configs must be a list, but is %v", n.Kind)
	}
	var out []cardConfig
	for _, item := range n.Items {
		if item.Kind != yaml.Mapping {
			return nil, at(item, "a configuration must be a mapping, but is %v", item.Kind)
		}
		var c cardConfig
		var err error
		for i, key := range item.Keys {
			v := item.Items[i]
			switch key {
			case "config_name":
				c.name = v.Value
			case "default":
				c.isDefault = strings.EqualFold(v.Value, "true")
			case "data_dir":
				c.dir = path.Clean(v.Value)
			case "data_files":
				c.splits, err = cardFiles(v)
			case "features":
				c.features, err = yamlFeatures(v)
			case "sep", "delimiter":
				switch v.Value {
				case ",":
					c.format = ".csv"
				case "\t":
					c.format = ".tsv"
				default:
					err = at(v, "the separator %q is not supported (want a comma or a tab)", v.Value)
				}
			default:
				if !slices.Contains(notConfig, key) {
					err = at(v, "the configuration has %q, which is not supported", key)
				}
			}
			if err != nil {
				return nil, err
			}
		}
		if c.name == "" {
			return nil, at(item, "a configuration without config_name")
		}
		if slices.ContainsFunc(out, func(d cardConfig) bool { return d.name == c.name }) {
			return nil, at(item, "the configuration %q for the second time", c.name)
		}
		out = append(out, c)
	}
	return out, nil
}

// splitName is what the splits of a card may be called.
var splitName = regexp.MustCompile(`^[\pL\pN_]+(\.[\pL\pN_]+)*$`)

// cardFiles reads data_files: a pattern, patterns, or a mapping of split and path for each split.
func cardFiles(n *yaml.Node) ([]cardSplit, error) {
	patterns := func(v *yaml.Node) ([]string, error) {
		items := []*yaml.Node{v}
		if v.Kind == yaml.Sequence {
			items = v.Items
		}
		var out []string
		for _, p := range items {
			if p.Kind != yaml.Scalar {
				return nil, at(p, "a path must be a text, but is %v", p.Kind)
			}
			if strings.Contains(p.Value, "://") {
				return nil, at(p, "the file %q of another place is not supported", p.Value)
			}
			clean := path.Clean(strings.NewReplacer("[!", "[^").Replace(p.Value))
			if _, err := path.Match(clean, ""); err != nil {
				return nil, at(p, "the pattern %q: %w", p.Value, err)
			}
			out = append(out, clean)
		}
		if len(out) == 0 {
			return nil, at(v, "no files")
		}
		return out, nil
	}
	switch {
	case n.Kind == yaml.Null:
		return nil, nil
	case n.Kind != yaml.Sequence || len(n.Items) == 0 || n.Items[0].Kind != yaml.Mapping:
		all, err := patterns(n)
		return []cardSplit{{"train", all}}, err
	}
	var out []cardSplit
	for _, item := range n.Items {
		split, where := item.Get("split"), item.Get("path")
		if split == nil || where == nil || len(item.Keys) != 2 {
			return nil, at(item, "data_files must be paths, or mappings of split and path")
		}
		if !splitName.MatchString(split.Value) {
			return nil, at(split, "%q is no name of a split", split.Value)
		}
		all, err := patterns(where)
		if err != nil {
			return nil, err
		}
		if slices.ContainsFunc(out, func(s cardSplit) bool { return s.name == split.Value }) {
			return nil, at(split, "the split %q for the second time", split.Value)
		}
		out = append(out, cardSplit{split.Value, all})
	}
	return out, nil
}

// infos reads dataset_info: a mapping, or one for each configuration.
func (c *card) infos(n *yaml.Node) error {
	items := []*yaml.Node{n}
	if n.Kind == yaml.Sequence {
		items = n.Items
	}
	for _, info := range items {
		fs := info.Get("features")
		if fs == nil || fs.Kind == yaml.Null {
			continue
		}
		name := "default"
		if v := info.Get("config_name"); v != nil {
			name = v.Value
		}
		features, err := yamlFeatures(fs)
		if err != nil {
			return err
		}
		c.features[name] = features
	}
	return nil
}

// readInfos adds the features of a dataset_infos.json, which older sets have instead of those in the card.
func (c *card) readInfos(where string, r io.Reader) error {
	var infos map[string]struct {
		Features Features `json:"features"`
	}
	if err := json.NewDecoder(io.LimitReader(r, maxCard)).Decode(&infos); err != nil {
		return fmt.Errorf("datasets: %q: %w", where, err)
	}
	for name, info := range infos {
		if _, ok := c.features[name]; !ok && info.Features != nil {
			c.features[name] = info.Features
		}
	}
	return nil
}

// config returns the wanted configuration, or the default one; nil if there are none.
func (c *card) config(name, want string) (*cardConfig, error) {
	var names []string
	var chosen *cardConfig
	for i := range c.configs {
		f := &c.configs[i]
		names = append(names, f.name)
		switch {
		case want == f.name, want == "" && len(c.configs) == 1:
			return f, nil
		case want == "" && (f.isDefault || f.name == "default"):
			if chosen != nil {
				return nil, fmt.Errorf("datasets: %q has two default configurations, %q and %q (choose one with WithConfig)", name, chosen.name, f.name)
			}
			chosen = f
		}
	}
	switch {
	case chosen != nil, want == "" && names == nil, want == "default" && names == nil:
		return chosen, nil
	case names == nil:
		return nil, fmt.Errorf("datasets: %q has no configuration %q: it has none to choose from", name, want)
	case want != "":
		return nil, fmt.Errorf("datasets: %q has no configuration %q (has %s)", name, want, strings.Join(names, ", "))
	}
	return nil, fmt.Errorf("datasets: %q has several configurations: %s (choose one with WithConfig)", name, strings.Join(names, ", "))
}

// declared returns the features of a configuration, nil if nothing says them.
func (c *card) declared(cfg *cardConfig) Features {
	name := "default"
	if cfg != nil {
		if cfg.features != nil {
			return cfg.features
		}
		name = cfg.name
	}
	if fs, ok := c.features[name]; ok {
		return fs
	}
	if len(c.features) == 1 && (cfg == nil || len(c.configs) == 1) {
		for _, fs := range c.features {
			return fs
		}
	}
	return nil
}

// files returns those of a configuration by split, in order; nil if it does not say.
func (cfg *cardConfig) files(name string, files []string) (splits []string, bySplit map[string][]string, err error) {
	bySplit = make(map[string][]string)
	for _, s := range cfg.splits {
		for _, p := range s.patterns {
			if cfg.dir != "" {
				p = path.Join(cfg.dir, p)
			}
			found := false
			for _, f := range files {
				if matchPath(p, f) {
					found = true
					if !slices.Contains(bySplit[s.name], f) {
						bySplit[s.name] = append(bySplit[s.name], f)
					}
				}
			}
			if !found {
				return nil, nil, fmt.Errorf("datasets: %q: the configuration %q of its card names %q, and there is no such file", name, cfg.name, p)
			}
		}
		splits = append(splits, s.name)
	}
	return splits, bySplit, nil
}

// matchPath matches a path with a pattern as fsspec does: * within a name, ** any number of folders.
func matchPath(pattern, name string) bool {
	parts, names := strings.Split(pattern, "/"), strings.Split(name, "/")
	reach := make([]bool, len(names)+1) // reach[k]: the pattern so far matches the first k names
	reach[0] = true
	for i, p := range parts {
		next := make([]bool, len(reach))
		for k := range names {
			if p == "**" {
				next[k] = reach[k] && i+1 < len(parts) || k > 0 && next[k]
				next[k+1] = next[k+1] || reach[k] || next[k]
				continue
			}
			ok, err := path.Match(p, names[k])
			next[k+1] = reach[k] && ok && err == nil
		}
		if p == "**" && i+1 < len(parts) {
			next[len(names)] = next[len(names)] || reach[len(names)]
		}
		reach = next
	}
	return reach[len(names)]
}

// yamlFeatures reads features as cards write them, into what dataset_info.json would have (Features._from_yaml_list
// of Python's datasets).
func yamlFeatures(n *yaml.Node) (Features, error) {
	data, err := appendYAMLFields(nil, n, false)
	if err != nil {
		return nil, err
	}
	var fs Features
	if err := json.Unmarshal(data, &fs); err != nil {
		return nil, at(n, "features: %w", err)
	}
	return fs, nil
}

// appendYAMLFields writes the members of a struct, each a mapping with a name; listed makes a list of each.
func appendYAMLFields(dst []byte, n *yaml.Node, listed bool) ([]byte, error) {
	if n.Kind != yaml.Sequence {
		return nil, at(n, "features must be a list, but are %v", n.Kind)
	}
	dst = append(dst, '{')
	for i, f := range n.Items {
		name := f.Get("name")
		if name == nil {
			return nil, at(f, "a feature without a name")
		}
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(appendJSONString(dst, name.Value), ':')
		if listed {
			dst = append(dst, `{"feature":`...)
		}
		var err error
		if dst, err = appendYAMLFeature(dst, f); err != nil {
			return nil, err
		}
		if listed {
			dst = append(dst, `,"_type":"List"}`...)
		}
	}
	return append(dst, '}'), nil
}

// appendYAMLFeature writes a feature: a mapping whose first key, a name aside, says what it is.
func appendYAMLFeature(dst []byte, n *yaml.Node) ([]byte, error) {
	i := slices.IndexFunc(n.Keys, func(k string) bool { return k != "name" })
	if n.Kind != yaml.Mapping || i < 0 {
		return nil, at(n, "want a feature such as dtype: string, found %v", n.Kind)
	}
	key, v := n.Keys[i], n.Items[i]
	switch key {
	case "list", "sequence", "large_list":
		typ := "List"
		if key == "large_list" {
			typ = "LargeList"
		}
		if v.Kind == yaml.Sequence && key == "sequence" { // a struct of lists, for which this spelling stood
			return appendYAMLFields(dst, v, true)
		}
		dst = append(dst, `{"feature":`...)
		var err error
		switch v.Kind {
		case yaml.Scalar:
			dst = appendYAMLType(dst, v.Value)
		case yaml.Sequence:
			dst, err = appendYAMLFields(dst, v, false)
		default:
			dst, err = appendYAMLFeature(dst, v)
		}
		if err != nil {
			return nil, err
		}
		if l := n.Get("length"); l != nil {
			k, err := strconv.Atoi(l.Value)
			if err != nil {
				return nil, at(l, "the length %q is no number", l.Value)
			}
			dst = fmt.Appendf(dst, `,"length":%d`, k)
		}
		return fmt.Appendf(dst, `,"_type":%q}`, typ), nil
	case "struct":
		return appendYAMLFields(dst, v, false)
	case "dtype":
		if v.Kind == yaml.Mapping {
			return appendYAMLFeature(dst, v)
		}
		return appendYAMLType(dst, v.Value), nil
	case "class_label":
		return appendYAMLLabels(dst, v)
	}
	return fmt.Appendf(dst, `{"_type":%q}`, camel(key)), nil // of which only the name matters here
}

// appendYAMLType writes the type that a word stands for: a value's, or a feature's without settings, such as image.
func appendYAMLType(dst []byte, name string) []byte {
	switch name {
	case "image", "audio", "video", "pdf", "translation":
		return fmt.Appendf(dst, `{"_type":%q}`, camel(name))
	}
	return append(appendJSONString(append(dst, `{"dtype":`...), name), `,"_type":"Value"}`...)
}

func appendYAMLLabels(dst []byte, n *yaml.Node) ([]byte, error) {
	names := n.Get("names")
	if names == nil || names.Kind < yaml.Sequence {
		return nil, at(n, "a class_label without names")
	}
	labels := make([]string, len(names.Items))
	for i, v := range names.Items {
		k := i
		if names.Kind == yaml.Mapping {
			var err error
			if k, err = strconv.Atoi(names.Keys[i]); err != nil || k < 0 || k >= len(labels) {
				return nil, at(v, "the labels are not numbered from 0 to %d: there is %q", len(labels)-1, names.Keys[i])
			}
		}
		labels[k] = v.Value
	}
	dst = append(dst, `{"names":[`...)
	for i, l := range labels {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendJSONString(dst, l)
	}
	return append(dst, `],"_type":"ClassLabel"}`...), nil
}

// camel turns array2_d into Array2D.
func camel(name string) string {
	var b strings.Builder
	for w := range strings.SplitSeq(name, "_") {
		if w != "" {
			b.WriteString(strings.ToUpper(w[:1]) + w[1:])
		}
	}
	return b.String()
}
