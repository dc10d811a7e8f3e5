package config

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

func (v *validator) queues() {
	q := &v.c.App.Queues
	if d := q.Grouping.Default; !slices.Contains([]string{"", "remotemx", "recipientdomain"}, d) {
		v.fault(AppFile, "queues.grouping.default", "got '%s', want remotemx, recipientdomain or nothing", d)
	}
	seen := map[string]bool{}
	for i, g := range q.Grouping.Groupings {
		path := fmt.Sprintf("queues.grouping.groupings[%d]", i)
		v.id(AppFile, path, g.ID, seen)
		if len(g.RemoteMX)+len(g.RemoteIP)+len(g.RecipientDomain) == 0 {
			v.fault(AppFile, path, "matches nothing, want remotemx, remoteip or recipientdomain")
		}
		v.patterns(AppFile, path+".remotemx", "remotemx", g.RemoteMX, nil)
		v.patterns(AppFile, path+".remoteip", "remoteip", g.RemoteIP, nil)
		v.patterns(AppFile, path+".recipientdomain", "recipientdomain", g.RecipientDomain, nil)
	}
	if p := q.Pooling.Policy; !slices.Contains(PoolPolicies, p) {
		v.fault(AppFile, "queues.pooling.policy", "got '%s', want %s", p, oneOf(PoolPolicies))
	}
	if q.Connections.Max < 1 {
		v.fault(AppFile, "queues.connections.max", "got %d, want 1 or more", q.Connections.Max)
	}
	seen = map[string]bool{}
	for i, x := range q.Quotas {
		path := fmt.Sprintf("queues.quotas[%d]", i)
		v.id(AppFile, path, x.ID, seen)
		if x.MaxCount == 0 && x.MaxBytes == 0 {
			v.fault(AppFile, path, "bounds nothing, want maxcount or maxbytes of more than 0")
		}
	}
}

// sourceEntries checks a source pool.
func (v *validator) sourceEntries(path string, entries []SourceEntry) {
	for i, e := range entries {
		at := fmt.Sprintf("%s[%d]", path, i)
		name, isList := e.list()
		switch {
		case (e.ID == "") == (e.Address == ""):
			v.fault(AppFile, at, "want one of id and address")
		case isList:
			v.sourceList(at, name)
		case e.ID != "":
			if _, ok := v.c.Source(e.ID); !ok {
				v.noAddress(at, e.ID)
			}
		default:
			if _, err := netip.ParseAddr(e.Address); err != nil {
				v.fault(AppFile, at+".address", "got '%s', want an IP address", e.Address)
			}
		}
	}
}

func (v *validator) noAddress(path, id string) {
	x := v.fault(AppFile, path, "no address '%s'", id)
	v.suggest(x, id, ids(v.c.App.Addresses, func(a Address) string { return a.ID }))
}

// sourceList checks that a list can be a source pool: it has no networks.
func (v *validator) sourceList(path, name string) {
	items, ok := v.c.App.Lists.Find("localip", name)
	if !ok {
		x := v.fault(AppFile, path, "no list '%s' in lists.localip", name)
		v.suggest(x, name, ids(v.c.App.Lists["localip"], func(l ValueList) string { return l.ID }))
	}
	for _, item := range items {
		if _, ok := v.c.Source(item); !ok {
			v.fault(AppFile, path, "list '%s' has '%s', a source is an address or an id of addresses", name, item)
			return
		}
	}
}

// proxy checks what is given of a proxy.
func (v *validator) proxy(path string, p Proxy) {
	if p.Port > 65535 {
		v.fault(AppFile, path+".port", "got %d, want 1 to 65535", p.Port)
	}
	if p.Version > 2 {
		v.fault(AppFile, path+".version", "got %d, want 1 or 2", p.Version)
	}
}

// wholeProxy checks that a proxy, if any, has host and port, which a transport may
// inherit.
func (v *validator) wholeProxy(path string, p Proxy) {
	if p != (Proxy{}) && (p.Host == "" || p.Port == 0) {
		v.fault(AppFile, path, "a proxy needs host and port")
	}
}

// attributes checks the names of session.xclient.
func (v *validator) attributes(path string, m map[string]string) {
	for name := range m {
		if strings.Trim(strings.ToUpper(name), "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") != "" {
			v.fault(AppFile, join(path, name), "got '%s', want a name such as ADDR", name)
		}
	}
}

func (v *validator) controlSocket() {
	s, path := &v.c.Smtpd.Environment.ControlSocket, "environment.controlsocket"
	if _, given := v.c.at[SmtpdFile][path+".path"]; given && s.Port != 0 {
		v.fault(SmtpdFile, path+".path", "path and port exclude each other")
	}
	if s.Port > 65535 {
		v.fault(SmtpdFile, path+".port", "got %d, want 1 to 65535", s.Port)
	}
	if _, err := netip.ParseAddr(s.Address); s.Address != "" && err != nil {
		v.fault(SmtpdFile, path+".address", "got '%s', want an IP address", s.Address)
	}
	if s.Port == 0 && s.Address != "" {
		v.fault(SmtpdFile, path+".address", "needs port")
	}
	if _, err := strconv.ParseUint(s.Chmod, 8, 9); err != nil {
		v.fault(SmtpdFile, path+".chmod", "got '%s', want an octal number such as \"0660\"", s.Chmod)
	}
	t := &s.TLS
	for name, m := range map[string]*Material{
		"server.certificate": t.Server.Certificate, "server.privatekey": t.Server.PrivateKey, "server.clientca": t.Server.ClientCA,
		"client.certificate": t.Client.Certificate, "client.privatekey": t.Client.PrivateKey,
	} {
		v.material(SmtpdFile, path+".tls."+name, m)
	}
	if (t.Server.Certificate == nil) != (t.Server.PrivateKey == nil) {
		v.fault(SmtpdFile, path+".tls.server", "want both of certificate and privatekey")
	}
	if t.Server.ClientCA != nil && t.Server.Certificate == nil {
		v.fault(SmtpdFile, path+".tls.server", "clientca needs certificate and privatekey")
	}
	if (t.Client.Certificate == nil) != (t.Client.PrivateKey == nil) {
		v.fault(SmtpdFile, path+".tls.client", "want both of certificate and privatekey")
	}
}
