package queue

import (
	"net/netip"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

func concurrency(t *vm.Thread, a []value.Value) (value.Value, error) {
	count, ok := t.Host().Services[ConnectionService].(Connections)
	if !ok {
		return value.None, vm.NotAvailable("server_concurrency")
	}
	var from netip.Prefix
	if len(a) > 1 && !a[1].IsNone() {
		if from, ok = network(a[1].Str()); !ok {
			return value.None, nil
		}
	}
	n, ok := count(a[0].Str(), from)
	if !ok {
		return value.None, nil
	}
	return value.Int(n), nil
}

// network reads an address or a prefix.
func network(s string) (netip.Prefix, bool) {
	if p, err := netip.ParsePrefix(s); err == nil {
		return p.Masked(), true
	}
	ip, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Prefix{}, false
	}
	p, err := ip.Unmap().Prefix(ip.Unmap().BitLen())
	return p, err == nil
}
