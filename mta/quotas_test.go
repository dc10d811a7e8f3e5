package mta

import (
	"sync"
	"testing"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/queue"
)

// TestQuotas: a bound holds for what is queued and what is being queued together, also
// when many ask at once.
func TestQuotas(t *testing.T) {
	t.Parallel()
	used := map[string]queue.Usage{"count": {Count: 90, Bytes: 900}, "bytes": {Count: 1, Bytes: 50}}
	q := &quotas{
		bounds: func() []config.Quota {
			return []config.Quota{{ID: "count", MaxCount: 100}, {ID: "bytes", MaxBytes: 100}}
		},
		used:     func(name string) queue.Usage { return used[name] },
		reserved: map[string]queue.Usage{},
	}
	var mu sync.Mutex
	var kept []func()
	refused := 0
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			release, err := q.reserve([]string{"free", "count"}, 10)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				refused++
			} else {
				kept = append(kept, release)
			}
		})
	}
	wg.Wait()
	if len(kept) != 10 || refused != 40 {
		t.Errorf("%d reserved, %d refused", len(kept), refused)
	}
	for want, f := range map[string]func() error{
		"quota 'count' is full: 100 messages, at most 100":                    func() error { _, err := q.reserve([]string{"bytes", "count"}, 1); return err },
		"quota 'bytes' is full: 50 bytes and this message of 51, at most 100": func() error { _, err := q.reserve([]string{"bytes"}, 51); return err },
	} {
		if err := f(); err == nil || err.Error() != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, ok := q.reserved["bytes"]; ok {
		t.Error("a refusal left a reservation")
	}
	if _, err := q.reserve([]string{"twice", "twice"}, 7); err != nil || q.reserved["twice"] != (queue.Usage{Count: 1, Bytes: 7}) {
		t.Errorf("named twice: %v, %+v", err, q.reserved["twice"])
	}
	delete(q.reserved, "twice")
	for _, release := range append(kept, kept...) { // twice is no more than once
		release()
	}
	if len(q.reserved) != 0 {
		t.Errorf("left %v", q.reserved)
	}
	if _, err := q.reserve([]string{"bytes", "count"}, 50); err != nil {
		t.Error(err)
	}
}
