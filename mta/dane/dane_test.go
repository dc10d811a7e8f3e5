package dane_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/hawser-mta/hawser/mta/dane"
	"github.com/hawser-mta/hawser/mta/smtpclient"
	"github.com/hawser-mta/hawser/stdlib/dns"
)

// answers is what DNS says to a query, by "name type"; NXDOMAIN otherwise.
type answers map[string]*dns.Answer

func (a answers) Query(_ context.Context, name, typ string) *dns.Answer {
	if x := a[name+" "+typ]; x != nil {
		return x
	}
	return &dns.Answer{Error: dns.NXDomain, Secure: true}
}

func tlsa(fields ...string) *dns.Answer {
	a := &dns.Answer{Secure: true}
	for _, f := range fields {
		rr, err := mdns.NewRR("x. 60 IN TLSA " + f)
		if err != nil {
			panic(err)
		}
		a.Records = append(a.Records, dns.Record{RR: rr})
	}
	return a
}

// pair is a certificate with its key.
type pair struct {
	*x509.Certificate
	key *ecdsa.PrivateKey
}

func issue(t *testing.T, name string, issuer *pair, until time.Duration) *pair {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(until), IsCA: issuer == nil, BasicConstraintsValid: true,
	}
	parent, signer := form, key
	if issuer != nil {
		parent, signer = issuer.Certificate, issuer.key
	}
	der, err := x509.CreateCertificate(rand.Reader, form, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &pair{c, key}
}

func hash(b []byte) string  { s := sha256.Sum256(b); return hex.EncodeToString(s[:]) }
func hash5(b []byte) string { s := sha512.Sum512(b); return hex.EncodeToString(s[:]) }

func TestVerify(t *testing.T) {
	t.Parallel()
	root := issue(t, "ca.test", nil, time.Hour)
	leaf := issue(t, "mx.test", root, time.Hour)
	old := issue(t, "mx.test", root, -time.Hour)
	foreign := issue(t, "other.test", root, time.Hour)
	for _, c := range []struct {
		name, record string
		chain        []*pair
		good         bool
	}{
		{"end entity by key", "3 1 1 " + hash(leaf.RawSubjectPublicKeyInfo), []*pair{leaf, root}, true},
		{"end entity by certificate, SHA-512", "3 0 2 " + hash5(leaf.Raw), []*pair{leaf}, true},
		{"end entity, the whole key", "3 1 0 " + hex.EncodeToString(leaf.RawSubjectPublicKeyInfo), []*pair{leaf}, true},
		{"end entity, expired and for another name", "3 1 1 " + hash(old.RawSubjectPublicKeyInfo), []*pair{old}, true},
		{"end entity, another key", "3 1 1 " + hash(root.RawSubjectPublicKeyInfo), []*pair{leaf, root}, false},
		{"anchor by certificate", "2 0 1 " + hash(root.Raw), []*pair{leaf, root}, true},
		{"anchor by key", "2 1 1 " + hash(root.RawSubjectPublicKeyInfo), []*pair{leaf, root}, true},
		{"anchor in the record, not sent", "2 0 0 " + hex.EncodeToString(root.Raw), []*pair{leaf}, true},
		{"anchor not sent", "2 0 1 " + hash(root.Raw), []*pair{leaf}, false},
		{"anchor, expired", "2 0 1 " + hash(root.Raw), []*pair{old, root}, false},
		{"anchor, another name", "2 0 1 " + hash(root.Raw), []*pair{foreign, root}, false},
		{"no certificate", "3 1 1 " + hash(leaf.Raw), nil, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := dane.Find(t.Context(), answers{"_25._tcp.mx.test tlsa": tlsa(c.record)}, "mx.test", 25, true, dane.Opportunistic)
			if err != nil || p.Mode != smtpclient.TLSRequire || !p.SNI {
				t.Fatalf("%+v %v", p, err)
			}
			st := tls.ConnectionState{}
			for _, x := range c.chain {
				st.PeerCertificates = append(st.PeerCertificates, x.Certificate)
			}
			if err := p.Verify(st); (err == nil) != c.good {
				t.Errorf("got %v, want good %v", err, c.good)
			}
		})
	}
}

func TestFind(t *testing.T) {
	t.Parallel()
	good := "3 1 1 " + hash([]byte("x"))
	insecure := tlsa(good)
	insecure.Secure = false
	for _, c := range []struct {
		name   string
		answer *dns.Answer
		host   string
		secure bool
		mode   dane.Mode
		want   string // mode, or report of the error
		verify bool
	}{
		{"records", tlsa(good), "mx.test", true, dane.Opportunistic, "require", true},
		{"records, required", tlsa(good), "mx.test", true, dane.Require, "require", true},
		{"one of two usable", tlsa("1 1 1 "+hash(nil), good), "mx.test", true, dane.Fallback, "require", true},
		{"only PKIX", tlsa("1 1 1 " + hash(nil)), "mx.test", true, dane.Opportunistic, "require", false},
		{"only PKIX, required", tlsa("0 0 1 " + hash(nil)), "mx.test", true, dane.Require, "tlsa-invalid", false},
		{"wrong length", tlsa("3 1 1 abcd"), "mx.test", true, dane.Opportunistic, "require", false},
		{"unknown selector", tlsa("3 7 1 " + hash(nil)), "mx.test", true, dane.Opportunistic, "require", false},
		{"unknown selector, fallback", tlsa("3 7 1 " + hash(nil)), "mx.test", true, dane.Fallback, "require_verify", false},
		{"none", nil, "mx.test", true, dane.Opportunistic, "optional", false},
		{"none, fallback", nil, "mx.test", true, dane.Fallback, "require_verify", false},
		{"none, required", nil, "mx.test", true, dane.Require, "dane-required", false},
		{"MX not authenticated", tlsa(good), "mx.test", false, dane.Opportunistic, "optional", false},
		{"TLSA not authenticated", insecure, "mx.test", true, dane.Opportunistic, "optional", false},
		{"TLSA not authenticated, required", insecure, "mx.test", true, dane.Require, "dane-required", false},
		{"look-up fails", &dns.Answer{Error: dns.ServFail}, "mx.test", true, dane.Opportunistic, "dnssec-invalid", false},
		{"an address", tlsa(good), "", true, dane.Fallback, "require_verify", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			a := answers{}
			if c.answer != nil {
				a[fmt.Sprintf("_26._tcp.%s tlsa", c.host)] = c.answer
			}
			p, err := dane.Find(t.Context(), a, c.host, 26, c.secure, c.mode)
			var fail *smtpclient.Error
			if errors.As(err, &fail) {
				if p.Failed != (c.want == "dnssec-invalid") || len(p.Records) > 0 != (c.want == "tlsa-invalid") {
					t.Errorf("beside %s: %+v", fail, p)
				}
				if fail.Report != c.want || fail.Type != smtpclient.ErrDANE || !fail.Temporary {
					t.Errorf("got %+v, want %s", fail, c.want)
				}
				return
			}
			if unused := len(p.Records) > 0 && p.Verify == nil; unused != (p.Report == "tlsa-invalid") {
				t.Errorf("report %q of %d records", p.Report, len(p.Records))
			}
			if err != nil || string(p.Mode) != c.want || (p.Verify != nil) != c.verify {
				t.Errorf("got %+v %v, want %s", p, err, c.want)
			}
		})
	}
}
