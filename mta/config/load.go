package config

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/token"
)

// Names of the files (spec mta 1).
const (
	SmtpdFile    = "smtpd.yaml"
	AppFile      = "smtpd-app.yaml"
	PolicyFile   = "smtpd-policy.yaml"
	SuspendFile  = "smtpd-suspend.yaml"
	DeliveryFile = "smtpd-delivery.yaml"
)

// Files are the names of all files, smtpd.yaml first.
var Files = []string{SmtpdFile, AppFile, PolicyFile, SuspendFile, DeliveryFile}

// Config is the whole configuration. It never changes once loaded.
type Config struct {
	Dir      string // workspace
	Smtpd    Smtpd
	App      App
	Policies Policies
	Suspends Suspends
	Delivery Delivery

	at    map[string]map[string]token.Position // file → path → place
	lines map[string][]string

	authorities func() *x509.CertPool // read once

	own, added Lists // those of App.Lists that are of the file, and of plugins
}

// Load reads the configuration of a workspace. The list holds every fault; with
// an error in it the configuration must not be used.
func Load(dir string, env func(string) (string, bool)) (*Config, diag.List) {
	return LoadWith(dir, env, nil)
}

// LoadWith is Load with lists that plugins have made.
func LoadWith(dir string, env func(string) (string, bool), lists Lists) (*Config, diag.List) {
	c := Defaults(dir)
	c.added = lists
	var diags diag.List
	for _, name := range Files {
		diags = append(diags, c.file(name, env)...)
	}
	c.App.Lists = c.own.with(c.added)
	if !diags.Errors() {
		diags = append(diags, c.Validate()...)
	}
	diags.Sort()
	return c, diags
}

// path returns where a file lies: where smtpd.yaml says, relative to the workspace,
// or beside smtpd.yaml.
func (c *Config) path(name string) string {
	e := &c.Smtpd.Environment
	path := map[string]string{AppFile: e.AppConf, PolicyFile: e.PolicyConf, SuspendFile: e.SuspendConf, DeliveryFile: e.DeliveryConf}[name]
	switch {
	case path == "":
		return filepath.Join(c.Dir, "config", name)
	case filepath.IsAbs(path):
		return path
	}
	return filepath.Join(c.Dir, path)
}

// file reads one file; a missing one means its defaults.
func (c *Config) file(name string, env func(string) (string, bool)) diag.List {
	path := c.path(name)
	src, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return diag.List{{Code: "config", Pos: token.Position{File: path}, Message: "cannot read the file: " + reason(err)}}
	}
	out, version := c.part(name)
	d := &decoder{file: path, env: env, at: map[string]token.Position{}}
	d.decode(src, out)
	c.at[name], c.lines[name] = d.at, d.lines
	if name == AppFile {
		c.own = c.App.Lists
	}
	if !d.diags.Errors() {
		d.version(*version)
	}
	return d.diags
}

// part returns what a file holds, and its version key.
func (c *Config) part(name string) (out any, version *string) {
	switch name {
	case SmtpdFile:
		return &c.Smtpd, &c.Smtpd.Version
	case AppFile:
		return &c.App, &c.App.Version
	case PolicyFile:
		return &c.Policies, &c.Policies.Version
	case SuspendFile:
		return &c.Suspends, &c.Suspends.Version
	case DeliveryFile:
		return &c.Delivery, &c.Delivery.Version
	}
	panic("config: no file " + name)
}

func reason(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return err.Error()
}

// The versions of the format that have the same meaning here.
var (
	oldest = []int{5, 8}
	newest = []int{6, 11}
)

// version checks the version key of a file.
func (d *decoder) version(v string) {
	pos, ok := d.at["version"]
	if !ok {
		d.diags = append(d.diags, d.diagnostic(token.Position{File: d.file, Line: 1, Column: 1}, `version: the key is missing, want version: "6.10"`))
		return
	}
	major, minor, cut := strings.Cut(v, ".")
	a, err1 := strconv.Atoi(major)
	b, err2 := strconv.Atoi(minor)
	if !cut || err1 != nil || err2 != nil {
		d.diags = append(d.diags, d.diagnostic(pos, fmt.Sprintf("version: got '%s', want MAJOR.MINOR", v)))
		return
	}
	switch n := []int{a, b}; {
	case slices.Compare(n, oldest) < 0:
		d.diags = append(d.diags, d.diagnostic(pos, fmt.Sprintf("version: %s is not supported, want 5.8 to 6.11", v)))
	case slices.Compare(n, newest) > 0:
		x := d.diagnostic(pos, fmt.Sprintf("version: %s is newer than 6.11, what it added is not known", v))
		x.Severity = diag.Warning
		d.diags = append(d.diags, x)
	}
}
