package kernels

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"testing"
)

// A shape is that of a layer's weights: n outputs, k inputs.
type shape struct{ n, k int }

// benchShapes reads the shapes of testdata/shapes_bert_base.txt.
func benchShapes(t testing.TB) []shape {
	t.Helper()
	f, err := os.Open("testdata/shapes_bert_base.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var shapes []shape
	for sc := bufio.NewScanner(f); sc.Scan(); {
		line, _, _ := strings.Cut(sc.Text(), "#")
		if strings.TrimSpace(line) == "" {
			continue
		}
		var s shape
		if _, err := fmt.Sscan(line, &s.n, &s.k); err != nil {
			t.Fatalf("%s: %q: %v", f.Name(), line, err)
		}
		shapes = append(shapes, s)
	}
	return shapes
}
