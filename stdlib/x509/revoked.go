package x509

import (
	"crypto/x509"
	"encoding/asn1"
	"strconv"

	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// reasons are OpenSSL's names of the reason codes (RFC 5280, 5.3.1).
var reasons = map[int]string{
	0: "unspecified", 1: "keyCompromise", 2: "CACompromise", 3: "affiliationChanged", 4: "superseded",
	5: "cessationOfOperation", 6: "certificateHold", 8: "removeFromCRL", 9: "privilegeWithdrawn", 10: "AACompromise",
}

var reasonCode = asn1.ObjectIdentifier{2, 5, 29, 21}

// entrySize is what an entry takes as an array.
const entrySize = 320

// revoked lists the entries.
func revoked(t *vm.Thread, l *pki.CRL, _ []value.Value) (value.Value, error) {
	n := len(l.RevokedCertificateEntries)
	if err := t.Reserve(n * entrySize); err != nil {
		return value.None, err
	}
	out := value.NewArray(n)
	for i := range l.RevokedCertificateEntries {
		e := &l.RevokedCertificateEntries[i]
		a := value.Map("serial_number", serial(e.SerialNumber))
		if given(e) {
			r := reasons[e.ReasonCode]
			if r == "" {
				r = strconv.Itoa(e.ReasonCode)
			}
			a.SetStr("reason", value.Str(r))
		}
		a.SetStr("revocation_date", unix(e.RevocationTime))
		out.Append(value.FromArray(a))
	}
	return value.FromArray(out), t.Charge(n * entrySize)
}

// given reports whether an entry has a reason; crypto/x509 gives 0 without one.
func given(e *x509.RevocationListEntry) bool {
	for _, x := range e.Extensions {
		if x.Id.Equal(reasonCode) {
			return true
		}
	}
	return false
}
