package inet

import (
	"net/netip"
	"strconv"
	"strings"
)

// Includes reports whether ip lies in network: an address, a prefix or a range
// low-high. ok is false when one of them cannot be read.
func Includes(ip netip.Addr, network string) (in, ok bool) {
	if lo, hi, ranged := strings.Cut(network, "-"); ranged {
		from, err1 := Parse(strings.TrimSpace(lo))
		to, err2 := Parse(strings.TrimSpace(hi))
		if err1 != nil || err2 != nil || from.Is4() != to.Is4() {
			return false, false
		}
		return ip.Is4() == from.Is4() && from.Compare(ip) <= 0 && ip.Compare(to) <= 0, true
	}
	if strings.Contains(network, "/") {
		p, err := netip.ParsePrefix(network)
		if err != nil {
			return false, false
		}
		return ip.Is4() == p.Addr().Is4() && p.Contains(ip), true
	}
	a, err := Parse(network)
	return a == ip, err == nil
}

// Parse reads an address without a scope.
func Parse(s string) (netip.Addr, error) {
	a, err := netip.ParseAddr(s)
	if err == nil && a.Zone() != "" {
		return netip.ParseAddr("")
	}
	return a, err
}

// Reverse returns the octets or nibbles of an address in reverse order, before a
// zone (RFC 1035 section 3.5, RFC 3596 section 2.5).
func Reverse(a netip.Addr, zone string) string {
	const digits = "0123456789abcdef"
	var b strings.Builder
	raw := a.AsSlice()
	for i := len(raw) - 1; i >= 0; i-- {
		if a.Is4() {
			b.WriteString(strconv.Itoa(int(raw[i])) + ".")
			continue
		}
		b.Write([]byte{digits[raw[i]&15], '.', digits[raw[i]>>4], '.'})
	}
	if zone == "" {
		if zone = "ip6.arpa"; a.Is4() {
			zone = "in-addr.arpa"
		}
	}
	return b.String() + zone
}
