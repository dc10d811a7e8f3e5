package socket

import (
	"net"
	"net/netip"
	"strings"

	"golang.org/x/sys/unix"
)

// address returns the address that a literal stands for: an IP address of the family,
// or a path.
func address(family int, text string, port int) (unix.Sockaddr, error) {
	if family == unix.AF_UNIX {
		if text == "" || strings.Contains(text[1:], "\x00") {
			return nil, unix.EINVAL
		}
		return &unix.SockaddrUnix{Name: text}, nil
	}
	a, err := netip.ParseAddr(text)
	if err != nil {
		return nil, unix.EINVAL
	}
	switch {
	case a.Is4() && family == unix.AF_INET:
		return &unix.SockaddrInet4{Port: port, Addr: a.As4()}, nil
	case !a.Is4() && family == unix.AF_INET6:
		sa := &unix.SockaddrInet6{Port: port, Addr: a.As16()}
		if zone := a.Zone(); zone != "" {
			i, err := net.InterfaceByName(zone)
			if err != nil {
				return nil, unix.ENODEV
			}
			sa.ZoneId = uint32(i.Index)
		}
		return sa, nil
	}
	return nil, unix.EAFNOSUPPORT
}

// familyOf returns the name of the family of an IP address, "" for what is none.
func familyOf(text string) string {
	a, err := netip.ParseAddr(text)
	switch {
	case err != nil:
		return ""
	case a.Is4():
		return "AF_INET"
	}
	return "AF_INET6"
}

// bind gives the socket a local address; nonlocal allows one that the system does not
// have.
func (s *Socket) bind(text string, port int, nonlocal bool) error {
	sa, err := address(s.family, text, port)
	if err != nil {
		return err
	}
	return s.control(func(fd int) error {
		if nonlocal {
			if err := allowNonlocal(fd, s.family); err != nil {
				return err
			}
		}
		return unix.Bind(fd, sa)
	})
}

func allowNonlocal(fd, family int) error {
	switch family {
	case unix.AF_INET:
		// Transparent sockets may receive for such addresses too; that needs a right
		// that the process may lack.
		_ = unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_TRANSPARENT, 1)
		return unix.SetsockoptInt(fd, unix.SOL_IP, unix.IP_FREEBIND, 1)
	case unix.AF_INET6:
		_ = unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_TRANSPARENT, 1)
		return unix.SetsockoptInt(fd, unix.SOL_IPV6, unix.IPV6_FREEBIND, 1)
	}
	return nil
}
