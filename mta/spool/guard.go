package spool

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
)

// ErrFailed is what a path answers after its store gave up, until it is opened
// again. Its units are still there.
var ErrFailed = errors.New("the spool store has failed")

// broke ends the life and what called it: pebble would end the process, or try
// again without a pause, holding up every writer meanwhile.
func (l *life) broke(err error) {
	l.fail(err)
	if guarded() {
		panic(l.err) // guard makes it the error of the call
	}
	runtime.Goexit() // a goroutine of pebble's own
}

// guarded reports whether the caller runs inside guard.
func guarded() bool {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for {
		f, more := frames.Next()
		if strings.Contains(f.Function, "spool.guard[") {
			return true
		}
		if !more {
			return false
		}
	}
}

// guard runs f and turns the panic of a failing store into an error.
func guard[T any](l *life, f func() (T, error)) (v T, err error) {
	if err := l.failed(); err != nil {
		return v, err
	}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(error)
			if !ok {
				e = fmt.Errorf("%v", r)
			}
			l.fail(e)
			err = l.err
		}
	}()
	return f()
}

func (l *life) do(f func() error) error {
	_, err := guard(l, func() (struct{}, error) { return struct{}{}, f() })
	return err
}

// apart does in a goroutine of its own what may wait inside pebble for a write
// that will never be: it is left behind when the store fails.
func (l *life) apart(f func() error) error {
	done := make(chan error, 1)
	go func() { done <- l.do(f) }()
	select {
	case err := <-done:
		return err
	case <-l.down:
		return l.err
	}
}
