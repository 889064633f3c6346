package bert

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/sparsebio/sparsebio/kernels"
)

// The operators whose last bits ONNX leaves open have those of ONNX Runtime. Exponentials below 1e-38 do not have to be right: they become 0 here.
func TestOperators(t *testing.T) {
	testOperators(t, "operators.json", 16, 5)
	testOperators(t, "softmax-avx2.json", 8, 1)
}

func testOperators(t *testing.T, file string, lanes, operators int) {
	raw, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Operator          string
		X, Gamma, Beta, Y []byte
	}
	if err := json.Unmarshal(raw, &cases); err != nil {
		t.Fatal(err)
	}
	floats := func(b []byte) []float32 {
		v := make([]float32, len(b)/4)
		for i := range v {
			v[i] = math.Float32frombits(binary.LittleEndian.Uint32(b[4*i:]))
		}
		return v
	}
	seen := map[string]int{}
	for _, c := range cases {
		x, want := floats(c.X), floats(c.Y)
		got, parameters := slices.Clone(x), norm{floats(c.Gamma), floats(c.Beta)}
		switch c.Operator {
		case "norm":
			normalizeRuntime(got, nil, make([]float32, len(x)), parameters, 1e-12)
		case "gelu Div":
			kernels.GELUErfF32(got, 1, math.Sqrt2)
		case "gelu Mul", "Gelu":
			kernels.GELUErfF32(got, math.Sqrt2/2, 1)
		case "softmax":
			softmaxRuntime(got, lanes)
		default:
			t.Fatalf("operator %q", c.Operator)
		}
		seen[c.Operator]++
		differ := 0
		for i := range want {
			if got[i] != want[i] && !(got[i] == 0 && want[i] < 1e-38 && c.Operator == "softmax") {
				if differ++; differ == 1 {
					t.Errorf("%s of %d numbers: number %d, of %v, is %v, want %v", c.Operator, len(x), i, x[i], got[i], want[i])
				}
			}
		}
		if differ > 1 {
			t.Errorf("and %d more", differ-1)
		}
	}
	if len(seen) != operators {
		t.Errorf("%s: %v", file, seen)
	}
}
