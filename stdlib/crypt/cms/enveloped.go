package cms

import (
	"github.com/hawser-mta/hawser/runtime/pki"
)

// envelopedData is what is read of EnvelopedData (RFC 5652, 6.1) or
// AuthEnvelopedData (RFC 5083, 2.1).
type envelopedData struct {
	recipients input
	cipher     algorithm
	content    []byte
	attributes []byte // authenticated ones as a set, nil without
	mac        []byte // of AuthEnvelopedData
}

func parseEnveloped(ber []byte) (*envelopedData, error) {
	id, e, ok := contentInfo(ber)
	switch {
	case !ok || e.full == nil:
		return nil, errBroken
	case id != idEnveloped && id != idAuthEnveloped:
		return nil, Error("the data is not enveloped")
	}
	in := input(e.body)
	d := &envelopedData{}
	if _, ok := in.small(); !ok || e.tag != tagSequence || !in.skip(tagExplicit0) {
		return nil, errBroken
	}
	if d.recipients, ok = in.open(tagSet); !ok {
		return nil, errBroken
	}
	inner, ok := in.open(tagSequence)
	if !ok || !d.readContent(inner) {
		return nil, errBroken
	}
	if id == idEnveloped {
		return d, nil
	}
	if len(in) > 0 && in[0] == tagExplicit1 {
		attributes, ok := in.open(tagExplicit1)
		if !ok {
			return nil, errBroken
		}
		d.attributes = asSet(attributes)
	}
	if d.mac, ok = in.octetString(); !ok {
		return nil, errBroken
	}
	return d, nil
}

func (d *envelopedData) readContent(in input) bool {
	_, ok1 := in.take(tagOID)
	cipher, ok2 := in.algorithm()
	e, ok3 := in.next()
	if !ok1 || !ok2 || !ok3 || e.tag&^constructed != tagContext0 {
		return false
	}
	d.cipher = cipher
	content, ok := e.octets()
	d.content = content
	return ok
}

// recipient is how one recipient comes to the key of the content.
type recipient struct {
	algorithm  algorithm
	key        []byte // encrypted
	originator *algorithmKey
	material   []byte // user keying material as encoded, nil without
}

// algorithmKey is a public key as it stands in a message (OriginatorPublicKey).
type algorithmKey struct {
	algorithm algorithm
	bits      []byte
}

// recipientFor finds what is for a certificate.
func (d *envelopedData) recipientFor(c *pki.Certificate) (*recipient, error) {
	for in := d.recipients; len(in) > 0; {
		e, ok := in.next()
		if !ok {
			return nil, errBroken
		}
		var r *recipient
		switch e.tag {
		case tagSequence:
			r, ok = transport(e.body, c)
		case tagExplicit1:
			r, ok = agreement(e.body, c)
		}
		if !ok {
			return nil, errBroken
		}
		if r != nil {
			return r, nil
		}
	}
	return nil, Error("not encrypted for the certificate")
}

// transport reads KeyTransRecipientInfo (RFC 5652, 6.2.1), nil for another recipient.
func transport(in input, c *pki.Certificate) (*recipient, bool) {
	_, ok1 := in.small()
	who, ok2 := in.party()
	r := &recipient{}
	var ok3, ok4 bool
	r.algorithm, ok3 = in.algorithm()
	r.key, ok4 = in.octetString()
	if !ok1 || !ok2 || !ok3 || !ok4 {
		return nil, false
	}
	if !who.fits(c) {
		return nil, true
	}
	return r, true
}

// agreement reads KeyAgreeRecipientInfo (RFC 5652, 6.2.2), nil without the recipient.
func agreement(in input, c *pki.Certificate) (*recipient, bool) {
	_, ok1 := in.small()
	origin, ok2 := in.open(tagExplicit0)
	if !ok1 || !ok2 {
		return nil, false
	}
	r := &recipient{}
	if key, ok := origin.open(tagExplicit1); ok {
		a, ok1 := key.algorithm()
		bits, ok2 := key.take(tagBits)
		if !ok1 || !ok2 || len(bits.body) < 2 || bits.body[0] != 0 {
			return nil, false
		}
		r.originator = &algorithmKey{a, bits.body[1:]}
	}
	if len(in) > 0 && in[0] == tagExplicit1 {
		material, ok := in.open(tagExplicit1)
		if !ok {
			return nil, false
		}
		octets, ok := material.octetString()
		if !ok {
			return nil, false
		}
		r.material = tlv(tagExplicit0, tlv(tagOctets, octets))
	}
	a, ok := in.algorithm()
	list, ok2 := in.open(tagSequence)
	if !ok || !ok2 {
		return nil, false
	}
	r.algorithm = a
	for len(list) > 0 {
		one, ok1 := list.open(tagSequence)
		who, ok2 := one.party()
		key, ok3 := one.octetString()
		if !ok1 || !ok2 || !ok3 {
			return nil, false
		}
		if who.fits(c) {
			r.key = key
			return r, true
		}
	}
	return nil, true
}
