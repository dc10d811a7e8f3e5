package workspace

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/runtime/module"
)

// Folders of a workspace.
const (
	hooksDir  = "hooks"
	filesDir  = "files"
	configDir = "config"
	// pluginsDir has the modules of plugins, extras://NAME (spec plugin 1).
	pluginsDir = "plugins/hsl"
)

// Workspace is an opened workspace.
type Workspace struct {
	Root string // absolute

	files, hooks, plugins    tree
	inline, settings         tree // of the configuration
	filesRoot, hooksRoot     *module.Root
	pluginsRoot              *module.Root
	inlineRoot, settingsRoot *module.Root
}

// ErrEmpty tells that a directory holds no workspace.
var ErrEmpty = errors.New("no workspace")

// Open opens the workspace in dir or dir/src.
func Open(dir string) (*Workspace, error) {
	for _, d := range []string{dir, filepath.Join(dir, "src")} {
		if !looksLike(d) {
			continue
		}
		abs, err := filepath.Abs(d)
		if err != nil {
			return nil, err
		}
		w := &Workspace{Root: abs}
		w.filesRoot = &module.Root{FS: &w.files, Prefix: filesDir}
		w.hooksRoot = &module.Root{FS: &w.hooks, Prefix: hooksDir}
		w.pluginsRoot = &module.Root{FS: &w.plugins, Prefix: pluginsDir, Compat: true}
		w.settingsRoot = settingsRoot(&w.settings)
		w.inlineRoot = &module.Root{FS: &w.inline, Prefix: config.AppFile}
		if err := w.Refresh(); err != nil {
			w.Close()
			return nil, err
		}
		return w, nil
	}
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return nil, fmt.Errorf("%s is not a directory", dir)
	}
	return nil, fmt.Errorf("%w in %s: it has neither config nor hooks, make one with 'hawserd init %s'", ErrEmpty, dir, dir)
}

// looksLike reports whether a directory has the folders of a workspace.
func looksLike(dir string) bool {
	for _, f := range []string{configDir, hooksDir} {
		if st, err := os.Stat(filepath.Join(dir, f)); err == nil && st.IsDir() {
			return true
		}
	}
	return false
}

// Refresh opens the folders again, for links that were moved.
func (w *Workspace) Refresh() error {
	for folder, t := range map[string]*tree{filesDir: &w.files, hooksDir: &w.hooks, pluginsDir: &w.plugins} {
		if err := t.reopen(filepath.Join(w.Root, folder)); err != nil {
			return fmt.Errorf("open workspace: %w", err)
		}
	}
	return nil
}

// Close frees the folders.
func (w *Workspace) Close() {
	w.files.close()
	w.hooks.close()
	w.plugins.close()
}

// Files returns the tree of script files.
func (w *Workspace) Files() *module.Root { return w.filesRoot }

func settingsRoot(t *tree) *module.Root {
	return &module.Root{FS: t, Prefix: "plugin-config://"}
}

// Plugins returns the modules of plugins of the workspace in dir, and what they are
// configured with, for tools; nil and nil when it has none.
func Plugins(dir string) (modules, config *module.Root) {
	r, err := os.OpenRoot(filepath.Join(dir, pluginsDir))
	if err != nil {
		return nil, nil
	}
	t := &tree{}
	if c := loadConfig(dir); c != nil {
		t.setInline(settings(c))
	}
	return &module.Root{FS: r.FS(), Prefix: pluginsDir, Compat: true}, settingsRoot(t)
}

// loadConfig returns the configuration, nil when it has faults.
func loadConfig(dir string) *config.Config {
	c, diags := config.Load(dir, os.LookupEnv)
	if diags.Errors() {
		return nil
	}
	return c
}

// Find returns the root of the workspace that a file lies in; ok is false when
// it lies in none. Only the known folders make a file part of one.
func Find(file string) (root string, ok bool) {
	abs, err := filepath.Abs(file)
	if err != nil {
		return "", false
	}
	for dir := filepath.Dir(abs); ; dir = filepath.Dir(dir) {
		rel, err := filepath.Rel(dir, abs)
		first, _, _ := strings.Cut(filepath.ToSlash(rel), "/")
		if err == nil && slices.Contains([]string{hooksDir, filesDir, "tests"}, first) && looksLike(dir) {
			return dir, true
		}
		if dir == filepath.Dir(dir) {
			return "", false
		}
	}
}

// Context returns the hook that a file below a root is for, "" for others.
func Context(root, file string) string {
	abs, err := filepath.Abs(file)
	if err != nil {
		return ""
	}
	rel, err := filepath.Rel(root, abs)
	if err != nil {
		return ""
	}
	parts := strings.Split(filepath.ToSlash(rel), "/")
	if len(parts) < 3 || parts[0] != hooksDir || path.Ext(rel) != ".hsl" {
		return ""
	}
	if parts[1] == queueDir {
		return strings.TrimSuffix(parts[2], ".hsl")
	}
	if slices.Contains(phases, parts[1]) {
		return parts[1]
	}
	return ""
}

// phases are the hooks that are bound per server; the two of the queue lie in
// hooks/queue.
var phases = []string{"connect", "proxy", "helo", "auth", "mailfrom", "rcptto", "eod", "disconnect"}

const queueDir = "queue"
