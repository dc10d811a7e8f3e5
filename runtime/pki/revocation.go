package pki

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"math/big"
	"slices"
)

var (
	reasonCode               = asn1.ObjectIdentifier{2, 5, 29, 21}
	issuingDistributionPoint = asn1.ObjectIdentifier{2, 5, 29, 28}
)

// signed is a list with the certificate whose key it should be signed with.
type signed struct {
	list   *CRL
	issuer *x509.Certificate
}

// revocation checks a verified chain. The certificate itself must be covered by a
// list when there are lists; its issuers are checked by the lists that cover thev.
func (v *Verifier) revocation(chain []*x509.Certificate) Fault {
	if len(v.crls) == 0 {
		return faultNone
	}
	if len(chain) == 1 { // a trusted certificate that is its own issuer
		return v.covered(chain[0], chain[0], true)
	}
	for i, c := range chain[:len(chain)-1] {
		if found := v.covered(c, chain[i+1], i == 0); found != faultNone {
			return found
		}
	}
	return faultNone
}

// covered looks a certificate up in the lists of its issuer. The first list that can
// be used decides, unless a further one has the certificate; when none can be used,
// the first tells why.
func (v *Verifier) covered(c, issuer *x509.Certificate, must bool) Fault {
	first, usable := faultNoCRL, false
	for _, l := range v.crls {
		if !bytes.Equal(l.RawIssuer, c.RawIssuer) || !sameKey(l.AuthorityKeyId, issuer.SubjectKeyId) || l.partial() {
			continue
		}
		found := v.listed(c, issuer, l)
		switch {
		case found == faultRevoked:
			return found
		case found == faultNone:
			usable = true
		case first == faultNoCRL:
			first = found
		}
	}
	if usable || first == faultNoCRL && !must {
		return faultNone
	}
	return first
}

func (v *Verifier) listed(c, issuer *x509.Certificate, l *CRL) Fault {
	key := signed{l, issuer}
	found, known := v.checked[key]
	if !known {
		found = listSignature(l, issuer)
		if v.checked == nil {
			v.checked = map[signed]Fault{}
		}
		v.checked[key] = found
	}
	switch {
	case found != faultNone:
		return found
	case v.Now.Before(l.ThisUpdate):
		return faultCRLNotYetValid
	case !l.NextUpdate.IsZero() && v.Now.After(l.NextUpdate):
		return faultCRLExpired
	}
	for _, x := range l.Extensions {
		if x.Id.Equal(issuingDistributionPoint) {
			if !inScope(x.Value, c) {
				return faultCRLScope
			}
		} else if x.Critical {
			return faultCRLCritical
		}
	}
	return lookUp(l, c.SerialNumber)
}

func listSignature(l *CRL, issuer *x509.Certificate) Fault {
	if issuer.KeyUsage != 0 && issuer.KeyUsage&x509.KeyUsageCRLSign == 0 {
		return faultCRLUsage
	}
	if k, ok := issuer.PublicKey.(*rsa.PublicKey); ok && k.N.BitLen() > maxRSA {
		return faultCRLSignature
	}
	err := issuer.CheckSignature(l.SignatureAlgorithm, l.RawTBSRevocationList, l.Signature)
	var weak x509.InsecureAlgorithmError
	switch {
	case errors.As(err, &weak):
		return faultWeakDigest
	case err != nil:
		return faultCRLSignature
	}
	return faultNone
}

func lookUp(l *CRL, serial *big.Int) Fault {
	for i := range l.RevokedCertificateEntries {
		e := &l.RevokedCertificateEntries[i]
		for _, x := range e.Extensions {
			// Most of all the issuer of the certificate, where it is not that of the
			// list, which changes the meaning of all entries that follow.
			if x.Critical && !x.Id.Equal(reasonCode) {
				return faultCRLCritical
			}
		}
		if e.ReasonCode != removeFromCRL && e.SerialNumber.Cmp(serial) == 0 {
			return faultRevoked
		}
	}
	return faultNone
}

const removeFromCRL = 8

// scope is an issuing distribution point (RFC 5280, 5.2.5).
type scope struct {
	Point          pointName      `asn1:"optional,tag:0"`
	OnlyUser       bool           `asn1:"optional,tag:1"`
	OnlyCA         bool           `asn1:"optional,tag:2"`
	Reasons        asn1.BitString `asn1:"optional,tag:3"`
	Indirect       bool           `asn1:"optional,tag:4"`
	OnlyAttributes bool           `asn1:"optional,tag:5"`
}

type pointName struct {
	Full     []asn1.RawValue `asn1:"optional,tag:0"`
	Relative asn1.RawValue   `asn1:"optional,tag:1"`
}

// readScope parses an issuing distribution point; ok is false for a malformed one.
func readScope(der []byte) (s scope, ok bool) {
	rest, err := asn1.Unmarshal(der, &s)
	return s, err == nil && len(rest) == 0
}

// partial reports whether the list is of some reasons only or speaks for other
// issuers. OpenSSL does not look at such lists.
func (l *CRL) partial() bool {
	for _, x := range l.Extensions {
		if x.Id.Equal(issuingDistributionPoint) {
			s, ok := readScope(x.Value)
			return ok && (s.Indirect || s.Reasons.BitLength > 0)
		}
	}
	return false
}

// inScope reports whether a list with this distribution point is about a
// certificate.
func inScope(der []byte, c *x509.Certificate) bool {
	s, ok := readScope(der)
	if !ok || s.OnlyAttributes || s.OnlyUser && c.IsCA || s.OnlyCA && !c.IsCA || s.Point.Relative.Bytes != nil {
		return false
	}
	return s.Point.Full == nil || slices.ContainsFunc(s.Point.Full, func(n asn1.RawValue) bool {
		return n.Tag == 6 && slices.Contains(c.CRLDistributionPoints, string(n.Bytes))
	})
}
