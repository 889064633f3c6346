package hub

import (
	"context"
	"errors"
	"fmt"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// lockPoll is how often a lock that another program holds is tried again.
const lockPoll = 50 * time.Millisecond

// lock takes the lock that huggingface_hub takes while it fetches a blob, and waits
// for it. The lock saves work; that nothing in the cache is ever damaged does not
// hang on it, so file systems without locks do.
func lock(ctx context.Context, path string) (unlock func(), err error) {
	// The group may write, as in huggingface_hub: users may share a cache.
	l := flock.New(path, flock.SetPermissions(0o664))
	_, err = l.TryLockContext(ctx, lockPoll)
	switch {
	case err == nil:
		return func() { _ = l.Unlock() }, nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.ENOLCK):
		return func() {}, nil
	}
	return nil, fmt.Errorf("cannot lock: %w", err)
}
