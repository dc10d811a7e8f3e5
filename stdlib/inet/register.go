package inet

import (
	"net/netip"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Register declares the domain.
func Register(b *registry.Builder) {
	b.Func(sig.New("inet_includes(ip: string, network: string) -> boolean|none",
		"Whether an address lies in a network: address, prefix (10.0.0.0/8) or range (10.0.0.1-10.0.0.9). none when one cannot be read.").
		Show(`echo inet_includes("10.1.2.3", "10.0.0.0-10.1.255.255");`, "true"),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			ip, err := Parse(a[0].Str())
			in, ok := Includes(ip, a[1].Str())
			if err != nil || !ok {
				return value.None, nil
			}
			return value.Bool(in), nil
		})
	b.Func(sig.New("inet_pton(ip: string) -> string|none", "The 4 or 16 bytes of an address.").
		Show(`echo length(inet_pton("192.0.2.1"));`, "4"),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			ip, err := Parse(a[0].Str())
			if err != nil {
				return value.None, nil
			}
			return value.Bytes(ip.AsSlice()), nil
		})
	b.Func(sig.New("inet_ntop(ip: string) -> string|none", "The text of an address of 4 or 16 bytes (RFC 5952).").
		Show(`echo inet_ntop(inet_pton("2001:DB8::1"));`, "2001:db8::1"),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			ip, ok := netip.AddrFromSlice([]byte(a[0].Str()))
			if !ok {
				return value.None, nil
			}
			return value.Str(ip.String()), nil
		})
	b.Func(sig.New("inet_reverse(ip: string, zone?: string) -> string|none",
		"The name under which an address is looked up, below in-addr.arpa, ip6.arpa or another zone.").
		Show(`echo inet_reverse("192.0.2.9", "bl.example");`, "9.2.0.192.bl.example"),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			ip, err := Parse(a[0].Str())
			if err != nil {
				return value.None, nil
			}
			zone := ""
			if len(a) > 1 && !a[1].IsNone() {
				zone = a[1].Str()
			}
			return value.Str(Reverse(ip, zone)), nil
		})
}
