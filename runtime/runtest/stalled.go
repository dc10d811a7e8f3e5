package runtest

import (
	"net"
	"net/netip"
	"syscall"
	"testing"
	"time"
)

// Stalled listens on an address, until the test ends, with a queue that is full:
// whoever connects gets no answer. Port 0 stands for a free one; it returns the port.
func Stalled(t testing.TB, at netip.AddrPort) int {
	t.Helper()
	ip := at.Addr()
	family, sa := syscall.AF_INET6, syscall.Sockaddr(&syscall.SockaddrInet6{Addr: ip.As16(), Port: int(at.Port())})
	if ip.Is4() {
		family, sa = syscall.AF_INET, &syscall.SockaddrInet4{Addr: ip.As4(), Port: int(at.Port())}
	}
	fd, err := syscall.Socket(family, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Close(fd) })
	if err := syscall.Bind(fd, sa); err != nil {
		t.Fatalf("bind %s: %v", at, err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		t.Fatal(err)
	}
	if sa, err = syscall.Getsockname(fd); err != nil {
		t.Fatal(err)
	}
	port := 0
	switch x := sa.(type) {
	case *syscall.SockaddrInet4:
		port = x.Port
	case *syscall.SockaddrInet6:
		port = x.Port
	}
	for range 8 {
		c, err := net.DialTimeout("tcp", netip.AddrPortFrom(ip, uint16(port)).String(), 300*time.Millisecond)
		if err != nil {
			return port
		}
		t.Cleanup(func() { c.Close() })
	}
	t.Fatal("the queue of a socket does not become full")
	return 0
}
