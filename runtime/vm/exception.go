package vm

import (
	"errors"

	"github.com/hawser-mta/hawser/runtime/value"
)

// catch is unwind for a value that a throw statement throws to a catch: nothing needs
// to know where it came from. It does nothing and returns false when a barrier lies
// between them, or nobody catches.
func (t *Thread) catch(v value.Value, stop int) bool {
	for i := len(t.frames) - 1; i >= stop; i-- {
		f := &t.frames[i]
		pc := f.pc - 1
		for _, h := range f.proto.Handlers {
			switch {
			case pc < h.From || pc >= h.To:
				continue
			case h.Barrier:
				return false
			}
			// A generator is the lowest frame of its loop: none of them is left here.
			t.frames = t.frames[:i+1]
			t.stack[f.base+h.Reg] = v
			f.pc = h.Target
			return true
		}
	}
	return false
}

// unwind looks for a handler of err in the frames above stop. When there is one
// the frame is ready to go on there and unwind returns nil; else the frames are
// gone and the error is what the caller gets.
func (t *Thread) unwind(err error, stop int) error {
	last := final(err)
	var thrown *Thrown
	if !last {
		thrown = t.thrown(err)
		err = thrown
	}
	if !last && thrown.Stack == nil && !t.catches(stop) {
		thrown.Stack = t.Stack()
	}
	for len(t.frames) > stop {
		f := &t.frames[len(t.frames)-1]
		pc := f.pc - 1
		for _, h := range f.proto.Handlers {
			if pc < h.From || pc >= h.To || last && !h.Barrier {
				continue
			}
			reg := &t.stack[f.base+h.Reg]
			if h.Barrier {
				*reg = value.FromResource(&value.Resource{Native: err})
			} else {
				*reg = thrown.Value
			}
			f.pc = h.Target
			return nil
		}
		if f.gen != nil {
			f.gen.done = true
		}
		t.frames = t.frames[:len(t.frames)-1]
	}
	return err
}

// catches reports whether a frame above stop has a handler at its place.
func (t *Thread) catches(stop int) bool {
	for i := len(t.frames) - 1; i >= stop; i-- {
		f := &t.frames[i]
		for _, h := range f.proto.Handlers {
			if pc := f.pc - 1; pc >= h.From && pc < h.To && !h.Barrier {
				return true
			}
		}
	}
	return false
}

// thrown turns the error of an operation or built-in into a value on its way to
// a catch: an Exception with the place where it happened.
func (t *Thread) thrown(err error) *Thrown {
	if th, ok := err.(*Thrown); ok {
		return th
	}
	var th *Thrown
	if errors.As(err, &th) {
		return th
	}
	var internal *InternalError
	if errors.As(err, &internal) {
		t.host.Log(t, logError, internal.Text+"\n"+internal.Stack)
	}
	p := t.Position()
	return &Thrown{Value: t.Exception(value.Exception{Text: err.Error(), File: p.File, Line: p.Line, Column: p.Column})}
}

// logError is the syslog priority of internal faults.
const logError = 3

// Exception makes an Exception object.
func (t *Thread) Exception(x value.Exception) value.Value {
	c := t.img.lib.Classes["Exception"]
	if c == nil {
		c = &value.Class{Name: "Exception"}
	}
	return value.NewException(c, x)
}

// uncaught gives an error from outside the script the form of a run's error.
func (t *Thread) uncaught(err error) error {
	if final(err) {
		return err
	}
	return t.thrown(err)
}
