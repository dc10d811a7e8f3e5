package dns

import (
	"context"
	"net"
	"net/netip"
	"reflect"
	"sync/atomic"
	"time"

	mdns "github.com/miekg/dns"
)

// Options describe a resolver.
type Options struct {
	Servers   []string // IP or IP:PORT; none: those of /etc/resolv.conf
	Timeout   time.Duration
	Retries   int  // rounds over the servers after the first
	CacheSize int  // answers; 0: no cache
	NoDNSSEC  bool // answers count as not authenticated, whatever the server says of them
}

// Resolver asks recursive servers.
type Resolver struct {
	o       Options
	servers []string
	cache   cache
	running atomic.Int64
}

func (o Options) defaults() Options {
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	return o
}

// Is reports whether New would return one like it, with an empty cache.
func (r *Resolver) Is(o Options) bool { return reflect.DeepEqual(r.o, o.defaults()) }

// New returns a resolver.
func New(o Options) *Resolver {
	o = o.defaults()
	r := &Resolver{o: o, cache: cache{max: o.CacheSize}}
	for _, s := range o.Servers {
		r.servers = append(r.servers, withPort(s, "53"))
	}
	if len(r.servers) == 0 {
		if c, err := mdns.ClientConfigFromFile("/etc/resolv.conf"); err == nil {
			for _, s := range c.Servers {
				r.servers = append(r.servers, net.JoinHostPort(s, c.Port))
			}
		}
	}
	return r
}

func withPort(s, port string) string {
	if _, err := netip.ParseAddr(s); err == nil {
		return net.JoinHostPort(s, port)
	}
	return s
}

// Servers returns a resolver over other servers without a cache.
func Servers(servers []string, port string, timeout time.Duration) *Resolver {
	var list []string
	for _, s := range servers {
		list = append(list, net.JoinHostPort(s, port))
	}
	return New(Options{Servers: list, Timeout: timeout})
}

// Net returns a resolver of Go over the same servers, with the hosts file of the system:
// for what dials by name.
func (r *Resolver) Net() *net.Resolver {
	if len(r.servers) == 0 {
		return net.DefaultResolver
	}
	var next atomic.Uint32
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, network, r.servers[int(next.Add(1)-1)%len(r.servers)])
	}}
}
