//go:build linux || darwin

package doctor

import "syscall"

// freeSpace returns the bytes that may be written below dir. Some network file systems do not say.
func freeSpace(dir string) (uint64, bool) {
	var st syscall.Statfs_t
	if syscall.Statfs(dir, &st) != nil || st.Blocks == 0 {
		return 0, false
	}
	return uint64(st.Bavail) * uint64(st.Bsize), true
}
