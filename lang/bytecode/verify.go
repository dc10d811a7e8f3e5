package bytecode

import (
	"fmt"
	"strings"
)

// operands are the words of the table's operands.
var operands = func() (words [opCount][]string) {
	for op, info := range Table {
		words[op] = strings.Fields(info.Operands)
	}
	return words
}()

// Verify checks that no instruction names a register, constant or table entry
// that does not exist, so that the machine may address them unchecked. A program
// that fails was made by a faulty compiler.
func (p *Program) Verify(builtins int) error {
	for i, f := range p.Protos {
		if f == nil || len(f.Code) == 0 || len(f.Pos) != len(f.Code) {
			return fmt.Errorf("function %d has no code", i)
		}
		if len(f.Vars) > f.Regs || f.Params > len(f.Vars) {
			return fmt.Errorf("function %d has %d registers for %d variables", i, f.Regs, len(f.Vars))
		}
		for pc := range f.Code {
			if op := f.Code[pc].Op; op >= opCount {
				return fmt.Errorf("function %d, instruction %d: operation %d does not exist", i, pc, op)
			}
			if err := p.verify(f, pc, builtins); err != nil {
				return fmt.Errorf("function %d, instruction %d, %s: %w", i, pc, Table[f.Code[pc].Op].Name, err)
			}
		}
		for _, h := range f.Handlers {
			if h.From < 0 || h.To > len(f.Code) || h.Target >= len(f.Code) || h.Reg >= f.Regs {
				return fmt.Errorf("function %d has a handler out of range", i)
			}
		}
		switch f.Code[len(f.Code)-1].Op {
		case Return, ReturnNone, Jump, Loop, Throw, Rethrow:
		default:
			return fmt.Errorf("function %d does not end", i)
		}
	}
	return nil
}

func (p *Program) verify(f *Proto, pc, builtins int) error {
	in := f.Code[pc]
	ops := [3]int{int(in.A), int(in.B), int(in.C)}
	n := 0
	for _, word := range operands[in.Op] {
		limit, what := 0, "register"
		v := ops[n]
		switch word {
		case "R":
			limit = f.Regs
		case "K":
			limit, what = len(p.Consts), "constant"
		case "K32":
			v, limit, what = in.Target(), len(p.Consts), "constant"
		case "N32":
			v, limit, what = in.Target(), len(p.Points), "point"
		case "J":
			v, limit, what = in.Target(), len(f.Code), "instruction"
		case "F":
			limit, what = len(p.Protos), "function"
		case "G":
			limit, what = len(p.Globals), "global"
		case "L":
			limit, what = builtins, "built-in"
		case "P":
			limit, what = len(p.Paths), "path"
		case "S":
			limit, what = len(p.Sites), "site"
		case "T":
			limit, what = len(p.Classes), "class"
		case "X":
			limit, what = len(p.Foreign), "foreign name"
		case "U":
			limit, what = len(f.Cells), "captured variable"
		default: // a count
			n++
			continue
		}
		if v >= limit {
			return fmt.Errorf("%s %d of %d", what, v, limit)
		}
		n++
	}
	if last := p.lastRegister(in); last >= f.Regs {
		return fmt.Errorf("register %d of %d", last, f.Regs)
	}
	if in.Op >= JumpLess && in.Op <= JumpNotEqualK {
		if pc+1 >= len(f.Code) || f.Code[pc+1].Op != Jump && f.Code[pc+1].Op != Loop {
			return fmt.Errorf("no jump behind it")
		}
	}
	return nil
}

// lastRegister is the highest register that an instruction uses besides those
// that it names.
func (p *Program) lastRegister(in Instr) int {
	a, b := int(in.A), int(in.B)
	switch in.Op {
	case ConcatN, AppendN:
		return b + int(in.C) - 1
	case Call, CallMethod, CallClass, CallForeignClass:
		return a + b
	case CallFunc, CallBuiltin, CallForeign:
		return a + max(b-1, 0)
	case Slice:
		return int(in.C) + 2
	case Iter:
		return a + 1
	case IterNext, IterNextKey:
		return a + 3
	case Cache:
		return a + 2
	case BarrierEnter, BarrierLeave:
		return a + 1
	case PathSet, PathUpdate, PathStep, PathUnset, PathIsset, PathGet:
		n := 0
		for _, s := range p.Paths[in.C].Steps {
			switch s.Kind {
			case StepIndex:
				n++
			case StepSlice:
				n += 3
			}
		}
		if p.Paths[in.C].Root == RootTemp {
			n++
		}
		return b + n - 1
	}
	return -1
}
