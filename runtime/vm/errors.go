package vm

import (
	"errors"
	"fmt"

	"github.com/hawser-mta/hawser/lang/token"
	"github.com/hawser-mta/hawser/runtime/value"
)

// Thrown is a value on its way to a catch.
type Thrown struct {
	Value value.Value
	Stack []Frame // where it was thrown, innermost first
}

// Error returns the text of the thrown value: message for Exception objects,
// the string form for others.
func (e *Thrown) Error() string { return ThrownText(e.Value) }

// ThrownText returns what is logged for an uncaught value.
func ThrownText(v value.Value) string {
	if v.Kind() == value.KObject {
		if x, ok := v.Object().Native.(*value.Exception); ok {
			return x.Text
		}
	}
	return v.String()
}

// Frame is one line of a call stack.
type Frame struct {
	Func string // "{main}" for the top level
	Pos  token.Position
}

// Terminate ends the run for good: a hook function such as Accept was called.
// No catch sees it.
type Terminate struct{ Decision any }

// Error implements error.
func (*Terminate) Error() string { return "script ended" }

// LimitError ends a run that exceeded a limit. No catch sees it.
type LimitError struct {
	Limit string // "time", "memory", "steps"
	Text  string
	Stack []Frame
}

// Error implements error.
func (e *LimitError) Error() string { return e.Text }

// CancelError ends a run that its host cancelled. No catch sees it.
type CancelError struct{ Cause error }

// Error implements error.
func (e *CancelError) Error() string { return fmt.Sprintf("script cancelled: %s", e.Cause) }

// Unwrap returns the cause.
func (e *CancelError) Unwrap() error { return e.Cause }

// InternalError is a fault of ours: a built-in panicked. The script sees an
// Exception; the Go stack goes to the log of the host.
type InternalError struct {
	Text  string
	Stack string
}

// Error implements error.
func (e *InternalError) Error() string { return e.Text }

// NotAvailable is the error of a function that this program or configuration
// lacks (spec stdlib 0.5).
func NotAvailable(name string) error { return fmt.Errorf("%s(): not available", name) }

// final reports whether err must pass every catch.
func final(err error) bool {
	// errors.As costs more than all else that happens on a throw.
	for ; err != nil; err = errors.Unwrap(err) {
		switch err.(type) {
		case *Terminate, *LimitError, *CancelError:
			return true
		case *Thrown:
			return false
		}
	}
	return false
}

// Errors of the language itself (spec language 6.2).
var (
	errNotFunction = errors.New("Not a function")
	errNotIterable = errors.New("Not iterable")
	errNoMatch     = errors.New("No match")
	errDepth       = errors.New("Call depth limit exceeded")
)
