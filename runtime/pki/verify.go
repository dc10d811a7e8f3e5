package pki

import (
	"bytes"
	"crypto/x509"
	"errors"
	"slices"
	"time"
)

// Fault is a result of verification as OpenSSL numbers it, 0 for none.
type Fault int

// Faults that others name.
const (
	faultNone             Fault = 0
	faultUnspecified      Fault = 1
	FaultNoIssuer         Fault = 2
	faultNoCRL            Fault = 3
	faultSignature        Fault = 7
	faultCRLSignature     Fault = 8
	faultNotYetValid      Fault = 9
	FaultExpired          Fault = 10
	faultCRLNotYetValid   Fault = 11
	faultCRLExpired       Fault = 12
	FaultSelfSigned       Fault = 18
	faultSelfSignedInside Fault = 19
	FaultNoLocalIssuer    Fault = 20
	faultTooLong          Fault = 22
	faultRevoked          Fault = 23
	faultPathLength       Fault = 25
	faultCritical         Fault = 34
	faultCRLUsage         Fault = 35
	faultCRLCritical      Fault = 36
	faultCRLScope         Fault = 44
	faultNotPermitted     Fault = 47
	FaultHost             Fault = 62
	faultWeakDigest       Fault = 68
	faultInvalidCA        Fault = 79
)

var faultTexts = map[Fault]string{
	faultUnspecified:      "unspecified certificate verification error",
	FaultNoIssuer:         "unable to get issuer certificate",
	faultNoCRL:            "unable to get certificate CRL",
	faultSignature:        "certificate signature failure",
	faultCRLSignature:     "CRL signature failure",
	faultNotYetValid:      "certificate is not yet valid",
	FaultExpired:          "certificate has expired",
	faultCRLNotYetValid:   "CRL is not yet valid",
	faultCRLExpired:       "CRL has expired",
	FaultSelfSigned:       "self-signed certificate",
	faultSelfSignedInside: "self-signed certificate in certificate chain",
	FaultNoLocalIssuer:    "unable to get local issuer certificate",
	faultTooLong:          "certificate chain too long",
	faultRevoked:          "certificate revoked",
	faultPathLength:       "path length constraint exceeded",
	faultCritical:         "unhandled critical extension",
	faultCRLUsage:         "key usage does not include CRL signing",
	faultCRLCritical:      "unhandled critical CRL extension",
	faultCRLScope:         "different CRL scope",
	faultNotPermitted:     "permitted subtree violation",
	FaultHost:             "hostname mismatch",
	faultWeakDigest:       "CA signature digest algorithm too weak",
	faultInvalidCA:        "invalid CA certificate",
}

// Verifier is what certificates are verified with. Set its fields with the methods;
// Now must be given.
type Verifier struct {
	Now           time.Time
	roots         []*Certificate // self-signed: a chain ends here
	others        []*Certificate // trusted, but need an issuer, as in OpenSSL
	intermediates []*Certificate
	crls          []*CRL
	checked       map[signed]Fault // signatures of lists
}

// Trust adds a trusted certificate.
func (v *Verifier) Trust(c *Certificate) {
	switch {
	case !c.usable():
	case c.selfIssued():
		v.roots = append(v.roots, c)
	default:
		v.others = append(v.others, c)
	}
}

// Intermediate adds a certificate that a chain may use.
func (v *Verifier) Intermediate(c *Certificate) {
	if c.usable() {
		v.intermediates = append(v.intermediates, c)
	}
}

// Revoke adds a list of revoked certificates. With one, the certificate itself must
// be covered by a list.
func (v *Verifier) Revoke(l *CRL) { v.crls = append(v.crls, l) }

// Text is what OpenSSL says to it, "" for none.
func (f Fault) Text() string { return faultTexts[f] }

// Verify builds a chain and returns what is wrong with it. Any purpose is good, names
// of hosts are not looked at. crypto/x509 decides; only what is wrong with a refused certificate is
// found out by our own walk, in the order of OpenSSL.
func (v *Verifier) Verify(c *Certificate) Fault {
	chains, err := c.Certificate.Verify(x509.VerifyOptions{
		Roots: pool(v.roots), Intermediates: pool(v.others, v.intermediates),
		CurrentTime: v.Now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return v.diagnose(c, err)
	}
	first := faultNone
	for i, chain := range chains {
		found := v.revocation(chain)
		if found == faultNone {
			return found
		}
		if i == 0 {
			first = found
		}
	}
	return first
}

func pool(lists ...[]*Certificate) *x509.CertPool {
	p := x509.NewCertPool()
	for _, l := range lists {
		for _, c := range l {
			p.AddCert(c.Certificate)
		}
	}
	return p
}

// maxChain is the number of certificates that a chain may have.
const maxChain = 32

// diagnose tells why crypto/x509 refused a certificate.
func (v *Verifier) diagnose(c *Certificate, err error) Fault {
	chain, found := v.path(c)
	if found != faultNone {
		return found
	}
	for i, c := range chain {
		switch {
		case len(c.UnhandledCriticalExtensions) > 0:
			return faultCritical
		case i > 0 && (c.Version == 3 || c.BasicConstraintsValid) && !c.IsCA:
			return faultInvalidCA
		case i > 1 && c.BasicConstraintsValid && c.MaxPathLen >= 0 && between(chain, i) > c.MaxPathLen:
			return faultPathLength
		}
	}
	for i := len(chain) - 1; i >= 0; i-- {
		if i+1 < len(chain) {
			if found := signature(chain[i], chain[i+1]); found != faultNone {
				return found
			}
		}
		switch {
		case v.Now.Before(chain[i].NotBefore):
			return faultNotYetValid
		case v.Now.After(chain[i].NotAfter):
			return FaultExpired
		}
	}
	var invalid x509.CertificateInvalidError
	if errors.As(err, &invalid) && invalid.Reason == x509.CANotAuthorizedForThisName {
		return faultNotPermitted
	}
	return faultUnspecified
}

// between counts the certificates between number i and the first that a path length
// counts: those that are not issued by themselves.
func between(chain []*Certificate, i int) int {
	n := 0
	for _, c := range chain[1:i] {
		if !bytes.Equal(c.RawSubject, c.RawIssuer) {
			n++
		}
	}
	return n
}

func signature(c, issuer *Certificate) Fault {
	err := issuer.CheckSignature(c.SignatureAlgorithm, c.RawTBSCertificate, c.Signature)
	var weak x509.InsecureAlgorithmError
	switch {
	case errors.As(err, &weak):
		return faultWeakDigest
	case err != nil:
		return faultSignature
	}
	return faultNone
}

// path goes from a certificate to a root by names and key identifiers, through
// trusted certificates where it can.
func (v *Verifier) path(c *Certificate) ([]*Certificate, Fault) {
	chain := []*Certificate{c}
	trusted := false
	for {
		c := chain[len(chain)-1]
		if c.selfIssued() {
			switch {
			case slices.ContainsFunc(v.roots, func(r *Certificate) bool { return r.Equal(c.Certificate) }):
				return chain, faultNone
			case v.issuer(chain, v.roots) != nil: // the same name with another key
			case len(chain) == 1:
				return nil, FaultSelfSigned
			default:
				return nil, faultSelfSignedInside
			}
		}
		next := v.issuer(chain, v.roots, v.others)
		if next != nil {
			trusted = true
		} else if next = v.issuer(chain, v.intermediates); next == nil {
			if trusted {
				return nil, FaultNoIssuer
			}
			return nil, FaultNoLocalIssuer
		}
		if len(chain) == maxChain {
			return nil, faultTooLong
		}
		chain = append(chain, next)
	}
}

// issuer finds the issuer of the last certificate of a chain, one that is valid now
// if possible.
func (v *Verifier) issuer(chain []*Certificate, lists ...[]*Certificate) *Certificate {
	var found *Certificate
	c := chain[len(chain)-1]
	for _, l := range lists {
		for _, p := range l {
			if !issues(p, c) || slices.ContainsFunc(chain, func(x *Certificate) bool { return x.Equal(p.Certificate) }) {
				continue
			}
			if !v.Now.Before(p.NotBefore) && !v.Now.After(p.NotAfter) {
				return p
			}
			if found == nil {
				found = p
			}
		}
	}
	return found
}

// issues reports whether p may have issued c, as far as one sees without keys.
func issues(p, c *Certificate) bool {
	return bytes.Equal(p.RawSubject, c.RawIssuer) &&
		sameKey(c.AuthorityKeyId, p.SubjectKeyId) &&
		(p.KeyUsage == 0 || p.KeyUsage&x509.KeyUsageCertSign != 0)
}
