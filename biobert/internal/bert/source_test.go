package bert

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

// writeSafetensors writes tensors as a file.
func writeSafetensors(t testing.TB, path string, tensors []safetensors.Tensor) {
	t.Helper()
	header := map[string]any{}
	var data []byte
	for _, x := range tensors {
		header[x.Name] = map[string]any{"dtype": x.DType, "shape": x.Shape, "data_offsets": []int{len(data), len(data) + len(x.Data)}}
		data = append(data, x.Data...)
	}
	h, err := json.Marshal(header)
	if err != nil {
		t.Fatal(err)
	}
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(h)))
	if err := os.WriteFile(path, append(append(b, h...), data...), 0o644); err != nil {
		t.Fatal(err)
	}
}

// shard copies a checkpoint folder with its weights in three files and returns the folder and the index.
func shard(t testing.TB, dir string) (to string, index map[string]string) {
	t.Helper()
	to = t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	f, err := safetensors.Open(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	parts := make([][]safetensors.Tensor, 3)
	index = map[string]string{}
	for i, name := range f.Names() {
		x, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		parts[i%3] = append(parts[i%3], x)
		index[name] = fmt.Sprintf("model-%05d-of-00003.safetensors", i%3+1)
	}
	for i, p := range parts {
		writeSafetensors(t, filepath.Join(to, fmt.Sprintf("model-%05d-of-00003.safetensors", i+1)), p)
	}
	if err := os.Remove(filepath.Join(to, "model.safetensors")); err != nil {
		t.Fatal(err)
	}
	writeIndex(t, to, index)
	return to, index
}

func writeIndex(t testing.TB, dir string, index map[string]string) {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"metadata": map[string]any{"total_size": 1}, "weight_map": index})
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "model.safetensors.index.json"), raw, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// logitsOf returns the logits of the golden texts of a checkpoint.
func logitsOf(t testing.TB, m *Model, golden string) []float32 {
	t.Helper()
	s := NewState(1)
	defer s.Close()
	var out []float32
	for _, c := range readCases(t, golden) {
		var b Batch
		b.Add(c.IDs)
		out = append(out, m.Forward(s, &b).Data...)
	}
	return out
}

// Weights in several files give the same bits as in one, in every engine, from the cache or not.
func TestShards(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	for _, name := range []string{"tiny", "tiny-pruned90"} {
		dir, _ := shard(t, testdata+name)
		for _, e := range []Engine{Dense, Sparse, Sparse} {
			want := logitsOf(t, loadModel(t, testdata+name, e), testdata+name+".golden.json")
			if got := logitsOf(t, loadModel(t, dir, e), testdata+name+".golden.json"); len(got) == 0 || !slices.Equal(got, want) {
				t.Errorf("%s, %s: the logits differ", name, e)
			}
		}
		c, err := OpenCheckpoint(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		files := c.Files()
		if len(files) != 4 || filepath.Base(files[0]) != "model.safetensors.index.json" {
			t.Errorf("files %q", files)
		}
		// A change of one of the files makes another cache file.
		before, err := c.cachePath()
		if err != nil {
			t.Fatal(err)
		}
		st, err := os.Stat(files[2])
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(files[2], st.ModTime(), st.ModTime().Add(1e9)); err != nil {
			t.Fatal(err)
		}
		if after, err := c.cachePath(); err != nil || after == before {
			t.Errorf("the same cache file after a change: %v", err)
		}
	}
}

func TestShardsRefuse(t *testing.T) {
	const tensor = "classifier.bias"
	for _, c := range []struct {
		name   string
		damage func(t *testing.T, dir string, index map[string]string)
		want   string
	}{
		{"a file is missing", func(t *testing.T, dir string, index map[string]string) {
			os.Remove(filepath.Join(dir, index[tensor]))
		}, "download all files"},
		{"a tensor is in another file", func(_ *testing.T, dir string, index map[string]string) {
			index[tensor] = index["classifier.weight"]
		}, "model.safetensors.index.json says that it is there"},
		{"a tensor is not named", func(_ *testing.T, dir string, index map[string]string) {
			delete(index, "bert.encoder.layer.1.output.dense.bias")
		}, `tensor "bert.encoder.layer.1.output.dense.bias": no such tensor`},
		{"outside", func(_ *testing.T, dir string, index map[string]string) { index[tensor] = "../model.safetensors" }, "in the same folder"},
		{"absolute", func(_ *testing.T, dir string, index map[string]string) { index[tensor] = "/model.safetensors" }, "in the same folder"},
		{"on a drive", func(_ *testing.T, dir string, index map[string]string) { index[tensor] = `C:model.safetensors` }, "in the same folder"},
		{"the folder itself", func(_ *testing.T, dir string, index map[string]string) { index[tensor] = "." }, "in the same folder"},
		{"empty", func(_ *testing.T, dir string, index map[string]string) { clear(index) }, "no weight_map"},
	} {
		dir, index := shard(t, testdata+"tiny")
		c.damage(t, dir, index)
		writeIndex(t, dir, index)
		if ck, err := OpenCheckpoint(dir); err == nil {
			ck.Close()
			t.Errorf("%s: opened", c.name)
		} else if !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %q, want %q in it", c.name, err, c.want)
		}
	}
	dir, _ := shard(t, testdata+"tiny")
	if err := os.Truncate(filepath.Join(dir, "model.safetensors.index.json"), maxIndex+1); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenCheckpoint(dir); err == nil || !strings.Contains(err.Error(), "too many for an index") {
		t.Errorf("a huge index: %v", err)
	}
}

// The same weights in pytorch_model.bin, with the names of older checkpoints, whole or in two files, give the same bits.
func TestPyTorch(t *testing.T) {
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(testdata+"tiny-pruned90")); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(filepath.Join(dir, "model.safetensors")); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(testdata + "tiny-pruned90.pytorch_model.bin")
	if err != nil {
		t.Fatal(err)
	}
	const golden = testdata + "tiny-pruned90.golden.json"
	same := func(what string) {
		for _, e := range []Engine{Dense, Sparse} {
			want := logitsOf(t, loadModel(t, testdata+"tiny-pruned90", e), golden)
			if got := logitsOf(t, loadModel(t, dir, e), golden); len(got) == 0 || !slices.Equal(got, want) {
				t.Errorf("%s, %s: the logits differ", what, e)
			}
		}
	}
	path := filepath.Join(dir, "pytorch_model.bin")
	if err := os.WriteFile(path, raw, 0o644); err != nil {
		t.Fatal(err)
	}
	same("one file")

	c, err := OpenCheckpoint(dir)
	if err != nil {
		t.Fatal(err)
	}
	index := map[string]string{}
	for i, name := range c.file.Names() {
		index[name] = fmt.Sprintf("pytorch_model-%d.bin", i%2)
	}
	c.Close()
	for i := range 2 { // either holds all tensors, which is of no matter here
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("pytorch_model-%d.bin", i)), raw, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	writeIndex(t, dir, index)
	if err := os.Rename(filepath.Join(dir, "model.safetensors.index.json"), path+".index.json"); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	same("two files")
}
