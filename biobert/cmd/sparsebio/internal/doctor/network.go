package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	datahub "github.com/sparsebio/sparsebio/datasets/hub"
)

// askTimeout bounds the wait for the hub.
const askTimeout = 10 * time.Second

// network says whether the Hugging Face hub is within reach, directly or through a proxy. Nothing that is embedded or in
// a cache needs it, so no answer is never worse than a warning.
func network(ctx context.Context, o Options) []Finding {
	const fix = "nothing embedded or cached needs it; for the rest set HTTPS_PROXY, or HF_ENDPOINT to a mirror, or copy files (sparsebio pull --output)"
	c, err := datahub.New()
	switch {
	case err != nil:
		return []Finding{broken("hub", "mend the environment variable that the message names, or unset it", "%v", err)}
	case c.Offline():
		return []Finding{ok("hub", "offline on purpose (HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE): what is in the cache is used")}
	}
	for _, name := range []string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"} {
		// Without a scheme net/http adds one.
		if value := os.Getenv(name); strings.Contains(value, "://") {
			if u, err := url.Parse(value); err != nil || u.Hostname() == "" {
				return []Finding{broken("hub", "set it to http://host:port, or unset it", "%s is not the address of a proxy", name)}
			}
		}
	}
	endpoint := cmp.Or(os.Getenv("HF_ENDPOINT"), "https://huggingface.co")
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, endpoint, nil)
	if err != nil {
		return []Finding{broken("hub", "set HF_ENDPOINT to an address such as https://huggingface.co, or unset it", "HF_ENDPOINT=%q is no address", endpoint)}
	}
	via := ""
	if proxy, err := http.ProxyFromEnvironment(req); err != nil {
		return []Finding{broken("hub", "set HTTPS_PROXY to http://host:port, or unset it", "the proxy of the environment is no address: %v", shownError(err))}
	} else if proxy != nil {
		via = " through the proxy " + proxy.Host // the whole address may hold a password
	}
	if !o.Network {
		return []Finding{ok("hub", "%s%s, not asked", endpoint, via)}
	}
	client := &http.Client{Timeout: askTimeout}
	began := time.Now()
	res, err := client.Do(req)
	if err != nil {
		return []Finding{warn("hub", fix, "%s is out of reach%s: %v", endpoint, via, shownError(err))}
	}
	res.Body.Close()
	if res.StatusCode >= 400 && res.StatusCode != http.StatusUnauthorized && res.StatusCode != http.StatusMethodNotAllowed {
		return []Finding{warn("hub", fix, "%s answers %q%s", endpoint, res.Status, via)}
	}
	return []Finding{ok("hub", "%s answers in %.1f s%s; %s", endpoint, time.Since(began).Seconds(), via, token())}
}

// token says whether there is one, without showing it.
func token() string {
	for _, name := range []string{"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"} {
		if os.Getenv(name) != "" {
			return name + " is set"
		}
	}
	return "no token in the environment, which only private and gated repositories ask for"
}

// shownError is an error of net/http without the address, which may hold a password.
func shownError(err error) string {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		err = u.Err
	}
	text := err.Error()
	if i := strings.Index(text, "://"); i >= 0 {
		if at := strings.LastIndex(text, "@"); at > i {
			text = text[:i+3] + "..." + text[at:]
		}
	}
	return text
}

// loopback says whether Jupyter and the kernel can talk to each other.
func loopback(context.Context, Options) []Finding {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err == nil {
		var c net.Conn
		if c, err = net.DialTimeout("tcp", l.Addr().String(), 5*time.Second); err == nil {
			c.Close()
		}
		l.Close()
	}
	if err != nil {
		return []Finding{broken("loopback", "bring the loopback interface up (ip link set lo up): Jupyter and the kernel talk through it", "%s", fmt.Sprint(err))}
	}
	return []Finding{ok("loopback", "programs on this machine can talk to each other")}
}
