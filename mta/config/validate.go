package config

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/hawser-mta/hawser/lang/diag"
	"github.com/hawser-mta/hawser/lang/token"
	"github.com/hawser-mta/hawser/runtime/foreign"
	"github.com/hawser-mta/hawser/runtime/pki"
)

// validator collects faults with their places.
type validator struct {
	c     *Config
	diags diag.List
}

// Validate returns every fault that one value alone does not show.
func (c *Config) Validate() diag.List {
	v := &validator{c: c}
	v.start()
	v.threads()
	v.servers()
	v.transports()
	v.addresses()
	v.queues()
	v.lists()
	v.policies()
	v.suspends()
	v.delivery()
	return v.diags
}

// Fault returns a diagnostic at a path of a file; the place is the nearest one
// that stands in it.
func (c *Config) Fault(file, path, format string, args ...any) *diag.Diagnostic {
	x := &diag.Diagnostic{Code: "config", Message: path + ": " + fmt.Sprintf(format, args...), Width: 1, Pos: token.Position{File: file}}
	at := c.at[file]
	for p := path; ; {
		if pos, ok := at[p]; ok {
			x.Pos = pos
			if lines := c.lines[file]; pos.Line > 0 && pos.Line <= len(lines) {
				x.Source = strings.TrimRight(lines[pos.Line-1], "\r")
			}
			return x
		}
		i := max(strings.LastIndexByte(p, '.'), strings.LastIndexByte(p, '['))
		if i < 0 {
			return x
		}
		p = p[:i]
	}
}

func (v *validator) fault(file, path, format string, args ...any) *diag.Diagnostic {
	x := v.c.Fault(file, path, format, args...)
	v.diags = append(v.diags, x)
	return x
}

func (v *validator) start() {
	s := &v.c.Smtpd
	if n := s.Environment.UUID.Version; n != 1 && n != 4 {
		v.fault(SmtpdFile, "environment.uuid.version", "got %d, want 1 or 4", n)
	}
	if _, err := strconv.ParseUint(s.Environment.Umask, 8, 12); err != nil {
		v.fault(SmtpdFile, "environment.umask", "got '%s', want an octal number such as \"0027\"", s.Environment.Umask)
	}
	if !slices.Contains([]string{"ignore", "unlink", "rename"}, s.Spool.Corrupt) {
		v.fault(SmtpdFile, "spool.corrupt", "got '%s', want ignore, unlink or rename", s.Spool.Corrupt)
	}
	if n := s.HTTP.Concurrency; n < 1 {
		v.fault(SmtpdFile, "http.concurrency", "got %d, want 1 or more", n)
	}
	if s.Spool.Path != "" && len(s.Spool.Paths) > 0 {
		v.fault(SmtpdFile, "spool.paths", "path and paths exclude each other")
	}
	for i, p := range s.Spool.Paths {
		if p.Path == "" {
			v.fault(SmtpdFile, fmt.Sprintf("spool.paths[%d].path", i), "the key is missing")
		}
	}
	v.process()
	if s.Scripting.FFI && !foreign.Supported {
		v.fault(SmtpdFile, "scripting.ffi", "is not supported on this platform")
	}
	seen := map[string]bool{}
	for i, x := range s.Servers {
		path := fmt.Sprintf("servers[%d]", i)
		v.id(SmtpdFile, path, x.ID, seen)
		if x.Type != "" && x.Type != "smtp" {
			v.fault(SmtpdFile, path+".type", "type %s is not supported by this version, want smtp", x.Type)
		}
		if len(x.Listeners) == 0 {
			v.fault(SmtpdFile, path+".listeners", "the key is missing")
		}
		for j, l := range x.Listeners {
			at := fmt.Sprintf("%s.listeners[%d]", path, j)
			if l.Port < 1 || l.Port > 65535 {
				v.fault(SmtpdFile, at+".port", "got %d, want 1 to 65535", l.Port)
			}
			if _, err := netip.ParseAddr(l.Address); l.Address != "" && err != nil {
				v.fault(SmtpdFile, at+".address", "got '%s', want an IP address", l.Address)
			}
		}
	}
	v.controlSocket()
	v.keys(SmtpdFile, s.PKI.Private)
	v.keys(AppFile, v.c.App.PKI.Private)
}

func (v *validator) keys(file string, list []PrivateKey) {
	seen := map[string]bool{}
	for i, k := range list {
		path := fmt.Sprintf("pki.private[%d]", i)
		v.id(file, path, k.ID, seen)
		for name, m := range map[string]*Material{"privatekey": k.PrivateKey, "certificate": k.Certificate} {
			v.material(file, path+"."+name, m)
		}
	}
}

func (v *validator) material(file, path string, m *Material) {
	if m != nil && (m.Path == "") == (m.Data == "") {
		v.fault(file, path, "want one of path and data")
	}
}

func (v *validator) id(file, path, id string, seen map[string]bool) {
	switch {
	case id == "":
		v.fault(file, path+".id", "the key is missing")
	case strings.HasPrefix(id, "__") || id == "_default" || id == "_queues":
		v.fault(file, path+".id", "'%s' is a reserved name", id)
	case seen[id]:
		v.fault(file, path+".id", "'%s' is given twice", id)
	}
	seen[id] = true
}

func (v *validator) servers() {
	started := map[string]*ServerStart{}
	for i := range v.c.Smtpd.Servers {
		started[v.c.Smtpd.Servers[i].ID] = &v.c.Smtpd.Servers[i]
	}
	transports := v.c.App.transportIDs()
	seen := map[string]bool{}
	for i, s := range v.c.App.Servers {
		path := fmt.Sprintf("servers[%d]", i)
		v.id(AppFile, path, s.ID, seen)
		if s.ID != "" && started[s.ID] == nil {
			v.fault(AppFile, path+".id", "server '%s' is not in %s", s.ID, SmtpdFile)
		}
		if s.Transport != "" {
			v.known(AppFile, path+".transport", "transport", s.Transport, transports)
		}
		v.encryption(AppFile, path+".tls", s.TLS.Protocols, s.TLS.Ciphers)
		v.certificate(path+".tls.certs.cert", s.TLS.Certs.Cert)
		for j, id := range s.TLS.Certs.SNI {
			v.certificate(fmt.Sprintf("%s.tls.certs.sni[%d]", path, j), id)
		}
		if (s.TLS.Implicit.All || len(s.TLS.Implicit.Listeners) > 0 || s.TLS.Required) && s.TLS.Certs.Cert == "" {
			v.fault(AppFile, path+".tls", "needs certs.cert")
		}
		if x := started[s.ID]; x != nil {
			for j, l := range s.TLS.Implicit.Listeners {
				if !slices.ContainsFunc(x.Listeners, func(have Listener) bool { return have.ID == l }) {
					v.fault(AppFile, fmt.Sprintf("%s.tls.implicit[%d]", path, j), "server '%s' has no listener '%s'", s.ID, l)
				}
			}
		}
		for j, e := range s.Extensions {
			if !slices.Contains([]string{"PIPELINING", "8BITMIME", "SIZE", "CHUNKING", "SMTPUTF8", "ENHANCEDSTATUSCODES", "STARTTLS", "AUTH"}, strings.ToUpper(e)) {
				v.fault(AppFile, fmt.Sprintf("%s.extensions[%d]", path, j), "unknown extension '%s'", e)
			}
		}
	}
	for i, s := range v.c.Smtpd.Servers {
		if s.ID != "" && !seen[s.ID] {
			v.fault(SmtpdFile, fmt.Sprintf("servers[%d].id", i), "server '%s' is not in %s", s.ID, AppFile)
		}
	}
}

// encryption checks what is allowed in TLS.
func (v *validator) encryption(file, path, protocols, ciphers string) {
	if _, _, err := pki.Versions(protocols); err != nil {
		v.fault(file, path+".protocols", "%s", err)
	}
	if _, err := pki.Suites(ciphers); err != nil {
		v.fault(file, path+".ciphers", "%s", err)
	}
}

func (v *validator) certificate(path, id string) {
	if id == "" {
		return
	}
	k := v.c.Key(id)
	switch {
	case k == nil:
		v.fault(AppFile, path, "no pki.private entry '%s'", id)
	case k.PrivateKey == nil || k.Certificate == nil:
		v.fault(AppFile, path, "pki.private entry '%s' needs privatekey and certificate", id)
	}
}

// Key returns the entry of an id from both files, nil when there is none.
func (c *Config) Key(id string) *PrivateKey {
	var out *PrivateKey
	for _, list := range [][]PrivateKey{c.Smtpd.PKI.Private, c.App.PKI.Private} {
		for _, k := range list {
			if k.ID != id {
				continue
			}
			if out == nil {
				out = &PrivateKey{ID: id}
			}
			if k.PrivateKey != nil {
				out.PrivateKey = k.PrivateKey
			}
			if k.Certificate != nil {
				out.Certificate = k.Certificate
			}
		}
	}
	return out
}

func (v *validator) known(file, path, what, id string, ids map[string]string) {
	if _, ok := ids[id]; ok {
		return
	}
	v.suggest(v.fault(file, path, "no %s '%s'", what, id), id, slices.Sorted(maps.Keys(ids)))
}

func (v *validator) addresses() {
	seen := map[string]bool{}
	for i, a := range v.c.App.Addresses {
		path := fmt.Sprintf("addresses[%d]", i)
		v.id(AppFile, path, a.ID, seen)
		if _, err := netip.ParseAddr(a.Address); err != nil {
			v.fault(AppFile, path+".address", "got '%s', want an IP address", a.Address)
		}
		v.proxy(path+".proxy", a.Proxy)
		v.wholeProxy(path+".proxy", a.Proxy)
	}
	for i, s := range v.c.App.Resolver.Servers {
		if _, err := netip.ParseAddr(s); err != nil {
			if _, err := netip.ParseAddrPort(s); err != nil {
				v.fault(AppFile, fmt.Sprintf("resolver.servers[%d]", i), "got '%s', want IP or IP:PORT", s)
			}
		}
	}
}
