package loadgen

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Run sends what the options say and returns what it measured. It ends early, with
// a result, when ctx does; an error is about the options.
func Run(ctx context.Context, o Options) (*Result, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	p := &plan{o: o, start: time.Now()}
	p.body = body(o.Size)
	t := newTally()
	var clients sync.WaitGroup
	for i := range o.Clients {
		c := &client{p: p, t: t, zipf: rand.NewZipf(rand.New(rand.NewPCG(o.Seed, uint64(i))), zipfExponent, 1, uint64(o.Domains-1))}
		clients.Go(func() { c.run(ctx) })
	}
	clients.Wait()
	return t.result(time.Since(p.start)), nil
}

// zipfExponent shapes the spread over domains: the n-th gets n^-1.1 of the first.
const zipfExponent = 1.1

// plan is what the clients share.
type plan struct {
	o     Options
	start time.Time
	body  []byte
	taken atomic.Int64
}

// next takes the number of the next message, from 0, and waits for its time. It
// returns false when there is nothing more to send.
func (p *plan) next(ctx context.Context) (int, bool) {
	n := int(p.taken.Add(1) - 1)
	if p.o.Messages > 0 && n >= p.o.Messages {
		return 0, false
	}
	at := time.Duration(0)
	if p.o.Rate > 0 {
		at = time.Duration(float64(n) / p.o.Rate * float64(time.Second))
	}
	if p.o.Duration > 0 && max(at, time.Since(p.start)) >= p.o.Duration {
		return 0, false
	}
	if d := at - time.Since(p.start); d > 0 && !pause(ctx, d) {
		return 0, false
	}
	return n, ctx.Err() == nil
}

// pause waits, and returns false when ctx ended first.
func pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// client is one of the senders.
type client struct {
	p    *plan
	t    *tally
	zipf *rand.Zipf
	conn *conn // nil: none open
}

// respite is the pause after a lost connection.
const respite = 100 * time.Millisecond

func (c *client) run(ctx context.Context) {
	for {
		n, ok := c.p.next(ctx)
		if !ok {
			break
		}
		if c.conn == nil {
			if c.conn = dial(ctx, &c.p.o, c.t); c.conn == nil {
				c.t.count(func(r *Result) { r.Failed++ })
				pause(ctx, respite)
				continue
			}
		}
		if !c.conn.send(c.letter(n)) {
			c.conn = nil
			pause(ctx, respite)
			continue
		}
		if c.p.o.PerConn > 0 && c.conn.sent >= c.p.o.PerConn {
			c.conn.quit()
			c.conn = nil
		}
	}
	if c.conn != nil {
		c.conn.quit()
	}
}
