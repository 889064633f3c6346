//go:build !darwin

package biobert

// cpuBrand is for systems without /proc/cpuinfo that tell it otherwise.
func cpuBrand() string { return "" }
