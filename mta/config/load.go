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
	"sync"
	"time"

	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/token"
)

// Names of the files.
const (
	SmtpdFile    = "smtpd.yaml"
	AppFile      = "smtpd-app.yaml"
	PolicyFile   = "smtpd-policy.yaml"
	SuspendFile  = "smtpd-suspend.yaml"
	DeliveryFile = "smtpd-delivery.yaml"
)

// Config is the whole configuration. It never changes once loaded.
type Config struct {
	Dir   string // workspace
	Smtpd Smtpd
	App   App

	at    map[string]map[string]token.Position // file → path → place
	lines map[string][]string

	authorities func() *x509.CertPool // read once
}

// Defaults returns the configuration of empty files.
func Defaults(dir string) *Config {
	c := &Config{Dir: dir, at: map[string]map[string]token.Position{}, lines: map[string][]string{}}
	c.authorities = sync.OnceValue(c.readAuthorities)
	s := &c.Smtpd
	s.Environment.Umask, s.Environment.UUID.Version, s.Environment.Syslog.Mask = "0027", 4, 255
	s.Spool.FSync, s.Spool.Corrupt, s.Spool.Loader.Threads = true, "ignore", 4
	s.Spool.MinFree.Bytes, s.Spool.MinFree.Inodes = 100<<20, 10000
	s.Scripting.Limits.Memory, s.Scripting.Limits.Time, s.Scripting.Limits.Stack = 256<<20, Duration(300*time.Second), 1000
	s.HTTP.Concurrency = 1024
	c.App.Resolver.Timeout, c.App.Resolver.Retries, c.App.Resolver.Cache.Size = Duration(5*time.Second), 2, 10000
	c.App.Queues.Connections.Max = 10000
	return c
}

// Load reads the configuration of a workspace. The list holds every fault; with
// an error in it the configuration must not be used.
func Load(dir string, env func(string) (string, bool)) (*Config, diag.List) {
	c := Defaults(dir)
	var diags diag.List
	diags = append(diags, c.file(c.beside("", SmtpdFile), &c.Smtpd, env)...)
	e := &c.Smtpd.Environment
	diags = append(diags, c.file(c.beside(e.AppConf, AppFile), &c.App, env)...)
	for name, path := range map[string]string{PolicyFile: e.PolicyConf, SuspendFile: e.SuspendConf, DeliveryFile: e.DeliveryConf} {
		path = c.beside(path, name)
		if b, err := os.ReadFile(path); err == nil && len(strings.TrimSpace(string(b))) > 0 {
			diags = append(diags, &diag.Diagnostic{Code: "config", Pos: token.Position{File: path}, Message: name + " is not supported by this version"})
		}
	}
	if !diags.Errors() {
		diags = append(diags, c.Validate()...)
	}
	diags.Sort()
	return c, diags
}

// beside returns where a file lies: a given path, which is relative to the
// workspace, or the name beside smtpd.yaml.
func (c *Config) beside(path, name string) string {
	switch {
	case path == "":
		return filepath.Join(c.Dir, "config", name)
	case filepath.IsAbs(path):
		return path
	}
	return filepath.Join(c.Dir, path)
}

// file reads one file; a missing one means its defaults.
func (c *Config) file(path string, out any, env func(string) (string, bool)) diag.List {
	src, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return diag.List{{Code: "config", Pos: token.Position{File: path}, Message: "cannot read the file: " + reason(err)}}
	}
	d := &decoder{file: path, env: env, at: map[string]token.Position{}}
	d.decode(src, out)
	key := filepath.Base(path)
	if _, isApp := out.(*App); isApp {
		key = AppFile
	}
	c.at[key], c.lines[key] = d.at, d.lines
	if !d.diags.Errors() {
		d.version(out)
	}
	return d.diags
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
func (d *decoder) version(out any) {
	v := ""
	switch x := out.(type) {
	case *Smtpd:
		v = x.Version
	case *App:
		v = x.Version
	}
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
