package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/hawser-mta/hawser/cmd/internal/servertest"
)

func TestMain(m *testing.M) { servertest.Main(m, "hawserd", "hawserctl") }

// server is a hawserd that hawserctl talks to.
type server struct{ *servertest.Server }

// newSink is a next hop that refuses busy@ for now.
func newSink(t *testing.T) *servertest.Hop {
	t.Helper()
	h := servertest.NewHop(t)
	h.Refuse = func(to string) error {
		if strings.HasPrefix(to, "busy@") {
			return &gosmtp.SMTPError{Code: 450, EnhancedCode: gosmtp.EnhancedCode{4, 2, 0}, Message: "Busy"}
		}
		return nil
	}
	return h
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
func start(t *testing.T, next *servertest.Hop, files map[string]string) *server {
	t.Helper()
	s := &server{servertest.New(t)}
	all := map[string]string{
		"config/smtpd.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, listeners: [{ address: 127.0.0.1, port: %d }] }]
environment: { hostname: mx.test }
spool: { minfree: { bytes: 1MiB, inodes: 10 } }
`, s.Port),
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
`, next.Port),
		"config/smtpd-policy.yaml": policyFile,
		"config/smtpd-suspend.yaml": `version: "6.10"
suspends: [{ recipientdomain: stop.example, tag: abuse }]
`,
		"hooks/eod/main.hsl": hook,
	}
	for k, v := range files {
		all[k] = v
	}
	s.Files(all)
	s.Start()
	return s
}

// send queues a message as options say.
func (s *server) send(from, to, options, body string) {
	s.T.Helper()
	s.MustSend(from, to, "X-Queue: "+options+"\r\nSubject: "+to+"\r\n\r\n"+body+"\r\n")
}

// result is one run of hawserctl.
type result struct {
	out, err string
	code     int
}

// ctl runs hawserctl.
func (s *server) ctl(args ...string) result {
	s.T.Helper()
	ctx, cancel := context.WithTimeout(s.T.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, servertest.Program("hawserctl"), append([]string{"-c", s.Dir}, args...)...)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr, cmd.Dir = &out, &errs, s.Dir
	err := cmd.Run()
	var ee *exec.ExitError
	if err != nil && !errors.As(err, &ee) {
		s.T.Fatal(err)
	}
	if strings.Contains(errs.String(), "goroutine ") {
		s.T.Errorf("a stack trace for a user:\n%s", errs.String())
	}
	return result{out.String(), errs.String(), cmd.ProcessState.ExitCode()}
}

// ok runs hawserctl, which must leave with 0, and returns what it printed.
func (s *server) ok(args ...string) string {
	s.T.Helper()
	r := s.ctl(args...)
	if r.code != 0 || r.err != "" {
		s.T.Fatalf("hawserctl %s: code %d\n%s%s\n%s", strings.Join(args, " "), r.code, r.out, r.err, s.Text())
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
	s.T.Helper()
	var out []unit
	s.json(&out, append([]string{"queue", "list"}, args...)...)
	return out
}

// json runs a command with --json.
func (s *server) json(to any, args ...string) {
	s.T.Helper()
	text := s.ok(append(args, "--json")...)
	if err := json.Unmarshal([]byte(text), to); err != nil {
		s.T.Fatalf("%v in %s", err, text)
	}
}
