package pytorch

import (
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

const (
	legacyHead = "\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19." + "\x80\x02M\xe9\x03." + "\x80\x02}X\x0d\x00\x00\x00little_endian\x88s."
	legacyKeys = "\x80\x02]X\x01\x00\x00\x000a."
)

// numbered is the bytes of a storage that says that it has n numbers, and has six.
func numbered(n uint64) string {
	return string(binary.LittleEndian.AppendUint64(nil, n)) + strings.Repeat("\x00\x00\x80\x3f", 5) + "\x00\x00\x00\x40"
}

// legacyView is view, with what says that the storage is no part of another, or which.
func legacyView(part, n, offset, shape, stride string) string {
	return strings.Replace(view("FloatStorage", n, offset, shape, stride), "tQ", part+"tQ", 1)
}

// partOf says that a storage is a part of another.
func partOf(offset, n string) string { return "X\x01\x00\x00\x001" + offset + n + "\x87" }

// Files of PyTorch before 0.4 have storages that are parts of others.
func TestLegacyParts(t *testing.T) {
	f, err := Parse([]byte(legacyHead + legacyView(partOf("K\x03", "K\x03"), "K\x06", "K\x01", "K\x02\x85", "K\x01\x85") + legacyKeys + numbered(6) + "more"))
	if err != nil {
		t.Fatal(err)
	}
	x, err := f.Tensor("a")
	if err != nil {
		t.Fatal(err)
	}
	if got := numbers(t, x); !slices.Equal(got, []float64{1, 2}) {
		t.Errorf("got %v", got)
	}
}

// What a tensor has is a part of the file, and not a copy.
func TestLegacyInPlace(t *testing.T) {
	data := []byte(legacyHead + legacyView("N", "K\x06", "K\x00", "K\x06\x85", "K\x01\x85") + legacyKeys + numbered(6))
	f, err := Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	x, err := f.Tensor("a")
	if err != nil || len(x.Data) != 24 || &x.Data[23] != &data[len(data)-1] {
		t.Errorf("%d bytes that lie elsewhere, %v", len(x.Data), err)
	}
}

func TestRefusesLegacy(t *testing.T) {
	whole := legacyView("N", "K\x06", "K\x00", "K\x06\x85", "K\x01\x85")
	part := func(offset, n, shape string) string {
		return legacyHead + legacyView(partOf(offset, n), "K\x06", "K\x00", shape+"\x85", "K\x01\x85") + legacyKeys + numbered(6)
	}
	head := func(old, new string) string {
		s := strings.Replace(legacyHead, old, new, 1)
		if s == legacyHead {
			t.Fatalf("no %q", old)
		}
		return s + whole + legacyKeys + numbered(6)
	}
	const big = "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"
	for _, c := range []struct{ name, file, want string }{
		{"only the number", legacyHead[:15], "the version of its format: it ends early"},
		{"another version", head("M\xe9\x03", "M\xea\x03"), "version 1002"},
		{"no version", head("M\xe9\x03", "]"), "a list where the version"},
		{"big-endian", head("\x88s", "\x89s"), "little-endian"},
		{"no system", head("}X\x0d\x00\x00\x00little_endian\x88s", "N"), "little-endian"},
		{"a storage in the system", head("\x88s", strings.TrimPrefix(whole, "\x80\x02")), "what it says of the system: at byte"},
		{"no weights", legacyHead, "it ends early"},
		{"a list", legacyHead + "].", "it holds a list"},
		{"no tensors", legacyHead + "}.", "no tensors by name"},
		{"eval", legacyHead + "cbuiltins\neval\nX\x01\x00\x00\x001\x85R.", `"builtins.eval"`},
		{"eval in the keys", legacyHead + whole + "cbuiltins\neval\nX\x01\x00\x00\x001\x85R.", `the list of its storages: at byte`},
		{"a module", legacyHead + "(X\x06\x00\x00\x00module" + strings.Repeat("X\x01\x00\x00\x00a", 4) + "tQ.", "not a storage's"},
		{"half a view", legacyHead + legacyView("X\x01\x00\x00\x001K\x00\x86", "K\x06", "K\x00", "K\x06\x85", "K\x01\x85"), "not a storage's"},
		{"a view without numbers", legacyHead + legacyView("NNN\x87", "K\x06", "K\x00", "K\x06\x85", "K\x01\x85"), "not a storage's"},
		{"view too long", part("K\x01", "K\x06", "K\x05"), "6 numbers from 1 on"},
		{"view too far", part("K\x07", "K\x00", "K\x00"), "0 numbers from 7 on"},
		{"view before", part("J\xff\xff\xff\xff", "K\x02", "K\x02"), "2 numbers from -1 on"},
		{"view of less", part("K\x00", "J\xff\xff\xff\xff", "K\x00"), "-1 numbers from 0 on"},
		{"tensor larger than its view", part("K\x04", "K\x02", "K\x03"), "does not fit its storage of 2"},
		{"view overflows", part(big, big, "K\x01"), "which has 6"},
		{"larger than the file", legacyHead + legacyView("N", big, "K\x00", "K\x06\x85", "K\x01\x85") + legacyKeys + numbered(6), "in a file of"},
		{"less than nothing", legacyHead + legacyView("N", "J\xff\xff\xff\xff", "K\x00", "K\x00\x85", "K\x01\x85") + legacyKeys + numbered(6), "of -1 numbers"},
		{"two sizes", legacyHead + strings.Replace(whole, "s.", "X\x01\x00\x00\x00b", 1) + strings.TrimPrefix(legacyView("N", "K\x05", "K\x00", "K\x05\x85", "K\x01\x85"), "\x80\x02}X\x01\x00\x00\x00a"), "5 of F32"},
		{"no keys", legacyHead + whole, "the list of its storages: it ends early"},
		{"keys in a tuple", legacyHead + whole + ").", "a tuple where the list"},
		{"a number as key", legacyHead + whole + "]K\x00a.", "a number in the list"},
		{"another key", legacyHead + whole + "]X\x01\x00\x00\x001a.", `storage "1" is of no tensor`},
		{"a key twice", legacyHead + whole + "](X\x01\x00\x00\x000X\x01\x00\x00\x000e." + numbered(6) + numbered(6), `storage "0" is of no tensor, or comes twice`},
		{"a key is missing", legacyHead + whole + "]." + numbered(6), `the bytes of storage "0" are missing`},
		{"another size", legacyHead + whole + legacyKeys + numbered(7), "has 7 numbers, its tensors want 6"},
		{"a huge size", legacyHead + whole + legacyKeys + numbered(1<<63), "has 9223372036854775808 numbers"},
		{"no size", legacyHead + whole + legacyKeys + "1234567", `storage "0": it ends early`},
		{"truncated", legacyHead + whole + legacyKeys + numbered(6)[:31], `storage "0" of 24 bytes: it ends early`},
		{"another protocol", "\x79\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19." + strings.Repeat(" ", 100), "zip"},
	} {
		if _, err := Parse([]byte(c.file)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", c.name, err, c.want)
		}
	}
	long := make([]byte, maxPickle+200)
	copy(long, legacyHead+"X\x00\x00\x00\x05")
	if _, err := Parse(long); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), "more than 67108864 bytes") {
		t.Errorf("a long pickle: %v", err)
	}
}

// FuzzLegacy is FuzzParse past the pickles that begin a file.
func FuzzLegacy(f *testing.F) {
	f.Add([]byte(legacyView("N", "K\x06", "K\x00", "K\x03K\x02\x86", "K\x01K\x03\x86") + legacyKeys + numbered(6)))
	f.Add([]byte(legacyView(partOf("K\x03", "K\x03"), "K\x06", "K\x01", "K\x02\x85", "K\x01\x85") + legacyKeys + numbered(6)))
	b, err := os.ReadFile("testdata/views-legacy.bin")
	if err != nil {
		f.Fatal(err)
	}
	const system = "longq\x07K\x04uu." // ends the third pickle
	if _, rest, ok := strings.Cut(string(b), system); ok {
		f.Add([]byte(rest))
	} else {
		f.Fatal("the fixture begins in another way")
	}
	f.Fuzz(func(t *testing.T, body []byte) { try(t, append([]byte(legacyHead), body...)) })
}
