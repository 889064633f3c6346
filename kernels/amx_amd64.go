//go:build !purego

package kernels

// AMX and the Go runtime.
//
// The eight tiles and their configuration are state of a thread, which the
// runtime knows nothing of. So every assembly function that uses them loads a
// configuration at its start (LDTILECFG, which also clears the tiles) and
// releases it at its end (TILERELEASE). In between the goroutine stays on its
// thread without LockOSThread: assembly does not call back into Go and is not
// preempted (the runtime looks for safe points and assembly has none; a signal
// that asks for preemption returns and asks again later). No tile is in use
// when goroutines switch, so none needs saving by the runtime, and the kernel
// of Linux does not carry 8 KiB of tiles along when it switches threads. It
// does so within our calls, and around a signal handler: what a handler of the
// Go runtime does cannot disturb the tiles.
//
// The frame of a signal has room for the tiles once a process may use them,
// 11 KiB in all. Signal stacks of the runtime have 32 KiB. Linux checks those
// of all threads when it is asked for the permission and refuses if one is too
// small, as may be in a program with threads of C; then we do without AMX. From
// then on it refuses signal stacks that are too small.

// A tileConfig is the operand of LDTILECFG.
type tileConfig struct {
	palette  uint8
	_        [15]uint8 // the row to resume a load at, and reserved
	colBytes [16]uint16
	rows     [16]uint8
}

// amxConfig returns the configuration for products of up to 32 tokens with 32
// outputs: tiles 0 to 3 are sums, [2 groups of tokens][2 groups of outputs], 4
// and 5 the activations of the two groups of tokens, 6 and 7 the weights of the
// two groups of outputs. Each row has 64 bytes.
func amxConfig(tokens int) tileConfig {
	first, second := uint8(min(tokens, 16)), uint8(max(tokens-16, 0))
	c := tileConfig{palette: 1, rows: [16]uint8{first, first, second, second, first, second, 16, 16}}
	for i := range 8 {
		if c.rows[i] > 0 { // a tile is unused unless both are zero or neither
			c.colBytes[i] = 64
		}
	}
	return c
}
