package foreign

import (
	"errors"
	"runtime"
	"sync"

	"github.com/hawser-mta/hawser/runtime/vm"
)

// state is what a run has under way in C; vm.Thread keeps it. Callbacks know by it
// whether they are called by their own run.
type state struct{ depth int }

func stateOf(t *vm.Thread) *state {
	s, ok := t.Foreign.(*state)
	if !ok {
		s = &state{}
		t.Foreign = s
	}
	return s
}

// maxDepth bounds calls that callbacks make inside calls: each takes a good piece
// of the stack of the C side.
const maxDepth = 100

var errDepth = errors.New("Call depth limit exceeded")

// call is one call under way.
type call struct {
	state *state
	t     *vm.Thread
	err   error // of the first callback that failed; later ones do nothing
	panic any
}

// active has the innermost call of each thread of the system that is in one.
var active sync.Map // uintptr → *call

// enter runs f, which goes to C, so that callbacks find their way back.
func (s *state) enter(t *vm.Thread, f func()) error {
	if s.depth >= maxDepth {
		return errDepth
	}
	if slots.bound.Load() == 0 {
		f() // no callback is there that could be called
		return nil
	}
	s.depth++
	defer func() { s.depth-- }()
	// A callback comes on the thread of its call, or on one of the library's own.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	c, id := &call{state: s, t: t}, self()
	outer, nested := active.Swap(id, c)
	defer func() {
		if nested {
			active.Store(id, outer)
		} else {
			active.Delete(id)
		}
	}()
	f()
	if c.panic != nil {
		panic(c.panic)
	}
	return c.err
}

// self names the thread of the system.
func self() uintptr { return raw(libc().self) }
