package mta

import (
	"context"
	"net/netip"
	"time"

	"github.com/hawser-mta/hawser/mta/dkim"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/stdlib/dns"
	"github.com/hawser-mta/hawser/stdlib/inet"
)

// txtResolver looks up key records for scripts.
type txtResolver struct{ r *dns.Resolver }

// LookupTXT returns the texts under a name.
func (t txtResolver) LookupTXT(ctx context.Context, name string) ([]string, error) {
	a := t.r.Query(ctx, name, "txt")
	switch {
	case a.Temporary():
		return nil, dkim.ErrTemporary
	case a.Error != "" || len(a.Records) == 0:
		return nil, dkim.ErrNoRecord
	}
	var out []string
	for _, r := range a.Records {
		out = append(out, r.Text)
	}
	return out, nil
}

// clientNames looks up the names of clients with the current resolver.
type clientNames struct{ s *Server }

// nameTimeout bounds the look-ups before the banner.
const nameTimeout = 5 * time.Second

// ClientName implements smtpserver.Resolver: a name counts when its addresses
// include that of the client.
func (c clientNames) ClientName(ctx context.Context, ip netip.Addr) (string, bool, *hook.PTRResult) {
	ctx, cancel := context.WithTimeout(ctx, nameTimeout)
	defer cancel()
	r := c.s.current().settings.Resolver
	rev := r.Query(ctx, inet.Reverse(ip, ""), "ptr")
	result := &hook.PTRResult{Reverse: lookup(rev)}
	if len(rev.Records) == 0 {
		return "", false, result
	}
	name := rev.Records[0].Text
	typ := "aaaa"
	if ip.Is4() {
		typ = "a"
	}
	fwd := r.Query(ctx, name, typ)
	result.Forward = lookup(fwd)
	for _, x := range fwd.Records {
		if x.Addr() == ip {
			return name, true, result
		}
	}
	return "", false, result
}

func lookup(a *dns.Answer) hook.Lookup {
	l := hook.Lookup{Error: a.Error, DNSSEC: a.Secure}
	for _, r := range a.Records {
		l.Records = append(l.Records, hook.LookupRecord{Value: r.Text, TTL: r.TTL})
	}
	return l
}
