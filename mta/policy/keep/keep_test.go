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
	if err := e.Load(&policy.Config{Policies: config.Policies{Policies: []config.Policy{p}}}); err != nil {
		t.Fatal(err)
	}
	return e
}

// keeper returns one and what it logs.
func keeper(e *policy.Engine, dirs ...string) (*keep.Keeper, *bytes.Buffer) {
	var log bytes.Buffer
	return &keep.Keeper{Engine: e, Dirs: dirs, Logger: slog.New(slog.NewTextHandler(&log, nil))}, &log
}

func condition(id string, ttl time.Duration, patterns ...string) policy.Condition {
	return policy.Condition{
		ID: id, Type: "backoff", Fields: []policy.Field{policy.Grouping, policy.LocalIP}, TTL: ttl,
		If: config.Match{{Field: "grouping", Patterns: patterns}},
		Then: config.PolicyAction{
			Concurrency: new(0), Rate: &config.Rate{Count: 1.5, Interval: 90 * time.Second}, ConnectInterval: new(200 * time.Millisecond), Tag: "slow",
			Stop: new(true), Cluster: new(false), Algorithm: "tokenbucket", Properties: map[string]any{"a": 1.0, "b": "x", "c": true},
		},
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// added is what is in force, with what is left of each ttl.
func added(e *policy.Engine) (policy.Added, map[string]time.Duration) {
	a, left := e.Added(), map[string]time.Duration{}
	for _, d := range a.Conditions {
		left[d.ID] = d.Left()
	}
	for _, s := range a.Suspensions {
		left[s.ID] = s.Left()
	}
	return a, left
}

var sameAdded = cmp.Options{cmpopts.IgnoreUnexported(policy.Condition{}, policy.Suspension{}), cmpopts.IgnoreFields(policy.Added{}, "Revision")}

// TestRestore: everything comes back as it was, with the time that is left by the clock
// on the wall, and in its order.
func TestRestore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		e := engine(t, "localip", "grouping")
		k, _ := keeper(e, dir)
		for _, d := range []policy.Condition{condition("b", time.Hour, "x.test", "y.test"), condition("a", 0, "z.test"), condition("gone", 10*time.Minute, "g.test")} {
			_, _, err := e.AddCondition(d, true)
			must(t, err)
		}
		for _, s := range []policy.Suspension{
			{ID: "s", Tag: "storm", TTL: 6 * time.Hour, If: config.Match{{Field: "jobid", Patterns: []string{""}}, {Field: "remoteip", Patterns: []string{"192.0.2.0/24"}}}, Properties: map[string]any{"n": 2.0}},
			{ID: "all"},
		} {
			_, _, err := e.Suspend(s, true)
			must(t, err)
		}
		must(t, k.Save())
		time.Sleep(30 * time.Minute)
		want, left := added(e)
		next := engine(t, "localip", "grouping")
		k, log := keeper(next, dir)
		k.Restore()
		got, gotLeft := added(next)
		// One that ended while nothing ran is gone, as it is where the clock has run on.
		e.Tick(time.Now())
		want, left = added(e)
		if d := cmp.Diff(want, got, sameAdded); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(left, gotLeft); d != "" || left["b"] != 30*time.Minute || len(left) != 4 {
			t.Error(d, left)
		}
		if !strings.Contains(log.String(), "conditions=2 suspensions=2") {
			t.Error(log)
		}
		time.Sleep(30 * time.Minute)
		next.Tick(time.Now())
		if got, _ := added(next); len(got.Conditions) != 1 || got.Conditions[0].ID != "a" {
			t.Errorf("%+v", got.Conditions)
		}
	})
}

// TestClockSetBack: nothing lives longer than its ttl because the clock was wrong.
func TestClockSetBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := engine(t)
	_, _, err := e.Suspend(policy.Suspension{ID: "s", TTL: time.Hour}, true)
	must(t, err)
	k, _ := keeper(e, dir)
	must(t, k.Save())
	synctest.Test(t, func(t *testing.T) { // where it is the year 2000
		e := engine(t)
		k, _ := keeper(e, dir)
		k.Restore()
		if _, left := added(e); left["s"] != time.Hour {
			t.Errorf("%s left, want an hour", left["s"])
		}
	})
}

// TestPolicyGone: a condition whose policy is not there any more is dropped and reported;
// the rest comes back.
func TestPolicyGone(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	e := engine(t, "localip", "grouping")
	_, _, err := e.AddCondition(condition("c", 0, "x.test"), true)
	must(t, err)
	_, _, err = e.Suspend(policy.Suspension{ID: "s"}, true)
	must(t, err)
	k, _ := keeper(e, dir)
	must(t, k.Save())
	other := engine(t, "tenantid")
	k, log := keeper(other, dir)
	k.Restore()
	if got, _ := added(other); len(got.Conditions) != 0 || len(got.Suspensions) != 1 {
		t.Errorf("%+v", got)
	}
	if !strings.Contains(log.String(), "id=c") || !strings.Contains(log.String(), "no policy has the fields") {
		t.Error(log)
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
	text, err := os.ReadFile(filepath.Join(whole, "dynamic.state"))
	must(t, err)
	for name, x := range map[string]string{
		"empty": "", "cut short": string(text[:len(text)-5]), "another byte": strings.Replace(string(text), "storm", "stoRm", 1),
		"something else": "hello\n", "a newer form": strings.Replace(string(text), "hawser-dynamic 1", "hawser-dynamic 2", 1), "zeros": strings.Repeat("\x00", 5000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			must(t, os.WriteFile(filepath.Join(dir, "dynamic.state"), []byte(x), 0o600))
			e := engine(t)
			k, log := keeper(e, dir)
			k.Restore()
			if got, _ := added(e); len(got.Suspensions) != 0 || !strings.Contains(log.String(), "level=ERROR") {
				t.Errorf("%+v\n%s", got, log)
			}
			if kept, err := os.ReadFile(filepath.Join(dir, "dynamic.state.damaged")); err != nil || string(kept) != x {
				t.Errorf("%q, %v", kept, err)
			}
			_, _, err := e.Suspend(policy.Suspension{ID: "s"}, true)
			must(t, err)
			must(t, k.Save())
			next := engine(t)
			k, _ = keeper(next, dir)
			k.Restore()
			if got, _ := added(next); len(got.Suspensions) != 1 {
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
	suspend := func(id string) {
		t.Helper()
		_, _, err := e.Suspend(policy.Suspension{ID: id, If: config.Match{{Field: "jobid", Patterns: []string{id}}}}, true)
		must(t, err)
		must(t, k.Save())
	}
	suspend("1") // there is no a
	must(t, os.Mkdir(a, 0o700))
	suspend("2")
	must(t, os.Rename(a, a+"2"))
	suspend("3")
	must(t, os.Rename(a+"2", a))
	next := engine(t)
	k, _ = keeper(next, a, b)
	k.Restore()
	if got, _ := added(next); len(got.Suspensions) != 3 {
		t.Errorf("%+v", got.Suspensions)
	}
	must(t, os.RemoveAll(a))
	must(t, os.RemoveAll(b))
	_, _, err := next.Suspend(policy.Suspension{ID: "4"}, true)
	must(t, err)
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
		e := engine(t, "localip", "grouping")
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
				id := fmt.Sprintf("%d.test", n.Add(1)%50)
				_, _, err := e.AddCondition(condition(id, time.Hour, id), true)
				must(t, err)
			}
			time.Sleep(500 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		text, err := os.ReadFile(filepath.Join(dir, "dynamic.state"))
		must(t, err)
		var files int
		if _, err := fmt.Sscanf(string(text), "hawser-dynamic 1 %d ", &files); err != nil || files < 2 || files > 7 {
			t.Errorf("%d files for 10000 changes in 5 seconds, want one a second (%v)", files, err)
		}
		next := engine(t, "localip", "grouping")
		k, _ = keeper(next, dir)
		k.Restore()
		want, _ := added(e)
		if got, _ := added(next); len(got.Conditions) != len(want.Conditions) {
			t.Errorf("%d conditions, want %d", len(got.Conditions), len(want.Conditions))
		}
		stop()
		<-ended
	})
}

// TestBounds: what is added cannot grow for ever.
func TestBounds(t *testing.T) {
	t.Parallel()
	e := engine(t, "localip", "grouping")
	if _, _, err := e.AddCondition(condition("x", 0, strings.Repeat("x", 20_000)), true); err == nil {
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
	for i := range n {
		e.Resume(fmt.Sprint(i))
	}
	if _, _, err := e.AddCondition(condition("x", 0, "x.test"), true); err != nil {
		t.Error(err)
	}
}
