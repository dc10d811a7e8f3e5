package main_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	counting "github.com/hawser-mta/hawser/cmd/internal/sink"
)

// TestBackoff: conditions that postdelivery adds after an attempt limit what follows,
// until they are changed, removed or have lived long enough.
func TestBackoff(t *testing.T) {
	t.Parallel()
	r, port := receiver(t, counting.Options{})
	s := workspace(t, port, map[string]string{
		"config/smtpd-policy.yaml": `version: "6.10"
policies: [{ fields: [recipientdomain], default: { concurrency: 5 } }]
`,
		"hooks/queue/postdelivery.hsl": `
$domain = $message["recipientaddress"]["domain"];
$if = ["recipientdomain" => str_replace("go.", "", $domain)];
function rate($n) { return ["rate" => [$n, 3600]]; }
$step = $message["recipientaddress"]["localpart"];
$out = match ($step) {
	"limit" => queue_policy(["recipientdomain"], $if, rate(1), 3600, ["id" => "mine", "type" => "backoff"]),
	"again" => queue_policy(["recipientdomain"], $if, rate(9), 3600, ["id" => "mine", "update" => false]),
	"raise" => queue_policy(["recipientdomain"], $if, rate(3), 3600, ["id" => "mine"]),
	"delete" => queue_policy_delete("mine"),
	"short" => queue_policy(["recipientdomain"], $if, ["rate" => [1, 3600], "tag" => "short"], 2),
	default => none,
};
syslog("info", "step:" . $step . ":" . json_encode($out));
`,
	})
	s.Start()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	step := func(name, domain, want string) {
		t.Helper()
		s.MustSend("a@x.test", name+"@"+domain, "x\r\n")
		s.Logged(fmt.Sprintf("step:%s:%s", name, strings.ReplaceAll(want, `"`, `\"`)))
	}
	// arrived waits until all messages there can be are there, and compares them.
	total := 0
	arrived := func(more int, domain string, want int) {
		t.Helper()
		total += more
		if err := r.Wait(ctx, total); err != nil {
			t.Fatalf("%v\n%s", err, s.Text())
		}
		s.MustSend("a@x.test", "after@other.test", "x\r\n") // passes those that have to wait
		total++
		if err := r.Wait(ctx, total); err != nil {
			t.Fatalf("%v\n%s", err, s.Text())
		}
		if n := r.Counts(); n.Domains[domain] != want {
			t.Errorf("%d messages to %s, want %d", n.Domains[domain], domain, want)
		}
	}
	step("limit", "go.slow.test", `{"id":"mine","new":true}`)
	s.flood(4, "slow.test")
	arrived(1+1, "slow.test", 1)
	step("again", "go.slow.test", `{"id":"mine","new":false}`) // changes nothing
	arrived(1, "slow.test", 1)
	step("raise", "go.slow.test", `{"id":"mine","new":false}`)
	arrived(1+2, "slow.test", 3)
	step("delete", "go.slow.test", `true`)
	arrived(1+1, "slow.test", 4)
	step("delete", "go.slow.test", `false`)
	s.flood(3, "slow.test")
	arrived(1+3, "slow.test", 7)
	begin := time.Now()
	step("short", "go.brief.test", `{"id":"`)
	s.flood(3, "brief.test")
	total += 1 + 3
	if err := r.Wait(ctx, total); err != nil {
		t.Fatalf("%v\n%s", err, s.Text())
	}
	if took := time.Since(begin); took < 2*time.Second {
		t.Errorf("the condition held for %s, want 2 s", took)
	}
	s.Stop()
}
