package biobert

import (
	"context"
	"os"
	"os/signal"

	"github.com/sparsebio/sparsebio/datasets/notebook"
)

// Must returns v if err is nil. In a cell of a GoNB notebook an error ends the cell: a box shows its text, with what it gives as
// a hint, and the run stops there, without the stack trace of a panic. Elsewhere Must panics with err. It is for notebooks and short
// programs; a program that others call returns its errors.
func Must[T any](v T, err error) T {
	Check(err)
	return v
}

// Check ends the cell if err is not nil, as Must does. It is for calls that return nothing else, such as those that write a file.
func Check(err error) {
	if err == nil {
		return
	}
	if notebook.In() {
		notebook.Fail(err)
	}
	panic(err)
}

// Context returns a context that the stop button of a notebook cancels, and Ctrl-C in a terminal. Whatever takes it ends
// with an error that wraps [context.Canceled] and leaves no half of a file; a second interrupt ends the process at once.
// Each call catches interrupts anew; a cell needs one.
func Context() context.Context {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop)
	return ctx
}
