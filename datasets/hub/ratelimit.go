package hub

import (
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// rateLimit reads the remaining requests and the seconds until there are more, as
// in `"api";r=0;t=55` (draft-ietf-httpapi-ratelimit-headers-09, the part that the
// hub uses).
var rateLimit = regexp.MustCompile(`"\w+"\s*;\s*r\s*=\s*(\d{1,10})\s*;\s*t\s*=\s*(\d{1,10})`)

// retryAfter returns how long the server asks to wait, or 0.
func retryAfter(status int, h http.Header, now time.Time) time.Duration {
	if status == http.StatusTooManyRequests {
		// The header comes with every answer: it is the reason only if nothing remains.
		if m := rateLimit.FindStringSubmatch(h.Get("RateLimit")); m != nil && strings.Trim(m[1], "0") == "" {
			return wait(m[2])
		}
	}
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0
	}
	if strings.Trim(v, "0123456789") == "" {
		return wait(v)
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(at.Sub(now), 0)
	}
	return 0
}

// wait turns digits into a time, at most that which a Duration holds.
func wait(digits string) time.Duration {
	n, err := strconv.ParseUint(digits, 10, 64)
	if err != nil || n >= uint64(math.MaxInt64/time.Second) {
		return math.MaxInt64
	}
	return time.Duration(n) * time.Second
}
