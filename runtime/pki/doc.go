// Package pki has the keys, certificates and TLS settings that functions of several
// domains take: crypt, x509, web and socket of stdlib, DKIM and SMTP of mta.
//
//	script: resource, PEM text, id ──► PrivateKey, Certificate, CRL, Identity, TLS
//
// What was parsed never changes and belongs to a resource; values are shared freely.
// Verification follows crypto/x509, its faults have OpenSSL's numbers and texts, since
// those are what scripts compare.
package pki
