package hub

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

// child is another program that downloads the table.
func child(t *testing.T, h *hubtest.Hub, cache string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), "HUB_TEST_ENDPOINT="+h.URL(), "HUB_TEST_CACHE="+cache)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	return cmd
}

func TestChild(t *testing.T) {
	endpoint := os.Getenv("HUB_TEST_ENDPOINT")
	if endpoint == "" {
		t.Skip("run by other tests")
	}
	c, err := New(WithEndpoint(endpoint), WithCacheDir(os.Getenv("HUB_TEST_CACHE")), WithToken(""))
	if err != nil {
		t.Fatal(err)
	}
	get(t, c, abstracts, "main", table, big)
}

// Several programs that want one file at the same time fetch it once.
func TestProcesses(t *testing.T) {
	h, _ := newHub(t)
	c := newClient(t, h)
	var children []*exec.Cmd
	for range 4 {
		children = append(children, child(t, h, c.CacheDir()))
	}
	get(t, c, abstracts, "main", table, big)
	for _, cmd := range children {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	if n := len(ranges(h)); n != 1 {
		t.Errorf("fetched %d times", n)
	}
	if n := intact(t, c); n != 0 {
		t.Errorf("%d partial files", n)
	}
}

// A program that is killed leaves no lock, nothing under the name of the file, and
// what it had fetched, which the next one goes on with.
func TestKilled(t *testing.T) {
	const sent = 300_000
	h, r := newHub(t)
	c := newClient(t, h)
	h.Fault(hubtest.Match{Host: "cdn", Times: 1}, func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		w.Header().Set("Content-Length", fmt.Sprint(len(big)))
		fmt.Fprint(w, big[:sent])
		http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	cmd := child(t, h, c.CacheDir())
	partial := partialOf(c.repo(abstracts).blob(r.Etag("main", table)))
	for deadline := time.Now().Add(20 * time.Second); sizeOf(partial) < sent; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("the other program has fetched %d bytes", sizeOf(partial))
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	cmd.Wait()
	filepath.WalkDir(c.CacheDir(), func(path string, e os.DirEntry, _ error) error {
		if strings.Contains(path, "snapshots") && !e.IsDir() {
			t.Errorf("%s is there", path)
		}
		return nil
	})
	if n := intact(t, c); n != 1 {
		t.Errorf("%d partial files", n)
	}
	ranges(h)
	get(t, c, abstracts, "main", table, big)
	sameStrings(t, ranges(h), fmt.Sprintf("bytes=%d-", sent))
}
