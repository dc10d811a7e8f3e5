package main_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestNextAddress: an address that refuses for now, or hangs up before it has greeted,
// leaves the message to the next one of the same host in the same attempt; one that
// refuses for good speaks for the host.
func TestNextAddress(t *testing.T) {
	t.Parallel()
	names := map[string]string{"busy.test": "421 4.3.2 later", "gone.test": "-", "never.test": "554 5.7.1 not you", "broken.test": "nonsense"}
	first := (&peer{answer: func(line string) string {
		_, name, _ := strings.Cut(line, " ")
		return names[name]
	}}).listen(t, "::1") // goes first
	next := (&peer{Port: first.Port}).listen(t, "127.0.0.1")
	s := workspace(t, 1, map[string]string{
		"config/smtpd-app.yaml": fmt.Sprintf(tryConfig, nameServer(t, `
two.test. 60 IN AAAA ::1
two.test. 60 IN A 127.0.0.1
`)),
		"hooks/queue/predelivery.hsl":  fmt.Sprintf(`$context = $message["recipientaddress"]["localpart"]; Try(["port" => %d, "helo" => $context]);`, first.Port),
		"hooks/queue/postdelivery.hsl": logArguments,
	})
	s.Start()
	for name := range names {
		s.MustSend("a@x.test", name+"@two.test", "x\r\n")
		got := s.post(name)
		ip, code := "127.0.0.1", any(delivered)
		if name == "never.test" {
			ip, code = "::1", 554.0
		}
		if at(got, "attempt.connection.remoteip") != ip || at(got, "attempt.result.code") != code || at(got, "attempt.error") != nil {
			t.Errorf("%s: %v", name, got["attempt"])
		}
	}
	s.Stop()
	for name := range names {
		if n := next.sent()[name+"@two.test"]; (n == 1) != (name != "never.test") {
			t.Errorf("%s: %d messages", name, n)
		}
	}
}
