package pytorch

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/sparsebio/sparsebio/biobert/internal/safetensors"
)

var dtypes = map[string]safetensors.DType{
	"float64": safetensors.F64, "float32": safetensors.F32, "float16": safetensors.F16, "bfloat16": safetensors.BF16, "int64": safetensors.I64,
	"int32": safetensors.I32, "int16": safetensors.I16, "int8": safetensors.I8, "uint8": safetensors.U8, "bool": safetensors.Bool,
}

// numbers reads the values of a tensor of any type.
func numbers(t *testing.T, x safetensors.Tensor) []float64 {
	t.Helper()
	out := []float64{}
	le := binary.LittleEndian
	for i := range x.Len() {
		switch b := x.Data[i*x.DType.Bits()/8:]; x.DType {
		case safetensors.F64:
			out = append(out, math.Float64frombits(le.Uint64(b)))
		case safetensors.I64:
			out = append(out, float64(int64(le.Uint64(b))))
		case safetensors.I32:
			out = append(out, float64(int32(le.Uint32(b))))
		case safetensors.I16:
			out = append(out, float64(int16(le.Uint16(b))))
		case safetensors.I8:
			out = append(out, float64(int8(b[0])))
		case safetensors.U8, safetensors.Bool:
			out = append(out, float64(b[0]))
		}
	}
	switch x.DType {
	case safetensors.F32, safetensors.F16, safetensors.BF16:
		v, err := x.Float32s(nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range v {
			out = append(out, float64(f))
		}
	}
	return out
}

// Every type, and views of storages in any order, as torch has them.
func TestViews(t *testing.T) {
	raw, err := os.ReadFile("testdata/views.json")
	if err != nil {
		t.Fatal(err)
	}
	var want map[string]struct {
		Shape  []int
		DType  string
		Values []float64
	}
	if err := json.Unmarshal(raw, &want); err != nil {
		t.Fatal(err)
	}
	plain, err := safetensors.Open("testdata/views.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	for _, file := range []string{"views.bin", "views-protocol4.bin", "views-legacy.bin", "views-legacy-protocol4.bin"} {
		f, err := Open(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		if names := f.Names(); len(names) != len(want) || !slices.IsSorted(names) {
			t.Errorf("%s: names %q", file, names)
		}
		for name, w := range want {
			x, err := f.Tensor(name)
			if err != nil {
				t.Error(err)
				continue
			}
			if x.DType != dtypes[w.DType] || !slices.Equal(x.Shape, w.Shape) {
				t.Errorf("%s: %s is %s %v, want %s %v", file, name, x.DType, x.Shape, w.DType, w.Shape)
			} else if got := numbers(t, x); !slices.Equal(got, w.Values) {
				t.Errorf("%s: %s holds %v, want %v", file, name, got, w.Values)
			}
			if p, err := plain.Tensor(name); err != nil || p.DType != x.DType || !bytes.Equal(p.Data, x.Data) {
				t.Errorf("%s: %s is not what views.safetensors has: %v", file, name, err)
			}
		}
		if _, err := f.Tensor("none"); !errors.Is(err, safetensors.ErrNoTensor) || !strings.Contains(err.Error(), file) {
			t.Errorf("missing tensor: %v", err)
		}
		if err := errors.Join(f.Close(), f.Close()); err != nil {
			t.Error(err)
		}
	}
}

// A pickle is written here by hand; program ends it.
func archiveOf(t testing.TB, program string, change func(h *zip.FileHeader)) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, m := range [][2]string{{"m/data.pkl", program}, {"m/data/0", strings.Repeat("\x00\x00\x80\x3f", 6)}} {
		h := &zip.FileHeader{Name: m[0], Method: zip.Store}
		if change != nil {
			change(h)
		}
		f, err := w.CreateHeader(h)
		if err == nil {
			_, err = io.WriteString(f, m[1])
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// view is the pickle of {"a": a view of storage 0, of n numbers of a type, from offset on}, all of which are given as pickles.
func view(storageType, n, offset, shape, stride string) string {
	return "\x80\x02}X\x01\x00\x00\x00actorch._utils\n_rebuild_tensor_v2\n(" +
		"(X\x07\x00\x00\x00storagectorch\n" + storageType + "\nX\x01\x00\x00\x000X\x03\x00\x00\x00cpu" + n + "tQ" +
		offset + shape + stride + "\x89}tRs."
}

func TestView(t *testing.T) {
	f, err := Parse(archiveOf(t, view("FloatStorage", "K\x06", "K\x01", "(K\x02K\x02t", "(K\x02K\x01t"), nil))
	if err != nil {
		t.Fatal(err)
	}
	x, err := f.Tensor("a")
	if err != nil || len(x.Data) != 16 {
		t.Errorf("%v, %v", x, err)
	}
}

func TestRefuses(t *testing.T) {
	const big = "\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7f"
	pickle := func(s string) []byte { return archiveOf(t, s, nil) }
	float := func(n, offset, shape, stride string) []byte {
		return pickle(view("FloatStorage", n, offset, shape, stride))
	}
	good := float("K\x06", "K\x00", "K\x06\x85", "K\x01\x85")
	read := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "empty"},
		{"not a zip", []byte("<!DOCTYPE html>"), "download it again"},
		{"runs code", read("evil.bin"), `"posix.getpid"`},
		{"runs code, legacy", read("evil-legacy.bin"), `"posix.getpid"`},
		{"runs code, a bare pickle", []byte("\x80\x02cposix\nsystem\nX\x02\x00\x00\x00ls\x85R."), `"posix.system"`},
		{"a bare pickle", []byte("\x80\x02K\x01."), "torch.save did not write"},
		{"a bare storage", []byte("\x80\x02" + view("FloatStorage", "K\x06", "K\x00", "K\x06\x85", "K\x01\x85")), "not"},
		{"not a state dict", read("list.bin"), "holds a list"},
		{"Git LFS", []byte("version https://git-lfs.github.com/spec/v1\n"), "git lfs pull"},
		{"truncated", good[:len(good)-30], "download it again"},
		{"compressed", archiveOf(t, view("FloatStorage", "K\x06", "K\x00", "K\x06\x85", "K\x01\x85"), func(h *zip.FileHeader) { h.Method = zip.Deflate }), "is compressed"},
		{"another name", archiveOf(t, ".", func(h *zip.FileHeader) { h.Name = strings.ReplaceAll(h.Name, "data.pkl", "x") }), "without data.pkl"},
		{"twice", archiveOf(t, ".", func(h *zip.FileHeader) { h.Name = "m/data.pkl" }), "occurs twice"},
		{"empty pickle", pickle(""), "ends early"},
		{"empty stack", pickle("."), "too few values"},
		{"no tensors", pickle("}."), "no tensors by name"},
		{"eval", pickle("cbuiltins\neval\nX\x01\x00\x00\x001\x85R."), `"builtins.eval"`},
		{"eval by stack", pickle("\x8c\x08builtins\x8c\x04eval\x93."), `"builtins.eval"`},
		{"likeness of a function", pickle("ctorch\n_rebuild_tensor_v2\n."), `"torch._rebuild_tensor_v2"`},
		{"an object", pickle("ccollections\nOrderedDict\n)\x81."), "operation 0x81"},
		{"unknown operation", pickle("\xff."), "operation 0xff"},
		{"extension", pickle("\x82\x01."), "operation 0x82"},
		{"calls a string", pickle("X\x01\x00\x00\x00a)R."), "calls a string"},
		{"calls a type", pickle("ctorch\nFloatStorage\n)R."), "is not a function"},
		{"later protocol", pickle("\x80\x06."), "protocol 6"},
		{"long string", pickle("\x8d\xff\xff\xff\xff\xff\xff\xff\x7f."), "ends early"},
		{"long number", pickle("\x8a\x09123456789."), "number of 9 bytes"},
		{"no mark", pickle("K\x01t."), "no mark"},
		{"mark as a value", pickle("(\x85."), "a mark where"},
		{"not remembered", pickle("h\x05."), "value 5"},
		{"list as key", pickle("}]Ns."), "a list as a key"},
		{"attributes of a tensor", pickle("K\x01}b."), "sets attributes of a number"},
		{"other persistent id", pickle("K\x01Q."), "not a storage's"},
		{"view of a storage", pickle(strings.Replace(view("FloatStorage", "K\x06", "K\x00", "K\x06\x85", "K\x01\x85"), "tQ", partOf("K\x00", "K\x06")+"tQ", 1)), "in the legacy format only"},
		{"missing storage", pickle(strings.Replace(view("FloatStorage", "K\x06", "K\x00", "K\x06\x85", "K\x01\x85"), "\x01\x00\x00\x000", "\x01\x00\x00\x007", 1)), `"m/data/7" is missing`},
		{"storage too small", float("K\x07", "K\x00", "K\x06\x85", "K\x01\x85"), "has bytes for 6"},
		{"negative storage", float("J\xff\xff\xff\xff", "K\x00", "K\x06\x85", "K\x01\x85"), "storage \"0\" of -1"},
		{"complex numbers", pickle(view("ComplexFloatStorage", "K\x03", "K\x00", "K\x03\x85", "K\x01\x85")), `"torch.ComplexFloatStorage"`},
		{"shape too large", float("K\x06", "K\x00", "K\x07\x85", "K\x01\x85"), "does not fit"},
		{"offset too large", float("K\x06", "K\x01", "K\x06\x85", "K\x01\x85"), "does not fit"},
		{"negative offset", float("K\x06", "J\xff\xff\xff\xff", "K\x06\x85", "K\x01\x85"), "does not fit"},
		{"stride too large", float("K\x06", "K\x00", "K\x03\x85", "K\x03\x85"), "does not fit"},
		{"negative stride", float("K\x06", "K\x05", "K\x06\x85", "J\xff\xff\xff\xff\x85"), "none may be negative"},
		{"negative shape", float("K\x06", "K\x00", "J\xff\xff\xff\xff\x85", "K\x01\x85"), "none may be negative"},
		{"stretched", float("K\x06", "K\x00", big+"\x85", "K\x00\x85"), "does not fit"},
		{"product overflows", float("K\x06", "K\x00", big+big+"\x86", "K\x00K\x00\x86"), "does not fit"},
		{"stride overflows", float("K\x06", "K\x00", "K\x03K\x02\x86", big+big+"\x86"), "does not fit"},
		{"ragged", float("K\x06", "K\x00", "K\x06\x85", ")"), "with strides []"},
		{"many dimensions", float("K\x06", "K\x00", "("+strings.Repeat("K\x01", 17)+"t", "("+strings.Repeat("K\x01", 17)+"t"), "17 dimensions"},
	} {
		if _, err := Parse(c.file); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", c.name, err, c.want)
		}
	}
	path := filepath.Join(t.TempDir(), "pytorch_model.bin")
	if err := os.WriteFile(path, good[:100], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(path); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), path) {
		t.Errorf("truncated file: %v", err)
	}
}

// Nothing in a file makes the reader panic or take more memory than the file has.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"views.bin", "views-protocol4.bin", "evil.bin", "views-legacy.bin", "views-legacy-protocol4.bin"} {
		b, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte("\x80\x02cposix\nsystem\nX\x02\x00\x00\x00ls\x85R."))
	f.Add(archiveOf(f, view("FloatStorage", "K\x06", "K\x00", "K\x03K\x02\x86", "K\x01K\x03\x86"), nil))
	f.Fuzz(func(t *testing.T, data []byte) { try(t, data) })
}

// FuzzPickle is FuzzParse past the archive's checks.
func FuzzPickle(f *testing.F) {
	f.Add([]byte(view("FloatStorage", "K\x06", "K\x00", "K\x03K\x02\x86", "K\x01K\x03\x86")))
	f.Add([]byte("\x80\x02ccollections\nOrderedDict\n)R}X\x01\x00\x00\x00aK\x01sb."))
	f.Fuzz(func(t *testing.T, program []byte) { try(t, archiveOf(t, string(program), nil)) })
}

func try(t *testing.T, data []byte) {
	p, err := Parse(data)
	if err != nil {
		if !errors.Is(err, ErrFormat) {
			t.Fatalf("an error without ErrFormat: %v", err)
		}
		return
	}
	for _, name := range p.Names() {
		x, err := p.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		if len(x.Data) > len(data) || len(x.Data) != x.Len()*x.DType.Bits()/8 {
			t.Fatalf("%q: %d bytes for %s %v in a file of %d", name, len(x.Data), x.DType, x.Shape, len(data))
		}
	}
}
