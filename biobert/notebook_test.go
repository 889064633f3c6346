package biobert

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

func TestMust(t *testing.T) {
	t.Setenv("GONB_PIPE", "")
	if got := Must(3, nil); got != 3 {
		t.Errorf("Must(3, nil) = %d", got)
	}
	Check(nil)
	want := errors.New("biobert: it is so")
	for name, f := range map[string]func(){"Must": func() { Must(0, want) }, "Check": func() { Check(want) }} {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("%s panics with %v, want the error itself", name, got)
				}
			}()
			f()
			t.Errorf("%s goes on after an error", name)
		}()
	}
}

func TestContext(t *testing.T) {
	ctx := Context()
	if err := ctx.Err(); err != nil {
		t.Fatalf("cancelled before it was used: %v", err)
	}
	self, err := os.FindProcess(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if err := self.Signal(os.Interrupt); err != nil {
		t.Skip("this system sends no interrupts:", err)
	}
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("an interrupt does not cancel it")
	}
	if !errors.Is(ctx.Err(), context.Canceled) {
		t.Errorf("ended with %v", ctx.Err())
	}
}
