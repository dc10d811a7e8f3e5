package bytecode

import (
	"strings"
	"testing"

	"github.com/hawser-mta/hawser/lang/token"
)

func TestTable(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for op, info := range Table {
		if info.Name == "" || info.Effect == "" && Op(op) != Nop && Op(op) != ReturnNone || names[info.Name] {
			t.Errorf("operation %d: %+v", op, info)
		}
		names[info.Name] = true
		if n := len(strings.Fields(info.Operands)); n > 3 {
			t.Errorf("%s has %d operands", info.Name, n)
		}
	}
}

// TestVerify breaks a program in every way that the machine would not notice.
func TestVerify(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		code []Instr
		want string
	}{
		{"sound", []Instr{{Add, 0, 1, 1}, {JumpLess, 0, 1, 0}, {Jump, 0, 3, 0}, {Return, 0, 0, 0}}, ""},
		{"target register", []Instr{{Move, 2, 0, 0}, {ReturnNone, 0, 0, 0}}, "register 2 of 2"},
		{"source register", []Instr{{Add, 0, 0, 7}, {ReturnNone, 0, 0, 0}}, "register 7 of 2"},
		{"constant", []Instr{{AddK, 0, 0, 1}, {ReturnNone, 0, 0, 0}}, "constant 1 of 1"},
		{"large constant", []Instr{Instr{Op: LoadK}.WithTarget(1 << 20), {ReturnNone, 0, 0, 0}}, "constant 1048576 of 1"},
		{"jump", []Instr{{Jump, 0, 9, 0}, {ReturnNone, 0, 0, 0}}, "instruction 9 of 2"},
		{"global", []Instr{{GetGlobal, 0, 0, 0}, {ReturnNone, 0, 0, 0}}, "global 0 of 0"},
		{"built-in", []Instr{{CallBuiltin, 0, 0, 3}, {ReturnNone, 0, 0, 0}}, "built-in 3 of 3"},
		{"arguments", []Instr{{CallBuiltin, 0, 3, 0}, {ReturnNone, 0, 0, 0}}, "register 2 of 2"},
		{"joined registers", []Instr{{ConcatN, 0, 1, 2}, {ReturnNone, 0, 0, 0}}, "register 2 of 2"},
		{"state of a loop", []Instr{{Iter, 1, 0, 0}, {ReturnNone, 0, 0, 0}}, "register 2 of 2"},
		{"comparison without a jump", []Instr{{JumpLess, 0, 1, 0}, {ReturnNone, 0, 0, 0}}, "no jump behind it"},
		{"no end", []Instr{{Add, 0, 0, 0}}, "does not end"},
		{"unknown operation", []Instr{{opCount, 0, 0, 0}, {ReturnNone, 0, 0, 0}}, "does not exist"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := &Program{Consts: []Const{1.0}, Protos: []*Proto{{Regs: 2, Code: c.code, Pos: make([]token.Pos, len(c.code))}}}
			err := p.Verify(3)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}
