package main_test

import (
	"bytes"
	"context"
	"encoding/json"
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

var hawserd, hawserctl string

// TestMain builds the real binaries once.
func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "ctl")
	if err != nil {
		panic(err)
	}
	hawserd, hawserctl = filepath.Join(dir, "hawserd"), filepath.Join(dir, "hawserctl")
	if out, err := exec.Command("go", "build", "-o", dir, "../hawserd", ".").CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// sink is a next hop that keeps what it gets and refuses busy@ for now.
type sink struct {
	mu    sync.Mutex
	mails []string
	port  int
}

func (s *sink) NewSession(*gosmtp.Conn) (gosmtp.Session, error) { return &session{s: s}, nil }

type session struct{ s *sink }

func (*session) Reset()                                 {}
func (*session) Logout() error                          { return nil }
func (*session) Mail(string, *gosmtp.MailOptions) error { return nil }
func (*session) Rcpt(to string, _ *gosmtp.RcptOptions) error {
	if strings.HasPrefix(to, "busy@") {
		return &gosmtp.SMTPError{Code: 450, EnhancedCode: gosmtp.EnhancedCode{4, 2, 0}, Message: "Busy"}
	}
	return nil
}
func (x *session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	x.s.mu.Lock()
	defer x.s.mu.Unlock()
	x.s.mails = append(x.s.mails, string(b))
	return nil
}

// with returns the messages that contain a text.
func (s *sink) with(text string) (out []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range s.mails {
		if strings.Contains(m, text) {
			out = append(out, m)
		}
	}
	return out
}

func newSink(t *testing.T) *sink {
	t.Helper()
	s := &sink{}
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

var lastPort atomic.Int32

// freePort returns a port below the range that the kernel hands out by itself.
func freePort(t *testing.T) int {
	t.Helper()
	for range 1000 {
		port := 12000 + (os.Getpid()*53+int(lastPort.Add(1)))%20000
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
	cmd  *exec.Cmd
	mu   sync.Mutex
	log  bytes.Buffer
}

// Write takes the log.
func (s *server) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

func (s *server) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// until waits for a condition.
func (s *server) until(what string, ok func() bool) {
	s.t.Helper()
	limit, tick := time.After(60*time.Second), time.NewTicker(20*time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			s.t.Fatalf("%s: not within a minute\n%s", what, s.text())
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
		if err := os.WriteFile(p+".new", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(p+".new", p); err != nil {
			t.Fatal(err)
		}
	}
}

// The hook queues as the header X-Queue says, in JSON.
const hook = `
$mail = $arguments["mail"];
$options = json_decode($mail->getHeader("X-Queue") ?? "{}");
$mail->addHeader("X-Seen", "yes");
foreach ($transaction["recipients"] as $r)
	$mail->queue($transaction["senderaddress"], $r["address"], $r["transportid"], $options);
memory_store("last", ["subject" => $mail->getHeader("Subject")]);
Accept();
`

const policyFile = `version: "6.10"
policies:
  - id: dest
    fields: [localip, grouping]
    conditions:
      - if: { grouping: slow.example }
        then: { concurrency: 1, rate: 1/3600, tag: slow }
    default: { concurrency: 50 }
`

// start runs a server with a sink as its next hop.
func start(t *testing.T, next *sink, files map[string]string) *server {
	t.Helper()
	s := &server{t: t, dir: t.TempDir(), port: freePort(t)}
	all := map[string]string{
		"config/smtpd.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, listeners: [{ address: 127.0.0.1, port: %d }] }]
environment: { hostname: mx.test }
spool: { minfree: { bytes: 1MiB, inodes: 10 } }
`, s.port),
		"config/smtpd-app.yaml": fmt.Sprintf(`version: "6.10"
servers:
  - id: in
    transport: out
    phases: { connect: { fcrdns: false }, eod: { hook: main } }
addresses: [{ id: a, address: 127.0.0.2 }]
queues: { grouping: { default: recipientdomain } }
transportgroups:
  - id: all
    retry: { count: 9, intervals: [{ interval: 3600 }] }
    dsn: { transport: other }
    transports:
      - { id: out, connection: { server: 127.0.0.1, port: %[1]d, sourceip: { addresses: [a] } } }
      - { id: other, connection: { server: 127.0.0.1, port: %[1]d } }
`, next.port),
		"config/smtpd-policy.yaml": policyFile,
		"config/smtpd-suspend.yaml": `version: "6.10"
suspends: [{ recipientdomain: stop.example, tag: abuse }]
`,
		"hooks/eod/main.hsl": hook,
	}
	for k, v := range files {
		all[k] = v
	}
	write(t, s.dir, all)
	s.run()
	return s
}

// run starts the process.
func (s *server) run() {
	s.t.Helper()
	s.cmd = exec.Command(hawserd, "-c", s.dir, "--drain", "10")
	s.cmd.Stderr = s
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	c := s.cmd
	s.t.Cleanup(func() {
		if c.ProcessState == nil {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
	})
	s.until("ready", func() bool { return strings.Contains(s.text(), "ready\n") || strings.Contains(s.text(), "error: ") })
}

// stop ends the server, which must leave with 0.
func (s *server) stop() {
	s.t.Helper()
	_ = s.cmd.Process.Signal(syscall.SIGTERM)
	if err := s.cmd.Wait(); err != nil {
		s.t.Errorf("hawserd: %v\n%s", err, s.text())
	}
}

// send queues a message as options say.
func (s *server) send(from, to, options, body string) {
	s.t.Helper()
	c, err := gosmtp.Dial(fmt.Sprintf("127.0.0.1:%d", s.port))
	if err != nil {
		s.t.Fatal(err)
	}
	defer c.Close()
	text := "X-Queue: " + options + "\r\nSubject: " + to + "\r\n\r\n" + body + "\r\n"
	if err := c.SendMail(from, []string{to}, strings.NewReader(text)); err != nil {
		s.t.Fatalf("%v\n%s", err, s.text())
	}
}

// result is one run of hawserctl.
type result struct {
	out, err string
	code     int
}

// ctl runs hawserctl.
func (s *server) ctl(args ...string) result {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, hawserctl, append([]string{"-c", s.dir}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &out, &errs, s.dir
	err := cmd.Run()
	var ee *exec.ExitError
	if err != nil && !errors.As(err, &ee) {
		s.t.Fatal(err)
	}
	if strings.Contains(errs.String(), "goroutine ") {
		s.t.Errorf("a stack trace for a user:\n%s", errs.String())
	}
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// ok runs hawserctl, which must leave with 0, and returns what it printed.
func (s *server) ok(args ...string) string {
	s.t.Helper()
	r := s.ctl(args...)
	if r.code != 0 || r.err != "" {
		s.t.Fatalf("hawserctl %s: code %d\n%s%s\n%s", strings.Join(args, " "), r.code, r.out, r.err, s.text())
	}
	return r.out
}

// unit is what tests look at of spec mta 15.3.
type unit struct {
	ID struct {
		Transaction string
		Queue       int
	}
	State, Sender, Recipient, TransportID, JobID, TenantID, RemoteIP, RemoteMX, Grouping, LastError string
	Priority, Retry, Size                                                                           int
	LocalIPs, Tags                                                                                  []string
	Metadata                                                                                        map[string]string
}

func (u *unit) id() string { return fmt.Sprintf("%s:%d", u.ID.Transaction, u.ID.Queue) }

// list returns units.
func (s *server) list(args ...string) []unit {
	s.t.Helper()
	var out []unit
	s.json(&out, append([]string{"queue", "list"}, args...)...)
	return out
}

// json runs a command with --json.
func (s *server) json(to any, args ...string) {
	s.t.Helper()
	text := s.ok(append(args, "--json")...)
	if err := json.Unmarshal([]byte(text), to); err != nil {
		s.t.Fatalf("%v in %s", err, text)
	}
}
