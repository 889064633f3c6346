package kernels

import "testing"

// guards lists the two ways of placing a buffer beside an unreadable page, for
// tests that range over both.
func guards[T any]() []func(t testing.TB, n int) []T {
	return []func(testing.TB, int) []T{guardEnd[T], guardStart[T]}
}

func TestGuard(t *testing.T) {
	for _, n := range []int{0, 1, 3, 1024, 4097} {
		for i, guard := range guards[uint32]() {
			s := guard(t, n)
			if len(s) != n {
				t.Fatalf("guard %d: %d elements, want %d", i, len(s), n)
			}
			for j := range s {
				s[j] = uint32(j)
			}
		}
	}
}
