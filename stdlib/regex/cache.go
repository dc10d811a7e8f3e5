package regex

import (
	"container/list"
	"fmt"
	"strings"
	"sync"

	"github.com/hawser-mta/hawser/runtime/pcre"
	"github.com/hawser-mta/hawser/runtime/value"
)

// Compiler compiles patterns; it implements vm.RegexCompiler.
type Compiler struct{ cache cache }

// Literal compiles a literal; programs keep the result themselves.
func (c *Compiler) Literal(pattern, flags string) (value.Value, error) {
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
	v, err := c.Literal(pcre.Split(text))
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

// cache keeps the patterns used last.
type cache struct {
	mu           sync.Mutex
	entries      map[string]*list.Element
	order        list.List // of entry, the newest in front
	hits, misses int
}

type entry struct {
	text string
	v    value.Value
}

func (c *cache) get(text string) (value.Value, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.entries[text]
	if e == nil {
		c.misses++
		return value.None, false
	}
	c.hits++
	c.order.MoveToFront(e)
	return e.Value.(entry).v, true
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
	c.entries[text] = c.order.PushFront(entry{text, v})
	if c.order.Len() > maxEntries {
		last := c.order.Back()
		delete(c.entries, c.order.Remove(last).(entry).text)
	}
}
