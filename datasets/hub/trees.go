package hub

import (
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
)

// The list of a commit's files as huggingface_hub keeps it since version 2
// (_tree_cache.py): a commit never changes, so it is kept for good. It tells
// whether a snapshot in the cache is complete.
type treeFile struct {
	Version int                  `json:"format_version"`
	Files   map[string]treeEntry `json:"files"`
}

type treeEntry struct {
	Size    int64  `json:"size"`
	BlobID  string `json:"blob_id"`
	SHA256  string `json:"lfs_sha256,omitempty"`
	LFSSize *int64 `json:"lfs_size,omitempty"`
	Xet     string `json:"xet_hash,omitempty"`
}

const treeVersion = 1

func (s store) treePath(commit string) string {
	return filepath.Join(s.dir, "trees", commit+".json")
}

// tree returns the list in the cache, or nil if there is none that can be read.
func (s store) tree(commit string) []File {
	b, err := readSmall(s.treePath(commit), 16*maxAnswer)
	if err != nil {
		return nil
	}
	return parseTreeFile(b)
}

func parseTreeFile(b []byte) []File {
	var t treeFile
	if json.Unmarshal(b, &t) != nil || t.Version != treeVersion || t.Files == nil {
		return nil
	}
	files := make([]File, 0, len(t.Files))
	for path, e := range t.Files {
		f := File{Path: path, Size: e.Size, SHA256: e.SHA256, xet: e.Xet}
		if isCommit(e.BlobID) {
			f.GitOID = e.BlobID
		}
		if e.LFSSize != nil {
			f.Size = *e.LFSSize
		}
		if f.Size < 0 || f.SHA256 != "" && !isSHA256(f.SHA256) {
			return nil
		}
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	return files
}

func (s store) setTree(commit string, files []File) error {
	t := treeFile{Version: treeVersion, Files: make(map[string]treeEntry, len(files))}
	for _, f := range files {
		e := treeEntry{Size: f.Size, BlobID: f.GitOID, SHA256: f.SHA256, Xet: f.xet}
		if f.SHA256 != "" {
			e.LFSSize = &f.Size
		}
		// Python refuses the list of a commit in which one such hash is odd.
		if !isSHA256(e.Xet) {
			e.Xet = ""
		}
		t.Files[f.Path] = e
	}
	b, err := json.MarshalIndent(t, "", " ")
	if err != nil {
		return err
	}
	return writeSmall(s.treePath(commit), b)
}
