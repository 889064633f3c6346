package hub

import (
	"context"
	"strings"
	"testing"
)

// Whatever a name is, what the fetcher is asked for names a repository and folders in it, and cannot lead elsewhere.
func FuzzResolve(f *testing.F) {
	for _, name := range []string{"known", "a/b", "hf://a/b@v1", "hf://models/a/b", "zoo:nlp/token_classification/biobert-base_cased/pytorch/huggingface/ddi/base-none-vnni", "zoo:a-b-c?d", "zoo:biobert-bc2gm-base?a\nb", "../a", "a/b/c", "a@b/c"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		asked := 0
		fetch := func(_ context.Context, r Request) (Fetched, error) {
			asked++
			parts := strings.Split(r.Repo, "/")
			if len(parts) > 2 {
				t.Errorf("%q: repository %q", name, r.Repo)
			}
			for _, path := range append(r.Folders, r.Repo) {
				for p := range strings.SplitSeq(path, "/") {
					if p == "" || p[0] == '.' || strings.ContainsFunc(p, notInID) {
						t.Errorf("%q: part %q of %q", name, p, path)
					}
				}
			}
			return Fetched{Dir: "/cache"}, nil
		}
		for _, mirror := range []string{"", "me/zoo"} {
			src, err := Resolve(t.Context(), name, WithFetcher(fetch), WithMirror(mirror))
			found := 0
			for _, place := range []string{src.Packed, src.Dir, src.File} {
				if place != "" {
					found++
				}
			}
			if err == nil && found != 1 || err != nil && found != 0 || err == nil && strings.Contains(src.Note, "\n") {
				t.Errorf("%q: %+v, %v", name, src, err)
			}
		}
	})
}
