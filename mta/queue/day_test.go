package queue_test

import (
	"flag"
	"fmt"
	"log/slog"
	"math"
	"math/rand/v2"
	"net/netip"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"text/tabwriter"
	"time"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/spool"
	"github.com/hawser-mta/hawser/runtime/runtest"
)

var dayMessages = flag.Int("day", 20_000, "messages of TestDay")

// Where the mail of the day goes: a few providers take most of it, the rest is spread
// over many domains that share a few thousand hosts.
const (
	dayDomains = 50_000
	dayHosts   = 2_000
	dayTenants = 200
)

var providers = []struct {
	name  string
	share float64
}{{"gmail", 0.32}, {"outlook", 0.18}, {"yahoo", 0.10}, {"icloud", 0.05}, {"webde", 0.04}}

// dayPolicies scale with the number of messages, so that a small day is as tight as a
// large one.
const dayPolicies = `rate: { algorithm: tokenbucket }
policies:
  - fields: [localip, grouping]
    conditions:
      - { if: { grouping: "&gmail" }, then: { concurrency: 200, rate: %d/60, tag: gmail } }
      - { if: { grouping: "&outlook" }, then: { concurrency: 100, rate: %d/60 } }
      - { if: { grouping: "&yahoo" }, then: { concurrency: 50, rate: %d/60, connectinterval: 0.02 } }
    default: { concurrency: 5, rate: 600/60 }
  - { fields: [tenantid], default: { rate: %d/60 } }
  - { fields: [localip], default: {} }
`

// world is the receiving side of the day.
type world struct {
	mu    sync.Mutex
	r     *rand.Rand
	start time.Time
	seen  map[string]time.Time // greylisting: first try
	open  map[string]int       // connections by source and grouping, idle ones as well
	most  map[string]int

	connections, wrong int // made; used for what they were not made for

	firstTry, small, large histogram // seconds from due to the first attempt
	attempts, hours        [24]atomic.Int64
	late                   atomic.Int64 // retries that were not when they were due
	warm                   [24]atomic.Int64
}

// histogram counts seconds in steps of a tenth of their logarithm.
type histogram struct {
	n     atomic.Int64
	steps [200]atomic.Int64
}

func (h *histogram) add(d time.Duration) {
	i := int(10 * math.Log2(1+d.Seconds()))
	h.steps[min(i, len(h.steps)-1)].Add(1)
	h.n.Add(1)
}

func (h *histogram) quantile(q float64) time.Duration {
	left := int64(q * float64(h.n.Load()))
	for i := range h.steps {
		if left -= h.steps[i].Load(); left < 0 {
			return time.Duration((math.Exp2(float64(i+1)/10) - 1) * float64(time.Second)).Round(100 * time.Millisecond)
		}
	}
	return 0
}

// domain returns the n-th domain and its grouping, host and address.
func domain(n int) (name string, f policy.Facts) {
	if n < len(providers) {
		p := providers[n].name
		return p + ".test", policy.Facts{RecipientDomain: p + ".test", Grouping: "&" + p, RemoteMX: "mx." + p + ".test", RemoteIP: netip.AddrFrom4([4]byte{198, 51, 100, byte(n)})}
	}
	host := n % dayHosts
	name = fmt.Sprintf("d%d.test", n)
	mx := fmt.Sprintf("mx%d.hosts.test", host)
	return name, policy.Facts{RecipientDomain: name, Grouping: mx, RemoteMX: mx, RemoteIP: netip.AddrFrom4([4]byte{10, 0, byte(host >> 8), byte(host)})}
}

// draw picks a domain: a provider by its share, else one of the many by Zipf.
func draw(r *rand.Rand, z *rand.Zipf) int {
	x := r.Float64()
	for i, p := range providers {
		if x -= p.share; x < 0 {
			return i
		}
	}
	return len(providers) + int(z.Uint64())
}

// down reports whether a host is out of order: one in forty small ones for three hours
// at some time of the day, outlook from 14:00 to 14:30.
func (w *world) down(n int, at time.Duration) bool {
	if n < len(providers) {
		return providers[n].name == "outlook" && at >= 14*time.Hour && at < 14*time.Hour+30*time.Minute
	}
	host := n % dayHosts
	begin := time.Duration(host%21) * time.Hour
	return host%40 == 0 && at >= begin && at < begin+3*time.Hour
}

var daySources = []policy.Source{
	{ID: "old1", IP: netip.MustParseAddr("192.0.2.1")}, {ID: "old2", IP: netip.MustParseAddr("192.0.2.2")},
	{ID: "old3", IP: netip.MustParseAddr("192.0.2.3")}, {ID: "new", IP: netip.MustParseAddr("192.0.2.4")},
}

// prepare finds out where a unit goes; its domain number stands in the job.
func (w *world) prepare(u *spool.Unit) (*queue.Ready, queue.Outcome) {
	var n int
	_, _ = fmt.Sscan(u.JobID, &n)
	_, f := domain(n)
	f.TenantID = u.TenantID
	return &queue.Ready{Facts: f, Sources: daySources, Random: true, Reuse: f.RemoteIP.String()}, queue.Outcome{}
}

// dayConn is a connection to a host. It takes twenty messages and may be idle for ten
// seconds; one in twenty is closed by the host meanwhile.
type dayConn struct {
	w    *world
	k    string // source and grouping
	to   policy.Facts
	left int
	dead bool
}

func (c *dayConn) Reuse() string { return c.to.RemoteIP.String() }

func (c *dayConn) Remote(f *policy.Facts) { f.RemoteMX, f.RemoteIP = c.to.RemoteMX, c.to.RemoteIP }

func (c *dayConn) Rest() (int, time.Duration, bool) { return c.left, 10 * time.Second, true }

func (c *dayConn) Alive() bool { return !c.dead }

func (c *dayConn) Close() {
	c.w.mu.Lock()
	defer c.w.mu.Unlock()
	c.w.open[c.k]--
}

// transmit plays an attempt of a third of a second to two, half of that on a connection
// that there is.
func (w *world) transmit(u *spool.Unit, r *queue.Ready, l *policy.Lease, kept queue.Conn) (any, queue.Conn) {
	var n int
	_, _ = fmt.Sscan(u.JobID, &n)
	now := time.Now()
	at := now.Sub(w.start)
	hour := min(int(at/time.Hour), 23)
	k := l.Source.ID + " " + r.Facts.Grouping
	w.mu.Lock()
	took := time.Duration(300+w.r.IntN(1700)) * time.Millisecond
	c, ok := kept.(*dayConn)
	switch {
	case !ok:
		c = &dayConn{w: w, k: k, to: r.Facts, left: 20}
		w.connections++
		w.open[k]++
		w.most[k] = max(w.most[k], w.open[k])
	case c.k != k || c.to.RemoteIP != r.Facts.RemoteIP || c.left == 0:
		w.wrong++
	default:
		took /= 2
	}
	c.left--
	c.dead = w.r.IntN(20) == 0
	bad := w.r.IntN(100) == 0
	grey := false
	if n%5 == 4 && n >= len(providers) {
		pair := u.Sender.Local + " " + r.Facts.RecipientDomain
		first, ok := w.seen[pair]
		if !ok {
			w.seen[pair] = now
		}
		grey = !ok || now.Sub(first) < 5*time.Minute
	}
	w.mu.Unlock()
	w.attempts[hour].Add(1)
	if u.Retry == 1 { // counted already
		wait := now.Sub(u.Received)
		w.firstTry.add(wait)
		if u.TenantID == "t0" {
			w.large.add(wait)
		} else if u.TenantID > "t150" {
			w.small.add(wait)
		}
	} else if now.Before(u.Due) {
		w.late.Add(1)
	}
	if l.Source.ID == "new" {
		w.warm[hour].Add(1)
	}
	time.Sleep(took)
	down := w.down(n, at)
	var left queue.Conn = c
	if down || c.left == 0 {
		c.Close()
		left = nil
	}
	switch {
	case down, grey:
		wait := []time.Duration{time.Minute, 15 * time.Minute, time.Hour, 2 * time.Hour, 3 * time.Hour}[min(u.Retry, 5)-1]
		return queue.Outcome{Action: queue.Later, Due: time.Now().Add(wait)}, left
	case bad:
		return queue.Outcome{Action: queue.Bounced}, left
	}
	w.hours[hour].Add(1)
	return queue.Outcome{Action: queue.Delivered}, left
}

// TestDay is the day of a large sender on virtual time, with the real queue and the real
// policies: providers that throttle, many small domains, greylisting, outages, connections that are
// kept, and an address that is warmed up. `make day` runs it with ten million messages.
func TestDay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { day(t, *dayMessages) })
}

func day(t *testing.T, total int) {
	perMinute := total / 1440
	limit := func(share float64) int { return max(1, int(share*float64(perMinute)/float64(len(daySources))*1.5)) }
	e := engine(t, fmt.Sprintf(dayPolicies, limit(0.32), limit(0.18), limit(0.10), max(2, perMinute/4)))
	w := &world{r: rand.New(rand.NewPCG(1, 2)), start: time.Now(), seen: map[string]time.Time{}, open: map[string]int{}, most: map[string]int{}}
	store := &memory{units: map[string]spool.Unit{}}
	s := &script{start: time.Now(), quiet: true, discard: queue.Bounced, prepare: w.prepare, transmit: w.transmit}
	r := &rig{store: store, s: s, done: make(chan error, 1)}
	r.q = queue.New(store, s, queue.Options{Policies: e, Logger: slog.New(slog.DiscardHandler), MaxAge: func() time.Duration { return 5 * 24 * time.Hour }})
	drain, stop := r.contexts()
	go func() { r.done <- r.q.Run(drain, stop) }()
	warmUp(t, e, total)

	z := rand.NewZipf(w.r, 1.1, 20, dayDomains-1)
	deepest, heap := 0, uint64(0)
	made := 0
	for minute := range 1440 {
		// From half the mean at night to one and a half at noon.
		n := int(float64(total)/1440*(1-0.5*math.Cos(2*math.Pi*float64(minute)/1440))) + 1
		for range min(n, total-made) {
			made++
			r.q.Add(w.letter(store, made, z))
		}
		time.Sleep(time.Minute)
		if minute%30 == 0 {
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			st := r.q.Stats()
			deepest = max(deepest, st.Deferred+st.Active+st.Due+st.Sending)
			heap = max(heap, m.HeapAlloc)
		}
	}
	for made < total {
		made++
		r.q.Add(w.letter(store, made, z))
	}
	for i := 0; i < 48 && r.q.Stats().Delivered+r.q.Stats().Bounced < int64(total); i++ {
		time.Sleep(time.Hour)
	}
	r.end(t)
	st := r.q.Stats()
	if int(st.Delivered+st.Bounced) != total || st.SubQueues != 0 {
		t.Errorf("of %d messages: %+v", total, st)
	}
	w.check(t, total)
	w.report(t, total, st, e.Stats(), deepest, heap)
}

func (w *world) letter(store *memory, n int, z *rand.Zipf) *spool.Unit {
	w.mu.Lock()
	defer w.mu.Unlock()
	d := draw(w.r, z)
	tenant := int(float64(dayTenants) * math.Pow(w.r.Float64(), 3)) // t0 to t199, the first ones large
	name, _ := domain(d)
	u := &spool.Unit{Transaction: fmt.Sprintf("%08x", n), Queue: 1, Received: time.Now(), TenantID: fmt.Sprintf("t%d", tenant), JobID: fmt.Sprint(d)}
	u.Recipient.Domain, u.Sender.Local = name, u.TenantID
	store.mu.Lock()
	store.units[u.ID()] = *u
	store.mu.Unlock()
	return u
}

// warmUp gives the new address a small rate and doubles it every two hours.
func warmUp(t *testing.T, e *policy.Engine, total int) {
	set := func(n int) {
		d := policy.Condition{
			ID: "warm", Type: "warmup", Fields: []policy.Field{policy.LocalIP}, If: config.Match{{Field: "localip", Patterns: []string{"192.0.2.4"}}},
			Then: config.PolicyAction{Rate: &config.Rate{Count: float64(n), Interval: time.Hour}},
		}
		if _, _, err := e.AddCondition(d, true); err != nil {
			t.Fatal(err)
		}
	}
	first := max(1, total/20_000)
	set(first)
	go func() {
		for i := 1; i < 12; i++ {
			time.Sleep(2 * time.Hour)
			set(first << i)
		}
	}()
}

// check holds what arrived against what the policies allow.
func (w *world) check(t *testing.T, total int) {
	t.Helper()
	for k, n := range w.most {
		most := 5
		var source, grouping string
		_, _ = fmt.Sscan(k, &source, &grouping)
		switch grouping {
		case "&gmail":
			most = 200
		case "&outlook":
			most = 100
		case "&yahoo":
			most = 50
		}
		if n > most {
			t.Errorf("%d connections for %s, want %d at most", n, k, most)
		}
	}
	for k, n := range w.open {
		if n != 0 {
			t.Errorf("%d connections are left for %s", n, k)
		}
	}
	if w.wrong > 0 {
		t.Errorf("%d messages went by a connection to somewhere else, or one that was used up", w.wrong)
	}
	if n := w.firstTry.n.Load(); int(n) != total {
		t.Errorf("%d messages had a first try, want %d", n, total)
	}
	if n := w.late.Load(); n > 0 {
		t.Errorf("%d retries came before they were due", n)
	}
}

func (w *world) report(t *testing.T, total int, st queue.Stats, ps policy.Stats, deepest int, heap uint64) {
	out := tabwriter.NewWriter(t.Output(), 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(out, "messages\t%d\tdelivered\t%d\tbounced\t%d\tretries\t%d\t\n", total, st.Delivered, st.Bounced, st.Retried)
	fmt.Fprintf(out, "turns\t%d\tparked\t%d\tby rate\t%d\tby concurrency\t%d\t\n", st.Picks, st.Parks, ps.RateWaits, ps.ConcurrencyWaits)
	fmt.Fprintf(out, "deepest\t%d\theap\t%d MiB\tprocessor time\t%s\t\t\t\n", deepest, heap>>20, runtest.Processor().Round(time.Second))
	fmt.Fprintf(out, "connections\t%d\tkept\t%d\texpired\t%d\tevicted\t%d\t\n", w.connections, st.PoolHits+st.Pool.Hits, st.Pool.Expired, st.Pool.Evicted)
	for _, h := range []struct {
		name string
		h    *histogram
	}{{"all", &w.firstTry}, {"largest tenant", &w.large}, {"small tenants", &w.small}} {
		fmt.Fprintf(out, "wait of %s\tp50\t%s\tp90\t%s\tp99\t%s\t\n", h.name, h.h.quantile(0.5), h.h.quantile(0.9), h.h.quantile(0.99))
	}
	for h := 0; h < 24; h += 2 {
		fmt.Fprintf(out, "hour %d\tattempts\t%d\tdelivered\t%d\tnew address\t%d\t\n", h, w.attempts[h].Load(), w.hours[h].Load(), w.warm[h].Load())
	}
	_ = out.Flush()
}
