//go:build !unix

package doctor

import "io/fs"

// errNotDir is what one gets for a path below a file.
var errNotDir = fs.ErrNotExist
