package main_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/hawser-mta/hawser/cmd/internal/servertest"
)

// TestQuotas: queue() fails when a quota is full, with units of one transaction and of
// others; what leaves the queue makes room.
func TestQuotas(t *testing.T) {
	t.Parallel()
	next := servertest.NewHop(t)
	s := workspace(t, next.Port, map[string]string{"hooks/eod/main.hsl": `
$m = $arguments["mail"];
$name = $m->getHeader("Subject");
if ($name == "ask") Reject("count has " . queue_quota("count")["count"] . ".");
try {
	foreach ($transaction["recipients"] as $r)
		$m->queue($transaction["senderaddress"], $r["address"], "out", ["hold" => $name != "go", "quotas" => ["free", $name == "bytes" ? "bytes" : "count"]]);
} catch ($e) {
	$q = queue_quota("count");
	Reject($e->message() . "; count has " . $q["count"] . " of " . ($q["bytes"] > 0 ? "some" : "no") . " bytes, free " . queue_quota("free")["count"]);
}
Accept();`,
		"config/smtpd-app.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, transport: out, phases: { connect: { fcrdns: false }, eod: { hook: main } } }]
queues: { quotas: [{ id: count, maxcount: 2 }, { id: bytes, maxbytes: 2KiB }] }
transportgroups: [{ id: all, transports: [{ id: out, connection: { server: 127.0.0.1, port: %d } }] }]
`, next.Port)})
	s.Start()
	send := func(subject string, size, recipients int) error {
		c := s.Dial()
		defer c.Close()
		var to []string
		for i := range recipients {
			to = append(to, fmt.Sprintf("r%d@y.test", i))
		}
		return c.SendMail("a@x.test", to, strings.NewReader("Subject: "+subject+"\r\n\r\n"+strings.Repeat("x", size)+"\r\n"))
	}
	refused := func(err error, want string) {
		t.Helper()
		var se *gosmtp.SMTPError
		if !errors.As(err, &se) || se.Code != 550 || !strings.Contains(se.Message, want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	accepted := func(err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%v\n%s", err, s.Text())
		}
	}
	refused(send("hold", 1, 3), "queue(): quota 'count' is full: 2 messages, at most 2; count has 0 of no bytes, free 0")
	accepted(send("go", 1, 2)) // nothing is left of the refused ones
	next.Wait(t, 2)
	counted := func(want string) {
		t.Helper()
		end := time.Now().Add(time.Minute)
		for !strings.Contains(fmt.Sprint(send("ask", 1, 1)), want) {
			if time.Now().After(end) {
				t.Fatalf("not: %s", want)
			}
		}
	}
	counted("count has 0.") // what was delivered makes room
	accepted(send("hold", 1, 2))
	refused(send("hold", 1, 1), "queue(): quota 'count' is full: 2 messages, at most 2; count has 2 of some bytes, free 2")
	accepted(send("bytes", 1000, 1))
	refused(send("bytes", 1500, 1), "queue(): quota 'bytes' is full: ")
	accepted(send("bytes", 100, 1))
	s.Stop()
	// The units that are held count after a restart too.
	s.Forget()
	s.Start()
	counted("count has 2.")
	refused(send("hold", 1, 1), "quota 'count' is full: 2 messages")
	s.Stop()
}
