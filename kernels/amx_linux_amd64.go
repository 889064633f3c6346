//go:build !purego

package kernels

import (
	"syscall"

	"golang.org/x/sys/cpu"
)

// hasAMX reports whether the CPU has the matrix instructions for bytes and the
// process may use them. Linux gives a process the tiles only if it asks
// (arch_prctl with ARCH_REQ_XCOMP_PERM, since 5.16): without that they fault.
// It refuses where the kernel is older, has AMX switched off, or does not find
// room on a signal stack. The permission is for all threads, also later ones.
func hasAMX() bool {
	if !cpu.X86.HasAMXTile || !cpu.X86.HasAMXInt8 {
		return false
	}
	const (
		reqXcompPerm  = 0x1023
		xfeatureTiles = 18
	)
	_, _, err := syscall.RawSyscall(syscall.SYS_ARCH_PRCTL, reqXcompPerm, xfeatureTiles, 0)
	return err == 0
}
