package sink_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/cmd/internal/loadgen"
	"github.com/hawser-mta/hawser/cmd/internal/servertest"
	"github.com/hawser-mta/hawser/cmd/internal/sink"
	"go.uber.org/goleak"
)

// bound is how long anything here may take on a busy machine.
const bound = 2 * time.Minute

// TestMain: a closed sink leaves no goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func load(t *testing.T, s *sink.Sink, o loadgen.Options) *loadgen.Result {
	t.Helper()
	o.To = s.Addr()
	r, err := loadgen.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// talk is a client that says what a test tells it to.
type talk struct {
	t  *testing.T
	nc net.Conn
	br *bufio.Reader
}

// dial connects from an address of this machine and reads nothing yet.
func dial(t *testing.T, s *sink.Sink, from string) *talk {
	t.Helper()
	nc, err := (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}).Dial("tcp", s.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(bound))
	return &talk{t, nc, bufio.NewReader(nc)}
}

// reply reads one reply with all its lines.
func (c *talk) reply() string {
	c.t.Helper()
	var all strings.Builder
	for {
		line, err := c.br.ReadString('\n')
		if err != nil {
			return all.String() + "(" + err.Error() + ")"
		}
		all.WriteString(line)
		if len(line) > 3 && line[3] == ' ' {
			return all.String()
		}
	}
}

func (c *talk) say(text string) {
	c.t.Helper()
	if _, err := io.WriteString(c.nc, text); err != nil {
		c.t.Fatal(err)
	}
}

// want says something and asserts the codes of the replies, one per line of want.
func (c *talk) want(text string, codes ...string) {
	c.t.Helper()
	if text != "" {
		c.say(text)
	}
	for _, code := range codes {
		if got := c.reply(); !strings.HasPrefix(got, code) {
			c.t.Errorf("%.60q: got %q, want %s", text, got, code)
		}
	}
}

func TestCounts(t *testing.T) {
	t.Parallel()
	s := servertest.Sink(t, sink.Options{})
	const n = 500
	r := load(t, s, loadgen.Options{Clients: 5, Messages: n, Domains: 10, Recipients: 2, PerConn: 10, Seed: 3})
	if !r.OK() || r.Messages != n {
		t.Fatalf("the load generator got %+v", r)
	}
	c := s.Counts()
	if c.Messages != n || c.Recipients != 2*n || c.Bytes != n*4096 || c.Connections != r.Connections || c.Open != 0 {
		t.Errorf("got %+v", c)
	}
	if c.Connections < n/10 || c.Peak > 5 || c.PeakByClient["127.0.0.1"] != c.Peak {
		t.Errorf("got %d connections, %d at once, %v", c.Connections, c.Peak, c.PeakByClient)
	}
	if c.Domains["d0.test"] < 2*c.Domains["d5.test"] || c.Domains["d5.test"] == 0 {
		t.Errorf("the spread over domains is %v", c.Domains)
	}
	if len(c.Refused)+len(c.Duplicates) != 0 || c.PerSecond.Max == 0 || c.PerSecond.Mean == 0 {
		t.Errorf("got %+v", c)
	}
	events, lost := s.Events()
	if lost != 0 {
		t.Errorf("%d events were lost", lost)
	}
	if d := cmp.Diff(c.PeakByClient, sink.Peak(events, sink.Open, sink.Close, sink.ByClient)); d != "" {
		t.Errorf("peaks of counts and events differ: %s", d)
	}
	if d := cmp.Diff(c.Domains, sink.Busiest(events, sink.Message, time.Hour, sink.ByDomain)); d != "" {
		t.Errorf("messages of counts and events differ: %s", d)
	}
	for domain, n := range sink.Peak(events, sink.Begin, sink.End, sink.ByDomain) {
		if n < 1 || n > 5 {
			t.Errorf("%d transactions to %s at once, want 1 to 5", n, domain)
		}
	}
}

func TestLimits(t *testing.T) {
	t.Parallel()
	s := servertest.Sink(t, sink.Options{Limits: sink.Limits{Total: 3, Client: 2, Messages: 1}})
	a, b := dial(t, s, "127.0.0.1"), dial(t, s, "127.0.0.1")
	a.want("", "220")
	b.want("", "220")
	dial(t, s, "127.0.0.1").want("", "421", "(EOF)")
	other := dial(t, s, "127.0.0.2")
	other.want("", "220")
	dial(t, s, "127.0.0.3").want("", "421", "(EOF)")
	a.want("QUIT\r\n", "221", "(EOF)")
	c := dial(t, s, "127.0.0.1") // the place of a is free when its 221 is read
	c.want("", "220")
	c.want("EHLO x\r\n", "250")
	one := "MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\n"
	c.want(one, "250", "250", "354")
	c.want("Subject: x\r\n\r\nx\r\n.\r\n", "250")
	c.want("MAIL FROM:<a@x.test>\r\n", "421", "(EOF)")
	got := s.Counts()
	if d := cmp.Diff(map[string]int{"connect 421": 2, "mail 421": 1}, got.Refused); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]int{"127.0.0.1": 2, "127.0.0.2": 1}, got.PeakByClient); d != "" || got.Peak != 3 || got.Connections != 4 {
		t.Errorf("%s in %+v", d, got)
	}
}

// TestShares: the refusals of a seed are the same in each run, whatever the order
// of connections, and near their shares.
func TestShares(t *testing.T) {
	t.Parallel()
	run := func(clients int, seed uint64) sink.Counts {
		var f sink.Failures
		if err := f.UnmarshalText([]byte("connect=20%:421,mail=10%:451,rcpt=20%:550,rcpt=10%:452,data=10%:451,eod=10%:554")); err != nil {
			t.Fatal(err)
		}
		s := servertest.Sink(t, sink.Options{Failures: f, Seed: seed, Log: 10})
		r := load(t, s, loadgen.Options{Clients: clients, Messages: 2000, Size: 500, PerConn: 50})
		c := s.Counts()
		if r.Messages != c.Messages || r.Failed != 2000-c.Messages {
			t.Errorf("the load generator got %d and %d, the sink %d", r.Messages, r.Failed, c.Messages)
		}
		for name, n := range c.Refused {
			if r.Failures[name] != n && !strings.HasPrefix(name, "protocol") && name != "connect 421" {
				t.Errorf("%s: the load generator got %d, the sink %d", name, r.Failures[name], n)
			}
		}
		if r.Failures["banner 421"] != c.Refused["connect 421"] {
			t.Errorf("banners refused: %d and %d", r.Failures["banner 421"], c.Refused["connect 421"])
		}
		delete(c.Refused, "connect 421") // how many connections there are is chance of another kind
		if _, lost := s.Events(); lost == 0 {
			t.Error("the journal has no bound")
		}
		return c
	}
	one := run(1, 7)
	if d := cmp.Diff(one.Refused, run(1, 7).Refused); d != "" {
		t.Errorf("the same seed, but %s", d)
	}
	if cmp.Equal(one.Refused, run(8, 8).Refused) {
		t.Error("another seed, the same refusals")
	}
	near := func(name string, got int, share float64) {
		if want := share * 2000; float64(got) < .7*want || float64(got) > 1.3*want {
			t.Errorf("%s: %d of 2000, want about %.0f", name, got, want)
		}
	}
	near("mail", one.Refused["mail 451"], .1)
	near("rcpt 550", one.Refused["rcpt 550"], .9*.2)
	near("rcpt 452", one.Refused["rcpt 452"], .9*.1)
	near("data", one.Refused["data 451"], .9*.7*.1)
	near("eod", one.Refused["eod 554"], .9*.7*.9*.1)
}

func TestDataRefused(t *testing.T) {
	t.Parallel()
	s := servertest.Sink(t, sink.Options{Failures: sink.Failures{{Stage: sink.Data, Share: .5, Code: 451}}, Seed: 2})
	c := dial(t, s, "127.0.0.1")
	c.want("", "220")
	c.want("EHLO x\r\n", "250")
	refused := 0
	for range 40 {
		c.want("MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\n", "250", "250")
		if got := c.reply(); strings.HasPrefix(got, "354") {
			c.want("Subject: x\r\n\r\n..x\r\n.\r\n", "250")
		} else if refused++; !strings.HasPrefix(got, "451 4.7.0") {
			t.Fatalf("got %q", got)
		}
	}
	c.want("QUIT\r\n", "221")
	got := s.Counts()
	if got.Messages != 40-refused || got.Refused["data 451"] != refused || len(got.Refused) != 1 || refused < 10 || refused > 30 {
		t.Errorf("%d were refused; %+v", refused, got)
	}
}

func TestExtensions(t *testing.T) {
	t.Parallel()
	ehlo := func(o sink.Options) string {
		c := dial(t, servertest.Sink(t, o), "127.0.0.1")
		c.want("", "220")
		c.say("EHLO x\r\n")
		return c.reply()
	}
	if d := cmp.Diff("250-Hello x\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250-CHUNKING\r\n250-SMTPUTF8\r\n250-DSN\r\n250-SIZE\r\n250 STARTTLS\r\n",
		ehlo(sink.Options{TLS: true})); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff("250-Hello x\r\n250-ENHANCEDSTATUSCODES\r\n250 SIZE 1000\r\n", ehlo(sink.Options{Off: []string{"pipelining", "8bitmime", "chunking", "smtputf8", "dsn"}, MaxSize: 1000})); d != "" {
		t.Error(d)
	}
}

func TestStartTLS(t *testing.T) {
	t.Parallel()
	s := servertest.Sink(t, sink.Options{TLS: true})
	r := load(t, s, loadgen.Options{Clients: 3, Messages: 60, StartTLS: true, PerConn: 5})
	if !r.OK() || r.Messages != 60 || r.Latency[loadgen.StartTLS].Count != uint64(r.Connections) {
		t.Errorf("got %+v", r)
	}
	roots := x509.NewCertPool()
	roots.AddCert(s.Certificate())
	c, err := gosmtp.DialStartTLS(s.Addr(), &tls.Config{RootCAs: roots})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if ok, _ := c.Extension("STARTTLS"); ok {
		t.Error("STARTTLS is offered inside TLS")
	}
	if err := c.Mail("a@x.test", &gosmtp.MailOptions{RequireTLS: true}); err != nil {
		t.Errorf("REQUIRETLS inside TLS: %v", err)
	}
	if err := c.Quit(); err != nil {
		t.Errorf("QUIT: %v", err)
	}
	injected := dial(t, s, "127.0.0.1")
	injected.want("", "220")
	injected.want("EHLO x\r\n", "250")
	injected.want("STARTTLS\r\nMAIL FROM:<a@x.test>\r\n", "(EOF)")
}

func TestLMTP(t *testing.T) {
	t.Parallel()
	s := servertest.Sink(t, sink.Options{LMTP: true, Failures: sink.Failures{{Stage: sink.EOD, Share: .3, Code: 452}}, Seed: 5})
	r := load(t, s, loadgen.Options{Clients: 4, Messages: 200, Recipients: 3, LMTP: true})
	c := s.Counts()
	if r.Messages != c.Messages || r.Failures["eod 452"] != c.Refused["eod 452"] || c.Recipients+c.Refused["eod 452"] != 600 || r.OK() {
		t.Errorf("got %+v and %+v", r, c)
	}
	if share := float64(c.Refused["eod 452"]) / 600; share < .22 || share > .38 {
		t.Errorf("%.2f of the recipients were refused, want about 0.3", share)
	}
}

// TestDelay: a stage answers late, by no less than the least that jitter allows.
func TestDelay(t *testing.T) {
	t.Parallel()
	s := servertest.Sink(t, sink.Options{Delays: sink.Delays{sink.Connect: 50 * time.Millisecond, sink.Rcpt: 80 * time.Millisecond}, Jitter: .25})
	r := load(t, s, loadgen.Options{Clients: 2, Messages: 6, PerConn: 1, NoPipelining: true})
	if l := r.Latency[loadgen.Banner]; l.P50 < 37 {
		t.Errorf("banners came within %.1f ms, want 37.5 at least", l.P50)
	}
	if l := r.Latency[loadgen.Rcpt]; l.P50 < 60 {
		t.Errorf("answers to RCPT came within %.1f ms, want 60 at least", l.P50)
	}
}

func TestGreylist(t *testing.T) {
	t.Parallel()
	s := servertest.Sink(t, sink.Options{Greylist: time.Hour})
	c := dial(t, s, "127.0.0.1")
	c.want("", "220")
	c.want("EHLO x\r\n", "250")
	c.want("MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nRCPT TO:<c@y.test>\r\nRCPT TO:<B@y.test>\r\n", "250", "451", "451", "451")
	if n := s.Counts().Refused["rcpt 451"]; n != 3 {
		t.Errorf("%d refusals, want 3", n)
	}
}

func TestDuplicatesAndSave(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "mail")
	s := servertest.Sink(t, sink.Options{Save: dir, Track: []string{"X-Id", "Message-ID"}, MaxSize: 2000})
	c := dial(t, s, "127.0.0.1")
	c.want("", "220")
	c.want("EHLO x\r\n", "250")
	send := func(id string, rcpt ...string) {
		c.want("MAIL FROM:<a@x.test>\r\n", "250")
		for _, to := range rcpt {
			c.want("RCPT TO:<"+to+">\r\n", "250")
		}
		c.want("DATA\r\n", "354")
		c.want("x-id:\r\n "+id+"\r\nMessage-ID: <same@x.test>\r\n\r\nX-Id: body\r\n.\r\n", "250")
	}
	send("1", "b@y.test", "c@y.test")
	send("2", "b@y.test")
	send("1", "c@y.test")
	c.want("MAIL FROM:<a@x.test> SIZE=3000\r\n", "552")
	c.want("MAIL FROM:<a@x.test>\r\n", "250")
	c.want("RCPT TO:<b@y.test>\r\nDATA\r\n", "250", "354")
	c.want(strings.Repeat("0123456789\r\n", 300)+".\r\n", "552")
	got := s.Counts()
	if d := cmp.Diff(map[string]int{"X-Id": 1, "Message-ID": 2}, got.Duplicates); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]int{"protocol 552": 2}, got.Refused); d != "" {
		t.Error(d)
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 3 {
		t.Fatalf("got %d files, want 3 (%v)", len(files), err)
	}
	b, err := os.ReadFile(filepath.Join(dir, "00000001.eml"))
	if d := cmp.Diff("Return-Path: <a@x.test>\r\nDelivered-To: b@y.test\r\nDelivered-To: c@y.test\r\nx-id:\r\n 1\r\nMessage-ID: <same@x.test>\r\n\r\nX-Id: body\r\n", string(b)); d != "" || err != nil {
		t.Errorf("%v %s", err, d)
	}
}

// TestCount: the end that was asked for, and an orderly shutdown.
func TestCount(t *testing.T) {
	t.Parallel()
	s := servertest.Sink(t, sink.Options{Listen: []string{"127.0.0.1:0", "127.0.0.1:0"}, Count: 1})
	c := dial(t, s, "127.0.0.1")
	c.want("", "220")
	c.want("EHLO x\r\n", "250")
	c.want("MAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nBDAT 4 LAST\r\nabc\n", "250", "250", "250")
	ctx, cancel := context.WithTimeout(t.Context(), bound)
	defer cancel()
	select {
	case <-s.Done():
	case <-ctx.Done():
		t.Fatal("Done is open")
	}
	if err := s.Wait(ctx, 1); err != nil {
		t.Fatal(err)
	}
	over := make(chan struct{})
	go func() { s.Shutdown(); close(over) }()
	for { // until the shutdown has begun: then MAIL gets 421
		c.say("MAIL FROM:<a@x.test>\r\n")
		if r := c.reply(); strings.HasPrefix(r, "421") {
			break
		} else if !strings.HasPrefix(r, "250") {
			t.Fatalf("got %q", r)
		}
		c.want("RSET\r\n", "250")
	}
	<-over
	if _, err := net.Dial("tcp", s.Addrs()[1]); err == nil {
		t.Error("the second address still listens")
	}
	if got := s.Counts(); got.Messages != 1 || len(got.Refused) != 0 || got.Open != 0 {
		t.Errorf("got %+v", got)
	}
}

// TestSwaks: a client that is not of this project, plain, with pipelining and with
// LMTP.
func TestSwaks(t *testing.T) {
	t.Parallel()
	swaks, err := exec.LookPath("swaks")
	if err != nil {
		t.Fatal("this test needs swaks of the Debian package swaks")
	}
	for _, c := range []struct {
		name string
		o    sink.Options
		args []string
		code string // of the refusal, "" when the message is taken
	}{
		{name: "plain"},
		{name: "pipeline", args: []string{"--pipeline"}},
		{name: "lmtp", o: sink.Options{LMTP: true}, args: []string{"--protocol", "LMTP"}},
		{name: "banner", o: sink.Options{Failures: sink.Failures{{Stage: sink.Connect, Share: 1, Code: 554}}}, code: "<** 554 5.7.0"},
		{name: "rcpt", o: sink.Options{Failures: sink.Failures{{Stage: sink.Rcpt, Share: 1, Code: 550}}}, code: "<** 550 5.7.0"},
		{name: "data", o: sink.Options{Failures: sink.Failures{{Stage: sink.Data, Share: 1, Code: 451}}}, code: "<** 451 4.7.0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := servertest.Sink(t, c.o)
			out, err := exec.CommandContext(t.Context(), swaks, append([]string{"--server", s.Addr(), "--from", "a@x.test", "--to", "b@y.test", "--helo", "x.test"}, c.args...)...).CombinedOutput()
			if (err == nil) != (c.code == "") || !strings.Contains(string(out), c.code) {
				t.Errorf("swaks: %v\n%s", err, out)
			}
			want := 1
			if c.code != "" {
				want = 0
			}
			if got := s.Counts(); got.Messages != want || got.Connections != 1 {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// TestOpenSSL: STARTTLS with a client that is not of this project; it verifies the
// certificate and sends all commands at once.
func TestOpenSSL(t *testing.T) {
	t.Parallel()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Fatal("this test needs openssl of the Debian package openssl")
	}
	s := servertest.Sink(t, sink.Options{TLS: true})
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), openssl, "s_client", "-starttls", "smtp", "-connect", s.Addr(), "-CAfile", ca,
		"-verify_return_error", "-verify_ip", "127.0.0.1", "-quiet")
	cmd.Stdin = strings.NewReader("EHLO x\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nBDAT 3 LAST\r\nx\r\nQUIT\r\n")
	out, err := cmd.CombinedOutput()
	if !strings.Contains(string(out), "250-REQUIRETLS") && !strings.Contains(string(out), "250 REQUIRETLS") || !strings.Contains(string(out), "221 2.0.0") {
		t.Errorf("openssl: %v\n%s", err, out)
	}
	if got := s.Counts(); got.Messages != 1 || got.Bytes != 3 {
		t.Errorf("got %+v", got)
	}
}
