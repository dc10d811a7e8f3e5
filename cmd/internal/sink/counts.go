package sink

import (
	"fmt"
	"hash/maphash"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Counts are the totals of a sink.
type Counts struct {
	Connections  int            `json:"connections"` // within the limits
	Open         int            `json:"open"`
	Peak         int            `json:"peak"` // connections at once
	PeakByClient map[string]int `json:"peak_by_client"`
	Messages     int            `json:"messages"`   // accepted; with LMTP by one recipient at least
	Recipients   int            `json:"recipients"` // of accepted messages
	Bytes        int64          `json:"bytes"`      // of accepted messages
	Refused      map[string]int `json:"refused"`    // by stage and code: "rcpt 550"
	Domains      map[string]int `json:"domains"`    // accepted recipients by domain
	Duplicates   map[string]int `json:"duplicates"` // by header field: values that a recipient got again
	Seconds      float64        `json:"seconds"`    // from the first message to the last
	PerSecond    Rate           `json:"per_second"`
}

// Rate are messages in whole seconds, from the second of the first message to
// that of the last.
type Rate struct {
	Mean float64 `json:"mean"` // over Counts.Seconds; 0 when that is 0
	P50  int     `json:"p50"`
	P90  int     `json:"p90"`
	P99  int     `json:"p99"`
	Max  int     `json:"max"`
}

// book keeps the counts and the journal.
type book struct {
	mu      sync.Mutex
	c       Counts
	log     journal
	clients map[netip.Addr]int // open connections
	ids     uint64
	first   time.Time
	last    time.Time
	seconds []int // messages by second since first
	seen    map[uint64]struct{}
	seed    maphash.Seed
	changed chan struct{} // closed when a message is accepted
}

func newBook(max int) *book {
	return &book{log: journal{max: max}, clients: map[netip.Addr]int{}, seen: map[uint64]struct{}{}, seed: maphash.MakeSeed(),
		changed: make(chan struct{}), c: Counts{PeakByClient: map[string]int{}, Refused: map[string]int{}, Domains: map[string]int{}, Duplicates: map[string]int{}}}
}

// admit opens a connection, unless a limit forbids it, and returns its number.
func (b *book) admit(client netip.Addr, l Limits) (id uint64, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.ids++
	if l.Total > 0 && b.c.Open >= l.Total || l.Client > 0 && b.clients[client] >= l.Client {
		return b.ids, false
	}
	b.c.Connections++
	b.c.Open++
	b.c.Peak = max(b.c.Peak, b.c.Open)
	b.clients[client]++
	name := client.String()
	b.c.PeakByClient[name] = max(b.c.PeakByClient[name], b.clients[client])
	b.note(Event{Kind: Open, Conn: b.ids, Client: client})
	return b.ids, true
}

// note adds an event; the caller holds mu.
func (b *book) note(e Event) {
	if e.Time.IsZero() {
		e.Time = time.Now()
	}
	b.log.add(e)
}

func (b *book) event(e Event) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.note(e)
}

func (b *book) leave(id uint64, client netip.Addr) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.c.Open--
	if b.clients[client]--; b.clients[client] == 0 {
		delete(b.clients, client)
	}
	b.note(Event{Kind: Close, Conn: id, Client: client})
}

func (b *book) refuse(e Event) {
	e.Kind = Refusal
	b.mu.Lock()
	defer b.mu.Unlock()
	b.c.Refused[fmt.Sprintf("%s %d", e.Stage, e.Code)]++
	b.note(e)
}

// accept counts a message and returns how many there are now.
func (b *book) accept(f *front, domains []string, size int64) int {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if b.c.Messages == 0 {
		b.first = now
	}
	b.last = now
	for second := int(now.Sub(b.first) / time.Second); len(b.seconds) <= second; {
		b.seconds = append(b.seconds, 0)
	}
	b.seconds[len(b.seconds)-1]++
	b.c.Messages++
	b.c.Recipients += len(domains)
	b.c.Bytes += size
	for _, d := range domains {
		b.c.Domains[d]++
		b.note(Event{Time: now, Kind: Message, Conn: f.id, Client: f.client, Domain: d})
	}
	close(b.changed)
	b.changed = make(chan struct{})
	return b.c.Messages
}

// repeated notes a value of a tracked field for a recipient and counts it when it
// was there before. Only hashes are kept.
func (b *book) repeated(field, value, recipient string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	key := maphash.String(b.seed, field+"\n"+value+"\n"+recipient)
	if _, ok := b.seen[key]; ok {
		b.c.Duplicates[field]++
	}
	b.seen[key] = struct{}{}
}

// counts returns a copy.
func (b *book) counts() Counts {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.c
	c.PeakByClient, c.Refused = maps.Clone(c.PeakByClient), maps.Clone(c.Refused)
	c.Domains, c.Duplicates = maps.Clone(c.Domains), maps.Clone(c.Duplicates)
	c.Seconds = b.last.Sub(b.first).Seconds()
	if n := len(b.seconds); n > 0 {
		s := slices.Sorted(slices.Values(b.seconds))
		at := func(q float64) int { return s[min(n-1, int(q*float64(n)))] }
		c.PerSecond = Rate{P50: at(.5), P90: at(.9), P99: at(.99), Max: s[n-1]}
	}
	if c.Seconds > 0 {
		c.PerSecond.Mean = float64(c.Messages) / c.Seconds
	}
	return c
}
