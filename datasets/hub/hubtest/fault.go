package hubtest

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Match says which requests a fault befalls. The zero value takes all.
type Match struct {
	Host   string // "hub", "cdn" or "" for both
	Method string // "GET", "HEAD" or "" for both
	Path   string // a part of the decoded path, such as a file name
	Skip   int    // so many that match go unharmed first
	Times  int    // so many are befallen then; 0 for all
}

// A Fault answers in place of a host, or changes what next answers.
type Fault func(w http.ResponseWriter, r *http.Request, next http.Handler)

type fault struct {
	Match
	do   Fault
	seen int // guarded by Hub.mu
}

// Fault lets a fault befall requests. Of several that match, the last one added
// that is not used up does.
func (h *Hub) Fault(m Match, f Fault) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.faults = append(h.faults, &fault{Match: m, do: f})
}

// Heal removes all faults.
func (h *Hub) Heal() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.faults = nil
}

func (h *Hub) faulty(host string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if do := h.faultFor(host, r); do != nil {
			do(w, r, next)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (h *Hub) faultFor(host string, r *http.Request) Fault {
	h.mu.Lock()
	defer h.mu.Unlock()
	var do Fault
	for _, f := range h.faults {
		if f.Host != "" && f.Host != host || f.Method != "" && f.Method != r.Method || !strings.Contains(r.URL.Path, f.Path) {
			continue
		}
		f.seen++
		if f.seen > f.Skip && (f.Times == 0 || f.seen <= f.Skip+f.Times) {
			do = f.do
		}
	}
	return do
}

// Status answers with a status and headers: Status(429, "Retry-After", "1").
func Status(code int, headers ...string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(code)
	}
}

// HTML answers with a page, as captive portals and proxies do.
func HTML() Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, "<!doctype html><title>Log in</title><p>Please log in to the network.")
	}
}

// Redirect leads elsewhere.
func Redirect(to string) Fault {
	return func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
		http.Redirect(w, r, to, http.StatusFound)
	}
}

// Header changes headers of the answer, or removes those with an empty value:
// Header("Content-Length", "7").
func Header(headers ...string) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(&writer{ResponseWriter: w, head: func(h http.Header) {
			for i := 0; i+1 < len(headers); i += 2 {
				if headers[i+1] == "" {
					h.Del(headers[i])
				} else {
					h.Set(headers[i], headers[i+1])
				}
			}
		}}, r)
	}
}

// NoRange serves the whole file to requests for a part.
func NoRange() Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		r = r.Clone(r.Context())
		r.Header.Del("Range")
		next.ServeHTTP(w, r)
	}
}

// Cut breaks the connection after n bytes of the body.
func Cut(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		left := n
		next.ServeHTTP(&writer{ResponseWriter: w, body: func(b []byte) (int, error) {
			m := min(left, len(b))
			_, err := w.Write(b[:m])
			left -= m
			if left == 0 {
				flush(w)
				panic(http.ErrAbortHandler)
			}
			return m, err
		}}, r)
		if left == n {
			panic(http.ErrAbortHandler) // there was no body
		}
	}
}

// Corrupt changes the first byte of the body.
func Corrupt() Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		first := true
		next.ServeHTTP(&writer{ResponseWriter: w, body: func(b []byte) (int, error) {
			if first && len(b) > 0 {
				first = false
				b = append([]byte{b[0] ^ 1}, b[1:]...)
			}
			return w.Write(b)
		}}, r)
	}
}

// Drip sends the body a byte at a time, with a pause after each, until the client
// leaves.
func Drip(every time.Duration) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		next.ServeHTTP(&writer{ResponseWriter: w, body: func(b []byte) (int, error) {
			for i := range b {
				if _, err := w.Write(b[i : i+1]); err != nil {
					return i, err
				}
				flush(w)
				select {
				case <-r.Context().Done():
					return i, r.Context().Err()
				case <-time.After(every):
				}
			}
			return len(b), nil
		}}, r)
	}
}

// Hang answers nothing until the client leaves.
func Hang() Fault {
	return func(_ http.ResponseWriter, r *http.Request, _ http.Handler) {
		<-r.Context().Done()
	}
}

// Claim sends the body without the end of it that lies beyond n bytes, and says
// that it is whole.
func Claim(n int) Fault {
	return func(w http.ResponseWriter, r *http.Request, next http.Handler) {
		left := n
		next.ServeHTTP(&writer{
			ResponseWriter: w,
			head:           func(h http.Header) { h.Set("Content-Length", strconv.Itoa(n)) },
			body: func(b []byte) (int, error) {
				m := min(left, len(b))
				left -= m
				_, err := w.Write(b[:m])
				return len(b), err
			},
		}, r)
	}
}

func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }

// A writer changes headers and body on their way.
type writer struct {
	http.ResponseWriter
	head  func(http.Header)
	body  func([]byte) (int, error)
	wrote bool
}

// WriteHeader changes headers and sends them.
func (w *writer) WriteHeader(status int) {
	if !w.wrote && w.head != nil {
		w.head(w.Header())
	}
	w.wrote = true
	w.ResponseWriter.WriteHeader(status)
}

// Write sends a part of the body, changed.
func (w *writer) Write(b []byte) (int, error) {
	if !w.wrote {
		w.WriteHeader(http.StatusOK)
	}
	if w.body != nil {
		return w.body(b)
	}
	return w.ResponseWriter.Write(b)
}
