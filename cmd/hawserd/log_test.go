package main

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// calls keeps what each write gave.
type calls struct {
	mu    sync.Mutex
	texts []string
	stall time.Duration
}

// Write implements io.Writer.
func (c *calls) Write(p []byte) (int, error) {
	time.Sleep(c.stall)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.texts = append(c.texts, string(p))
	return len(p), nil
}

// TestLogWriter: lines of one moment go out together, in their order, without another one
// that would push them.
func TestLogWriter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := &calls{}
		l := newLogWriter(c)
		say := func(text string) { fmt.Fprintln(l, text) }
		say("a")
		time.Sleep(logDelay / 2)
		say("b")
		time.Sleep(logDelay)
		synctest.Wait()
		say("c")
		time.Sleep(2 * logDelay)
		synctest.Wait()
		say("d")
		l.Flush()
		l.Flush()
		time.Sleep(2 * logDelay)
		if diff := cmp.Diff([]string{"a\nb\n", "c\n", "d\n"}, c.texts); diff != "" {
			t.Errorf("writes (-want +got):\n%s", diff)
		}
	})
}

// TestLogWriterFull: who writes faster than the log takes it has to wait, and nothing is
// lost or torn.
func TestLogWriterFull(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const writers, lines = 4, 20
		c := &calls{stall: time.Second}
		l := newLogWriter(c)
		line := strings.Repeat("x", logSize/8)
		var wg sync.WaitGroup
		begin := time.Now()
		for w := range writers {
			wg.Go(func() {
				for i := range lines {
					fmt.Fprintf(l, "%d %d %s\n", w, i, line)
				}
			})
		}
		wg.Wait()
		if d := time.Since(begin); d < 5*time.Second {
			t.Errorf("ten times what may wait was taken in %s by a log that takes it once a second", d)
		}
		l.Flush()
		next := make([]int, writers)
		for _, text := range c.texts {
			if len(text) > logSize+2*writers*len(line) {
				t.Errorf("%d bytes waited", len(text))
			}
			for got := range strings.Lines(text) {
				var w, i int
				var rest string
				if _, err := fmt.Sscanf(got, "%d %d %s", &w, &i, &rest); err != nil || rest != line || i != next[w] {
					t.Fatalf("line %.20q of %d bytes, %v", got, len(got), err)
				}
				next[w]++
			}
		}
		if diff := cmp.Diff([]int{lines, lines, lines, lines}, next); diff != "" {
			t.Errorf("lines (-want +got):\n%s", diff)
		}
	})
}
