package bytecode

import (
	"fmt"
	"io"
	"strings"
)

// Disassemble writes the program in readable form, with source lines.
func (p *Program) Disassemble(w io.Writer) {
	for i, f := range p.Protos {
		name := f.Name
		if name == "" {
			name = "{function}"
		}
		fmt.Fprintf(w, "F%d %s: %d registers, %d parameters\n", i, name, f.Regs, f.Params)
		last := 0
		for pc, in := range f.Code {
			if pos := p.Fset.Position(f.Pos[pc]); pos.Line != last && pos.Line > 0 {
				last = pos.Line
				if file := p.Fset.File(f.Pos[pc]); file != nil {
					fmt.Fprintf(w, "      ; %s:%d  %s\n", pos.File, pos.Line, strings.TrimSpace(file.Line(pos.Line)))
				}
			}
			fmt.Fprintf(w, "  %4d  %s\n", pc, p.instr(in))
		}
	}
}

func (p *Program) instr(in Instr) string {
	info := Table[in.Op]
	ops := []int{int(in.A), int(in.B), int(in.C)}
	var out []string
	n := 0
	for _, o := range strings.Fields(info.Operands) {
		switch o {
		case "R":
			out = append(out, fmt.Sprintf("r%d", ops[n]))
		case "K":
			out = append(out, p.constant(ops[n]))
		case "J":
			out = append(out, fmt.Sprintf("→%d", in.Target()))
		case "S":
			out = append(out, p.constant(p.Sites[ops[n]]))
		case "K32":
			out = append(out, p.constant(in.Target()))
		case "N32":
			out = append(out, fmt.Sprint(in.Target()))
		case "G":
			out = append(out, "$"+p.Globals[ops[n]])
		default:
			out = append(out, fmt.Sprintf("%s%d", strings.TrimPrefix(o, "n"), ops[n]))
		}
		n++
	}
	return strings.TrimRight(fmt.Sprintf("%-16s %s", info.Name, strings.Join(out, " ")), " ")
}

func (p *Program) constant(i int) string {
	switch c := p.Consts[i].(type) {
	case nil:
		return "none"
	case string:
		if len(c) > 40 {
			c = c[:40] + "…"
		}
		return fmt.Sprintf("%q", c)
	case Regex:
		return "#/" + c.Pattern + "/" + c.Flags
	case ConstArray:
		return fmt.Sprintf("[%d elements]", len(c))
	case ConstCode:
		return fmt.Sprintf("F%d()", c.Proto)
	default:
		return fmt.Sprint(c)
	}
}
