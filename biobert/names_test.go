package biobert

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/hub"
	"github.com/sparsebio/sparsebio/biobert/internal/archive"
)

// deploymentOf packs the files of a folder as the SparseZoo did, and returns the path of the archive.
func deploymentOf(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "deployment.tar.gz")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	z := gzip.NewWriter(f)
	w := tar.NewWriter(z)
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err == nil {
			err = w.WriteHeader(&tar.Header{Name: "deployment/" + e.Name(), Typeflag: tar.TypeReg, Size: int64(len(b)), Mode: 0o644})
		}
		if err == nil {
			_, err = w.Write(b)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), z.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// ownCache gives the test a cache folder of its own.
func ownCache(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", dir)
	t.Setenv("HOME", dir)
	t.Setenv("LocalAppData", dir)
}

// A checkpoint in an archive is the one in the folder.
func TestOpenArchive(t *testing.T) {
	ownCache(t)
	path := deploymentOf(t, "testdata/tiny")
	want, err := openTest(t, "testdata/tiny").AnnotateText(ctx, story(2))
	if err != nil {
		t.Fatal(err)
	}
	p := openTest(t, path)
	got, err := p.AnnotateText(ctx, story(2))
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	if i := p.Info(); i.Name != path || i.Source != path {
		t.Errorf("%+v", i)
	}
	for _, f := range p.Provenance().Models[0].Files {
		if f.SHA256 == "" {
			t.Errorf("%s has no checksum", f.Name)
		}
	}
	onnx := deploymentOf(t, onnxFolder(t))
	texts, err := NewTextClassification(ctx, filepath.Dir(onnx)) // the folder that the archive is in
	if err != nil {
		t.Fatal(err)
	}
	defer texts.Close()
	if got, err := texts.ClassifyText(ctx, "a b c"); err != nil || len(got) == 0 {
		t.Errorf("ONNX: %v, %v", got, err)
	}
	if i := texts.Info(); i.Source != onnx {
		t.Errorf("%+v", i)
	}
}

func TestOpenArchiveErrors(t *testing.T) {
	ownCache(t)
	path := filepath.Join(t.TempDir(), "deployment.tar")
	if err := os.WriteFile(path, []byte(strings.Repeat("no tar\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := NewTokenClassification(ctx, path); !errors.Is(err, archive.ErrFormat) || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
	gone := errors.New("gone")
	ended, cancel := context.WithCancelCause(ctx)
	p := hub.Fetcher(func(context.Context, hub.Request) (hub.Fetched, error) {
		cancel(gone)
		return hub.Fetched{File: deploymentOf(t, "testdata/tiny")}, nil
	})
	if _, err := NewTokenClassification(ended, "a/b", WithFetcher(p)); !errors.Is(err, gone) {
		t.Errorf("got %v", err)
	}
}

// What the constructors are told about a model of the hub reaches what fetches it.
func TestOpenFetched(t *testing.T) {
	var asked hub.Request
	fetch := func(_ context.Context, r hub.Request) (hub.Fetched, error) {
		asked = r
		raw, err := os.ReadFile("testdata/tiny/config.json")
		if err != nil {
			return hub.Fetched{}, err
		}
		if err := r.Check(raw); err != nil {
			return hub.Fetched{}, err
		}
		if r.Progress != nil {
			r.Progress(hub.Progress{Repo: r.Repo, File: "model.safetensors", Bytes: 1e5, Total: -1})
		}
		return hub.Fetched{Dir: "testdata/tiny", Commit: "c0ffee"}, nil
	}
	var seen []string
	p := openTest(t, "a/b", WithFetcher(fetch), WithRevision("v1"), WithProgress(func(p Progress) { seen = append(seen, p.String()) }))
	if asked.Repo != "a/b" || asked.Revision != "v1" || asked.Silent {
		t.Errorf("asked for %+v", asked)
	}
	if i := p.Info(); i.Name != "a/b" || i.Source != "a/b@c0ffee" {
		t.Errorf("%+v", i)
	}
	if want := []string{"a/b/model.safetensors: 0.1 MB"}; !reflect.DeepEqual(seen, want) {
		t.Errorf("progress %q", seen)
	}
	openTest(t, "a/b@v2", WithFetcher(fetch), WithProgress(nil))
	if asked.Revision != "v2" || !asked.Silent || asked.Progress != nil {
		t.Errorf("asked for %+v", asked)
	}
	if _, err := NewQuestionAnswering(ctx, "a/b", WithFetcher(fetch)); err == nil || !strings.Contains(err.Error(), "open it with NewTokenClassification") {
		t.Errorf("another head: %v", err)
	}
	// The revision is that of the model of relations, not of the one for entities.
	relations := func(_ context.Context, r hub.Request) (hub.Fetched, error) {
		asked = r
		return hub.Fetched{Dir: "testdata/tiny-relation"}, nil
	}
	_, err := NewRelationExtraction(ctx, "a/b", WithFetcher(relations), WithRevision("v3"), WithEntityModel("testdata/tiny"))
	if err != nil && strings.Contains(err.Error(), "has no revision") || asked.Revision != "v3" {
		t.Errorf("relations: %v, asked for %+v", err, asked)
	}
	for want, opt := range map[string]Option{"WithRevision": WithRevision(""), "WithFetcher": WithFetcher(nil), "WithLogger": WithLogger(nil)} {
		if _, err := NewTokenClassification(ctx, "testdata/tiny", opt); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
}

func TestOpenMirror(t *testing.T) {
	const stub = "nlp/token_classification/biobert-base_cased/pytorch/huggingface/jnlpba/pruned90_quant-none"
	mirror := t.TempDir()
	dir := filepath.Join(mirror, filepath.FromSlash(stub))
	if err := os.CopyFS(filepath.Join(dir, "deployment"), os.DirFS("testdata/tiny-pruned90")); err != nil {
		t.Fatal(err)
	}
	p := openTest(t, "zoo:"+stub, WithZoo(mirror))
	if i := p.Info(); i.Source != filepath.Join(dir, "deployment") || i.Engine != "sparse INT8" || i.Note != "" {
		t.Errorf("%+v", i)
	}
	t.Setenv(hub.MirrorVariable, filepath.Join(mirror, "none"))
	if _, err := NewTokenClassification(ctx, "zoo:"+stub); err == nil || errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "mirror") {
		t.Errorf("got %v", err)
	}
	if _, err := NewTokenClassification(ctx, "zoo:"+stub, WithZoo("")); !errors.Is(err, hub.ErrUnknownModel) || !strings.Contains(err.Error(), `biobert/models/jnlpba"`) {
		t.Errorf("got %v", err)
	}
}
