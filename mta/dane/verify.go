package dane

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"

	mdns "github.com/miekg/dns"
)

// verifier judges the certificates of one host.
type verifier struct {
	host    string
	records []*mdns.TLSA
}

// verify implements VerifyPeer: one record that matches is enough.
func (v *verifier) verify(st tls.ConnectionState) error {
	chain := st.PeerCertificates
	if len(chain) == 0 {
		return fail("validation-failure", "%s showed no certificate", v.host)
	}
	for _, r := range v.records {
		if r.Usage == usageEE && match(r, chain[0]) {
			// Neither names nor dates count (RFC 7672 section 3.1.1).
			return nil
		}
		if r.Usage == usageTA && v.anchored(r, chain) {
			return nil
		}
	}
	return fail("validation-failure", "no TLSA record of %s fits its certificate", v.host)
}

// anchored reports whether the chain leads to a certificate that the record names and
// is for the host (RFC 7672 section 3.1.2).
func (v *verifier) anchored(r *mdns.TLSA, chain []*x509.Certificate) bool {
	candidates := chain[1:]
	if r.Selector == selectorCert && r.MatchingType == matchFull {
		// The record may hold the anchor itself, which servers need not send.
		if der, err := hex.DecodeString(r.Certificate); err == nil {
			if c, err := x509.ParseCertificate(der); err == nil {
				candidates = append([]*x509.Certificate{c}, candidates...)
			}
		}
	}
	others := x509.NewCertPool()
	for _, c := range chain[1:] {
		others.AddCert(c)
	}
	for _, c := range candidates {
		if !match(r, c) {
			continue
		}
		roots := x509.NewCertPool()
		roots.AddCert(c)
		if _, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: others, DNSName: v.host}); err == nil {
			return true
		}
	}
	return false
}

// match compares a certificate with the data of a record (RFC 6698 section 2.1).
func match(r *mdns.TLSA, c *x509.Certificate) bool {
	data := c.RawSubjectPublicKeyInfo
	if r.Selector == selectorCert {
		data = c.Raw
	}
	switch r.MatchingType {
	case matchSHA256:
		s := sha256.Sum256(data)
		data = s[:]
	case matchSHA512:
		s := sha512.Sum512(data)
		data = s[:]
	}
	want, err := hex.DecodeString(r.Certificate)
	return err == nil && bytes.Equal(data, want)
}
