package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

// zooArchive packs a sparse quantized graph and what it needs as the SparseZoo did: deployment.tar.gz with a folder of that name, its entry first. It returns
// the name of the same graph outside of an archive, too.
func zooArchive(t *testing.T) (archive, model string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "out")
	mustRun(t, "compress", "--model", tiny, "--calibrate", write(t, "texts.txt", calibration), "--sparsity", "0.8", "--blocks", "4", "--onnx", "--output", dir)
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	w := tar.NewWriter(z)
	err := w.WriteHeader(&tar.Header{Name: "deployment/", Typeflag: tar.TypeDir, Mode: 0o755})
	for _, name := range []string{"config.json", "model.onnx", "tokenizer.json", "tokenizer_config.json"} {
		raw, e := os.ReadFile(filepath.Join(dir, name))
		if e == nil {
			e = w.WriteHeader(&tar.Header{Name: "deployment/" + name, Typeflag: tar.TypeReg, Size: int64(len(raw)), Mode: 0o644})
		}
		if e == nil {
			_, e = w.Write(raw)
		}
		err = errors.Join(err, e)
	}
	if err = errors.Join(err, w.Close(), z.Close()); err != nil {
		t.Fatal(err)
	}
	return b.String(), filepath.Join(dir, "model.onnx")
}

// A stub of the SparseZoo reads texts with the real files where there is a mirror of them: a folder, or a repository of the hub.
func TestZooMirror(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("SPARSEBIO_ZOO", "")
	archive, model := zooArchive(t)
	stub := strings.TrimPrefix(jnlpbaStub, "zoo:")
	in := write(t, "in.jsonl", oneAbstract)
	read := func(model string) (string, []record) {
		t.Helper()
		out := filepath.Join(t.TempDir(), "out.jsonl")
		printed := mustRun(t, "ner", "--model", model, "--input", in, "--text", "abstract", "--output", out)
		return printed, readRecords(t, out)
	}
	_, want := read(model)
	if len(want) != 1 || len(want[0].Entities) == 0 {
		t.Fatalf("the graph finds %+v", want)
	}

	folder := t.TempDir()
	at := filepath.Join(folder, filepath.FromSlash(stub))
	if err := os.MkdirAll(at, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(at, "deployment.tar.gz"), []byte(archive), 0o600); err != nil {
		t.Fatal(err)
	}
	h := hubtest.New(t)
	h.Add("model", "me/zoo", map[string]string{"README.md": "a mirror", stub + "/deployment.tar.gz": archive, stub + "/model.onnx.tar.gz": "not wanted"})
	h.Setenv()
	for _, mirror := range []string{folder, "me/zoo", "me/zoo@main"} {
		t.Setenv("SPARSEBIO_ZOO", mirror)
		if printed, got := read(jnlpbaStub); !reflect.DeepEqual(got, want) || strings.Contains(printed, "the SparseZoo is closed") {
			t.Errorf("%s: got %+v, want %+v; printed %q", mirror, got, want, printed)
		}
		if printed := mustRun(t, "inspect", "--model", jnlpbaStub); !strings.Contains(printed, "weights: INT8, with scales for activations, 80.") {
			t.Errorf("%s: inspect prints %q", mirror, printed)
		}
	}
	for _, g := range h.Gets() {
		if !strings.HasSuffix(g, "/deployment.tar.gz") {
			t.Errorf("fetched %s", g)
		}
	}
	// What is fetched stays.
	h.Close()
	t.Setenv("HF_HUB_OFFLINE", "1")
	if _, got := read(jnlpbaStub); !reflect.DeepEqual(got, want) {
		t.Errorf("offline: got %+v", got)
	}
	// A mirror has what it has: nothing stands in for what is not there.
	other := strings.Replace(jnlpbaStub, "jnlpba", "ddi", 1)
	for _, mirror := range []string{folder, "me/zoo"} {
		t.Setenv("SPARSEBIO_ZOO", mirror)
		if _, err := run(t, "ner", "--model", other, "--input", in, "--text", "abstract", "--output", filepath.Join(t.TempDir(), "out.jsonl")); err == nil || !strings.Contains(err.Error(), "in the mirror") {
			t.Errorf("%s: got %v", mirror, err)
		}
	}
}
