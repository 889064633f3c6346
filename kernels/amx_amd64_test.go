//go:build !purego

package kernels

import (
	"testing"
	"unsafe"
)

// TestAMXConfig checks what LDTILECFG would fault on.
func TestAMXConfig(t *testing.T) {
	for tokens := 1; tokens <= amxTokens; tokens++ {
		c := amxConfig(tokens)
		if n := unsafe.Sizeof(c); n != 64 || unsafe.Offsetof(c.colBytes) != 16 || unsafe.Offsetof(c.rows) != 48 {
			t.Fatalf("a configuration of %d bytes", n)
		}
		if c.palette != 1 || int(c.rows[0])+int(c.rows[2]) != tokens {
			t.Errorf("%d tokens: %v", tokens, c)
		}
		for i, rows := range c.rows {
			if rows > 16 || (rows == 0) != (c.colBytes[i] == 0) || i >= 8 && rows != 0 {
				t.Errorf("%d tokens: tile %d of %d rows, %d bytes each", tokens, i, rows, c.colBytes[i])
			}
		}
	}
}
