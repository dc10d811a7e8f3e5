package policy_test

import (
	"fmt"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hawser-mta/hawser/mta/policy"
	"pgregory.net/rapid"
)

// sink counts what arrives.
type sink struct {
	open     map[string]int
	messages map[string][]time.Time
	connects map[string]time.Time
}

// TestNoLimitIsExceeded: whatever sub-queues there are and however long connections
// last, no counter is exceeded at the receiving side, nobody starves, all that can go
// goes, and those that cannot do not wake each other without end.
func TestNoLimitIsExceeded(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		perDomain := rapid.IntRange(1, 3).Draw(rt, "concurrency per source and domain")
		count := rapid.IntRange(1, 5).Draw(rt, "rate")
		window := rapid.IntRange(1, 30).Draw(rt, "window")
		interval := rapid.SampledFrom([]float64{0, 0.1, 1}).Draw(rt, "connectinterval")
		algorithm := rapid.SampledFrom([]string{"tokenbucket", "fixedwindow"}).Draw(rt, "algorithm")
		total := rapid.IntRange(1, 6).Draw(rt, "total")
		text := fmt.Sprintf(`
rate: { algorithm: %s }
policies:
  - { fields: [localip, recipientdomain], default: { concurrency: %d, connectinterval: %g } }
  - { fields: [recipientdomain], default: { rate: %d/%d } }
  - { default: { concurrency: %d } }`, algorithm, perDomain, interval, count, window, total)
		domains := rapid.IntRange(1, 5).Draw(rt, "domains")
		tenants := rapid.IntRange(1, 3).Draw(rt, "tenants")
		each := rapid.IntRange(1, 8).Draw(rt, "messages each")
		sources := rapid.IntRange(1, 3).Draw(rt, "sources")
		durations := rapid.SliceOfN(rapid.IntRange(1, 4000), 1, 20).Draw(rt, "milliseconds")
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, text)
			s := &sink{map[string]int{}, map[string][]time.Time{}, map[string]time.Time{}}
			left := map[*policy.Waiter]int{}
			var turns []*policy.Waiter
			for d := range domains * tenants {
				w := waiter(fmt.Sprintf("d%d.test", d%domains))
				w.Facts.TenantID = fmt.Sprint(d / domains)
				w.Sources = nil
				for i := range sources {
					w.Sources = append(w.Sources, policy.Source{IP: netip.AddrFrom4([4]byte{192, 0, 2, byte(i + 1)})})
				}
				w.Random = d%2 == 0
				left[w] = each
				turns = append(turns, w)
			}
			type end struct {
				pair string
				l    *policy.Lease
			}
			ended := make(chan end, 100)
			running, n := 0, 0
			deadline := time.After(time.Duration(domains*tenants*each*(window+5)) * 10 * time.Second)
			asked, at := 0, time.Time{}
			for len(left) > 0 || running > 0 {
				for len(turns) > 0 {
					if asked++; !time.Now().Equal(at) {
						asked, at = 0, time.Now()
					}
					if asked > 1000 {
						rt.Fatal("there is no end to asking")
					}
					w := turns[0]
					turns = turns[1:]
					l, _ := r.Acquire(w)
					if l == nil {
						continue
					}
					pair := s.begin(rt, w, l, perDomain, count, total, time.Duration(window)*time.Second, time.Duration(interval*float64(time.Second)), algorithm)
					n++
					running++
					d := time.Duration(durations[n%len(durations)]) * time.Millisecond
					time.AfterFunc(d, func() { ended <- end{pair, l} })
					if left[w]--; left[w] > 0 {
						turns = append(turns, w)
					} else {
						delete(left, w)
						r.Leave(w)
					}
				}
				timer := time.NewTimer(max(0, time.Until(r.Tick(time.Now()))))
				select {
				case x := <-ended:
					running--
					s.end(x.pair)
					r.Release(x.l)
				case <-r.Signal():
				case <-timer.C:
				case <-deadline:
					rt.Fatalf("%d sub-queues are left, %d run: somebody starves", len(left), running)
				}
				timer.Stop()
				r.Tick(time.Now())
				turns = append(turns, r.Woken()...)
			}
			if got := n; got != domains*tenants*each {
				rt.Fatalf("%d messages of %d", got, domains*tenants*each)
			}
		})
	})
}

func (s *sink) begin(t *rapid.T, w *policy.Waiter, l *policy.Lease, perDomain, count, total int, window, interval time.Duration, algorithm string) (pair string) {
	now := time.Now()
	d := w.Facts.RecipientDomain
	pair = l.Source.IP.String() + " " + d
	s.open[pair]++
	s.open["total"]++
	if s.open[pair] > perDomain || s.open["total"] > total {
		t.Fatalf("%d of %d connections for %s, %d of %d in all", s.open[pair], perDomain, pair, s.open["total"], total)
	}
	if last, ok := s.connects[pair]; ok && now.Sub(last) < interval {
		t.Fatalf("%s between connections of %s, want %s", now.Sub(last), pair, interval)
	}
	s.connects[pair] = now
	m := append(s.messages[d], now)
	s.messages[d] = m
	// In any time as long as a window there are at most two windows' worth, and over
	// the whole time no more than the rate and one window's worth.
	most := count
	if algorithm == "fixedwindow" {
		most *= 2
	} else {
		most += count
	}
	for i := range m {
		k := i
		for k < len(m) && m[k].Sub(m[i]) < window {
			k++
		}
		if k-i > most {
			t.Fatalf("%d messages to %s in %s, want %d at most", k-i, d, window, most)
		}
	}
	if allowed := float64(count) * (float64(now.Sub(m[0]))/float64(window) + 1); float64(len(m)) > allowed+1e-6 {
		t.Fatalf("%d messages to %s in %s, want %g at most", len(m), d, now.Sub(m[0]), allowed)
	}
	return pair
}

func (s *sink) end(pair string) {
	s.open[pair]--
	s.open["total"]--
}
