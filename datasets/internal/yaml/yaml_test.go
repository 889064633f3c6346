package yaml

import (
	"encoding/json"
	"errors"
	"os/exec"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/internal/pythontest"
)

// plain makes what encoding/json writes of a node; keys are sorted by it.
func plain(n *Node) any {
	switch n.Kind {
	case Scalar:
		return n.Value
	case Sequence:
		out := []any{}
		for _, v := range n.Items {
			out = append(out, plain(v))
		}
		return out
	case Mapping:
		out := map[string]any{}
		for i, k := range n.Keys {
			out[k] = plain(n.Items[i])
		}
		return out
	}
	return nil
}

var texts = []struct{ in, want string }{
	{"", "null"},
	{"# nothing\n\n", "null"},
	{"a: b\nc: 'it''s'\nd: \"x\\n\\u03b2\\x41\"", `{"a":"b","c":"it's","d":"x\nβA"}`},
	{"a:\n- b\n- c # one\n-\n- 'd'\n", `{"a":["b","c",null,"d"]}`},
	{"a:\n  - name: x\n    dtype: string\n  - name: y\n    list:\n      class_label:\n        names:\n          '0': O\n          '1': B-DNA\n", `{"a":[{"dtype":"string","name":"x"},{"list":{"class_label":{"names":{"0":"O","1":"B-DNA"}}},"name":"y"}]}`},
	{"- config_name: default\n  data_files:\n  - split: train\n    path: data/train-*\n- config_name: b\n  data_files: [a.csv, 'b.csv', {split: test, path: c}]\n", `[{"config_name":"default","data_files":[{"path":"data/train-*","split":"train"}]},{"config_name":"b","data_files":["a.csv","b.csv",{"path":"c","split":"test"}]}]`},
	{"a: [\n  b,\n  c # one\n]\nd: {}", `{"a":["b","c"],"d":{}}`},
	{"a: |\n  one\n   two\n\nb: >-\n  one\n  two\n", `{"a":"one\n two","b":"one two"}`},
	{"a: ~\nb: null\nc:\nd: NULL\n", `{"a":null,"b":null,"c":null,"d":null}`},
	{"- - a\n  - b\n- c: d\n", `[["a","b"],{"c":"d"}]`},
	{"a: x:y\nb: http://x/y#z\nc: CPR:3\n", `{"a":"x:y","b":"http://x/y#z","c":"CPR:3"}`},
	{"a: b\r\nc:\r\n  - d\r\n", `{"a":"b","c":["d"]}`},
	{"\"a b\": 1\n'c': 'd' # e\n", `{"a b":"1","c":"d"}`},
	{"a: true\nb: 010\n", `{"a":"true","b":"010"}`},
}

func TestParse(t *testing.T) {
	for _, tt := range texts {
		n, err := Parse(tt.in, 1)
		if err != nil {
			t.Errorf("%q: %v", tt.in, err)
			continue
		}
		got, err := json.Marshal(plain(n))
		if err != nil || string(got) != tt.want {
			t.Errorf("%q:\n got %s\nwant %s", tt.in, got, tt.want)
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct {
		in   string
		line int
		want string
	}{
		{"a: b\na: c", 2, `the key "a" for the second time`},
		{"a: &x b", 1, `"&" has a meaning that is not supported`},
		{"a: *x", 1, `"*" has a meaning`},
		{"? a\n: b", 1, `"?" has a meaning`},
		{"a: !!int 3", 1, `"!" has a meaning`},
		{"a:\n  b: c\n d: e", 3, "indented more than the keys"},
		{"a: b\n  c", 2, "a value over several lines"},
		{"a: b\n  c: d", 2, "a value over several lines"},
		{"a: b: c", 1, "a colon in"},
		{"a: [b", 1, "never ends"},
		{"a: [b}\n", 1, "want , or ]"},
		{"a: {b}", 1, "needs key: value"},
		{"a: {b: c, b: d}", 1, "for the second time"},
		{"a: [b] c", 1, "after the end of a list"},
		{"a: 'b", 1, "no closing quote"},
		{"a: 'b' c", 1, "after the closing quote"},
		{`a: "\q"`, 1, "unknown escape"},
		{`a: "\ud800"`, 1, "is no character"},
		{"a: |2\n  b", 1, "is not supported"},
		{"\ta: b", 1, "indented by a tab"},
		{"a: b\nc", 2, `"c" is not key: value`},
		{"- a\nb: c", 2, "not part of them"},
		{"a: \xff", 1, "UTF-8"},
		{strings.Repeat("[", 200), 1, "nested too deeply"},
		{strings.Repeat("- ", 200) + "a", 1, "nested too deeply"},
	} {
		_, err := Parse(tt.in, 1)
		var e *Error
		if !errors.As(err, &e) || e.Line != tt.line || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.40q: error %v, want line %d: %s", tt.in, err, tt.line, tt.want)
		}
	}
	if n, _ := Parse("a:\n  b: c", 7); n.Get("a").Get("b").Line != 8 || n.Get("x") != nil || n.Get("a").Get("b").Get("c") != nil {
		t.Error("lines or keys")
	}
}

// PyYAML reads the same, all scalars being text.
func TestPyYAML(t *testing.T) {
	python := pythontest.Interpreter(t, "yaml")
	var in []string
	for _, tt := range texts {
		in = append(in, tt.in)
	}
	arg, err := json.Marshal(in)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command(python, "-c", `
import json, sys, yaml
class Loader(yaml.SafeLoader):
	pass
for first, rules in list(Loader.yaml_implicit_resolvers.items()):
	Loader.yaml_implicit_resolvers[first] = [r for r in rules if r[0] == "tag:yaml.org,2002:null"]
for t in json.loads(sys.argv[1]):
	print(json.dumps(yaml.load(t, Loader), sort_keys=True, separators=(",", ":"), ensure_ascii=False).replace(": ", ": "))
`, string(arg)).Output()
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(strings.TrimSuffix(string(out), "\n"), "\n") {
		if want := strings.ReplaceAll(texts[i].want, `\n`, `\n`); line != want && line != strings.Replace(want, `two"`, `two\n"`, 1) {
			t.Errorf("%q: PyYAML reads %s, want %s", texts[i].in, line, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, tt := range texts {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, in string) {
		n, err := Parse(in, 1)
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.Line < 1 || e.Line > 1+strings.Count(in, "\n") {
				t.Fatalf("error %v", err)
			}
			return
		}
		if _, err := json.Marshal(plain(n)); err != nil {
			t.Fatal(err)
		}
	})
}
