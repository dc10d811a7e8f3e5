package cms

import (
	"bytes"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"

	"github.com/hawser-mta/hawser/runtime/pki"
)

// Error tells what is wrong with a message, a certificate or a key.
type Error string

func (e Error) Error() string { return string(e) }

// errBroken is for everything that does not follow the syntax.
const errBroken = Error("the data is no CMS structure, or a broken one")

// Binary returns a structure as BER: what is given as PEM or base64 is decoded.
func Binary(text []byte) []byte {
	if len(text) > 0 && text[0] == tagSequence {
		// Base64 of a structure begins with M.
		return text
	}
	if block, _ := pem.Decode(text); block != nil {
		return block.Bytes
	}
	out := make([]byte, base64.StdEncoding.DecodedLen(len(text)))
	n, err := base64.StdEncoding.Decode(out, bytes.Trim(text, " \t\r\n"))
	if err != nil {
		return text
	}
	return out[:n]
}

// contentInfo reads the outermost structure: its type as DER, and the element of that
// type. Bytes behind it are left alone, as OpenSSL does.
func contentInfo(ber []byte) (id string, content element, ok bool) {
	in := input(ber)
	body, ok := in.open(tagSequence)
	if !ok {
		return "", content, false
	}
	e, ok := body.take(tagOID)
	if !ok || len(e.body) == 0 {
		return "", content, false
	}
	if len(body) == 0 {
		return string(e.full), content, true // without content
	}
	inner, ok := body.open(tagExplicit0)
	if !ok {
		return "", content, false
	}
	content, ok = inner.next()
	return string(e.full), content, ok && len(inner) == 0
}

// Type returns OpenSSL's name of the type of a structure, the dotted object identifier
// of a type that it does not know, "" for what is no structure.
func Type(ber []byte) string {
	id, content, ok := contentInfo(ber)
	if !ok || content.full == nil {
		return ""
	}
	if name := typeNames[id]; name != "" {
		return name
	}
	var arcs asn1.ObjectIdentifier
	if _, err := asn1.Unmarshal([]byte(id), &arcs); err != nil {
		return ""
	}
	return arcs.String()
}

// party names a certificate: by issuer and serial number, each as encoded, or by the
// identifier of its key (SignerIdentifier and RecipientIdentifier).
type party struct{ issuer, serial, key []byte }

func (in *input) party() (p party, ok bool) {
	e, ok := in.next()
	if !ok {
		return p, false
	}
	body := input(e.body)
	switch e.tag {
	case tagSequence:
		issuer, ok1 := body.take(tagSequence)
		serial, ok2 := body.take(tagInteger)
		return party{issuer: issuer.full, serial: serial.full}, ok1 && ok2
	case tagContext0:
		return party{key: e.body}, true
	case tagExplicit0: // RecipientKeyIdentifier, or an octet string in parts
		p.key, ok = body.octetString()
		return p, ok
	}
	return p, false
}

// fits reports whether the party is the subject of a certificate.
func (p party) fits(c *pki.Certificate) bool {
	if p.issuer == nil {
		return len(p.key) > 0 && bytes.Equal(p.key, c.SubjectKeyId)
	}
	serial, err := asn1.Marshal(c.SerialNumber)
	return err == nil && bytes.Equal(p.serial, serial) && bytes.Equal(p.issuer, c.RawIssuer)
}
