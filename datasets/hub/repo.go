package hub

import (
	"fmt"
	"net/url"
	"strings"
)

// A RepoType is what a repository holds.
type RepoType string

// The types of repositories.
const (
	ModelRepo   RepoType = "model"
	DatasetRepo RepoType = "dataset"
)

// A RepoID names a repository of the hub. The zero value names none.
type RepoID struct {
	Type RepoType
	ID   string // "owner/name", or "name" alone for the oldest ones
}

// Model returns the id of a model, such as "dmis-lab/biobert-v1.1".
func Model(id string) RepoID { return RepoID{ModelRepo, id} }

// Dataset returns the id of a data set, such as "zeroshot/arxiv-biology".
func Dataset(id string) RepoID { return RepoID{DatasetRepo, id} }

// String returns the type and the name: "dataset zeroshot/arxiv-biology".
func (r RepoID) String() string { return string(r.Type) + " " + r.ID }

// maxName bounds the owner and the name of a repository, in bytes.
const maxName = 96

// Check reports what is wrong with an id, by the rules of huggingface_hub: one or
// two parts of letters, digits, "-", "_" and ".", at most 96 bytes each, which
// neither begin nor end with "-" or ".", without "--" and "..", and not ending in
// ".git".
func (r RepoID) Check() error {
	if r.Type != ModelRepo && r.Type != DatasetRepo {
		return fmt.Errorf("hub: unknown type of repository %q (want %q or %q)", r.Type, ModelRepo, DatasetRepo)
	}
	if !validID(r.ID) {
		return fmt.Errorf("hub: %q is not the id of a %s (want owner/name)", r.ID, r.Type)
	}
	return nil
}

func validID(id string) bool {
	if strings.Contains(id, "--") || strings.Contains(id, "..") || strings.HasSuffix(id, ".git") || strings.Count(id, "/") > 1 {
		return false
	}
	for part := range strings.SplitSeq(id, "/") {
		if part == "" || len(part) > maxName || strings.ContainsAny(part[:1]+part[len(part)-1:], "-.") {
			return false
		}
		for _, c := range []byte(part) {
			if !isWord(c) && c != '-' && c != '.' {
				return false
			}
		}
	}
	return true
}

func isWord(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '_'
}

// folder is the name of the repository's folder in the cache.
func (r RepoID) folder() string {
	return string(r.Type) + "s--" + strings.ReplaceAll(r.ID, "/", "--")
}

// page is the address of the repository for people, below the endpoint.
func (r RepoID) page() string {
	if r.Type == DatasetRepo {
		return "/datasets/" + r.ID
	}
	return "/" + r.ID
}

// fileURL is the address of a file, below the endpoint.
func (r RepoID) fileURL(revision, file string) string {
	parts := strings.Split(file, "/")
	for i, p := range parts {
		parts[i] = url.PathEscape(p)
	}
	return r.page() + "/resolve/" + url.PathEscape(revision) + "/" + strings.Join(parts, "/")
}

// apiURL is the address of an API call about a revision, below the endpoint.
func (r RepoID) apiURL(call, revision string) string {
	return "/api/" + string(r.Type) + "s/" + r.ID + "/" + call + "/" + url.PathEscape(revision)
}
