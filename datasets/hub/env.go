package hub

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

const (
	defaultEndpoint = "https://huggingface.co"
	defaultTimeout  = 10 * time.Second
)

// environment is what the process environment says, as huggingface_hub 2.4 reads
// it (its constants.py). A variable that is empty counts as not set.
type environment struct {
	endpoint        string
	cache           string
	tokenPath       string
	token           string // from a variable, not yet from the file
	implicit        bool   // whether a token that was not given to New may be sent
	offlineBy       string // what to undo to go online; "" where that is so
	etagTimeout     time.Duration
	downloadTimeout time.Duration
	noSymlinks      bool
	origin          string
}

func readEnvironment() (environment, error) {
	e := environment{
		endpoint:   firstSet("HF_ENDPOINT"),
		token:      cleanToken(firstSet("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN")),
		implicit:   !isTrue("HF_HUB_DISABLE_IMPLICIT_TOKEN"),
		noSymlinks: isTrue("HF_HUB_DISABLE_SYMLINKS"),
		origin:     os.Getenv("HF_HUB_USER_AGENT_ORIGIN"),
	}
	if e.endpoint == "" {
		e.endpoint = defaultEndpoint
	}
	offline := "HF_HUB_OFFLINE"
	if os.Getenv(offline) == "" {
		offline = "TRANSFORMERS_OFFLINE"
	}
	if isTrue(offline) {
		e.offlineBy = "unset " + offline
	}
	home := func() (string, error) {
		if h := firstSet("HF_HOME"); h != "" {
			return expand(h)
		}
		if x := firstSet("XDG_CACHE_HOME"); x != "" {
			return expand(filepath.Join(x, "huggingface"))
		}
		return expand(filepath.Join("~", ".cache", "huggingface"))
	}
	// A user without a home folder needs none if the variables name all places.
	in := func(name string, vars ...string) (string, error) {
		if p := firstSet(vars...); p != "" {
			return expand(p)
		}
		h, err := home()
		return filepath.Join(h, name), err
	}
	var err error
	if e.cache, err = in("hub", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"); err != nil {
		return e, fmt.Errorf("hub: no place for the cache: %w (set HF_HUB_CACHE to a folder)", err)
	}
	if e.tokenPath, err = in("token", "HF_TOKEN_PATH"); err != nil {
		e.tokenPath = "" // no home, no token
	}
	if e.etagTimeout, err = seconds("HF_HUB_ETAG_TIMEOUT"); err != nil {
		return e, err
	}
	e.downloadTimeout, err = seconds("HF_HUB_DOWNLOAD_TIMEOUT")
	return e, err
}

func firstSet(names ...string) string {
	for _, n := range names {
		if v := os.Getenv(n); v != "" {
			return v
		}
	}
	return ""
}

func isTrue(name string) bool {
	switch strings.ToUpper(os.Getenv(name)) {
	case "1", "ON", "YES", "TRUE":
		return true
	}
	return false
}

// seconds reads a whole number of seconds; 0 means the default.
func seconds(name string) (time.Duration, error) {
	v := strings.TrimSpace(os.Getenv(name))
	if v == "" {
		return defaultTimeout, nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 || n > 1e6 {
		return 0, fmt.Errorf("hub: %s=%q is not a number of seconds", name, v)
	}
	if n == 0 {
		return defaultTimeout, nil
	}
	return time.Duration(n) * time.Second, nil
}

// expand replaces ~ and $VARIABLES in a path; variables that are not set stay.
func expand(path string) (string, error) {
	if rest, ok := strings.CutPrefix(path, "~"); ok && (rest == "" || os.IsPathSeparator(rest[0])) {
		home, err := os.UserHomeDir()
		if err != nil {
			return "", err
		}
		path = home + rest
	}
	return os.Expand(path, func(name string) string {
		if v, ok := os.LookupEnv(name); ok {
			return v
		}
		return "$" + name
	}), nil
}

func cleanToken(s string) string {
	return strings.TrimSpace(strings.NewReplacer("\r", "", "\n", "").Replace(s))
}

// implicitToken returns the token of the environment, or "" if there is none.
func (e *environment) implicitToken() (string, error) {
	if !e.implicit || e.token != "" {
		if e.implicit {
			return e.token, nil
		}
		return "", nil
	}
	if e.tokenPath == "" {
		return "", nil
	}
	b, err := readSmall(e.tokenPath, 1<<16)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("hub: cannot read the token: %w (set HF_TOKEN, or HF_HUB_DISABLE_IMPLICIT_TOKEN=1 to do without)", err)
	}
	return cleanToken(string(b)), nil
}

// checkToken refuses what cannot stand in a header. Its message does not show it.
func checkToken(token string) error {
	for _, r := range token {
		if r <= ' ' || r > '~' {
			return fmt.Errorf("hub: the token has a character that no token has (%U): set HF_TOKEN to one from %s/settings/tokens", r, defaultEndpoint)
		}
	}
	return nil
}
