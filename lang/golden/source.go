package golden

import (
	"fmt"
	"strings"

	"github.com/hawser-mta/hawser/lang/ast"
	"github.com/hawser-mta/hawser/lang/token"
)

// Source writes a tree as program text with every operation in parentheses, for
// tests that parse it again. It has nothing in common with the formatter.
func Source(f *ast.File) string {
	p := &printer{}
	p.stmts(f.Stmts)
	return p.b.String()
}

type printer struct{ b strings.Builder }

func (p *printer) put(parts ...any) {
	for i, x := range parts {
		switch x := x.(type) {
		case string:
			p.b.WriteString(x)
		case ast.Expr:
			p.expr(x)
		case ast.Stmt:
			p.stmt(x)
		case nil:
		default:
			panic(fmt.Sprintf("golden: part %d is %T", i, x))
		}
	}
}

func (p *printer) stmts(list []ast.Stmt) {
	for _, s := range list {
		p.stmt(s)
		p.put("\n")
	}
}

func (p *printer) block(b *ast.Block) {
	p.put("{\n")
	p.stmts(b.Stmts)
	p.put("}")
}

func (p *printer) stmt(s ast.Stmt) {
	switch n := s.(type) {
	case *ast.Block:
		p.block(n)
	case *ast.Empty:
		p.put(";")
	case *ast.ExprStmt:
		p.put("(", n.X, ");")
	case *ast.Echo:
		p.put("echo ", n.X, ";")
	case *ast.If:
		p.put("if (", n.Cond, ") ", n.Then)
		if n.Else != nil {
			p.put(" else ", n.Else)
		}
	case *ast.While:
		p.put("while (", n.Cond, ") ", n.Body)
	case *ast.For:
		p.put("for (", n.Init, "; ", n.Cond, "; ", n.Post, ") ", n.Body)
	case *ast.Foreach:
		p.put("foreach (", n.X, " as ")
		if n.Key != nil {
			p.put(n.Key, " => ")
		}
		p.put(n.Value, ") ", n.Body)
	case *ast.Forever:
		p.put("forever ", n.Body)
	case *ast.Switch:
		p.put("switch (", n.Tag, ") {\n")
		for _, c := range n.Cases {
			if c.Default {
				p.put("default:\n")
			} else {
				p.put("case ", c.Label, ":\n")
			}
			p.stmts(c.Stmts)
		}
		p.put("}")
	case *ast.Jump:
		p.put(n.Word, ";")
	case *ast.Return:
		p.put("return ", n.X, ";")
	case *ast.Throw:
		p.put("throw ", n.X, ";")
	case *ast.Yield:
		p.put("yield ", n.X, ";")
	case *ast.Try:
		p.put("try ", n.Body, " catch (", n.Var, ") ", n.Catch)
	case *ast.Global:
		p.put("global ")
		for i, v := range n.Vars {
			p.comma(i)
			p.put(v)
		}
		p.put(";")
	case *ast.Include:
		p.put(n.Word, " ", n.Path, ";")
	case *ast.Barrier:
		p.put("barrier ", n.Key)
		if n.Var != nil {
			p.put(" => ", n.Var)
		}
		p.put(" ", n.Body)
	case *ast.Debug:
		p.put("__debug ", n.Args, " ")
		if n.Stmt != nil {
			p.stmt(n.Stmt)
		}
	case *ast.Function:
		p.put("function ", n.Name.Name)
		p.params(n.Params)
		p.block(n.Body)
	case *ast.Class:
		p.class(n)
	case *ast.Import:
		p.imports(n)
	default:
		panic(fmt.Sprintf("golden: statement %T", s))
	}
}

func (p *printer) comma(i int) {
	if i > 0 {
		p.put(", ")
	}
}

func (p *printer) params(list *ast.Params) {
	p.put("(")
	for i, x := range list.List {
		p.comma(i)
		if x.Variadic {
			p.put("...")
		}
		p.put("$", x.Var.Name)
		if x.Default != nil {
			p.put(" = ", x.Default)
		}
	}
	p.put(") ")
}

func (p *printer) class(n *ast.Class) {
	p.put("class ", n.Name.Name, " {\n")
	for _, m := range n.Members {
		for _, w := range m.Modifiers {
			p.put(w.Word, " ")
		}
		switch {
		case m.Ctor != nil:
			p.put("constructor")
			p.params(m.Ctor.Params)
			p.block(m.Ctor.Body)
		case m.Func != nil:
			p.put("function ", m.Func.Name.Name)
			p.params(m.Func.Params)
			p.block(m.Func.Body)
		default:
			p.put("$", m.Var.Name)
			if m.Init != nil {
				p.put(" = ", m.Init)
			}
			p.put(";")
		}
		p.put("\n")
	}
	p.put("}")
}

func (p *printer) imports(n *ast.Import) {
	p.put("import ")
	switch {
	case n.Space != nil:
		p.put("* as ", n.Space.Name)
	case n.Data != nil:
		p.put("$", n.Data.Name)
	default:
		p.put("{ ")
		for i, s := range n.Symbols {
			p.comma(i)
			switch {
			case s.Var != nil:
				p.put("$", s.Var.Name)
				if s.VarAs != nil {
					p.put(" as $", s.VarAs.Name)
				}
			default:
				p.put(s.Name.Name)
				if s.As != nil {
					p.put(" as ", s.As.Name)
				}
			}
		}
		p.put(" }")
	}
	p.put(" from ", n.Path)
	if n.Options != nil {
		p.put(" with ", n.Options)
	}
	p.put(";")
}

// list writes expressions between commas.
func (p *printer) list(n int, each func(i int)) {
	for i := range n {
		p.comma(i)
		each(i)
	}
}

// escape writes the bytes of a string between double quotes.
func escape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"' || c == '\\' || c == '$':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c >= 0x7f:
			fmt.Fprintf(&b, `\x%02x`, c)
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

func (p *printer) expr(x ast.Expr) {
	switch n := x.(type) {
	case *ast.Number:
		p.put(n.Text)
	case *ast.String:
		p.put(`"`, escape(n.Value), `"`)
	case *ast.Interp:
		p.put(`"`)
		for _, part := range n.Parts {
			if v, ok := part.(*ast.Var); ok {
				p.put("${", v.Name, "}")
			} else {
				p.put(escape(part.(*ast.String).Value))
			}
		}
		p.put(`"`)
	case *ast.Regex:
		p.put("#/", strings.ReplaceAll(n.Pattern, "/", `\/`), "/", n.Flags)
	case *ast.Bool:
		p.put(fmt.Sprint(n.Value))
	case *ast.None:
		p.put("none")
	case *ast.Var:
		p.put("$", n.Name)
	case *ast.Name:
		for i, part := range n.Parts {
			if i > 0 {
				p.put("::")
			}
			p.put(part.Name)
		}
		if n.Var != nil {
			p.put("::$", n.Var.Name)
		}
	case *ast.Builtin:
		p.put("builtin ", n.Name.Name)
	case *ast.Paren:
		p.put("(", n.X, ")")
	case *ast.Array:
		p.put("[")
		p.list(len(n.Elems), func(i int) {
			e := n.Elems[i]
			if e.Spread {
				p.put("...")
			}
			if e.Key != nil {
				p.put(e.Key, " => ")
			}
			p.put(e.Value)
		})
		p.put("]")
	case *ast.Unary:
		p.put("(", n.Op.String(), " ", n.X, ")")
	case *ast.Binary:
		p.put("(", n.X, " ", n.Op.String(), " ", n.Y, ")")
	case *ast.Cond:
		p.put("(", n.C, " ? ", n.T, " : ", n.E, ")")
	case *ast.Assign:
		op := " = "
		if n.Op != token.NoOp {
			op = " " + n.Op.String() + "= "
		}
		p.put("(", n.Target, op, n.Value, ")")
	case *ast.Pattern:
		p.pattern(n)
	case *ast.IncDec:
		p.incDec(n)
	case *ast.Call:
		p.callee(n.Fn)
		p.put("(")
		p.list(len(n.Args), func(i int) {
			if n.Args[i].Spread {
				p.put("...")
			}
			p.put(n.Args[i].X)
		})
		p.put(")")
	case *ast.Index:
		p.put(n.X, "[", n.I, "]")
	case *ast.Slice:
		p.put(n.X, "[", n.Lo, " : ", n.Hi)
		if n.Stepped {
			p.put(" : ", n.Step)
		}
		p.put("]")
	case *ast.Prop:
		p.put(n.X, "->", n.Name.Name)
	case *ast.Lambda:
		p.lambda(n)
	case *ast.Match:
		p.put("match (", n.X, ") { ")
		p.list(len(n.Arms), func(i int) {
			a := n.Arms[i]
			if a.Default {
				p.put("default")
			}
			p.list(len(a.Labels), func(j int) { p.put(a.Labels[j]) })
			p.put(" => ", a.Value)
		})
		p.put(" }")
	case *ast.Cache:
		p.put("cache ", n.Options, " ", n.Call)
	case *ast.Isset:
		p.put(map[bool]string{true: "unset(", false: "isset("}[n.Unset], n.X, ")")
	default:
		panic(fmt.Sprintf("golden: expression %T", x))
	}
}

func (p *printer) pattern(n *ast.Pattern) {
	p.put("[")
	p.list(len(n.Elems), func(i int) {
		e := n.Elems[i]
		if e.Key != nil {
			p.put(e.Key, " => ")
		}
		p.put(e.Target)
		if e.Default != nil {
			p.put(" = ", e.Default)
		}
	})
	if n.Rest != nil {
		p.comma(len(n.Elems))
		p.put("...", n.Rest)
	}
	p.put("]")
}

func (p *printer) incDec(n *ast.IncDec) {
	op := "++"
	if n.Op == token.Sub {
		op = "--"
	}
	if n.Prefix {
		p.put("(", op, n.X, ")")
	} else {
		p.put("(", n.X, op, ")")
	}
}

// callee writes what is called. A literal stands in parentheses: alone it could
// begin a declaration.
func (p *printer) callee(x ast.Expr) {
	if _, ok := x.(*ast.Lambda); ok {
		p.put("(", x, ")")
		return
	}
	p.put(x)
}

func (p *printer) lambda(n *ast.Lambda) {
	p.put("function ")
	p.params(n.Params)
	if n.Closure != nil {
		p.put("closure (")
		p.list(len(n.Closure), func(i int) { p.put("$", n.Closure[i].Name) })
		p.put(") ")
	}
	p.block(n.Body)
}
