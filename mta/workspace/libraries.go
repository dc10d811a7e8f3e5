package workspace

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/runtime/module"
)

// Folders of shared libraries (spec plugin 1).
const (
	librariesDir = "plugins"
	autoloadDir  = "plugins/autoload/smtpd"
)

// Library is a shared library to load as a plugin.
type Library struct {
	ID, Path string
	At       string // where in smtpd.yaml; "": it is loaded without being named
}

// Libraries returns the libraries that a configuration names, then those of the folder
// autoload/smtpd by their names. Plugins that are modules of scripts are none of them.
func (w *Workspace) Libraries(c *config.Config, extras []*module.Root) ([]Library, diag.List) {
	return w.libraries(c, append([]*module.Root{w.pluginsRoot}, extras...))
}

func (w *Workspace) libraries(c *config.Config, modules []*module.Root) ([]Library, diag.List) {
	var out []Library
	var diags diag.List
	named := map[string]bool{}
	for i, p := range c.Smtpd.Plugins {
		at := fmt.Sprintf("plugins[%d]", i)
		l := Library{ID: p.ID, At: at, Path: p.Path}
		switch {
		case !isName(p.ID):
			diags = append(diags, c.Fault(config.SmtpdFile, at+".id", "got '%s', want a name without slashes", p.ID))
			continue
		case named[p.ID]:
			diags = append(diags, c.Fault(config.SmtpdFile, at+".id", "'%s' stands before", p.ID))
			continue
		}
		named[p.ID] = true
		if p.Autoload != nil && !*p.Autoload {
			continue
		}
		switch {
		case l.Path == "":
			l.Path = filepath.Join(w.Root, librariesDir, p.ID+".so")
			if !isFile(l.Path) {
				if !bundled(modules, p.ID) {
					diags = append(diags, c.Fault(config.SmtpdFile, at+".id", "no library plugins/%s.so, and no module extras://%s", p.ID, p.ID))
				}
				continue
			}
		case !filepath.IsAbs(l.Path):
			l.Path = filepath.Join(w.Root, l.Path)
		}
		out = append(out, l)
	}
	auto, fault := w.autoload()
	if fault != nil {
		diags = append(diags, fault)
	}
	for _, l := range auto {
		if !named[l.ID] {
			out = append(out, l)
		}
	}
	return out, diags
}

// autoload returns the libraries of the folder: each entry ID.so is one, a link to one,
// or a text with the path of one, which is relative to the folder.
func (w *Workspace) autoload() ([]Library, *diag.Diagnostic) {
	dir := filepath.Join(w.Root, autoloadDir)
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &diag.Diagnostic{Code: "config", Message: "cannot read " + autoloadDir}
	}
	var out []Library
	for _, e := range list {
		id, ok := strings.CutSuffix(e.Name(), ".so")
		if !ok || !isName(id) {
			continue
		}
		l := Library{ID: id, Path: filepath.Join(dir, e.Name())}
		if target, ok := named(l.Path); ok {
			if l.Path = target; !filepath.IsAbs(target) {
				l.Path = filepath.Join(dir, target)
			}
		}
		out = append(out, l)
	}
	return out, nil
}

// named returns the path that a text file consists of; ok is false for a library.
func named(file string) (target string, ok bool) {
	f, err := os.Open(file)
	if err != nil {
		return "", false
	}
	defer f.Close()
	var head [4096]byte
	n, _ := f.Read(head[:])
	text := bytes.TrimSpace(head[:n])
	if n == 0 || n == len(head) || slices.Contains(text, 0) || bytes.HasPrefix(text, []byte("\x7fELF")) {
		return "", false
	}
	return string(text), true
}

// isName reports whether an id can be that of a plugin.
func isName(id string) bool { return fs.ValidPath(id) && path.Base(id) == id && id != "." }

func isFile(path string) bool {
	st, err := os.Stat(path)
	return err == nil && st.Mode().IsRegular()
}
