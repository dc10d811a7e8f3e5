package web

import (
	"container/list"
	"context"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"golang.org/x/net/http/httpproxy"
	"golang.org/x/sync/semaphore"
)

// Service is the key of the Client in Host.Services.
const Service = "http"

// Options describe a client. The zero value is usable.
type Options struct {
	Concurrency int                              // calls at a time; 0: 1024
	Resolver    func() *net.Resolver             // looks up host names; nil: the system's
	Proxy       func(*url.URL) (*url.URL, error) // nil: as the environment says
	Log         func(text string)                // is told of background calls that failed for good; nil: nobody
}

// Client makes the calls of a process and keeps its connections.
type Client struct {
	o      Options
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	places *semaphore.Weighted
	later  pending

	mu         sync.Mutex
	transports map[route]*list.Element // of *transport
	order      list.List               // used last first
}

// Bounds of what is kept, in number and time.
const (
	maxTransports = 32
	maxIdle       = 32 // connections of a transport
	maxIdleHost   = 8
	idleTime      = time.Minute
)

// maxHead bounds the header of a response, in bytes.
const maxHead = 256 << 10

type transport struct {
	route route
	http  *http.Transport
}

// New returns a client. It must be closed.
func New(o Options) *Client {
	if o.Concurrency == 0 {
		o.Concurrency = 1024
	}
	if o.Resolver == nil {
		o.Resolver = func() *net.Resolver { return nil }
	}
	if o.Proxy == nil {
		o.Proxy = httpproxy.FromEnvironment().ProxyFunc()
	}
	c := &Client{o: o, places: semaphore.NewWeighted(int64(o.Concurrency)), transports: map[route]*list.Element{}}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	return c
}

// Close ends every call and every connection: those in use with their calls, others, now
// and when they fall idle, by CloseIdleConnections. Later calls fail. When it returns,
// nothing runs in the background any more.
func (c *Client) Close() {
	c.later.mu.Lock()
	c.cancel()
	c.later.mu.Unlock()
	defer c.later.running.Wait()
	c.mu.Lock()
	var pool []*http.Transport
	for _, e := range c.transports {
		pool = append(pool, e.Value.(*transport).http)
	}
	c.mu.Unlock()
	for _, t := range pool {
		t.CloseIdleConnections()
	}
}

// transport returns the one of a route. What falls out of the pool is left to its
// running calls; its idle connections close.
func (c *Client) transport(r route, s *settings) *http.Transport {
	t, old := c.pooled(r, s)
	if old != nil {
		old.CloseIdleConnections()
	}
	return t
}

func (c *Client) pooled(r route, s *settings) (t, old *http.Transport) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.transports[r]; e != nil {
		c.order.MoveToFront(e)
		return e.Value.(*transport).http, nil
	}
	t = c.newTransport(r, s)
	c.transports[r] = c.order.PushFront(&transport{r, t})
	if c.order.Len() > maxTransports {
		x := c.order.Remove(c.order.Back()).(*transport)
		delete(c.transports, x.route)
		old = x.http
	}
	return t, old
}
