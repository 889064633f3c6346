// Package limits measures how fast a core can do the inner loops of package
// kernels with all data in the first cache and without lists, ends and scales:
// what its products are compared with in kernels/README.md. It also measures how
// many instructions of some kinds the core can do. It has no code but for
// benchmarks:
//
//	go test -run '^$' -bench . ./kernels/internal/limits
package limits
