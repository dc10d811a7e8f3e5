package vm

import (
	"context"
	"errors"
	"maps"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/hawser-mta/hawser/runtime/value"
)

// caches are the stores of cache expressions (spec language 7.2): buckets by
// namespace and function name, entries by arguments.
type caches struct {
	mu       sync.Mutex
	buckets  map[string]*bucket
	waits    map[*Thread]*entry // entries that runs wait for
	messages []string           // buckets of messages, oldest first
}

func newCaches() *caches {
	return &caches{buckets: map[string]*bucket{}, waits: map[*Thread]*entry{}}
}

// bucket holds the results of one function in one namespace.
type bucket struct {
	entries map[string]*entry
	file    fileState // of a namespace "file:NAME"
	tick    int64     // grows with each use, orders entries by it
	size    int
	stats   CacheStats
}

type entry struct {
	v       value.Value
	args    *value.Array // keeps alive the objects whose addresses the key has
	set     bool
	expires time.Time // zero: never
	used    int64
	busy    chan struct{} // closed when the run that fills the entry ends
	owner   *Thread       // that run
}

var errCacheCycle = errors.New("Cached call waits for itself")

// cache executes a cache expression: options, function and arguments are in
// three registers from a on; the result goes to a.
func (t *Thread) cache(a int, name string) error {
	fn, args := t.stack[a+1], t.stack[a+2].Array()
	if !t.stack[a].IsArray() {
		return value.OperandError("cache")
	}
	o, err := readCacheOptions(t, t.stack[a].Array())
	if err != nil {
		return err
	}
	s := t.host.Shared.caches
	bucket, key := o.namespace+o.message+"\x00"+name, o.key(args)
	e, hit, err := s.acquire(t, bucket, key, &o)
	if err != nil {
		return err
	}
	if hit {
		t.stack[a] = e.v.Share()
		return nil
	}
	v, ttl, err := t.fill(fn, args, &o, e)
	e.args = args
	s.release(t, bucket, key, e, v, ttl, err == nil, o.keep)
	if err != nil {
		return err
	}
	t.stack[a] = v
	return nil
}

// fill computes the value of an entry and how long it lives.
func (t *Thread) fill(fn value.Value, args *value.Array, o *cacheOptions, e *entry) (v value.Value, ttl float64, err error) {
	list := make([]value.Value, 0, args.Len())
	for x := range args.Values() {
		list = append(list, x.Share())
	}
	if v, err = t.Call(fn, list...); err != nil {
		return v, 0, err
	}
	if e.set && !o.update.IsUndefined() {
		if v, err = t.Call(o.update, e.v.Share(), v.Share()); err != nil {
			return v, 0, err
		}
	}
	ttl = o.ttl
	if o.override != nil {
		if x, ok := o.override.Get(v); ok {
			ttl = x.Number()
			if x.IsNone() {
				ttl = -1
			}
		}
	}
	if !o.ttlFunc.IsUndefined() {
		x, err := t.Call(o.ttlFunc, v.Share())
		if err != nil {
			return v, 0, err
		}
		if ttl = x.Number(); x.IsNone() {
			ttl = -1
		}
	}
	return v, ttl, nil
}

// acquire returns a stored entry, or one that the caller must fill and release.
// It waits while another run fills it.
func (s *caches) acquire(t *Thread, name, key string, o *cacheOptions) (*entry, bool, error) {
	now := t.host.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.bucket(name, o)
	if file, ok := strings.CutPrefix(o.namespace, "file:"); ok && b.file.changed(t, file, now) {
		maps.DeleteFunc(b.entries, func(_ string, e *entry) bool { return e.busy == nil })
	}
	for {
		e := b.entries[key]
		if e == nil {
			e = &entry{}
			b.entries[key] = e
		}
		if e.busy != nil {
			if s.cycle(t, e) {
				return nil, false, errCacheCycle
			}
			b.stats.Waits++
			busy := e.busy
			s.waits[t] = e
			s.mu.Unlock()
			err := wait(t.ctx, busy)
			s.mu.Lock()
			delete(s.waits, t)
			if err != nil {
				return nil, false, err
			}
			continue
		}
		if e.set && !o.force && (e.expires.IsZero() || t.host.Now().Before(e.expires)) {
			b.stats.Hits++
			b.tick++
			e.used = b.tick
			return e, true, nil
		}
		b.stats.Misses++
		e.busy, e.owner = make(chan struct{}), t
		return e, false, nil
	}
}

// maxMessages bounds the buckets of messages whose end nobody tells us: the
// oldest go.
const maxMessages = 10_000

// bucket returns the bucket of that name, made when new.
func (s *caches) bucket(name string, o *cacheOptions) *bucket {
	b := s.buckets[name]
	if b == nil {
		b = &bucket{entries: map[string]*entry{}, size: o.size}
		s.buckets[name] = b
		if o.message != "" {
			if s.messages = append(s.messages, name); len(s.messages) > maxMessages {
				delete(s.buckets, s.messages[0])
				s.messages = s.messages[1:]
			}
		}
	}
	b.size = min(b.size, o.size)
	return b
}

// cycle reports whether t would wait for itself if it waited for e: the run that
// fills e is t, or waits for an entry that t fills, and so on.
func (s *caches) cycle(t *Thread, e *entry) bool {
	for e != nil && e.owner != t {
		e = s.waits[e.owner]
	}
	return e != nil
}

func wait(ctx context.Context, done <-chan struct{}) error {
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return &CancelError{context.Cause(ctx)}
	}
}

// release stores what a run computed and lets those go on that wait for it.
func (s *caches) release(t *Thread, name, key string, e *entry, v value.Value, ttl float64, ok, keep bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(e.busy)
	e.busy, e.owner = nil, nil
	b := s.buckets[name]
	if b == nil || b.entries[key] != e {
		return // emptied meanwhile
	}
	if !ok || ttl == 0 || keep && len(b.entries) > b.size {
		if !e.set {
			delete(b.entries, key)
		}
		return
	}
	e.v, e.set, e.expires = v.Freeze(), true, time.Time{}
	if ttl > 0 {
		e.expires = t.host.Now().Add(time.Duration(math.Min(ttl, 1e9) * float64(time.Second)))
	}
	b.tick++
	e.used = b.tick
	b.evict()
}

// evict drops the entries used longest ago until the bucket fits.
func (b *bucket) evict() {
	for len(b.entries) > b.size {
		oldest := ""
		var least *entry
		for k, e := range b.entries {
			if e.busy == nil && e.set && (least == nil || e.used < least.used) {
				oldest, least = k, e
			}
		}
		if least == nil {
			return
		}
		delete(b.entries, oldest)
		b.stats.Evictions++
	}
}
