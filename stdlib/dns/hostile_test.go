package dns_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/dns"
	"github.com/hawser-mta/hawser/stdlib/dns/dnstest"
	mdns "github.com/miekg/dns"
)

// misbehave is a server that answers each question over UDP with datagrams of its own,
// and over TCP with nothing.
func misbehave(t *testing.T, answers func(q *mdns.Msg) [][]byte) (port int) {
	t.Helper()
	pc, ln := dnstest.Ports(t)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 4096)
		for {
			n, peer, err := pc.ReadFrom(buf)
			if err != nil {
				return
			}
			q := new(mdns.Msg)
			if q.Unpack(buf[:n]) != nil {
				continue
			}
			for _, a := range answers(q) {
				_, _ = pc.WriteTo(a, peer)
			}
		}
	}()
	t.Cleanup(func() { _, _ = pc.Close(), ln.Close(); <-done })
	return pc.LocalAddr().(*net.UDPAddr).Port
}

// reply is an answer with records, changed by edit.
func reply(t *testing.T, q *mdns.Msg, edit func(m *mdns.Msg), records ...string) []byte {
	m := new(mdns.Msg)
	m.SetReply(q)
	for _, s := range records {
		rr, err := mdns.NewRR(s)
		if err != nil {
			t.Error(err)
			return nil
		}
		m.Answer = append(m.Answer, rr)
	}
	if edit != nil {
		edit(m)
	}
	raw, err := m.Pack()
	if err != nil {
		t.Error(err)
	}
	return raw
}

// TestMisbehaving asks servers that do not do as they should.
func TestMisbehaving(t *testing.T) {
	t.Parallel()
	const good, forged = "a.test. 60 IN A 192.0.2.1", "a.test. 60 IN A 192.0.2.66"
	one := func(b []byte) [][]byte { return [][]byte{b} }
	many := func(n int) (list []string) {
		for i := range n {
			list = append(list, fmt.Sprintf("c%d.test. 60 IN CNAME c%d.test.", i, i+1))
		}
		return list
	}
	const found, again, fatal = `["result"=>[0=>"192.0.2.1"],"dnssec"=>false]`, `["error"=>"TRY_AGAIN","dnssec"=>false]`, `["error"=>"NO_RECOVERY","dnssec"=>false]`
	for _, c := range []struct {
		name, host, want string
		answers          func(q *mdns.Msg) [][]byte
	}{
		{"silent", "a.test", again, func(*mdns.Msg) [][]byte { return nil }},
		{"wrong id, then the right one", "a.test", found, func(q *mdns.Msg) [][]byte {
			return [][]byte{reply(t, q, func(m *mdns.Msg) { m.Id++ }, forged), reply(t, q, nil, good)}
		}},
		{"only a wrong id", "a.test", again, func(q *mdns.Msg) [][]byte { return one(reply(t, q, func(m *mdns.Msg) { m.Id++ }, forged)) }},
		{"wrong name, then the right one", "a.test", found, func(q *mdns.Msg) [][]byte {
			return [][]byte{reply(t, q, func(m *mdns.Msg) { m.Question[0].Name = "b.test." }, forged), reply(t, q, nil, good)}
		}},
		{"wrong type, then the right one", "a.test", found, func(q *mdns.Msg) [][]byte {
			return [][]byte{reply(t, q, func(m *mdns.Msg) { m.Question[0].Qtype = mdns.TypeMX }, forged), reply(t, q, nil, good)}
		}},
		{"only a wrong question", "a.test", fatal, func(q *mdns.Msg) [][]byte {
			return one(reply(t, q, func(m *mdns.Msg) { m.Question[0].Name = "b.test." }, forged))
		}},
		{"a question back", "a.test", fatal, func(q *mdns.Msg) [][]byte { return one(reply(t, q, func(m *mdns.Msg) { m.Response = false }, forged)) }},
		{"no question", "a.test", fatal, func(q *mdns.Msg) [][]byte { return one(reply(t, q, func(m *mdns.Msg) { m.Question = nil }, forged)) }},
		{"rubbish, then an answer", "a.test", found, func(q *mdns.Msg) [][]byte {
			return [][]byte{[]byte("rubbish"), {}, {1}, reply(t, q, nil, good)}
		}},
		{"cut off", "a.test", fatal, func(q *mdns.Msg) [][]byte { b := reply(t, q, nil, good); return one(b[:len(b)-3]) }},
		{"promises more on TCP", "a.test", again, func(q *mdns.Msg) [][]byte {
			return one(reply(t, q, func(m *mdns.Msg) { m.Truncated = true }, forged))
		}},
		{"records of another name", "a.test", `["result"=>[],"dnssec"=>false]`, func(q *mdns.Msg) [][]byte {
			return one(reply(t, q, nil, "b.test. 60 IN A 192.0.2.66", "a.test. 60 CH A 192.0.2.66", "a.test. 60 IN TXT x"))
		}},
		{"an alias behind its target", "b.test", found, func(q *mdns.Msg) [][]byte {
			return one(reply(t, q, nil, good, "c.test. 60 IN CNAME A.test.", "b.test. 60 IN CNAME C.test."))
		}},
		{"other case", "a.test", found, func(q *mdns.Msg) [][]byte {
			return one(reply(t, q, func(m *mdns.Msg) { m.Question[0].Name = "A.TEST." }, "A.tesT. 60 IN A 192.0.2.1"))
		}},
		{"aliases without end", "c0.test", `["error"=>"SERVFAIL","dnssec"=>false]`, func(q *mdns.Msg) [][]byte { return one(reply(t, q, nil, many(40)...)) }},
		{"an alias of itself", "x.test", `["error"=>"SERVFAIL","dnssec"=>false]`, func(q *mdns.Msg) [][]byte {
			return one(reply(t, q, nil, "x.test. 60 IN CNAME y.test.", "y.test. 60 IN CNAME x.test."))
		}},
		{"NOTIMP", "a.test", `["error"=>"NOTIMP","dnssec"=>false]`, func(q *mdns.Msg) [][]byte {
			return one(reply(t, q, func(m *mdns.Msg) { m.Rcode = mdns.RcodeNotImplemented }))
		}},
		{"FORMERR without the question", "a.test", `["error"=>"FORMERR","dnssec"=>false]`, func(q *mdns.Msg) [][]byte {
			return one(reply(t, q, func(m *mdns.Msg) { m.Rcode, m.Question = mdns.RcodeFormatError, nil }))
		}},
		{"an rcode that nobody knows", "a.test", fatal, func(q *mdns.Msg) [][]byte { return one(reply(t, q, func(m *mdns.Msg) { m.Rcode = 14 })) }},
		{"authenticated absence", "a.test", `["error"=>"NXDOMAIN","dnssec"=>true]`, func(q *mdns.Msg) [][]byte {
			return one(reply(t, q, func(m *mdns.Msg) { m.Rcode, m.AuthenticatedData = mdns.RcodeNameError, true }))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			port := misbehave(t, c.answers)
			// What waits in vain does so for the whole time, what does not has enough of it.
			timeout := 20.0
			if c.want == again || c.want == fatal {
				timeout = 0.2
			}
			got, err := script(t.Context(), t, fmt.Sprintf(`echo dns_query(%q, ["servers" => ["127.0.0.1"], "port" => %d, "timeout" => %v]);`, c.host, port, timeout), nil)
			if d := cmp.Diff(c.want, got); d != "" || err != nil {
				t.Errorf("%v (-want +got)\n%s", err, d)
			}
		})
	}
}

// TestWholeTime makes sure that timeout counts for all questions of a query together.
func TestWholeTime(t *testing.T) {
	t.Parallel()
	n := 0
	port := misbehave(t, func(q *mdns.Msg) [][]byte {
		if n++; n > 3 {
			return nil
		}
		return [][]byte{reply(t, q, nil, fmt.Sprintf("%s 60 IN CNAME n%d.test.", q.Question[0].Name, n))}
	})
	got, err := script(t.Context(), t, fmt.Sprintf(`echo dns_query("a.test", ["servers" => ["127.0.0.1", "127.0.0.1", "::1"], "port" => %d, "timeout" => 0.3]);`, port), nil)
	if want := `["error"=>"TRY_AGAIN","dnssec"=>false]`; got != want || err != nil {
		t.Errorf("got %s %v", got, err)
	}
	r := dns.New(dns.Options{Servers: []string{fmt.Sprintf("127.0.0.1:%d", port)}, Timeout: 300 * time.Millisecond, Retries: 60})
	begin := time.Now()
	if a := r.Query(t.Context(), "a.test", "a"); a.Error != dns.TryAgain || time.Since(begin) > 30*time.Second {
		t.Errorf("got %+v after %s", a, time.Since(begin))
	}
}

// TestCancelled makes sure that a query ends with its script.
func TestCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	port := misbehave(t, func(*mdns.Msg) [][]byte { cancel(); return nil })
	begin := time.Now()
	out, err := script(ctx, t, fmt.Sprintf(`dns_query("a.test", ["servers" => ["127.0.0.1"], "port" => %d, "timeout" => 300]); echo "after";`, port), nil)
	var cancelled *vm.CancelError
	if !errors.As(err, &cancelled) || out != "" || time.Since(begin) > 30*time.Second {
		t.Errorf("got %q, %v after %s", out, err, time.Since(begin))
	}
}

// TestArguments are those that end in an exception.
func TestArguments(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ options, want string }{
		{`"type" => "any"`, "type must be a, aaaa"},
		{`"servers" => ["localhost"]`, "servers must be a list of IP addresses"},
		{`"servers" => ["127.0.0.1"], "port" => 0`, "port must be 1 to 65535"},
		{`"servers" => ["127.0.0.1"], "port" => 65536`, "port must be 1 to 65535"},
		{`"timeout" => "x"`, "timeout must be number"},
		{`"timeout" => -1`, "timeout must be a number of seconds"},
		{``, "not available"},
	} {
		if _, err := script(t.Context(), t, `dns_query("a.test", [`+c.options+`]);`, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q", c.options, err, c.want)
		}
	}
}
