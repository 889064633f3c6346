package kernels

import (
	"math"
	"math/rand/v2"
	"testing"

	"github.com/sparsebio/sparsebio/kernels/internal/race"
)

// newRand returns a generator that gives the same numbers in every run.
func newRand() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }

// randF32 fills s with normal numbers of widely differing size, and a few
// zeros.
func randF32(r *rand.Rand, s []float32) []float32 {
	for i := range s {
		switch v := float32(r.NormFloat64()); r.IntN(16) {
		case 0:
			s[i] = 0
		case 1:
			s[i] = v * 1e-4
		case 2:
			s[i] = v * 30
		default:
			s[i] = v
		}
	}
	return s
}

// guardMatF32 returns a rows x cols matrix beside an unreadable page; all of
// its memory, the gaps between rows included, is set to fill.
func guardMatF32(t testing.TB, guard func(testing.TB, int) []float32, rows, cols, stride int, fill float32) MatF32 {
	n := 0
	if rows > 0 {
		n = (rows-1)*stride + cols
	}
	m := MatF32{Data: guard(t, n), Rows: rows, Cols: cols, Stride: stride}
	for i := range m.Data {
		m.Data[i] = fill
	}
	return m
}

// minNormal is the least positive normal float32.
const minNormal = 0x1p-126

// sentinel fills memory that must not be written.
const sentinel = float32(-123456)

// checkGaps fails if anything but columns c0 to c1 of the rows was written.
func checkGaps(t *testing.T, m MatF32, c0, c1 int) {
	t.Helper()
	for i, v := range m.Data {
		if c := i % m.Stride; (c < c0 || c >= c1) && v != sentinel {
			t.Fatalf("row %d, column %d was written, though only columns %d to %d may be", i/m.Stride, c, c0, c1)
		}
	}
}

// thin returns n, or few where tests must be quick: with -short, as they run in
// an emulator, and under the race detector.
func thin(n, few int) int {
	if testing.Short() || race.Enabled {
		return few
	}
	return n
}

// sameF32 reports whether a and b are the same number, or both NaN.
func sameF32(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}
