package testrun

import (
	"context"
	"path/filepath"
	"regexp"
	"time"

	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/mta/hooktest"
	"github.com/hawser-mta/hawser/mta/workspace"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Suffix ends the names of test files.
const Suffix = "_test.hsl"

// Runner runs test files.
type Runner struct {
	Universe *registry.Universe // with functions that can be mocked
	Std      *module.Root
	Roots    func(file string) *module.Roots
	Prefix   func(dir string) string // how names in a folder are printed
	Services map[string]any          // of the host: the resolver
	Limits   vm.Limits
	Globals  map[string]value.Value // of --define

	Select   *regexp.Regexp // cases to run; nil: all
	Bench    *regexp.Regexp // benchmarks to run; nil: none
	Parallel int            // cases at once; 0: one
	Target   time.Duration  // how long a benchmark runs; 0: a second
	Cover    bool           // count which lines run
	Compat   bool           // tests may use legacy names
	FFI      bool           // tests may call functions of C libraries

	spaces map[string]*hooktest.Workspace // of this round, by root
	kept   map[string]*module.Loader      // by file or root, between rounds
}

// file is a compiled test file.
type file struct {
	path  string
	roots *module.Roots
	set   *module.Set
	img   *vm.Image
	space *hooktest.Workspace
}

func (r *Runner) loader(key string) *module.Loader {
	if r.kept == nil {
		r.kept = map[string]*module.Loader{}
	}
	if r.kept[key] == nil {
		r.kept[key] = module.NewLoader(r.Universe)
		r.kept[key].Cover, r.kept[key].Compat = r.Cover, r.Compat
	}
	return r.kept[key]
}

// load compiles a test file; with an error in the list there is none.
func (r *Runner) load(ctx context.Context, path string) (*file, diag.List) {
	dir := filepath.Dir(path)
	roots := *r.Roots(path)
	roots.Std = r.Std
	entry := module.Entry{ID: path, Root: &module.Root{FS: module.Dir(dir), Prefix: r.Prefix(dir)}, Path: filepath.Base(path)}
	for name := range r.Globals {
		entry.Globals = append(entry.Globals, name)
	}
	set, diags := r.loader(path).Build(ctx, &roots, []module.Entry{entry})
	if set == nil {
		return nil, diags
	}
	return &file{path: path, roots: &roots, set: set, img: set.Image(path), space: r.space(path, &roots)}, diags
}

// space returns the workspace that a file lies in. Files of one workspace share
// it for the round.
func (r *Runner) space(path string, roots *module.Roots) *hooktest.Workspace {
	root, _ := workspace.Find(path)
	if w := r.spaces[root]; w != nil {
		return w
	}
	w := &hooktest.Workspace{Root: root, Universe: r.Universe, Extras: roots.Extras, Std: r.Std, Loader: r.loader("workspace " + root)}
	if r.spaces == nil {
		r.spaces = map[string]*hooktest.Workspace{}
	}
	r.spaces[root] = w
	return w
}
