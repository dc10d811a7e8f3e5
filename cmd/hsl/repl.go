package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/lang/bytecode"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/parser"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"golang.org/x/term"
)

type replCmd struct{}

// shell is one session: each input goes on with the variables, functions and
// classes of those before.
type shell struct {
	e     *env
	out   io.Writer // values
	err   io.Writer // what went wrong
	roots *module.Roots
	root  *module.Root
	base  *bytecode.Program
	last  *vm.Thread
	n     int
}

// Run reads inputs until the end.
func (c *replCmd) Run(s *Shared) error {
	e, err := s.env(os.Stdout)
	if err != nil {
		return err
	}
	sh := &shell{e: e, out: os.Stdout, err: os.Stderr}
	sh.reset()
	if term.IsTerminal(int(os.Stdin.Fd())) && term.IsTerminal(int(os.Stdout.Fd())) {
		return sh.terminal()
	}
	in := bufio.NewReader(os.Stdin)
	sh.loop(func(string) (string, error) {
		line, err := in.ReadString('\n')
		if line != "" {
			err = nil
		}
		return strings.TrimRight(line, "\r\n"), err
	})
	return nil
}

func (sh *shell) reset() {
	sh.base, sh.last, sh.n = nil, nil, 0
	sh.roots = sh.e.roots("./-")
	sh.root = dirRoot(".", "")
	sh.e.host.Shared = vm.NewShared()
}

const (
	prompt     = "hsl> "
	promptMore = "...> "
)

// loop reads inputs, each until its brackets are closed.
func (sh *shell) loop(read func(prompt string) (string, error)) {
	pending := ""
	for {
		p := prompt
		if pending != "" {
			p = promptMore
		}
		line, err := read(p)
		if err != nil {
			return
		}
		if pending == "" && strings.HasPrefix(strings.TrimSpace(line), ":") {
			if sh.command(strings.TrimSpace(line)) {
				return
			}
			continue
		}
		if pending += line + "\n"; parser.Open(pending) {
			continue
		}
		if strings.TrimSpace(pending) != "" {
			sh.eval(pending)
		}
		pending = ""
	}
}

// eval runs one input. An expression prints its value.
func (sh *shell) eval(src string) {
	src = strings.TrimSpace(src)
	bare := strings.TrimRight(src, "; \n")
	// What compiles as an expression is one.
	if img, _ := sh.build("return (" + bare + "\n);"); img != nil {
		if v, ok := sh.run(img); ok && !v.IsNone() {
			fmt.Fprintln(sh.out, value.Literal(v))
		}
		return
	}
	if !strings.HasSuffix(src, ";") && !strings.HasSuffix(src, "}") {
		src += ";"
	}
	img, diags := sh.build(src)
	diag.Text(sh.err, diags)
	if img != nil {
		sh.run(img)
	}
}

func (sh *shell) build(src string) (*vm.Image, diag.List) {
	set, diags := sh.e.loader.Build(context.Background(), sh.roots, []module.Entry{{
		ID: "input", Root: sh.root, Path: fmt.Sprintf("input %d", sh.n+1), Source: []byte(src), Shell: true, Base: sh.base, Globals: sh.e.defined(),
	}})
	if set == nil {
		return nil, diags
	}
	return set.Image("input"), diags
}

// run executes an input; Ctrl-C stops it. The session lives on after an error.
func (sh *shell) run(img *vm.Image) (value.Value, bool) {
	sh.n++
	ctx, cancel := context.WithCancelCause(context.Background())
	defer cancel(nil)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt)
	defer signal.Stop(stop)
	go func() {
		select {
		case <-stop:
			cancel(errors.New("interrupted"))
		case <-ctx.Done():
		}
	}()
	t := vm.New(img, sh.e.host, sh.e.limits())
	if sh.last != nil {
		t = sh.last.Continue(img)
	} else if err := sh.e.defines(t); err != nil {
		fmt.Fprintln(sh.err, err)
	}
	sh.base, sh.last = img.Program(), t
	v, err := t.Run(ctx)
	if err != nil {
		_ = report(sh.err, err)
	}
	return v, err == nil
}

// command runs a line that begins with a colon; it reports whether to leave.
func (sh *shell) command(line string) (quit bool) {
	name, arg, _ := strings.Cut(line, " ")
	arg = strings.TrimSpace(arg)
	switch name {
	case ":quit", ":q":
		return true
	case ":reset":
		sh.reset()
	case ":help":
		switch {
		case arg == "":
			fmt.Fprintln(sh.out, ":help NAME  :type EXPR  :load FILE  :time EXPR  :disasm EXPR  :reset  :quit")
		case !describe(sh.out, sh.e.universe.Catalog, arg):
			fmt.Fprintln(sh.err, unnamed(sh.e.universe.Catalog, arg))
		}
	case ":type":
		if img, diags := sh.build("return (" + strings.TrimRight(arg, ";") + "\n);"); img == nil {
			diag.Text(sh.err, diags)
		} else if v, ok := sh.run(img); ok {
			fmt.Fprintln(sh.out, v.TypeName())
		}
	case ":load":
		src, err := os.ReadFile(arg)
		if err != nil {
			fmt.Fprintf(sh.err, "cannot read %s\n", filepath.Base(arg))
			return false
		}
		img, diags := sh.build(string(src))
		diag.Text(sh.err, diags)
		if img != nil {
			sh.run(img)
		}
	case ":time":
		begin := time.Now()
		sh.eval(arg)
		fmt.Fprintf(sh.out, "%s\n", time.Since(begin).Round(time.Microsecond))
	case ":disasm":
		img, diags := sh.build(strings.TrimRight(arg, ";") + ";")
		diag.Text(sh.err, diags)
		if img != nil {
			img.Program().Disassemble(sh.out)
		}
	default:
		fmt.Fprintf(sh.err, "unknown command %s, :help lists them\n", name)
	}
	return false
}
