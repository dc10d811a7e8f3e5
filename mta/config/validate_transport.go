package config

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/mta/address"
)

// TLSModes are the modes of session.tls.mode.
var TLSModes = []string{"disabled", "optional", "optional_verify", "require", "require_verify", "dane", "dane_require", "dane_fallback_require_verify"}

func (v *validator) transports() {
	ids := v.c.App.transportIDs()
	groups, transports := map[string]bool{}, map[string]bool{}
	parents := map[string]string{}
	for i, g := range v.c.App.TransportGroups {
		path := fmt.Sprintf("transportgroups[%d]", i)
		v.id(AppFile, path, g.ID, groups)
		parents[g.ID] = g.Parent
		v.transport(path, &g.Transport, ids)
		for j := range g.Transports {
			at := fmt.Sprintf("%s.transports[%d]", path, j)
			v.id(AppFile, at, g.Transports[j].TransportID, transports)
			v.transport(at, &g.Transports[j], ids)
		}
	}
	whole := v.c.App.Transports()
	for i, g := range v.c.App.TransportGroups {
		for j, t := range g.Transports {
			v.wholeProxy(fmt.Sprintf("transportgroups[%d].transports[%d].connection.proxy", i, j), whole[t.TransportID].Connection.Proxy)
		}
		path := fmt.Sprintf("transportgroups[%d].parent", i)
		if g.Parent != "" && !groups[g.Parent] {
			v.fault(AppFile, path, "no transport group '%s'", g.Parent)
		}
		for up, n := g.Parent, 0; up != ""; up, n = parents[up], n+1 {
			if up == g.ID || n > len(parents) {
				v.fault(AppFile, path, "the group inherits from itself")
				break
			}
		}
	}
}

func (v *validator) transport(path string, t *Transport, ids map[string]string) {
	if m := t.Session.TLS.Mode; m != "" && !slices.Contains(TLSModes, m) {
		v.fault(AppFile, path+".session.tls.mode", "got '%s', want %s", m, oneOf(TLSModes))
	}
	v.encryption(AppFile, path+".session.tls", t.Session.TLS.Protocols, t.Session.TLS.Ciphers)
	if p := t.Session.Protocol; p != "" && p != "smtp" && p != "lmtp" {
		v.fault(AppFile, path+".session.protocol", "got '%s', want smtp or lmtp", p)
	}
	if t.DSN.Transport != "" {
		v.known(AppFile, path+".dsn.transport", "transport", t.DSN.Transport, ids)
	}
	if r := t.DSN.Ret; r != "" && r != "HDRS" && r != "FULL" {
		v.fault(AppFile, path+".dsn.ret", "got '%s', want HDRS or FULL", r)
	}
	if from := t.DSN.From; from != "" {
		if a, err := address.Parse(from); err != nil || a.IsNull() {
			v.fault(AppFile, path+".dsn.from", "got '%s', want an address", from)
		}
	}
	if s := t.Session.DSN.Success; s != "" && s != "relayed" && s != "delivered" {
		v.fault(AppFile, path+".session.dsn.success", "got '%s', want relayed or delivered", s)
	}
	v.certificate(path+".session.tls.clientcert", t.Session.TLS.ClientCert)
	v.intervals(AppFile, path+".retry", t.Retry.Intervals)
	if p := t.Connection.Port; p != nil && (*p < 1 || *p > 65535) {
		v.fault(AppFile, path+".connection.port", "got %d, want 1 to 65535", *p)
	}
	if j := t.Retry.Jitter; j != nil && (*j < 0 || *j > 1) {
		v.fault(AppFile, path+".retry.jitter", "want a number from 0 to 1")
	}
	v.states(AppFile, path+".session.timeout", t.Session.Timeout)
	v.proxy(path+".connection.proxy", t.Connection.Proxy)
	v.attributes(path+".session.xclient", t.Session.XClient)
	src := &t.Connection.SourceIP
	v.sourceEntries(path+".connection.sourceip.addresses", src.Addresses)
	if src.IPv4 != nil {
		v.sources(path+".connection.sourceip.ipv4", src.IPv4.Addresses, netip.Addr.Is4)
	}
	if src.IPv6 != nil {
		v.sources(path+".connection.sourceip.ipv6", src.IPv6.Addresses, netip.Addr.Is6)
	}
}

// sources checks the addresses of a family.
func (v *validator) sources(path string, ids []string, family func(netip.Addr) bool) {
	for i, id := range ids {
		at := fmt.Sprintf("%s[%d]", path, i)
		a, ok := v.c.Source(id)
		if !ok {
			v.noAddress(at, id)
		} else if ip, err := netip.ParseAddr(a.Address); err == nil && !family(ip) {
			v.fault(AppFile, at, "%s is of the other family", a.Address)
		}
	}
}

// states checks the keys of time-outs by state.
func (v *validator) states(file, path string, m map[string]Duration) {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if !slices.Contains(states, name) {
			v.suggest(v.fault(file, join(path, name), "unknown state, want one of %s", strings.Join(states, ", ")), name, states)
		}
	}
}

// intervals checks a schedule.
func (v *validator) intervals(file, path string, list []Interval) {
	for i, r := range list {
		if r.Interval == 0 {
			v.fault(file, fmt.Sprintf("%s.intervals[%d].interval", path, i), "want more than 0")
		}
	}
}

// states are the keys of session.timeout (spec hooks 13).
var states = strings.Fields("BANNER HELO EHLO LHLO STARTTLS AUTH-CRAM-MD5 AUTH-PLAIN AUTH-LOGIN AUTH-LOGIN-USER AUTH XCLIENT MAIL RCPT DATA BDAT EOD RSET NOOP QUIT")
