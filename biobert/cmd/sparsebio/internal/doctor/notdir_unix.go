//go:build unix

package doctor

import "syscall"

// errNotDir is what one gets for a path below a file.
var errNotDir error = syscall.ENOTDIR
