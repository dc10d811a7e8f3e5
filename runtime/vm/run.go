package vm

import (
	"fmt"
	"sync/atomic"
	"unsafe"

	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/runtime/value"
)

// loop is the machine. The base pointers of the frame are loaded anew after
// everything that may move the stack: calls, built-ins and whatever can call
// back into the script. See window.go for why they are safe.
func (t *Thread) loop(stop int) (value.Value, error) {
	var (
		err  error
		f    *frame
		code unsafe.Pointer  // its instructions
		r    unsafe.Pointer  // its registers
		k    unsafe.Pointer  // constants
		in   *bytecode.Instr // the current instruction
	)
load:
	f = &t.frames[len(t.frames)-1]
	code, k = f.code, f.k
	r = unsafe.Pointer(&t.stack[f.base])
	in = fetch(code, f.pc)
	goto run
next:
	in = after(in)
run:
	switch in.Op {
	case bytecode.Nop:
	case bytecode.Move:
		at(r, in.A).Set(at(r, in.B).Share())
	case bytecode.MoveTemp:
		at(r, in.A).Set(at(r, in.B).Own())
	case bytecode.Borrow:
		at(r, in.A).Set(at(r, in.B).Borrow())
	case bytecode.Own:
		if v := at(r, in.A); v.IsArray() {
			*v = v.Own()
		}
	case bytecode.LoadK:
		at(r, in.A).Set(*(*value.Value)(unsafe.Add(k, uintptr(in.Target())*valueSize)))
	case bytecode.LoadUndef:
		*at(r, in.A) = value.Undef
	case bytecode.LoadFunc:
		*at(r, in.A) = funcValue(f.mod, int(in.B))
	case bytecode.LoadBuiltin:
		*at(r, in.A) = t.builtinValue(int(in.B))
	case bytecode.LoadClass:
		*at(r, in.A) = classValue(f.mod.class(int(in.B)))
	case bytecode.LoadForeign:
		*at(r, in.A) = t.foreignValue(f.mod.unit.foreign[in.B])
	case bytecode.LoadNative:
		*at(r, in.A) = t.nativeValue(at(k, in.B).Str(), at(k, in.C).Str())
	case bytecode.CheckDef:
		if at(r, in.A).IsUndefined() {
			err = undefined(f.proto.Vars[in.A])
			goto fail
		}
	case bytecode.JumpDef:
		if !at(r, in.A).IsUndefined() {
			in = fetch(code, in.Target())
			goto run
		}
	case bytecode.LoadCell:
		*at(r, in.A) = value.FromCell(f.fn.Cells[in.B])
	case bytecode.GetBox, bytecode.GetBoxQ:
		v := linked(*at(r, in.B))
		if v.IsUndefined() && in.Op == bytecode.GetBox {
			err = undefined(f.proto.Vars[in.B])
			goto fail
		}
		*at(r, in.A) = v.Borrow()
	case bytecode.SetBox:
		v := at(r, in.B).Own()
		if c := at(r, in.A).Cell(); c != nil {
			c.V = v
		} else {
			*at(r, in.A) = v
		}
	case bytecode.GetGlobal:
		v := f.mod.cells[in.B].V
		if v.IsUndefined() {
			err = undefined(f.mod.unit.prog.Globals[in.B])
			goto fail
		}
		*at(r, in.A) = v.Borrow()
	case bytecode.GetGlobalQ:
		*at(r, in.A) = f.mod.cells[in.B].V.Borrow()
	case bytecode.SetGlobal:
		f.mod.cells[in.B].V = at(r, in.A).Own()
	case bytecode.LinkGlobal:
		if err = linkGlobal(f, at(r, in.A), int(in.A), int(in.B)); err != nil {
			goto fail
		}
	case bytecode.Closure:
		*at(r, in.A) = closure(f, t.window(f), int(in.B))

	case bytecode.Add:
		b, c := at(r, in.B), at(r, in.C)
		if b.IsNumber() && c.IsNumber() {
			at(r, in.A).SetNum(num(b) + num(c))
			goto next
		}
		if err = t.arith(bytecode.Add, at(r, in.A), *b, *c); err != nil {
			goto fail
		}
	case bytecode.AddK:
		b, c := at(r, in.B), at(k, in.C)
		if b.IsNumber() && c.IsNumber() {
			at(r, in.A).SetNum(num(b) + num(c))
			goto next
		}
		if err = t.arith(bytecode.AddK, at(r, in.A), *b, *c); err != nil {
			goto fail
		}
	case bytecode.Sub:
		b, c := at(r, in.B), at(r, in.C)
		if b.IsNumber() && c.IsNumber() {
			at(r, in.A).SetNum(num(b) - num(c))
			goto next
		}
		if err = t.arith(bytecode.Sub, at(r, in.A), *b, *c); err != nil {
			goto fail
		}
	case bytecode.SubK:
		b, c := at(r, in.B), at(k, in.C)
		if b.IsNumber() && c.IsNumber() {
			at(r, in.A).SetNum(num(b) - num(c))
			goto next
		}
		if err = t.arith(bytecode.SubK, at(r, in.A), *b, *c); err != nil {
			goto fail
		}
	case bytecode.Mul:
		b, c := at(r, in.B), at(r, in.C)
		if b.IsNumber() && c.IsNumber() {
			at(r, in.A).SetNum(num(b) * num(c))
			goto next
		}
		if err = t.arith(bytecode.Mul, at(r, in.A), *b, *c); err != nil {
			goto fail
		}
	case bytecode.MulK:
		b, c := at(r, in.B), at(k, in.C)
		if b.IsNumber() && c.IsNumber() {
			at(r, in.A).SetNum(num(b) * num(c))
			goto next
		}
		if err = t.arith(bytecode.MulK, at(r, in.A), *b, *c); err != nil {
			goto fail
		}
	case bytecode.Div:
		b, c := at(r, in.B), at(r, in.C)
		if b.IsNumber() && c.IsNumber() {
			at(r, in.A).SetNum(num(b) / num(c))
			goto next
		}
		if err = t.arith(bytecode.Div, at(r, in.A), *b, *c); err != nil {
			goto fail
		}
	case bytecode.DivK:
		b, c := at(r, in.B), at(k, in.C)
		if b.IsNumber() && c.IsNumber() {
			at(r, in.A).SetNum(num(b) / num(c))
			goto next
		}
		if err = t.arith(bytecode.DivK, at(r, in.A), *b, *c); err != nil {
			goto fail
		}
	case bytecode.Mod:
		b, c := at(r, in.B), at(r, in.C)
		if b.IsNumber() && c.IsNumber() {
			at(r, in.A).SetNum(value.Rem(num(b), num(c)))
			goto next
		}
		if err = t.arith(bytecode.Mod, at(r, in.A), *b, *c); err != nil {
			goto fail
		}
	case bytecode.ModK:
		b, c := at(r, in.B), at(k, in.C)
		if b.IsNumber() && c.IsNumber() {
			if i, j := int32(num(b)), int32(num(c)); i > 0 && j > 0 && float64(i) == num(b) && float64(j) == num(c) {
				at(r, in.A).SetNum(float64(uint32(i) % uint32(j))) // as Rem does
				goto next
			}
			at(r, in.A).SetNum(value.Rem(num(b), num(c)))
			goto next
		}
		if err = t.arith(bytecode.ModK, at(r, in.A), *b, *c); err != nil {
			goto fail
		}
	case bytecode.BitAnd, bytecode.BitOr, bytecode.BitXor,
		bytecode.ShiftLeft, bytecode.ShiftRight, bytecode.ShiftRightZero:
		if b, c := at(r, in.B), at(r, in.C); b.IsNumber() && c.IsNumber() {
			if i, j := int64(num(b)), int64(num(c)); float64(i) == num(b) && float64(j) == num(c) {
				at(r, in.A).SetNum(bitwise(in.Op, int32(i), int32(j)))
				goto next
			}
		}
		at(r, in.A).SetNum(bitwise(in.Op, value.Int32(at(r, in.B).Number()), value.Int32(at(r, in.C).Number())))
	case bytecode.Matches, bytecode.NotMatches:
		if err = t.matches(at(r, in.A), *at(r, in.B), *at(r, in.C), in.Op == bytecode.Matches); err != nil {
			goto fail
		}
	case bytecode.Pow, bytecode.Concat:
		if err = t.arith(in.Op, at(r, in.A), *at(r, in.B), *at(r, in.C)); err != nil {
			goto fail
		}
	case bytecode.ConcatN:
		if err = t.join(at(r, in.A), unsafe.Slice(at(r, in.B), in.C)); err != nil {
			goto fail
		}
	case bytecode.AppendN:
		if err = t.append(at(r, in.A), unsafe.Slice(at(r, in.B), in.C)); err != nil {
			goto fail
		}
	case bytecode.Inc:
		if v := at(r, in.A); v.IsNumber() {
			v.SetNum(num(v) + 1)
		} else if err = step(v, true); err != nil {
			goto fail
		}
	case bytecode.Dec:
		if v := at(r, in.A); v.IsNumber() {
			v.SetNum(num(v) - 1)
		} else if err = step(v, false); err != nil {
			goto fail
		}
	case bytecode.Neg:
		// The target may be a variable, which keeps its value when this fails.
		v, e := value.Neg(*at(r, in.B))
		if err = e; err != nil {
			goto fail
		}
		at(r, in.A).Set(v)
	case bytecode.Plus:
		v, e := value.Plus(*at(r, in.B))
		if err = e; err != nil {
			if in.C != 0 { // of a postfix ++ or --
				err = step(at(r, in.B), bytecode.Op(in.C) == bytecode.Inc)
			}
			goto fail
		}
		at(r, in.A).Set(v)
	case bytecode.Not:
		*at(r, in.A) = value.Bool(!at(r, in.B).Truth())
	case bytecode.Complement:
		at(r, in.A).SetNum(float64(^value.Int32(at(r, in.B).Number())))
	case bytecode.Truth:
		*at(r, in.A) = value.Bool(at(r, in.B).Truth())
	case bytecode.Equal:
		*at(r, in.A) = value.Bool(value.Equal(*at(r, in.B), *at(r, in.C)))
	case bytecode.NotEqual:
		*at(r, in.A) = value.Bool(!value.Equal(*at(r, in.B), *at(r, in.C)))
	case bytecode.Identical:
		*at(r, in.A) = value.Bool(value.Identical(*at(r, in.B), *at(r, in.C)))
	case bytecode.NotIdentical:
		*at(r, in.A) = value.Bool(!value.Identical(*at(r, in.B), *at(r, in.C)))
	case bytecode.Less:
		*at(r, in.A) = value.Bool(value.Less(*at(r, in.B), *at(r, in.C)))
	case bytecode.LessEqual:
		*at(r, in.A) = value.Bool(value.LessEqual(*at(r, in.B), *at(r, in.C)))

	case bytecode.Jump:
		in = fetch(code, in.Target())
		goto run
	case bytecode.JumpTrue:
		v := at(r, in.A)
		if v.IsBool() && v.IsTrue() || !v.IsBool() && v.Truth() {
			in = fetch(code, in.Target())
			goto run
		}
	case bytecode.JumpFalse:
		v := at(r, in.A)
		if v.IsBool() && !v.IsTrue() || !v.IsBool() && !v.Truth() {
			in = fetch(code, in.Target())
			goto run
		}
	case bytecode.JumpNil:
		if at(r, in.A).IsNil() {
			in = fetch(code, in.Target())
			goto run
		}
	case bytecode.JumpNotNil:
		if !at(r, in.A).IsNil() {
			in = fetch(code, in.Target())
			goto run
		}
	case bytecode.JumpLess:
		a, b := at(r, in.A), at(r, in.B)
		if a.IsNumber() && b.IsNumber() {
			if num(a) < num(b) {
				goto jump
			}
		} else if value.Less(*a, *b) {
			goto jump
		}
		goto skip
	case bytecode.JumpNotLess:
		a, b := at(r, in.A), at(r, in.B)
		if a.IsNumber() && b.IsNumber() {
			if !(num(a) < num(b)) {
				goto jump
			}
		} else if !value.Less(*a, *b) {
			goto jump
		}
		goto skip
	case bytecode.JumpLessEqual:
		a, b := at(r, in.A), at(r, in.B)
		if a.IsNumber() && b.IsNumber() {
			if num(a) <= num(b) {
				goto jump
			}
		} else if value.LessEqual(*a, *b) {
			goto jump
		}
		goto skip
	case bytecode.JumpNotLessEqual:
		a, b := at(r, in.A), at(r, in.B)
		if a.IsNumber() && b.IsNumber() {
			if !(num(a) <= num(b)) {
				goto jump
			}
		} else if !value.LessEqual(*a, *b) {
			goto jump
		}
		goto skip
	case bytecode.JumpLessK:
		a, b := at(r, in.A), at(k, in.B)
		if a.IsNumber() && b.IsNumber() {
			if num(a) < num(b) {
				goto jump
			}
		} else if value.Less(*a, *b) {
			goto jump
		}
		goto skip
	case bytecode.JumpNotLessK:
		a, b := at(r, in.A), at(k, in.B)
		if a.IsNumber() && b.IsNumber() {
			if !(num(a) < num(b)) {
				goto jump
			}
		} else if !value.Less(*a, *b) {
			goto jump
		}
		goto skip
	case bytecode.JumpLessEqualK:
		if value.LessEqual(*at(r, in.A), *at(k, in.B)) {
			goto jump
		}
		goto skip
	case bytecode.JumpNotLessEqualK:
		if !value.LessEqual(*at(r, in.A), *at(k, in.B)) {
			goto jump
		}
		goto skip
	case bytecode.JumpGreaterK:
		a, b := at(r, in.A), at(k, in.B)
		if a.IsNumber() && b.IsNumber() {
			if num(a) > num(b) {
				goto jump
			}
		} else if value.Less(*b, *a) {
			goto jump
		}
		goto skip
	case bytecode.JumpNotGreaterK:
		a, b := at(r, in.A), at(k, in.B)
		if a.IsNumber() && b.IsNumber() {
			if !(num(a) > num(b)) {
				goto jump
			}
		} else if !value.Less(*b, *a) {
			goto jump
		}
		goto skip
	case bytecode.JumpGreaterEqualK:
		if value.LessEqual(*at(k, in.B), *at(r, in.A)) {
			goto jump
		}
		goto skip
	case bytecode.JumpNotGreaterEqualK:
		if !value.LessEqual(*at(k, in.B), *at(r, in.A)) {
			goto jump
		}
		goto skip
	case bytecode.JumpEqual:
		if value.Equal(*at(r, in.A), *at(r, in.B)) {
			goto jump
		}
		goto skip
	case bytecode.JumpNotEqual:
		if !value.Equal(*at(r, in.A), *at(r, in.B)) {
			goto jump
		}
		goto skip
	case bytecode.JumpEqualK:
		a, b := at(r, in.A), at(k, in.B)
		if a.IsNumber() && b.IsNumber() {
			if num(a) == num(b) {
				goto jump
			}
		} else if value.Equal(*a, *b) {
			goto jump
		}
		goto skip
	case bytecode.JumpNotEqualK:
		a, b := at(r, in.A), at(k, in.B)
		if a.IsNumber() && b.IsNumber() {
			if num(a) != num(b) {
				goto jump
			}
		} else if !value.Equal(*a, *b) {
			goto jump
		}
		goto skip
	case bytecode.JumpIdentical:
		if value.Identical(*at(r, in.A), *at(r, in.B)) {
			goto jump
		}
		goto skip
	case bytecode.JumpNotIdentical:
		if !value.Identical(*at(r, in.A), *at(r, in.B)) {
			goto jump
		}
		goto skip
	case bytecode.Loop:
		goto back
	case bytecode.NewArray:
		*at(r, in.A) = value.FromArray(t.NewArray(int(in.B)))
	case bytecode.ArrayPush:
		at(r, in.A).Array().Push(*at(r, in.B))
		if err = t.charge(elementSize); err != nil {
			goto fail
		}
	case bytecode.ArraySet:
		at(r, in.A).Array().Put(*at(r, in.B), *at(r, in.C))
		if err = t.charge(elementSize); err != nil {
			goto fail
		}
	case bytecode.ArraySpread:
		if err = t.spreadInto(at(r, in.A).Array(), *at(r, in.B), in.C != 0); err != nil {
			goto fail
		}
	case bytecode.Index:
		b, c := at(r, in.B), at(r, in.C)
		if b.IsArray() {
			if vals, packed := b.Array().Packed(); packed && c.IsNumber() {
				if i := int(num(c)); uint(i) < uint(len(vals)) && float64(i) == num(c) {
					at(r, in.A).Set(vals[i].Borrow())
					goto next
				}
			}
			*at(r, in.A) = b.Array().Element(*c)
			goto next
		}
		if *at(r, in.A), err = t.index(f, *b, *c); err != nil {
			goto fail
		}
	case bytecode.IndexK:
		b, c := at(r, in.B), at(k, in.C)
		if b.IsArray() {
			*at(r, in.A) = b.Array().Element(*c)
			goto next
		}
		if *at(r, in.A), err = t.index(f, *b, *c); err != nil {
			goto fail
		}
	case bytecode.Prop:
		b, s := at(r, in.B), &f.mod.unit.sites[in.C]
		if b.IsObject() {
			o := b.Object()
			if i := s.slot(o.Shape()); i >= 0 {
				*at(r, in.A) = o.Slot(i).Borrow()
				goto next
			}
		}
		if *at(r, in.A), err = t.propAt(f, *b, s); err != nil {
			goto fail
		}
	case bytecode.SetProp:
		b, s := at(r, in.A), &f.mod.unit.sites[in.C]
		if b.IsObject() {
			o := b.Object()
			if i := s.slot(o.Shape()); i >= 0 {
				*o.SlotRef(i) = at(r, in.B).Own()
				goto next
			}
		}
		if err = t.setPropAt(f, b, s, *at(r, in.B), in.A); err != nil {
			goto fail
		}
	case bytecode.Slice:
		if err = t.slice(at(r, in.A), *at(r, in.B), unsafe.Slice(at(r, in.C), 3)); err != nil {
			goto fail
		}
	case bytecode.SetIndex:
		ref := at(r, in.A)
		if vals, own := ref.OwnList(); own && at(r, in.B).IsNumber() {
			if i := int(num(at(r, in.B))); uint(i) < uint(len(vals)) && float64(i) == num(at(r, in.B)) {
				vals[i].Set(at(r, in.C).Own())
				goto next
			}
		}
		if err = t.setElement(f, ref, *at(r, in.B), *at(r, in.C)); err != nil {
			goto fail
		}
	case bytecode.SetIndexK:
		ref := at(r, in.A)
		if vals, own := ref.OwnList(); own && at(r, in.B).IsNumber() {
			if i := int(num(at(r, in.B))); uint(i) < uint(len(vals)) && float64(i) == num(at(r, in.B)) {
				vals[i].Set(at(k, in.C).Share())
				goto next
			}
		}
		if err = t.setElement(f, ref, *at(r, in.B), at(k, in.C).Share()); err != nil {
			goto fail
		}
	case bytecode.PushIndex:
		if ref := at(r, in.A); ref.IsArray() {
			value.PushElement(ref, *at(r, in.B))
			err = t.charge(elementSize)
		} else {
			err = t.pushPlace(f, ref, *at(r, in.B))
		}
		if err != nil {
			goto fail
		}
	case bytecode.PathSet, bytecode.PathUpdate, bytecode.PathStep, bytecode.PathUnset, bytecode.PathIsset, bytecode.PathGet:
		f.pc = pcAfter(code, in)
		if err = t.pathOp(f, *in, t.window(f)); err != nil {
			goto fail
		}
	case bytecode.ElemK:
		at(r, in.A).Set(elementOr(at(r, in.B), at(k, in.C), value.None).Share())
	case bytecode.Take, bytecode.TakeLast:
		at(r, in.A).Set(t.take(at(r, in.B), int(in.C), in.Op == bytecode.TakeLast))
	case bytecode.Destructure:
		at(r, in.A).Set(elementOr(at(r, in.B), at(r, in.C), value.Undef).Borrow())
	case bytecode.RestOf:
		*at(r, in.A) = restOf(*at(r, in.B), int(in.C))

	case bytecode.CallFunc:
		f.pc = pcAfter(code, in)
		if t.enterExact(f.mod, f.mod.unit.prog.Protos[in.C], f.base+int(in.A), int(in.B)) {
			goto load
		}
		if err = t.call(f, *in); err != nil {
			goto fail
		}
		goto load
	case bytecode.CallMethod:
		f.pc = pcAfter(code, in)
		if b := at(r, in.A); b.IsObject() {
			o := b.Object()
			if p := f.mod.unit.sites[in.C].method(o.Shape()); p != nil {
				if t.enterMethod(o.Class.Script.(*Class).mod, p, f.base+int(in.A), int(in.B)) {
					goto load
				}
			}
		}
		if err = t.call(f, *in); err != nil {
			goto fail
		}
		goto load
	case bytecode.Call, bytecode.CallClass, bytecode.CallForeign, bytecode.CallForeignClass, bytecode.CallSpread:
		f.pc = pcAfter(code, in)
		if err = t.call(f, *in); err != nil {
			goto fail
		}
		goto load
	case bytecode.CallBuiltin:
		f.pc = pcAfter(code, in)
		a := f.base + int(in.A)
		if err = t.builtinAt(int(in.C), a, int(in.B), a); err != nil {
			goto fail
		}
		goto load
	case bytecode.Return:
		v := at(r, in.A).Own()
		if t.leave(f, v) == stop {
			return v, nil
		}
		goto load
	case bytecode.ReturnNone:
		if t.leave(f, value.None) == stop {
			return value.None, nil
		}
		goto load
	case bytecode.Yield:
		v := *at(r, in.A)
		f.gen.suspend(f, t.window(f), pcAfter(code, in))
		t.frames = t.frames[:len(t.frames)-1]
		return v, nil
	case bytecode.Iter:
		if *at(r, in.A), err = iterable(*at(r, in.B)); err != nil {
			goto fail
		}
		at(r, in.A+1).SetNum(0)
	case bytecode.IterNext, bytecode.IterNextKey:
		if it := at(r, in.A); it.IsArray() {
			pos := at(r, in.A+1)
			if vals, packed := it.Array().Packed(); packed {
				i := int(num(pos))
				if i >= len(vals) {
					in = fetch(code, in.Target())
					goto run
				}
				if in.Op == bytecode.IterNextKey {
					at(r, in.A+2).SetNum(num(pos))
				}
				pos.SetNum(num(pos) + 1)
				at(r, in.A+3).Set(vals[i].Borrow())
				goto next
			}
		}
		f.pc = pcAfter(code, in)
		more, e := t.next(f, int(in.A), in.Op == bytecode.IterNextKey)
		if err = e; err != nil {
			goto fail
		}
		if !more {
			f = &t.frames[len(t.frames)-1]
			f.pc = in.Target()
		}
		goto load // a generator may have moved the stack
	case bytecode.Throw:
		v := at(r, in.A).Own()
		if f.pc = pcAfter(code, in); t.catch(v, stop) {
			goto load
		}
		err = &Thrown{Value: v}
		goto fail
	case bytecode.Rethrow:
		err = at(r, in.A).Resource().Native.(error)
		goto fail
	case bytecode.NoMatch:
		err = errNoMatch
		goto fail
	case bytecode.Cover:
		atomic.AddUint32(&f.mod.unit.hits[in.Target()], 1)
	case bytecode.Echo:
		f.pc = pcAfter(code, in)
		if err = t.echo(*at(r, in.A)); err != nil {
			goto fail
		}
	case bytecode.Cache:
		f.pc = pcAfter(code, in)
		if err = t.cache(f.base+int(in.A), at(k, in.B).Str()); err != nil {
			goto fail
		}
		goto load
	case bytecode.BarrierEnter:
		f.pc = pcAfter(code, in)
		if *at(r, in.A+1), err = t.enterBarrier(at(r, in.A).String()); err != nil {
			goto fail
		}
	case bytecode.BarrierLeave:
		if err = t.leaveBarrier(at(r, in.A).String(), *at(r, in.A+1), in.B != 0); err != nil {
			goto fail
		}
	default:
		err = &InternalError{Text: fmt.Sprintf("internal error: operation %d", in.Op)}
		goto fail
	}
	goto next
skip:
	// Passes over the jump behind a comparison.
	in = after(after(in))
	goto run
jump:
	// Does the jump behind a comparison.
	if in = after(in); in.Op != bytecode.Loop {
		in = fetch(code, in.Target())
		goto run
	}
back:
	if t.meter.budget--; t.meter.budget < 0 {
		if err = t.tick(); err != nil {
			goto fail
		}
	}
	in = fetch(code, in.Target())
	goto run
fail:
	t.frames[len(t.frames)-1].pc = pcAfter(code, in)
	if err = t.unwind(err, stop); err != nil {
		return value.None, err
	}
	err = nil
	goto load
}
