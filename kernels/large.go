package kernels

import "unsafe"

// largePage is the size of a large page.
const largePage = 2 << 20

// LargeBytes returns n zeroed bytes that start at a multiple of 64, for weights
// or activations that a forward pass walks through: from 2 MiB on they lie, on
// Linux and as far as the system grants it, in pages of 2 MiB. A pass over the
// 21 MB of a sparse BERT-base in pages of 4 KiB misses the TLB at each of them,
// which in a virtual machine costs a tenth of the time of its products. The
// garbage collector frees the memory as any other.
func LargeBytes(n int) []byte {
	if n < largePage {
		return alignedBytes(n)
	}
	b := make([]byte, n+largePage-1)
	o := int(-uintptr(unsafe.Pointer(unsafe.SliceData(b))) & (largePage - 1))
	b = b[o : o+n : o+n]
	adviseLarge(b[:n&^(largePage-1)])
	return b
}
