package dns

import (
	"context"
	"math/rand/v2"
	"strings"
	"time"

	mdns "github.com/miekg/dns"
)

// types are the record types that can be asked for.
var types = map[string]uint16{
	"a": mdns.TypeA, "aaaa": mdns.TypeAAAA, "mx": mdns.TypeMX, "txt": mdns.TypeTXT, "cname": mdns.TypeCNAME, "ns": mdns.TypeNS,
	"ptr": mdns.TypePTR, "soa": mdns.TypeSOA, "srv": mdns.TypeSRV, "tlsa": mdns.TypeTLSA, "caa": mdns.TypeCAA,
}

// question makes the name that is asked for, "" when it is none: lower case, with a
// final dot, other than ASCII in its IDNA form.
func question(name string) string {
	if strings.ContainsFunc(name, func(r rune) bool { return r > 127 }) {
		var ok bool
		if name, ok = ToASCII(name); !ok {
			return ""
		}
	}
	fqdn := strings.ToLower(mdns.Fqdn(name))
	if _, valid := mdns.IsDomainName(fqdn); !valid || name == "" || strings.HasPrefix(fqdn, ".") && fqdn != "." || strings.Contains(fqdn, "..") {
		return ""
	}
	return fqdn
}

// Query asks for the records of a type ("mx") under a name. It takes the time of the
// options at most, whatever it has to ask for.
func (r *Resolver) Query(ctx context.Context, name, typ string) *Answer {
	qtype, ok := types[strings.ToLower(typ)]
	if name = question(name); !ok || name == "" {
		return &Answer{Error: FormErr}
	}
	key := strings.ToLower(typ) + " " + name
	if a := r.cache.get(key); a != nil {
		return a
	}
	ctx, cancel := context.WithTimeout(ctx, r.o.Timeout)
	defer cancel()
	r.running.Add(1)
	a := r.resolve(ctx, name, qtype)
	r.running.Add(-1)
	if !a.Temporary() {
		r.cache.put(key, a)
	}
	return a
}

// maxChain bounds the CNAMEs that are followed.
const maxChain = 16

// resolve asks and follows CNAMEs that the server did not.
func (r *Resolver) resolve(ctx context.Context, name string, qtype uint16) *Answer {
	a := &Answer{Secure: !r.o.NoDNSSEC}
	for hops := 0; hops < maxChain; {
		m, condition := r.ask(ctx, name, qtype)
		if m == nil {
			return &Answer{Error: condition}
		}
		a.Secure = a.Secure && m.AuthenticatedData
		if m.Rcode != mdns.RcodeSuccess {
			if a.Error = rcodes[m.Rcode]; a.Error == "" {
				a.Error = Fatal
			}
			return a
		}
		end, n := name, 0
		if qtype != mdns.TypeCNAME {
			end, n = follow(m, name, maxChain-hops)
		}
		a.Records = records(m, end, qtype)
		if len(a.Records) > 0 || n == 0 {
			return a
		}
		name, hops = end, hops+n
	}
	return &Answer{Error: ServFail}
}

// rcodes are the conditions that a server can answer with.
var rcodes = map[int]string{
	mdns.RcodeFormatError: FormErr, mdns.RcodeServerFailure: ServFail, mdns.RcodeNameError: NXDomain,
	mdns.RcodeNotImplemented: "NOTIMP", mdns.RcodeRefused: "REFUSED",
}

// follow goes along the CNAMEs in an answer, at most max of them, in whatever order
// they stand.
func follow(m *mdns.Msg, name string, max int) (end string, hops int) {
	next := map[string]string{}
	for _, rr := range m.Answer {
		if c, ok := rr.(*mdns.CNAME); ok && c.Hdr.Class == mdns.ClassINET {
			next[strings.ToLower(c.Hdr.Name)] = strings.ToLower(c.Target)
		}
	}
	for ; hops < max && next[name] != ""; hops++ {
		name = next[name]
	}
	return name, hops
}

// records takes those of a name and type; what else a server sends does not count.
func records(m *mdns.Msg, name string, qtype uint16) []Record {
	var list []Record
	for _, rr := range m.Answer {
		if h := rr.Header(); h.Rrtype == qtype && h.Class == mdns.ClassINET && strings.EqualFold(h.Name, name) && rr.Header().Rdlength > 0 {
			list = append(list, record(rr))
		}
	}
	byPreference(list)
	return list
}

// ask tries the servers in turn. Without an answer it tells why: TRY_AGAIN, or
// NO_RECOVERY when something came that cannot be read.
func (r *Resolver) ask(ctx context.Context, name string, qtype uint16) (*mdns.Msg, string) {
	q := new(mdns.Msg)
	q.SetQuestion(name, qtype)
	q.SetEdns0(udpSize, false)
	q.AuthenticatedData = !r.o.NoDNSSEC // wish for the AD bit (RFC 6840 section 5.7)
	tries := (r.o.Retries + 1) * len(r.servers)
	condition := TryAgain
	var failed *mdns.Msg
	for i := range tries {
		q.Id = uint16(rand.Uint32())
		m, garbled := exchange(ctx, q, r.servers[i%len(r.servers)], max(r.o.Timeout/time.Duration(tries), time.Second))
		switch {
		case garbled:
			condition = Fatal
		case m == nil:
		case m.Rcode == mdns.RcodeServerFailure || m.Rcode == mdns.RcodeRefused || m.Rcode == mdns.RcodeNotImplemented:
			failed = m
		default:
			return m, ""
		}
		if ctx.Err() != nil {
			break
		}
	}
	return failed, condition
}
