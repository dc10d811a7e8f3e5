package socket

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/foreign"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"golang.org/x/sys/unix"
)

// Register declares the domain. The class X509 must be there already: certificates of
// peers are its objects.
func Register(b *registry.Builder) {
	registerSocket(b)
	registerTLS(b, b.Impl("X509"))
}

func registerSocket(b *registry.Builder) {
	ctor := sig.New("Socket(family: string, type: string) -> Socket",
		"A socket: AF_INET, AF_INET6 or AF_UNIX, and SOCK_STREAM or SOCK_DGRAM. It closes when unreachable.").
		Show(`$s = Socket("AF_INET", "SOCK_DGRAM"); $s->close(); echo $s->send("x"); echo $s->errno();`, "\n9")
	var class *value.Class
	class = b.Class(sig.Class{
		Name: "Socket", Constructor: &ctor, Text: "A network or local socket. Only the calling script waits.",
		Methods: []*sig.Func{
			sig.New("AF(address: string) -> string|none", "The family of an IP address; none for what is none, such as a host name.").
				Show(`echo [Socket::AF("192.0.2.1"), Socket::AF("2001:db8::1"), Socket::AF("example.com")];`,
					`[0=>"AF_INET",1=>"AF_INET6",2=>none]`).StaticMethod(),
			sig.New("Resource(socket: SocketResource) -> Socket|none", "An object of a resource; none when it is closed.").StaticMethod(),
			sig.New("bind(address: string, port?: number, options?: array) -> Socket|none", "Gives it a local address or path; none on an error.",
				sig.Opt("nonlocal: boolean = false", "the address need not be one of the system")).Method(),
			sig.New("connect(address: string, port?: number) -> Socket|none", "Connects it to an IP address of its family, or to a path; none on an error.").Method(),
			sig.New("send(data: string) -> number|none", "Sends data, on streams all of it, and returns the number of bytes; none on an error.").Method(),
			sig.New("recv(length: number, flags?: string|array) -> string|none",
				"Receives up to length bytes; empty at the end of a stream, none on an error. Flags: MSG_PEEK leaves them there, "+
					"MSG_WAITALL waits for all, MSG_DONTWAIT for none.").Method(),
			sig.New("settimeout(timeout: number) -> Socket", "Seconds that each call may take, 0 for no limit.").Method(),
			sig.New("shutdown(how: string) -> Socket|none", "Ends one direction or both: SHUT_RD, SHUT_WR or SHUT_RDWR.").Method(),
			sig.New("close() -> Socket|none", "Closes it; none when it is closed already.").Method(),
			sig.New("errno() -> number", "The error number of the last call that failed, 0 for none; 110 is a timeout.").Method(),
			sig.New("toFFIValue() -> FFIValue|none", "The descriptor for FFI, which stays that of the socket; none when it is closed.").Method(),
		},
	}, map[string]vm.Impl{
		"Socket": func(t *vm.Thread, a []value.Value) (value.Value, error) {
			family, ok := families[a[0].Str()]
			if !ok {
				return value.None, errors.New("Socket(): argument 1 (family) must be AF_INET, AF_INET6 or AF_UNIX")
			}
			typ, ok := types[a[1].Str()]
			if !ok {
				return value.None, errors.New("Socket(): argument 2 (type) must be SOCK_STREAM or SOCK_DGRAM")
			}
			return value.Native(class, New(family, typ)), t.Charge(size)
		},
		"AF": func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			if f := familyOf(a[0].Str()); f != "" {
				return value.Str(f), nil
			}
			return value.None, nil
		},
		"Resource": func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			s, ok := registry.Resource[*Socket](a[0])
			if !ok {
				return value.None, fmt.Errorf("Socket::Resource(): argument 1 (socket) must be %s, got %s", Resource, a[0].TypeName())
			}
			if s.file == nil {
				return value.None, nil
			}
			return value.Native(class, s), nil
		},
		"bind":       bind,
		"connect":    connect,
		"send":       send,
		"recv":       recv,
		"settimeout": settimeout,
		"shutdown":   shutdown,
		"close":      func(_ *vm.Thread, a []value.Value) (value.Value, error) { return of(a).done(a, of(a).Close()) },
		"errno":      func(_ *vm.Thread, a []value.Value) (value.Value, error) { return value.Int(int(of(a).errno)), nil },
		"toFFIValue": func(t *vm.Thread, a []value.Value) (value.Value, error) {
			if !t.Host().FFI {
				return value.None, vm.NotAvailable("Socket->toFFIValue")
			}
			s := of(a)
			number := -1
			if s.control(func(fd int) error { number = fd; return nil }) != nil {
				return value.None, nil // closed
			}
			return foreign.Descriptor(t, number)
		},
	})
}

// of returns the socket that a method is called on.
func of(a []value.Value) *Socket { return a[0].Object().Native.(*Socket) }

// done is the result of a call that returns its object, none on an error.
func (s *Socket) done(a []value.Value, err error) (value.Value, error) {
	if err != nil {
		s.errno = errnoOf(err)
		return value.None, nil
	}
	return a[0], nil
}

// port reads the argument behind the address.
func port(fn string, a []value.Value) (int, error) {
	n, err := registry.Count(fn, a[1:], 1, 0)
	if err == nil && (n < 0 || n > math.MaxUint16) {
		err = fmt.Errorf("%s(): argument 2 (port) must be 0 to 65535", fn)
	}
	return n, err
}

func bind(_ *vm.Thread, a []value.Value) (value.Value, error) {
	n, err := port("Socket->bind", a)
	if err != nil {
		return value.None, err
	}
	return of(a).done(a, of(a).bind(a[1].Str(), n, registry.OptionsAt("Socket->bind", a, 3).Bool("nonlocal", false)))
}

func shutdown(_ *vm.Thread, a []value.Value) (value.Value, error) {
	how, ok := map[string]int{"SHUT_RD": unix.SHUT_RD, "SHUT_WR": unix.SHUT_WR, "SHUT_RDWR": unix.SHUT_RDWR}[a[1].Str()]
	if !ok {
		return value.None, errors.New("Socket->shutdown(): argument 1 (how) must be SHUT_RD, SHUT_WR or SHUT_RDWR")
	}
	return of(a).done(a, of(a).control(func(fd int) error { return unix.Shutdown(fd, how) }))
}

func send(t *vm.Thread, a []value.Value) (value.Value, error) {
	s, sent := of(a), 0
	ok, err := s.during(t, func() error {
		var err error
		sent, err = s.send(t.Context(), a[1].Str())
		return err
	})
	if err != nil || !ok && sent == 0 {
		return value.None, err
	}
	return value.Int(sent), nil
}

func connect(t *vm.Thread, a []value.Value) (value.Value, error) {
	n, err := port("Socket->connect", a)
	if err != nil {
		return value.None, err
	}
	s := of(a)
	ok, err := s.during(t, func() error { return s.connect(t.Context(), t.Host().Sleep, a[1].Str(), n) })
	if err != nil || !ok {
		return value.None, err
	}
	return a[0], nil
}

func recv(t *vm.Thread, a []value.Value) (value.Value, error) {
	n, err := length("Socket->recv", a)
	if err != nil {
		return value.None, err
	}
	bits := 0
	if len(a) > 2 && !a[2].IsNil() {
		list := value.List(a[2])
		if a[2].IsArray() {
			list = a[2].Array()
		}
		for v := range list.Values() {
			bit, ok := flags[v.String()]
			if !ok {
				return value.None, errors.New("Socket->recv(): argument 2 (flags) must be MSG_PEEK, MSG_WAITALL or MSG_DONTWAIT, or a list of them")
			}
			bits |= bit
		}
	}
	s := of(a)
	var data []byte
	var fatal error
	ok, err := s.during(t, func() error {
		var err error
		data, err, fatal = s.recv(t, n, bits)
		return err
	})
	switch {
	case err != nil:
		return value.None, err
	case fatal != nil:
		return value.None, fatal
	case !ok:
		return value.None, nil
	}
	return value.Bytes(data), nil
}

// length reads the argument of recv.
func length(fn string, a []value.Value) (int, error) {
	n, err := registry.Count(fn, a[1:], 0, 0)
	if err == nil && n < 0 {
		err = fmt.Errorf("%s(): argument 1 (length) must be 0 or more", fn)
	}
	return n, err
}

func settimeout(_ *vm.Thread, a []value.Value) (value.Value, error) {
	n := a[1].Number()
	if math.IsNaN(n) || n < 0 {
		return value.None, errors.New("Socket->settimeout(): argument 1 (timeout) must be 0 or more")
	}
	d := time.Duration(min(n, 1e9) * float64(time.Second))
	if n > 0 {
		d = max(d, time.Nanosecond) // 0 would be no timeout
	}
	of(a).timeout = d
	return a[0], nil
}
