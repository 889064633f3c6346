package kernels

import "syscall"

// adviseLarge asks for large pages behind b, which consists of whole ones. A
// system without them refuses, which costs nothing but speed.
func adviseLarge(b []byte) { _ = syscall.Madvise(b, syscall.MADV_HUGEPAGE) }
