package web

import (
	"encoding/hex"
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/hawser-mta/hawser/runtime/value"
)

// escape is url_encode: everything but A-Za-z0-9-._~ as %XX (RFC 3986 section 2.3).
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// scalar is the text of a string, number or boolean.
func scalar(v value.Value) (string, bool) {
	switch v.Kind() {
	case value.KString, value.KNumber, value.KBool:
		return v.String(), true
	}
	return "", false
}

// expand puts the items of a list into the places $1, $2 … of an address. A number
// that is too high is read without its last digits, or stays.
func expand(address string, items []string) string {
	if len(items) == 0 || !strings.Contains(address, "$") {
		return address
	}
	var out strings.Builder
	for {
		i := strings.IndexByte(address, '$')
		if i < 0 {
			out.WriteString(address)
			return out.String()
		}
		out.WriteString(address[:i])
		address = address[i:]
		n, used := 0, 1
		for j := 1; j < len(address) && address[j] >= '0' && address[j] <= '9'; j++ {
			next := n*10 + int(address[j]-'0')
			if next == 0 || next > len(items) {
				break
			}
			n, used = next, j+1
		}
		if n > 0 {
			out.WriteString(items[n-1])
		} else {
			out.WriteByte('$')
		}
		address = address[used:]
	}
}

// items reads the argument get.
func items(a *value.Array) ([]string, error) {
	var out []string
	for v := range a.Values() {
		s, ok := scalar(v)
		if !ok {
			return nil, fmt.Errorf("http(): argument 3 (get) must hold strings, got %s", v.TypeName())
		}
		out = append(out, escape(s))
	}
	return out, nil
}

var withScheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)

// target reads the address of a call, nil when it is none that http() can reach.
func target(address string) *url.URL {
	address = strings.TrimSpace(address)
	if !withScheme.MatchString(address) {
		address = "http://" + address
	}
	u, err := url.Parse(clean(address))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.Opaque != "" {
		return nil
	}
	if port := u.Port(); port != "" && !validPort(port) {
		return nil
	}
	u.Fragment, u.RawFragment = "", ""
	return u
}

// clean escapes what may not stand behind the host of an address, and so not in a request
// line either.
func clean(address string) string {
	start := strings.Index(address, "://") + len("://")
	if i := strings.IndexAny(address[start:], "/?#"); i >= 0 {
		start += i
	} else {
		return address
	}
	var out strings.Builder
	out.WriteString(address[:start])
	for i := start; i < len(address); i++ {
		c := address[i]
		if c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0 || c == '%' && !escaped(address[i+1:]) {
			fmt.Fprintf(&out, "%%%02X", c)
		} else {
			out.WriteByte(c)
		}
	}
	return out.String()
}

// escaped reports whether s goes on after a % as an escape does.
func escaped(s string) bool {
	_, err := hex.DecodeString(s[:min(2, len(s))])
	return len(s) >= 2 && err == nil
}
