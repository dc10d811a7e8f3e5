package vm

import (
	"fmt"

	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/runtime/value"
)

// run executes the innermost frame and everything it calls until only stop
// frames are left, and returns its result.
//
// The registers of the frame are reloaded after everything that may move the
// stack: calls, built-ins and whatever can call back into the script.
func (t *Thread) run(stop int) (value.Value, error) {
	var (
		err  error
		f    *frame
		code []bytecode.Instr
		regs []value.Value
		k    []value.Value
		pc   int
	)
load:
	f = &t.frames[len(t.frames)-1]
	code, k, pc = f.proto.Code, f.mod.unit.k, f.pc
	regs = t.stack[f.base : f.base+f.proto.Regs : f.base+f.proto.Regs]
	for {
		in := code[pc]
		pc++
		switch in.Op {
		case bytecode.Nop:
		case bytecode.Move:
			regs[in.A] = regs[in.B].Share()
		case bytecode.MoveTemp:
			regs[in.A] = regs[in.B].Own()
		case bytecode.Borrow:
			regs[in.A] = regs[in.B].Borrow()
		case bytecode.Own:
			regs[in.A] = regs[in.A].Own()
		case bytecode.LoadK:
			regs[in.A] = k[in.Target()]
		case bytecode.LoadUndef:
			regs[in.A] = value.Value{}
		case bytecode.LoadFunc:
			regs[in.A] = funcValue(f.mod, int(in.B))
		case bytecode.LoadBuiltin:
			regs[in.A] = t.builtinValue(int(in.B))
		case bytecode.LoadClass:
			regs[in.A] = classValue(f.mod.class(int(in.B)))
		case bytecode.LoadForeign:
			regs[in.A] = t.foreignValue(f.mod.unit.foreign[in.B])
		case bytecode.LoadNative:
			regs[in.A] = t.nativeValue(k[in.B].Str(), k[in.C].Str())
		case bytecode.CheckDef:
			if regs[in.A].IsUndefined() {
				err = undefined(f.proto.Vars[in.A])
				goto fail
			}
		case bytecode.JumpDef:
			if !regs[in.A].IsUndefined() {
				pc = in.Target()
			}
		case bytecode.LoadCell:
			regs[in.A] = value.FromCell(f.cells[in.B])
		case bytecode.GetBox, bytecode.GetBoxQ:
			v := regs[in.B]
			if c := v.Cell(); c != nil {
				v = c.V
			}
			if v.IsUndefined() && in.Op == bytecode.GetBox {
				err = undefined(f.proto.Vars[in.B])
				goto fail
			}
			regs[in.A] = v.Borrow()
		case bytecode.SetBox:
			if c := regs[in.A].Cell(); c != nil {
				c.V = regs[in.B].Own()
			} else {
				regs[in.A] = regs[in.B].Own()
			}
		case bytecode.GetGlobal:
			v := f.mod.cells[in.B].V
			if v.IsUndefined() {
				err = undefined(f.mod.unit.prog.Globals[in.B])
				goto fail
			}
			regs[in.A] = v.Borrow()
		case bytecode.GetGlobalQ:
			regs[in.A] = f.mod.cells[in.B].V.Borrow()
		case bytecode.SetGlobal:
			f.mod.cells[in.B].V = regs[in.A].Own()
		case bytecode.LinkGlobal:
			if err = linkGlobal(f, &regs[in.A], int(in.A), int(in.B)); err != nil {
				goto fail
			}
		case bytecode.Closure:
			regs[in.A] = closure(f, regs, int(in.B))
		case bytecode.Add:
			b, c := regs[in.B], regs[in.C]
			if b.IsNumber() && c.IsNumber() {
				regs[in.A] = value.Num(b.Num() + c.Num())
			} else if regs[in.A], err = t.arith(in, f, b, c); err != nil {
				goto fail
			}
		case bytecode.AddK:
			b, c := regs[in.B], k[in.C]
			if b.IsNumber() && c.IsNumber() {
				regs[in.A] = value.Num(b.Num() + c.Num())
			} else if regs[in.A], err = t.arith(in, f, b, c); err != nil {
				goto fail
			}
		case bytecode.Sub:
			b, c := regs[in.B], regs[in.C]
			if b.IsNumber() && c.IsNumber() {
				regs[in.A] = value.Num(b.Num() - c.Num())
			} else if regs[in.A], err = t.arith(in, f, b, c); err != nil {
				goto fail
			}
		case bytecode.SubK:
			b, c := regs[in.B], k[in.C]
			if b.IsNumber() && c.IsNumber() {
				regs[in.A] = value.Num(b.Num() - c.Num())
			} else if regs[in.A], err = t.arith(in, f, b, c); err != nil {
				goto fail
			}
		case bytecode.Mul:
			b, c := regs[in.B], regs[in.C]
			if b.IsNumber() && c.IsNumber() {
				regs[in.A] = value.Num(b.Num() * c.Num())
			} else if regs[in.A], err = t.arith(in, f, b, c); err != nil {
				goto fail
			}
		case bytecode.Div, bytecode.Mod, bytecode.Pow, bytecode.BitAnd, bytecode.BitOr, bytecode.BitXor,
			bytecode.ShiftLeft, bytecode.ShiftRight, bytecode.ShiftRightZero, bytecode.Concat,
			bytecode.Matches, bytecode.NotMatches:
			if regs[in.A], err = t.arith(in, f, regs[in.B], regs[in.C]); err != nil {
				goto fail
			}
		case bytecode.ConcatN:
			if err = t.join(&regs[in.A], regs[in.B:int(in.B)+int(in.C)]); err != nil {
				goto fail
			}
		case bytecode.AppendStr:
			if err = t.append(&regs[in.A], regs[in.B]); err != nil {
				goto fail
			}
		case bytecode.Inc, bytecode.Dec:
			if v := regs[in.A]; v.IsNumber() && in.Op == bytecode.Inc {
				regs[in.A] = value.Num(v.Num() + 1)
			} else if regs[in.A], err = step(v, in.Op == bytecode.Inc); err != nil {
				goto fail
			}
		case bytecode.Neg:
			if regs[in.A], err = value.Neg(regs[in.B]); err != nil {
				goto fail
			}
		case bytecode.Plus:
			if regs[in.A], err = value.Plus(regs[in.B]); err != nil {
				goto fail
			}
		case bytecode.Not:
			regs[in.A] = value.Bool(!regs[in.B].Truth())
		case bytecode.Complement:
			regs[in.A] = value.Num(float64(^value.Int32(regs[in.B].Number())))
		case bytecode.Truth:
			regs[in.A] = value.Bool(regs[in.B].Truth())
		case bytecode.Equal:
			regs[in.A] = value.Bool(value.Equal(regs[in.B], regs[in.C]))
		case bytecode.NotEqual:
			regs[in.A] = value.Bool(!value.Equal(regs[in.B], regs[in.C]))
		case bytecode.Identical:
			regs[in.A] = value.Bool(value.Identical(regs[in.B], regs[in.C]))
		case bytecode.NotIdentical:
			regs[in.A] = value.Bool(!value.Identical(regs[in.B], regs[in.C]))
		case bytecode.Less:
			regs[in.A] = value.Bool(value.Less(regs[in.B], regs[in.C]))
		case bytecode.LessEqual:
			regs[in.A] = value.Bool(value.LessEqual(regs[in.B], regs[in.C]))
		case bytecode.Jump:
			pc = in.Target()
		case bytecode.JumpTrue:
			if regs[in.A].Truth() {
				pc = in.Target()
			}
		case bytecode.JumpFalse:
			if !regs[in.A].Truth() {
				pc = in.Target()
			}
		case bytecode.JumpNil:
			if regs[in.A].IsNil() {
				pc = in.Target()
			}
		case bytecode.JumpNotNil:
			if !regs[in.A].IsNil() {
				pc = in.Target()
			}
		case bytecode.JumpLess:
			pc = skipOrJump(code, pc, less(regs[in.A], regs[in.B]))
		case bytecode.JumpNotLess:
			pc = skipOrJump(code, pc, !less(regs[in.A], regs[in.B]))
		case bytecode.JumpLessEqual:
			pc = skipOrJump(code, pc, value.LessEqual(regs[in.A], regs[in.B]))
		case bytecode.JumpNotLessEqual:
			pc = skipOrJump(code, pc, !value.LessEqual(regs[in.A], regs[in.B]))
		case bytecode.JumpLessK:
			pc = skipOrJump(code, pc, less(regs[in.A], k[in.B]))
		case bytecode.JumpNotLessK:
			pc = skipOrJump(code, pc, !less(regs[in.A], k[in.B]))
		case bytecode.JumpEqual:
			pc = skipOrJump(code, pc, value.Equal(regs[in.A], regs[in.B]))
		case bytecode.JumpNotEqual:
			pc = skipOrJump(code, pc, !value.Equal(regs[in.A], regs[in.B]))
		case bytecode.Loop:
			pc = in.Target()
			if t.meter.budget--; t.meter.budget < 0 {
				if err = t.tick(); err != nil {
					goto fail
				}
			}
		case bytecode.NewArray:
			regs[in.A] = value.FromArray(value.NewArray(int(in.B)))
		case bytecode.ArrayPush:
			regs[in.A].Array().Push(regs[in.B])
			if err = t.charge(elementSize); err != nil {
				goto fail
			}
		case bytecode.ArraySet:
			regs[in.A].Array().Put(regs[in.B], regs[in.C])
			if err = t.charge(elementSize); err != nil {
				goto fail
			}
		case bytecode.ArraySpread:
			if err = t.spreadInto(regs[in.A].Array(), regs[in.B], in.C != 0); err != nil {
				goto fail
			}
		case bytecode.Index:
			if b, c := regs[in.B], regs[in.C]; b.IsArray() {
				regs[in.A] = element(b.Array(), c)
			} else if regs[in.A], err = t.index(f, b, c); err != nil {
				goto fail
			}
		case bytecode.IndexK:
			if b, c := regs[in.B], k[in.C]; b.IsArray() {
				regs[in.A] = element(b.Array(), c)
			} else if regs[in.A], err = t.index(f, b, c); err != nil {
				goto fail
			}
		case bytecode.Prop:
			if regs[in.A], err = t.prop(f, regs[in.B], k[in.C]); err != nil {
				goto fail
			}
		case bytecode.Slice:
			if regs[in.A], err = value.Slice(regs[in.B], bounds(regs[in.C:])); err == nil {
				err = t.chargeValue(regs[in.A])
			}
			if err != nil {
				goto fail
			}
		case bytecode.SetIndex, bytecode.PushIndex:
			if err = t.setIndex(f, in, regs); err != nil {
				goto fail
			}
		case bytecode.PathSet, bytecode.PathUpdate, bytecode.PathStep, bytecode.PathUnset, bytecode.PathIsset, bytecode.PathGet:
			f.pc = pc
			if err = t.pathOp(f, in, regs); err != nil {
				goto fail
			}
		case bytecode.Destructure:
			regs[in.A] = value.Value{}
			if b := regs[in.B]; b.IsArray() {
				if v, ok := b.Array().Get(regs[in.C]); ok {
					regs[in.A] = v.Borrow()
				}
			}
		case bytecode.RestOf:
			regs[in.A] = restOf(regs[in.B], int(in.C))
		case bytecode.Call, bytecode.CallFunc, bytecode.CallMethod, bytecode.CallClass,
			bytecode.CallForeign, bytecode.CallForeignClass, bytecode.CallSpread:
			f.pc = pc
			if _, err = t.call(f, in, k); err != nil {
				goto fail
			}
			goto load
		case bytecode.CallBuiltin:
			f.pc = pc
			if err = t.callBuiltin(int(in.C), f.base+int(in.A), int(in.B)); err != nil {
				goto fail
			}
			goto load
		case bytecode.Return, bytecode.ReturnNone:
			v := value.None
			if in.Op == bytecode.Return {
				v = regs[in.A].Own()
			}
			if t.leave(f, v) == stop {
				return v, nil
			}
			goto load
		case bytecode.Yield:
			v := regs[in.A]
			f.gen.suspend(f, regs, pc)
			t.frames = t.frames[:len(t.frames)-1]
			return v, nil
		case bytecode.Iter:
			if regs[in.A], err = iterable(regs[in.B]); err != nil {
				goto fail
			}
			regs[in.A+1] = value.Num(0)
		case bytecode.IterNext, bytecode.IterNextKey:
			f.pc = pc
			more, e := t.next(f, int(in.A), in.Op == bytecode.IterNextKey)
			if err = e; err != nil {
				goto fail
			}
			f = &t.frames[len(t.frames)-1]
			regs = t.stack[f.base : f.base+f.proto.Regs : f.base+f.proto.Regs]
			if !more {
				pc = in.Target()
			}
		case bytecode.Throw:
			err = &Thrown{Value: regs[in.A].Own()}
			goto fail
		case bytecode.Rethrow:
			err = regs[in.A].Resource().Native.(error)
			goto fail
		case bytecode.NoMatch:
			err = errNoMatch
			goto fail
		case bytecode.Echo:
			f.pc = pc
			t.host.Echo(t, regs[in.A].String())
		case bytecode.Cache:
			f.pc = pc
			if err = t.cache(f.base+int(in.A), k[in.B].Str()); err != nil {
				goto fail
			}
			goto load
		case bytecode.BarrierEnter:
			f.pc = pc
			if regs[in.A+1], err = t.enterBarrier(regs[in.A].String()); err != nil {
				goto fail
			}
		case bytecode.BarrierLeave:
			t.leaveBarrier(regs[in.A].String(), regs[in.A+1], in.B != 0)
		default:
			err = &InternalError{Text: fmt.Sprintf("internal error: operation %d", in.Op)}
			goto fail
		}
	}
fail:
	t.frames[len(t.frames)-1].pc = pc
	if err = t.unwind(err, stop); err != nil {
		return value.None, err
	}
	err = nil
	goto load
}

// skipOrJump does or skips the jump behind a comparison.
func skipOrJump(code []bytecode.Instr, pc int, jump bool) int {
	if jump {
		return code[pc].Target()
	}
	return pc + 1
}

func less(a, b value.Value) bool {
	if a.IsNumber() && b.IsNumber() {
		return a.Num() < b.Num()
	}
	return value.Less(a, b)
}

// element reads an element of an array.
func element(a *value.Array, key value.Value) value.Value {
	if v, ok := a.Get(key); ok {
		return v.Borrow()
	}
	return value.None
}
