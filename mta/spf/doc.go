// Package spf decides whether a host may send mail for a domain (RFC 7208).
//
//	Check ──► record of the domain ──► terms, parsed whole ──► evaluation ──► Outcome
//	              ▲                                              │
//	              └──────────── include, redirect ◄──────────────┘
//
// A record is parsed before its first term is evaluated: an error anywhere is a
// permerror (RFC 7208 section 4.6). Bounds are those of section 4.6.4: ten terms that
// ask DNS, two of them without an answer, ten names of an mx or ptr, 20 seconds.
//
// Why it is our own: the libraries at hand take Go's resolver or pass a part of the
// public test suite; this one asks package dns of stdlib and passes all of it.
//
// Decisions where the RFC leaves room: a name that no DNS query can be made of does
// not match; an address look-up that fails inside ptr skips the name; of the names of
// an mx, those without an address are no void look-up of their own.
package spf
