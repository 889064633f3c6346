package report

import (
	"encoding/json"
	"reflect"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

func sampleProvenance() Provenance {
	at := time.Date(2026, 11, 23, 14, 5, 6, 789_654_321, time.FixedZone("CET", 3600))
	return Provenance{
		Library: Library{Version: "v0.4.0"}, Go: "go1.26.1", Platform: "linux/amd64",
		Models: []ModelUse{
			{Task: "token-classification", Name: "chemprot-ner", Files: []FileSum{{"chemprot-ner", strings.Repeat("0a1b2c3d", 8)}, {"minilm", strings.Repeat("f0", 32)}},
				Engine: "sparse INT8", Kernel: "avx512vbmi", Threads: 2, Options: map[string]string{"stride": "64", "aggregation": "word"}},
			{Task: "relation-extraction", Name: "/my models/x", Threads: 1},
		},
		Data:    &DataUse{Name: "arxiv-biology-demo", Split: "train", Column: "abstract", Rows: 40, Fingerprint: strings.Repeat("42", 32)},
		Options: map[string]string{"offsets": "bytes"},
		Command: []string{"sparsebio", "relations", "--title", "two words"},
		Started: at, Finished: at.Add(1500 * time.Millisecond),
	}
}

func TestProvenanceJSON(t *testing.T) {
	got, err := json.MarshalIndent(sampleProvenance(), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	want := `{
 "library": {
  "version": "v0.4.0"
 },
 "go": "go1.26.1",
 "platform": "linux/amd64",
 "models": [
  {
   "task": "token-classification",
   "name": "chemprot-ner",
   "files": [
    {
     "name": "chemprot-ner",
     "sha256": "0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d"
    },
    {
     "name": "minilm",
     "sha256": "f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0f0"
    }
   ],
   "engine": "sparse INT8",
   "kernel": "avx512vbmi",
   "threads": 2,
   "options": {
    "aggregation": "word",
    "stride": "64"
   }
  },
  {
   "task": "relation-extraction",
   "name": "/my models/x",
   "threads": 1
  }
 ],
 "data": {
  "name": "arxiv-biology-demo",
  "split": "train",
  "column": "abstract",
  "rows": 40,
  "fingerprint": "4242424242424242424242424242424242424242424242424242424242424242"
 },
 "options": {
  "offsets": "bytes"
 },
 "command": [
  "sparsebio",
  "relations",
  "--title",
  "two words"
 ],
 "started": "2026-11-23T13:05:06.789Z",
 "finished": "2026-11-23T13:05:08.289Z"
}`
	if string(got) != want {
		t.Errorf("got %s", got)
	}
	var back Provenance
	if err := json.Unmarshal(got, &back); err != nil {
		t.Fatal(err)
	}
	again, err := json.MarshalIndent(back, "", " ")
	if err != nil || string(again) != want {
		t.Errorf("after a round trip: %s, %v", again, err)
	}
	back.Started, back.Finished = time.Time{}, time.Time{}
	p := sampleProvenance()
	p.Started, p.Finished = time.Time{}, time.Time{}
	if !reflect.DeepEqual(back, p) {
		t.Errorf("read back %+v", back)
	}
	if got, err := json.Marshal(Provenance{}); err != nil || string(got) != `{"library":{"version":""},"go":"","platform":"","models":[]}` {
		t.Errorf("the zero value is %s, %v", got, err)
	}
}

func TestProvenanceString(t *testing.T) {
	want := `Made with SparseBio v0.4.0, go1.26.1, linux/amd64. Data: arxiv-biology-demo, split train, column abstract, fingerprint 424242424242, 40 rows. ` +
		`Model: chemprot-ner, token-classification, sparse INT8, avx512vbmi, 2 threads, SHA-256 0a1b2c3d0a1b of chemprot-ner, SHA-256 f0f0f0f0f0f0 of minilm, aggregation word, stride 64. ` +
		`Model: /my models/x, relation-extraction, 1 thread. Options: offsets bytes. Started 2026-11-23T13:05:06Z, finished 2026-11-23T13:05:08Z. ` +
		`Command: sparsebio relations --title "two words".`
	if got := sampleProvenance().String(); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	for _, c := range []struct {
		lib  Library
		want string
	}{
		{Library{"devel", "3938596abcdef0123456", false}, "Made with SparseBio devel (revision 3938596abcde)."},
		{Library{"devel", "3938596abcdef0123456", true}, "Made with SparseBio devel (changed after revision 3938596abcde)."},
	} {
		if got := (Provenance{Library: c.lib}).String(); got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestLibraryIn(t *testing.T) {
	vcs := []debug.BuildSetting{{Key: "vcs.revision", Value: "3938596"}, {Key: "vcs.modified", Value: "true"}}
	other := debug.Module{Path: "example.org/notebook", Version: "v9.9.9"}
	for name, c := range map[string]struct {
		info *debug.BuildInfo
		want Library
	}{
		"no information": {nil, Library{Version: "devel"}},
		"working copy":   {&debug.BuildInfo{Main: debug.Module{Path: module, Version: "(devel)"}, Settings: vcs}, Library{"devel", "3938596", true}},
		"stamped":        {&debug.BuildInfo{Main: debug.Module{Path: module, Version: "v0.4.1-0.20261123-3938596"}, Settings: vcs}, Library{"v0.4.1-0.20261123-3938596", "3938596", true}},
		// The revision is that of the program, which is not ours.
		"dependency": {&debug.BuildInfo{Main: other, Deps: []*debug.Module{{Path: "x", Version: "v1.0.0"}, {Path: module, Version: "v0.4.0"}}, Settings: vcs}, Library{Version: "v0.4.0"}},
		"replaced by a folder": {&debug.BuildInfo{Main: other, Deps: []*debug.Module{{Path: module, Version: "v0.4.0", Replace: &debug.Module{Path: "../sparsebio"}}}},
			Library{Version: "devel"}},
		"replaced by a fork": {&debug.BuildInfo{Main: other, Deps: []*debug.Module{{Path: module, Version: "v0.4.0", Replace: &debug.Module{Path: "fork", Version: "v0.5.0"}}}},
			Library{Version: "v0.5.0"}},
		"absent": {&debug.BuildInfo{Main: other}, Library{Version: "devel"}},
	} {
		if got := libraryIn(c.info); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	p := NewProvenance()
	if p.Library.Version == "" || !strings.HasPrefix(p.Go, "go") || !strings.Contains(p.Platform, "/") || time.Since(p.Started) > time.Minute {
		t.Errorf("this program is %+v", p)
	}
}
