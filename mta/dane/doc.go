// Package dane authenticates SMTP servers by TLSA records (RFC 6698, RFC 7671,
// RFC 7672).
//
//	Find ──► Policy ──► mode and VerifyPeer of smtpclient
//
// What counts is whether every answer on the way to a host was authenticated: MX,
// addresses, TLSA. Without that a host is treated as if it had no records, since an
// attacker could have made them; with it, records bind: TLS is a must, and a look-up
// that fails is no licence to go on without.
//
// Authenticated is what the resolver says so of (the AD bit): it must validate DNSSEC
// and be reached over a path that nobody can change, such as loopback.
//
// Usages 0 and 1 are not used (RFC 7672 section 3.1.3): a host with only these gets
// mandatory TLS that is not authenticated, or is verified as require_verify does when
// that is the fallback: who asks for it wants no peer that nobody vouches for.
package dane
