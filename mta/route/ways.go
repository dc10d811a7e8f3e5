package route

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// Ways knows which addresses the system has a route to, and so a source address for.
// The zero value is ready for use.
type Ways struct {
	mu    sync.Mutex
	asked time.Time
	known map[netip.Addr]bool
}

// remembered is how long an answer counts: routes come and go.
const remembered = time.Second

// To reports whether there is a route to an address. Nothing is sent.
func (w *Ways) To(ip netip.Addr) bool {
	if ip.IsLoopback() {
		return true
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := time.Now(); now.Sub(w.asked) > remembered {
		w.asked, w.known = now, map[netip.Addr]bool{}
	}
	ok, found := w.known[ip]
	if !found {
		// A datagram socket is connected without a packet: the system only chooses the
		// source.
		c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 9)))
		if ok = err == nil; ok {
			c.Close()
		}
		w.known[ip] = ok
	}
	return ok
}
