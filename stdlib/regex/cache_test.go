package regex

import (
	"fmt"
	"sync"
	"testing"

	"github.com/hawser-mta/hawser/runtime/pcre"
	"github.com/hawser-mta/hawser/runtime/registry"
)

// TestCache: a pattern is compiled once, the cache stays bounded, and what it
// gives belongs to the text.
func TestCache(t *testing.T) {
	t.Parallel()
	c := &Compiler{}
	a, err := c.String("/a+/i")
	if err != nil {
		t.Fatal(err)
	}
	if b, _ := c.String("/a+/i"); a != b {
		t.Error("the same text was compiled twice")
	}
	var all sync.WaitGroup
	for w := range 4 {
		all.Go(func() {
			for i := range 2 * maxEntries {
				text := fmt.Sprintf("x%d", (i+w*100)%(2*maxEntries))
				v, err := c.String(text)
				if err != nil {
					t.Error(err)
				}
				if re, ok := registry.Resource[*pcre.Regexp](v); !ok || re.Pattern != text {
					t.Errorf("%s: got %v", text, re)
				}
			}
		})
	}
	all.Wait()
	if n := c.cache.order.Len(); n > maxEntries || n != len(c.cache.entries) {
		t.Errorf("%d entries in the list, %d in the map", n, len(c.cache.entries))
	}
	if _, err := c.String("("); err == nil {
		t.Error("a bad pattern compiled")
	}
}

func BenchmarkCache(b *testing.B) {
	c := &Compiler{}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.String(`/^(postmaster|abuse|user1[0-9])\b/i`); err != nil {
			b.Fatal(err)
		}
	}
}
