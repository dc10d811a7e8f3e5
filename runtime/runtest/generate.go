package runtest

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// Generate returns a random program that compiles and ends: a few functions and
// a class, then statements over a handful of variables that hold anything, with
// what they hold printed on the way. Many of its operations throw, inside try or
// not.
func Generate(seed uint64) string {
	g := &generator{rng: rand.New(rand.NewPCG(seed, 0x9e3779b97f4a7c15)), vars: []string{"$a", "$b", "$c", "$d"}}
	g.line(class)
	for i := range 3 {
		g.line("function f%d($x, $y = %s) {", i, g.literal())
		g.body([]string{"$x", "$y", "$z"}, 3)
	}
	g.line("function gen($n) { for ($i = 0; $i < $n; $i++) yield $i * 2; }")
	for _, v := range g.vars {
		g.line("%s = %s;", v, g.oneOf(g.literal(), g.literal(), "K(2)"))
	}
	for range 4 + g.rng.IntN(8) {
		// What throws is caught, mostly, so that the program goes on.
		caught := g.rng.IntN(20) > 0
		if caught {
			g.line("try {")
		}
		g.stmt(3)
		if caught {
			g.line("} catch ($e) { echo is_object($e) ? $e->message() : $e; }")
		}
		g.line("echo %s ?? \"undefined\";", g.oneOf(g.vars...))
	}
	g.line("echo [%s];", strings.Join(g.vars, " ?? 0, ")+" ?? 0")
	return g.out.String()
}

const class = `class K {
	$p = 1; $q = [2]; static $s = 0; private $h = "h"; readonly $r = 5;
	constructor($x = 0) { $this->p = $x; }
	function add($n) { $this->p += $n; $this->q[] = $n; $this->h .= $n; return $this; }
	function get($k) { return [$this[$k], $this->h]; }
	static function up() { static::$s += 1; return static::$s; }
}`

type generator struct {
	rng   *rand.Rand
	out   strings.Builder
	vars  []string // that expressions may use
	loops int
	depth int
}

func (g *generator) line(format string, args ...any) { fmt.Fprintf(&g.out, format+"\n", args...) }

func (g *generator) oneOf(s ...string) string { return s[g.rng.IntN(len(s))] }

// body writes statements of a function over variables of its own.
func (g *generator) body(vars []string, depth int) {
	outer, loops := g.vars, g.loops
	g.vars, g.loops, g.depth = vars, 0, g.depth+1
	g.line("%s = none;", vars[len(vars)-1])
	for range 1 + g.rng.IntN(3) {
		g.stmt(depth - 1)
	}
	g.line("return %s; }", g.expr(2))
	g.vars, g.loops, g.depth = outer, loops, g.depth-1
}

func (g *generator) block(depth int) {
	g.line("{")
	for range 1 + g.rng.IntN(3) {
		g.stmt(depth - 1)
	}
	g.line("}")
}

func (g *generator) stmt(depth int) {
	v := g.oneOf(g.vars...)
	if depth <= 0 {
		g.line("%s = %s;", v, g.expr(2))
		return
	}
	switch g.rng.IntN(19) {
	case 0, 1, 2:
		g.line("%s = %s;", v, g.expr(3))
	case 3:
		g.line("%s %s %s;", v, g.oneOf("+=", "-=", "*=", ".=", "%=", "??=", "/="), g.expr(2))
	case 4:
		g.line("%s%s = %s;", v, g.step(), g.expr(2))
	case 5:
		g.line("%s%s %s %s;", v, g.step(), g.oneOf("+=", ".=", "-=", "??="), g.expr(2))
	case 6:
		g.line("if (%s)", g.expr(2))
		g.block(depth)
		if g.rng.IntN(2) == 0 {
			g.line("else")
			g.block(depth)
		}
	case 7:
		i := fmt.Sprintf("$i%d", g.depth*10+g.loops)
		g.loop(func() {
			g.line("for (%s = 0; %s %s %d; %s)", i, i, g.oneOf("<", "<=", "!="), 1+g.rng.IntN(4), g.oneOf(i+"++", i+" += 1"))
			g.block(depth)
		})
	case 8:
		i := fmt.Sprintf("$w%d", g.depth*10+g.loops)
		g.line("%s = %d;", i, 1+g.rng.IntN(4))
		g.loop(func() {
			g.line("while (%s-- > 0 %s %s) {", i, g.oneOf("and", "and not"), g.expr(1))
			g.stmt(depth - 1)
			g.line("%s }", g.oneOf("", "if ("+g.expr(1)+") break;", "if ("+g.expr(1)+") continue;"))
		})
	case 9, 10:
		k := fmt.Sprintf("$k%d", g.depth*10+g.loops)
		x := fmt.Sprintf("$v%d", g.depth*10+g.loops)
		g.loop(func() {
			src := g.oneOf(v, g.list(), "gen(3)", "array_range(0, 3)")
			if g.rng.IntN(2) == 0 {
				g.line("foreach (%s as %s => %s) {", src, k, x)
			} else {
				g.line("foreach (%s as %s) {", src, x)
			}
			g.line("%s = %s;", g.oneOf(g.vars...), g.oneOf(x, "["+x+"]", x+" . \"-\"", v))
			g.stmt(depth - 1)
			g.line("}")
		})
	case 11:
		g.line("try {")
		g.stmt(depth - 1)
		g.line("} catch ($e) { echo is_object($e) ? $e->message() : $e; %s = %s; }", v, g.literal())
	case 12:
		g.line("[%s, %s%s] = %s;", v, g.oneOf(g.vars...), g.oneOf("", "", " = 3", ", $o["+g.call(1)+"]"), g.oneOf(g.expr(2), g.list()))
	case 13:
		g.line("[%q => %s] = %s;", g.oneOf("k", "p", "1"), v, g.expr(2))
	case 14:
		g.line("switch (%s) { case %s: %s = 1; %s case %s: %s = 2; default: %s = 3; }",
			g.expr(1), g.literal(), v, g.oneOf("", "break;"), g.literal(), v, v)
	case 15:
		g.line("%s;", g.oneOf(v+"++", "--"+v, "unset("+v+g.oneOf(`["k"]`, "[1]", "->p", "[1:]", "")+")", v+g.step()+"++", g.call(1)))
	case 16:
		g.line("%s[%s:%s] = %s;", v, g.oneOf("", "0", "1", "-1"), g.oneOf("", "2", "-1"), g.expr(1))
	case 17:
		g.line("echo %s;", g.expr(2))
	case 18:
		g.line("if (%s) throw %s;", g.expr(1), g.literal())
	}
}

// loop bounds how deep loops nest.
func (g *generator) loop(write func()) {
	if g.loops++; g.loops <= 3 {
		write()
	}
	g.loops--
}

// step is a part of a place behind a variable.
func (g *generator) step() string {
	s := g.oneOf("[]", `["k"]`, "[0]", "[1]", "->p", "->q", `["k"][1]`, "->q[]", `["`+"1"+`"]`)
	if strings.HasPrefix(s, "[0]") {
		return "[" + g.literal() + "]"
	}
	return s
}

func (g *generator) literal() string {
	return g.oneOf("0", "1", "2", "7", "-1", "2.5", `""`, `"a"`, `"12"`, `"k"`, "true", "false", "none", "[]", "[1, 2, 3]", `["k" => 1, 2]`, "[[1], 2]")
}

func (g *generator) list() string {
	return g.oneOf("["+g.expr(1)+", "+g.expr(1)+"]", `["k" => `+g.expr(1)+", ..."+g.oneOf(g.vars...)+" ?? []]", "array_range(1, 4)")
}

func (g *generator) call(depth int) string {
	v := g.oneOf(g.vars...)
	switch {
	case g.depth > 0: // no recursion
		return g.oneOf("length("+g.expr(depth)+" ?? 0)", "K::up()", "string("+g.expr(depth)+" ?? 1)", "K("+g.expr(depth)+")->p")
	}
	return g.oneOf(
		fmt.Sprintf("f%d(%s)", g.rng.IntN(3), g.expr(depth)), fmt.Sprintf("f%d(%s, %s)", g.rng.IntN(3), g.expr(depth), v),
		"K("+g.expr(depth)+")", "K::up()", "K("+v+")->add(1)->get(\"p\")",
		"array_map(function ($m) closure ("+v+") { "+v+" = $m; return [$m, "+v+"]; }, "+g.list()+")",
		"(function ($m) { $m[] = 1; return $m; })("+v+")",
		"array_keys("+g.list()+")", "str_split(string("+v+"), \"1\")", "length("+g.list()+")",
	)
}

func (g *generator) expr(depth int) string {
	v := g.oneOf(g.vars...)
	if depth <= 0 {
		return g.oneOf(v, v, g.literal())
	}
	x, y := func() string { return g.expr(depth - 1) }, func() string { return g.expr(depth - 1) }
	switch g.rng.IntN(17) {
	case 0, 1:
		return g.literal()
	case 2, 3:
		return v
	case 4, 5:
		return "(" + x() + " " + g.oneOf("+", "-", "*", "/", "%", ".", "**") + " " + y() + ")"
	case 6:
		return "(" + x() + " " + g.oneOf("<", "<=", ">", ">=", "==", "!=", "===", "!==", "and", "or") + " " + y() + ")"
	case 7:
		return "(" + x() + " " + g.oneOf("&", "|", "^", "<<", ">>", ">>>") + " " + y() + ")"
	case 8:
		return g.oneOf("! ", "- ", "~ ", "not ", "+ ") + x()
	case 9:
		return "(" + x() + " ? " + y() + " : " + x() + ")"
	case 10:
		return "(" + x() + " ?? " + y() + ")"
	case 11:
		return v + g.oneOf(`["k"]`, "[0]", "[1:]", "[:-1]", "->p", "["+x()+"]", "[::-1]")
	case 12:
		return `"<` + v + `>$"`
	case 13:
		return g.list()
	case 14:
		return "(" + v + " = " + x() + ")"
	case 15:
		return "match (" + x() + ") { " + g.literal() + " => " + y() + ", default => " + x() + " }"
	}
	return g.call(depth - 1)
}
