package main_test

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/runtime/runtest"
)

// tryCase is one message that predelivery sends with options of its own. Its recipient
// is NAME@y.test.
type tryCase struct {
	name    string
	options string // in HSL
	p       *peer
	to      string   // recipient that the peer sees; "": that of the message
	want    []string // commands that the peer sees, each a prefix
	not     string   // one that it does not see
	post    map[string]any
	check   func(t *testing.T, d *dialogue)
}

// tryHooks are the two hooks of a table: postdelivery logs its arguments, and ends what
// failed.
func tryHooks(cases []tryCase) map[string]string {
	var pre strings.Builder
	pre.WriteString("$name = $context = $message[\"recipientaddress\"][\"localpart\"];\n")
	for _, c := range cases {
		fmt.Fprintf(&pre, "if ($name == %q) Try([%s]);\n", c.name, c.options)
	}
	return map[string]string{"hooks/queue/predelivery.hsl": pre.String(), "hooks/queue/postdelivery.hsl": logArguments}
}

const logArguments = `
$a = $arguments;
$cert = $a["attempt"]["connection"]["tls"]["peercert"] ?? none;
if ($cert) {
	$a["attempt"]["connection"]["tls"]["peercert"] = X509($cert["x509"])->subject()[0][1] . " " . $cert["error"];
}
$m = $message;
unset($m["file"]);
$a["message"] = $m;
$a["files"] = [File($message["file"]["original"])->readline(), File($message["file"]["modified"])->readline()];
syslog("info", "post:" . $context . ":" . json_encode($a));
if ($a["action"] ?? "") Delete();
`

// post returns what postdelivery has logged about a message.
func (s *server) post(name string) map[string]any {
	s.T.Helper()
	s.Logged(`msg="post:` + name + `:`)
	line := regexp.MustCompile(`msg=("post:` + name + `:(?:[^"\\]|\\.)*")`).FindStringSubmatch(s.Text())
	if line == nil {
		s.T.Fatalf("%s: half a line", name)
	}
	text, err := strconv.Unquote(line[1])
	if err != nil {
		s.T.Fatal(err)
	}
	var out map[string]any
	if err := json.Unmarshal([]byte(strings.TrimPrefix(text, "post:"+name+":")), &out); err != nil {
		s.T.Fatalf("%v: %s", err, text)
	}
	return out
}

// at returns what lies under a path such as "attempt.connection.id", nil when nothing
// does.
func at(v any, path string) any {
	for key := range strings.SplitSeq(path, ".") {
		switch x := v.(type) {
		case map[string]any:
			v = x[key]
		case []any:
			i, err := strconv.Atoi(key)
			if err != nil || i >= len(x) {
				return nil
			}
			v = x[i]
		default:
			return nil
		}
	}
	return v
}

// run sends one message for each case and compares what became of it.
func (s *server) run(t *testing.T, cases []tryCase) {
	t.Helper()
	for _, c := range cases {
		s.MustSend("Sender@x.test", c.name+"@y.test", "Subject: "+c.name+"\r\n\r\nbody\r\n")
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := s.post(c.name)
			for path, want := range c.post {
				x := at(got, path)
				if text, ok := want.(string); ok && strings.HasPrefix(text, "~") {
					if !regexp.MustCompile(text[1:]).MatchString(fmt.Sprint(x)) {
						t.Errorf("%s is %v, want %s", path, x, text)
					}
				} else if d := cmp.Diff(want, x); d != "" {
					t.Errorf("%s (-want +got)\n%s\n%v", path, d, got)
				}
			}
			if c.p == nil {
				return
			}
			to := c.to
			if to == "" {
				to = c.name + "@y.test"
			}
			d, text := c.p.mail(t, to)
			if !strings.HasSuffix(text, "\r\nSubject: "+c.name+"\r\n\r\nbody\r\n") {
				t.Errorf("the message is %q", text)
			}
			for _, want := range c.want {
				if d.command(want) == "" {
					t.Errorf("no %q in %q", want, d.Commands)
				}
			}
			if c.not != "" && d.command(c.not) != "" {
				t.Errorf("%q in %q", c.not, d.Commands)
			}
			if c.check != nil {
				c.check(t, &d)
			}
		})
	}
}

// tryServer is a server whose domains a name server of its own knows.
func tryServer(t *testing.T, zone string, cases []tryCase, more map[string]string) *server {
	t.Helper()
	files := tryHooks(cases)
	for k, v := range more {
		files[k] = v
	}
	if files["config/smtpd-app.yaml"] == "" {
		files["config/smtpd-app.yaml"] = fmt.Sprintf(tryConfig, nameServer(t, zone))
	}
	s := workspace(t, 1, files)
	s.Start()
	return s
}

const tryConfig = `version: "6.10"
servers: [{ id: in, transport: mx, phases: { connect: { fcrdns: false }, eod: { hook: main } } }]
resolver: { servers: ["%s"] }
addresses:
  - { id: two, address: 127.0.0.2, helo: two.test }
  - { id: three, address: 127.0.0.3 }
lists: { localip: [{ id: pool, items: [three] }] }
queues:
  grouping: { groupings: [{ id: local, remoteip: [127.0.0.0/8] }] }
transportgroups:
  - id: all
    transports: [{ id: mx, connection: { server: lookup-mx, port: 25 }, session: { helo: transport.test } }]
`

const delivered = 250.0

// mute listens for connections that it greets and then leaves without an answer.
func mute(t *testing.T) int {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var open []net.Conn
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			open = append(open, c)
			_, _ = c.Write([]byte("220 mute\r\n250 mute\r\n"))
		}
	}()
	t.Cleanup(func() {
		ln.Close()
		<-done
		for _, c := range open {
			c.Close()
		}
	})
	return ln.Addr().(*net.TCPAddr).Port
}

func TestTryOptions(t *testing.T) {
	t.Parallel()
	plain := (&peer{extensions: []string{"PIPELINING", "8BITMIME", "SIZE 1000000", "DSN", "AUTH PLAIN LOGIN", "XCLIENT NAME ADDR"}}).listen(t, "127.0.0.1")
	lmtp := (&peer{lmtp: true}).listen(t, "127.0.0.1")
	proxied := (&peer{proxy: true}).listen(t, "127.0.0.1")
	silent := (&peer{answer: func(line string) string {
		if strings.HasPrefix(line, "MAIL") {
			return "-"
		}
		return ""
	}}).listen(t, "127.0.0.1")
	host := fmt.Sprintf(`"host" => "127.0.0.1", "port" => %d, `, plain.Port)
	viaProxy := fmt.Sprintf(`"host" => "127.0.0.1", "port" => %d, `, proxied.Port)
	from := func(ip string) func(*testing.T, *dialogue) {
		return func(t *testing.T, d *dialogue) {
			if d.From != ip {
				t.Errorf("connected from %s, want %s", d.From, ip)
			}
		}
	}
	ok := map[string]any{"attempt.result.code": delivered, "attempt.result.state": "EOD"}
	mx := fmt.Sprintf(`"port" => %d, `, plain.Port)
	cases := []tryCase{
		{name: "host", options: host, p: plain, want: []string{"EHLO transport.test", "MAIL FROM:<Sender@x.test> SIZE="}, post: map[string]any{
			"retry": 0.0, "expired": false, "action": nil, "grouping": "&local", "attempt.result.reason": []any{"kept"}, "attempt.result.enhanced": []any{2.0, 0.0, 0.0},
			"attempt.connection.remoteip": "127.0.0.1", "attempt.connection.transactions": 1.0, "attempt.connection.helo": "transport.test",
			"attempt.connection.remotegreet": []any{"peer.test ready"}, "attempt.connection.tls": nil, "attempt.connection.localip": "127.0.0.1",
			"attempt.connection.localipid": nil, "attempt.connection.id": "~^[0-9a-f-]{36}$", "policy": map[string]any{"tags": []any{}, "policies": []any{}}, "dsn": nil,
		}},
		{name: "hostname", options: fmt.Sprintf(`"host" => "up.y.test", "port" => %d`, plain.Port), p: plain, post: map[string]any{"attempt.connection.remotemx": "up.y.test"}},
		{name: "domain", options: mx + `"host" => "lookup-mx", "domain" => "implicit.test"`, p: plain, post: map[string]any{"attempt.connection.remotemx": "implicit.test"}},
		{name: "include", options: mx + `"mx_include" => ["up.*", "*.y.test"], "mx_exclude" => ["down.y.test"]`, p: plain, post: map[string]any{"attempt.connection.remotemx": "up.y.test"}},
		{name: "excluded", options: mx + `"mx_exclude" => ["*.y.test"]`, post: map[string]any{"attempt.error.type": "dns", "attempt.error.dns": "excluded", "attempt.error.temporary": true,
			"action": "QUEUE", "attempt.connection": nil, "grouping": nil, "dsn.diagnostictype": "x-error", "dsn.status.0": 4.0}},
		{name: "envelope", options: host + `"sender" => ["localpart" => "Other one", "domain" => "Z.test", "params" => ["X-A" => "1"]], "recipient" => ["localpart" => "New", "domain" => "w.test", "params" => ["X-B" => ""]]`,
			p: plain, to: "New@w.test", want: []string{`MAIL FROM:<"Other one"@Z.test> SIZE=`, "RCPT TO:<New@w.test> X-B"},
			post: map[string]any{"message.sender": `"other one"@z.test`, "message.recipient": "new@w.test", "message.recipientaddress.localpart": "New"},
			check: func(t *testing.T, d *dialogue) {
				if !strings.HasSuffix(d.command("MAIL"), " X-A=1") {
					t.Errorf("got %q", d.command("MAIL"))
				}
			}},
		{name: "nullsender", options: host + `"sender" => "", "recipient" => "plain@w.test"`, p: plain, to: "plain@w.test", want: []string{"MAIL FROM:<> "}, post: map[string]any{"message.sender": ""}},
		{name: "helo", options: host + `"helo" => "mine.test"`, p: plain, want: []string{"EHLO mine.test"}, post: map[string]any{"attempt.connection.helo": "mine.test"}},
		{name: "sourceid", options: host + `"helo" => "mine.test", "sourceip" => ["two"]`, p: plain, want: []string{"EHLO two.test"}, check: from("127.0.0.2"),
			post: map[string]any{"attempt.connection.localip": "127.0.0.2", "attempt.connection.localipid": "two", "attempt.connection.helo": "two.test"}},
		{name: "sourcelist", options: host + `"sourceip" => ["@pool"]`, p: plain, want: []string{"EHLO transport.test"}, check: from("127.0.0.3"), post: map[string]any{"attempt.connection.localipid": "three"}},
		{name: "sourceliteral", options: host + `"sourceip" => [["address" => "127.0.0.9", "helo" => "nine.test"]]`, p: plain, want: []string{"EHLO nine.test"}, check: from("127.0.0.9"),
			post: map[string]any{"attempt.connection.localip": "127.0.0.9", "attempt.connection.localipid": nil}},
		{name: "sourcehelo", options: host + `"sourceip" => [["id" => "two", "helo" => "own.test"]]`, p: plain, want: []string{"EHLO own.test"}, check: from("127.0.0.2"), post: ok},
		{name: "sourceorder", options: host + `"sourceip_random" => false, "sourceip" => [["address" => "127.0.0.5"], "two", "three"]`, p: plain, check: from("127.0.0.5"), post: ok},
		{name: "sourcenext", options: host + `"sourceip_random" => false, "sourceip" => [["address" => "127.0.0.6"], "two", "three"]`, p: plain, check: from("127.0.0.2"), post: ok}, // the first is suspended
		{name: "sourceunknown", options: host + `"sourceip" => ["nobody"]`, post: map[string]any{"attempt.error.type": "config", "attempt.error.message": "no source address 'nobody'", "attempt.error.temporary": true}},
		{name: "plugin", options: host + `"plugin" => ["id" => "kafka", "arguments" => ["topic" => "mail"]]`, post: map[string]any{"attempt.error.type": "plugin", "attempt.error.message": "no delivery plugin 'kafka' is loaded", "attempt.error.temporary": true, "action": "QUEUE"}},
		{name: "sourcefamily", options: host + `"sourceip" => [["address" => "2001:db8::1"]]`, post: map[string]any{"attempt.error.type": "dns", "attempt.error.dns": "ipfamily"}},
		{name: "local", options: host + `"sourceip" => [["address" => "192.0.2.9"]]`, post: map[string]any{"attempt.error.type": "network", "attempt.error.message": "~cannot assign", "attempt.connection.localip": "192.0.2.9", "attempt.connection.helo": nil}},
		{name: "nonlocal", options: host + `"sourceip" => [["address" => "192.0.2.9"]], "nonlocal_source" => true, "connect_timeout" => 1`, post: map[string]any{"attempt.error.type": "network", "attempt.error.message": "~(invalid argument|time-out|unreachable)"}},
		{name: "sasl", options: host + `"saslusername" => "jo", "saslpassword" => "secret"`, p: plain, want: []string{"AUTH PLAIN AGpvAHNlY3JldA=="}, post: ok},
		{name: "xclient", options: host + `"xclient" => ["name" => "client.test", "addr" => "192.0.2.1"]`, p: plain, want: []string{"XCLIENT NAME=client.test ADDR=192.0.2.1"}, post: ok},
		{name: "lmtp", options: fmt.Sprintf(`"host" => "127.0.0.1", "port" => %d, "protocol" => "lmtp"`, lmtp.Port), p: lmtp, want: []string{"LHLO transport.test"}, not: "EHLO", post: ok},
		{name: "ids", options: host + `"jobid" => "job", "tenantid" => "tenant", "priority" => 1`, p: plain, post: map[string]any{
			"message.jobid": "job", "message.tenantid": "tenant", "message.priority": 1.0, "policy.tags": []any{"bulk"},
			"policy.policies": []any{map[string]any{"fields": []any{"jobid"}, "properties": map[string]any{"kind": "news", "level": "3", "on": "true"}, "tags": []any{"bulk"}, "stop": true,
				"dynamic": []any{}, "concurrency": 7.0, "rate": []any{50.0, 10.0}, "connectinterval": 0.25}},
		}},
		{name: "rollup", options: host + `"jobid" => "x1", "tenantid" => "big-7"`, p: plain, post: map[string]any{
			"policy.tags": []any{}, "policy.policies.0.fields": []any{"tenantid", "grouping"}, "policy.policies.0.grouping": map[string]any{"tenantid": "#big"}, "policy.policies.0.tags": nil, "policy.policies.0.stop": nil, "policy.policies.0.concurrency": 5.0, "policy.policies.0.rate": nil,
		}},
		{name: "timeout", options: fmt.Sprintf(`"host" => "127.0.0.1", "port" => %d, "timeout" => ["MAIL" => 1]`, mute(t)), post: map[string]any{"attempt.error.type": "network", "attempt.error.message": "~time-out", "attempt.connection.remotegreet": []any{"mute"}}},
		{name: "hangup", options: fmt.Sprintf(`"host" => "127.0.0.1", "port" => %d`, silent.Port), post: map[string]any{"attempt.error.type": "network", "attempt.error.message": "~closed by the peer"}},
		{name: "connect", options: fmt.Sprintf(`"host" => "127.0.0.1", "port" => %d, "connect_timeout" => 1`, runtest.Stalled(t, netip.MustParseAddrPort("127.0.0.1:0"))), post: map[string]any{"attempt.error.type": "network", "attempt.error.message": "~connect to 127.0.0.1:[0-9]+: time-out"}},
		{name: "proxyone", options: viaProxy + `"proxyprotocol" => 1, "sourceip" => ["two"]`, p: proxied, check: from("127.0.0.2"), post: ok},
		{name: "proxytwo", options: viaProxy + `"proxyprotocol" => 2, "sourceip" => [["address" => "127.0.0.8"]]`, p: proxied, check: from("127.0.0.8"), post: ok},
		{name: "proxy", options: fmt.Sprintf(`"host" => "203.0.113.7", "port" => 2525, "sourceip" => [["address" => "198.51.100.4", "proxy" => ["host" => "127.0.0.1", "port" => %d]]]`, proxied.Port), p: proxied,
			check: func(t *testing.T, d *dialogue) {
				if d.From != "198.51.100.4" || d.To != "203.0.113.7:2525" {
					t.Errorf("got %+v", d)
				}
			}, post: map[string]any{"attempt.connection.localip": "198.51.100.4", "attempt.connection.remoteip": "203.0.113.7"}},
		{name: "dsn", options: host + `"dsn" => ["envid" => "id=1", "ret" => "HDRS", "notify" => ["FAILURE", "DELAY"], "orcpt" => "rfc822;A+b@y.test"]`, p: plain,
			want: []string{"RCPT TO:<dsn@y.test> NOTIFY=FAILURE,DELAY ORCPT=rfc822;A+2Bb@y.test"}, check: func(t *testing.T, d *dialogue) {
				if !strings.HasSuffix(d.command("MAIL"), " RET=HDRS ENVID=id+3D1") {
					t.Errorf("got %q", d.command("MAIL"))
				}
			}, post: map[string]any{"message.dsn": map[string]any{"envid": "id=1", "ret": "HDRS", "notify": []any{"FAILURE", "DELAY"}, "orcpt": "rfc822;A+b@y.test"}}},
		{name: "badsuccess", options: host + `"dsn" => ["success" => "maybe"]`},
	}
	for i := range cases { // an address that nothing is expected of
		if cases[i].post == nil && cases[i].name != "badsuccess" {
			t.Fatalf("%s expects nothing", cases[i].name)
		}
	}
	bad := cases[len(cases)-1]
	s := tryServer(t, zone, cases, map[string]string{"config/smtpd-suspend.yaml": `version: "6.10"
suspends: [{ localip: 127.0.0.6 }]
`, "config/smtpd-policy.yaml": `version: "6.10"
policies:
  - fields: [{ tenantid: { big: ["/^big-/"] } }, grouping]
    conditions: [{ if: { tenantid: "#big" }, then: { concurrency: 5 } }]
  - fields: [jobid]
    conditions: [{ if: { jobid: job }, then: { concurrency: 7, rate: 50/10, connectinterval: 0.25, tag: bulk, stop: true, properties: { kind: news, level: 3, on: true } } }]
`})
	s.MustSend("a@x.test", bad.name+"@y.test", "x\r\n")
	s.Logged("option success must be relayed or delivered")
	s.run(t, cases[:len(cases)-1])
	s.Stop()
}

// TestTrySpread: without an order all addresses of a pool are used, with one the first.
func TestTrySpread(t *testing.T) {
	t.Parallel()
	next := (&peer{}).listen(t, "127.0.0.1")
	s := workspace(t, next.Port, map[string]string{"hooks/queue/predelivery.hsl": `
		Try(["sourceip_random" => $message["recipientaddress"]["localpart"] != "order", "sourceip" => [["address" => "127.0.0.2"], ["address" => "127.0.0.3"]]]);`})
	s.Start()
	const n = 30
	for range n {
		s.MustSend("a@x.test", "spread@y.test", "x\r\n")
		s.MustSend("a@x.test", "order@y.test", "x\r\n")
	}
	got := until(t, next, "all", func(sessions []*dialogue) (map[string]int, error) {
		got, mails := map[string]int{}, 0
		for _, d := range sessions {
			if mails += len(d.Mails); len(d.Mails) > 0 {
				got[strings.TrimSuffix(strings.TrimPrefix(d.command("RCPT"), "RCPT TO:<"), "@y.test>")+" "+d.From]++
			}
		}
		if mails < 2*n {
			return nil, errNone
		}
		return got, nil
	})
	// That one of two is never chosen in 30 turns happens once in 500 million runs.
	if got["spread 127.0.0.2"] == 0 || got["spread 127.0.0.3"] == 0 || got["order 127.0.0.2"] != n {
		t.Errorf("connections %v", got)
	}
	s.Stop()
}

// TestNarrowPeer: what a peer without extensions gets of mail that needs them.
func TestNarrowPeer(t *testing.T) {
	t.Parallel()
	next := (&peer{}).listen(t, "127.0.0.1")
	s := workspace(t, next.Port, nil)
	s.Start()
	s.MustSend("a@x.test", "wide@y.test", "Content-Type: text/plain; charset=utf-8\r\nMIME-Version: 1.0\r\n\r\nGrüße\r\n")
	if _, text := next.mail(t, "wide@y.test"); !strings.HasSuffix(text, "Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe\r\n") {
		t.Errorf("got %q", text)
	}
	submit(t, s.Dial(), "a@x.test", "grün@bücher.test", &gosmtp.MailOptions{UTF8: true})
	_, text := next.mail(t, "a@x.test")
	text = strings.ReplaceAll(text, "=\r\n", "")
	for _, want := range []string{"Status: 5.6.7", "Content-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: quoted-printable\r\n", "\r\nFinal-Recipient: utf-8; gr=C3=BCn@b=C3=BCcher.test", "\r\nDiagnostic-Code: x-error; SMTPUTF8 is required but not offered\r\n", "test>: SMTPUTF8 is required"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) >= 0 {
		t.Errorf("8-bit text for a 7-bit peer\n%s", text)
	}
	s.Stop()
}
