//go:build arm64 && !purego

package kernels

import "unsafe"

var gemmS8BlocksAsm = []variant[*gemmS8BlocksImpl]{{"dotprod", &gemmS8BlocksImpl{prepareBlocksDotProd, gemmS8BlocksDotProd}}}

// blockRows is the number of rows of one call, which cannot be interrupted.
const blockRows = 32

// blockDotArgs are the arguments of blockDotDOTPROD, which multiplies blocks of
// four inputs with the activations of a tile as sparseDotDOTPROD does.
type blockDotArgs struct {
	act     unsafe.Pointer // of the range of inputs
	entry   unsafe.Pointer // blocks of the first row
	add     int            // 1 to add to the sums that are there
	count   unsafe.Pointer // blocks of each row
	rows    int
	acc     unsafe.Pointer // sums, [row][token]
	vectors int
}

//go:noescape
func blockDotDOTPROD(a *blockDotArgs)

func prepareBlocksDotProd(t *QuadsS8, x MatU8) {
	t.grow(sparseFours.need(x.Rows, x.Cols))
	t.spare = sparseFours.arrange(t.buf, t.spare, x)
}

func gemmS8BlocksDotProd(dst MatF32, t *QuadsS8, w *BlocksS8, bias []float32, b0, b1 int) {
	sums := sparseSumsPool.Get().(*sparseSums)
	defer sparseSumsPool.Put(sums)
	f := sparseFours
	end := min(b1*(sparseBlock/sparseGroup), w.groups)
	for i := range f.tiles(t.rows) {
		v0, v1 := f.tile(t.rows, i)
		for g := b0 * (sparseBlock / sparseGroup); g < end; g += blockRows / sparseGroup {
			part := sparsePart{g * sparseGroup, min(blockRows, (end-g)*sparseGroup), v0 * f.tokens, v1 * f.tokens}
			for r := range w.ranges {
				blockDotDOTPROD(&blockDotArgs{
					act:     at(t.buf, v0*f.size(w.k)+r*(blocksRange/blockInputs)*(v1-v0)*16),
					entry:   unsafe.Pointer(unsafe.SliceData(w.from(r, g))),
					add:     min(r, 1),
					count:   at(w.count, (r*w.groups+g)*sparseGroup),
					rows:    part.rows,
					acc:     at(sums[:], 0),
					vectors: v1 - v0,
				})
			}
			part.finish(dst, sums, t.scale, t.zero, f.minus, w.scale, w.sums, bias)
		}
	}
}
