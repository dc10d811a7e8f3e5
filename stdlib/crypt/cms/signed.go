package cms

import (
	"crypto"

	"github.com/hawser-mta/hawser/runtime/pki"
)

// signedData is what is read of SignedData (RFC 5652, 5.1).
type signedData struct {
	contentType  string
	content      []byte
	has          bool // whether there is content
	certificates []*pki.Certificate
	signers      []signer
}

// signer is a SignerInfo (RFC 5652, 5.3).
type signer struct {
	party
	digest     crypto.Hash // 0: not known
	attributes input       // signed ones
	signed     []byte      // what is signed instead of the content, nil without attributes
	algorithm  algorithm
	signature  []byte
}

func parseSigned(ber []byte) (*signedData, error) {
	id, e, ok := contentInfo(ber)
	switch {
	case !ok || e.full == nil:
		return nil, errBroken
	case id != idSigned:
		return nil, Error("the data is not signed")
	}
	in := input(e.body)
	s := &signedData{}
	_, ok1 := in.small()
	_, ok2 := in.take(tagSet) // the digests; signers name theirs
	inner, ok3 := in.open(tagSequence)
	if e.tag != tagSequence || !ok1 || !ok2 || !ok3 || !s.readContent(inner) {
		return nil, errBroken
	}
	if len(in) > 0 && in[0] == tagExplicit0 {
		list, ok := in.open(tagExplicit0)
		if !ok {
			return nil, errBroken
		}
		if err := s.readCertificates(list); err != nil {
			return nil, err
		}
	}
	list, ok := input(nil), in.skip(tagExplicit1)
	if ok {
		list, ok = in.open(tagSet)
	}
	for ok && len(list) > 0 {
		if len(s.signers) == maxSigners {
			return nil, Error("too many signers")
		}
		var one signer
		if one, ok = list.signer(); ok {
			s.signers = append(s.signers, one)
		}
	}
	if !ok {
		return nil, errBroken
	}
	return s, nil
}

func (s *signedData) readContent(in input) bool {
	id, ok := in.take(tagOID)
	if !ok {
		return false
	}
	s.contentType = string(id.full)
	if len(in) == 0 {
		return true
	}
	inner, ok := in.open(tagExplicit0)
	if !ok {
		return false
	}
	s.content, s.has = inner.octetString()
	return s.has
}

// readCertificates keeps those that can be read. Other forms of certificates, and bad
// ones, do not matter unless a signer needs them.
func (s *signedData) readCertificates(list input) error {
	if len(list) > maxCertBytes {
		return Error("too many certificates")
	}
	for n := 0; len(list) > 0; n++ {
		e, ok := list.next()
		switch {
		case !ok:
			return errBroken
		case n == maxCertificates:
			return Error("too many certificates")
		case e.tag != tagSequence:
			continue
		}
		if c, ok := pki.ParseCertificate(e.full); ok {
			s.certificates = append(s.certificates, c)
		}
	}
	return nil
}

func (in *input) signer() (s signer, ok bool) {
	body, ok := in.open(tagSequence)
	if !ok {
		return s, false
	}
	if _, ok = body.small(); !ok {
		return s, false
	}
	if s.party, ok = body.party(); !ok {
		return s, false
	}
	digest, ok := body.algorithm()
	if !ok {
		return s, false
	}
	s.digest = digests[digest.oid]
	if len(body) > 0 && body[0] == tagExplicit0 {
		e, ok := body.take(tagExplicit0)
		if !ok {
			return s, false
		}
		s.attributes = e.body
		s.signed = asSet(e.body)
	}
	if s.algorithm, ok = body.algorithm(); !ok {
		return s, false
	}
	s.signature, ok = body.octetString()
	return s, ok
}

// attribute returns the value of a signed attribute. It must be there once and have
// one value (RFC 5652, 11.1 and 11.2).
func (s *signer) attribute(id string) (v element, ok bool) {
	found := 0
	for in := s.attributes; len(in) > 0; {
		a, ok := in.open(tagSequence)
		if !ok {
			return v, false
		}
		name, ok := a.take(tagOID)
		if !ok || string(name.full) != id {
			if !ok {
				return v, false
			}
			continue
		}
		values, ok := a.open(tagSet)
		if !ok {
			return v, false
		}
		if v, ok = values.next(); !ok || len(values) > 0 {
			return v, false
		}
		found++
	}
	return v, found == 1
}
