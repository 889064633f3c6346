package biobert

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sparsebio/sparsebio/biobert/hub"
	"github.com/sparsebio/sparsebio/biobert/internal/bert"
	"github.com/sparsebio/sparsebio/biobert/internal/packed"
	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
	"github.com/sparsebio/sparsebio/datasets/annot"
)

var ctx = context.Background()

// story is a text of n sentences in which the tiny model finds something.
func story(n int) string {
	return strings.Repeat("IL-2Rα binds NF-κB. Activated T lymphocytes express TGF-β1 and CD28 receptors; IFN-γ did not. ", n)
}

func TestAnnotateGivesExactOffsets(t *testing.T) {
	p := openTest(t, "testdata/tiny")
	texts := []string{"IL-2Rα binds NF-κB.", "", "  \n", "\u00a0κB\u2009site", story(3)}
	docs, err := p.Annotate(ctx, Texts(texts...))
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for i, d := range docs {
		if d.Text != texts[i] {
			t.Errorf("document %d: text changed to %q", i, d.Text)
		}
		if d.Entities == nil {
			t.Errorf("document %d: nil entities, which JSON shows as null", i)
		}
		last := 0
		for _, e := range d.Entities {
			if e.Start < last || e.End <= e.Start || e.End > len(d.Text) || d.Text[e.Start:e.End] != e.Text || e.Score <= 0 || e.Score > 1 {
				t.Errorf("document %d: bad entity %+v", i, e)
			}
			last = e.End
			found++
		}
	}
	if found == 0 {
		t.Error("nothing found")
	}
}

// The result of a text may not depend on what is read with it or on the number of threads, to the last bit.
func TestAnnotateIsIndependent(t *testing.T) {
	var texts []string
	for i := range 40 {
		texts = append(texts, story(i%5)+fmt.Sprint(i))
	}
	for _, engine := range []string{"dense", "sparse"} {
		p := openTest(t, "testdata/tiny-pruned90", WithEngine(engine), WithThreads(1))
		var want []annot.Document
		for _, s := range texts {
			d, err := p.AnnotateText(ctx, s)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, d)
		}
		for _, threads := range []int{1, 2, 3, 7} {
			p := openTest(t, "testdata/tiny-pruned90", WithEngine(engine), WithThreads(threads))
			for _, n := range []int{1, 2, len(texts)} {
				got, err := p.Annotate(ctx, Texts(texts[:n]...))
				if err != nil {
					t.Fatal(err)
				}
				if !reflect.DeepEqual(got, want[:n]) {
					t.Errorf("%s, %d threads, %d texts: not the same as one by one", engine, threads, n)
				}
			}
		}
	}
}

func TestConcurrentUse(t *testing.T) {
	p := openTest(t, "testdata/tiny-pruned90", WithThreads(2))
	want, err := p.AnnotateText(ctx, story(2))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() {
			for range 5 {
				got, err := p.AnnotateText(ctx, story(2))
				if err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("got %+v, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
}

// The weights may be a map of the file, so Close must wait for the calls that use them.
func TestCloseWhileReading(t *testing.T) {
	for _, c := range []struct {
		dir, engine string
	}{{"testdata/tiny", "dense"}, {"testdata/tiny-pruned90", "sparse"}} {
		goroutines := runtime.NumGoroutine()
		p := openTest(t, c.dir, WithEngine(c.engine), WithThreads(3))
		var wg sync.WaitGroup
		started := make(chan bool, 4)
		for range 4 {
			wg.Go(func() {
				started <- true
				for {
					d, err := p.AnnotateText(ctx, story(20))
					if err != nil {
						if !strings.Contains(err.Error(), "closed") {
							t.Errorf("got %v", err)
						}
						return
					}
					if len(d.Entities) == 0 {
						t.Error("nothing found")
					}
				}
			})
		}
		for range 4 {
			<-started
		}
		for range 2 {
			wg.Go(func() {
				if err := p.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for range 100 {
			if runtime.NumGoroutine() <= goroutines {
				break
			}
			time.Sleep(10 * time.Millisecond)
		}
		if n := runtime.NumGoroutine(); n > goroutines {
			t.Errorf("%d goroutines left after Close", n-goroutines)
		}
	}
}

// Windows must cover every token once, overlap by about the stride, and not cut words.
func TestWindows(t *testing.T) {
	for _, size := range []int{6, 10, 62, 510} {
		for _, n := range []int{0, 1, size - 1, size, size + 1, 2 * size, 5*size + 3} {
			for _, stride := range []int{0, 1, 3, size / 4, size} {
				for _, perWord := range []int{1, 3, 4 * size} {
					word := []int32{-1}
					for i := range n {
						word = append(word, int32(i/perWord))
					}
					word = append(word, -1)
					wins := windows(nil, 5, word, size, stride)
					next := 1
					for i, w := range wins {
						if w.item != 5 || w.from < 1 || w.to > n+1 || w.to-w.from > size || w.use < w.from || w.end > w.to {
							t.Fatalf("size %d, n %d, stride %d: bad window %+v", size, n, stride, w)
						}
						if w.use != next {
							t.Fatalf("size %d, n %d, stride %d: window %d uses from %d, want %d", size, n, stride, i, w.use, next)
						}
						next = w.end
						if i > 0 && perWord < size/4 && word[w.use] == word[w.use-1] {
							t.Errorf("size %d, n %d, stride %d: labels change window within a word at %d", size, n, stride, w.use)
						}
					}
					if next != n+1 {
						t.Errorf("size %d, n %d, stride %d: labels for tokens 1 to %d, want to %d", size, n, stride, next-1, n)
					}
				}
			}
		}
	}
}

// A text of several windows must be read to its end, and a window's worth of it like that window alone.
func TestLongText(t *testing.T) {
	p := openTest(t, "testdata/tiny")
	long := story(200)
	d, err := p.AnnotateText(ctx, long)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(d.Entities); n < 100 || d.Entities[n-1].End < len(long)-200 {
		t.Errorf("%d entities, the last %+v of %d bytes", n, d.Entities[n-1], len(long))
	}
	for _, e := range d.Entities {
		if long[e.Start:e.End] != e.Text {
			t.Errorf("bad entity %+v", e)
		}
	}
}

func TestTwoMegabytes(t *testing.T) {
	if testing.Short() {
		t.Skip("takes seconds")
	}
	p := openTest(t, "testdata/tiny-pruned90")
	for name, text := range map[string]string{"words": story(2<<20/len(story(1)) + 1), "one word": strings.Repeat("κ", 1<<20)} {
		d, err := p.AnnotateText(ctx, text)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if d.Text != text {
			t.Errorf("%s: text was cut", name)
		}
	}
}

func TestTagWords(t *testing.T) {
	p := openTest(t, "testdata/tiny")
	words := strings.Fields("Activated T lymphocytes express TGF-β1 , \u0001 and CD28 receptors")
	tags, err := p.TagWords(ctx, [][]string{words, {}, {"IL-2Rα"}})
	if err != nil {
		t.Fatal(err)
	}
	if len(tags) != 3 || len(tags[0]) != len(words) || len(tags[1]) != 0 || len(tags[2]) != 1 {
		t.Fatalf("got %v", tags)
	}
	for i, tag := range tags[0] {
		if !slices.Contains(p.Labels(), tag) {
			t.Errorf("word %q has the label %q", words[i], tag)
		}
	}
	if tags[0][6] != "O" {
		t.Errorf("a word without pieces has the label %q", tags[0][6])
	}
}

func TestErrorsOfTexts(t *testing.T) {
	p := openTest(t, "testdata/tiny")
	if _, err := p.AnnotateText(ctx, "good \xff bad"); err == nil || !strings.Contains(err.Error(), "byte 5") {
		t.Errorf("invalid UTF-8: got %v", err)
	}
	boom := errors.New("boom")
	bad := iter.Seq2[string, error](func(yield func(string, error) bool) { _ = yield("a", nil) && yield("", boom) })
	if _, err := p.Annotate(ctx, bad); !errors.Is(err, boom) {
		t.Errorf("error of the sequence: got %v", err)
	}
	docs := func(yield func(annot.Document, error) bool) {
		_ = yield(annot.Document{Text: "fine"}, nil) && yield(annot.Document{ID: "p7", Text: "\xc3"}, nil)
	}
	if _, err := p.AnnotateDocuments(ctx, docs); err == nil || !strings.Contains(err.Error(), `text 2 (id "p7")`) {
		t.Errorf("got %v", err)
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := p.AnnotateText(cancelled, "IL-2"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	if _, err := NewTokenClassification(cancelled, "testdata/tiny"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: got %v", err)
	}
	p.Close()
	if _, err := p.AnnotateText(ctx, "IL-2"); err == nil || !strings.Contains(err.Error(), "closed") {
		t.Errorf("after Close: got %v", err)
	}
}

func TestOptionsRefuse(t *testing.T) {
	for want, o := range map[string]Option{
		"WithThreads(0)":       WithThreads(0),
		`WithEngine("int4")`:   WithEngine("int4"),
		`WithAggregation("x")`: WithAggregation("x"),
		"WithStride(-1)":       WithStride(-1),
	} {
		if _, err := NewTokenClassification(ctx, "testdata/tiny", o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %q in it", err, want)
		}
	}
}

func TestIgnoreLabels(t *testing.T) {
	p := openTest(t, "testdata/tiny", WithIgnoreLabels())
	got, err := p.Tokens(ctx, "IL-2Rα binds NF-κB.")
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 11 || !slices.ContainsFunc(got, func(r TokenResult) bool { return r.Entity == "O" }) {
		t.Errorf("got %+v", got)
	}
}

func TestProgress(t *testing.T) {
	var last Progress
	calls := 0
	p := openTest(t, "testdata/tiny", WithProgress(func(p Progress) { last, calls = p, calls+1 }))
	if _, err := p.Annotate(ctx, Texts(slices.Repeat([]string{story(3)}, 50)...)); err != nil {
		t.Fatal(err)
	}
	if !last.Done || last.Texts != 50 || last.Total != 50 || last.Tokens == 0 || calls == 0 {
		t.Errorf("last of %d reports: %+v", calls, last)
	}
	if s := (Progress{Texts: 3, Total: 44, Tokens: 1234567, Elapsed: 1e9}).String(); s != "3 of 44 texts, 1,234,567 tokens, 1,234,567 tokens/s" {
		t.Errorf("got %q", s)
	}
}

func TestRuneOffsets(t *testing.T) {
	d := annot.Document{Text: "αβ NF-κB, p53", Entities: []annot.Entity{{Start: 5, End: 11, Text: "NF-κB"}, {Start: 5, End: 7}, {Start: 13, End: 16, Text: "p53"}}}
	got := RuneOffsets(d)
	want := [][2]int{{3, 8}, {3, 5}, {10, 13}}
	for i, e := range got.Entities {
		if e.Start != want[i][0] || e.End != want[i][1] {
			t.Errorf("entity %d: %d to %d, want %v", i, e.Start, e.End, want[i])
		}
	}
	d.Relations = []annot.Relation{{Source: d.Entities[2], Target: d.Entities[0], Span: annot.Span{Start: 2, End: 16}}}
	d.Events = []annot.Event{{Trigger: annot.Span{Start: 5, End: 7}, Span: annot.Span{End: 16}, Arguments: []annot.Argument{{Entity: d.Entities[0]}}}}
	got = RuneOffsets(d)
	if r, e := got.Relations[0], got.Events[0]; r.Source != got.Entities[2] || r.Target != got.Entities[0] || r.Span != (annot.Span{Start: 1, End: 13}) ||
		e.Trigger != (annot.Span{Start: 3, End: 5}) || e.Span.End != 13 || e.Arguments[0].Entity != got.Entities[0] {
		t.Errorf("%+v, %+v", r, e)
	}
	if d.Entities[0].Start != 5 || d.Relations[0].Source.Start != 13 || d.Events[0].Trigger.Start != 5 || d.Events[0].Arguments[0].Entity.Start != 5 {
		t.Error("the document given was changed")
	}
}

// A checkpoint may say how its labels are to be read; an option says it louder.
func TestAggregationOfModel(t *testing.T) {
	model := func(params string) string {
		dir := filepath.Join(t.TempDir(), "m")
		if err := os.CopyFS(dir, os.DirFS("testdata/tiny")); err != nil {
			t.Fatal(err)
		}
		config := filepath.Join(dir, "config.json")
		b, err := os.ReadFile(config)
		if err == nil {
			err = os.WriteFile(config, bytes.Replace(b, []byte("{"), []byte(`{"task_specific_params": `+params+","), 1), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return dir
	}
	const first = `{"token-classification": {"aggregation_strategy": "first"}}`
	packed := filepath.Join(t.TempDir(), "m.sbm")
	if err := Convert(ctx, model(first), packed, "dense", ""); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		opts []Option
		want AggregationStrategy
	}{
		{"testdata/tiny", nil, Word}, {model("null"), nil, Word}, {model(`{"ner": 7, "token-classification": []}`), nil, Word},
		{model(first), nil, First}, {packed, nil, First}, {packed, []Option{WithAggregation(Max)}, Max},
	} {
		p := openTest(t, c.name, c.opts...)
		if got := p.opt.strategy; got != c.want || p.Provenance().Models[0].Options["aggregation"] != string(c.want) {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
	bad := model(strings.Replace(first, "first", "last", 1))
	if _, err := NewTokenClassification(ctx, bad); err == nil || !strings.Contains(err.Error(), `aggregation_strategy "last"`) {
		t.Errorf("unknown strategy: %v", err)
	}
	if p, err := NewTokenClassification(ctx, bad, WithAggregation(Word)); err != nil {
		t.Error(err)
	} else {
		p.Close()
	}
}

// Every way in which a checkpoint folder can be broken gives an error that names the file.
func TestBrokenCheckpoints(t *testing.T) {
	edit := func(file, old, new string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, file)
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			s := strings.Replace(string(b), old, new, 1)
			if s == string(b) {
				t.Fatalf("%s does not hold %q", file, old)
			}
			if err := os.WriteFile(path, []byte(s), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	remove := func(files ...string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			for _, f := range files {
				if err := os.Remove(filepath.Join(dir, f)); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	rename := func(from, to string) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			lfs := "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
			if err := os.WriteFile(filepath.Join(dir, "lfs"), []byte(lfs), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(filepath.Join(dir, from), filepath.Join(dir, to)); err != nil {
				t.Fatal(err)
			}
		}
	}
	truncate := func(file string, n int64) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			if err := os.Truncate(filepath.Join(dir, file), n); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, dir string)
		want   []string
	}{
		{"no config", remove("config.json"), []string{"config.json"}},
		{"no weights", remove("model.safetensors"), []string{"model.safetensors"}},
		{"no vocabulary", remove("tokenizer.json", "vocab.txt"), []string{"vocab.txt"}},
		{"broken config", truncate("config.json", 20), []string{"config.json"}},
		{"empty config", truncate("config.json", 0), []string{"config.json"}},
		{"truncated weights", truncate("model.safetensors", 100000), []string{"model.safetensors", "truncated"}},
		{"empty weights", truncate("model.safetensors", 0), []string{"model.safetensors"}},
		{"truncated tokenizer", truncate("tokenizer.json", 500), []string{"tokenizer.json"}},
		{"other weights named as PyTorch's", rename("model.safetensors", "pytorch_model.bin"), []string{"pytorch_model.bin", "zip"}},
		{"weights in pieces", rename("model.safetensors", "model.safetensors.index.json"), []string{"model.safetensors.index.json"}},
		{"weights left in Git LFS", rename("lfs", "model.safetensors"), []string{"model.safetensors", "git lfs pull"}},
		{"number as string", edit("config.json", `"hidden_size": 48`, `"hidden_size": "48"`), []string{"config.json", `"hidden_size" is a string (want a whole number)`}},
		{"other architecture", edit("config.json", `"bert"`, `"roberta"`), []string{"config.json", "roberta"}},
		{"wrong shape", edit("config.json", `"intermediate_size": 112`, `"intermediate_size": 128`), []string{"model.safetensors", "intermediate.dense.weight", "[112 48]", "[128 48]"}},
		{"missing tensor", edit("model.safetensors", "classifier.weight", "classifier.weighs"), []string{"model.safetensors", "classifier.weight"}},
		{"missing linear", edit("model.safetensors", "layer.1.attention.self.key.weight", "layer.1.attention.self.key.weighs"), []string{"self.key.weight"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS("testdata/tiny")); err != nil {
				t.Fatal(err)
			}
			c.damage(t, dir)
			p, err := NewTokenClassification(ctx, dir)
			if err == nil {
				p.Close()
				t.Fatal("opened")
			}
			for _, w := range append(c.want, "biobert: ") {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("got %q, want %q in it", err, w)
				}
			}
		})
	}
	if _, err := NewTokenClassification(ctx, "testdata/no-such-model"); !errors.Is(err, hub.ErrUnknownModel) {
		t.Errorf("missing folder: got %v", err)
	}
}

// Weights that are not numbers are refused by the name of their tensor, for they would make nonsense of
// every score.
func TestWeightsMustBeNumbers(t *testing.T) {
	for _, c := range []struct{ model, engine, tensor string }{
		{"tiny", "dense", "bert.embeddings.word_embeddings.weight"},
		{"tiny", "dense", "bert.encoder.layer.1.attention.self.key.weight"},
		{"tiny", "sparse", "bert.encoder.layer.1.output.dense.bias"},
		{"tiny-pruned90", "sparse", "classifier.bias"},
	} {
		t.Setenv("XDG_CACHE_HOME", t.TempDir())
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS("testdata/"+c.model)); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "model.safetensors")
		f, err := safetensors.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		x, err := f.Tensor(c.tensor)
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.Index(b, x.Data) + 3*x.DType.Bits()/8
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		for i := range x.DType.Bits() / 8 {
			b[at+i] = 0xff
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := NewTokenClassification(ctx, dir, WithEngine(c.engine)); err == nil || !strings.Contains(err.Error(), path+": tensor \""+c.tensor+"\": value 3 is NaN") {
			t.Errorf("%s, %s: got %v", c.engine, c.tensor, err)
		}
	}
}

// The packed form in the cache folder is a convenience: whatever is in its place, the model opens.
func TestCacheIsReplaced(t *testing.T) {
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	p := openTest(t, "testdata/tiny-pruned90", WithEngine("sparse"))
	want, err := p.AnnotateText(ctx, story(2))
	if err != nil {
		t.Fatal(err)
	}
	p.Close()
	files, err := filepath.Glob(filepath.Join(cache, "sparsebio/packed/*.sbm"))
	if err != nil || len(files) != 1 {
		t.Fatalf("the cache holds %v, %v", files, err)
	}
	sound, err := os.ReadFile(files[0])
	if err != nil {
		t.Fatal(err)
	}
	flipped := bytes.Clone(sound)
	flipped[len(flipped)/2] ^= 1
	var other bytes.Buffer // sound, but of another model
	if _, err := (&packed.Writer{}).WriteTo(&other); err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"truncated": sound[:len(sound)/2], "empty": nil, "a bit flipped": flipped, "another": other.Bytes()} {
		if err := os.WriteFile(files[0], b, 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := openTest(t, "testdata/tiny-pruned90", WithEngine("sparse")).AnnotateText(ctx, story(2))
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %v, %v", name, got, err)
		}
		if b, err := os.ReadFile(files[0]); err != nil || !bytes.Equal(b, sound) {
			t.Errorf("%s: not replaced, %v", name, err)
		}
	}
	t.Setenv("XDG_CACHE_HOME", files[0]) // not a folder
	got, err := openTest(t, "testdata/tiny-pruned90", WithEngine("sparse")).AnnotateText(ctx, story(2))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("no cache folder: got %v, %v", got, err)
	}
}

// Finite weights can still overflow. That is an error and not a NaN in the results.
func TestOverflow(t *testing.T) {
	m, err := bert.Synthetic(t.Context(), bert.Shapes["minilm-l6"], 0, false, bert.Dense, "", 1)
	if err != nil {
		t.Fatal(err)
	}
	m.LayerNormEps = math.Inf(-1)
	p := newPipeline("huge", m, &options{threads: 1}, &tokenTask{})
	defer p.Close()
	err = p.read(ctx, []input{{ids: []int32{1, 2, 3}}}, nil, false, func(int, *scored) {})
	if err == nil || !strings.Contains(err.Error(), "not numbers") {
		t.Errorf("got %v", err)
	}
}

// A vocabulary that does not fit the embedding must be found out when the model is opened: one that is too
// large would read past the embedding, one that was cut short would make many words unknown.
func TestVocabularyMustFit(t *testing.T) {
	vocab, err := os.ReadFile("testdata/tiny/vocab.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(string(vocab), "\n")
	for name, c := range map[string]struct {
		vocab string
		fits  bool
	}{
		"as it is":          {string(vocab), true},
		"one more":          {string(vocab) + "surplus\n", false},
		"padded embedding":  {strings.Join(lines[:len(lines)-8], ""), true},
		"only a half of it": {strings.Join(lines[:len(lines)/2], ""), false},
		"four fifths of it": {strings.Join(lines[:len(lines)*4/5], ""), false},
	} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS("testdata/tiny")); err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(filepath.Join(dir, "tokenizer.json")); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "vocab.txt"), []byte(c.vocab), 0o600); err != nil {
			t.Fatal(err)
		}
		p, err := NewTokenClassification(ctx, dir)
		if err == nil {
			p.Close()
		}
		if (err == nil) != c.fits || err != nil && !strings.Contains(err.Error(), "vocab.txt") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestPackedFilesGiveTheSameResults(t *testing.T) {
	dir := t.TempDir()
	for _, engine := range []string{"dense", "sparse"} {
		whole, table, apart := filepath.Join(dir, engine+".sbm"), filepath.Join(dir, "table.sbm"), filepath.Join(dir, engine+"-apart.sbm")
		if err := Convert(ctx, "testdata/tiny-pruned90", whole, engine, ""); err != nil {
			t.Fatal(err)
		}
		name := "tiny-table-" + engine
		if err := ConvertTable(ctx, "testdata/tiny-pruned90", table, name); err != nil {
			t.Fatal(err)
		}
		if err := Convert(ctx, "testdata/tiny-pruned90", apart, engine, table); err != nil {
			t.Fatal(err)
		}
		if _, err := NewTokenClassification(ctx, apart); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("table not registered: got %v", err)
		}
		b, err := os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		hub.RegisterTable(name, string(b))
		want := openTest(t, whole)
		got := openTest(t, apart)
		ref := openTest(t, "testdata/tiny-pruned90", WithEngine(engine))
		for _, text := range []string{story(1), "κB", ""} {
			w, err1 := want.AnnotateText(ctx, text)
			g, err2 := got.AnnotateText(ctx, text)
			r, err3 := ref.AnnotateText(ctx, text)
			if err := errors.Join(err1, err2, err3); err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(w, g) {
				t.Errorf("%s: table apart gives other results", engine)
			}
			// 16-bit weights and an INT8 table change the scores a little, and hardly the labels.
			if d := len(w.Entities) - len(r.Entities); d < -1 || d > 1 {
				t.Errorf("%s: packed finds %d entities, the checkpoint %d", engine, len(w.Entities), len(r.Entities))
			}
		}
	}
	if _, err := NewTokenClassification(ctx, filepath.Join(dir, "sparse.sbm"), WithEngine("dense")); err == nil {
		t.Error("a sparse file was opened as dense")
	}
	if err := os.WriteFile(filepath.Join(dir, "bad.sbm"), []byte("not a model"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewTokenClassification(ctx, filepath.Join(dir, "bad.sbm")); err == nil || !strings.Contains(err.Error(), "bad.sbm") {
		t.Errorf("got %v", err)
	}
}

func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		p, err := NewTokenClassification(ctx, "testdata/tiny")
		if err != nil {
			b.Fatal(err)
		}
		p.Close()
	}
}
