package mta

import (
	"cmp"
	"errors"
	"fmt"
	"os"

	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/plugin"
	"github.com/hawser-mta/hawser/mta/plugin/native"
)

// plug loads and begins the plugins. The list holds every fault of the configuration, or
// warnings.
func (s *Server) plug() (diag.List, error) {
	c, diags := config.Load(s.ws.Root, os.LookupEnv)
	if diags.Errors() {
		return diags, nil
	}
	diags = s.loadPlugins(c) // what else there is comes with the scripts
	if diags.Errors() {
		return diags, nil
	}
	return diags, s.startPlugins(c)
}

// loadPlugins loads the libraries of a configuration. The list says what is wrong.
func (s *Server) loadPlugins(c *config.Config) diag.List {
	libraries, diags := s.ws.Libraries(c, s.extras)
	var list []*plugin.Plugin
	for _, l := range libraries {
		if s.o.Beside != nil {
			if p := s.o.Beside.plugins.Find(l.ID); p != nil {
				list = append(list, p)
			} else {
				x := c.Fault(config.SmtpdFile, cmp.Or(l.At, "plugins"), "plugin '%s' is not loaded and therefore not checked", l.ID)
				x.Severity = diag.Warning
				diags = append(diags, x)
			}
			continue
		}
		p, err := native.Load(l.ID, l.Path, s.o.Logger)
		switch {
		case err == nil:
			list = append(list, p)
		case l.At == "":
			diags = append(diags, &diag.Diagnostic{Code: "config", Message: err.Error()})
		default:
			diags = append(diags, c.Fault(config.SmtpdFile, l.At, "%s", err))
		}
	}
	s.plugins = plugin.NewSet(list...)
	return diags
}

// startPlugins begins the plugins, unless the files are only checked: what they do then
// would meet what those of a running server do.
func (s *Server) startPlugins(c *config.Config) error {
	if s.o.Check || len(s.plugins.All()) == 0 {
		return nil
	}
	s.early = c
	native.Attach(pluginQueue{s})
	start := func(id string) *plugin.Start { return &plugin.Start{Config: startTree(c, id), App: liveTree(c, id)} }
	if err := s.plugins.EarlyInit(start); err != nil {
		return err
	}
	s.lists.Reload("", "")
	s.early = c.WithLists(s.lists.InForce())
	if err := s.enforceEarly(s.early); err != nil {
		return err
	}
	return s.plugins.Init(start)
}

// startTree is what smtpd.yaml has for a plugin, nil when it has nothing.
func startTree(c *config.Config, id string) config.Tree {
	for _, p := range c.Smtpd.Plugins {
		if p.ID == id {
			return p.Config
		}
	}
	return nil
}

// liveTree is what smtpd-app.yaml has for a plugin, nil when it has nothing.
func liveTree(c *config.Config, id string) config.Tree {
	for _, p := range c.App.Plugins {
		if p.ID == id {
			return p.Config
		}
	}
	return nil
}

// PluginCommand implements control.Host: a command of an operator for a plugin.
func (h controlHost) PluginCommand(id string, args []string) (string, error) {
	p := h.s.plugins.Find(id)
	switch {
	case p == nil:
		return "", fmt.Errorf("no plugin '%s' is loaded", id)
	case p.Command == nil:
		return "", fmt.Errorf("plugin '%s' has no commands", id)
	}
	text, ok := p.Command(args)
	switch {
	case ok:
		return text, nil
	case text == "":
		return "", fmt.Errorf("plugin '%s' refuses the command", id)
	}
	return "", errors.New(text)
}
