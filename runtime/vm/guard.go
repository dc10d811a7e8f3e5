package vm

import (
	"fmt"
	"runtime/debug"

	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/runtime/value"
)

// run executes the innermost frame and everything it calls until only stop
// frames are left, and returns its result.
func (t *Thread) run(stop int) (v value.Value, err error) {
	for {
		var crashed bool
		if v, err, crashed = t.guarded(stop); !crashed {
			return v, err
		}
		if err = t.unwind(err, stop); err != nil {
			return value.None, err
		}
	}
}

// guarded runs the loop; a panic of a built-in becomes an error of the script
// that is on its way to a catch. One guard for the loop costs nothing per call.
func (t *Thread) guarded(stop int) (v value.Value, err error, crashed bool) {
	defer func() {
		if p := recover(); p != nil {
			err = &InternalError{Text: "internal error" + t.calling(), Stack: fmt.Sprintf("%v\n%s", p, debug.Stack())}
			crashed = true
		}
	}()
	v, err = t.loop(stop)
	return v, err, false
}

// calling names the built-in that the innermost script frame calls.
func (t *Thread) calling() string {
	for i := len(t.frames) - 1; i >= 0; i-- {
		f := &t.frames[i]
		if f.mod == nil || f.pc < 1 {
			continue
		}
		switch in := f.proto.Code[f.pc-1]; in.Op {
		case bytecode.CallBuiltin:
			return " in " + t.img.lib.Builtins[in.C].Name
		case bytecode.CallMethod:
			return " in " + f.mod.unit.sites[in.C].name
		}
		break
	}
	return ""
}
