package kernels

import (
	"syscall"
	"testing"
	"unsafe"
)

// guardPages returns n bytes of fresh memory, rounded up to whole pages, with
// an unreadable page right before and right after. The memory is unmapped when
// the test ends.
func guardPages(t testing.TB, n int) []byte {
	t.Helper()
	page := syscall.Getpagesize()
	n = max((n+page-1)/page, 1) * page
	m, err := syscall.Mmap(-1, 0, n+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := syscall.Munmap(m); err != nil {
			t.Error(err)
		}
	})
	for _, guard := range [][]byte{m[:page], m[page+n:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	return m[page : page+n : page+n]
}

// guardEnd returns a slice of n zeroed elements that ends exactly at an
// unreadable page: reading or writing one byte past its end faults. It lives
// until the test ends and is aligned to the element size only.
func guardEnd[T any](t testing.TB, n int) []T {
	t.Helper()
	var zero T
	size := n * int(unsafe.Sizeof(zero))
	b := guardPages(t, size)
	return unsafe.Slice((*T)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(b)), len(b)-size)), n)
}

// guardStart returns a slice of n zeroed elements that starts right after an
// unreadable page: reading or writing one byte before it faults.
func guardStart[T any](t testing.TB, n int) []T {
	t.Helper()
	var zero T
	b := guardPages(t, n*int(unsafe.Sizeof(zero)))
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), n)
}
