package main_test

import (
	"strings"
	"sync/atomic"
	"testing"
)

// TestReuseLost: a message whose kept connection is lost waits for what a policy demands
// between two connections, and is no failure.
func TestReuseLost(t *testing.T) {
	t.Parallel()
	var asked atomic.Int32
	next := (&peer{answer: func(line string) string {
		if strings.HasPrefix(line, "MAIL FROM:<second@") {
			if asked.Add(1) == 1 {
				return "-"
			}
		}
		return ""
	}}).listen(t, "127.0.0.1")
	s := workspace(t, next.Port, map[string]string{
		"config/smtpd-policy.yaml": `version: "6.10"
policies: [{ fields: [transportid], default: { connectinterval: 4 } }]
`,
		"hooks/queue/predelivery.hsl":  `$context = $message["senderaddress"]["localpart"]; Try(["pooling" => ["enabled" => true, "timeout" => 3600]]);`,
		"hooks/queue/postdelivery.hsl": logArguments,
	})
	s.Start()
	for _, name := range []string{"first", "second"} {
		s.MustSend(name+"@x.test", name+"@y.test", "x\r\n")
		if got := s.post(name); at(got, "attempt.result.code") != delivered || at(got, "retry") != 0.0 {
			t.Errorf("%s: %v", name, got["attempt"])
		}
	}
	s.Stop()
	if len(next.sessions) != 2 || asked.Load() != 2 {
		t.Errorf("%d sessions, %d times the second message", len(next.sessions), asked.Load())
	}
}
