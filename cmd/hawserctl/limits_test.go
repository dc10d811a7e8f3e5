package main_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestLimitsListed: a counter without room is a suspension until it has some.
func TestLimitsListed(t *testing.T) {
	t.Parallel()
	s := start(t, newSink(t), nil)
	for range 2 {
		s.send("a@b.example", "x@slow.example", "{}", "x")
	}
	type suspension struct {
		ID, Type, Tag, Place string
		If                   map[string]string
	}
	var got []suspension
	s.Until("the limit", func() bool { s.json(&got, "suspend", "list"); return len(got) == 2 && got[1].Type == "rate" })
	want := suspension{Type: "rate", Tag: "slow", Place: "config/smtpd-policy.yaml:7:15", If: map[string]string{"localip": "127.0.0.2", "grouping": "slow.example"}}
	if d := cmp.Diff(want, got[1]); d != "" {
		t.Error(d)
	}
	if text := s.ok("suspend", "list"); !strings.Contains(text, " rate ") || !strings.Contains(text, "grouping=slow.example") {
		t.Errorf("%s", text)
	}
	s.ok("policy", "refill")
	s.Until("no limit", func() bool { s.json(&got, "suspend", "list"); return len(got) == 1 })
}

// TestBadPatterns: what cannot match is refused, by hawserctl with a reason; what matches
// nothing for now is taken and logged.
func TestBadPatterns(t *testing.T) {
	t.Parallel()
	s := start(t, newSink(t), map[string]string{"hooks/eod/main.hsl": hook[:strings.Index(hook, "Accept")] + `
function tell($x) { return is_array($x); }
memory_store("bad", [
	tell(queue_suspend(["remoteip" => "192.0.2.300"], 9)), tell(queue_suspend(["localip" => "b"], 9)), tell(queue_suspend(["remotemx" => "a*b"], 9)),
	tell(queue_suspend(["remotemx" => "#x"], 9)), tell(queue_suspend(["jobid" => "/(/"], 9)),
	tell(queue_policy(["localip", "grouping"], ["localip" => "b"], ["concurrency" => 1], 9)),
]);
memory_store("good", [
	tell(queue_suspend(["remoteip" => "192.0.2.0/24"], 9)), tell(queue_suspend(["localip" => "a"], 9)), tell(queue_suspend(["jobid" => "@none"], 9)),
	tell(queue_policy(["localip", "grouping"], ["grouping" => "off.example"], ["concurrency" => 0], 900, ["id" => "off"])),
]);
Accept();`})
	for _, c := range [][]string{
		{"got '192.0.2.300', want an IP address or a network", "suspend", "add", "--remoteip", "192.0.2.300"},
		{"got 'b', want an IP address, a network or an id of addresses", "suspend", "add", "--localip", "b"},
		{"want a domain, *.domain or /regex/", "suspend", "add", "--remotemx", "a*b"},
		{"rollups are known in conditions of their own policy only", "suspend", "add", "--remotemx", "#x"},
		{"got 'b', want an IP address", "policy", "add", "--fields", "grouping,localip", "--if", `{"localip":"b"}`, "--then", `{"concurrency":1}`},
		{"no rollup 'x' of grouping in this policy", "policy", "add", "--fields", "grouping,localip", "--if", `{"grouping":"#x"}`, "--then", `{"concurrency":1}`},
	} {
		if r := s.ctl(c[1:]...); r.code != 1 || !strings.Contains(r.err, c[0]) || strings.Contains(r.err, s.Dir) {
			t.Errorf("%v: %+v", c, r)
		}
	}
	s.ok("suspend", "add", "--jobid", "@nothing")
	s.Logged("no list 'nothing'")
	s.ok("suspend", "add", "--localip", "a", "--jobid", "x")
	s.send("a@b.example", "x@off.example", "{}", "x")
	if got := s.ok("hsl", "memory", "get", "bad"); got != "[false,false,false,false,false,false]\n" {
		t.Errorf("bad: %s", got)
	}
	if got := s.ok("hsl", "memory", "get", "good"); got != "[true,true,true,true]\n" {
		t.Errorf("good: %s", got)
	}
	s.Logged("no list 'none'")
	var list []struct {
		ID   string
		Then struct{ Concurrency *int }
	}
	s.json(&list, "policy", "list")
	for _, c := range list {
		if c.ID == "off" && (c.Then.Concurrency == nil || *c.Then.Concurrency != 0) {
			t.Errorf("%+v", c)
		}
	}
	v := s.explain("--grouping", "off.example", "--localip", "a")
	if last := v[len(v)-1]; last.Dynamic == nil || *last.Concurrency != 0 || last.Reason != "concurrency" {
		t.Errorf("%+v", v)
	}
}
