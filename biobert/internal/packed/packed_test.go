package packed

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"testing"
)

func sample(t testing.TB) []byte {
	w := &Writer{Meta: Meta{Name: "m", Config: json.RawMessage(`{"a":1}`), Engine: "sparse"}}
	w.Add("bytes", Bytes, []byte("hello"), 5)
	w.AddFloat32s("floats", []float32{1, -2, 0.5, 4, 5, 6}, 2, 3)
	w.Add("empty", S8, nil, 0, 7)
	w.Add("last", S8, []byte{1, 0xff}, 2)
	var b bytes.Buffer
	n, err := w.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("WriteTo: %d bytes of %d, %v", n, b.Len(), err)
	}
	return b.Bytes()
}

func TestRoundTrip(t *testing.T) {
	for shift := range 5 { // in place where the memory is aligned, by a copy elsewhere
		b := append(make([]byte, shift), sample(t)...)[shift:]
		f, err := Open(b)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.Verify(); err != nil {
			t.Fatal(err)
		}
		if f.Name != "m" || string(f.Config) != `{"a":1}` || f.Engine != "sparse" {
			t.Errorf("meta: %+v", f.Meta)
		}
		if b, err := f.Section("bytes", Bytes, -1); string(b) != "hello" || err != nil {
			t.Errorf("bytes: %q, %v", b, err)
		}
		if v, err := f.Float32s("floats", 2, 3); err != nil || len(v) != 6 || v[1] != -2 || v[5] != 6 {
			t.Errorf("floats: %v, %v", v, err)
		}
		if v, err := f.Section("empty", S8, 0, 7); err != nil || len(v) != 0 {
			t.Errorf("empty: %v, %v", v, err)
		}
		if v, err := f.Section("last", S8, 2); err != nil || v[1] != 0xff {
			t.Errorf("last: %v, %v", v, err)
		}
		for _, bad := range []func() error{
			func() error { _, err := f.Section("none", Bytes, -1); return err },
			func() error { _, err := f.Section("bytes", F32, -1); return err },
			func() error { _, err := f.Float32s("floats", 3, 2); return err },
			func() error { _, err := f.Float32s("floats", 6); return err },
		} {
			if err := bad(); !errors.Is(err, ErrFormat) {
				t.Errorf("got %v, want ErrFormat", err)
			}
		}
	}
}

// reseal makes the header's checksum and length right again.
func reseal(b []byte) []byte {
	h := binary.LittleEndian.Uint64(b[16:])
	binary.LittleEndian.PutUint64(b[24:], uint64(len(b)))
	binary.LittleEndian.PutUint32(b[12:], crc32.Checksum(b[64:64+h], castagnoli))
	return b
}

func TestOpenRefuses(t *testing.T) {
	good := sample(t)
	replace := func(old, new string) []byte {
		if !bytes.Contains(good, []byte(old)) || len(old) != len(new) {
			t.Fatalf("cannot replace %q", old)
		}
		return reseal(bytes.Replace(bytes.Clone(good), []byte(old), []byte(new), 1))
	}
	edit := func(at int, v byte) []byte { b := bytes.Clone(good); b[at] = v; return b }
	for name, b := range map[string][]byte{
		"empty":           nil,
		"short":           good[:63],
		"magic":           edit(0, 'X'),
		"version":         edit(8, 9),
		"header checksum": edit(70, '!'),
		"header too long": edit(19, 1),
		"truncated":       good[:len(good)-1],
		"bytes after":     append(bytes.Clone(good), 0),
		"not JSON":        reseal(edit(64, '[')),
		"unknown type":    replace(`"dtype":"f32"`, `"dtype":"f99"`),
		"shape":           replace(`"shape":[2,3]`, `"shape":[2,4]`),
		"negative shape":  replace(`"shape":[0,7]`, `"shape":[-77]`),
		"name twice":      replace(`"name":"floats"`, `"name":"bytes" `),
		"outside":         replace(`"size":5`, `"size":9`),
		"size and shape":  replace(`"size":2`, `"size":1`),
	} {
		if _, err := Open(b); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: got %v, want ErrFormat", name, err)
		}
	}
	f, err := Open(edit(len(good)-1, 7))
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Verify(); !errors.Is(err, ErrFormat) {
		t.Errorf("changed section: Verify gave %v", err)
	}
}

// failAfter fails to write more than n bytes.
type failAfter int

func (n *failAfter) Write(b []byte) (int, error) {
	if len(b) > int(*n) {
		return 0, io.ErrShortWrite
	}
	*n -= failAfter(len(b))
	return len(b), nil
}

func TestWriteToReportsErrors(t *testing.T) {
	w := &Writer{}
	w.Add("a", Bytes, make([]byte, 100), 100)
	w.Add("b", Bytes, make([]byte, 100), 100)
	for _, n := range []failAfter{0, 300, 500} {
		if _, err := w.WriteTo(&n); !errors.Is(err, io.ErrShortWrite) {
			t.Errorf("got %v", err)
		}
	}
}

func FuzzOpen(f *testing.F) {
	f.Add(sample(f))
	f.Fuzz(func(t *testing.T, b []byte) {
		if len(b) >= 64 && binary.LittleEndian.Uint64(b[16:]) <= uint64(len(b)-64) {
			reseal(b)
		}
		p, err := Open(b)
		if err != nil {
			return
		}
		for name := range p.sec {
			if _, err := p.Section(name, p.sec[name].DType, p.Shape(name)...); err != nil {
				t.Error(err)
			}
		}
	})
}
