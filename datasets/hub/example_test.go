package hub_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/sparsebio/sparsebio/datasets/hub"
	"github.com/sparsebio/sparsebio/datasets/hub/hubtest"
)

func Example() {
	// In place of the hub; leave WithEndpoint and WithCacheDir out to use the real one.
	h, cache := fakeHub()
	defer h.Close()
	defer os.RemoveAll(cache)
	c, err := hub.New(hub.WithEndpoint(h.URL()), hub.WithCacheDir(cache))
	if err != nil {
		log.Fatal(err)
	}
	ctx, abstracts := context.Background(), hub.Dataset("owner/abstracts")
	path, err := c.Download(ctx, abstracts, "main", "train.csv")
	if err != nil {
		log.Fatal(err)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s", b)

	dir, err := c.Snapshot(ctx, abstracts, "main", "*.csv", "!test*")
	if err != nil {
		log.Fatal(err)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	fmt.Println(len(files), "file")

	_, err = c.Download(ctx, abstracts, "main", "dev.csv")
	fmt.Println(errors.Is(err, hub.ErrEntryNotFound))
	// Output:
	// id,text
	// 1,p53 binds MDM2
	// 1 file
	// true
}

func fakeHub() (*hubtest.Hub, string) {
	dir, err := os.MkdirTemp("", "hub")
	if err != nil {
		log.Fatal(err)
	}
	h := hubtest.Start()
	h.Add("dataset", "owner/abstracts", map[string]string{
		"train.csv": "id,text\n1,p53 binds MDM2\n",
		"test.csv":  "id,text\n",
	})
	return h, dir
}
