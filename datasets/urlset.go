package datasets

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/sparsebio/sparsebio/datasets/hub"
	"github.com/sparsebio/sparsebio/datasets/internal/atomicfile"
)

const (
	cacheVariable = "HF_DATASETS_CACHE"
	urlTries      = 3
)

// urlClient fetches files of the web. It sends no token, and does not follow a redirect from https to http.
var urlClient = &http.Client{
	Transport: func() *http.Transport {
		t := http.DefaultTransport.(*http.Transport).Clone()
		t.ResponseHeaderTimeout = 30 * time.Second
		return t
	}(),
	CheckRedirect: func(req *http.Request, via []*http.Request) error {
		if len(via) >= 10 {
			return errors.New("more than 10 redirects")
		}
		if via[0].URL.Scheme == "https" && req.URL.Scheme != "https" {
			return fmt.Errorf("redirected from https to %s", req.URL.Scheme)
		}
		return nil
	},
}

// isURL reports whether name is the address of a file.
func isURL(name string) bool {
	return strings.HasPrefix(name, "https://") || strings.HasPrefix(name, "http://")
}

// locateURL fetches a file, unless it is in the cache, and finds it there.
func locateURL(ctx context.Context, name string, o *options) (*location, error) {
	u, sum, err := splitURL(name)
	if err != nil {
		return nil, err
	}
	dir, err := cacheFolder()
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "downloads", sum, path.Base(u.Path))
	if _, err := os.Stat(file); err != nil {
		for _, v := range []string{offlineVariable, "HF_HUB_OFFLINE"} {
			if isTrue(os.Getenv(v)) {
				return nil, fmt.Errorf("datasets: %q is not in the cache, and %s is set (unset it, or copy %s from a machine that has it)", plainURL(u), v, filepath.Dir(file))
			}
		}
		if err := fetchURL(ctx, u, sum, file); err != nil {
			return nil, err
		}
	}
	ext, err := fileFormat(file, o)
	if err != nil {
		return nil, err
	}
	return oneSplit(name, "train", &rowFiles{ext: ext, paths: []string{file}}), nil
}

// splitURL checks the address of a file, and takes the checksum off.
func splitURL(name string) (u *url.URL, sum string, err error) {
	if u, err = url.Parse(name); err != nil {
		return nil, "", fmt.Errorf("datasets: %w", err)
	}
	sum, ok := strings.CutPrefix(u.Fragment, "sha256=")
	if b, err := hex.DecodeString(sum); !ok || err != nil || len(b) != sha256.Size {
		return nil, "", fmt.Errorf("datasets: %q needs the checksum of its file: add #sha256= and the 64 digits that sha256sum prints", plainURL(u))
	}
	u.Fragment = ""
	if base := path.Base(u.Path); base == "." || base == "/" || !filepath.IsLocal(base) {
		return nil, "", fmt.Errorf("datasets: %q names no file", plainURL(u))
	}
	return u, strings.ToLower(sum), nil
}

// plainURL is an address without passwords and queries, which may be secret.
func plainURL(u *url.URL) string {
	plain := *u
	plain.User, plain.RawQuery, plain.Fragment, plain.RawFragment = nil, "", "", ""
	return plain.String()
}

// cacheFolder is where files that Load fetches lie, those of the hub aside: HF_DATASETS_CACHE, or the folder datasets of HF_HOME.
func cacheFolder() (string, error) {
	if dir := os.Getenv(cacheVariable); dir != "" {
		return dir, nil
	}
	if home := os.Getenv("HF_HOME"); home != "" {
		return filepath.Join(home, "datasets"), nil
	}
	if cache := os.Getenv("XDG_CACHE_HOME"); cache != "" {
		return filepath.Join(cache, "huggingface", "datasets"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("datasets: no folder for what is fetched: %w (set %s to one)", err, cacheVariable)
	}
	return filepath.Join(home, ".cache", "huggingface", "datasets"), nil
}

// fetchURL makes a file of what is at an address. If that has another checksum, nothing is kept.
func fetchURL(ctx context.Context, u *url.URL, sum, file string) error {
	fail := func(err error) error {
		var pe *fs.PathError
		if errors.As(err, &pe) { // without the name of a temporary file
			return fmt.Errorf("datasets: cannot keep %q in %q: %w (set %s to a folder that can be written)", plainURL(u), filepath.Dir(file), pe.Err, cacheVariable)
		}
		var ue *url.Error
		if errors.As(err, &ue) {
			err = ue.Err
		}
		return fmt.Errorf("datasets: fetching %q: %w", plainURL(u), err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
		return fail(err)
	}
	bar := hub.Bar()
	if bar == nil { // where bars are switched off
		bar = func(hub.Progress) {}
	}
	wait := 500 * time.Millisecond
	for try := 1; ; try++ {
		again, err := tryURL(ctx, u, sum, file, bar)
		if err == nil {
			return nil
		}
		if !again || try == urlTries || ctx.Err() != nil {
			return fail(err)
		}
		select {
		case <-ctx.Done():
			return fail(ctx.Err())
		case <-time.After(wait):
			wait *= 2
		}
	}
}

// tryURL fetches a file once; again says whether another try may help.
func tryURL(ctx context.Context, u *url.URL, sum, file string, bar func(hub.Progress)) (again bool, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return false, err
	}
	resp, err := urlClient.Do(req)
	if err != nil {
		return true, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return resp.StatusCode >= 500 || resp.StatusCode == http.StatusTooManyRequests, fmt.Errorf("the server says %s", resp.Status)
	}
	p := hub.Progress{File: path.Base(u.Path), Total: resp.ContentLength}
	began, h, broken := time.Now(), sha256.New(), false
	err = atomicfile.Write(file, func(w io.Writer) error {
		buf := make([]byte, 1<<18)
		for {
			n, err := resp.Body.Read(buf)
			if _, err := w.Write(buf[:n]); err != nil {
				return err
			}
			h.Write(buf[:n])
			p.Bytes += int64(n)
			p.Elapsed = time.Since(began)
			bar(p)
			if err == io.EOF {
				break
			}
			if err != nil {
				broken = true
				return err
			}
		}
		if got := hex.EncodeToString(h.Sum(nil)); got != sum {
			return fmt.Errorf("its checksum is %s, not %s (another version of the file, or damaged on the way)", got, sum)
		}
		return nil
	})
	p.Done, p.Err = true, err
	bar(p)
	return broken, err
}
