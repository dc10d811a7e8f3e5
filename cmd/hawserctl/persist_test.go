package main_test

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// dynamic returns what is left of each dynamic condition and suspension, by tag.
func (s *server) dynamic() map[string]float64 {
	s.T.Helper()
	out := map[string]float64{}
	var conditions []struct {
		Type string
		Left float64
		Then struct{ Tag string }
	}
	s.json(&conditions, "policy", "list")
	for _, c := range conditions {
		if c.Type != "static" {
			out[c.Then.Tag] = c.Left
		}
	}
	var suspensions []struct {
		Type, Tag string
		Left      float64
	}
	s.json(&suspensions, "suspend", "list")
	for _, x := range suspensions {
		if x.Type == "dynamic" {
			out[x.Tag] = x.Left
		}
	}
	return out
}

// The hook suspends and limits a domain.
const limiting = `
queue_suspend(["recipientdomain" => "script.example"], 7200, ["tag" => "script"]);
queue_policy(["localip", "grouping"], ["grouping" => "script.example"], ["rate" => [1, 60], "tag" => "backoff"], 7200, ["type" => "backoff"]);
` + hook

// again starts a server that has ended and wants the suspensions with these tags, and
// no condition: scripts find out about backoff again.
func (s *server) again(tags ...string) map[string]float64 {
	s.T.Helper()
	s.Forget()
	s.Start()
	got := s.dynamic()
	if diff := cmp.Diff(tags, slices.Sorted(maps.Keys(got)), cmpopts.EquateEmpty()); diff != "" {
		s.T.Fatal(diff)
	}
	return got
}

// TestRestart: a suspension that an operator has set is there after a crash at once, one
// of a script after a moment, and they hold mail back from the first moment on.
// Conditions are gone after every restart.
func TestRestart(t *testing.T) {
	t.Parallel()
	next := newSink(t)
	s := start(t, next, map[string]string{"hooks/eod/main.hsl": limiting})
	s.send("a@b.example", "x@script.example", "{}", "x")
	s.ok("policy", "add", "--fields", "localip,grouping", "--if", `{"grouping":"x.example"}`, "--then", `{"concurrency":0,"tag":"stop"}`)
	s.Until("the file", func() bool {
		text, err := os.ReadFile(filepath.Join(s.Dir, "spool/suspensions.state"))
		return err == nil && strings.Contains(string(text), `"script"`)
	})
	s.ok("suspend", "add", "--recipientdomain", "*.later.example", "--tag", "storm", "--ttl", "6h")
	limits := []string{"backoff", "script", "stop", "storm"}
	if diff := cmp.Diff(limits, slices.Sorted(maps.Keys(s.dynamic()))); diff != "" {
		t.Fatal(diff)
	}
	s.Kill()
	got := s.again("script", "storm")
	s.Logged("suspensions of the last run are in force")
	if got["storm"] < 21000 || got["storm"] > 21600 || got["script"] < 6600 || got["script"] > 7200 {
		t.Errorf("%v", got)
	}
	s.send("a@b.example", "x@a.later.example", "{}", "x")
	s.send("a@b.example", "x@free.example", "{}", "x")
	s.Until("the free one", func() bool { return len(next.With("free.example")) == 1 })
	s.Until("the suspended ones", func() bool { return len(s.list("--queue", "active")) == 2 })
	if m := next.Mails(); len(m) != 1 {
		t.Errorf("%v", m)
	}
	if _, ok := s.dynamic()["backoff"]; !ok {
		t.Error("the script has not limited the domain again")
	}
	s.Stop()
	s.again("script", "storm")
	for _, id := range s.suspensions("dynamic") {
		s.ok("suspend", "delete", id)
	}
	s.Until("the mail", func() bool { return len(next.With("later.example")) == 1 && len(next.With("script.example")) == 1 })
	s.Kill()
	s.again()
}

// TestDamagedState: a damaged file is set aside, and the server starts and keeps again.
func TestDamagedState(t *testing.T) {
	t.Parallel()
	s := start(t, newSink(t), nil)
	s.ok("suspend", "add", "--jobid", "x", "--tag", "storm")
	s.Kill()
	file := filepath.Join(s.Dir, "spool/suspensions.state")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	bad := slices.Clone(text)
	bad[len(bad)/2] ^= 1
	if err := os.WriteFile(file, bad, 0o600); err != nil {
		t.Fatal(err)
	}
	s.Forget()
	s.Start()
	s.Logged("cannot be read")
	if got := s.dynamic(); len(got) != 0 {
		t.Errorf("%v", got)
	}
	if kept, err := os.ReadFile(file + ".damaged"); err != nil || string(kept) != string(bad) {
		t.Errorf("%v", err)
	}
	s.ok("suspend", "add", "--jobid", "y", "--tag", "other")
	s.Kill()
	s.Forget()
	s.Start()
	if got := s.dynamic(); len(got) != 1 {
		t.Errorf("%v", got)
	}
}

// TestUnsaved: the status tells when nothing can be kept; the suspension is in force.
func TestUnsaved(t *testing.T) {
	t.Parallel()
	s := start(t, newSink(t), nil)
	// A directory stands where the file is to be written.
	if err := os.Mkdir(filepath.Join(s.Dir, "spool/suspensions.state.new"), 0o700); err != nil {
		t.Fatal(err)
	}
	s.ok("suspend", "add", "--jobid", "x", "--tag", "storm")
	if got := s.dynamic(); len(got) != 1 {
		t.Errorf("%v", got)
	}
	if text := s.ok("status"); !strings.Contains(text, "dynamic suspensions end with the process: ") {
		t.Errorf("%s", text)
	}
}
