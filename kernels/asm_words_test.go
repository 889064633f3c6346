package kernels

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// asmWord finds the instructions that assembly files hold as words, with the
// text that each stands for.
var asmWord = regexp.MustCompile(`(?m)^\tWORD \$(0x[0-9a-f]{8}) // (.*\n)`)

// TestWordsARM64 compares the words in the assembly for arm64 with what the GNU
// assembler makes of the comments beside them.
func TestWordsARM64(t *testing.T) {
	tool, err := exec.LookPath("aarch64-linux-gnu-as")
	if err != nil {
		t.Skip("no assembler for arm64 (Debian: binutils-aarch64-linux-gnu): ", err)
	}
	files, err := filepath.Glob("*_arm64.s")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		words := asmWord.FindAllSubmatch(b, -1)
		if n := bytes.Count(b, []byte("WORD")); n != len(words) {
			t.Errorf("%s: %d words, of which %d have a comment", file, n, len(words))
		}
		var source bytes.Buffer
		for _, w := range words {
			source.Write(w[2])
		}
		object := filepath.Join(t.TempDir(), "a.o")
		cmd := exec.Command(tool, "-march=armv8.2-a+dotprod", "-o", object)
		cmd.Stdin = &source
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", file, err, out)
		}
		f, err := elf.Open(object)
		if err != nil {
			t.Fatal(err)
		}
		code, err := f.Section(".text").Data()
		f.Close()
		if err != nil || len(code) != 4*len(words) {
			t.Fatalf("%s: %d bytes for %d words (%v)", file, len(code), len(words), err)
		}
		for i, w := range words {
			got, err := strconv.ParseUint(string(w[1]), 0, 32)
			if want := binary.LittleEndian.Uint32(code[4*i:]); err != nil || uint32(got) != want {
				t.Errorf("%s: %s is %#08x, want %#08x", file, bytes.TrimSpace(w[2]), got, want)
			}
		}
	}
}
