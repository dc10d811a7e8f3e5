package route_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-mta/hawser/mta/route"
	"github.com/hawser-mta/hawser/mta/script/scripttest"
)

const zone = `
many.test.      60 IN MX 10 a.mx.test.
many.test.      60 IN MX 10 b.mx.test.
many.test.      60 IN MX 5  first.mx.test.
many.test.      60 IN MX 20 last.mx.test.
first.mx.test.  60 IN A 192.0.2.1
first.mx.test.  60 IN A 192.0.2.2
first.mx.test.  60 IN AAAA 2001:db8::1
a.mx.test.      60 IN A 192.0.2.10
b.mx.test.      60 IN A 192.0.2.11
last.mx.test.   60 IN A 192.0.2.20
implicit.test.  60 IN A 192.0.2.30
null.test.      60 IN MX 0 .
empty.test.     60 IN MX 5 nothing.test.
six.test.       60 IN MX 5 six.mx.test.
six.mx.test.    60 IN AAAA 2001:db8::6
failing.test.   60 IN MX 5 down.test.
good.secure.test. 60 IN MX 5 mx.secure.test.
mx.secure.test. 60 IN A 192.0.2.40
half.secure.test. 60 IN MX 5 a.mx.test.
`

// TestTargets: what is tried, in which order, and why nothing is. Groups of equal
// preference and addresses of one host are in random order, so that they are sorted
// between bars here.
func TestTargets(t *testing.T) {
	t.Parallel()
	r := scripttest.Resolver(t, zone)
	only4 := func(ip netip.Addr) bool { return ip.Is4() }
	for _, c := range []struct {
		name   string
		route  route.Route
		groups []int // sizes of what is in random order
		want   string
		secure bool
	}{
		{"groups, both families in turn", route.Route{Domain: "many.test"}, []int{3, 2, 1},
			"first 192.0.2.1 first 192.0.2.2 first 2001:db8::1 | a 192.0.2.10 b 192.0.2.11 | last 192.0.2.20", false},
		{"one family", route.Route{Domain: "many.test", Reaches: only4}, []int{2, 2, 1},
			"first 192.0.2.1 first 192.0.2.2 | a 192.0.2.10 b 192.0.2.11 | last 192.0.2.20", false},
		{"kept", route.Route{Domain: "many.test", Include: []string{"*.mx.test"}, Exclude: []string{"FIRST.mx.test", "last.mx.test"}}, []int{2},
			"a 192.0.2.10 b 192.0.2.11", false},
		{"all left out", route.Route{Domain: "many.test", Exclude: []string{"*.mx.test"}}, nil, "excluded temporary", false},
		{"implicit MX", route.Route{Domain: "IMPLICIT.test"}, nil, "implicit.test 192.0.2.30", false},
		{"null MX", route.Route{Domain: "null.test"}, nil, "nullmx", false},
		{"no domain", route.Route{Domain: "nothing.test"}, nil, "nxdomain", false},
		{"empty", route.Route{}, nil, "nxdomain", false},
		{"look-up fails", route.Route{Domain: "down.test"}, nil, "other temporary", false},
		{"host without address", route.Route{Domain: "empty.test"}, nil, "nodata", false},
		{"address look-up fails", route.Route{Domain: "failing.test"}, nil, "other temporary", false},
		{"other family", route.Route{Domain: "six.test", Reaches: only4}, nil, "ipfamily temporary", false},
		{"literal", route.Route{Domain: "[192.0.2.50]"}, nil, "192.0.2.50 192.0.2.50", false},
		{"literal of this server", route.Route{Domain: "[192.0.2.50]", Self: func(netip.Addr) bool { return true }}, nil, "loop", false},
		{"literal, IPv6", route.Route{Domain: "[IPv6:2001:db8::50]"}, nil, "2001:db8::50 2001:db8::50", false},
		{"given hosts", route.Route{Hosts: []string{"192.0.2.60", "b.mx.test"}, Domain: "null.test"}, nil, "192.0.2.60 192.0.2.60 b 192.0.2.11", false},
		{"authenticated", route.Route{Domain: "good.secure.test"}, nil, "mx.secure.test 192.0.2.40", true},
		{"authenticated MX only", route.Route{Domain: "half.secure.test"}, nil, "a 192.0.2.10", false},
		{"given and authenticated", route.Route{Hosts: []string{"mx.secure.test"}}, nil, "mx.secure.test 192.0.2.40", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			x := c.route
			x.Resolver = r
			if x.Hosts == nil {
				x.Hosts = []string{route.LookupMX}
			}
			if x.Reaches == nil {
				x.Reaches = func(netip.Addr) bool { return true }
			}
			list, fail := x.Targets(t.Context())
			var words []string
			if fail != nil {
				words = append(words, fail.Kind)
				if fail.Temporary {
					words = append(words, "temporary")
				}
			}
			for _, y := range list {
				words = append(words, strings.TrimSuffix(y.Name(), ".mx.test")+" "+y.IP.String())
				if y.Secure != c.secure {
					t.Errorf("%s: secure %v, want %v", y.Name(), y.Secure, c.secure)
				}
			}
			from := 0
			var parts []string
			for _, n := range c.groups {
				if from+n > len(words) {
					break
				}
				slices.Sort(words[from : from+n])
				parts = append(parts, strings.Join(words[from:from+n], " "))
				from += n
			}
			if from < len(words) {
				parts = append(parts, strings.Join(words[from:], " "))
			}
			if d := cmp.Diff(c.want, strings.Join(parts, " | ")); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}
