package hub

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"net/http"
	"net/url"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	chunk = 256 << 10 // bytes read at a time
	// A transfer that has moved on by so many bytes may fail as often again as one
	// that has just begun.
	moved = 64 << 10
	// What another computer left is taken up only after this long without a change.
	abandoned = time.Minute
)

// transfer gets the blob that d describes and puts it in its place when it is
// whole and right. The caller holds the lock.
func (c *Client) transfer(ctx context.Context, u *url.URL, file, blob string, d description, m *meter) error {
	partial := partialOf(blob)
	adopt(blob, partial)
	if !verifiable(d.etag) {
		// Nothing would tell if what was left and what comes do not belong together.
		os.Remove(partial)
	}
	before := sizeOf(partial)
	if before > 0 {
		c.log.Info("hub: going on with an interrupted transfer", "file", file, "bytes", before)
	}
	err := c.transferOnce(ctx, u, file, partial, d, m)
	if errors.Is(err, ErrMismatch) && before > 0 {
		// What was left may be what was wrong.
		c.log.Warn("hub: starting over", "file", file, "error", err)
		os.Remove(partial)
		err = c.transferOnce(ctx, u, file, partial, d, m)
	}
	if err != nil {
		if errors.Is(err, ErrMismatch) || errors.Is(err, ErrTooLarge) || sizeOf(partial) <= 0 {
			os.Remove(partial)
		}
		return err
	}
	if err := flush(partial); err != nil {
		return diskError(err)
	}
	return os.Rename(partial, blob)
}

func (c *Client) transferOnce(ctx context.Context, u *url.URL, file, partial string, d description, m *meter) error {
	if err := checkSpace(partial, d.size); err != nil {
		return err
	}
	err := c.retry(ctx, c.retries, func() (bool, error) {
		from := max(sizeOf(partial), 0)
		err := c.get(ctx, u, file, partial, d, m)
		return sizeOf(partial) >= from+moved, err
	})
	if err != nil {
		return err
	}
	return verify(partial, d.etag, d.size)
}

// get appends to the partial file what is missing of it.
func (c *Client) get(ctx context.Context, u *url.URL, file, partial string, d description, m *meter) error {
	f, err := os.OpenFile(partial, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return diskError(err)
	}
	defer f.Close()
	offset, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if !verifiable(d.etag) || d.size >= 0 && offset > d.size {
		offset = 0
	}
	if d.size >= 0 && offset == d.size {
		m.set(offset)
		return cut(f, offset)
	}
	ctx, w := newWatch(ctx, c.downloadTimeout)
	defer w.close()
	header := http.Header{}
	if offset > 0 {
		header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
	}
	resp, err := c.send(ctx, http.MethodGet, u, header, false)
	if err != nil {
		var he *HTTPError
		if offset > 0 && errors.As(err, &he) && he.Status == http.StatusRequestedRangeNotSatisfiable {
			return fmt.Errorf("%w: no bytes from %d on", ErrMismatch, offset)
		}
		return err
	}
	defer resp.Body.Close()
	if offset, err = c.checkAnswer(resp, file, offset, d); err != nil {
		return err
	}
	if err := cut(f, offset); err != nil {
		return err
	}
	m.set(offset)
	return c.receive(ctx, f, w.reader(resp.Body), u, offset, d.size, m)
}

// checkAnswer looks at an answer before any of it is written, and returns at which
// byte of the file it begins.
func (c *Client) checkAnswer(resp *http.Response, file string, offset int64, d description) (int64, error) {
	h := resp.Header
	if e := h.Get("Content-Encoding"); e != "" && !strings.EqualFold(e, "identity") {
		return 0, fmt.Errorf("%w: compressed with %q, and the plain file was asked for", ErrNotHub, clip(e))
	}
	length := resp.ContentLength
	switch resp.StatusCode {
	case http.StatusOK:
		offset = 0 // also where the server cannot resume
		if d.size >= 0 && length >= 0 && length != d.size {
			if isHTML(h) {
				return 0, htmlPage(resp)
			}
			return 0, fmt.Errorf("%w: %d bytes instead of %d", ErrMismatch, length, d.size)
		}
		if isHTML(h) && d.size != length && path.Ext(file) != ".html" && path.Ext(file) != ".htm" {
			return 0, htmlPage(resp)
		}
	case http.StatusPartialContent:
		start, total, ok := contentRange(h.Get("Content-Range"))
		if !ok || start != offset || d.size >= 0 && total >= 0 && total != d.size {
			return 0, fmt.Errorf("%w: bytes %q, asked for those from %d of %d on", ErrMismatch, clip(h.Get("Content-Range")), offset, d.size)
		}
	default:
		return 0, fmt.Errorf("%w: HTTP %d", ErrNotHub, resp.StatusCode)
	}
	return offset, nil
}

func htmlPage(resp *http.Response) error {
	return fmt.Errorf("%w: an HTML page instead of the file, from %s", ErrNotHub, plainURL(resp.Request.URL))
}

// contentRange reads "bytes 100-199/1000"; total is -1 for "*".
func contentRange(s string) (start, total int64, ok bool) {
	s, ok = strings.CutPrefix(strings.TrimSpace(s), "bytes ")
	span, all, ok2 := strings.Cut(s, "/")
	first, last, ok3 := strings.Cut(span, "-")
	if !ok || !ok2 || !ok3 {
		return 0, 0, false
	}
	start, err1 := strconv.ParseInt(first, 10, 64)
	end, err2 := strconv.ParseInt(last, 10, 64)
	total = -1
	var err3 error
	if all != "*" {
		total, err3 = strconv.ParseInt(all, 10, 64)
	}
	ok = err1 == nil && err2 == nil && err3 == nil && start >= 0 && end >= start && (all == "*" || total > end)
	return start, total, ok
}

// receive writes what comes, and never more than the size stated.
func (c *Client) receive(ctx context.Context, f *os.File, r io.Reader, u *url.URL, offset, size int64, m *meter) error {
	limit := c.maxFile
	if size >= 0 {
		limit = size
	}
	buf := buffers.Get().(*[chunk]byte)
	defer buffers.Put(buf)
	for {
		n, err := r.Read(buf[:])
		if int64(n) > limit-offset {
			if size >= 0 {
				return fmt.Errorf("%w: more than the %d bytes stated", ErrMismatch, size)
			}
			return c.checkSize(limit + 1)
		}
		if n > 0 {
			if _, err := f.Write(buf[:n]); err != nil {
				return diskError(err)
			}
			offset += int64(n)
			m.set(offset)
		}
		switch {
		case err == nil:
		case err == io.EOF && (size < 0 || offset == size):
			return nil
		case err == io.EOF:
			return unreached(ctx, http.MethodGet, u, io.ErrUnexpectedEOF)
		default:
			return unreached(ctx, http.MethodGet, u, err)
		}
	}
}

var buffers = sync.Pool{New: func() any { return new([chunk]byte) }}

// partialOf names the file that a transfer to blob is written to on this computer.
// The lock keeps programs of one computer apart, but not those of two that share a
// network file system without working locks; each computer has a name of its own,
// so they cannot write to one file.
func partialOf(blob string) string {
	return fmt.Sprintf("%s.%08x%s", blob, computer(), incomplete)
}

var computer = sync.OnceValue(func() uint32 {
	h := fnv.New32a()
	if b, err := os.ReadFile("/proc/sys/kernel/random/boot_id"); err == nil {
		h.Write(b)
	} else {
		name, _ := os.Hostname()
		io.WriteString(h, name)
	}
	return h.Sum32()
})

// adopt makes the longest transfer that somebody else left ours: Python's, another
// computer's or that of before a reboot. Their checksum will tell if they are any
// good. The rest of what was left is removed.
func adopt(blob, partial string) {
	have := sizeOf(partial)
	others, _ := filepath.Glob(escapeGlob(blob) + ".????????" + incomplete)
	for _, p := range append(others, blob+incomplete) {
		st, err := os.Lstat(p)
		if err != nil || p == partial || !st.Mode().IsRegular() || time.Since(st.ModTime()) < abandoned {
			continue
		}
		if st.Size() > have && os.Rename(p, partial) == nil {
			have = st.Size()
		} else {
			os.Remove(p)
		}
	}
}

func escapeGlob(path string) string {
	return strings.NewReplacer(`\`, `\\`, `[`, `\[`, `*`, `\*`, `?`, `\?`).Replace(path)
}

// cut lets the next write go to offset, and be the end of the file.
func cut(f *os.File, offset int64) error {
	end, err := f.Seek(0, io.SeekEnd)
	if err == nil && end > offset {
		err = f.Truncate(offset)
	}
	if err == nil {
		_, err = f.Seek(offset, io.SeekStart)
	}
	return err
}

// sizeOf returns the size of a file, -1 if there is none.
func sizeOf(path string) int64 {
	st, err := os.Stat(path)
	if err != nil {
		return -1
	}
	return st.Size()
}

// flush brings a file to the disk before its final name does.
func flush(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// diskError marks the errors that mean a full disk or quota.
func diskError(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, syscall.EFBIG) {
		return fmt.Errorf("%w: %w", ErrNoSpace, err)
	}
	return err
}

// readOnly reports whether an error means that the cache cannot be written.
func readOnly(err error) bool {
	return errors.Is(err, os.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// checkSpace fails before a transfer that the disk has no room for.
func checkSpace(partial string, size int64) error {
	need := size - max(sizeOf(partial), 0)
	if free, ok := freeSpace(filepath.Dir(partial)); ok && size >= 0 && uint64(max(need, 0)) > free {
		return fmt.Errorf("%w: %s to fetch, %s free in %s", ErrNoSpace, bytesText(need), bytesText(int64(min(free, 1<<62))), filepath.Dir(partial))
	}
	return nil
}
