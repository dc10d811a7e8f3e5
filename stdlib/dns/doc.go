// Package dns has the resolver that scripts and the server share, and the functions
// dns_query, domain_includes, domain_publicsuffix, idna_encode and idna_decode (spec
// stdlib 5).
//
//	r := dns.New(dns.Options{Servers: …})
//	a := r.Query(ctx, "example.com", "mx")     records, or a condition such as NXDOMAIN
//
// The resolver asks configured recursive servers over UDP, and TCP for answers that
// were cut, and keeps answers for their time to live in a bounded cache. It is built on
// miekg/dns and reaches scripts as Host.Services["dns"].
//
// Decisions:
//   - An answer counts when id and question fit; over UDP the rest is passed over until
//     the time is up. A server that sends only that, or an rcode that is no condition of
//     the list, gives NO_RECOVERY. Records of other names than the one at the end of the
//     aliases do not count.
//   - dnssec tells about conditions as well: an authenticated NXDOMAIN is one.
//   - Names that are not ASCII are asked for in their IDNA form; those that have none
//     are FORMERR.
//   - The time of a query is that of the resolver or of the option timeout, whichever
//     ends first. 0 is no time at all.
//   - Public suffixes come from the list in golang.org/x/net, whose release decides how
//     new it is. A suffix is in the form, ASCII or Unicode, that the domain has.
//   - IDNA is applied label by label: the rule for text in both directions looks at each
//     label alone, since names such as _dmarc stand before any domain.
//
// The package imports runtime packages only.
package dns
