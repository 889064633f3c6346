package bert

import (
	"math"
	"runtime"

	"golang.org/x/sys/cpu"

	"github.com/sparsebio/sparsebio/kernels"
)

// ONNX says what an operator computes, but not to the last bit: not in which order a mean or a softmax adds, nor by which polynomials there are exponentials and
// error functions. In a graph that rounds to 8 bits after each layer, the last bit decides now and then which of two whole numbers
// it is, and in a deep graph of random weights one such number is enough for half of those in the last layer to differ. So the functions of this
// file do what ONNX Runtime does on CPUs with AVX2, operation by operation, as far as sources and results of version 1.32 show: means by Eigen
// compiled for SSE2, exponentials and error functions by MLAS (see kernels.GELUErfF32), all else as the graph has it. Not so the operator LayerNormalization, which no exporter of integer graphs writes. Conversions keep the
// compiler from fusing what is not fused there.

// meanRuntime is ReduceMean of a row whose length is a multiple of four: two vectors of four take turns.
func meanRuntime(x []float32) float32 {
	var a0, a1, a2, a3, b0, b1, b2, b3 float32
	n := len(x) &^ 7
	for i := 0; i < n; i += 8 {
		v := x[i : i+8 : i+8]
		a0, a1, a2, a3 = a0+v[0], a1+v[1], a2+v[2], a3+v[3]
		b0, b1, b2, b3 = b0+v[4], b1+v[5], b2+v[6], b3+v[7]
	}
	a0, a1, a2, a3 = a0+b0, a1+b1, a2+b2, a3+b3
	if len(x)-n >= 4 {
		v := x[n : n+4]
		a0, a1, a2, a3 = a0+v[0], a1+v[1], a2+v[2], a3+v[3]
		n += 4
	}
	sum := (a0 + a2) + (a1 + a3)
	for _, v := range x[n:] {
		sum += v
	}
	return sum / float32(len(x))
}

// normalizeRuntime adds residual, which may be nil, to x and normalizes the sum, taken apart as exporters did before opset 17. squares, as long as x, is overwritten.
func normalizeRuntime(x, residual, squares []float32, n norm, eps float32) {
	for i, v := range residual {
		x[i] += v
	}
	mean := meanRuntime(x)
	for i, v := range x {
		v -= mean
		x[i] = v
		squares[i] = v * v
	}
	root := float32(math.Sqrt(float64(meanRuntime(squares) + eps))) // rounded once
	gamma, beta := n.gamma[:len(x)], n.beta[:len(x)]
	for i, v := range x {
		x[i] = float32(float32(v/root)*gamma[i]) + beta[i]
	}
}

// softmaxRuntime is Softmax of a row, whose exponentials are added in so many lanes: softmaxLanes on this machine.
func softmaxRuntime(x []float32, lanes int) {
	top := float32(math.Inf(-1))
	for _, v := range x {
		if v > top {
			top = v
		}
	}
	for i := range x {
		x[i] -= top
	}
	kernels.ExpF32(x)
	var sums [16]float32
	rest := x
	if lanes == len(sums) { // as below, without looking at lengths
		for ; len(rest) >= len(sums); rest = rest[len(sums):] {
			for i, v := range (*[len(sums)]float32)(rest) {
				sums[i] += v
			}
		}
	}
	for ; len(rest) >= lanes || lanes > 4 && len(rest) > 0; rest = rest[min(lanes, len(rest)):] {
		for i, v := range rest[:min(lanes, len(rest))] {
			sums[i] += v
		}
	}
	for i := range 8 {
		sums[i] += sums[i+8]
	}
	sum := (sums[0] + sums[1]) + (sums[2] + sums[3])
	if lanes > 4 {
		sum += (sums[4] + sums[5]) + (sums[6] + sums[7])
	}
	for _, v := range rest {
		sum += v
	}
	inverse := 1 / sum
	for i := range x {
		x[i] *= inverse
	}
}

// softmaxLanes is how many sums of exponentials ONNX Runtime has on this machine: as many as fit a vector.
var softmaxLanes = func() int {
	switch {
	case runtime.GOARCH != "amd64":
		return 4
	case cpu.X86.HasAVX512F:
		return 16
	}
	return 8
}()
