//go:build !race

// Package race tells the race detector about memory that assembly reads and
// writes, which the detector cannot see by itself. Without the race detector
// its functions do nothing and cost nothing.
package race

// Enabled reports whether the race detector is compiled in.
const Enabled = false

// Read reports that the elements of s are read.
func Read[T any](s []T) {}

// Write reports that the elements of s are written.
func Write[T any](s []T) {}
