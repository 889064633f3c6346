package datasets

import "fmt"

// A ParseError says where a source file stopped making sense.
type ParseError struct {
	Path string // as given to Load, or the file within the folder
	Line int    // 1-based
	Err  error
}

func (e *ParseError) Error() string { return fmt.Sprintf("datasets: %s:%d: %v", e.Path, e.Line, e.Err) }

// Unwrap returns what was wrong with the line.
func (e *ParseError) Unwrap() error { return e.Err }
