package control

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net"
)

// Client is a connection to a control socket. It is not safe for several goroutines.
type Client struct {
	nc net.Conn
	r  *bufio.Reader
}

// RefusedError is an answer 'E'.
type RefusedError struct{ Text string }

// Error returns the text of the server.
func (e *RefusedError) Error() string { return e.Text }

// Dial connects to a control socket: network "unix" or "tcp", config nil for no TLS.
func Dial(ctx context.Context, network, address string, config *tls.Config) (*Client, error) {
	nc, err := new(net.Dialer).DialContext(ctx, network, address)
	if err != nil {
		return nil, cause(err)
	}
	if config != nil {
		t := tls.Client(nc, config)
		if err := t.HandshakeContext(ctx); err != nil {
			nc.Close()
			return nil, fmt.Errorf("TLS: %w", err)
		}
		nc = t
	}
	if _, err := nc.Write([]byte{5, 7}); err != nil {
		nc.Close()
		return nil, err
	}
	return &Client{nc, bufio.NewReader(nc)}, nil
}

// Close ends the connection.
func (c *Client) Close() error { return c.nc.Close() }

// Call runs a command and reads its answer into out, nil for none. in is the body, nil
// for a command without one. It ends early with ctx.
func (c *Client) Call(ctx context.Context, cmd Command, in, out any) error {
	request, err := Request(cmd, in)
	if err != nil {
		return err
	}
	defer context.AfterFunc(ctx, func() { c.nc.Close() })()
	// The server may answer, and close, before it has read everything.
	_, failed := c.nc.Write(request)
	data, err := c.answer()
	if failed != nil && err != nil {
		return failed
	}
	if err != nil || out == nil {
		return err
	}
	if raw, ok := out.(*json.RawMessage); ok {
		*raw = data
		return nil
	}
	return json.Unmarshal(data, out)
}

// Request returns the bytes of a request.
func Request(cmd Command, in any) ([]byte, error) {
	if v := verbs[cmd]; in == nil && (v == nil || !v.body) {
		return []byte{byte(cmd)}, nil
	}
	body, err := json.Marshal(in)
	if err != nil {
		return nil, err
	}
	return append(header(byte(cmd), len(body)), body...), nil
}

func (c *Client) answer() ([]byte, error) {
	for {
		kind, err := c.r.ReadByte()
		if err != nil {
			return nil, err
		}
		var b [8]byte
		if _, err := io.ReadFull(c.r, b[:]); err != nil {
			return nil, err
		}
		var data bytes.Buffer
		if _, err := io.CopyN(&data, c.r, int64(binary.LittleEndian.Uint64(b[:]))); err != nil {
			return nil, err
		}
		switch kind {
		case Success:
			return data.Bytes(), nil
		case Failure:
			return nil, &RefusedError{data.String()}
		case Line:
		default:
			return nil, fmt.Errorf("got an answer of kind %q, want '+' or 'E': this is no control socket", kind)
		}
	}
}
