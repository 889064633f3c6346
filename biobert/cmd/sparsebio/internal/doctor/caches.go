package doctor

import (
	"context"
	"os"
	"path/filepath"

	datahub "github.com/sparsebio/sparsebio/datasets/hub"
)

// room is the space that a model of BERT's size and its packed form take.
const room = 2 << 30

// caches says whether what is fetched and packed can be kept.
func caches(context.Context, Options) []Finding {
	var found []Finding
	if dir, err := os.UserCacheDir(); err != nil {
		found = append(found, broken("cache", "set HOME, or XDG_CACHE_HOME to a folder that you may write", "there is no place for one: %v", err))
	} else {
		found = append(found, folder("cache", filepath.Join(dir, "sparsebio"), "set XDG_CACHE_HOME to a folder that you may write, or mend the rights of this one"))
	}
	c, err := datahub.New()
	if err != nil {
		return found // network says so
	}
	return append(found, folder("hub cache", c.CacheDir(), "set HF_HOME to a folder that you may write, or mend the rights of this one"))
}

// folder says whether files can be made in dir, which need not exist yet, and whether there is room.
func folder(check, dir, fix string) Finding {
	place := nearest(dir)
	f, err := os.CreateTemp(place, ".sparsebio-doctor-*")
	if err != nil {
		return broken(check, fix, "%s cannot be written: %v", dir, err)
	}
	f.Close()
	if err := os.Remove(f.Name()); err != nil {
		return broken(check, fix, "%s cannot be tidied: %v", dir, err)
	}
	free, known := freeSpace(place)
	switch {
	case !known:
		return ok(check, "%s can be written", dir)
	case free < room:
		return warn(check, "make room: a model of BERT's size takes up to 1 GB, and its packed form a quarter of that", "%s can be written, but has only %s left", dir, bytesText(free))
	}
	return ok(check, "%s can be written, %s free", dir, bytesText(free))
}

// nearest returns dir or the first folder above it that exists.
func nearest(dir string) string {
	for {
		if _, err := os.Stat(dir); err == nil || filepath.Dir(dir) == dir {
			return dir
		}
		dir = filepath.Dir(dir)
	}
}
