package hooktest

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"

	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/workspace"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
)

// Workspace holds the scripts of a workspace for tests. It is loaded when the
// first test asks for a hook.
type Workspace struct {
	Root     string // directory; "" for test files outside a workspace
	Universe *registry.Universe
	Extras   []*module.Root
	Std      *module.Root
	Loader   *module.Loader // keeps programs between rounds of tests

	once   sync.Once
	config *config.Config
	set    *module.Set
	roots  *module.Roots
	diags  diag.List
	err    error
}

// Set returns the scripts, nil when no test has asked for a hook yet.
func (w *Workspace) Set() *module.Set { return w.set }

// Faults returns what kept the workspace from loading.
func (w *Workspace) Faults() diag.List { return w.diags }

// Load compiles the workspace, once.
func (w *Workspace) Load() error {
	w.once.Do(func() {
		if w.Root == "" {
			w.err = fmt.Errorf("the test lies in no workspace, so it has no hooks")
			return
		}
		w.err = w.build()
	})
	return w.err
}

func (w *Workspace) build() error {
	ws, err := workspace.Open(w.Root)
	if err != nil {
		return err
	}
	c, diags := config.Load(ws.Root, os.LookupEnv)
	if diags.Errors() {
		w.diags = diags
		return fmt.Errorf("the configuration of the workspace has errors")
	}
	scripts, more := ws.Scripts(c, w.Extras, w.Std)
	diags = append(diags, more...)
	w.Loader.Compat = w.Loader.Compat || c.Smtpd.Scripting.Compat
	set, more := w.Loader.Build(context.Background(), scripts.Roots, scripts.Entries)
	if diags = append(diags, more...); diags.Errors() {
		w.diags = diags
		return fmt.Errorf("the scripts of the workspace have errors")
	}
	w.config, w.set, w.roots = c, set, scripts.Roots
	return nil
}

// find checks that there is a script for a hook.
func (w *Workspace) find(p hook.Phase, id string) error {
	name := workspace.ID(string(p), id)
	if w.set.Image(name) != nil {
		return nil
	}
	hint := ""
	if s := sig.Suggest(name, func(yield func(string) bool) {
		for _, x := range w.set.IDs() {
			if !yield(x) {
				return
			}
		}
	}); s != "" {
		hint = ", did you mean '" + strings.TrimPrefix(s, string(p)+"/") + "'?"
	}
	return fmt.Errorf("the workspace has no script hooks/%s.hsl%s", name, hint)
}
