// Package dns has the resolver that scripts and the server share, and the
// function dns_query (spec stdlib 5).
//
//	r := dns.New(dns.Options{Servers: …})
//	a := r.Query(ctx, "example.com", "mx")     records, or a condition such as NXDOMAIN
//
// The resolver asks configured recursive servers over UDP, and TCP for answers
// that were cut, and keeps answers for their time to live in a bounded cache. It
// is built on miekg/dns and reaches scripts as Host.Services["dns"]. The package
// imports runtime packages only.
package dns
