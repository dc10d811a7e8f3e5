package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// call is one run of http(). perform does the work on a goroutine of its own; run waits
// on the script's and does there what perform asks for.
type call struct {
	t      *vm.Thread // nil for a call that runs on behind its script
	client *Client
	s      *settings
	url    *url.URL
	body   *body

	ctx    context.Context // ends with the script's, the client's, and when time is over
	cancel context.CancelCauseFunc
	jobs   chan func()
	done   chan struct{}
	fault  error // what the callback threw

	last       *recorder // connection of the last request
	connecting bool
	connect    *time.Timer
	total      *time.Timer
}

type callKey struct{}

var (
	errTime  = errors.New("time is over")
	errEnded = errors.New("the call has ended")
	errSize  = errors.New("the body is too large")
)

// run returns the response; nil means that none came. The error is one that ends the
// script, or one of its own.
func (c *call) run() (*response, error) {
	defer c.begin(c.t.Context())()
	c.jobs, c.done = make(chan func()), make(chan struct{})
	var r *response
	go func() {
		defer close(c.done)
		r = c.perform()
	}()
	for {
		select {
		case f := <-c.jobs:
			f()
			continue
		case <-c.done:
		}
		if c.fault != nil {
			return nil, c.fault
		}
		return r, c.t.Stopped(nil)
	}
}

// begin starts the clocks of the call under a context; end stops them.
func (c *call) begin(parent context.Context) (end func()) {
	c.ctx, c.cancel = context.WithCancelCause(parent)
	stop := context.AfterFunc(c.client.ctx, func() { c.cancel(errEnded) })
	c.connecting = true
	c.connect = time.AfterFunc(c.s.connect, func() { c.cancel(errTime) })
	return func() {
		c.connect.Stop()
		if c.total != nil {
			c.total.Stop()
		}
		stop()
		c.cancel(nil)
	}
}

// script runs f on the goroutine of the script and waits for it. Before run there is no
// other.
func (c *call) script(f func() error) error {
	if c.jobs == nil {
		return f()
	}
	result := make(chan error, 1)
	job := func() {
		if err := context.Cause(c.ctx); err != nil {
			result <- err
			return
		}
		err := f()
		if c.fault != nil {
			c.cancel(errEnded)
		}
		result <- err
	}
	select {
	case c.jobs <- job:
		return <-result
	case <-c.done:
		return errEnded
	}
}

// perform makes the call, nil when it fails.
func (c *call) perform() *response {
	if c.client.places.Acquire(c.ctx, 1) != nil {
		return nil
	}
	defer c.client.places.Release(1)
	req := c.request()
	send := c.RoundTrip
	if c.s.redirects > 0 {
		send = (&http.Client{Transport: c, CheckRedirect: c.redirect}).Do
	}
	resp, err := send(req)
	if err != nil {
		return nil
	}
	defer resp.Body.Close()
	text, err := c.read(resp)
	if err != nil {
		return nil
	}
	r := &response{status: resp.StatusCode, body: text, settings: c.s}
	if c.s.withHeaders {
		r.head(resp, c.last)
	}
	return r
}

// RoundTrip sends one request. It implements http.RoundTripper.
func (c *call) RoundTrip(req *http.Request) (*http.Response, error) {
	s := c.s
	r := route{source: s.source, unix: s.unix, tls: s.tlsKey, ordered: s.withHeaders && req.URL.Scheme == "https"}
	switch {
	case s.direct || s.unix != "":
	case s.proxy != nil:
		r.proxy = s.proxy.String()
	default:
		if p, err := c.client.o.Proxy(req.URL); err != nil {
			return nil, err
		} else if p != nil && proxyPorts[p.Scheme] != "" {
			r.proxy = p.String()
		}
	}
	trace := &httptrace.ClientTrace{GetConn: func(string) { c.connects() }, GotConn: func(i httptrace.GotConnInfo) { c.connected(i) }}
	ctx := httptrace.WithClientTrace(context.WithValue(c.ctx, callKey{}, c), trace)
	resp, err := c.client.transport(r, s).RoundTrip(req.WithContext(ctx))
	return resp, err
}

// connects starts the clock of a connection, if it does not run.
func (c *call) connects() {
	if !c.connecting {
		c.connecting = true
		c.connect.Reset(c.s.connect)
	}
}

// connected stops it; the first time, that of the whole call begins.
func (c *call) connected(i httptrace.GotConnInfo) {
	c.connecting = false
	c.connect.Stop()
	if c.total == nil && c.s.total > 0 {
		c.total = time.AfterFunc(c.s.total, func() { c.cancel(errTime) })
	}
	if c.last, _ = i.Conn.(*recorder); c.last != nil && c.s.withHeaders {
		c.last.record()
	}
}

// redirect decides about a hop.
func (c *call) redirect(req *http.Request, via []*http.Request) error {
	if len(via) > c.s.redirects || req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return http.ErrUseLastResponse
	}
	req.Header.Del("Referer")
	for _, f := range c.s.headers {
		if strings.EqualFold(f.name, "Referer") && f.value != "" {
			req.Header.Set("Referer", f.value)
		}
	}
	return nil
}

// read reads a body as far as it may be long; without a script it is dropped.
func (c *call) read(resp *http.Response) (string, error) {
	limit := int64(value.MaxString)
	if c.s.maxBody >= 0 {
		limit = min(limit, int64(c.s.maxBody))
	}
	if resp.ContentLength > limit && resp.Request.Method != http.MethodHead {
		return "", errSize
	}
	var out strings.Builder
	size, room := int64(0), 0
	buf := make([]byte, 32<<10)
	for {
		n, err := resp.Body.Read(buf)
		if size += int64(n); size > limit {
			return "", errSize
		}
		if c.t != nil {
			if out.Len()+n > room {
				room = 2 * (out.Len() + n)
				if err := c.script(func() error { return c.t.Reserve(room) }); err != nil {
					return "", err
				}
			}
			out.Write(buf[:n])
		}
		if err == io.EOF {
			return out.String(), nil
		}
		if err != nil {
			return "", err
		}
	}
}
