package biobert

import "syscall"

// cpuBrand returns what the system calls the processor, such as "Apple M2".
func cpuBrand() string {
	s, err := syscall.Sysctl("machdep.cpu.brand_string")
	if err != nil {
		return ""
	}
	return s
}
