package main_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
)

var hawserd string

// TestMain builds the real binary once.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "hawserd")
	if err != nil {
		panic(err)
	}
	hawserd = filepath.Join(dir, "hawserd")
	if out, err := exec.Command("go", "build", "-o", hawserd, ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// sink is a next hop that keeps what it gets; refuse decides about recipients.
type sink struct {
	mu     sync.Mutex
	mails  []string
	refuse func(to string) error
	got    chan struct{}
	port   int
}

func (s *sink) NewSession(*gosmtp.Conn) (gosmtp.Session, error) { return &sinkSession{s: s}, nil }

type sinkSession struct{ s *sink }

func (x *sinkSession) Reset()                                 {}
func (x *sinkSession) Logout() error                          { return nil }
func (x *sinkSession) Mail(string, *gosmtp.MailOptions) error { return nil }
func (x *sinkSession) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	if x.s.refuse != nil {
		return x.s.refuse(to)
	}
	return nil
}
func (x *sinkSession) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	x.s.mu.Lock()
	x.s.mails = append(x.s.mails, string(b))
	x.s.mu.Unlock()
	select {
	case x.s.got <- struct{}{}:
	default:
	}
	return nil
}

func (s *sink) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.mails)
}

// wait returns when n messages are there.
func (s *sink) wait(t *testing.T, n int) []string {
	t.Helper()
	limit := time.After(60 * time.Second)
	for s.count() < n {
		select {
		case <-s.got:
		case <-limit:
			t.Fatalf("the sink has %d messages, want %d", s.count(), n)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.mails...)
}

func newSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{got: make(chan struct{}, 1)}
	srv := gosmtp.NewServer(s)
	srv.Domain, srv.ErrorLog = "sink.test", log.New(io.Discard, "", 0)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = ln.Addr().(*net.TCPAddr).Port
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(ln)
	}()
	t.Cleanup(func() {
		srv.Close()
		<-done
	})
	return s
}

// lastPort is where freePort goes on; packages that are tested at the same time
// begin in different places.
var lastPort atomic.Int32

// freePort returns a port that nothing listens on, from below the range that the
// kernel hands out by itself: there another test could get it before the server
// that it is meant for.
func freePort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		port := 12000 + (os.Getpid()*37+int(lastPort.Add(1)))%20000
		if ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			_ = ln.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

// server is a running hawserd.
type server struct {
	t    *testing.T
	dir  string
	port int
	env  []string // besides that of the test
	cmd  *exec.Cmd
	mu   sync.Mutex
	log  bytes.Buffer
	news chan struct{}
}

// Write takes the log.
func (s *server) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n, err := s.log.Write(p)
	select {
	case s.news <- struct{}{}:
	default:
	}
	return n, err
}

func (s *server) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// logged waits until the log has a text.
func (s *server) logged(want string) {
	s.t.Helper()
	limit := time.After(30 * time.Second)
	for !strings.Contains(s.text(), want) {
		select {
		case <-s.news:
		case <-limit:
			s.t.Fatalf("the log has no %q:\n%s", want, s.text())
		}
	}
}

func write(t *testing.T, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		// As editors do: write beside it, then rename.
		if err := os.WriteFile(p+".new", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(p+".new", p); err != nil {
			t.Fatal(err)
		}
	}
}

// workspace writes one whose transport "out" leads to a port.
func workspace(t *testing.T, next int, files map[string]string) *server {
	t.Helper()
	s := &server{t: t, dir: t.TempDir(), port: freePort(t), news: make(chan struct{}, 1)}
	all := map[string]string{
		"config/smtpd.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, listeners: [{ address: 127.0.0.1, port: %d }] }]
environment: { hostname: mx.test }
spool: { minfree: { bytes: 1MiB, inodes: 10 } }
scripting: { limits: { time: 5s, memory: 64MiB } }
`, s.port),
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
	write(t, s.dir, all)
	return s
}

const queueAll = `
foreach ($transaction["recipients"] as $r)
	$arguments["mail"]->queue($transaction["senderaddress"], $r["address"], $r["transportid"]);
Accept();
`

// start runs the server until the test ends.
func (s *server) start(args ...string) {
	s.t.Helper()
	s.cmd = exec.Command(hawserd, append([]string{"-c", s.dir, "--drain", "10"}, args...)...)
	s.cmd.Stderr, s.cmd.Env = s, append(os.Environ(), s.env...)
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() {
		if s.cmd.ProcessState == nil {
			_ = s.cmd.Process.Kill()
			_ = s.cmd.Wait()
		}
	})
	s.logged("ready\n")
}

// stop drains the server, which must leave with 0.
func (s *server) stop() {
	s.t.Helper()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("hawserd: %v\n%s", err, s.text())
	}
}

func (s *server) dial() *gosmtp.Client {
	s.t.Helper()
	c, err := gosmtp.Dial(fmt.Sprintf("127.0.0.1:%d", s.port))
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

func (s *server) send(from, to, body string) error {
	c, err := gosmtp.Dial(fmt.Sprintf("127.0.0.1:%d", s.port))
	if err != nil {
		return err
	}
	defer c.Close()
	return c.SendMail(from, []string{to}, strings.NewReader(body))
}

func (s *server) mustSend(from, to, body string) {
	s.t.Helper()
	if err := s.send(from, to, body); err != nil {
		s.t.Fatalf("%v\n%s", err, s.text())
	}
}

// TestEndToEnd: SMTP in, hooks, spool, delivery, sink, with reloads in between.
func TestEndToEnd(t *testing.T) {
	t.Parallel()
	next := newSink(t)
	s := workspace(t, next.port, map[string]string{
		"files/tag.hsl": `function tag() { return "one"; }`,
		"hooks/eod/main.hsl": `import { tag } from "tag.hsl";
$arguments["mail"]->addHeader("X-Tag", tag());` + queueAll,
		"hooks/queue/predelivery.hsl":  `$context = "pre"; SetMetaData(["seen" => "1"]); Try();`,
		"hooks/queue/postdelivery.hsl": `syslog("info", $context . GetMetaData()["seen"] . " " . $arguments["attempt"]["result"]["code"]);`,
	})
	s.start()
	open := s.dial() // a connection from before the reload keeps its version
	defer open.Close()
	if err := open.Hello("c"); err != nil {
		t.Fatal(err)
	}
	s.mustSend("a@x.test", "b@y.test", "Subject: 1\r\n\r\nbody\r\n")
	mails := next.wait(t, 1)
	if !strings.HasPrefix(mails[0], "X-Tag: one\r\nReceived: from ") || !strings.HasSuffix(mails[0], "\r\nSubject: 1\r\n\r\nbody\r\n") {
		t.Errorf("got %q", mails[0])
	}
	s.logged("pre1 250")

	write(t, s.dir, map[string]string{"files/tag.hsl": `function tag() { return "two"; }`})
	s.logged("generation=2")
	s.mustSend("a@x.test", "b@y.test", "x\r\n")
	if mails = next.wait(t, 2); !strings.HasPrefix(mails[1], "X-Tag: two\r\n") {
		t.Errorf("after the reload: %q", mails[1])
	}
	if err := open.SendMail("a@x.test", []string{"b@y.test"}, strings.NewReader("x\r\n")); err != nil {
		t.Fatal(err)
	}
	if mails = next.wait(t, 3); !strings.HasPrefix(mails[2], "X-Tag: one\r\n") {
		t.Errorf("the open connection changed its version: %q", mails[2])
	}

	write(t, s.dir, map[string]string{"files/tag.hsl": "function tag() { return \"three\" ; \n"})
	s.logged("files/tag.hsl:1:34: error: got end of file, want '}'")
	s.mustSend("a@x.test", "b@y.test", "x\r\n")
	if mails = next.wait(t, 4); !strings.HasPrefix(mails[3], "X-Tag: two\r\n") {
		t.Errorf("after the broken edit: %q", mails[3])
	}
	s.stop()
}

// TestBounce: a refused recipient comes back as a notification; a busy one is
// tried again.
func TestBounce(t *testing.T) {
	t.Parallel()
	next := newSink(t)
	busy := 1
	next.refuse = func(to string) error {
		switch {
		case strings.HasPrefix(to, "no@"):
			return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "User unknown"}
		case strings.HasPrefix(to, "busy@") && busy > 0:
			busy--
			return &gosmtp.SMTPError{Code: 450, EnhancedCode: gosmtp.EnhancedCode{4, 2, 0}, Message: "Busy"}
		}
		return nil
	}
	s := workspace(t, next.port, nil)
	s.start()
	s.mustSend("a@x.test", "no@y.test", "Subject: lost\r\n\r\nbody\r\n")
	mails := next.wait(t, 1)
	for _, want := range []string{"To: a@x.test\r\n", "Final-Recipient: rfc822; no@y.test", "Status: 5.1.1", "Diagnostic-Code: smtp; 550 5.1.1 User unknown", "Subject: lost"} {
		if !strings.Contains(mails[0], want) {
			t.Errorf("no %q in\n%s", want, mails[0])
		}
	}
	s.mustSend("a@x.test", "busy@y.test", "Subject: later\r\n\r\nbody\r\n")
	if mails = next.wait(t, 2); !strings.Contains(mails[1], "Subject: later") {
		t.Errorf("got %q", mails[1])
	}
	s.stop()
}

// TestRestart: what was accepted while the next hop was away is delivered after a
// restart.
func TestRestart(t *testing.T) {
	t.Parallel()
	s := workspace(t, freePort(t), nil)
	s.start()
	s.mustSend("a@x.test", "b@y.test", "Subject: kept\r\n\r\nbody\r\n")
	s.stop()
	next := newSink(t)
	app := filepath.Join(s.dir, "config/smtpd-app.yaml")
	b, err := os.ReadFile(app)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(string(b), "\n")
	for i, l := range lines {
		if strings.Contains(l, "id: out, connection") {
			lines[i] = fmt.Sprintf("      - { id: out, connection: { server: 127.0.0.1, port: %d } }", next.port)
		}
	}
	write(t, s.dir, map[string]string{"config/smtpd-app.yaml": strings.Join(lines, "\n")})
	s.log.Reset()
	s.start()
	if mails := next.wait(t, 1); !strings.Contains(mails[0], "Subject: kept") {
		t.Errorf("got %q", mails[0])
	}
	s.stop()
}

// refused runs hawserd where it must not start.
func refused(t *testing.T, dir string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	out, err := exec.CommandContext(ctx, hawserd, "-c", dir).CombinedOutput()
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
			out := refused(t, s.dir)
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
	next := newSink(t)
	s := workspace(t, next.port, map[string]string{"hooks/eod/main.hsl": `
$s = $arguments["mail"]->getHeader("Subject");
if ($s == "loop") forever { }
if ($s == "grow") { $a = "x"; forever $a .= $a; }
if ($s == "throw") throw "on purpose";` + queueAll})
	s.start()
	for _, subject := range []string{"grow", "throw", "loop"} {
		err := s.send("a@x.test", "b@y.test", "Subject: "+subject+"\r\n\r\nx\r\n")
		var se *gosmtp.SMTPError
		if !errors.As(err, &se) || se.Code != 421 {
			t.Errorf("%s: got %v, want 421", subject, err)
		}
	}
	s.mustSend("a@x.test", "b@y.test", "Subject: good\r\n\r\nx\r\n")
	next.wait(t, 1)
	for _, want := range []string{"time limit", "memory limit", "on purpose", "hooks/eod/main.hsl:5:"} {
		if !strings.Contains(s.text(), want) {
			t.Errorf("the log has no %q\n%s", want, s.text())
		}
	}
	s.stop()
	if n := next.count(); n != 1 {
		t.Errorf("%d messages were delivered", n)
	}
}
