//go:build !linux

package bert

import "runtime"

// yield lets another goroutine have this processor.
func yield() { runtime.Gosched() }
