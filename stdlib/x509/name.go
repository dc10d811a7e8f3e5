package x509

import (
	"encoding/asn1"
	"unicode/utf16"

	"github.com/hawser-mta/hawser/runtime/value"
)

// attributes are the short names of OpenSSL for the parts of a distinguished name.
var attributes = map[string]string{
	"2.5.4.3": "CN", "2.5.4.4": "SN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
	"2.5.4.9": "street", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.12": "title", "2.5.4.13": "description",
	"2.5.4.15": "businessCategory", "2.5.4.16": "postalAddress", "2.5.4.17": "postalCode", "2.5.4.18": "postOfficeBox",
	"2.5.4.20": "telephoneNumber", "2.5.4.41": "name", "2.5.4.42": "GN", "2.5.4.43": "initials",
	"2.5.4.44": "generationQualifier", "2.5.4.45": "x500UniqueIdentifier", "2.5.4.46": "dnQualifier",
	"2.5.4.65": "pseudonym", "2.5.4.72": "role", "2.5.4.97": "organizationIdentifier",
	"0.9.2342.19200300.100.1.1": "UID", "0.9.2342.19200300.100.1.3": "mail", "0.9.2342.19200300.100.1.25": "DC",
	"1.2.840.113549.1.9.1": "emailAddress", "1.2.840.113549.1.9.2": "unstructuredName", "1.2.840.113549.1.9.8": "unstructuredAddress",
	"1.3.6.1.4.1.311.60.2.1.1": "jurisdictionL", "1.3.6.1.4.1.311.60.2.1.2": "jurisdictionST",
	"1.3.6.1.4.1.311.60.2.1.3": "jurisdictionC",
}

// attribute is a type with its value.
type attribute struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue
}

// rdnSET is a relative name; encoding/asn1 knows by the end of the type's name
// that it is a set.
type rdnSET []attribute

// name lists the parts of a distinguished name in DER as pairs, in their order.
func name(der []byte) value.Value {
	var rdns []rdnSET
	// The parser of the certificate has accepted the name already.
	_, _ = asn1.Unmarshal(der, &rdns)
	out := value.NewArray(len(rdns))
	for _, rdn := range rdns {
		for _, a := range rdn {
			out.Append(value.FromArray(value.Strings(short(attributes, a.Type), text(a.Value))))
		}
	}
	return value.FromArray(out)
}

// short returns the name of an identifier, or the identifier in dots.
func short(names map[string]string, id asn1.ObjectIdentifier) string {
	dotted := id.String()
	if n := names[dotted]; n != "" {
		return n
	}
	return dotted
}

// Kinds of strings that encoding/asn1 has no name for.
const (
	tagUniversalString = 28
	tagVisibleString   = 26
)

// text returns a string of any kind in UTF-8; of what is no string the raw bytes.
func text(v asn1.RawValue) string {
	b := v.Bytes
	switch v.Tag {
	case asn1.TagT61String: // read as Latin-1, as everybody does
		out := make([]rune, len(b))
		for i, c := range b {
			out[i] = rune(c)
		}
		return string(out)
	case asn1.TagBMPString:
		out := make([]uint16, len(b)/2)
		for i := range out {
			out[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
		}
		return string(utf16.Decode(out))
	case tagUniversalString:
		out := make([]rune, len(b)/4)
		for i := range out {
			out[i] = rune(uint32(b[4*i])<<24 | uint32(b[4*i+1])<<16 | uint32(b[4*i+2])<<8 | uint32(b[4*i+3]))
		}
		return string(out)
	}
	return string(b)
}
