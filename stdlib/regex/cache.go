package regex

import (
	"container/list"
	"fmt"
	"hash/maphash"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/hawser-mta/hawser/runtime/pcre"
	"github.com/hawser-mta/hawser/runtime/value"
)

// Compiler compiles patterns; it implements vm.RegexCompiler.
type Compiler struct {
	cache    cache // by text, as strings have it
	literals cache // by flags, slash, pattern
}

// Literal compiles a literal; programs keep the result themselves. The compiler of
// scripts, which checks the pattern first, and programs that have the same literal
// share the result.
func (c *Compiler) Literal(pattern, flags string) (value.Value, error) {
	key := flags + "/" + pattern
	if v, ok := c.literals.get(key); ok {
		return v, nil
	}
	v, err := build(pattern, flags)
	if err == nil {
		c.literals.put(key, v)
	}
	return v, err
}

func build(pattern, flags string) (value.Value, error) {
	re, err := pcre.Compile(pattern, flags)
	if err != nil {
		return value.None, fmt.Errorf("bad regular expression: %w", err)
	}
	return wrap(re), nil
}

// String compiles a pattern that may be /pattern/flags.
func (c *Compiler) String(text string) (value.Value, error) {
	if v, ok := c.cache.get(text); ok {
		return v, nil
	}
	v, err := build(pcre.Split(text))
	if err == nil {
		c.cache.put(strings.Clone(text), v)
	}
	return v, err
}

func wrap(re *pcre.Regexp) value.Value {
	return value.FromResource(&value.Resource{Type: "Regex", Native: re, Print: re.String()})
}

// The cache holds so many patterns, and none longer than maxText bytes.
const (
	maxEntries = 1024
	maxText    = 4096
)

// cache keeps the patterns used last. In front of it stands a table without a
// lock, where each text has one place: most look-ups end there.
type cache struct {
	front  [256]atomic.Pointer[entry]
	hits   atomic.Int64
	misses atomic.Int64

	mu      sync.Mutex
	entries map[string]*list.Element
	order   list.List // of *entry, the newest in front
}

var seed = maphash.MakeSeed()

func (c *cache) place(text string) *atomic.Pointer[entry] {
	return &c.front[maphash.String(seed, text)%uint64(len(c.front))]
}

type entry struct {
	text string
	v    value.Value
}

func (c *cache) get(text string) (value.Value, bool) {
	if len(text) > maxText {
		return value.None, false
	}
	place := c.place(text)
	if e := place.Load(); e != nil && e.text == text {
		c.hits.Add(1)
		return e.v, true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[text]
	if e == nil {
		c.misses.Add(1)
		return value.None, false
	}
	c.hits.Add(1)
	c.order.MoveToFront(e)
	found := e.Value.(*entry)
	place.Store(found)
	return found.v, true
}

func (c *cache) put(text string, v value.Value) {
	if len(text) > maxText {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.entries == nil {
		c.entries = map[string]*list.Element{}
	}
	if c.entries[text] != nil {
		return
	}
	e := &entry{text, v}
	c.entries[text] = c.order.PushFront(e)
	c.place(text).Store(e)
	if c.order.Len() > maxEntries {
		last := c.order.Back()
		delete(c.entries, c.order.Remove(last).(*entry).text)
	}
}
