package queue

import (
	"slices"
	"sync"
	"time"

	"github.com/hawser-mta/hawser/mta/policy"
)

// pool holds connections between messages (spec mta 7). They keep the places of their
// leases until somebody else needs them.
type pool struct {
	policies *policy.Engine
	size     func() int
	freed    func() // a connection has ended

	mu      sync.Mutex
	byReuse map[string][]*pooled // the last used at the end
	byLease map[*policy.Lease]*pooled
	order   fifo[*pooled] // the oldest first; some are gone
	ending  int           // connections that say good-bye
	shutAll bool
	closing sync.WaitGroup
	stats   PoolStats
}

// PoolStats counts what became of connections after a message.
type PoolStats struct {
	Size                                 int   // idle now
	Hits, Misses, Expired, Evicted, Skip int64 // since start
}

type pooled struct {
	l         *policy.Lease
	c         Conn
	reuse     string
	evictable bool
	gone      bool
	until     time.Time
	timer     *time.Timer
}

func newPool(p *policy.Engine, size func() int, freed func()) *pool {
	return &pool{policies: p, size: size, freed: freed, byReuse: map[string][]*pooled{}, byLease: map[*policy.Lease]*pooled{}}
}

// put keeps a connection, or closes it when it can take no more or is in the way.
func (p *pool) put(l *policy.Lease, c Conn) {
	more, keep, evictable := c.Rest()
	x := &pooled{l: l, c: c, reuse: c.Reuse(), evictable: evictable}
	p.mu.Lock()
	var oldest *pooled
	full := false
	if len(p.byLease) >= p.size() {
		oldest = p.oldest()
		full = oldest == nil
	}
	if p.shutAll || more <= 0 || keep <= 0 || x.reuse == "" || full || p.policies.Idle(l) {
		p.stats.Skip++
		p.mu.Unlock()
		p.end(x)
		return
	}
	if oldest != nil {
		p.drop(oldest)
		p.stats.Evicted++
	}
	p.byReuse[x.reuse] = append(p.byReuse[x.reuse], x)
	p.byLease[l] = x
	p.order.push(x)
	x.until = time.Now().Add(keep)
	x.timer = time.AfterFunc(min(glance, keep), func() { p.look(x) })
	p.mu.Unlock()
	if oldest != nil {
		p.end(oldest)
	}
}

// oldest returns the connection that was put first and may be closed for another.
func (p *pool) oldest() *pooled {
	for !p.order.empty() && p.order.first().gone {
		p.order.pop()
	}
	for _, x := range p.order.items {
		if !x.gone && x.evictable {
			return x
		}
	}
	return nil
}

// open returns how many connections there are that no attempt has.
func (p *pool) open() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.byLease) + p.ending
}

// farewells is how many connections give closes at once.
const farewells = 32

// give closes idle connections for so many others that have to be opened: those that
// have been idle for longest, first of those that may be closed.
func (p *pool) give(others int) {
	var list []*pooled
	p.mu.Lock()
	for n := p.ending; n < min(others, farewells); n++ {
		x := p.oldest()
		if x == nil && !p.order.empty() {
			x = p.order.first()
		}
		if x == nil {
			break
		}
		p.drop(x)
		p.stats.Evicted++
		list = append(list, x)
	}
	p.mu.Unlock()
	for _, x := range list {
		p.end(x)
	}
}

// take asks for the right to send from a sub-queue: on an idle connection when policies
// let one go on, else, where fresh is true, on a new one; c is nil then. A sub-queue that
// gets nothing is parked, unless fresh is false.
func (p *pool) take(s *subQueue, fresh bool) (l *policy.Lease, c Conn) {
	p.mu.Lock()
	kept, dead := p.fitting(s)
	var evict *policy.Lease
	if fresh {
		l, evict = p.policies.Acquire(&s.Waiter, kept...)
	} else {
		l = p.policies.Reuse(&s.Waiter, kept...)
	}
	switch x := p.byLease[l]; {
	case x != nil:
		p.drop(x)
		p.stats.Hits++
		c = x.c
	case s.key.reuse != "":
		p.stats.Misses++
	}
	p.mu.Unlock()
	for _, x := range dead {
		p.end(x)
	}
	if evict != nil {
		p.evict(evict)
	}
	return l, c
}

// How many idle connections are looked through for a sub-queue, and how many different
// ones policies are asked about: those from one source to one address are alike to them.
const (
	leafed  = 64
	offered = 8
)

// fitting returns idle connections that a sub-queue can use, the last used first. Those
// that their peers have closed are taken out, for the caller to end. p is locked.
func (p *pool) fitting(s *subQueue) (kept []policy.Kept, dead []*pooled) {
	if s.key.reuse == "" {
		return nil, nil
	}
	list := p.byReuse[s.key.reuse] // drop leaves it as it is
	for i := len(list) - 1; i >= max(0, len(list)-leafed) && len(kept) < offered; i-- {
		x := list[i]
		f := s.Facts
		x.c.Remote(&f)
		switch {
		case slices.ContainsFunc(kept, func(k policy.Kept) bool { return k.Lease.Source == x.l.Source && *k.Facts == f }):
		case x.c.Alive():
			kept = append(kept, policy.Kept{Lease: x.l, Facts: &f})
		default:
			p.drop(x)
			p.stats.Expired++
			dead = append(dead, x)
		}
	}
	return kept, dead
}

// drop takes a connection out; p is locked.
func (p *pool) drop(x *pooled) {
	x.gone = true
	x.timer.Stop()
	delete(p.byLease, x.l)
	list := p.byReuse[x.reuse]
	for i, y := range list {
		if y == x {
			list = append(list[:i:i], list[i+1:]...)
			break
		}
	}
	if len(list) == 0 {
		delete(p.byReuse, x.reuse)
	} else {
		p.byReuse[x.reuse] = list
	}
	for !p.order.empty() && p.order.first().gone {
		p.order.pop()
	}
}

// end closes a connection and gives its places back when the peer has said good-bye,
// which nobody waits for.
func (p *pool) end(x *pooled) {
	p.count(1)
	p.closing.Go(func() {
		x.c.Close()
		p.policies.Release(x.l)
		p.count(-1)
		p.freed()
	})
}

func (p *pool) count(n int) {
	p.mu.Lock()
	p.ending += n
	p.mu.Unlock()
}

// glance is how often an idle connection is looked at: one that its peer has closed
// takes the place of others.
const glance = time.Second

// look ends a connection whose time is over or whose peer is gone.
func (p *pool) look(x *pooled) {
	p.mu.Lock()
	left := time.Until(x.until)
	stay := !x.gone && left > 0 && x.c.Alive()
	switch {
	case stay:
		x.timer.Reset(min(glance, left))
	case !x.gone:
		p.drop(x)
		p.stats.Expired++
		defer p.end(x)
	}
	p.mu.Unlock()
}

// evict closes the connection of a lease.
func (p *pool) evict(l *policy.Lease) {
	p.mu.Lock()
	x := p.byLease[l]
	if x != nil {
		p.drop(x)
		p.stats.Evicted++
	}
	p.mu.Unlock()
	if x != nil {
		p.end(x)
	}
}

// shut closes all connections and keeps no more. Those that come later are closed, too.
func (p *pool) shut() {
	p.mu.Lock()
	p.shutAll = true
	var all []*pooled
	for _, x := range p.byLease {
		all = append(all, x)
	}
	for _, x := range all {
		p.drop(x)
	}
	p.mu.Unlock()
	for _, x := range all {
		p.end(x)
	}
}

func (p *pool) closed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.shutAll
}

func (p *pool) counts() PoolStats {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.stats
	s.Size = len(p.byLease)
	return s
}
