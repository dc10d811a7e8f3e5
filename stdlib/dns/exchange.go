package dns

import (
	"context"
	"net"
	"strings"
	"time"

	mdns "github.com/miekg/dns"
)

// udpSize is what we take over UDP: it fits into one packet everywhere (DNS flag day 2020).
const udpSize = 1232

// exchange asks one server over UDP, and over TCP when the answer is cut. garbled tells
// that the server answered with what cannot be read.
func exchange(ctx context.Context, q *mdns.Msg, server string, limit time.Duration) (m *mdns.Msg, garbled bool) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	if m, garbled = over(ctx, "udp", q, server); m == nil || !m.Truncated {
		return m, garbled
	}
	return over(ctx, "tcp", q, server)
}

// over sends the question and waits for its answer. What comes over UDP and does not
// fit may be forged: it is passed over, and the true one awaited (RFC 5452 section 9.1).
func over(ctx context.Context, network string, q *mdns.Msg, server string) (m *mdns.Msg, garbled bool) {
	var d net.Dialer
	nc, err := d.DialContext(ctx, network, server)
	if err != nil {
		return nil, false
	}
	defer nc.Close()
	stop := context.AfterFunc(ctx, func() { _ = nc.SetDeadline(time.Unix(1, 0)) })
	defer stop()
	c := &mdns.Conn{Conn: nc, UDPSize: udpSize}
	if c.WriteMsg(q) != nil {
		return nil, false
	}
	for {
		raw, err := c.ReadMsgHeader(nil)
		if err != nil && len(raw) == 0 && err != mdns.ErrShortRead {
			return nil, garbled
		}
		m, fits := decode(q, raw)
		if m != nil {
			return m, false
		}
		if garbled = garbled || fits; network == "tcp" {
			return nil, garbled
		}
	}
}

// decode reads an answer; nil when it is none to the question. fits tells that its id is
// right, so that the server most likely sent it.
func decode(q *mdns.Msg, raw []byte) (m *mdns.Msg, fits bool) {
	if len(raw) < 2 || uint16(raw[0])<<8|uint16(raw[1]) != q.Id {
		return nil, false
	}
	m = new(mdns.Msg)
	// A cut answer may end anywhere: only its header counts.
	if err := m.Unpack(raw); err != nil && !m.Truncated {
		return nil, true
	}
	if !m.Response || m.Opcode != mdns.OpcodeQuery {
		return nil, true
	}
	// Servers that cannot read a question may leave it out (RFC 1035 section 4.1.1).
	if len(m.Question) == 0 && m.Rcode != mdns.RcodeSuccess && m.Rcode != mdns.RcodeNameError {
		return m, true
	}
	if len(m.Question) != 1 || m.Question[0].Qtype != q.Question[0].Qtype || m.Question[0].Qclass != q.Question[0].Qclass ||
		!strings.EqualFold(m.Question[0].Name, q.Question[0].Name) {
		return nil, true
	}
	return m, true
}
