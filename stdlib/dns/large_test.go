package dns_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	mdns "github.com/miekg/dns"

	"github.com/hawser-mta/hawser/runtime/runtest"
	"github.com/hawser-mta/hawser/stdlib/dns"
	"github.com/hawser-mta/hawser/stdlib/dns/dnstest"
)

// large is a server whose answers over TCP are 64 KiB, all that a message can have: a
// first record and as many of the next as fit. Over UDP they are cut off.
func large(t *testing.T, first, next []byte) (addr string) {
	t.Helper()
	pc, ln := dnstest.Ports(t)
	answer := func(q *mdns.Msg) []byte {
		q.Response, q.Extra = true, nil
		raw, err := q.Pack()
		if err != nil {
			t.Error(err)
			return nil
		}
		raw, n := append(raw, first...), uint16(1)
		for len(next) > 0 && len(raw)+len(next) <= 65535 {
			raw, n = append(raw, next...), n+1
		}
		binary.BigEndian.PutUint16(raw[6:], n)
		return raw
	}
	udp := &mdns.Server{PacketConn: pc, Handler: mdns.HandlerFunc(func(w mdns.ResponseWriter, q *mdns.Msg) {
		m := new(mdns.Msg)
		m.SetReply(q)
		m.Truncated = true
		_ = w.WriteMsg(m)
	})}
	go func() { _ = udp.ActivateAndServe() }()
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			c := &mdns.Conn{Conn: nc}
			if q, err := c.ReadMsg(); err == nil {
				raw := answer(q)
				_, _ = nc.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(raw))), raw...))
				_, _ = io.Copy(io.Discard, nc) // until the client has read it
			}
			_ = nc.Close()
		}
	}()
	t.Cleanup(func() { _, _ = udp.Shutdown(), ln.Close(); <-done })
	return pc.LocalAddr().String()
}

// record is one of the name that was asked for.
func record(typ uint16, data string) []byte {
	b := append([]byte{0xc0, 12}, byte(typ>>8), byte(typ), 0, 1, 0, 0, 0, 60)
	return append(binary.BigEndian.AppendUint16(b, uint16(len(data))), data...)
}

// TestLarge: answers of all the bytes that a message can have take no more than 64 MB of
// the heap, and little time.
func TestLarge(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(10)) // garbage is not what is measured
	label := string(byte(61)) + strings.Repeat("\\", 61)
	long := strings.Repeat(label, 4) + "\x00" // the longest name, each byte of which is escaped
	const question = 12 + 8 + 4               // a.test
	to := func(offset int) string { return string([]byte{0xc0 | byte(offset>>8), byte(offset)}) }
	target := question + 12 + 2 // of the first MX
	for _, c := range []struct {
		name, typ   string
		first, next []byte
		want        string // what the script prints of the answer
	}{
		{"names by reference", "mx", record(mdns.TypeMX, "\x00\x01"+long), record(mdns.TypeMX, "\x00\x01"+to(target)), "4079"},
		{"an empty text many times", "txt", record(mdns.TypeTXT, strings.Repeat("\x00", 65000)), nil, "1"},
		{"many texts", "txt", record(mdns.TypeTXT, "\x00"), record(mdns.TypeTXT, "\x00"), "5039"},
		{"addresses", "a", record(mdns.TypeA, "\x7f\x00\x00\x01"), record(mdns.TypeA, "\x7f\x00\x00\x01"), "4094"},
		{"a name that refers to itself", "mx", record(mdns.TypeMX, "\x00\x01"+to(target)), record(mdns.TypeMX, "\x00\x01"+to(target)), "NO_RECOVERY"},
		{"aliases of long names", "a", record(mdns.TypeCNAME, long), record(mdns.TypeCNAME, to(question+12)), ".*"},
		{"keys without meaning", "tlsa", record(mdns.TypeTLSA, strings.Repeat("x", 65000)), nil, ".*"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := dns.New(dns.Options{Servers: []string{large(t, c.first, c.next)}, Timeout: 10 * time.Second})
			runtime.GC()
			var out string
			var err error
			begin := time.Now()
			grown := runtest.Grows(func() {
				out, err = script(t.Context(), t, fmt.Sprintf(`$r = dns_query("a.test", ["type" => %q]); echo $r["error"] ?? length($r["result"]);`, c.typ), map[string]any{dns.Service: r})
			})
			if err != nil || c.want != ".*" && out != c.want {
				t.Errorf("got %.100q, %v, want %s", out, err, c.want)
			}
			if grown > 64<<20 {
				t.Errorf("the heap grew by %d MiB", grown>>20)
			}
			if d := time.Since(begin); d > 15*time.Second {
				t.Errorf("it took %s", d)
			}
		})
	}
}
