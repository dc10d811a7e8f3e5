package queue_test

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/spool"
	"go.uber.org/goleak"
	"pgregory.net/rapid"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// memory is a Store that can fail to remove.
type memory struct {
	mu    sync.Mutex
	units map[string]spool.Unit
	stuck int // removals that fail
	blind int // reads that fail

	slowLoad, slowUpdate time.Duration // what the next one takes
	loads, updates       gate          // what each takes, and how many there are at once
}

// gate is a step of the store that takes its time.
type gate struct {
	takes     time.Duration
	now, most int
}

// slow sets what each read and each write takes.
func (m *memory) slow(loads, updates time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loads.takes, m.updates.takes = loads, updates
}

// most returns how many reads and writes there were at once.
func (m *memory) most() (loads, updates int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.loads.most, m.updates.most
}

// pass takes the time without holding up others; m is locked.
func (m *memory) pass(g *gate) {
	if g.takes == 0 {
		return
	}
	g.now++
	g.most = max(g.most, g.now)
	m.mu.Unlock()
	time.Sleep(g.takes)
	m.mu.Lock()
	g.now--
}

func (m *memory) Load(_ int, tx string, n int) (*spool.Unit, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.blind > 0 {
		m.blind--
		return nil, fmt.Errorf("disk error")
	}
	u, ok := m.units[fmt.Sprintf("%s:%d", tx, n)]
	if !ok {
		return nil, spool.ErrMissing
	}
	m.wait(&m.slowLoad)
	m.pass(&m.loads)
	return &u, nil
}

// wait takes its time without holding up others.
func (m *memory) wait(d *time.Duration) {
	t := *d
	*d = 0
	m.mu.Unlock()
	time.Sleep(t)
	m.mu.Lock()
}

func (m *memory) Update(u *spool.Unit) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.wait(&m.slowUpdate)
	m.pass(&m.updates)
	m.units[u.ID()] = *u
	return nil
}

func (m *memory) Remove(u *spool.Unit) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stuck > 0 {
		m.stuck--
		return fmt.Errorf("disk error")
	}
	delete(m.units, u.ID())
	return nil
}

// script is a Deliverer that does what the test says.
type script struct {
	mu      sync.Mutex
	start   time.Time
	log     []string
	attempt func(ctx context.Context, u *spool.Unit) queue.Outcome
	discard queue.Action
	slow    bool // discarding takes until the stop
	quiet   bool // keep no log
	// In place of the usual steps, when set.
	prepare  func(u *spool.Unit) (*queue.Ready, queue.Outcome)
	notes    []any // that Prepare got
	transmit func(u *spool.Unit, r *queue.Ready, l *policy.Lease, c queue.Conn) (any, queue.Conn)
}

func (s *script) note(format string, args ...any) {
	if s.quiet {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, fmt.Sprintf("%s ", time.Since(s.start))+fmt.Sprintf(format, args...))
}

func (s *script) Prepare(_ context.Context, u *spool.Unit, note any) (*queue.Ready, queue.Outcome) {
	if note != nil {
		s.mu.Lock()
		s.notes = append(s.notes, note)
		s.mu.Unlock()
	}
	if s.prepare != nil {
		return s.prepare(u)
	}
	return ready(u), queue.Outcome{}
}

func ready(u *spool.Unit) *queue.Ready {
	return &queue.Ready{
		Facts: policy.Facts{
			TenantID: u.TenantID, JobID: u.JobID, TransportID: u.TransportID, RecipientDomain: u.Recipient.Domain,
		},
		Sources: []policy.Source{{}}, Priority: u.Priority,
	}
}

func (s *script) Transmit(ctx context.Context, u *spool.Unit, r *queue.Ready, l *policy.Lease, c queue.Conn) (any, queue.Conn) {
	s.note("try %s retry %d", u.ID(), u.Retry)
	u.Retry++
	if s.transmit != nil {
		return s.transmit(u, r, l, c)
	}
	return s.attempt(ctx, u), nil
}

func (s *script) Conclude(_ context.Context, _ *spool.Unit, _ *queue.Ready, result any) queue.Outcome {
	return result.(queue.Outcome)
}

func (s *script) Discard(ctx context.Context, u *spool.Unit, c queue.Cause) queue.Outcome {
	s.note("discard %s cause %d", u.ID(), c)
	if s.slow {
		<-ctx.Done()
	}
	return queue.Outcome{Action: s.discard}
}

type rig struct {
	q     *queue.Queue
	s     *script
	store *memory
	drain context.CancelFunc
	stop  context.CancelFunc
	done  chan error
}

func start(t *testing.T, o queue.Options, attempt func(context.Context, *spool.Unit) queue.Outcome) *rig {
	t.Helper()
	r := &rig{store: &memory{units: map[string]spool.Unit{}}, done: make(chan error, 1)}
	r.s = &script{start: time.Now(), attempt: attempt, discard: queue.Bounced}
	o.Logger = slog.New(slog.DiscardHandler)
	r.q = queue.New(r.store, r.s, o)
	drain, stop := r.contexts()
	go func() { r.done <- r.q.Run(drain, stop) }()
	return r
}

// most is a limit of open connections.
func most(n int) func() int { return func() int { return n } }

func (r *rig) contexts() (drain, stop context.Context) {
	drain, r.drain = context.WithCancel(context.Background())
	stop, r.stop = context.WithCancel(context.Background())
	return drain, stop
}

func (r *rig) add(n int, change func(u *spool.Unit)) {
	u := &spool.Unit{Transaction: "t", Queue: n, Received: time.Now()}
	if change != nil {
		change(u)
	}
	_ = r.store.Update(u)
	r.q.Add(u)
}

func (r *rig) end(t *testing.T) []string {
	t.Helper()
	r.drain()
	if err := <-r.done; err != nil {
		t.Error(err)
	}
	r.stop()
	return r.s.log
}

func later(d time.Duration) queue.Outcome {
	return queue.Outcome{Action: queue.Later, Due: time.Now().Add(d)}
}

// TestRetries: attempts come exactly when they are due.
func TestRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sched := queue.Schedule{Count: 3, Intervals: []queue.Interval{{Wait: time.Minute}, {Wait: time.Hour}}}
		r := start(t, queue.Options{}, func(_ context.Context, u *spool.Unit) queue.Outcome {
			w, expired := sched.Next(u.Retry, time.Since(u.Received), 0)
			if expired {
				return queue.Outcome{Action: queue.Bounced}
			}
			return later(w.Wait)
		})
		r.add(1, nil)
		time.Sleep(24 * time.Hour)
		want := []string{"0s try t:1 retry 0", "1m0s try t:1 retry 1", "1h1m0s try t:1 retry 2", "2h1m0s try t:1 retry 3"}
		if d := cmp.Diff(want, r.end(t)); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		if len(r.store.units) != 0 {
			t.Error("the unit is left in the store")
		}
	})
}

func TestHoldAndChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, queue.Options{}, func(context.Context, *spool.Unit) queue.Outcome {
			return queue.Outcome{Action: queue.Delivered}
		})
		for n := 1; n <= 4; n++ {
			r.add(n, func(u *spool.Unit) { u.Hold = n < 4; u.Due = time.Now().Add(time.Hour) })
		}
		time.Sleep(time.Minute)
		if s := r.q.Stats(); s.Held != 3 || s.Deferred != 1 {
			t.Errorf("%+v", s)
		}
		pick := func(n int) queue.Selection {
			return queue.Selection{Match: func(u *queue.Item) bool { return u.Queue == n }}
		}
		for n, op := range map[int]queue.Op{1: queue.OpRelease, 2: queue.OpBounce, 3: queue.OpDelete, 4: queue.OpHold} {
			if got := r.q.Change(pick(n), queue.Change{Op: op}); got != 1 {
				t.Errorf("changed %d units with %d", got, op)
			}
		}
		time.Sleep(2 * time.Hour)
		if s := r.q.Stats(); s.Held != 1 || s.Delivered != 1 || s.Bounced != 2 {
			t.Errorf("%+v", s)
		}
		if n := r.q.Change(every, queue.Change{Op: queue.OpRetry}); n != 1 {
			t.Errorf("retried %d", n)
		}
		time.Sleep(time.Second)
		if s := r.q.Stats(); s.Delivered != 2 {
			t.Errorf("%+v", s)
		}
		r.end(t)
	})
}

// TestAges: nothing outlives its greatest age in any state, whatever the
// deliverer says.
func TestAges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		day := func() time.Duration { return 24 * time.Hour }
		r := start(t, queue.Options{MaxAge: day, HoldMaxAge: func() time.Duration { return time.Hour }},
			func(context.Context, *spool.Unit) queue.Outcome { return later(100 * time.Hour) })
		r.s.discard = queue.Later
		r.add(1, nil)
		r.add(2, func(u *spool.Unit) { u.Hold = true })
		r.add(3, func(u *spool.Unit) { u.Due = time.Now().Add(1000 * time.Hour) })
		time.Sleep(25 * time.Hour)
		want := []string{"0s try t:1 retry 0", "1h0m0s discard t:2 cause 0"}
		got := r.end(t)
		if d := cmp.Diff(want, got[:2]); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		if s := r.q.Stats(); s.Deleted != 3 || len(r.store.units) != 0 {
			t.Errorf("%+v, %d left", s, len(r.store.units))
		}
	})
}

// TestBack: a unit that goes back is prepared anew when it is due, with its note once, and
// its record is not written; when its age has passed there, it is discarded.
func TestBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := 0
		r := start(t, queue.Options{MaxAge: func() time.Duration { return time.Hour }}, func(context.Context, *spool.Unit) queue.Outcome {
			n++
			switch n {
			case 1:
				return queue.Outcome{Action: queue.Back, Due: time.Now(), Note: "first"}
			case 2:
				return queue.Outcome{Action: queue.Back, Due: time.Now().Add(time.Second), Note: "second"}
			case 3:
				return later(time.Minute)
			}
			time.Sleep(2 * time.Hour)
			return queue.Outcome{Action: queue.Back, Due: time.Now(), Note: "old"}
		})
		asked := 0
		r.s.prepare = func(u *spool.Unit) (*queue.Ready, queue.Outcome) {
			if asked++; asked == 2 { // what it does with its note is to wait: the note is over
				return nil, later(time.Minute)
			}
			return ready(u), queue.Outcome{}
		}
		r.add(1, nil)
		time.Sleep(time.Minute + 2*time.Second)
		u, _ := r.store.Load(0, "t", 1)
		if s := r.q.Stats(); s.Deferred != 1 || s.Retried != 2 || u.Retry != 1 {
			t.Errorf("%+v, retry %d", s, u.Retry)
		}
		time.Sleep(24 * time.Hour)
		want := []string{"0s try t:1 retry 0", "1m0s try t:1 retry 0", "1m1s try t:1 retry 0", "2m1s try t:1 retry 1", "2h2m1s discard t:1 cause 0"}
		if d := cmp.Diff(want, r.end(t)); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		if d := cmp.Diff([]any{"first", "second"}, r.s.notes); d != "" {
			t.Errorf("notes (-want +got)\n%s", d)
		}
		if s := r.q.Stats(); s.Bounced != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// TestDrain: dispatch ends, running attempts finish, the rest stays stored.
func TestDrain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, queue.Options{Connections: most(2)}, func(ctx context.Context, _ *spool.Unit) queue.Outcome {
			select {
			case <-time.After(10 * time.Second):
				return queue.Outcome{Action: queue.Delivered}
			case <-ctx.Done():
				return later(0)
			}
		})
		for n := range 5 {
			r.add(n+1, nil)
		}
		time.Sleep(time.Second)
		r.end(t)
		if s := r.q.Stats(); s.Delivered != 2 || len(r.store.units) != 3 {
			t.Errorf("%+v, %d left", s, len(r.store.units))
		}
	})
}

// TestStop cuts attempts that do not end.
func TestStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, queue.Options{}, func(ctx context.Context, _ *spool.Unit) queue.Outcome {
			<-ctx.Done()
			return later(0)
		})
		r.add(1, nil)
		time.Sleep(time.Second)
		time.AfterFunc(30*time.Second, r.stop)
		begin := time.Now()
		r.end(t)
		if d := time.Since(begin); d != 30*time.Second || len(r.store.units) != 1 {
			t.Errorf("ended after %s with %d units", d, len(r.store.units))
		}
	})
}

// TestRemovalFails: a unit that is done is never tried again.
func TestRemovalFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, queue.Options{}, func(context.Context, *spool.Unit) queue.Outcome {
			return queue.Outcome{Action: queue.Delivered}
		})
		r.store.stuck = 3
		r.add(1, nil)
		time.Sleep(time.Hour)
		if log := r.end(t); len(log) != 1 || len(r.store.units) != 0 {
			t.Errorf("%v, %d left", log, len(r.store.units))
		}
		if s := r.q.Stats(); s.Delivered != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// TestReadFails: a unit that cannot be read for now is tried again, one that is
// gone is forgotten.
func TestReadFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, queue.Options{}, func(context.Context, *spool.Unit) queue.Outcome {
			return queue.Outcome{Action: queue.Delivered}
		})
		r.store.blind = 2
		r.add(1, nil)
		r.q.Add(&spool.Unit{Transaction: "gone", Queue: 1, Received: time.Now()})
		time.Sleep(time.Hour)
		r.end(t)
		if s := r.q.Stats(); s.Delivered != 1 || s.Dropped != 1 {
			t.Errorf("%+v", s)
		}
	})
}

func TestPriorityAndQuota(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, queue.Options{Connections: most(1)}, func(context.Context, *spool.Unit) queue.Outcome {
			time.Sleep(time.Second)
			return queue.Outcome{Action: queue.Delivered}
		})
		for n := 1; n <= 4; n++ {
			r.add(n, func(u *spool.Unit) {
				u.Due = time.Now().Add(time.Minute)
				u.Quotas, u.Size = []string{"q", "q"}, 10
				if n == 4 {
					u.Priority = 1
				}
			})
		}
		if u := r.q.Quota("q"); u != (queue.Usage{Count: 4, Bytes: 40}) {
			t.Errorf("%+v", u)
		}
		time.Sleep(2 * time.Minute)
		// One unit may be under way before the other three are prepared.
		if log := r.end(t); len(log) != 4 || !slices.ContainsFunc(log[:2], func(l string) bool { return strings.Contains(l, "try t:4 ") }) {
			t.Errorf("%v", log)
		}
		if u := r.q.Quota("q"); u != (queue.Usage{}) {
			t.Errorf("%+v", u)
		}
	})
}

// TestEveryUnitEnds: with random outcomes every unit ends in exactly one way.
func TestEveryUnitEnds(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(rt, "units")
		outcomes := make([][]int, n)
		for i := range outcomes {
			outcomes[i] = rapid.SliceOfN(rapid.IntRange(0, 5), 1, 4).Draw(rt, "outcomes")
		}
		synctest.Test(t, func(t *testing.T) {
			r := start(t, queue.Options{Connections: most(3)}, func(_ context.Context, u *spool.Unit) queue.Outcome {
				list := outcomes[u.Queue-1]
				if u.Retry > len(list) {
					return queue.Outcome{Action: queue.Delivered}
				}
				switch list[u.Retry-1] {
				case 0:
					return queue.Outcome{Action: queue.Hold}
				case 1:
					return queue.Outcome{Action: queue.Bounced}
				case 2:
					return queue.Outcome{Action: queue.Deleted}
				}
				return later(time.Duration(list[u.Retry-1]) * time.Minute)
			})
			for i := range n {
				r.add(i+1, nil)
			}
			time.Sleep(time.Hour)
			r.end(t)
			s := r.q.Stats()
			if int(s.Delivered+s.Bounced+s.Deleted)+s.Held != n || s.Held != len(r.store.units) {
				rt.Fatalf("%d units: %+v, %d stored", n, s, len(r.store.units))
			}
		})
	})
}
