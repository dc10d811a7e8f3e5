package web

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
)

// Bounds of calls that run on behind their scripts.
const (
	maxLater      = 1000            // calls that run or wait, of a client
	maxLaterBytes = 64 << 20        // what they have to send, together
	laterTime     = time.Hour       // from http() to the end of the last attempt
	attemptTime   = 5 * time.Minute // an attempt, once connected, without the option timeout
	maxRetries    = 100
)

// later is a call that runs on behind its script: it has no thread, its body is text, and
// what comes back is dropped.
type later struct {
	call    *call
	hash    string // calls of one hash run one after the other; "": at once
	retries int
	delay   time.Duration
	sleep   func(context.Context, time.Duration) error
}

// pending are the calls of a client that run on behind their scripts.
type pending struct {
	mu      sync.Mutex
	calls   int
	bytes   int64
	last    map[string]chan struct{} // by hash: closed when the newest call has ended
	running sync.WaitGroup
}

// readLater reads the background options; nil when the call is an ordinary one.
func readLater(c *call, o *registry.Options) (*later, error) {
	if !o.Bool("background", false) {
		return nil, o.Err()
	}
	if !c.t.Compat() {
		c.t.Host().Log(c.t, warning, "http(): option background is ignored without compat")
		return nil, o.Err()
	}
	l := &later{
		call: c, hash: o.Str("background_hash", ""), sleep: c.t.Host().Sleep,
		retries: min(max(o.Int("background_retry_count", 0), 0), maxRetries), delay: seconds(o, "background_retry_delay"),
	}
	if c.s.total == 0 {
		c.s.total = attemptTime
	}
	return l, o.Err()
}

// start hands the call over and gives true; none when it is one too many, or too large.
func (l *later) start() (value.Value, error) {
	c := l.call
	t := c.t
	whole, err := c.detach()
	if err != nil {
		return value.None, err
	}
	if !whole {
		return value.None, nil
	}
	if !c.client.accept(l) {
		t.Host().Log(t, warning, fmt.Sprintf("http(): too much runs in the background: at most %d calls and %d bytes to send", maxLater, maxLaterBytes))
		return value.None, nil
	}
	return value.True, nil
}

// detach reads what belongs to the script, files and a callback, into the body; whole is
// false when that fails or is too much. The error is one for the script.
func (c *call) detach() (whole bool, err error) {
	file := func(p piece) bool { return p.file != nil }
	switch b := c.body; {
	case b == nil:
		return true, nil
	case b.length > maxLaterBytes:
		return false, nil
	case b.callback.IsUndefined() && !slices.ContainsFunc(b.pieces, file):
		return true, nil
	}
	var out strings.Builder
	buf := make([]byte, chunk)
	r := c.body.open(c)
	for {
		n, err := r.Read(buf)
		if out.Len()+n > maxLaterBytes || c.fault != nil {
			return false, c.fault
		}
		if err := c.t.Reserve(2 * (out.Len() + n)); err != nil {
			return false, err
		}
		out.Write(buf[:n])
		if err == io.EOF {
			break
		}
		if err != nil {
			return false, c.t.Stopped(nil)
		}
	}
	c.body = &body{callback: value.Undef, contentType: c.body.contentType, again: true}
	c.body.text(out.String())
	return true, nil
}

// size is what the call has to send, in bytes.
func (l *later) size() int64 {
	if l.call.body == nil {
		return 0
	}
	return l.call.body.length
}

// accept starts a call unless there are too many, or the client is closed.
func (c *Client) accept(l *later) bool {
	p := &c.later
	p.mu.Lock()
	defer p.mu.Unlock()
	if c.ctx.Err() != nil || p.calls == maxLater || p.bytes+l.size() > maxLaterBytes {
		return false
	}
	p.calls++
	p.bytes += l.size()
	before, done := p.last[l.hash], make(chan struct{})
	if l.hash != "" {
		if p.last == nil {
			p.last = map[string]chan struct{}{}
		}
		p.last[l.hash] = done
	}
	l.call.t = nil // from here on there is no script
	p.running.Go(func() {
		defer close(done)
		l.run(c, before)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.calls--
		p.bytes -= l.size()
		if p.last[l.hash] == done {
			delete(p.last, l.hash)
		}
	})
	return true
}

// run makes the attempts, when the call before it has ended.
func (l *later) run(c *Client, before <-chan struct{}) {
	ctx, cancel := context.WithTimeout(c.ctx, laterTime)
	defer cancel()
	if before != nil {
		select {
		case <-before:
		case <-ctx.Done():
		}
	}
	status := 0
	for n := 0; ctx.Err() == nil; n++ {
		attempt := &call{client: c, s: l.call.s, url: l.call.url, body: l.call.body}
		if status = attempt.alone(ctx); !again(status) {
			return
		}
		if n == l.retries || l.sleep(ctx, l.delay) != nil {
			break
		}
	}
	if c.ctx.Err() == nil && c.o.Log != nil {
		c.o.Log(fmt.Sprintf("http(): the request to %s in the background failed, its last status is %d", l.call.url.Host, status))
	}
}

// alone makes one attempt and returns the status of the response, 0 when none came.
func (c *call) alone(ctx context.Context) int {
	defer c.begin(ctx)()
	if r := c.perform(); r != nil {
		return r.status
	}
	return 0
}

// again tells whether a later attempt can have a better answer.
func again(status int) bool {
	return status == 0 || status/100 == 5 || status == http.StatusTooManyRequests || status == http.StatusRequestTimeout
}
