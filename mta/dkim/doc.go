// Package dkim signs and verifies DKIM signatures (RFC 6376, RFC 8463), and the
// message signatures of ARC, which have the same form.
//
//	message ─► headers, canonical ─► hash ─┬─► + field 1 ─► key 1 ─► b=
//	        └► body, canonical ────► bh=   └─► + field 2 ─► key 2 ─► b=
//
// A call signs with any number of keys: header and body are canonicalised once,
// hashed once per hash, and the state of the header hash is copied for each
// signature. The body is streamed. Keys are crypto.Signer, parsed once and kept
// in a bounded cache (key.go), so that a faster back end can take their place.
//
// It imports mta/message, stdlib/crypt and the standard library.
package dkim
