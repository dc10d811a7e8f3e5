package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"slices"
	"time"

	"github.com/hawser-mta/hawser/runtime/pki"
)

// Check is what signed data is verified against.
type Check struct {
	Message  []byte // what was signed, if it came by itself
	Detached bool   // take Message, whether or not the data has content
	Certs    []*pki.Certificate
	Trust    []*pki.Certificate // trust anchors
	Chain    bool               // whether chains to them are built
	Now      time.Time
	Stop     func() error // asked before each signer
}

// Verify returns the certificates of the signers, in their order, and the content, when
// all signatures are right.
func Verify(ber []byte, c Check) (signers []*pki.Certificate, content []byte, err error) {
	s, err := parseSigned(ber)
	if err != nil {
		return nil, nil, err
	}
	content = c.Message
	if !c.Detached {
		switch {
		case !s.has:
			return nil, nil, Error("no content in the data")
		case len(c.Message) > 0 && !bytes.Equal(c.Message, s.content):
			return nil, nil, Error("the message is not the content of the data")
		}
		content = s.content
	}
	if len(s.signers) == 0 {
		return nil, nil, Error("no signer")
	}
	known := slices.Concat(c.Certs, s.certificates)
	v := pki.Verifier{Now: c.Now}
	for _, k := range known {
		v.Intermediate(k)
	}
	for _, k := range c.Trust {
		v.Trust(k)
	}
	known = append(known, c.Trust...)
	sums := map[crypto.Hash][]byte{} // every digest of the content once
	for i := range s.signers {
		one := &s.signers[i]
		if err := c.Stop(); err != nil {
			return nil, nil, err
		}
		at := slices.IndexFunc(known, one.fits)
		if at < 0 {
			return nil, nil, Error("no certificate of a signer")
		}
		cert := known[at]
		if c.Chain {
			if !forMail(cert) {
				return nil, nil, Error("unsuitable certificate purpose")
			}
			if fault := v.Verify(cert); fault != 0 {
				return nil, nil, Error(fault.Text())
			}
		}
		if err := one.verify(cert, s.contentType, content, sums); err != nil {
			return nil, nil, err
		}
		signers = append(signers, cert)
	}
	return signers, content, nil
}

// forMail reports whether a certificate may sign mail (RFC 8550, 4.4.2 and 4.4.4).
func forMail(c *pki.Certificate) bool {
	const sign = x509.KeyUsageDigitalSignature | x509.KeyUsageContentCommitment
	if c.KeyUsage != 0 && c.KeyUsage&sign == 0 {
		return false
	}
	return len(c.ExtKeyUsage)+len(c.UnknownExtKeyUsage) == 0 ||
		slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageEmailProtection) || slices.Contains(c.ExtKeyUsage, x509.ExtKeyUsageAny)
}

const (
	errDigest    = Error("the digest algorithm is not supported")
	errSignature = Error("the signature does not fit")
)

// verify checks digest and signature.
func (s *signer) verify(c *pki.Certificate, contentType string, content []byte, sums map[crypto.Hash][]byte) error {
	if s.digest == 0 {
		return errDigest
	}
	digest := func(h crypto.Hash) []byte {
		if sums[h] == nil {
			sums[h] = sum(h, content)
		}
		return sums[h]
	}
	if s.signed == nil {
		if contentType != idData {
			return errBroken // RFC 5652, 5.3: attributes are needed
		}
		return s.check(c, content, digest)
	}
	kind, ok1 := s.attribute(idContentType)
	sent, ok2 := s.attribute(idMessageDigest)
	if !ok1 || !ok2 || string(kind.full) != contentType || sent.tag != tagOctets {
		return errBroken
	}
	if !bytes.Equal(sent.body, digest(s.digest)) {
		return Error("the content was changed")
	}
	return s.check(c, s.signed, func(h crypto.Hash) []byte { return sum(h, s.signed) })
}

// maxRSA is the longest RSA key in bits, as for certificates.
const maxRSA = 16384

// check checks the signature of a text, with its digest.
func (s *signer) check(c *pki.Certificate, text []byte, digest func(crypto.Hash) []byte) error {
	id := s.algorithm.oid
	ok := false
	switch key := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() > maxRSA {
			return Error("the key of the signer is too long")
		}
		if id == idPSS {
			h, salt, known := pssOf(s.algorithm.params)
			if !known {
				return errDigest
			}
			ok = rsa.VerifyPSS(key, h, digest(h), s.signature, &rsa.PSSOptions{SaltLength: salt, Hash: h}) == nil
			break
		}
		named, known := rsaSignatures[id]
		if !known || named != 0 && named != s.digest {
			return errSignature
		}
		ok = rsa.VerifyPKCS1v15(key, s.digest, digest(s.digest), s.signature) == nil
	case *ecdsa.PublicKey:
		named, known := ecSignatures[id]
		if !known || named != 0 && named != s.digest {
			return errSignature
		}
		ok = ecdsa.VerifyASN1(key, digest(s.digest), s.signature)
	case ed25519.PublicKey:
		ok = id == idEd25519 && ed25519.Verify(key, text, s.signature)
	default:
		return Error("the key of the signer is not supported")
	}
	if !ok {
		return errSignature
	}
	return nil
}

// pssOf reads the parameters of RSASSA-PSS (RFC 4055, 3.1). Both of its digests must be
// the same.
func pssOf(params input) (h crypto.Hash, salt int, ok bool) {
	in, ok := params.open(tagSequence)
	if !ok {
		return 0, 0, false
	}
	h, ok = in.digests()
	if !ok {
		return 0, 0, false
	}
	salt = 20
	if len(in) > 0 && in[0] == tagExplicit2 {
		inner, ok := in.open(tagExplicit2)
		if !ok {
			return 0, 0, false
		}
		if salt, ok = inner.small(); !ok || salt > 512 {
			return 0, 0, false
		}
	}
	return h, salt, in.skip(tagExplicit3) && len(in) == 0
}

// digests reads the digest and that of the mask function, which begin the parameters
// of PSS and OAEP. Both are SHA-1 unless said.
func (in *input) digests() (crypto.Hash, bool) {
	h, mask := crypto.SHA1, crypto.SHA1
	if inner, ok := in.open(tagExplicit0); ok {
		a, ok := inner.algorithm()
		if h = digests[a.oid]; !ok {
			return 0, false
		}
	}
	if inner, ok := in.open(tagExplicit1); ok {
		a, ok := inner.algorithm()
		if !ok || a.oid != idMGF1 {
			return 0, false
		}
		params := input(a.params)
		b, ok := params.algorithm()
		if mask = digests[b.oid]; !ok {
			return 0, false
		}
	}
	return h, h != 0 && h == mask
}
