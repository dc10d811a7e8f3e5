package vm

import (
	"context"
	"errors"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/hawser-mta/hawser/runtime/value"
)

// caches are the stores of cache expressions (spec language 7.2): buckets by
// namespace and function name, entries by arguments.
type caches struct {
	mu      sync.Mutex
	buckets map[string]*bucket
}

func newCaches() *caches { return &caches{buckets: map[string]*bucket{}} }

// bucket holds the results of one function in one namespace.
type bucket struct {
	entries map[string]*entry
	tick    int64 // grows with each use, orders entries by it
	size    int
	stats   CacheStats
}

// CacheStats counts what happened in a bucket.
type CacheStats struct{ Size, Max, Hits, Misses, Evictions, Waits int }

type entry struct {
	v       value.Value
	set     bool
	expires time.Time // zero: never
	used    int64
	busy    chan struct{} // closed when the run that fills the entry ends
}

type cacheOptions struct {
	ttl       float64 // seconds, negative: no expiry
	namespace string
	size      int
	force     bool
	keep      bool // lru false: when full, do not store
	filter    []int
	override  *value.Array
	ttlFunc   value.Value
	update    value.Value
}

func readCacheOptions(t *Thread, a *value.Array) (cacheOptions, error) {
	o := cacheOptions{ttl: 60, size: 32}
	bad := func(name string) error { return errors.New("cache: option " + name + " has a wrong type") }
	for k, v := range a.All() {
		switch name := k.String(); name {
		case "ttl":
			if v.IsNone() {
				o.ttl = -1
			} else if f, ok := v.Numeric(); ok && f >= 0 && !math.IsNaN(f) {
				o.ttl = f
			} else {
				return o, bad(name)
			}
		case "size":
			if n, err := v.Integer(); err == nil && n > 0 {
				o.size = n
			} else {
				return o, bad(name)
			}
		case "namespace":
			o.namespace = v.String()
		case "force":
			o.force = v.Truth()
		case "lru":
			o.keep = !v.Truth()
		case "per_message":
			if v.Truth() {
				o.namespace += "\x00" + t.MessageID()
			}
		case "argv_filter", "ttl_override":
			if !v.IsArray() {
				return o, bad(name)
			}
			if name == "ttl_override" {
				o.override = v.Array()
				continue
			}
			for e := range v.Array().Values() {
				n, err := e.Integer()
				if err != nil {
					return o, bad(name)
				}
				o.filter = append(o.filter, n)
			}
		case "ttl_function", "update_function":
			if v.Kind() != value.KFunc {
				return o, bad(name)
			}
			if name == "ttl_function" {
				o.ttlFunc = v
			} else {
				o.update = v
			}
		}
	}
	return o, nil
}

// MessageID names the message that the run is about, for caches that live with
// it. The embedder's Data may provide it.
func (t *Thread) MessageID() string {
	if m, ok := t.Data.(interface{ MessageID() string }); ok {
		return m.MessageID()
	}
	return ""
}

func (o *cacheOptions) key(args *value.Array) string {
	if o.filter == nil {
		return value.Literal(value.FromArray(args))
	}
	var b strings.Builder
	for _, i := range o.filter {
		b.WriteString(value.Literal(args.At(i - 1)))
		b.WriteByte(0)
	}
	return b.String()
}

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
	e, hit, err := s.acquire(t, o.namespace+"\x00"+name, o.key(args), &o)
	if err != nil {
		return err
	}
	if hit {
		t.stack[a] = e.v.Share()
		return nil
	}
	v, ttl, err := t.fill(fn, args, &o, e)
	s.release(t, o.namespace+"\x00"+name, o.key(args), e, v, ttl, err == nil)
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
	s.mu.Lock()
	defer s.mu.Unlock()
	b := s.buckets[name]
	if b == nil {
		b = &bucket{entries: map[string]*entry{}, size: o.size}
		s.buckets[name] = b
	}
	b.size = min(b.size, o.size)
	for {
		e := b.entries[key]
		if e == nil {
			e = &entry{}
			b.entries[key] = e
		}
		if e.busy != nil {
			b.stats.Waits++
			busy := e.busy
			s.mu.Unlock()
			err := wait(t.ctx, busy)
			s.mu.Lock()
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
		e.busy = make(chan struct{})
		return e, false, nil
	}
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
func (s *caches) release(t *Thread, name, key string, e *entry, v value.Value, ttl float64, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(e.busy)
	e.busy = nil
	b := s.buckets[name]
	if !ok || ttl == 0 {
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
