package safetensors

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// file puts a header before some zero bytes of data.
func file(header string, data int) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), make([]byte, data)...)
}

func TestGolden(t *testing.T) {
	var want map[string]struct {
		dtype  string
		shape  []int
		values []float64
	}
	{
		text, err := os.ReadFile("testdata/golden.json")
		if err != nil {
			t.Fatal(err)
		}
		var raw map[string][3]json.RawMessage
		if err := json.Unmarshal(text, &raw); err != nil {
			t.Fatal(err)
		}
		want = map[string]struct {
			dtype  string
			shape  []int
			values []float64
		}{}
		for name, r := range raw {
			w := want[name]
			if err := errors.Join(json.Unmarshal(r[0], &w.dtype), json.Unmarshal(r[1], &w.shape), json.Unmarshal(r[2], &w.values)); err != nil {
				t.Fatal(err)
			}
			want[name] = w
		}
	}
	f, err := Open("testdata/golden.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	if f.Metadata["note"] != "naïve" || f.Metadata["format"] != "np" {
		t.Errorf("metadata %v", f.Metadata)
	}
	if len(f.Names()) != len(want) || !slices.IsSorted(f.Names()) {
		t.Errorf("names %q", f.Names())
	}
	for name, w := range want {
		x, err := f.Tensor(name)
		if err != nil {
			t.Fatal(err)
		}
		if string(x.DType) != w.dtype || !slices.Equal(x.Shape, w.shape) || x.Len() != len(w.values) || len(x.Data)*8 != x.Len()*x.DType.Bits() {
			t.Errorf("%s: %s %v with %d bytes, want %s %v", name, x.DType, x.Shape, len(x.Data), w.dtype, w.shape)
		}
		got, err := x.Float32s(nil)
		switch x.DType {
		case F16, F32, F64:
			if err != nil {
				t.Fatal(err)
			}
			for i, v := range w.values {
				if math.Float32bits(got[i]) != math.Float32bits(float32(v)) {
					t.Errorf("%s[%d] = %v, want %v", name, i, got[i], v)
				}
			}
		default:
			if err == nil || !strings.Contains(err.Error(), `tensor "`+name+`": `+w.dtype) {
				t.Errorf("%s converts: %v", name, err)
			}
		}
	}
	i64, err := f.Tensor("i64")
	if err != nil || int64(binary.LittleEndian.Uint64(i64.Data[8:])) != -(1<<40) {
		t.Errorf("i64: %v %x", err, i64.Data)
	}
	_, err = f.Tensor("classifier.weight")
	if !errors.Is(err, ErrNoTensor) || !strings.Contains(err.Error(), `testdata/golden.safetensors: tensor "classifier.weight"`) {
		t.Errorf("missing tensor: %v", err)
	}
	if err := errors.Join(f.Close(), f.Close()); err != nil {
		t.Error(err)
	}
}

func TestFloat32sReuses(t *testing.T) {
	f, err := Parse(file(`{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}`, 4))
	if err != nil {
		t.Fatal(err)
	}
	x, err := f.Tensor("a")
	if err != nil {
		t.Fatal(err)
	}
	copy(x.Data, []byte{0x80, 0x3f, 0x20, 0xc1}) // 1, -10
	dst := make([]float32, 1, 8)
	got, err := x.Float32s(dst)
	if err != nil || &got[0] != &dst[0] || !slices.Equal(got, []float32{1, -10}) {
		t.Errorf("%v, %v, want [1 -10] in place", got, err)
	}
}

// TestFloat16 compares all half-precision numbers with their definition.
func TestFloat16(t *testing.T) {
	for h := range 1 << 16 {
		exp, frac := h>>10&31, float64(h&1023)
		var want float64
		switch exp {
		case 0:
			want = math.Ldexp(frac, -24)
		case 31:
			want = math.Inf(1)
			if frac != 0 {
				want = math.NaN()
			}
		default:
			want = math.Ldexp(1024+frac, exp-25)
		}
		if h&0x8000 != 0 {
			want = -want
		}
		f, err := Tensor{DType: F16, Data: []byte{byte(h), byte(h >> 8)}}.Float32s(nil)
		if err != nil {
			t.Fatal(err)
		}
		got := float64(f[0])
		if got != want && !(math.IsNaN(got) && math.IsNaN(want)) || math.Signbit(got) != (h&0x8000 != 0) {
			t.Errorf("Float16(%#04x) = %v, want %v", h, got, want)
		}
	}
}

func TestAccepts(t *testing.T) {
	for _, c := range []struct {
		header string
		data   int
	}{
		{`{}`, 0},
		{`{}   `, 0},
		{`{"__metadata__":{}}`, 0},
		{`{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}`, 4},
		{`{"a":{"dtype":"F32","shape":[0,9],"data_offsets":[0,0]},"b":{"dtype":"I8","shape":[1],"data_offsets":[0,1]}}`, 1},
		{`{"b":{"dtype":"I8","shape":[3],"data_offsets":[2,5]},"a":{"dtype":"F16","shape":[1],"data_offsets":[0,2],"more":[{}]}}`, 5},
		{`{"a":{"dtype":"F4","shape":[2],"data_offsets":[0,1]}}`, 1},
		{`{"dtype":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}}`, 1},
	} {
		if _, err := Parse(file(c.header, c.data)); err != nil {
			t.Errorf("%s: %v", c.header, err)
		}
	}
}

func TestRefuses(t *testing.T) {
	const good = `{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"empty", nil, "0 bytes are too few"},
		{"seven bytes", make([]byte, 7), "7 bytes are too few"},
		{"huge header", binary.LittleEndian.AppendUint64(nil, 100_000_001), "more than 100000000"},
		{"header beyond file", file(good, 8)[:20], "(truncated? download it again)"},
		{"no header", file("", 0), "does not begin with '{'"},
		{"html", []byte("<!DOCTYPE html><html>not found</html>"), "not a safetensors file?"},
		{"array", file("[]", 0), "does not begin with '{'"},
		{"blank first", file(" {}", 0), "does not begin with '{'"},
		{"not UTF-8", file("{\"\xff\":1}", 0), "not UTF-8"},
		{"bad JSON", file(`{"a":}`, 0), "header: "},
		{"unfinished", file(`{"a":{"dtype":"F32"`, 0), "header: "},
		{"text after", file(`{}x`, 0), `"x" after its end`},
		{"tensor not an object", file(`{"a":3}`, 0), `tensor "a": 3 where an object should be`},
		{"same tensor twice", file(`{"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"I8","shape":[1],"data_offsets":[1,2]}}`, 2), `key "a" occurs twice`},
		{"same field twice", file(`{"a":{"dtype":"F32","dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8), `key "dtype" occurs twice`},
		{"metadata twice", file(`{"__metadata__":{},"__metadata__":{}}`, 0), `key "__metadata__" occurs twice`},
		{"metadata key twice", file(`{"__metadata__":{"x":"","x":""}}`, 0), `key "x" occurs twice`},
		{"metadata not text", file(`{"__metadata__":{"x":1}}`, 0), `__metadata__ "x": not a string`},
		{"metadata null", file(`{"__metadata__":{"x":null}}`, 0), `__metadata__ "x": not a string`},
		{"no dtype", file(`{"a":{"shape":[2],"data_offsets":[0,8]}}`, 8), `tensor "a": needs dtype, shape and data_offsets`},
		{"no shape", file(`{"a":{"dtype":"F32","data_offsets":[0,8]}}`, 8), "needs dtype"},
		{"no offsets", file(`{"a":{"dtype":"F32","shape":[2]}}`, 8), "needs dtype"},
		{"other spelling", file(`{"a":{"DType":"F32","shape":[2],"data_offsets":[0,8]}}`, 8), "needs dtype"},
		{"dtype not text", file(`{"a":{"dtype":1,"shape":[2],"data_offsets":[0,8]}}`, 8), "dtype is not a string"},
		{"unknown dtype", file(`{"a":{"dtype":"F33","shape":[2],"data_offsets":[0,8]}}`, 8), `unknown dtype "F33"`},
		{"shape not a list", file(`{"a":{"dtype":"F32","shape":2,"data_offsets":[0,8]}}`, 8), "shape: not a list"},
		{"shape null", file(`{"a":{"dtype":"F32","shape":null,"data_offsets":[0,8]}}`, 8), "shape: not a list"},
		{"negative shape", file(`{"a":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}`, 8), "-2 is not a whole number"},
		{"fraction", file(`{"a":{"dtype":"F32","shape":[2.0],"data_offsets":[0,8]}}`, 8), "2.0 is not a whole number"},
		{"one offset", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[8]}}`, 8), "1 of them, want 2"},
		{"offset too large", file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,18446744073709551615]}}`, 8), "not a whole number in range"},
		{"overflow", file(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, 0), "overflows"},
		{"overflow by size", file(`{"a":{"dtype":"F64","shape":[2305843009213693952],"data_offsets":[0,0]}}`, 0), "overflows"},
		{"size", file(`{"a":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}`, 8), `tensor "a": F32 of shape [3] takes 12 bytes, data offsets give 8`},
		{"half a byte", file(`{"a":{"dtype":"F4","shape":[3],"data_offsets":[0,1]}}`, 1), "whole number of bytes"},
		{"gap at start", file(`{"a":{"dtype":"I8","shape":[1],"data_offsets":[1,2]}}`, 2), "begin at 0"},
		{"gap", file(`{"a":{"dtype":"I8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"I8","shape":[1],"data_offsets":[2,3]}}`, 3), `tensor "b": data offsets 2 to 3, want them to begin at 1`},
		{"overlap", file(`{"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"I8","shape":[2],"data_offsets":[1,3]}}`, 3), "want them to begin at 2"},
		{"shared", file(`{"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"I8","shape":[2],"data_offsets":[0,2]}}`, 2), "want them to begin at 2"},
		{"reversed", file(`{"a":{"dtype":"I8","shape":[0],"data_offsets":[0,0]},"b":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},"c":{"dtype":"I8","shape":[1],"data_offsets":[2,1]}}`, 2), `tensor "c": data offsets 2 to 1`},
		{"truncated", file(good, 7), "truncated? got 69 bytes, header wants 70 at least; download it again"},
		{"too long", file(good, 9), "got 71 bytes, header wants 70"},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "model.safetensors")
			if err := os.WriteFile(path, c.file, 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := Open(path)
			if !errors.Is(err, ErrFormat) || !strings.HasPrefix(err.Error(), "safetensors: "+path+": ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Open: %v, want ... %s", err, c.want)
			}
			if _, err := Parse(c.file); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("Parse: %v, want ... %s", err, c.want)
			}
		})
	}
	if _, err := Open(filepath.Join(t.TempDir(), "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent file: %v", err)
	}
	if _, err := Open(t.TempDir()); err == nil || errors.Is(err, ErrFormat) {
		t.Errorf("folder: %v", err)
	}
}

func FuzzParse(f *testing.F) {
	golden, err := os.ReadFile("testdata/golden.safetensors")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(golden)
	f.Add(file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, 8))
	f.Add(file(`{"a":{"dtype":"F4","shape":[2,1],"data_offsets":[0,1]},"__metadata__":{"k":"v"}}  `, 1))
	f.Fuzz(func(t *testing.T, data []byte) {
		x, err := Parse(data)
		if err != nil {
			return
		}
		total := 0
		for _, name := range x.Names() {
			y, err := x.Tensor(name)
			if err != nil {
				t.Fatal(err)
			}
			total += len(y.Data)
			if y.Len()*y.DType.Bits() != 8*len(y.Data) {
				t.Fatalf("%q: %s %v with %d bytes", name, y.DType, y.Shape, len(y.Data))
			}
			if v, err := y.Float32s(nil); err == nil && len(v) != y.Len() {
				t.Fatalf("%q: %d of %d numbers", name, len(v), y.Len())
			}
		}
		if total > len(data)-8 {
			t.Fatalf("%d bytes of tensors in a file of %d", total, len(data))
		}
	})
}

// BenchmarkCheckpoint converts a whole checkpoint of 16-bit weights.
func BenchmarkCheckpoint(b *testing.B) {
	dir := os.Getenv("SPARSEBIO_SHARED")
	if dir == "" {
		b.Skip("SPARSEBIO_SHARED is not set: no checkpoint to read")
	}
	path := filepath.Join(dir, "models/jnlpba-dense/model.safetensors")
	var dst []float32
	for b.Loop() {
		f, err := Open(path)
		if err != nil {
			b.Fatal(err)
		}
		n := 0
		for _, name := range f.Names() {
			t, err := f.Tensor(name)
			if err == nil {
				dst, err = t.Float32s(dst)
			}
			if err != nil {
				b.Fatal(err)
			}
			n += len(t.Data)
		}
		b.SetBytes(int64(n))
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
