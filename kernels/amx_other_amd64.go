//go:build !linux && !purego

package kernels

// hasAMX reports that AMX is not used: how a process asks for the tiles is
// known only for Linux.
func hasAMX() bool { return false }
