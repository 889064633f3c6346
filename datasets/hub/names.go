package hub

import (
	"fmt"
	"path/filepath"
	"strings"
	"unicode/utf8"
)

const (
	maxPath    = 4096 // bytes of a file name with its folders
	maxSegment = 255  // bytes of a file or folder name, as file systems have it
)

// checkFile refuses names of files that could lead out of the folder they are put
// in, here or on another system that the cache is copied to.
func checkFile(name string) error {
	if reason := unsafe(name); reason != "" {
		return fmt.Errorf("hub: file name %q: %w: %s", name, ErrUnsafeName, reason)
	}
	return nil
}

// checkRevision refuses revisions that could not be the name of a file below refs.
func checkRevision(revision string) error {
	if reason := unsafe(revision); reason != "" {
		return fmt.Errorf("hub: revision %q: %w: %s", revision, ErrUnsafeName, reason)
	}
	return nil
}

func unsafe(name string) string {
	switch {
	case name == "":
		return "empty"
	case len(name) > maxPath:
		return fmt.Sprintf("longer than %d bytes", maxPath)
	case !utf8.ValidString(name):
		return "not UTF-8"
	case strings.ContainsRune(name, '\\'):
		return `holds a "\", which separates folders on Windows`
	case name[0] == '/':
		return "an absolute path"
	}
	for _, r := range name {
		if r < ' ' || r == 0x7f {
			return fmt.Sprintf("holds the control character %U", r)
		}
	}
	for part := range strings.SplitSeq(name, "/") {
		switch {
		case part == "", part == ".", part == "..":
			return fmt.Sprintf("has the part %q", part)
		case len(part) > maxSegment:
			return fmt.Sprintf("has a part longer than %d bytes", maxSegment)
		case len(part) > 1 && part[1] == ':' && (part[0]|0x20) >= 'a' && (part[0]|0x20) <= 'z':
			return fmt.Sprintf("has the part %q, a drive of Windows", part)
		}
	}
	if !filepath.IsLocal(filepath.FromSlash(name)) {
		return "reserved on this system"
	}
	return ""
}

// isCommit reports whether a revision is a full commit hash, which never changes
// its meaning.
func isCommit(s string) bool { return len(s) == 40 && isHex(s) }

func isSHA256(s string) bool { return len(s) == 64 && isHex(s) }

func isHex(s string) bool {
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// etagOf strips what HTTP puts around an entity tag. It returns "" for one that
// cannot name a file.
func etagOf(header string) string {
	s := strings.Trim(strings.TrimPrefix(strings.TrimSpace(header), "W/"), `"`)
	if len(s) > 200 || strings.HasPrefix(s, ".") || strings.HasSuffix(s, incomplete) {
		return ""
	}
	for _, c := range []byte(s) {
		if !isWord(c) && !strings.ContainsRune("-.+=,", rune(c)) {
			return ""
		}
	}
	return s
}
