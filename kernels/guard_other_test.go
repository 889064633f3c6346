//go:build !linux

package kernels

import "testing"

// guardEnd returns n zeroed elements; only on Linux is the memory after them
// unreadable.
func guardEnd[T any](t testing.TB, n int) []T { return make([]T, n) }

// guardStart returns n zeroed elements; only on Linux is the memory before
// them unreadable.
func guardStart[T any](t testing.TB, n int) []T { return make([]T, n) }
