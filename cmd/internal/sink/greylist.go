package sink

import (
	"net/netip"
	"strings"
	"sync"
	"time"
)

// maxTriples bounds the memory of a greylist; beyond it all are forgotten.
const maxTriples = 1 << 20

type triple struct {
	client   netip.Addr
	from, to string
}

// greylist refuses what it has not known for long.
type greylist struct {
	wait  time.Duration // 0: everything passes
	mu    sync.Mutex
	first map[triple]time.Time
}

// pass reports whether the triple is old enough, and remembers it.
func (g *greylist) pass(client netip.Addr, from, to string) bool {
	if g.wait == 0 {
		return true
	}
	t := triple{client, strings.ToLower(from), strings.ToLower(to)}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.first == nil || len(g.first) >= maxTriples {
		g.first = map[triple]time.Time{}
	}
	now := time.Now()
	first, ok := g.first[t]
	if !ok {
		g.first[t] = now
		return false
	}
	return now.Sub(first) >= g.wait
}
