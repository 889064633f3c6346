package biobert

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestLengths(t *testing.T) {
	for _, c := range []struct {
		name                  string
		docs, tokens, over512 int
	}{
		{"article-128", 1277, 157154, 0},
		{"arxiv-full", 997, 269840, 2},
	} {
		l, note, err := Lengths(c.name)
		if err != nil {
			t.Fatal(err)
		}
		sum, over := 0, 0
		for _, n := range l {
			sum += n
			if n > 512 {
				over++
			}
		}
		if len(l) != c.docs || sum != c.tokens || over != c.over512 || note == "" {
			t.Errorf("%s: %d documents of %d tokens, %d over 512, note %q", c.name, len(l), sum, over, note)
		}
		if c.name == "article-128" && slices.Max(l) != 128 {
			t.Errorf("a document of %d tokens", slices.Max(l))
		}
	}
	path := filepath.Join(t.TempDir(), "lengths.txt")
	for text, want := range map[string]string{
		"5\n\n 7 \n":   "",
		"5\nsix\n":     `:2: "six" is not a number`,
		"5\n\n2\n":     ":3: document of 2 tokens",
		"5\n9999999\n": ":2: document of 9999999 tokens",
		"\n":           "no numbers",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		l, note, err := Lengths(path)
		switch {
		case want == "":
			if err != nil || note != "" || !slices.Equal(l, []int{5, 7}) {
				t.Errorf("got %v, %q, %v", l, note, err)
			}
		case err == nil || !strings.Contains(err.Error(), want):
			t.Errorf("%q: got %v, want %q in it", text, err, want)
		}
	}
	if _, _, err := Lengths("article"); err == nil || !strings.Contains(err.Error(), "have article-128") {
		t.Errorf("got %v", err)
	}
}
