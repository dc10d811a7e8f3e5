package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/hawser-mta/hawser/cmd/internal/cli"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/control"
)

// reloads are the commands by file.
var reloads = []struct {
	file string
	cmd  control.Command
}{{"app", 'r'}, {"policy", 'p'}, {"suspend", 'o'}, {"delivery", 'H'}}

type configReloadCmd struct {
	File string `enum:"all,app,policy,suspend,delivery" default:"all" placeholder:"FILE" help:"app, policy, suspend or delivery; default: all."`
}

// Run reloads files. One that is broken does not keep the others from being loaded.
func (c *configReloadCmd) Run(a *app) error {
	sum := control.Affected{}
	var faults []string
	for _, r := range reloads {
		if c.File != "all" && c.File != r.file {
			continue
		}
		var x control.Affected
		if err := a.call(r.cmd, nil, &x); err != nil {
			if a.g.JSONRequest && c.File == "all" {
				continue
			}
			if c.File != "all" || a.client == nil {
				return err
			}
			faults = append(faults, err.Error())
			continue
		}
		sum.Affected += x.Affected
	}
	switch {
	case a.g.JSONRequest:
		return nil
	case len(faults) > 0:
		return cli.Fail(cli.Failed, "%s", strings.Join(faults, "\n"))
	case a.g.JSON:
		return a.json(sum)
	}
	fmt.Fprintf(a.out, "%d affected\n", sum.Affected)
	return nil
}

type configCheckCmd struct{}

// Run checks the files.
func (configCheckCmd) Run(a *app) error {
	var x control.Checked
	if err := a.call('O', nil, &x); err != nil {
		return err
	}
	if a.g.JSON {
		if err := a.json(x); err != nil {
			return err
		}
	} else if fmt.Fprint(a.out, x.Text); x.OK {
		fmt.Fprintln(a.out, "ok")
	}
	if !x.OK {
		return &cli.Exit{Code: cli.Failed}
	}
	return nil
}

type configShowCmd struct {
	File string `arg:"" optional:"" help:"One file, such as smtpd-app.yaml; default: all."`
}

// Run shows the running files.
func (c *configShowCmd) Run(a *app) error {
	var files map[string]json.RawMessage
	if err := a.call('P', nil, &files); err != nil {
		return err
	}
	if c.File != "" {
		one, ok := files[c.File]
		if !ok {
			return cli.Fail(cli.Failed, "got '%s', want one of %s", c.File, strings.Join(config.Files, ", "))
		}
		files = map[string]json.RawMessage{c.File: one}
	}
	if a.g.JSON {
		return a.json(files)
	}
	first := true
	for _, name := range config.Files {
		raw, ok := files[name]
		if !ok {
			continue
		}
		text, err := yaml.JSONToYAML(raw)
		if err != nil {
			return err
		}
		if !first {
			fmt.Fprintln(a.out)
		}
		first = false
		fmt.Fprintf(a.out, "# %s\n%s", name, text)
	}
	return nil
}
