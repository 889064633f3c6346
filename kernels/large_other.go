//go:build !linux

package kernels

func adviseLarge([]byte) {}
