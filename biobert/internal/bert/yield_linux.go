package bert

import "syscall"

// yield lets another thread or process that waits for this processor have it. RawSyscall, because
// telling the Go scheduler of a call that hardly takes any time would take longer.
func yield() { syscall.RawSyscall(syscall.SYS_SCHED_YIELD, 0, 0, 0) }
