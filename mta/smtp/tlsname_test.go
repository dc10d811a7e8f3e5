package smtp

import (
	"crypto/tls"
	"strings"
	"testing"
)

func TestCipherNames(t *testing.T) {
	t.Parallel()
	for _, s := range append(tls.CipherSuites(), tls.InsecureCipherSuites()...) {
		name, bits := CipherName(s.ID)
		if bits == 0 || name == "" || strings.Contains(name, "_WITH_") {
			t.Errorf("suite %s has name %q, %d bits", s.Name, name, bits)
		}
	}
	if name, _ := CipherName(tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384); name != "ECDHE-RSA-AES256-GCM-SHA384" {
		t.Errorf("got %q", name)
	}
	if got := ProtocolName(tls.VersionTLS12); got != "TLSv1.2" {
		t.Errorf("got %q", got)
	}
}
