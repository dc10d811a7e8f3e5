package foreign

import (
	"errors"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"weak"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Bounds of callbacks that the process has at once. purego can make 2000 entries and
// never unmakes one, nor changes its types: no types may take them all.
const (
	MaxCallbacks = 256  // of the same types
	maxSlots     = 1500 // in all
)

// slots are the entries that C can call, by their types. They are never given back
// to purego but used again when their callback is gone.
var slots = struct {
	sync.Mutex
	free  map[string][]*slot
	made  map[string]int // by types
	all   int
	bound atomic.Int64 // how many have a callback
}{free: map[string][]*slot{}, made: map[string]int{}}

// slot is one entry. Its callback is held by the FFIValue alone: a function of a
// script often holds that value itself, and so nothing would ever go.
type slot struct {
	kind string
	addr uintptr
	out  *Type

	mu sync.Mutex
	to weak.Pointer[callback]
}

// callback is a function of a script that C can call.
type callback struct {
	state *state
	fn    value.Value
	in    []*Type
}

// Held implements value.Holder.
func (c *callback) Held(yield func(value.Value)) { yield(c.fn) }

var errCallbacks = errors.New("too many callbacks")

// NewCallback returns a pointer that C functions can call; it works as long as the
// value lives.
func NewCallback(t *vm.Thread, in []*Type, out *Type, fn value.Value) (value.Value, error) {
	s, err := take(t, in, out)
	if err != nil {
		return value.None, err
	}
	c := &callback{state: stateOf(t), fn: fn.Share(), in: in}
	s.mu.Lock()
	s.to = weak.Make(c)
	s.mu.Unlock()
	runtime.AddCleanup(c, (*slot).free, s)
	return NewPointer(t, s.addr, c)
}

// kind names the types of a callback.
func kind(in []*Type, out *Type) string {
	var b strings.Builder
	for _, t := range in {
		b.WriteString(t.Name + " ")
	}
	return b.String() + "> " + out.Name
}

// take returns a slot for the types.
func take(t *vm.Thread, in []*Type, out *Type) (*slot, error) {
	k := kind(in, out)
	for try := range 10 {
		if s := tryTake(k, in, out); s != nil {
			return s, nil
		}
		// Those that are not reached any more are free a moment after a collection.
		runtime.GC()
		select {
		case <-time.After(time.Duration(try) * time.Millisecond):
		case <-t.Context().Done():
			return nil, t.Stopped(errCallbacks)
		}
	}
	return nil, errCallbacks
}

func tryTake(k string, in []*Type, out *Type) *slot {
	slots.Lock()
	defer slots.Unlock()
	if list := slots.free[k]; len(list) > 0 {
		s := list[len(list)-1]
		slots.free[k] = list[:len(list)-1]
		slots.bound.Add(1)
		return s
	}
	if slots.made[k] >= MaxCallbacks || slots.all >= maxSlots {
		return nil
	}
	slots.made[k]++
	slots.all++
	slots.bound.Add(1)
	return newSlot(k, in, out)
}

// newSlot makes an entry. C gets floating-point results in a structure of one
// member: purego's callbacks return none, and the registers are the same.
func newSlot(k string, in []*Type, out *Type) *slot {
	s := &slot{kind: k, out: out}
	var results []reflect.Type
	switch {
	case out.float():
		results = append(results, reflect.StructOf([]reflect.StructField{{Name: "F", Type: out.Go}}))
	case out.Go != nil:
		results = append(results, out.Go)
	}
	s.addr = pointerTo(reflect.MakeFunc(form(in, results...), func(args []reflect.Value) []reflect.Value {
		b := s.call(args)
		switch {
		case out.Go == nil:
			return nil
		case out.float():
			v := reflect.New(results[0]).Elem()
			v.Field(0).Set(out.reflected(b))
			return []reflect.Value{v}
		}
		return []reflect.Value{out.reflected(b)}
	}))
	return s
}

// free makes the slot ready for another callback.
func (s *slot) free() {
	slots.Lock()
	defer slots.Unlock()
	slots.free[s.kind] = append(slots.free[s.kind], s)
	slots.bound.Add(-1)
}

// call runs the function of the script for a call from C and returns its result, 0
// when there is none: C cannot be told about failures.
func (s *slot) call(args []reflect.Value) (b uint64) {
	s.mu.Lock()
	to := s.to.Value()
	s.mu.Unlock()
	x, _ := active.Load(self())
	c, _ := x.(*call)
	if to == nil || c == nil || c.state != to.state || c.err != nil || c.panic != nil {
		return 0
	}
	defer func() {
		// A panic must not run through frames of C.
		if p := recover(); p != nil {
			b, c.panic = 0, p
		}
	}()
	if b, c.err = to.run(c.t, args, s.out); c.err != nil {
		return 0
	}
	return b
}

func (c *callback) run(t *vm.Thread, args []reflect.Value, out *Type) (uint64, error) {
	vals := make([]value.Value, len(args))
	for i, a := range args {
		v, err := wrap(t, &Value{Type: c.in[i], bits: c.in[i].unreflected(a)})
		if err != nil {
			return 0, err
		}
		vals[i] = v
	}
	v, err := t.Call(c.fn, vals...)
	if err != nil || out == Void {
		return 0, err
	}
	x := Of(v)
	switch {
	case out == Pointer && v.IsNil():
		return 0, nil
	case out == Pointer && x != nil && x.Type == Pointer:
		return x.load(), nil
	case out != Pointer && x != nil && x.Type != Pointer:
		if b, ok := out.convert(x.Type, x.load()); ok {
			return b, nil
		}
	case out != Pointer && v.IsNumber():
		if b, ok := out.bits(v.Num()); ok {
			return b, nil
		}
	}
	return 0, fmt.Errorf("callback must return %s, got %s", out.Name, Describe(v))
}
