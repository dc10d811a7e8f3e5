package main_test

import (
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/stdlib/dns/dnstest"
)

// TestDANE: TLSA records of a zone that a resolver has validated decide about a host,
// those of a zone that nobody signed say nothing.
func TestDANE(t *testing.T) {
	t.Parallel()
	cert, _ := (*authority)(nil).issue(t, time.Hour, "mx.signed.test")
	next := (&peer{tls: &tls.Config{Certificates: []tls.Certificate{cert}}}).listen(t, "127.0.0.1")
	hash := fmt.Sprintf("%x", sha256.Sum256(cert.Leaf.RawSubjectPublicKeyInfo))
	wrong := strings.Repeat("0", 64)
	text := dnstest.Apex + fmt.Sprintf(`
good     MX 10 mx
bad      MX 10 wrong
without  MX 10 none
mx       A  127.0.0.1
wrong    A  127.0.0.1
none     A  127.0.0.1
_%[1]d._tcp.mx    TLSA 3 1 1 %[2]s
_%[1]d._tcp.wrong TLSA 3 1 1 %[3]s
`, next.Port, hash, wrong)
	unbound, _ := dnstest.Recursive(t, []dnstest.Zone{{Name: "signed.test", Text: text, Sign: true}, {Name: "plain.test", Text: text}})
	dane := fmt.Sprintf(`if ($name != "required") Try(["port" => %[1]d, "tls" => "dane"]); Try(["port" => %[1]d, "tls" => "dane_require"]);`, next.Port)
	s := workspace(t, 1, map[string]string{
		"config/smtpd-app.yaml":        fmt.Sprintf(tryConfig, fmt.Sprint("127.0.0.1:", unbound)),
		"hooks/queue/predelivery.hsl":  `$a = $message["recipientaddress"]; $name = $a["localpart"]; $context = $name . "-" . $a["domain"];` + dane,
		"hooks/queue/postdelivery.hsl": logArguments,
	})
	s.Start()
	for _, c := range []struct {
		to, report string
		code, tlsa any
	}{
		{"dane@good.signed.test", "", delivered, hash},
		{"required@good.signed.test", "", delivered, hash},
		{"dane@bad.signed.test", "validation-failure", nil, wrong},
		{"required@bad.signed.test", "validation-failure", nil, wrong},
		{"dane@without.signed.test", "certificate-not-trusted", delivered, nil},
		{"required@without.signed.test", "dane-required", nil, nil},
		{"dane@bad.plain.test", "certificate-not-trusted", delivered, nil},
		{"required@good.plain.test", "dane-required", nil, nil},
	} {
		s.MustSend("a@x.test", c.to, "x\r\n")
		got := s.post(strings.Replace(c.to, "@", "-", 1))
		report, _ := at(got, "attempt.connection.tls.tlsrpt").(string)
		if code, tlsa := at(got, "attempt.result.code"), at(got, "attempt.connection.tls.tlsa.records.0.data"); code != c.code || report != c.report || tlsa != c.tlsa {
			t.Errorf("%s: code %v, report %q, TLSA %v, want %v, %q, %v\n%v", c.to, code, report, tlsa, c.code, c.report, c.tlsa, got)
		}
		if sent := next.sent()[c.to]; (sent == 1) != (c.code != nil) {
			t.Errorf("%s: %d messages", c.to, sent)
		}
	}
	s.Stop()
	for _, d := range next.sessions { // no mail in clear, and none after a failure
		if len(d.Mails) > 0 && d.Protocol == 0 {
			t.Errorf("in clear: %q", d.Commands)
		}
	}
}
