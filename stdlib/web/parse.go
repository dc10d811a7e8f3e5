package web

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

func urlParse(_ *vm.Thread, a []value.Value) (value.Value, error) {
	u, ok := Parse(a[0].Str())
	if !ok {
		return value.None, nil
	}
	out := value.NewArray(8)
	for _, p := range []struct{ key, text string }{
		{"schema", u.Schema}, {"username", u.Username}, {"password", u.Password}, {"hostname", u.Hostname},
		{"port", u.Port}, {"path", u.Path}, {"query", u.Query}, {"fragment", u.Fragment},
	} {
		if p.text == "" {
			continue
		}
		v := value.Str(p.text)
		if p.key == "port" {
			n, _ := strconv.Atoi(p.text)
			v = value.Int(n)
		}
		out.SetStr(p.key, v)
	}
	return value.FromArray(out), nil
}

// URL are the parts of an address as they stand in it; "" is an absent one.
type URL struct{ Schema, Username, Password, Hostname, Port, Path, Query, Fragment string }

// schemaName is that of RFC 3986 section 3.1.
var schemaName = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*$`)

// Parse splits a URI reference (RFC 3986 appendix B); ok is false for what is none.
// Bytes above 127 may stand in it.
func Parse(s string) (u URL, ok bool) {
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		return u, false
	}
	s, u.Fragment, _ = strings.Cut(s, "#")
	s, u.Query, _ = strings.Cut(s, "?")
	if i := strings.IndexAny(s, ":/"); i >= 0 && s[i] == ':' {
		if !schemaName.MatchString(s[:i]) {
			return URL{}, false
		}
		u.Schema, s = strings.ToLower(s[:i]), s[i+1:]
	}
	rest, hasAuthority := strings.CutPrefix(s, "//")
	if !hasAuthority {
		u.Path = s
		return u, !u.web() // which is nothing without a host
	}
	authority := rest
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		authority, u.Path = rest[:i], rest[i:]
	}
	if !u.authority(authority) {
		return URL{}, false
	}
	return u, true
}

func (u *URL) authority(s string) bool {
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		u.Username, u.Password, _ = strings.Cut(s[:i], ":")
		if s = s[i+1:]; s == "" {
			return false
		}
	}
	var hasPort bool
	if rest, bracket := strings.CutPrefix(s, "["); bracket {
		host, tail, closed := strings.Cut(rest, "]")
		if !closed || !literal(host) {
			return false
		}
		u.Hostname = host
		if u.Port, hasPort = strings.CutPrefix(tail, ":"); !hasPort && tail != "" {
			return false
		}
	} else {
		u.Hostname, u.Port, _ = strings.Cut(s, ":")
	}
	if strings.ContainsAny(u.Hostname, `[]<>"\^{}|`) || u.Port != "" && !validPort(u.Port) {
		return false
	}
	if u.Hostname == "" { // as in file:///etc
		return s == "" && !u.web() && u.Username+u.Password == ""
	}
	return true
}

func (u *URL) web() bool { return u.Schema == "http" || u.Schema == "https" }

var futureLiteral = regexp.MustCompile(`^[vV][0-9A-Fa-f]+\.[A-Za-z0-9._~!$&'()*+,;=:-]+$`)

// literal reports whether a host in brackets is an address (RFC 3986 section 3.2.2,
// zones as in RFC 6874).
func literal(host string) bool {
	addr, err := netip.ParseAddr(strings.Replace(host, "%25", "%", 1))
	return err == nil && addr.Is6() || futureLiteral.MatchString(host)
}

func validPort(s string) bool {
	n, err := strconv.ParseUint(s, 10, 16)
	return err == nil && n <= 65535
}
