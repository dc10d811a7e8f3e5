package hook_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/mta/spool"
)

// TestLegacyOptions: what legacy functions set counts at the end, and what the last
// call says counts more.
func TestLegacyOptions(t *testing.T) {
	t.Parallel()
	r := runner(t, map[string]string{
		"connect":  `echo SetSenderIP("192.0.2.9");`,
		"helo":     `SetHELO("old"); Accept(["host" => "new"]);`,
		"mailfrom": `SetSender("n@z.test"); echo [$senderip, $senderdomain, $senderhelo, $tlsstarted, $saslauthed]; Accept();`,
		"rcptto":   `SetRecipient("r@z.test"); echo [$sender, $recipient, $recipientdomain, $recipients];`,
		"predelivery": `SetDestination("mx.z.test", 26); SetTLS("require"); SetSASL("u", "p"); SetSourceIP("one"); SetHELO("me");
			SetSender("x@y.test"); SetSenderParams(["RET" => "HDRS"]); SetRecipientParams(["NOTIFY" => "NEVER"]);
			echo [$retry, $transportid, $recipient, $queueid];`,
		"postdelivery": `echo [$errormsg, $errorcode, $action]; SetDSN(["subject" => "no"]); GenerateDSN();`,
	})
	if v := r.Run(t.Context(), input(hook.Connect)); v.RemoteIP.String() != "192.0.2.9" || v.Action != hook.Accept {
		t.Errorf("%+v", v)
	}
	if v := r.Run(t.Context(), input(hook.Helo)); *v.Host != "new" {
		t.Errorf("%+v", v)
	}
	in := input(hook.MailFrom)
	in.Address = parse("s@X.test")
	if v := r.Run(t.Context(), in); v.Address.String() != "n@z.test" {
		t.Errorf("%+v", v)
	}
	in = input(hook.RcptTo)
	s := parse("s@x.test")
	in.Tx.Sender, in.Address = &s, parse("A@Y.test")
	if v := r.Run(t.Context(), in); v.Address.String() != "r@z.test" {
		t.Errorf("%+v", v)
	}
	u := &spool.Unit{Transaction: "tx", Queue: 4, Sender: s, Recipient: parse("b@y.test"), TransportID: "mx"}
	v, _ := r.RunQueue(t.Context(), &hook.QueueInput{Phase: hook.PreDelivery, Unit: u, Retry: 2})
	o := v.Try
	got := []any{v.Action, o.Host, o.Port, o.TLS, o.Username, o.Password, o.SourceIP, o.Helo, o.Sender.String(), o.SenderParams, o.Recipient.String(), o.RecipientParams}
	want := []any{hook.Try, []string{"mx.z.test"}, 26, "require", "u", "p", []hook.SourceIP{{ID: "one"}}, "me", "x@y.test",
		smtp.Params{{Key: "RET", Value: "HDRS"}}, "b@y.test", smtp.Params{{Key: "NOTIFY", Value: "NEVER"}}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	v, _ = r.RunQueue(t.Context(), &hook.QueueInput{Phase: hook.PostDelivery, Unit: u, Action: "BOUNCE",
		Attempt: &hook.Attempt{Result: &hook.AttemptResult{Reply: smtp.MakeReply(550, [3]int{5, 1, 1}, "no such user")}}})
	if v.Action != hook.Bounce || v.DSN == nil || v.DSN.Subject != "no" {
		t.Errorf("%+v", v)
	}
	lines := `192.0.2.9
[0=>"192.0.2.1",1=>"x.test",2=>none,3=>false,4=>false]
[0=>"s@x.test",1=>"a@y.test",2=>"y.test",3=>[]]
[0=>2,1=>"mx",2=>"b@y.test",3=>4]
[0=>"no such user",1=>550,2=>"BOUNCE"]
`
	if d := cmp.Diff(lines, r.out.String()); d != "" || r.log.Len() > 0 {
		t.Errorf("(-want +got)\n%s%s", d, r.log.String())
	}
}

// TestLegacyMail works on the message with functions instead of methods.
func TestLegacyMail(t *testing.T) {
	t.Parallel()
	r := runner(t, map[string]string{"eod": `
		echo GetHeader("subject");
		echo GetHeaders("received");
		echo GetHeaders(true);
		AppendHeader("Subject", " there"); PrependHeader("Subject", "[x] ");
		AddHeader("X-A", "1"); SetHeader("X-B", "2"); DelHeader("Received");
		echo MIME("0")->getHeader("Subject") . GetMailMessage()->getHeader("Subject");
		echo MIME("0.1")->getBody() . MIME("0.2")->getBody();
		echo DKIMSign("s", "d.test", "no key");
		echo GetTLS();
		echo $arguments["mail"]->toString();
		Accept();`})
	in := input(hook.EOD)
	in.Conn.TLS = &hook.TLS{Protocol: "TLSv1.3", Cipher: "TLS_AES_128_GCM_SHA256", KeySize: 128}
	in.Mail = message.Parse(message.Bytes([]byte(strings.ReplaceAll(`Received: one
Received: two
Subject: hello
Content-Type: multipart/mixed; boundary=b

--b

first
--b

second
--b--
`, "\n", "\r\n"))))
	if v := r.Run(t.Context(), in); v.Action != hook.Accept {
		t.Errorf("%+v\n%s", v, r.log.String())
	}
	want := `hello
[0=>"one",1=>"two"]
["received"=>[0=>"one",1=>"two"],"subject"=>[0=>"hello"],"content-type"=>[0=>"multipart/mixed; boundary=b"]]
hellohello
firstsecond
false
["started"=>true,"protocol"=>"TLSv1.3","cipher"=>"TLS_AES_128_GCM_SHA256","keysize"=>128]
`
	want += "X-B: 2\r\nX-A: 1\r\nSubject: [x] hello there\r\nContent-Type"
	if got, _, _ := strings.Cut(r.out.String(), ": multipart/mixed; boundary=b\r\n"); got != want {
		t.Errorf("(-want +got)\n%s", cmp.Diff(want, got))
	}
}

// TestLegacySend queues a message with one call.
func TestLegacySend(t *testing.T) {
	t.Parallel()
	r := runner(t, map[string]string{"connect": `
		echo mail("s@x.test", "r@y.test", "Sübject", "the body", "mx", ["sender_name" => "Änn", "headers" => ["X-A" => "1"]]);
		try { mail("s@x.test", "nonsense", "", "", "mx"); } catch ($e) { echo $e->message(); }
		echo GetAddressList("Jo <jo@x.org>; b@y.org");`})
	r.Run(t.Context(), input(hook.Connect))
	got := r.out.String()
	for _, part := range []string{"r@y.test ", "From: =?utf-8?Q?=C3=84nn?= <s@x.test>\r\nTo: r@y.test\r\nSubject: =?utf-8?Q?S=C3=BCbject?=\r\nX-A: 1\r\n", "\r\n\r\nthe body", "new\n",
		"mail(): To: 'nonsense' is not an address", `[0=>"jo@x.org",1=>"b@y.org"]`} {
		if !strings.Contains(got, part) {
			t.Errorf("%q is not in %q %s", part, got, r.log.String())
		}
	}
}

// TestPeerCertificate: the certificate of a peer is what class X509 takes.
func TestPeerCertificate(t *testing.T) {
	t.Parallel()
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	form := &x509.Certificate{SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "mx.test"}}
	der, err := x509.CreateCertificate(rand.Reader, form, form, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	r := runner(t, map[string]string{"helo": `$p = $connection["tls"]["peercert"];
		echo X509($p["x509"])->subject(); echo [X509($p["chain"][0])->serial_number(), $p["error"]];`})
	in := input(hook.Helo)
	in.Conn.TLS = &hook.TLS{Protocol: "TLSv1.3", Peer: []*x509.Certificate{cert, cert}, PeerErr: 18}
	r.Run(t.Context(), in)
	want := "[0=>[0=>\"CN\",1=>\"mx.test\"]]\n[0=>\"07\",1=>18]\n"
	if got := r.out.String(); got != want {
		t.Errorf("got %s%s, want %s", got, r.log.String(), want)
	}
}
