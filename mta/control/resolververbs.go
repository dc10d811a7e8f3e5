package control

import (
	"context"
	"errors"
	"strings"

	"github.com/hawser-mta/hawser/stdlib/dns"
)

// ResolverQuery is the body of T. The answer may come from the cache, as for the server.
type ResolverQuery struct {
	Name string `json:"name"`
	Type string `json:"type,omitempty"` // a, aaaa, mx, txt and others; "": a
}

// ResolverAnswer is the answer of T.
type ResolverAnswer struct {
	Records []ResolverRecord `json:"records"`
	Error   string           `json:"error"`  // NXDOMAIN, SERVFAIL and others; "": it was answered
	DNSSEC  bool             `json:"dnssec"` // the resolver vouches for it
}

// ResolverRecord is one record in the form that scripts get.
type ResolverRecord struct {
	Value string  `json:"value"`
	TTL   float64 `json:"ttl"` // seconds
}

func queryResolver(ctx context.Context, s *Server, in *ResolverQuery) (any, error) {
	if in.Name == "" {
		return nil, errors.New("name: got nothing, want a domain name")
	}
	a := s.Host.Query(ctx, in.Name, or(in.Type, "a"))
	if a.Error == dns.FormErr {
		return nil, errors.New("got '" + in.Name + "' and type '" + strings.ToLower(in.Type) + "', want a domain name and a type such as a, aaaa, mx, ptr, tlsa or txt")
	}
	out := ResolverAnswer{Records: []ResolverRecord{}, Error: a.Error, DNSSEC: a.Secure}
	for _, r := range a.Records {
		out.Records = append(out.Records, ResolverRecord{r.Text, r.TTL.Seconds()})
	}
	return out, nil
}
