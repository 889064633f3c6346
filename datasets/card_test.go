package datasets

import (
	"encoding/json"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

const twoConfigs = `---
license: cc0-1.0
tags:
- x: !odd "yaml of other keys is not looked at
configs:
- config_name: en
  data_files:
  - split: train
    path: [data/en-*.jsonl, "more/**/en.jsonl"]
  - split: test
    path: data/test.jsonl
- config_name: de # the other
  default: true
  data_files: data/de.csv
- config_name: tabs
  data_dir: tabs
  sep: "\t"
dataset_info:
- config_name: en
  features:
  - name: text
    dtype: string
  - name: label
    dtype:
      class_label:
        names:
          '0': "no"
          '1': "yes"
  - name: n
    dtype: int32
- config_name: de
  features:
  - name: text
    dtype: string
---
# Two
`

func cardFolder(t testing.TB, card string) string {
	return corpusFolder(t, map[string]string{
		"README.md": card, "data/en-1.jsonl": `{"text": "a", "label": "yes", "n": 1}` + "\n", "data/en-2.jsonl": `{"text": "b", "label": "no", "n": 2}` + "\n",
		"more/x/y/en.jsonl": `{"text": "c", "label": "yes", "n": 3}` + "\n", "data/test.jsonl": `{"text": "d", "label": "no", "n": 4}` + "\n",
		"data/de.csv": "text\n17\n", "tabs/train.csv": "a\tb\n1\t2\n", "tabs/dev.csv": "a\tb\n3\t4\n", "other.arrow": "no data",
	})
}

func TestConfigs(t *testing.T) {
	dir := cardFolder(t, twoConfigs)
	for _, tt := range []struct {
		opts []Option
		want string
	}{
		{[]Option{WithConfig("en"), WithSplit("train")}, `{"text":{"dtype":"string","_type":"Value"},"label":{"names":["no","yes"],"_type":"ClassLabel"},"n":{"dtype":"int32","_type":"Value"}}
{"text": "a", "label": 1, "n": 1}
{"text": "b", "label": 0, "n": 2}
{"text": "c", "label": 1, "n": 3}
`},
		{[]Option{WithConfig("en"), WithSplit("test"), WithColumns("label")}, `{"label":{"names":["no","yes"],"_type":"ClassLabel"}}
{"label": 0}
`},
		{nil, `{"text":{"dtype":"string","_type":"Value"}}
{"text": "17"}
`},
		{[]Option{WithConfig("tabs"), WithSplit("validation+train")}, `{"a":{"dtype":"int64","_type":"Value"},"b":{"dtype":"int64","_type":"Value"}}
{"a": 3, "b": 4}
{"a": 1, "b": 2}
`},
		{[]Option{WithFormat("jsonl"), WithSplit("test")}, `{"text":{"dtype":"string","_type":"Value"},"label":{"dtype":"string","_type":"Value"},"n":{"dtype":"int64","_type":"Value"}}
{"text": "d", "label": "no", "n": 4}
`},
	} {
		if diff := cmp.Diff(tt.want, dump(t, load(t, dir, tt.opts...))); diff != "" {
			t.Error(diff)
		}
		s := stream(t, dir, tt.opts...)
		rows := 0
		for d, err := range s.Batches(2) {
			if err != nil {
				t.Fatal(err)
			}
			rows += d.NumRows()
		}
		fs, _ := json.Marshal(s.Features())
		if first, _, _ := strings.Cut(tt.want, "\n"); first != string(fs) || rows != strings.Count(tt.want, "\n")-1 {
			t.Errorf("the stream has %s, %d rows", fs, rows)
		}
	}
}

func TestConfigErrors(t *testing.T) {
	card := func(configs string) string { return "---\nconfigs:\n" + configs + "\n---\n" }
	for _, tt := range []struct {
		card, config, want string
	}{
		{twoConfigs, "fr", `has no configuration "fr" (has en, de, tabs)`},
		{card("- config_name: a\n  data_files: x.csv\n- config_name: b\n  data_files: y.csv"), "", `has several configurations: a, b (choose one with WithConfig)`},
		{card("- config_name: a\n  default: true\n- config_name: default"), "", `has two default configurations, "a" and "default"`},
		{card("- config_name: a\n  data_files: x/*.csv"), "", `the configuration "a" of its card names "x/*.csv", and there is no such file`},
		{card("- config_name: a\n  data_files: ../*.csv"), "", `names "../*.csv", and there is no such file`},
		{card("- data_files: x.csv"), "", `README.md:3: a configuration without config_name (WithFormat reads files without the card)`},
		{card("- config_name: a\n- config_name: a"), "", `README.md:4: the configuration "a" for the second time`},
		{card("- config_name: a\n  skiprows: 3"), "", `README.md:4: the configuration has "skiprows", which is not supported`},
		{card("- config_name: a\n  sep: ;"), "", `README.md:4: the separator ";" is not supported`},
		{card("- config_name: a\n  data_files: https://example.com/x.csv"), "", "of another place is not supported"},
		{card("- config_name: a\n  data_files: '[x'"), "", "syntax error in pattern"},
		{card("- config_name: a\n  data_files:\n  - split: a-b\n    path: x"), "", `README.md:5: "a-b" is no name of a split`},
		{card("- config_name: a\n  data_files:\n  - split: a"), "", `README.md:5: data_files must be paths, or mappings of split and path`},
		{card("- config_name: a\n  data_files: []"), "", `README.md:4: no files`},
		{card("- config_name: &a b"), "", `README.md:3: "&" has a meaning that is not supported`},
		{card("  a: b"), "", `README.md:3: configs must be a list, but is a mapping`},
		{"---\nconfigs\n---\n", "", `README.md:2: "configs" is not followed by a colon and a value`},
		{"---\ndataset_info:x\n---\n", "", `README.md:2: "dataset_info" is not followed by a colon and a value`},
		{card("- a"), "", `README.md:3: a configuration must be a mapping, but is a text`},
		{"---\ndataset_info:\n  features:\n  - name: text\n    dtype:\n      class_label:\n        names:\n          '1': a\n---\n", "", `README.md:8: the labels are not numbered from 0 to 0: there is "1"`},
		{"---\ndataset_info:\n  features:\n  - dtype: string\n---\n", "", "README.md:4: a feature without a name"},
		{"---\ndataset_info:\n  features: string\n---\n", "", "README.md:3: features must be a list, but are a text"},
		{"# no card\n", "en", `has no configuration "en": it has none to choose from`},
		{card("- config_name: a\n  data_files: data/de.csv") + "", "b", `has no configuration "b" (has a)`},
		{"---\nconfigs:\n- config_name: a\n  data_files: data/test.jsonl\ndataset_info:\n  features:\n  - name: text\n    dtype: int32\n---\n", "",
			`the card says that column "text" is int32: datasets: column "text"`},
	} {
		dir := cardFolder(t, tt.card)
		opts := []Option{WithAllocator(checked(t))}
		if tt.config != "" {
			opts = append(opts, WithConfig(tt.config))
		}
		opts = append(opts, WithAllocator(checked(t)))
		_, err := Load(t.Context(), dir, opts...)
		wantError(t, err, tt.want)
		_, err = Stream(t.Context(), dir, opts...)
		if !strings.Contains(tt.want, "the card says") { // which Load alone sees before rows are read
			wantError(t, err, tt.want)
		}
	}
	for _, name := range []string{"arxiv-biology-demo", "testdata/five.csv", "https://example.com/x.csv"} {
		_, err := Load(t.Context(), name, WithConfig("en"), WithAllocator(checked(t)))
		wantError(t, err, `has no configuration "en"`)
	}
	if _, err := Load(t.Context(), "testdata/five.csv", WithConfig(""), WithAllocator(checked(t))); err == nil {
		t.Error("no error")
	}
}

func TestReadCard(t *testing.T) {
	for _, text := range []string{"", "---", "# no head\nconfigs:\n- config_name: a\n", "---\nconfigs:\n- config_name: a\n", "---\nother: |\n  configs:\n---\n", "---\nconfigs:\n---\n"} {
		if c, err := readCard("x", strings.NewReader(text)); err != nil || len(c.configs) != 0 {
			t.Errorf("%q: %+v, %v", text, c, err)
		}
	}
	c, err := readCard("x", strings.NewReader("\ufeff---\r\nconfigs:\r\n- config_name: 'a b'\r\n---\r\n- config_name: c\r\n"))
	if err != nil || len(c.configs) != 1 || c.configs[0].name != "a b" {
		t.Errorf("%+v, %v", c, err)
	}
}

// The features of cards, in all spellings, are those that dataset_info.json would have.
func TestCardFeatures(t *testing.T) {
	text := `---
dataset_info:
  features:
  - name: id
    dtype: string
  - name: tags
    list:
      class_label:
        names: ['O', B-x]
  - name: old
    sequence: int64
  - name: three
    sequence: float32
    length: 3
  - name: large
    large_list: string
  - name: structs
    list:
    - name: a
      dtype: bool
    - name: b
      sequence: string
  - name: lists
    sequence:
    - name: a
      dtype: bool
  - name: one
    struct:
    - name: "x y"
      dtype: timestamp[s]
  - name: picture
    dtype: image
  - name: cube
    dtype:
      array3_d:
        shape: [1, 2, 3]
---
`
	c, err := readCard("x", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range c.declared(nil) {
		got = append(got, f.Name+" "+f.Feature.String())
	}
	want := []string{"id string", "tags list<ClassLabel(2)>", "old list<int64>", "three list<float32>", "large list<string>", "structs list<{a: bool, b: list<string>}>", "lists {a: list<bool>}",
		"one {x y: timestamp[s]}", "picture Image", "cube Array3D"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// Cards in both spellings say what the Parquet files and dataset_infos.json beside them say.
func TestCardFixtures(t *testing.T) {
	for _, name := range []string{"jnlpba-mini/README.md", "jnlpba-mini/README.sequence-style.md", "chemprot-mini/README.md", "arxiv-qbio-qm/README.md", "chemprot-text/README.md"} {
		dir, file := filepath.Split(shared(t, "hf-fixtures", filepath.FromSlash(name)))
		c := &card{}
		for _, src := range []string{file} {
			l, err := openLines(fileSource(filepath.Join(dir, src)))
			if err != nil {
				t.Fatal(err)
			}
			c, err = readCard(name, l.r)
			l.Close()
			if err != nil {
				t.Fatal(err)
			}
		}
		var configs []string
		for _, cfg := range c.configs {
			configs = append(configs, cfg.name)
		}
		want := map[bool][]string{true: {"jsonl", "csv"}, false: {"default"}}[strings.HasPrefix(name, "chemprot-text")]
		if !slices.Equal(configs, want) {
			t.Errorf("%s: configurations %q", name, configs)
		}
		if strings.HasPrefix(name, "jnlpba") {
			if f, ok := c.declared(&c.configs[0]).Lookup("ner_tags"); !ok || f.Elem == nil || len(f.Elem.Names) != 11 || f.Elem.Names[9] != "B-protein" {
				t.Errorf("%s: ner_tags %v", name, f)
			}
		}
		if name == "chemprot-mini/README.md" {
			infos, err := folderCard(dir)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(short(infos.declared(nil)), short(c.declared(nil))); diff != "" {
				t.Error(diff)
			}
		}
	}
	dir := shared(t, "hf-fixtures", "chemprot-text")
	for config, rows := range map[string]int{"jsonl": 300, "csv": 300} {
		if d := load(t, dir, WithConfig(config), WithSplit("train")); d.NumRows() != rows {
			t.Errorf("%s: %d rows", config, d.NumRows())
		}
	}
	_, err := Load(t.Context(), dir, WithAllocator(checked(t)))
	wantError(t, err, "has several configurations: jsonl, csv (choose one with WithConfig)")
}

func TestMatchPath(t *testing.T) {
	for _, tt := range []struct {
		pattern, name string
		want          bool
	}{
		{"data/train-*", "data/train-0.csv", true}, {"data/train-*", "data/x/train-0.csv", false}, {"*.csv", "a/b.csv", false}, {"**/*.csv", "a/b/c.csv", true}, {"**/*.csv", "c.csv", true},
		{"**", "a/b", true}, {"data/**", "data/a/b", true}, {"data/**", "data", false}, {"a/**/b", "a/b", true}, {"a/**/b", "a/x/y/b", true}, {"a/**/b", "a/x/c", false}, {"**/**/a", "a", true},
		{"a", "a/b", false}, {"a/b", "a", false}, {"[0-9].csv", "7.csv", true}, {"[^0-9].csv", "7.csv", false}, {strings.Repeat("**/", 60) + "z", strings.Repeat("a/", 60) + "b", false},
	} {
		if got := matchPath(tt.pattern, tt.name); got != tt.want {
			t.Errorf("%q matches %q: %v", tt.pattern, tt.name, got)
		}
	}
}

func TestGlob(t *testing.T) {
	dir := corpusFolder(t, map[string]string{"a/1.jsonl": `{"n": 1}`, "a/2.jsonl": `{"n": 2}`, "a/b/3.jsonl": `{"n": 3}`, "a/train.csv": "x\n", "a/.4.jsonl": `{"n": 4}`, "c/1.iob2": conllFile, "c/2.iob2": conllFile})
	for pattern, want := range map[string]int{"a/*.jsonl": 2, "a/**/*.jsonl": 3, "*/1.jsonl": 1, "a/[!1].jsonl": 1, "?/?.iob2": 6} {
		d := load(t, filepath.Join(dir, filepath.FromSlash(pattern)))
		if d.NumRows() != want || d.Name() != filepath.Join(dir, filepath.FromSlash(pattern)) {
			t.Errorf("%s: %d rows of %s, want %d", pattern, d.NumRows(), d.Name(), want)
		}
	}
	t.Chdir(dir)
	if d := load(t, "*/*.jsonl", WithSplit("train[:1]")); d.NumRows() != 1 {
		t.Errorf("%d rows", d.NumRows())
	}
	for pattern, want := range map[string]string{"a/x*": `no file matches "a/x*"`, "a/*": `pattern "a/*" has data files of several formats: .csv, .jsonl`, "a/[x": "syntax error in pattern", "none/*": `"none"`} {
		_, err := Load(t.Context(), pattern, WithAllocator(checked(t)))
		wantError(t, err, want)
	}
}

// Sets that were programs are read from the hub's conversion; its folders are configurations.
func TestConverted(t *testing.T) {
	h := hubtest.New(t)
	r := h.Add("dataset", "me/program", map[string]string{"program.py": "print()", "requirements.txt": "numpy\n", "README.md": "---\ntask: x\n---\n"})
	r.Commit(convertedRevision, map[string]string{"en/train/0000.jsonl": `{"n": 1}`, "en/train/0001.jsonl": `{"n": 2}`, "en/partial-test/0000.jsonl": `{"n": 3}`, "d*/train/0000.jsonl": `{"n": 4}`})
	h.Setenv()
	for _, opts := range [][]Option{nil, {WithRevision(convertedRevision)}} {
		for split, want := range map[string]int{"train": 2, "test": 1} {
			if d := load(t, "me/program", append(opts, WithConfig("en"), WithSplit(split))...); d.NumRows() != want {
				t.Errorf("%s: %d rows", split, d.NumRows())
			}
		}
		if d := load(t, "me/program", append(opts, WithConfig("d*"))...); d.NumRows() != 1 {
			t.Errorf("%d rows", d.NumRows())
		}
		_, err := Load(t.Context(), "me/program", append(opts, WithAllocator(checked(t)))...)
		wantError(t, err, "has several configurations: d*, en (choose one with WithConfig)")
	}
}

func TestHubCorpora(t *testing.T) {
	h := hubtest.New(t)
	h.Add("dataset", "me/ner", map[string]string{"train.tsv": conllFile, "devel.tsv": conllFile})
	h.Add("dataset", "me/docs", map[string]string{"x.xml": pubMedFile})
	h.Add("dataset", "me/labels", map[string]string{"train.csv": "label\n1\n0\n", infosFile: `{"default": {"features": {"label": {"names": ["no", "yes"], "_type": "ClassLabel"}}}}`})
	h.Add("dataset", "me/brat", map[string]string{"x.txt": bratText, "x.ann": bratAnn})
	h.Setenv()
	if d := load(t, "me/ner", WithSplit("validation")); d.NumRows() != 3 || d.Columns()[1] != "tokens" {
		t.Errorf("%d rows of %s", d.NumRows(), d.Columns())
	}
	if d := load(t, "me/docs", WithFormat("pubmed")); d.NumRows() != 1 {
		t.Errorf("%d rows", d.NumRows())
	}
	if names, err := load(t, "me/labels").ClassNames("label"); err != nil || len(names) != 2 {
		t.Errorf("labels %v, %v", names, err)
	}
	_, err := Load(t.Context(), "me/brat", WithFormat("brat"), WithAllocator(checked(t)))
	wantError(t, err, "hub.Client.Snapshot")
}

func TestDatasetsOffline(t *testing.T) {
	abstractsHub(t)
	load(t, "me/abstracts", WithSplit("train"))
	t.Setenv("HF_DATASETS_OFFLINE", "1")
	load(t, "me/abstracts", WithSplit("train"))
	_, err := Load(t.Context(), "me/abstracts", WithSplit("validation"), WithAllocator(checked(t)))
	wantError(t, err, "unset HF_DATASETS_OFFLINE")
	_, err = Load(t.Context(), "me/abstracts", WithRevision("v9"), WithAllocator(checked(t)))
	wantError(t, err, "hf download me/abstracts --repo-type dataset --revision v9")
	t.Setenv("HF_HUB_OFFLINE", "1")
	t.Setenv("HF_DATASETS_OFFLINE", "0")
	load(t, "me/abstracts", WithSplit("validation"))
}

func FuzzInfos(f *testing.F) {
	f.Add(`{"default": {"features": {"text": {"dtype": "string", "_type": "Value"}, "label": {"names": ["O"], "_type": "ClassLabel"}}}}`)
	f.Add(`{"a": {"features": null}, "b": {"description": "x"}, "": {"features": {}}}`)
	f.Add(`{"default": {"features": {"a": [{"b": {"dtype": "int64", "_type": "Value"}}]}}} {`)
	f.Add(`[]`)
	f.Fuzz(func(t *testing.T, text string) {
		c := &card{features: map[string]Features{}}
		if err := c.readInfos("infos", strings.NewReader(text)); err != nil {
			if !strings.HasPrefix(err.Error(), `datasets: "infos": `) {
				t.Errorf("error %v", err)
			}
			return
		}
		for name, fs := range c.features {
			if fs == nil {
				t.Errorf("%q has no features", name)
			}
			out, err := fs.MarshalJSON()
			if err != nil {
				t.Fatalf("%q: %v", name, err)
			}
			var again Features
			if err := json.Unmarshal(out, &again); err != nil {
				t.Fatalf("%s: %v", out, err)
			}
		}
		c.declared(nil)
	})
}

func FuzzCard(f *testing.F) {
	f.Add(twoConfigs)
	f.Add(abstractsCard)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := readCard("card", strings.NewReader(text))
		if err != nil {
			if !strings.Contains(err.Error(), "card") {
				t.Errorf("error %v", err)
			}
			var pe *ParseError
			if errors.As(err, &pe) && (pe.Line < 1 || pe.Line > 1+strings.Count(text, "\n")) {
				t.Errorf("line %d", pe.Line)
			}
			return
		}
		for _, cfg := range c.configs {
			_, _, _ = cfg.files("x", []string{"data/train-0.csv", "b"})
			c.declared(&cfg)
		}
	})
}
