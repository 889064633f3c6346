package doctor

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"github.com/sparsebio/sparsebio/kernels"
)

// processor says which instruction sets have kernels here, and which of them the products of sparse and dense weights use.
func processor(context.Context, Options) []Finding {
	if err := kernels.Check(); err != nil {
		return []Finding{broken("cpu", "unset KERNELS_ISA, or set it to one of the names in the message", "%v", err)}
	}
	supported := kernels.Supported()
	says := fmt.Sprintf("%s/%s, %d threads; kernels for %s; sparse INT8 runs on %s, dense fp32 on %s",
		runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0), strings.Join(supported, ", "), kernels.ActiveISA("gemm_s8_sparse"), kernels.ActiveISA("gemm_f32"))
	switch {
	case os.Getenv("KERNELS_ISA") != "":
		return []Finding{warn("cpu", "unset KERNELS_ISA, unless that is meant", "%s, because KERNELS_ISA=%s", says, os.Getenv("KERNELS_ISA"))}
	case len(supported) == 1:
		return []Finding{warn("cpu", "a processor with AVX2 or NEON reads ten times as fast", "%s: there is no faster kernel for this processor", says)}
	}
	return []Finding{ok("cpu", "%s", says)}
}

// enough is the memory that reading with an embedded model, and compiling a cell, take with room to spare.
const enough = 1 << 30

// memory says how much there is, as far as the system tells.
func memory(context.Context, Options) []Finding {
	free, total, known := memoryFree()
	if !known {
		return []Finding{ok("memory", "this system does not tell how much is free")}
	}
	if free < enough {
		return []Finding{warn("memory", "close what is not needed, or give the container more: compiling a cell takes some hundred MB",
			"%s free of %s", bytesText(free), bytesText(total))}
	}
	return []Finding{ok("memory", "%s free of %s", bytesText(free), bytesText(total))}
}

// memoryFree returns what a process may still take on Linux: of the machine, or of the container if that is less.
func memoryFree() (free, total uint64, known bool) {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return 0, 0, false
	}
	defer f.Close()
	kilobytes := make(map[string]uint64)
	for s := bufio.NewScanner(f); s.Scan(); {
		name, value, _ := strings.Cut(s.Text(), ":")
		if n, err := strconv.ParseUint(strings.TrimSuffix(strings.TrimSpace(value), " kB"), 10, 64); err == nil {
			kilobytes[name] = n
		}
	}
	total, free = kilobytes["MemTotal"]<<10, kilobytes["MemAvailable"]<<10
	if limit, ok := readCount("/sys/fs/cgroup/memory.max"); ok && limit < total {
		total = limit
		if used, ok := readCount("/sys/fs/cgroup/memory.current"); ok {
			free = min(free, limit-min(used, limit))
		}
	}
	return free, total, total > 0
}

// readCount reads a number from a file of the kernel; "max" is none.
func readCount(path string) (uint64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64)
	return n, err == nil
}
