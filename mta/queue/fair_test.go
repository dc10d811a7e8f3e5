package queue_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/spool"
)

// TestNobodyStarves: a tenant with a thousand units does not keep another one
// waiting, and neither does a domain.
func TestNobodyStarves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, queue.Options{Connections: most(1)}, func(context.Context, *spool.Unit) queue.Outcome {
			time.Sleep(time.Second)
			return queue.Outcome{Action: queue.Delivered}
		})
		due := time.Now().Add(time.Minute)
		for n := 1; n <= 1000; n++ {
			r.add(n, func(u *spool.Unit) { u.TenantID, u.Due = "large", due })
		}
		for n := 1001; n <= 1002; n++ {
			r.add(n, func(u *spool.Unit) { u.TenantID, u.Due = "small", due.Add(time.Second/2) })
		}
		r.add(1003, func(u *spool.Unit) { u.Recipient.Domain, u.Due = "x.test", due.Add(time.Second/2) })
		time.Sleep(70 * time.Second)
		at := map[string]string{}
		for _, l := range r.end(t) {
			var when, id string
			_, _ = fmt.Sscanf(l, "%s try %s", &when, &id)
			at[id] = when
		}
		for _, id := range []string{"t:1001", "t:1002", "t:1003"} {
			if d, err := time.ParseDuration(at[id]); err != nil || d > 65*time.Second {
				t.Errorf("%s was tried at %s, want 1m5s at most", id, at[id])
			}
		}
	})
}

// TestRestart: what is left of one queue goes on in the next, with its due time
// and retry count.
func TestRestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		attempt := func(_ context.Context, u *spool.Unit) queue.Outcome {
			if u.Retry > 2 {
				return queue.Outcome{Action: queue.Delivered}
			}
			return later(time.Hour)
		}
		r := start(t, queue.Options{}, attempt)
		r.add(1, nil)
		r.add(2, func(u *spool.Unit) { u.Hold = true })
		time.Sleep(30 * time.Minute)
		r.end(t)
		next := start(t, queue.Options{}, attempt)
		for _, u := range r.store.units {
			_ = next.store.Update(&u)
			next.q.Add(&u)
			next.q.Add(&u) // one that is known already
		}
		time.Sleep(24 * time.Hour)
		want := []string{"30m0s try t:1 retry 1", "1h30m0s try t:1 retry 2"}
		if d := cmp.Diff(want, next.end(t)); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		if s := next.q.Stats(); s.Delivered != 1 || s.Held != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// TestPanic: an attempt that panics takes neither the process nor the unit along.
func TestPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		panics := 2
		r := start(t, queue.Options{}, func(_ context.Context, u *spool.Unit) queue.Outcome {
			if panics--; panics >= 0 {
				panic("poison")
			}
			return queue.Outcome{Action: queue.Delivered}
		})
		r.add(1, nil)
		time.Sleep(time.Hour)
		want := []string{"0s try t:1 retry 0", "1m0s try t:1 retry 0", "2m0s try t:1 retry 0"}
		if d := cmp.Diff(want, r.end(t)); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		if s := r.q.Stats(); s.Panics != 2 || s.Delivered != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// TestStopDuringDiscard: a unit whose discarding is cut short by a stop is not
// lost.
func TestStopDuringDiscard(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := start(t, queue.Options{MaxAge: func() time.Duration { return time.Hour }}, nil)
		r.s.discard, r.s.slow = queue.Later, true
		r.add(1, func(u *spool.Unit) { u.Hold = true })
		time.Sleep(2 * time.Hour)
		r.drain()
		time.AfterFunc(time.Minute, r.stop)
		r.end(t)
		if len(r.store.units) != 1 {
			t.Error("the unit is lost")
		}
	})
}

// TestMemory holds the size of a queued unit to 400 bytes.
func TestMemory(t *testing.T) {
	const n = 200_000
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	q := queue.New(&memory{}, &script{}, queue.Options{MaxAge: func() time.Duration { return time.Hour }})
	before := heap()
	for i := range n {
		u := &spool.Unit{
			Transaction: fmt.Sprintf("3e8a4cfe-52b2-4f5e-9d3b-%012d", i), Queue: 1, Received: time.Now(), Due: time.Now().Add(time.Hour),
			TenantID: fmt.Sprint("tenant", i%100), JobID: fmt.Sprint("job", i%1000), Quotas: []string{fmt.Sprint("q", i%100)},
		}
		u.Recipient.Domain = fmt.Sprintf("domain%d.example", i%5000)
		q.Add(u)
	}
	size := (heap() - before) / n
	runtime.KeepAlive(q)
	if t.Logf("%d bytes", size); size > 400 {
		t.Errorf("a queued unit takes %d bytes", size)
	}
}

// BenchmarkAdd is what accepting a message costs in the schedule.
func BenchmarkAdd(b *testing.B) {
	q := queue.New(&memory{}, &script{}, queue.Options{})
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		i++
		q.Add(&spool.Unit{Transaction: "t", Queue: i, Due: time.Unix(int64(i*7919%100_003), 0)})
	}
}
