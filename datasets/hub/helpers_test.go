package hub

import (
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

// What the environment of whoever runs the tests says must not matter.
func TestMain(m *testing.M) {
	for _, kv := range os.Environ() {
		if name, _, _ := strings.Cut(kv, "="); strings.HasPrefix(name, "HF_") || strings.HasPrefix(name, "HUGGING") || name == "TRANSFORMERS_OFFLINE" || name == "XDG_CACHE_HOME" {
			os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}

// abstracts is the data set of most tests: README.md lies in git, the others in LFS.
var abstracts = Dataset("zeroshot/arxiv-biology")

const table = "data/train-00000-of-00001.parquet"

// big does not fit into one read or into what counts as moving on.
var big = random(400_000)

func random(n int) string {
	r := rand.New(rand.NewPCG(1, uint64(n)))
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(r.Uint32())
	}
	return string(b)
}

func newHub(t testing.TB) (*hubtest.Hub, *hubtest.Repo) {
	t.Helper()
	h := hubtest.New(t)
	r := h.Add("dataset", abstracts.ID, map[string]string{
		"README.md":  "# Abstracts of papers\n",
		"empty.txt":  "",
		table:        big,
		"data/b.csv": "id,text\n1,β-catenin\n",
	})
	return h, r
}

// newClient returns a client of a hub with a cache of its own, quick to give up.
func newClient(t testing.TB, h *hubtest.Hub, opts ...Option) *Client {
	t.Helper()
	c, err := New(append([]Option{
		WithEndpoint(h.URL()),
		WithCacheDir(filepath.Join(t.TempDir(), "hub")),
		WithToken(""),
		WithRetries(3, time.Millisecond),
		WithTimeouts(5*time.Second, 5*time.Second),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// get downloads a file and compares it.
func get(t testing.TB, c *Client, repo RepoID, revision, file, want string) string {
	t.Helper()
	path, err := c.Download(t.Context(), repo, revision, file)
	if err != nil {
		t.Fatal(err)
	}
	sameFile(t, path, want)
	return path
}

func sameFile(t testing.TB, path, want string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(b) != want {
		t.Errorf("%s: %d bytes, not the %d wanted", path, len(b), len(want))
	}
}

// intact checks that the cache holds nothing wrong: blobs are what their names
// say, links lead to them, and nothing temporary is left but partial blobs, whose
// number is returned.
func intact(t testing.TB, c *Client) (partial int) {
	t.Helper()
	err := filepath.WalkDir(c.cache, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		rel, _ := filepath.Rel(c.cache, path)
		parts := strings.Split(filepath.ToSlash(rel), "/")
		name := parts[len(parts)-1]
		switch {
		case strings.HasSuffix(name, ".tmp"):
			t.Errorf("left over: %s", rel)
		case len(parts) > 1 && parts[1] == "blobs" && strings.HasSuffix(name, incomplete):
			partial++
		case len(parts) > 1 && parts[1] == "blobs":
			if err := verify(path, name, -1); err != nil {
				t.Errorf("%s: %v", rel, err)
			}
		case len(parts) > 1 && parts[1] == "snapshots":
			if _, err := os.Stat(path); err != nil {
				t.Errorf("link leads nowhere: %v", err)
			}
		}
		return nil
	})
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return partial
}

// wantError checks what an error is and says.
func wantError(t testing.TB, err, kind error, texts ...string) {
	t.Helper()
	if err == nil {
		t.Error("no error")
		return
	}
	if kind != nil && !errors.Is(err, kind) {
		t.Errorf("error %q is not %q", err, kind)
	}
	for _, s := range texts {
		if !strings.Contains(err.Error(), s) {
			t.Errorf("error %q, want one with %q", err, s)
		}
	}
	if strings.Contains(err.Error(), hubtest.Token) || strings.Contains(err.Error(), "Signature") {
		t.Errorf("error %q shows a secret", err)
	}
}
