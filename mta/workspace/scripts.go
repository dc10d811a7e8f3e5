package workspace

import (
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"

	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/runtime/module"
)

// Scripts are the hook scripts of a workspace with its configuration.
type Scripts struct {
	Entries []module.Entry // ID is PHASE/ID, or queue/predelivery, queue/postdelivery
	Roots   *module.Roots
}

// ID returns the name of an entry.
func ID(phase, id string) string {
	if phase == "predelivery" || phase == "postdelivery" {
		return queueDir + "/" + phase
	}
	return phase + "/" + id
}

// Scripts collects the hooks and checks that those the configuration names
// exist. The bundled modules come with extras and std.
func (w *Workspace) Scripts(c *config.Config, extras []*module.Root, std *module.Root) (*Scripts, diag.List) {
	var diags diag.List
	inline, faults := w.inlineFiles(c)
	diags = append(diags, faults...)
	w.files.setInline(inline)
	s := &Scripts{Roots: &module.Roots{Files: w.filesRoot, Extras: append([]*module.Root{w.pluginsRoot}, extras...), Std: std}}
	if p := c.Smtpd.Scripting.RootPath; p != "" {
		dir := p
		if !filepath.IsAbs(dir) {
			dir = filepath.Join(w.Root, dir)
		}
		if r, err := os.OpenRoot(dir); err != nil {
			diags = append(diags, c.Fault(config.SmtpdFile, "scripting.rootpath", "cannot open the directory '%s'", p))
		} else {
			s.Roots.System = &module.Root{FS: r.FS(), Prefix: p}
		}
	} else {
		s.Roots.System = s.Roots.Files
	}
	have := map[string]bool{}
	diags = append(diags, w.tree(s, have)...)
	diags = append(diags, w.inlineHooks(c, s, have)...)
	diags = append(diags, references(c, have)...)
	diags = append(diags, w.configure(c, s.Roots)...)
	return s, diags
}

// configure gives the modules of plugins what they are configured with, and checks that
// the plugins are there.
func (w *Workspace) configure(c *config.Config, roots *module.Roots) diag.List {
	libraries, diags := w.libraries(c, roots.Extras)
	seen := map[string]bool{}
	for i, p := range c.App.Plugins {
		at := fmt.Sprintf("plugins[%d].id", i)
		if !isName(p.ID) || !bundled(roots.Extras, p.ID) && !slices.ContainsFunc(libraries, func(l Library) bool { return l.ID == p.ID }) {
			diags = append(diags, c.Fault(config.AppFile, at, "got '%s', want the name of a plugin that is loaded, or of a module below extras://", p.ID))
		} else if seen[p.ID] {
			diags = append(diags, c.Fault(config.AppFile, at, "'%s' stands before", p.ID))
		}
		seen[p.ID] = true
	}
	w.settings.setInline(settings(c))
	roots.Settings = w.settingsRoot
	return diags
}

// settings are the files of plugin-config://.
func settings(c *config.Config) map[string][]byte {
	files := map[string][]byte{}
	for _, p := range c.App.Plugins {
		if p.Config != nil {
			files[p.ID+"/"+config.AppFile] = p.Config
		}
	}
	return files
}

// bundled reports whether a tree has a module: a file, or a folder with main.hsl.
func bundled(trees []*module.Root, id string) bool {
	for _, t := range trees {
		for _, name := range []string{id + ".hsl", id + "/main.hsl"} {
			if _, err := fs.Stat(t.FS, name); err == nil {
				return true
			}
		}
	}
	return false
}

// tree lists the scripts below hooks/.
func (w *Workspace) tree(s *Scripts, have map[string]bool) diag.List {
	root := w.hooksRoot
	var diags diag.List
	for _, phase := range append(slices.Clone(phases), queueDir) {
		files, err := fs.ReadDir(root.FS, phase)
		if err != nil {
			if !errors.Is(err, fs.ErrNotExist) {
				diags = append(diags, &diag.Diagnostic{Message: fmt.Sprintf("cannot read hooks/%s", phase)})
			}
			continue
		}
		for _, f := range files {
			name, ok := scriptName(f)
			if !ok {
				continue
			}
			context := phase
			if phase == queueDir {
				if context = name; name != "predelivery" && name != "postdelivery" {
					continue
				}
			}
			id := ID(context, name)
			have[id] = true
			s.Entries = append(s.Entries, module.Entry{ID: id, Context: context, Root: root, Path: path.Join(phase, f.Name())})
		}
	}
	return diags
}

func scriptName(f fs.DirEntry) (string, bool) {
	name := f.Name()
	if f.IsDir() || name[0] == '.' || path.Ext(name) != ".hsl" {
		return "", false
	}
	return name[:len(name)-len(".hsl")], true
}

// inlineHooks adds the scripts of scripting.hooks.
func (w *Workspace) inlineHooks(c *config.Config, s *Scripts, have map[string]bool) diag.List {
	var diags diag.List
	root := w.inlineRoot
	add := func(phase, id, src, at string) {
		name := ID(phase, id)
		if have[name] {
			x := c.Fault(config.AppFile, at, "hooks/%s.hsl wins over this script", name)
			x.Severity = diag.Warning
			diags = append(diags, x)
			return
		}
		have[name] = true
		s.Entries = append(s.Entries, module.Entry{ID: name, Context: phase, Root: root, Path: name, Source: []byte(src)})
	}
	h := &c.App.Scripting.Hooks
	h.Each(func(phase, at string, x *config.InlineHook) {
		switch {
		case x.Data != "":
			add(phase, x.ID, x.Data, at)
		case !have[ID(phase, x.ID)]:
			diags = append(diags, c.Fault(config.AppFile, at, "no data, and no file hooks/%s/%s.hsl", phase, x.ID))
		}
	})
	for phase, src := range map[string]string{"predelivery": h.PreDelivery, "postdelivery": h.PostDelivery} {
		if src != "" {
			add(phase, "", src, "scripting.hooks."+phase)
		}
	}
	slices.SortFunc(s.Entries, func(a, b module.Entry) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return diags
}

// inlineFiles reads scripting.files. It asks the disk alone whether a file wins.
func (w *Workspace) inlineFiles(c *config.Config) (map[string][]byte, diag.List) {
	out := map[string][]byte{}
	var diags diag.List
	for i, f := range c.App.Scripting.Files {
		at := fmt.Sprintf("scripting.files[%d]", i)
		data := []byte(f.Data)
		var err error
		switch {
		case f.Path != "":
			p := f.Path
			if !filepath.IsAbs(p) {
				p = filepath.Join(w.Root, p)
			}
			data, err = os.ReadFile(p)
		case f.Binary:
			data, err = base64.StdEncoding.DecodeString(f.Data)
		}
		if err != nil {
			diags = append(diags, c.Fault(config.AppFile, at, "the file cannot be read"))
			continue
		}
		name := path.Clean(f.ID)
		if fs.ValidPath(name) && w.files.onDisk(name) {
			x := c.Fault(config.AppFile, at, "files/%s wins over this file", name)
			x.Severity = diag.Warning
			diags = append(diags, x)
		}
		out[name] = data
	}
	return out, diags
}

// references checks the hook ids of all servers.
func references(c *config.Config, have map[string]bool) diag.List {
	var diags diag.List
	check := func(at, phase, id string) {
		if id == "" || have[ID(phase, id)] {
			return
		}
		x := c.Fault(config.AppFile, at, "no file hooks/%s/%s.hsl", phase, id)
		if s := sig.Suggest(ID(phase, id), maps.Keys(have)); s != "" {
			x.Hint = "did you mean '" + path.Base(s) + "'?"
		}
		diags = append(diags, x)
	}
	for i, s := range c.App.Servers {
		at := fmt.Sprintf("servers[%d].phases.", i)
		p := &s.Phases
		for phase, id := range map[string]string{
			"connect": p.Connect.Hook, "proxy": p.Proxy.Hook, "helo": p.Helo.Hook, "auth": p.Auth.Hook, "mailfrom": p.MailFrom.Hook,
			"rcptto": p.RcptTo.Hook.ID, "eod": p.EOD.Hook, "disconnect": p.Disconnect.Hook,
		} {
			check(at+phase+".hook", phase, id)
		}
		for domain, id := range p.RcptTo.Hook.Domains {
			check(at+"rcptto.hook.recipientdomains."+domain, "rcptto", id)
		}
	}
	return diags
}
