package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/pprof"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/cmd/internal/cli"
	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/mta"
	"github.com/hawser-mta/hawser/mta/hooktest"
	"github.com/hawser-mta/hawser/mta/workspace"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/bundled"
	"github.com/hawser-mta/hawser/stdlib/checks"
	"github.com/hawser-mta/hawser/stdlib/dns"
	"github.com/hawser-mta/hawser/stdlib/encode"
	"github.com/hawser-mta/hawser/stdlib/web"
)

// Shared are the flags of all commands.
type Shared struct {
	Root       string            `placeholder:"DIR" help:"Where bare module names and file: resolve."`
	Extras     string            `placeholder:"DIR" help:"Additional place for extras://."`
	Compat     bool              `help:"Allow legacy names of functions."`
	MaxTime    float64           `placeholder:"SECONDS" help:"Wall time of a run."`
	MaxMemory  int               `placeholder:"BYTES" help:"Memory of a run."`
	MaxSteps   int               `placeholder:"N" help:"Steps of a run."`
	CPUProfile string            `name:"cpuprofile" placeholder:"FILE" help:"Write a CPU profile."`
	FFI        bool              `name:"ffi" help:"Allow FFI: scripts may call functions of C libraries."`
	Define     map[string]string `placeholder:"NAME=JSON" help:"A global variable."`
	Resolver   string            `placeholder:"IP[:PORT]" help:"DNS server to use."`
}

// env is what a command works with.
type env struct {
	s        *Shared
	universe *registry.Universe
	std      *module.Root
	loader   *module.Loader
	host     *vm.Host
}

func (s *Shared) env(out io.Writer) (*env, error) {
	e := &env{s: s, universe: mta.Universe(checks.Register, hooktest.Register), std: bundled.Std()}
	e.loader = module.NewLoader(e.universe)
	e.loader.Compat = s.Compat
	e.host = vm.DefaultHost(out)
	e.host.FFI = s.FFI
	e.host.Log = func(_ *vm.Thread, _ int, text string) { fmt.Fprintln(os.Stderr, text) }
	o := dns.Options{CacheSize: 1000}
	if s.Resolver != "" {
		o.Servers = []string{s.Resolver}
	}
	r := dns.New(o)
	e.host.Services[dns.Service] = r
	e.host.Services[web.Service] = web.New(web.Options{Resolver: r.Net}) // as long as the process
	return e, nil
}

func (e *env) limits() vm.Limits {
	return vm.Limits{Time: time.Duration(e.s.MaxTime * float64(time.Second)), Memory: e.s.MaxMemory, Steps: e.s.MaxSteps}
}

// dirRoot is a folder on disk, which no link leads out of; diagnostics print names
// below it as they were given.
func dirRoot(dir, prefix string) *module.Root {
	return &module.Root{FS: module.Dir(dir), Prefix: prefix}
}

// linked returns the content of a script that the command line names by a link, which
// may lead anywhere: the user chose it. Of other files it is nil, the loader reads them.
func linked(file string) ([]byte, error) {
	if st, err := os.Lstat(file); err != nil || st.Mode()&fs.ModeSymlink == 0 {
		return nil, nil
	}
	if st, err := os.Stat(file); err != nil || !st.Mode().IsRegular() {
		return nil, nil
	}
	src, err := os.ReadFile(file)
	if err != nil {
		return nil, cli.Fail(cli.Usage, "cannot read %s: %s", file, reasonOf(err))
	}
	return src, nil
}

// roots returns the trees for a script in a file: those of its workspace, or its
// own folder.
func (e *env) roots(file string) *module.Roots {
	r := &module.Roots{Std: e.std}
	dir := filepath.Dir(file)
	r.Files = dirRoot(dir, prefix(dir))
	if ws, ok := workspace.Find(file); ok {
		files := filepath.Join(ws, "files")
		r.Files = dirRoot(files, prefix(files))
		var plugins *module.Root
		if plugins, r.Settings = workspace.Plugins(ws); plugins != nil {
			r.Extras = append(r.Extras, plugins)
		}
	}
	if e.s.Root != "" {
		r.Files = dirRoot(e.s.Root, prefix(e.s.Root))
	}
	r.System = r.Files
	if e.s.Extras != "" {
		extras := dirRoot(e.s.Extras, "extras://")
		extras.Compat = true // published modules use legacy names
		r.Extras = append(r.Extras, extras)
	}
	r.Extras = append(r.Extras, bundled.Extras())
	e.host.Files = r
	e.host.Disk = e.disk(file)
	return r
}

// disk is where scripts may read further files: --root, else below the working
// folder, else that of the script.
func (e *env) disk(file string) *os.Root {
	for _, dir := range []string{e.s.Root, ".", filepath.Dir(file)} {
		if dir == "" {
			continue
		}
		if r, err := os.OpenRoot(dir); err == nil {
			return r
		}
	}
	return nil
}

// prefix is how names below a folder are printed: relative to where the user is,
// when that is shorter.
func prefix(dir string) string {
	if dir == "." {
		return ""
	}
	wd, err := os.Getwd()
	if err != nil {
		return dir
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		return dir
	}
	if rel, err := filepath.Rel(wd, abs); err == nil && !strings.HasPrefix(rel, "..") {
		if rel == "." {
			return ""
		}
		return rel
	}
	return dir
}

// compile builds one entry; errors are printed, warnings too.
func (e *env) compile(ctx context.Context, roots *module.Roots, entry module.Entry) (*vm.Image, error) {
	set, diags := e.loader.Build(ctx, roots, []module.Entry{entry})
	diag.Text(os.Stderr, diags)
	if set == nil {
		return nil, &cli.Exit{Code: cli.Usage}
	}
	return set.Image(entry.ID), nil
}

// definitions reads --define.
func (s *Shared) definitions() (map[string]value.Value, error) {
	out := map[string]value.Value{}
	for name, text := range s.Define {
		v, err := encode.FromJSON(text, false)
		if err != nil {
			return nil, cli.Fail(cli.Usage, "--define %s: %s", name, err)
		}
		out[name] = v
	}
	return out, nil
}

// defines gives a thread the variables of --define.
func (e *env) defines(t *vm.Thread) error {
	vars, err := e.s.definitions()
	if err != nil {
		return err
	}
	for name, v := range vars {
		t.SetGlobal(name, v)
	}
	return nil
}

func (e *env) defined() []string {
	var names []string
	for n := range e.s.Define {
		names = append(names, n)
	}
	return names
}

// interruptible returns a context that ends with Ctrl-C.
func interruptible() (context.Context, context.CancelFunc) {
	return signal.NotifyContext(context.Background(), os.Interrupt)
}

// report prints what ended a run and returns the exit.
func report(w io.Writer, err error) error {
	var thrown *vm.Thrown
	var limit *vm.LimitError
	var stack []vm.Frame
	switch {
	case err == nil:
		return nil
	case errors.As(err, &thrown):
		stack = thrown.Stack
		at := ""
		if len(stack) > 0 {
			at = stack[0].Pos.String() + ": "
		}
		fmt.Fprintf(w, "%suncaught exception: %s\n", at, thrown.Error())
	case errors.As(err, &limit):
		stack = limit.Stack
		at := ""
		if len(stack) > 0 {
			at = stack[0].Pos.String() + ": "
		}
		fmt.Fprintf(w, "%serror: %s\n", at, limit.Text)
	default:
		fmt.Fprintf(w, "error: %s\n", err)
	}
	for _, f := range stack {
		fmt.Fprintf(w, "    %s\n", f)
	}
	return &cli.Exit{Code: cli.Failed}
}

// profile starts a CPU profile when one is wanted.
func (s *Shared) profile() (stop func(), err error) {
	if s.CPUProfile == "" {
		return func() {}, nil
	}
	f, err := os.Create(s.CPUProfile)
	if err != nil {
		return nil, cli.Fail(cli.Usage, "write profile: %s", err)
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, cli.Fail(cli.Usage, "write profile: %s", err)
	}
	return func() { pprof.StopCPUProfile(); f.Close() }, nil
}

// arguments is the list of strings behind a script's name.
func arguments(args []string) value.Value { return value.FromArray(value.Strings(args...)) }

// reasonOf words an error of the file system without the path.
func reasonOf(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}
