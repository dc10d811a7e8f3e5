package main_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/hawser-mta/hawser/cmd/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m, "hawserd") }

// server is a hawserd.
type server struct{ *servertest.Server }

// workspace writes one whose transport "out" leads to a port.
func workspace(t *testing.T, next int, files map[string]string) *server {
	t.Helper()
	s := &server{servertest.New(t)}
	all := map[string]string{
		"config/smtpd.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, listeners: [{ address: 127.0.0.1, port: %d }] }]
environment: { hostname: mx.test }
spool: { minfree: { bytes: 1MiB, inodes: 10 } }
scripting: { limits: { time: 5s, memory: 64MiB } }
`, s.Port),
		"config/smtpd-app.yaml": fmt.Sprintf(`version: "6.10"
servers:
  - id: in
    transport: out
    phases: { connect: { fcrdns: false }, eod: { hook: main } }
transportgroups:
  - id: all
    retry: { count: 2, intervals: [{ interval: 1 }] }
    dsn: { transport: out }
    transports:
      - { id: out, connection: { server: 127.0.0.1, port: %d } }
`, next),
		"hooks/eod/main.hsl": queueAll,
	}
	for k, v := range files {
		all[k] = v
	}
	s.Files(all)
	return s
}

const queueAll = `
foreach ($transaction["recipients"] as $r)
	$arguments["mail"]->queue($transaction["senderaddress"], $r["address"], $r["transportid"]);
Accept();
`

// TestEndToEnd: SMTP in, hooks, spool, delivery, sink, with reloads in between.
func TestEndToEnd(t *testing.T) {
	t.Parallel()
	next := servertest.NewHop(t)
	s := workspace(t, next.Port, map[string]string{
		"files/tag.hsl": `function tag() { return "one"; }`,
		"hooks/eod/main.hsl": `import { tag } from "tag.hsl";
$arguments["mail"]->addHeader("X-Tag", tag());` + queueAll,
		"hooks/queue/predelivery.hsl":  `$context = "pre"; SetMetaData(["seen" => "1"]); Try();`,
		"hooks/queue/postdelivery.hsl": `syslog("info", $context . GetMetaData()["seen"] . " " . $arguments["attempt"]["result"]["code"]);`,
	})
	s.Start()
	open := s.Dial() // a connection from before the reload keeps its version
	defer open.Close()
	if err := open.Hello("c"); err != nil {
		t.Fatal(err)
	}
	s.MustSend("a@x.test", "b@y.test", "Subject: 1\r\n\r\nbody\r\n")
	mails := next.Wait(t, 1)
	if !strings.HasPrefix(mails[0], "X-Tag: one\r\nReceived: from ") || !strings.HasSuffix(mails[0], "\r\nSubject: 1\r\n\r\nbody\r\n") {
		t.Errorf("got %q", mails[0])
	}
	s.Logged("pre1 250")

	s.Files(map[string]string{"files/tag.hsl": `function tag() { return "two"; }`})
	s.Logged("generation=2")
	s.MustSend("a@x.test", "b@y.test", "x\r\n")
	if mails = next.Wait(t, 2); !strings.HasPrefix(mails[1], "X-Tag: two\r\n") {
		t.Errorf("after the reload: %q", mails[1])
	}
	if err := open.SendMail("a@x.test", []string{"b@y.test"}, strings.NewReader("x\r\n")); err != nil {
		t.Fatal(err)
	}
	if mails = next.Wait(t, 3); !strings.HasPrefix(mails[2], "X-Tag: one\r\n") {
		t.Errorf("the open connection changed its version: %q", mails[2])
	}

	s.Files(map[string]string{"files/tag.hsl": "function tag() { return \"three\" ; \n"})
	s.Logged("files/tag.hsl:1:34: error: got end of file, want '}'")
	s.MustSend("a@x.test", "b@y.test", "x\r\n")
	if mails = next.Wait(t, 4); !strings.HasPrefix(mails[3], "X-Tag: two\r\n") {
		t.Errorf("after the broken edit: %q", mails[3])
	}
	s.Stop()
}

// TestBounce: a refused recipient comes back as a notification; a busy one is
// tried again.
func TestBounce(t *testing.T) {
	t.Parallel()
	next := servertest.NewHop(t)
	busy := 1
	next.Refuse = func(to string) error {
		switch {
		case strings.HasPrefix(to, "no@"):
			return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "User unknown"}
		case strings.HasPrefix(to, "busy@") && busy > 0:
			busy--
			return &gosmtp.SMTPError{Code: 450, EnhancedCode: gosmtp.EnhancedCode{4, 2, 0}, Message: "Busy"}
		}
		return nil
	}
	s := workspace(t, next.Port, nil)
	s.Start()
	s.MustSend("a@x.test", "no@y.test", "Subject: lost\r\n\r\nbody\r\n")
	mails := next.Wait(t, 1)
	for _, want := range []string{"To: a@x.test\r\n", "Final-Recipient: rfc822; no@y.test", "Status: 5.1.1", "Diagnostic-Code: smtp; 550 5.1.1 User unknown", "Subject: lost"} {
		if !strings.Contains(mails[0], want) {
			t.Errorf("no %q in\n%s", want, mails[0])
		}
	}
	s.MustSend("a@x.test", "busy@y.test", "Subject: later\r\n\r\nbody\r\n")
	if mails = next.Wait(t, 2); !strings.Contains(mails[1], "Subject: later") {
		t.Errorf("got %q", mails[1])
	}
	s.Stop()
}

// TestRestart: what was accepted while the next hop was away is delivered after a
// restart.
func TestRestart(t *testing.T) {
	t.Parallel()
	s := workspace(t, servertest.FreePort(t), nil)
	s.Start()
	s.MustSend("a@x.test", "b@y.test", "Subject: kept\r\n\r\nbody\r\n")
	s.Stop()
	next := servertest.NewHop(t)
	app := filepath.Join(s.Dir, "config/smtpd-app.yaml")
	b, err := os.ReadFile(app)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(b), "\n")
	for i, l := range lines {
		if strings.Contains(l, "id: out, connection") {
			lines[i] = fmt.Sprintf("      - { id: out, connection: { server: 127.0.0.1, port: %d } }", next.Port)
		}
	}
	s.Files(map[string]string{"config/smtpd-app.yaml": strings.Join(lines, "\n")})
	s.Forget()
	s.Start()
	if mails := next.Wait(t, 1); !strings.Contains(mails[0], "Subject: kept") {
		t.Errorf("got %q", mails[0])
	}
	s.Stop()
}

// refused runs hawserd where it must not start.
func refused(t *testing.T, dir string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, servertest.Program("hawserd"), "-c", dir).CombinedOutput()
	var ee *exec.ExitError
	if !errors.As(err, &ee) || ee.ExitCode() != 2 {
		t.Errorf("got %v, want exit code 2\n%s", err, out)
	}
	if strings.Contains(string(out), "goroutine") {
		t.Errorf("a stack trace for a user:\n%s", out)
	}
	return string(out)
}

func TestDoesNotStart(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { taken.Close() }) // the subtests run when this function has returned
	for _, c := range []struct {
		name  string
		files map[string]string
		want  []string
	}{
		{"syntax error", map[string]string{"hooks/eod/main.hsl": "Accept(;\necho 1 +;"}, []string{"hooks/eod/main.hsl:1:8: error: ", "hooks/eod/main.hsl:2:9: error: "}},
		{"unknown function", map[string]string{"hooks/eod/main.hsl": "str_lowr(\"A\");"}, []string{"unknown function 'str_lowr'", "hint: did you mean 'str_lower'?"}},
		{"wrong hook", map[string]string{"hooks/eod/main.hsl": "Try();"}, []string{"Try is not available in hook eod"}},
		{"unknown hook id", map[string]string{"config/smtpd-app.yaml": "version: \"6.10\"\nservers:\n  - id: in\n    phases: { eod: { hook: mian } }\n"},
			[]string{"smtpd-app.yaml:4:28: error: servers[0].phases.eod.hook: no file hooks/eod/mian.hsl", "did you mean 'main'"}},
		{"unknown key", map[string]string{"config/smtpd-app.yaml": "version: \"6.10\"\nserver: []\n"}, []string{"unknown key 'server'", "did you mean 'servers'"}},
		{"invalid file", map[string]string{"config/smtpd-app.yaml": "a: [\n"}, []string{"not valid YAML"}},
		{"port in use", map[string]string{"config/smtpd.yaml": fmt.Sprintf("version: \"6.10\"\nservers: [{ id: in, listeners: [{ address: 127.0.0.1, port: %d }] }]\n", taken.Addr().(*net.TCPAddr).Port)},
			[]string{"cannot listen on 127.0.0.1:", "address already in use"}},
		{"spool in the way", map[string]string{"spool": "a file"}, []string{"spool"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := workspace(t, 1, c.files)
			out := refused(t, s.Dir)
			for _, w := range c.want {
				if !strings.Contains(out, w) {
					t.Errorf("no %q in\n%s", w, out)
				}
			}
		})
	}
}

// TestBadScripts: scripts that do not end, grow or throw defer the message, and
// the server lives on.
func TestBadScripts(t *testing.T) {
	t.Parallel()
	next := servertest.NewHop(t)
	s := workspace(t, next.Port, map[string]string{"hooks/eod/main.hsl": `
$s = $arguments["mail"]->getHeader("Subject");
if ($s == "loop") forever { }
if ($s == "grow") { $a = "x"; forever $a .= $a; }
if ($s == "throw") throw "on purpose";` + queueAll})
	s.Start()
	for _, subject := range []string{"grow", "throw", "loop"} {
		err := s.Send("a@x.test", "b@y.test", "Subject: "+subject+"\r\n\r\nx\r\n")
		var se *gosmtp.SMTPError
		if !errors.As(err, &se) || se.Code != 421 {
			t.Errorf("%s: got %v, want 421", subject, err)
		}
	}
	s.MustSend("a@x.test", "b@y.test", "Subject: good\r\n\r\nx\r\n")
	next.Wait(t, 1)
	for _, want := range []string{"time limit", "memory limit", "on purpose", "hooks/eod/main.hsl:5:"} {
		if !strings.Contains(s.Text(), want) {
			t.Errorf("the log has no %q\n%s", want, s.Text())
		}
	}
	s.Stop()
	if n := len(next.Mails()); n != 1 {
		t.Errorf("%d messages were delivered", n)
	}
}

// TestKeptMail: a message that a script keeps in $context can be read as long as the
// connection lasts, whatever comes behind it.
func TestKeptMail(t *testing.T) {
	t.Parallel()
	s := workspace(t, 1, map[string]string{"hooks/eod/main.hsl": `
$mail = $arguments["mail"];
if (!$context)
	$context = $mail;
Reject($context->getHeader("Subject") . " " . md5($context->toString()));
`})
	s.Start()
	c := s.Dial()
	defer c.Close()
	replies := map[string]int{}
	for i := range 20 {
		err := c.SendMail("a@b.test", []string{"c@d.test"}, strings.NewReader(fmt.Sprintf("Subject: %d\r\n\r\n%d\r\n", i, i)))
		replies[fmt.Sprint(err)]++
		// Messages of others take memory that is free.
		other := s.Dial()
		_ = other.SendMail("a@b.test", []string{"c@d.test"}, strings.NewReader("Subject: other\r\n\r\n"))
		other.Close()
	}
	for reply, n := range replies {
		if n != 20 || !strings.Contains(reply, " 0 ") {
			t.Errorf("%d times %q", n, reply)
		}
	}
	s.Stop()
}
