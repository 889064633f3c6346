package main

import (
	"archive/tar"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

const jnlpbaStub = "zoo:nlp/token_classification/biobert-base_cased/pytorch/huggingface/jnlpba/pruned90_quant-none"

// tarOf writes the files of the folder dir as an archive of a deployment.
func tarOf(t *testing.T, dir string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "deployment.tar")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(f)
	for _, name := range names(t, dir) {
		b, e := os.ReadFile(filepath.Join(dir, name))
		if e == nil {
			e = w.WriteHeader(&tar.Header{Name: "deployment/" + name, Typeflag: tar.TypeReg, Size: int64(len(b)), Mode: 0o644})
		}
		if e == nil {
			_, e = w.Write(b)
		}
		err = errors.Join(err, e)
	}
	if err = errors.Join(err, w.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// convert and compress take a checkpoint by every name that opens it, and give the same for each.
func TestCheckpointNames(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	serveTiny(t)
	mirror := t.TempDir()
	if err := os.CopyFS(filepath.Join(mirror, filepath.FromSlash(strings.TrimPrefix(jnlpbaStub, "zoo:")), "deployment"), os.DirFS(tiny)); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SPARSEBIO_ZOO", mirror)
	dir, texts := t.TempDir(), write(t, "texts.txt", calibration)
	var want [2]string
	for i, model := range []string{tiny, "me/tiny", "hf://me/tiny@main", tarOf(t, tiny), jnlpbaStub} {
		packed, table, out := filepath.Join(dir, "a.sbm"), filepath.Join(dir, "table.sbm"), filepath.Join(t.TempDir(), "out")
		mustRun(t, "convert", "--model", model, "--output", packed)
		mustRun(t, "convert", "--model", model, "--output", table, "--table-name", "t")
		mustRun(t, "compress", "--model", model, "--calibrate", texts, "--method", "magnitude", "--output", out)
		for j, file := range []string{table, filepath.Join(out, "model.safetensors")} {
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if i == 0 {
				want[j] = string(b)
			}
			if string(b) != want[j] {
				t.Errorf("%s: %s differs", model, filepath.Base(file))
			}
		}
		entities := filepath.Join(dir, "entities.jsonl")
		mustRun(t, "ner", "--model", packed, "--input", texts, "--output", entities)
	}
}

func TestCheckpointNamesRefused(t *testing.T) {
	h := hubtest.New(t)
	h.Add("model", "me/gpt", map[string]string{"config.json": `{"model_type": "gpt2"}`, "model.safetensors": "large"})
	h.Setenv()
	t.Setenv("SPARSEBIO_ZOO", "")
	out := filepath.Join(t.TempDir(), "out")
	packed := filepath.Join(t.TempDir(), "tiny.sbm")
	mustRun(t, "convert", "--model", tiny, "--output", packed)
	texts := write(t, "texts.txt", calibration)
	for model, wants := range map[string][]string{
		"jnlpba":                            {"it is a packed model"},
		jnlpbaStub:                          {"the SparseZoo is closed", "it is a packed model"},
		packed:                              {"it is a packed model"},
		texts:                               {"to open a checkpoint, give its folder"},
		"no-such":                           {"unknown model"},
		"me/none":                           {"check the name"},
		"me/gpt":                            {"gpt2"},
		filepath.Join(tiny, "none", "none"): {"unknown model"},
	} {
		for _, args := range [][]string{
			{"convert", "--model", model, "--output", out},
			{"convert", "--model", model, "--output", out, "--table-name", "t"},
			{"compress", "--model", model, "--output", out, "--calibrate", texts},
		} {
			_, err := run(t, args...)
			for _, want := range wants {
				if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "biobert: ") > 1 {
					t.Errorf("%v: got %v, want %q in it", args[:3], err, want)
				}
			}
			if _, err := os.Stat(out); err == nil {
				t.Errorf("%v left something", args)
			}
		}
	}
	for _, g := range h.Gets() {
		if strings.HasSuffix(g, "safetensors") {
			t.Errorf("fetched %s", g)
		}
	}
}
