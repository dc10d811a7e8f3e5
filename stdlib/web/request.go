package web

import (
	"io"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
)

// agent is the default User-Agent.
const agent = "Hawser"

// request makes the first request of the call.
func (c *call) request() *http.Request {
	req := &http.Request{
		Method: c.s.method, URL: c.url, Host: c.url.Host, Header: http.Header{"User-Agent": {agent}},
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
	if req.Method == "" {
		req.Method = http.MethodGet
		if c.body != nil {
			req.Method = http.MethodPost
		}
	}
	c.attach(req)
	user, password := c.s.username, c.s.password
	if u := c.url.User; u != nil && !c.s.credentials {
		user = u.Username()
		password, _ = u.Password()
	}
	if c.s.credentials || c.url.User != nil {
		req.SetBasicAuth(user, password)
	}
	c.headers(req)
	return req.WithContext(c.ctx)
}

// attach gives the request its body.
func (c *call) attach(req *http.Request) {
	b := c.body
	if b == nil {
		return
	}
	if b.contentType != "" {
		req.Header.Set("Content-Type", b.contentType)
	}
	if req.ContentLength = b.length; b.length == 0 {
		req.Body = http.NoBody
		return
	}
	req.Body = b.open(c)
	if b.length < 0 {
		req.TransferEncoding = []string{"chunked"}
	}
	if b.again {
		req.GetBody = func() (io.ReadCloser, error) { return b.open(c), nil }
	}
}

// headers puts those of the script in place of the defaults. Names keep their spelling,
// but for those that net/http looks for.
func (c *call) headers(req *http.Request) {
	replaced := map[string]bool{}
	for _, f := range c.s.headers {
		name := textproto.CanonicalMIMEHeaderKey(f.name)
		if !replaced[name] {
			replaced[name] = true
			req.Header.Del(name)
		}
		switch name {
		case "Host":
			if f.value != "" {
				req.Host = f.value
			}
		case "Content-Length":
			c.contentLength(req, f.value)
		case "Transfer-Encoding":
			if strings.EqualFold(f.value, "chunked") && req.Body != nil && req.Body != http.NoBody {
				req.ContentLength, req.TransferEncoding = -1, []string{"chunked"}
			}
		case "Connection":
			req.Close = req.Close || strings.EqualFold(f.value, "close")
		case "User-Agent":
			req.Header[name] = append(req.Header[name], f.value) // net/http sends its own otherwise
		default:
			if !known[name] {
				name = f.name
			}
			if f.value != "" {
				req.Header[name] = append(req.Header[name], f.value)
			}
		}
	}
}

// known are names that net/http looks up.
var known = map[string]bool{
	"Accept-Encoding": true, "Authorization": true, "Content-Type": true, "Cookie": true, "Expect": true, "Range": true,
	"Referer": true, "Trailer": true, "Upgrade": true, "Www-Authenticate": true, "Idempotency-Key": true, "X-Idempotency-Key": true,
}

// contentLength tells the length of a body that comes from a callback; the others have
// their own.
func (c *call) contentLength(req *http.Request, text string) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 || c.body == nil || c.body.length >= 0 {
		return
	}
	if req.ContentLength, req.TransferEncoding = n, nil; n == 0 {
		req.Body = http.NoBody
		return
	}
	req.Body = &exact{req.Body, n}
}
