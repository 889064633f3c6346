package hub

import (
	"testing"
)

func TestRegister(t *testing.T) {
	Register("test-model", "bytes")
	RegisterTable("test-table", "table")
	if s, ok := Table("test-table"); !ok || s != "table" {
		t.Errorf("table: %q, %v", s, ok)
	}
	if s, ok := Table("test-model"); ok {
		t.Errorf("a model is a table: %q", s)
	}
}

func TestRegisterTwicePanics(t *testing.T) {
	for name, register := range map[string]func(){
		"Register":        func() { Register("twice", "") },
		"RegisterFetcher": func() { RegisterFetcher(func(_ ctx, _ Request) (_ Fetched, _ error) { return }) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			register()
			register()
		}()
	}
	fetcher = nil
}
