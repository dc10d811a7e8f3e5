package main_test

import (
	"net/mail"
	"strings"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/cmd/internal/servertest"
)

// TestDateLater: a message that waits in the queue leaves with the Date of its delivery
// after setDateLater(), in place of the one it came with; one with a time of its own, and
// one without the call, leave with that.
func TestDateLater(t *testing.T) {
	t.Parallel()
	next := servertest.NewHop(t)
	s := workspace(t, next.Port, map[string]string{"hooks/eod/main.hsl": `
$m = $arguments["mail"];
$when = $m->getHeader("X-When");
if ($when == "later") $m->setDateLater();
if ($when == "set") $m->setDateLater(86400);
foreach ($transaction["recipients"] as $r)
	$m->queue($transaction["senderaddress"], $r["address"], $r["transportid"], ["delay" => $when == "later" ? 2 : 0]);
Accept();
`})
	s.Start()
	const old = "Date: Mon, 02 Jan 2006 15:04:05 +0000\r\n"
	begin := time.Now()
	for n, when := range []string{"set", "kept", "later"} {
		s.MustSend("a@x.test", "b@y.test", "X-When: "+when+"\r\n"+old+"Subject: x\r\n\r\nbody\r\n")
		raw := next.Wait(t, n+1)[n]
		arrived := time.Now()
		m, err := mail.ReadMessage(strings.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		dates := m.Header["Date"]
		date, err := m.Header.Date()
		if err != nil || len(dates) != 1 || m.Header.Get("X-When") != when {
			t.Fatalf("%s: %v, dates %q in\n%s", when, err, dates, raw)
		}
		switch {
		case when == "set" && date.Unix() != 86400, when == "kept" && dates[0] != strings.TrimSpace(old[len("Date: "):]):
			t.Errorf("%s: %s", when, dates[0])
		case when == "later" && (date.Before(begin.Truncate(time.Second).Add(2*time.Second)) || date.After(arrived)):
			t.Errorf("sent after %s, delivered until %s, dated %s", begin, arrived, dates[0])
		}
		begin = time.Now()
	}
	s.Stop()
}
