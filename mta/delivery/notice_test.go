package delivery

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/spool"
)

// retrying is a unit of a transport with three retries; the second and last interval
// notifies.
func retrying(u *spool.Unit, during time.Duration) *job {
	u.TransportID = "out"
	count, d := 3, config.Duration(during)
	t := &config.Transport{Retry: config.Retry{Count: &count, During: &d, Intervals: []config.Interval{
		{Interval: config.Duration(time.Minute)}, {Interval: config.Duration(2 * time.Minute), Notify: true},
	}}}
	return &job{s: &Settings{Transports: map[string]*config.Transport{"out": t}}, u: u, used: u}
}

// TestUntil: when the last retry will be, from the next one on.
func TestUntil(t *testing.T) {
	t.Parallel()
	due := time.Date(2026, 11, 24, 10, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name   string
		unit   spool.Unit
		during time.Duration
		due    time.Time
		want   time.Time
	}{
		{"the first of three retries", spool.Unit{Retry: 1}, 0, due, due.Add(4 * time.Minute)},
		{"the last", spool.Unit{Retry: 3}, 0, due, due},
		{"more than allowed", spool.Unit{Retry: 9}, 0, due, due},
		{"age", spool.Unit{Retry: 1, Received: due.Add(-time.Hour)}, time.Hour + time.Minute, due, due.Add(time.Minute)},
		{"held", spool.Unit{Retry: 1}, 0, time.Time{}, time.Time{}},
	} {
		if got := retrying(&c.unit, c.during).until(c.due); !got.Equal(c.want) {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

// TestDelayNotice: once for each interval that notifies, unless sender or script say
// otherwise.
func TestDelayNotice(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	count := hook.QueueOptions{Increment: true}
	for _, c := range []struct {
		name string
		unit spool.Unit
		q    hook.QueueOptions
		send *bool
		want bool
	}{
		{"an interval without", spool.Unit{}, count, nil, false},
		{"an interval with", spool.Unit{Retry: 1}, count, nil, true},
		{"told already", spool.Unit{Retry: 1, Notified: 2}, count, nil, false},
		{"the last interval again", spool.Unit{Retry: 2, Notified: 2}, count, nil, false},
		{"an entry before was told", spool.Unit{Retry: 1, Notified: 1}, count, nil, true},
		{"not counted", spool.Unit{Retry: 1}, hook.QueueOptions{}, nil, false},
		{"held", spool.Unit{Retry: 1}, hook.QueueOptions{Increment: true, Hold: true}, nil, false},
		{"NOTIFY without DELAY", spool.Unit{Retry: 1, DSN: spool.DSN{Notify: []string{"FAILURE"}}}, count, nil, false},
		{"NOTIFY with DELAY", spool.Unit{Retry: 1, DSN: spool.DSN{Notify: []string{"FAILURE", "DELAY"}}}, count, nil, true},
		{"forced", spool.Unit{Notified: 2, DSN: spool.DSN{Notify: []string{"FAILURE"}}}, count, &yes, true},
		{"forbidden", spool.Unit{Retry: 1}, count, &no, false},
	} {
		j := retrying(&c.unit, 0)
		j.dsn = &hook.DSNOptions{Send: c.send}
		wait, _ := j.next()
		if got := j.delayNotice(&c.q, wait); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

// TestRequeue: what Queue leaves in the unit.
func TestRequeue(t *testing.T) {
	t.Parallel()
	exact := 90 * time.Second
	for _, c := range []struct {
		name   string
		q      hook.QueueOptions
		action queue.Action
		wait   time.Duration
		want   spool.Unit
	}{
		{"schedule", hook.QueueOptions{Increment: true}, queue.Later, time.Minute, spool.Unit{Retry: 3, Status: "old", TransportID: "out"}},
		{"delay", hook.QueueOptions{Delay: &exact, Reason: "new"}, queue.Later, exact, spool.Unit{Retry: 2, Status: "new", TransportID: "out"}},
		{"reset", hook.QueueOptions{Increment: true, Reset: true, TransportID: "other"}, queue.Later, time.Minute, spool.Unit{Status: "old", TransportID: "other"}},
		{"hold", hook.QueueOptions{Increment: true, Hold: true}, queue.Hold, 0, spool.Unit{Retry: 3, Status: "old", TransportID: "out"}},
	} {
		u := spool.Unit{Retry: 2, Status: "old"}
		before := time.Now()
		out := retrying(&u, 0).requeue(&c.q, time.Minute)
		if d := cmp.Diff(c.want, u); d != "" || out.Action != c.action {
			t.Errorf("%s: %v (-want +got)\n%s", c.name, out.Action, d)
		}
		if c.wait > 0 && (out.Due.Before(before.Add(c.wait)) || out.Due.After(time.Now().Add(c.wait))) {
			t.Errorf("%s: due %s, want %s later", c.name, out.Due, c.wait)
		}
	}
}

// TestReplied: which last words of a unit are the reply of a peer, and what class they
// give a message that expires.
func TestReplied(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]any{
		"451 4.3.0 later":         [3]int{4, 3, 0},
		"452 full / really":       [3]int{4, 0, 0},
		"550 5.1.1 no such user":  [3]int{5, 1, 1},
		"250 2.0.0 ok":            nil,
		"message expired":         nil,
		"":                        nil,
		"connect to 192.0.2.1:25": nil,
	} {
		var got any
		if r, ok := replied(text); ok {
			got = replyStatus(r)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q (-want +got)\n%s", text, d)
		}
	}
}

// TestFailure: what cannot be delivered is returned when somebody can be told, else
// dropped.
func TestFailure(t *testing.T) {
	t.Parallel()
	sender := address.Address{Local: "a", Domain: "x.test"}
	for _, c := range []struct {
		name, configured string
		sender           address.Address
		dsn              *hook.DSNOptions
		want             hook.Action
	}{
		{"told", "home", sender, nil, hook.Bounce},
		{"null sender", "home", address.Address{}, &hook.DSNOptions{TransportID: "home"}, hook.Delete},
		{"no transport for it", "", sender, &hook.DSNOptions{}, hook.Delete},
		{"a transport by script", "", sender, &hook.DSNOptions{TransportID: "home"}, hook.Bounce},
	} {
		j := retrying(&spool.Unit{Sender: c.sender}, 0)
		j.s.Transports["out"].DSN.Transport, j.dsn = c.configured, c.dsn
		if got := j.failure(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
		if n := j.notification(&hook.DSNFacts{Action: "failed"}); (n != nil) != (c.want == hook.Bounce) {
			t.Errorf("%s: notification %+v", c.name, n)
		}
	}
}
