package pki

import (
	"crypto/tls"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// TestSuites compares what a cipher list allows with OpenSSL, for the suites that
// both know. Only whether a suite is in counts: Go orders by its own preference.
func TestSuites(t *testing.T) {
	t.Parallel()
	names := func(ids []uint16) []string {
		var out []string
		for _, id := range ids {
			name, _ := CipherName(id)
			out = append(out, name)
		}
		slices.Sort(out)
		return out
	}
	ours := map[string]bool{}
	for _, s := range suites {
		name, _ := CipherName(s.id)
		ours[name] = true
	}
	openssl := func(list string) []string {
		out, err := exec.CommandContext(t.Context(), "openssl", "ciphers", list).Output()
		if err != nil {
			t.Fatalf("openssl ciphers %s: %s", list, err)
		}
		return strings.Split(strings.TrimSpace(string(out)), ":")
	}
	all := openssl("ALL:COMPLEMENTOFALL:@SECLEVEL=0")
	for _, list := range []string{
		"HIGH", "HIGH:!aNULL:!SHA1", "ECDHE+AESGCM", "ECDHE-RSA-AES256-GCM-SHA384:AES128-SHA", "AES:!kRSA", "kECDHE:-ECDSA",
		"ALL:!AES128:!CHACHA20", "aRSA+AES256:+SHA256", "HIGH:!ECDHE:@STRENGTH", "aECDSA,AESGCM", "SHA256", "AES128:!SHA256", "HIGH:!ECDHE:ECDHE",
	} {
		var want []string
		for _, n := range openssl(list + ":@SECLEVEL=0") {
			if ours[n] {
				want = append(want, n)
			}
		}
		slices.Sort(want)
		got, err := Suites(list)
		if err != nil {
			t.Errorf("%s: %s", list, err)
		}
		// Suites that the library of the host was built without.
		known := slices.DeleteFunc(names(got), func(n string) bool { return !slices.Contains(all, n) })
		if d := cmp.Diff(want, known); d != "" || len(want) == 0 {
			t.Errorf("%s (-openssl +got)\n%s", list, d)
		}
	}
	for _, list := range []string{"aNULL", "HIGH:!ALL", "SHA384", "nonsense"} {
		if got, err := Suites(list); err == nil {
			t.Errorf("%s: got %v", list, names(got))
		}
	}
}
