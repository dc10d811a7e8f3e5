package pki

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"

	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
)

// Names of the resources of certificates and of revocation lists.
const (
	X509Resource    = "X509Resource"
	X509CRLResource = "X509CRLResource"
)

// Sizes of what is read, in bytes. Certificates with thousands of names or with
// a logo stay far below; beyond them parsing would cost more than a script may.
const (
	maxCertificate = 256 << 10
	maxCRL         = 16 << 20
)

// Expansion is what a byte of DER takes when parsed, at least, where the input is
// made of many small parts.
const Expansion = 8

// Certificate is the state of an X509Resource. It never changes.
type Certificate struct {
	*x509.Certificate
	size int
}

// CRL is the state of an X509CRLResource. It never changes.
type CRL struct {
	*x509.RevocationList
	size int
}

// ParseCertificate reads one certificate in DER.
func ParseCertificate(der []byte) (*Certificate, bool) {
	if len(der) > maxCertificate {
		return nil, false
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, false
	}
	return NewCertificate(c), true
}

// NewCertificate returns the state of a certificate that is parsed already, such as
// that of a TLS peer.
func NewCertificate(c *x509.Certificate) *Certificate {
	// Every part of a list is a header, its text, and room that append left.
	parts := len(c.DNSNames) + len(c.EmailAddresses) + len(c.IPAddresses) + 3*len(c.URIs) +
		len(c.OCSPServer) + len(c.IssuingCertificateURL) + len(c.CRLDistributionPoints) +
		len(c.PolicyIdentifiers) + len(c.Policies) + len(c.ExtKeyUsage) + len(c.UnknownExtKeyUsage) + len(c.PolicyMappings) +
		len(c.PermittedDNSDomains) + len(c.ExcludedDNSDomains) + 2*len(c.PermittedIPRanges) + 2*len(c.ExcludedIPRanges) +
		len(c.PermittedEmailAddresses) + len(c.ExcludedEmailAddresses) + len(c.PermittedURIDomains) + len(c.ExcludedURIDomains) +
		2*len(c.Extensions) + 3*len(c.Subject.Names) + 3*len(c.Issuer.Names)
	return &Certificate{c, 2048 + 2*len(c.Raw) + 64*parts}
}

// Size implements value.Sized.
func (c *Certificate) Size() int { return c.size }

// ParseCRL reads one revocation list of version 2 in DER.
func ParseCRL(der []byte) (*CRL, bool) {
	if len(der) > maxCRL {
		return nil, false
	}
	l, err := x509.ParseRevocationList(der)
	if err != nil {
		return nil, false
	}
	size := 2048 + 2*len(der) + 64*(2*len(l.Extensions)+3*len(l.Issuer.Names))
	for i := range l.RevokedCertificateEntries {
		size += 256 + 128*len(l.RevokedCertificateEntries[i].Extensions)
	}
	return &CRL{l, size}, true
}

// Size implements value.Sized.
func (l *CRL) Size() int { return l.size }

// Resource returns the certificate as a value.
func (c *Certificate) Resource() value.Value {
	return value.FromResource(&value.Resource{Type: X509Resource, Native: c})
}

// Resource returns the list as a value.
func (l *CRL) Resource() value.Value {
	return value.FromResource(&value.Resource{Type: X509CRLResource, Native: l})
}

// resourceHolder is the state of an object over a resource: class X509 and X509CRL.
type resourceHolder interface{ Resource() value.Value }

// resourceOf returns the resource behind an object, the value itself for others.
func resourceOf(v value.Value) value.Value {
	if v.IsObject() {
		if h, ok := v.Object().Native.(resourceHolder); ok {
			return h.Resource()
		}
	}
	return v
}

// CertificateOf returns the certificate of an X509Resource or X509 object.
func CertificateOf(v value.Value) (*Certificate, bool) {
	return registry.Resource[*Certificate](resourceOf(v))
}

// CRLOf returns the list of an X509CRLResource or X509CRL object.
func CRLOf(v value.Value) (*CRL, bool) { return registry.Resource[*CRL](resourceOf(v)) }

// selfIssued reports whether subject and issuer are one. Whether the certificate
// signed itself as well does not matter: that would prove nothing.
func (c *Certificate) selfIssued() bool {
	return bytes.Equal(c.RawSubject, c.RawIssuer) && sameKey(c.AuthorityKeyId, c.SubjectKeyId)
}

// sameKey compares key identifiers; without one of them nothing speaks against it.
func sameKey(a, b []byte) bool { return len(a) == 0 || len(b) == 0 || bytes.Equal(a, b) }

// maxRSA is the longest RSA key, in bits, that signatures are checked with: the
// time grows with its square, and the key comes from the peer.
const maxRSA = 16384

// usable reports whether signatures may be checked with the key.
func (c *Certificate) usable() bool {
	k, ok := c.PublicKey.(*rsa.PublicKey)
	return !ok || k.N.BitLen() <= maxRSA
}
