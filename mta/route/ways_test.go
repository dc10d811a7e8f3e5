package route_test

import (
	"net/netip"
	"testing"

	"github.com/hawser-mta/hawser/mta/route"
)

// TestWays: loopback is always there; a link-local address without its link never is.
func TestWays(t *testing.T) {
	t.Parallel()
	var w route.Ways
	for range 2 { // asked, and remembered
		for ip, want := range map[string]bool{"127.0.0.9": true, "::1": true, "fe80::1": false} {
			if got := w.To(netip.MustParseAddr(ip)); got != want {
				t.Errorf("%s: %v", ip, got)
			}
		}
	}
}
