// Package x509 has the classes X509 and X509CRL: certificates and lists of
// revoked ones (spec stdlib 25), and the loader of data imports for .crt files.
//
//	X509 object ──► X509Resource ──► *Certificate ──► crypto/x509
//
// Objects are thin: what was parsed belongs to the resource, never changes and
// is shared. Names and results of verify are those of OpenSSL. The clock comes
// from vm.Host. The package imports runtime packages only.
package x509
