package kernels

import (
	"testing"
	"unsafe"
)

func TestLargeBytes(t *testing.T) {
	for _, n := range []int{0, 1, 63, 64, 4096, largePage - 1, largePage, largePage + 1, 3*largePage + 5} {
		b := LargeBytes(n)
		if len(b) != n || cap(b) != n {
			t.Fatalf("LargeBytes(%d) has length %d and capacity %d", n, len(b), cap(b))
		}
		if p := uintptr(unsafe.Pointer(unsafe.SliceData(b))); n > 0 && p%sparseAlign != 0 {
			t.Errorf("LargeBytes(%d) starts at %#x", n, p)
		}
		for i, v := range b {
			if v != 0 {
				t.Fatalf("LargeBytes(%d): byte %d is %d", n, i, v)
			}
		}
		for i := range b {
			b[i] = byte(i)
		}
	}
}
