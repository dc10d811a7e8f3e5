package dns

import (
	"container/list"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"time"

	mdns "github.com/miekg/dns"
)

// Options describe a resolver.
type Options struct {
	Servers   []string // IP or IP:PORT; none: those of /etc/resolv.conf
	Timeout   time.Duration
	Retries   int // rounds over the servers after the first
	CacheSize int // answers; 0: no cache
}

// Resolver asks recursive servers.
type Resolver struct {
	o       Options
	servers []string
	cache   cache
}

// maxTTL bounds how long an answer is kept.
const maxTTL = time.Hour

// New returns a resolver.
func New(o Options) *Resolver {
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
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

// types are the record types that can be asked for.
var types = map[string]uint16{
	"a": mdns.TypeA, "aaaa": mdns.TypeAAAA, "mx": mdns.TypeMX, "txt": mdns.TypeTXT, "cname": mdns.TypeCNAME, "ns": mdns.TypeNS,
	"ptr": mdns.TypePTR, "soa": mdns.TypeSOA, "srv": mdns.TypeSRV, "tlsa": mdns.TypeTLSA, "caa": mdns.TypeCAA,
}

// Query asks for the records of a type ("mx") under a name.
func (r *Resolver) Query(ctx context.Context, name, typ string) *Answer {
	qtype, ok := types[strings.ToLower(typ)]
	name = strings.ToLower(mdns.Fqdn(name))
	if _, valid := mdns.IsDomainName(name); !ok || !valid || name == "" || strings.Contains(name, "..") {
		return &Answer{Error: FormErr}
	}
	key := typ + " " + name
	if a := r.cache.get(key); a != nil {
		return a
	}
	a := r.resolve(ctx, name, qtype)
	if !a.Temporary() {
		r.cache.put(key, a)
	}
	return a
}

// maxChain bounds the CNAMEs that are followed.
const maxChain = 8

// resolve asks and follows CNAMEs that the server did not.
func (r *Resolver) resolve(ctx context.Context, name string, qtype uint16) *Answer {
	a := &Answer{Secure: true}
	for range maxChain {
		m := r.ask(ctx, name, qtype)
		if m == nil {
			return &Answer{Error: TryAgain}
		}
		a.Secure = a.Secure && m.AuthenticatedData
		if m.Rcode != mdns.RcodeSuccess {
			a.Error = mdns.RcodeToString[m.Rcode]
			return a
		}
		next := name
		for _, rr := range m.Answer {
			switch {
			case rr.Header().Rrtype == qtype:
				a.Records = append(a.Records, record(rr))
			case rr.Header().Rrtype == mdns.TypeCNAME && strings.EqualFold(rr.Header().Name, next):
				next = strings.ToLower(rr.(*mdns.CNAME).Target)
			}
		}
		if len(a.Records) > 0 || next == name || qtype == mdns.TypeCNAME {
			byPreference(a.Records)
			return a
		}
		name = next
	}
	return &Answer{Error: ServFail}
}

// ask tries the servers in turn; nil means that none answered.
func (r *Resolver) ask(ctx context.Context, name string, qtype uint16) *mdns.Msg {
	q := new(mdns.Msg)
	q.SetQuestion(name, qtype)
	q.SetEdns0(1232, false)
	q.AuthenticatedData = true // wish for the AD bit (RFC 6840 section 5.7)
	q.Id = uint16(rand.Uint32())
	ctx, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()
	tries := (r.o.Retries + 1) * len(r.servers)
	var failed *mdns.Msg
	for i := range tries {
		share := r.o.Timeout / time.Duration(tries)
		m := exchange(ctx, q, r.servers[i%len(r.servers)], max(share, time.Second))
		switch {
		case m == nil:
		case m.Rcode == mdns.RcodeServerFailure || m.Rcode == mdns.RcodeRefused:
			failed = m
		default:
			return m
		}
		if ctx.Err() != nil {
			break
		}
	}
	return failed
}

// exchange asks one server over UDP, and over TCP when the answer is cut.
func exchange(ctx context.Context, q *mdns.Msg, server string, limit time.Duration) *mdns.Msg {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for _, network := range []string{"udp", "tcp"} {
		c := &mdns.Client{Net: network, Timeout: limit, UDPSize: 1232}
		m, err := once(ctx, c, q, server)
		if err != nil && !errors.Is(err, mdns.ErrBuf) || m == nil {
			return nil
		}
		if !m.Truncated {
			return m
		}
	}
	return nil
}

// once sends one query. The client looks at deadlines only: closing the connection ends
// its wait at once when ctx ends.
func once(ctx context.Context, c *mdns.Client, q *mdns.Msg, server string) (*mdns.Msg, error) {
	conn, err := c.DialContext(ctx, server)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	m, _, err := c.ExchangeWithConnContext(ctx, q, conn)
	return m, err
}

// cache keeps answers for their time to live, the ones used last.
type cache struct {
	max     int
	mu      sync.Mutex
	entries map[string]*list.Element
	order   list.List
}

type cached struct {
	key  string
	a    *Answer
	dies time.Time
}

func (c *cache) get(key string) *Answer {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[key]
	if e == nil {
		return nil
	}
	x := e.Value.(cached)
	if time.Now().After(x.dies) {
		c.order.Remove(e)
		delete(c.entries, key)
		return nil
	}
	c.order.MoveToFront(e)
	return x.a
}

// negativeTTL is how long "there is nothing" is believed.
const negativeTTL = time.Minute

func (c *cache) put(key string, a *Answer) {
	if c.max <= 0 {
		return
	}
	ttl := maxTTL
	if len(a.Records) == 0 {
		ttl = negativeTTL
	}
	for _, r := range a.Records {
		ttl = min(ttl, r.TTL)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = map[string]*list.Element{}
	}
	if old := c.entries[key]; old != nil {
		c.order.Remove(old)
	}
	c.entries[key] = c.order.PushFront(cached{key, a, time.Now().Add(ttl)})
	for c.order.Len() > c.max {
		delete(c.entries, c.order.Remove(c.order.Back()).(cached).key)
	}
}
