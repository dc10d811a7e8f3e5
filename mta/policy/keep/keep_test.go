package keep_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/policy/keep"
)

// engine has one policy, of the fields given.
func engine(t *testing.T, fields ...string) *policy.Engine {
	t.Helper()
	p := config.Policy{}
	for _, f := range fields {
		p.Fields = append(p.Fields, config.PolicyField{Name: f})
	}
	e := policy.New()
	must(t, e.Load(&policy.Config{Policies: config.Policies{Policies: []config.Policy{p}}}))
	return e
}

// keeper returns one and what it logs.
func keeper(e *policy.Engine, dirs ...string) (*keep.Keeper, *bytes.Buffer) {
	var log bytes.Buffer
	return &keep.Keeper{Engine: e, Dirs: dirs, Logger: slog.New(slog.NewTextHandler(&log, nil))}, &log
}

func condition(id string, patterns ...string) policy.Condition {
	return policy.Condition{
		ID: id, Type: "backoff", Fields: []policy.Field{policy.Grouping, policy.LocalIP},
		If: config.Match{{Field: "grouping", Patterns: patterns}}, Then: config.PolicyAction{Concurrency: new(0)},
	}
}

// suspend adds a suspension of a job.
func suspend(t *testing.T, e *policy.Engine, id string, ttl time.Duration) {
	t.Helper()
	_, _, err := e.Suspend(policy.Suspension{ID: id, TTL: ttl, If: config.Match{{Field: "jobid", Patterns: []string{id}}}}, true)
	must(t, err)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// left is what is left of the ttl of each suspension.
func left(list []policy.Suspension) map[string]time.Duration {
	out := map[string]time.Duration{}
	for _, s := range list {
		out[s.ID] = s.Left()
	}
	return out
}

var sameSuspension = cmpopts.IgnoreUnexported(policy.Suspension{})

// TestRestore: every suspension comes back as it was, with the time that is left by the
// clock on the wall, and in its order.
func TestRestore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		e := engine(t)
		k, _ := keeper(e, dir)
		for _, s := range []policy.Suspension{
			{ID: "s", Tag: "storm", TTL: 6 * time.Hour, If: config.Match{{Field: "jobid", Patterns: []string{""}}, {Field: "remoteip", Patterns: []string{"192.0.2.0/24", "198.51.100.1"}}}, Properties: map[string]any{"n": 2.0, "b": "x", "c": true}},
			{ID: "all"},
		} {
			_, _, err := e.Suspend(s, true)
			must(t, err)
		}
		suspend(t, e, "hour", time.Hour)
		suspend(t, e, "gone", 10*time.Minute)
		must(t, k.Save())
		time.Sleep(30 * time.Minute)
		next := engine(t)
		k, log := keeper(next, dir)
		k.Restore()
		got := next.Added().Suspensions
		// One that ended while nothing ran is gone, as it is where the clock has run on.
		e.Tick(time.Now())
		want := e.Added().Suspensions
		if d := cmp.Diff(want, got, sameSuspension); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(map[string]time.Duration{"s": 330 * time.Minute, "all": 0, "hour": 30 * time.Minute}, left(got)); d != "" {
			t.Error(d)
		}
		if !strings.Contains(log.String(), `msg="suspensions of the last run are in force" event=suspend suspensions=3`) {
			t.Error(log)
		}
		time.Sleep(30 * time.Minute)
		next.Tick(time.Now())
		if got := left(next.Added().Suspensions); len(got) != 2 || got["s"] != 5*time.Hour {
			t.Error(got)
		}
	})
}

// TestConditions: conditions vanish on restart (spec mta 8.5), so nothing is written for
// them.
func TestConditions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := engine(t, "localip", "grouping")
	k, _ := keeper(e, dir)
	_, _, err := e.AddCondition(condition("c", "x.test"), true)
	must(t, err)
	e.DeleteCondition("c")
	_, _, err = e.AddCondition(condition("d", "y.test"), true)
	must(t, err)
	select {
	case <-e.Edits():
		t.Error("a condition counts as a change")
	default:
	}
	must(t, k.Save())
	if _, err := os.Stat(filepath.Join(dir, "suspensions.state")); !os.IsNotExist(err) {
		t.Errorf("a file for a condition: %v", err)
	}
	suspend(t, e, "s", 0)
	must(t, k.Save())
	next := engine(t, "localip", "grouping")
	k, _ = keeper(next, dir)
	k.Restore()
	if c, s := next.Conditions(), next.Added().Suspensions; len(c) != 0 || len(s) != 1 {
		t.Errorf("%+v, %+v", c, s)
	}
}

// TestClockSetBack: nothing lives longer than its ttl because the clock was wrong.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := engine(t)
	suspend(t, e, "s", time.Hour)
	k, _ := keeper(e, dir)
	must(t, k.Save())
	synctest.Test(t, func(t *testing.T) { // where it is the year 2000
		e := engine(t)
		k, _ := keeper(e, dir)
		k.Restore()
		if got := left(e.Added().Suspensions); got["s"] != time.Hour {
			t.Errorf("%s left, want an hour", got["s"])
		}
	})
}

// TestTaken: a suspension that cannot be in force is dropped and reported; the rest comes
// back.
func TestTaken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := engine(t)
	suspend(t, e, "suspends[0]", 0)
	suspend(t, e, "s", 0)
	k, _ := keeper(e, dir)
	must(t, k.Save())
	other := policy.New()
	must(t, other.Load(&policy.Config{Suspends: config.Suspends{Suspends: []config.Suspend{{Tag: "file"}}}}))
	k, log := keeper(other, dir)
	k.Restore()
	if got := other.Added().Suspensions; len(got) != 1 || got[0].ID != "s" || len(other.Suspensions()) != 2 {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(log.String(), "id=suspends[0]") || !strings.Contains(log.String(), "is taken") {
		t.Error(log)
	}
}

// TestRenewed: a suspension that was added anew before, as plugins do when they start, does
// not come back beside that: who lifts his own lifts all of it.
func TestRenewed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	again := policy.Suspension{Tag: "start", If: config.Match{{Field: "jobid", Patterns: []string{"x"}}}}
	first, next := engine(t), engine(t)
	again.ID = "first"
	_, _, err := first.Suspend(again, true)
	must(t, err)
	k, _ := keeper(first, dir)
	must(t, k.Save())
	again.ID = "next"
	_, _, err = next.Suspend(again, true)
	must(t, err)
	k, log := keeper(next, dir)
	k.Restore()
	if got := next.Added().Suspensions; len(got) != 1 || got[0].ID != "next" || !next.Resume("next") || len(next.Suspensions()) != 0 {
		t.Errorf("%+v\n%s", got, log)
	}
}

// TestDamaged: whatever is wrong with a file, it is set aside and reported, and the next
// one can be written.
func TestDamaged(t *testing.T) {
	t.Parallel()
	whole := t.TempDir()
	e := engine(t)
	_, _, err := e.Suspend(policy.Suspension{ID: "s", Tag: "storm"}, true)
	must(t, err)
	k, _ := keeper(e, whole)
	must(t, k.Save())
	text, err := os.ReadFile(filepath.Join(whole, "suspensions.state"))
	must(t, err)
	for name, x := range map[string]string{
		"empty": "", "cut short": string(text[:len(text)-5]), "another byte": strings.Replace(string(text), "storm", "stoRm", 1),
		"something else": "hello\n", "a newer form": strings.Replace(string(text), "hawser-suspensions 1", "hawser-suspensions 2", 1), "zeros": strings.Repeat("\x00", 5000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			must(t, os.WriteFile(filepath.Join(dir, "suspensions.state"), []byte(x), 0o600))
			e := engine(t)
			k, log := keeper(e, dir)
			k.Restore()
			if got := e.Added().Suspensions; len(got) != 0 || !strings.Contains(log.String(), "level=ERROR") {
				t.Errorf("%+v\n%s", got, log)
			}
			if kept, err := os.ReadFile(filepath.Join(dir, "suspensions.state.damaged")); err != nil || string(kept) != x {
				t.Errorf("%q, %v", kept, err)
			}
			suspend(t, e, "s", 0)
			must(t, k.Save())
			next := engine(t)
			k, _ = keeper(next, dir)
			k.Restore()
			if got := next.Added().Suspensions; len(got) != 1 {
				t.Errorf("%+v", got)
			}
		})
	}
}

// TestPaths: another path takes the file when the first one cannot, and the newest counts.
func TestPaths(t *testing.T) {
	t.Parallel()
	a, b := filepath.Join(t.TempDir(), "a"), t.TempDir()
	e := engine(t)
	k, _ := keeper(e, a, b)
	save := func(id string) {
		t.Helper()
		suspend(t, e, id, 0)
		must(t, k.Save())
	}
	save("1") // there is no a
	must(t, os.Mkdir(a, 0o700))
	save("2")
	must(t, os.Rename(a, a+"2"))
	save("3")
	must(t, os.Rename(a+"2", a))
	next := engine(t)
	k, _ = keeper(next, a, b)
	k.Restore()
	if got := next.Added().Suspensions; len(got) != 3 {
		t.Errorf("%+v", got)
	}
	must(t, os.RemoveAll(a))
	must(t, os.RemoveAll(b))
	suspend(t, next, "4", 0)
	if err := k.Save(); err == nil || k.Err() == nil {
		t.Error("it says that it is saved")
	}
	must(t, os.Mkdir(b, 0o700))
	if err := k.Save(); err != nil || k.Err() != nil {
		t.Errorf("%v, %v", err, k.Err())
	}
}

// TestCoalesce: scripts do not wait, and many changes are few files.
func TestCoalesce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		e := engine(t)
		k, _ := keeper(e, dir)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = k.Run(ctx)
		}()
		var n atomic.Int64
		for range 10 {
			for range 1000 {
				suspend(t, e, fmt.Sprint(n.Add(1)%50), time.Hour)
			}
			time.Sleep(500 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		text, err := os.ReadFile(filepath.Join(dir, "suspensions.state"))
		must(t, err)
		var files int
		if _, err := fmt.Sscanf(string(text), "hawser-suspensions 1 %d ", &files); err != nil || files < 2 || files > 7 {
			t.Errorf("%d files for 10000 changes in 5 seconds, want one a second (%v)", files, err)
		}
		next := engine(t)
		k, _ = keeper(next, dir)
		k.Restore()
		if got, want := len(next.Added().Suspensions), 50; got != want || len(e.Added().Suspensions) != want {
			t.Errorf("%d suspensions, want %d", got, want)
		}
		stop()
		<-ended
	})
}

// TestBounds: what is added cannot grow for ever.
func TestBounds(t *testing.T) {
	t.Parallel()
	e := engine(t, "localip", "grouping")
	if _, _, err := e.AddCondition(condition("x", strings.Repeat("x", 20_000)), true); err == nil {
		t.Error("a condition of 20 kB is taken")
	}
	long := strings.Repeat("x", 15_000)
	n := 0
	for ; n < 10_000; n++ {
		if _, _, err := e.Suspend(policy.Suspension{ID: fmt.Sprint(n), If: config.Match{{Field: "jobid", Patterns: []string{fmt.Sprint(n, long)}}}}, true); err != nil {
			break
		}
	}
	if n < 4000 || n > 4500 {
		t.Errorf("%d suspensions of 15 kB, want about as many as 64 MiB hold", n)
	}
	// Conditions and suspensions share the room, and both give it back.
	if _, _, err := e.AddCondition(condition("x", long), true); err == nil {
		t.Error("a condition is taken where there is no room")
	}
	e.Resume("0")
	for range 3 {
		if _, _, err := e.AddCondition(condition("x", long), true); err != nil {
			t.Error(err)
		}
		e.DeleteCondition("x")
	}
}
