package x509

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"net/netip"

	"github.com/hawser-mta/hawser/runtime/value"
)

// extensionNames are the short names of OpenSSL for extensions of certificates, of
// revocation lists and of their entries.
var extensionNames = map[string]string{
	"2.5.29.9": "subjectDirectoryAttributes", "2.5.29.14": "subjectKeyIdentifier", "2.5.29.15": "keyUsage",
	"2.5.29.16": "privateKeyUsagePeriod", "2.5.29.17": "subjectAltName", "2.5.29.18": "issuerAltName",
	"2.5.29.19": "basicConstraints", "2.5.29.20": "crlNumber", "2.5.29.21": "CRLReason", "2.5.29.23": "holdInstructionCode",
	"2.5.29.24": "invalidityDate", "2.5.29.27": "deltaCRL", "2.5.29.28": "issuingDistributionPoint",
	"2.5.29.29": "certificateIssuer", "2.5.29.30": "nameConstraints", "2.5.29.31": "crlDistributionPoints",
	"2.5.29.32": "certificatePolicies", "2.5.29.33": "policyMappings", "2.5.29.35": "authorityKeyIdentifier",
	"2.5.29.36": "policyConstraints", "2.5.29.37": "extendedKeyUsage", "2.5.29.46": "freshestCRL",
	"2.5.29.54": "inhibitAnyPolicy", "2.5.29.55": "targetInformation", "2.5.29.56": "noRevAvail",
	"1.3.6.1.5.5.7.1.1": "authorityInfoAccess", "1.3.6.1.5.5.7.1.2": "biometricInfo", "1.3.6.1.5.5.7.1.3": "qcStatements",
	"1.3.6.1.5.5.7.1.7": "sbgp-ipAddrBlock", "1.3.6.1.5.5.7.1.8": "sbgp-autonomousSysNum",
	"1.3.6.1.5.5.7.1.11": "subjectInfoAccess", "1.3.6.1.5.5.7.1.14": "proxyCertInfo", "1.3.6.1.5.5.7.1.24": "tlsfeature",
	"1.3.6.1.5.5.7.48.1.5": "noCheck", "1.3.6.1.4.1.11129.2.4.2": "ct_precert_scts", "1.3.6.1.4.1.11129.2.4.3": "ct_precert_poison",
	"2.16.840.1.113730.1.1": "nsCertType", "2.16.840.1.113730.1.2": "nsBaseUrl",
	"2.16.840.1.113730.1.3": "nsRevocationUrl", "2.16.840.1.113730.1.4": "nsCaRevocationUrl", "2.16.840.1.113730.1.7": "nsRenewalUrl",
	"2.16.840.1.113730.1.8": "nsCaPolicyUrl", "2.16.840.1.113730.1.12": "nsSslServerName", "2.16.840.1.113730.1.13": "nsComment",
}

// extensions lists them in their order.
func extensions(list []pkix.Extension) value.Value {
	out := value.NewArray(len(list))
	for _, e := range list {
		out.Append(value.FromArray(value.Map(
			"oid", value.Str(e.Id.String()),
			"name", value.Str(short(extensionNames, e.Id)),
			"critical", value.Bool(e.Critical),
			// A copy: a few bytes must not hold the whole certificate.
			"value", value.Str(string(e.Value)),
		)))
	}
	return value.FromArray(out)
}

var subjectAltName = asn1.ObjectIdentifier{2, 5, 29, 17}

// altKinds are the kinds of alternative names that scripts see, by their tag.
var altKinds = []struct {
	tag  int
	name string
}{{2, "DNS"}, {7, "IP"}, {1, "email"}, {6, "URI"}}

// altNames lists the alternative names by kind; kinds without names are absent.
// They are read from the extension itself, since crypto/x509 keeps URIs in a form
// of its own.
func altNames(c *x509.Certificate) value.Value {
	lists := map[int][]string{}
	for _, e := range c.Extensions {
		if !e.Id.Equal(subjectAltName) {
			continue
		}
		var names []asn1.RawValue
		// The parser of the certificate has accepted the extension already.
		_, _ = asn1.Unmarshal(e.Value, &names)
		for _, n := range names {
			s := string(n.Bytes)
			if n.Tag == 7 {
				a, _ := netip.AddrFromSlice(n.Bytes)
				s = a.String()
			}
			lists[n.Tag] = append(lists[n.Tag], s)
		}
	}
	out := value.NewArray(len(lists))
	for _, k := range altKinds {
		if l := lists[k.tag]; l != nil {
			out.SetStr(k.name, value.FromArray(value.Strings(l...)))
		}
	}
	return value.FromArray(out)
}
