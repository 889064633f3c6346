package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"golang.org/x/term"
)

const (
	evalParts  = 16      // turns of each model
	leastPart  = 1 << 16 // bytes of text in a turn, enough for all threads to be busy
	warmUpSize = 1 << 14 // bytes of text read before anything is measured
)

// takeTurns has every subject read all units, whose sizes are in bytes, part by part in turns, so that a machine that slows down
// for a while slows all of them. Each reads a few units first that do not count: memory is allocated then. progress is called after
// every part with how many units all have read.
func takeTurns(ctx context.Context, sizes []int, subjects []*subject, progress func(done int)) error {
	total := 0
	for _, n := range sizes {
		total += n
	}
	for _, s := range subjects {
		if err := s.read(ctx, 0, upTo(sizes, 0, warmUpSize)); err != nil {
			return err
		}
		s.tokens = 0
	}
	size := max(total/evalParts, leastPart)
	for part, from := 0, 0; from < len(sizes); part++ {
		to := upTo(sizes, from, size)
		for i := range subjects {
			s := subjects[(part+i)%len(subjects)]
			began := time.Now()
			if err := s.read(ctx, from, to); err != nil {
				return err
			}
			s.seconds += time.Since(began).Seconds()
		}
		from = to
		progress(from)
	}
	return nil
}

// onTerminal returns a function that shows how many of total are done, where somebody watches.
func onTerminal(total int) func(done int) {
	if !term.IsTerminal(int(os.Stderr.Fd())) {
		return func(int) {}
	}
	return func(done int) {
		fmt.Fprintf(os.Stderr, "\r%d %% ", 100*done/total)
		if done == total {
			fmt.Fprint(os.Stderr, "\r      \r")
		}
	}
}

// upTo returns the end of a run of units from the given one that has at least so many bytes, or ends with the last.
func upTo(sizes []int, from, bytes int) int {
	to := from
	for n := 0; to < len(sizes) && n < bytes; to++ {
		n += sizes[to]
	}
	return to
}
