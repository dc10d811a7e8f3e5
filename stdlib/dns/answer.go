package dns

import (
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	mdns "github.com/miekg/dns"
)

// Conditions of an Answer besides upper-case RCODE names.
const (
	NXDomain = "NXDOMAIN"
	ServFail = "SERVFAIL"
	FormErr  = "FORMERR"
	TryAgain = "TRY_AGAIN"   // time-out, or no server could be reached
	Fatal    = "NO_RECOVERY" // servers answer, but not in DNS as it is known
)

// Answer is the outcome of a query.
type Answer struct {
	Error   string // condition, "" when answered; no records then means none of the type
	Records []Record
	Secure  bool // authenticated by the resolver (AD bit)
}

// Temporary reports whether asking later may help.
func (a *Answer) Temporary() bool { return a.Error != "" && a.Error != NXDomain && a.Error != FormErr }

// Record is one resource record.
type Record struct {
	Text string // plain form, as scripts get it
	TTL  time.Duration
	RR   mdns.RR
}

// Addr returns the address of an A or AAAA record.
func (r *Record) Addr() netip.Addr {
	switch x := r.RR.(type) {
	case *mdns.A:
		a, _ := netip.AddrFromSlice(x.A.To4())
		return a
	case *mdns.AAAA:
		a, _ := netip.AddrFromSlice(x.AAAA)
		return a
	}
	return netip.Addr{}
}

// Preference returns that of an MX record.
func (r *Record) Preference() int {
	if x, ok := r.RR.(*mdns.MX); ok {
		return int(x.Preference)
	}
	return 0
}

// host removes the final dot, but from the root.
func host(name string) string {
	if name == "." {
		return name
	}
	return strings.TrimSuffix(name, ".")
}

// unescape undoes the presentation form in which the library keeps strings (RFC 1035
// section 5.1): \DDD is a byte, a backslash before anything else is dropped.
func unescape(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			if i+3 < len(s) {
				if n, err := strconv.ParseUint(s[i+1:i+4], 10, 8); err == nil {
					out, i = append(out, byte(n)), i+3
					continue
				}
			}
			i++
		}
		out = append(out, s[i])
	}
	return string(out)
}

// record makes the plain form of a record.
func record(rr mdns.RR) Record {
	r := Record{RR: rr}
	if ttl := rr.Header().Ttl; ttl < 1<<31 { // others count as 0 (RFC 2181 section 8)
		r.TTL = time.Duration(ttl) * time.Second
	}
	switch x := rr.(type) {
	case *mdns.A, *mdns.AAAA:
		r.Text = r.Addr().String()
	case *mdns.MX:
		r.Text = host(x.Mx)
	case *mdns.TXT:
		r.Text = unescape(strings.Join(x.Txt, ""))
	case *mdns.CNAME:
		r.Text = host(x.Target)
	case *mdns.NS:
		r.Text = host(x.Ns)
	case *mdns.PTR:
		r.Text = host(x.Ptr)
	case *mdns.SOA:
		r.Text = fmt.Sprintf("%s %s %d %d %d %d %d", host(x.Ns), host(x.Mbox), x.Serial, x.Refresh, x.Retry, x.Expire, x.Minttl)
	case *mdns.SRV:
		r.Text = fmt.Sprintf("%d %d %d %s", x.Priority, x.Weight, x.Port, host(x.Target))
	case *mdns.TLSA:
		r.Text = fmt.Sprintf("%d %d %d %s", x.Usage, x.Selector, x.MatchingType, strings.ToLower(x.Certificate))
	case *mdns.CAA:
		r.Text = fmt.Sprintf("%d %s %s", x.Flag, x.Tag, x.Value)
	}
	return r
}

// byPreference orders MX records.
func byPreference(list []Record) {
	slices.SortStableFunc(list, func(a, b Record) int { return a.Preference() - b.Preference() })
}
