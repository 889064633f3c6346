package notebook

import (
	"encoding/gob"
	"errors"
	"fmt"
	"os"
	"time"
)

// The environment of a cell, and the addresses by which a program waits for the kernel
// (github.com/janpfeifer/gonb/gonbui/protocol, v0.11).
const (
	pipeEnv     = "GONB_PIPE"
	pipeBackEnv = "GONB_PIPE_BACK"
	syncAddress = "#gonbui/sync"
	ackAddress  = "#gonbui/sync_ack"
	valueName   = "github.com/janpfeifer/gonb/gonbui/protocol.CommValue"
	mimeValue   = "gonb/comm_value"
)

// A displayData is an output, as gob sends it to the kernel.
type displayData struct {
	Data      map[string]any
	Metadata  map[string]any
	DisplayID string
}

// A commValue asks the kernel for a sign, and is the sign.
type commValue struct {
	Address string
	Request bool
	Value   any
}

// pipeTimeout bounds how long a cell that fails waits for the kernel, which may be slow where others work too.
const pipeTimeout = 30 * time.Second

// pipe displays an output in a program that does not link gonbui, and waits until the kernel has read it: a
// process that ends before that loses what it wrote last.
func pipe(html, text string) error {
	if err := register(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- exchange(html, text) }()
	select {
	case err := <-done:
		return err
	case <-time.After(pipeTimeout):
		return errors.New("notebook: the kernel does not answer")
	}
}

// register makes the type of what is exchanged known. If the name is taken, the program links gonbui: that may have begun to talk to the
// kernel, which could not tell two voices apart.
func register() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("notebook: the program talks to the kernel already: %v", r)
		}
	}()
	gob.RegisterName(valueName, commValue{})
	return nil
}

func exchange(html, text string) error {
	w, err := os.OpenFile(os.Getenv(pipeEnv), os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer w.Close()
	r, err := os.OpenFile(os.Getenv(pipeBackEnv), os.O_RDONLY, 0)
	if err != nil {
		return err
	}
	defer r.Close()
	enc := gob.NewEncoder(w)
	if err := enc.Encode(displayData{Data: map[string]any{"text/html": html, "text/plain": text}}); err != nil {
		return err
	}
	if err := enc.Encode(displayData{Data: map[string]any{mimeValue: commValue{Address: syncAddress, Value: 0}}}); err != nil {
		return err
	}
	for dec := gob.NewDecoder(r); ; {
		var v commValue
		if err := dec.Decode(&v); err != nil {
			return err
		}
		if v.Address == ackAddress {
			return nil
		}
	}
}
