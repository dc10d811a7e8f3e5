package loadgen

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/cmd/internal/servertest"
	"github.com/hawser-mta/hawser/cmd/internal/sink"
)

func run(t *testing.T, o Options) *Result {
	t.Helper()
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestLatencies(t *testing.T) {
	t.Parallel()
	s := servertest.Sink(t, sink.Options{})
	for _, o := range []Options{{}, {NoPipelining: true}, {Recipients: 3}} {
		o.To, o.Clients, o.Messages, o.PerConn = s.Addr(), 4, 120, 7
		r := run(t, o)
		if !r.OK() || r.Messages != 120 || r.Bytes != 120*4096 || r.Connections < 120/7 || r.PerSecond <= 0 {
			t.Errorf("got %+v", r)
		}
		conns, rcpt := uint64(r.Connections), uint64(120*max(1, o.Recipients))
		for name, n := range map[string]uint64{Connect: conns, Banner: conns, Helo: conns, Mail: 120, Rcpt: rcpt, Data: 120, EOD: 120, Transaction: 120} {
			l := r.Latency[name]
			if l.Count != n || l.P50 <= 0 || l.P50 > l.P90 || l.P90 > l.P99 || l.P99 > l.P999 || l.P999 > l.Max || l.Max > 1000*r.Seconds {
				t.Errorf("%s: got %+v, want %d", name, l, n)
			}
		}
		if r.Latency[Transaction].P50 < r.Latency[EOD].P50 {
			t.Error("transactions are shorter than their end")
		}
	}
}

// scripted serves one connection of the generator.
func scripted(t *testing.T, serve func(r *bufio.Reader, w io.Writer)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		nc, err := ln.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		serve(bufio.NewReader(nc), nc)
	}()
	return ln.Addr().String()
}

// TestPipelining: a server that waits for DATA before it answers MAIL is served
// when it offers PIPELINING, and only then.
func TestPipelining(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		offer  string
		off    bool
		groups bool
	}{{"250-x\r\n250 PIPELINING\r\n", false, true}, {"250-x\r\n250 PIPELINING\r\n", true, false}, {"250-x\r\n250 SIZE\r\n", false, false}} {
		var early []string
		to := scripted(t, func(r *bufio.Reader, w io.Writer) {
			fmt.Fprint(w, "220 x\r\n")
			line := func() string { l, _ := r.ReadString('\n'); return strings.TrimSpace(l) }
			line()
			fmt.Fprint(w, c.offer)
			if c.groups {
				line()
				line()
				line()
				fmt.Fprint(w, "250 ok\r\n250 ok\r\n354 go\r\n")
			} else {
				for _, reply := range []string{"250 ok", "250 ok", "354 go"} {
					early = append(early, line()[:4])
					if r.Buffered() > 0 {
						early = append(early, "early")
					}
					fmt.Fprint(w, reply+"\r\n")
				}
			}
			for line() != "." {
			}
			fmt.Fprint(w, "250 ok\r\n")
			line()
			fmt.Fprint(w, "221 bye\r\n")
		})
		r := run(t, Options{To: to, Clients: 1, Messages: 1, NoPipelining: c.off})
		if !r.OK() || r.Messages != 1 {
			t.Errorf("%+v: got %+v", c, r)
		}
		want := []string{"MAIL", "RCPT", "DATA"}
		if c.groups {
			want = nil
		}
		if d := cmp.Diff(want, early); d != "" {
			t.Errorf("%+v: %s", c, d)
		}
	}
}

// TestFailures: each message that is not accepted has failed, for a cause that is
// named, and the run ends.
func TestFailures(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := ln.Addr().String()
	_ = ln.Close()
	ended := scripted(t, func(r *bufio.Reader, w io.Writer) {
		fmt.Fprint(w, "220 x\r\n")
		_, _ = r.ReadString('\n')
		fmt.Fprint(w, "250 x\r\n")
		_, _ = r.ReadString('\n')
	})
	for _, c := range []struct {
		name string
		o    Options
		want map[string]int
	}{
		{"nobody listens", Options{To: closed, Messages: 2}, map[string]int{"connect lost": 2}},
		{"the peer ends", Options{To: ended, Messages: 1}, map[string]int{"mail lost": 1}},
		{"no STARTTLS", Options{To: servertest.Sink(t, sink.Options{}).Addr(), Messages: 2, StartTLS: true}, map[string]int{"starttls not offered": 2}},
		{"SMTP to LMTP", Options{To: servertest.Sink(t, sink.Options{LMTP: true}).Addr(), Messages: 1}, map[string]int{"helo 500": 1}},
		{"421 ends a connection", Options{To: servertest.Sink(t, sink.Options{Limits: sink.Limits{Messages: 1}}).Addr(), Messages: 3}, map[string]int{"mail 421": 1}},
		{"every recipient", Options{To: servertest.Sink(t, sink.Options{Failures: sink.Failures{{Stage: sink.Rcpt, Share: 1, Code: 550}}}).Addr(), Messages: 3, Recipients: 2},
			map[string]int{"rcpt 550": 6}},
		{"MAIL", Options{To: servertest.Sink(t, sink.Options{Failures: sink.Failures{{Stage: sink.Mail, Share: 1, Code: 451}}}).Addr(), Messages: 3, NoPipelining: true},
			map[string]int{"mail 451": 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.o.Clients = 1
			r := run(t, c.o)
			if d := cmp.Diff(c.want, r.Failures); d != "" || r.OK() || r.Messages+r.Failed != c.o.Messages {
				t.Errorf("%s in %+v", d, r)
			}
		})
	}
}

// TestRefusedRecipients: a message that some recipients get is accepted.
func TestRefusedRecipients(t *testing.T) {
	t.Parallel()
	s := servertest.Sink(t, sink.Options{Failures: sink.Failures{{Stage: sink.Rcpt, Share: .5, Code: 550}}, Seed: 4})
	r := run(t, Options{To: s.Addr(), Clients: 2, Messages: 100, Recipients: 2})
	c := s.Counts()
	if r.Messages != c.Messages || r.Refused == 0 || r.Refused+2*r.Failed != r.Failures["rcpt 550"] || c.Recipients != 2*r.Messages-r.Refused {
		t.Errorf("got %+v and %+v", r, c)
	}
}

func TestDuration(t *testing.T) {
	t.Parallel()
	s := servertest.Sink(t, sink.Options{})
	r := run(t, Options{To: s.Addr(), Clients: 2, Duration: time.Second, Rate: 20})
	if r.Messages < 1 || r.Messages > 20 || r.Seconds > 60 {
		t.Errorf("got %+v, want 20 messages at most", r)
	}
}

// TestPlan: numbers come once each, at the times of the rate, on virtual time.
func TestPlan(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := &plan{o: Options{Messages: 11, Rate: 5}, start: time.Now()}
		for i := range 11 {
			n, ok := p.next(t.Context())
			if d := time.Since(p.start); n != i || !ok || d != time.Duration(i)*200*time.Millisecond {
				t.Errorf("got %d, %v after %s", n, ok, d)
			}
		}
		if _, ok := p.next(t.Context()); ok {
			t.Error("a twelfth message")
		}
		p = &plan{o: Options{Duration: time.Second, Rate: 5}, start: time.Now()}
		n := 0
		for ; n < 100; n++ {
			if _, ok := p.next(t.Context()); !ok {
				break
			}
		}
		if n != 5 {
			t.Errorf("%d messages in a second, want 5", n)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		p = &plan{o: Options{Messages: 5, Rate: .1}, start: time.Now()}
		_, first := p.next(ctx)
		_, second := p.next(ctx)
		if !first || second || time.Since(p.start) != time.Second {
			t.Errorf("got %v, %v after %s", first, second, time.Since(p.start))
		}
	})
}

func TestLetter(t *testing.T) {
	t.Parallel()
	ids := map[string]bool{}
	for size := minSize; size < minSize+200; size++ {
		o := Options{To: "x:25", Messages: 1, Size: size, Recipients: 2, Recipient: "u{n}-{r}@d{d}.test", Domains: 3}
		if err := o.check(); err != nil {
			t.Fatal(err)
		}
		c := &client{p: &plan{o: o, start: time.Now(), body: body(size)}, zipf: rand.NewZipf(rand.New(rand.NewPCG(1, 2)), zipfExponent, 1, 2)}
		l := c.letter(size)
		text := string(l.content)
		if len(text) != size || !strings.HasSuffix(text, "\r\n") || strings.Count(text, "\r") != strings.Count(text, "\r\n") || strings.Count(text, "\n") != strings.Count(text, "\r\n") {
			t.Fatalf("size %d: got %d bytes: %q", size, len(text), text)
		}
		if !strings.HasPrefix(l.rcpt[1], fmt.Sprintf("u%d-1@d", size)) {
			t.Errorf("got %q", l.rcpt)
		}
		_, id, _ := strings.Cut(text, "Message-ID: ")
		id, _, _ = strings.Cut(id, "\r\n")
		ids[id] = true
	}
	if len(ids) != 200 {
		t.Errorf("%d different ids, want 200", len(ids))
	}
}

// TestHistogram: quantiles are those of the sorted durations, at most a 128th more.
func TestHistogram(t *testing.T) {
	t.Parallel()
	rng := rand.New(rand.NewPCG(1, 1))
	for range 50 {
		var h histogram
		var all []time.Duration
		for range 1 + rng.IntN(2000) {
			d := time.Duration(rng.Int64N(1 << (1 + rng.IntN(45))))
			all = append(all, d)
			h.add(d)
		}
		slices.Sort(all)
		for _, q := range []float64{0, .5, .9, .99, .999, 1} {
			rank := max(1, int(q*float64(len(all))+.999999))
			want, got := all[rank-1], h.quantile(q)
			if got < want || float64(got) > float64(want)*(1+1./sub) {
				t.Fatalf("quantile %g of %d: got %d, want %d", q, len(all), got, want)
			}
		}
	}
	var h histogram
	h.add(-1)
	h.add(1 << 62)
	if h.quantile(1) != 1<<62 || h.quantile(.5) != 0 {
		t.Errorf("got %d and %d", h.quantile(1), h.quantile(.5))
	}
}

func TestOptions(t *testing.T) {
	t.Parallel()
	for want, o := range map[string]Options{
		"got address 'x', want HOST:PORT":                           {To: "x", Messages: 1},
		"want a number of messages or a time, one of both":          {To: "x:25"},
		"want a number of messages or a time, one of both ":         {To: "x:25", Messages: 1, Duration: time.Second},
		"got 10001 clients, want 1 to 10000":                        {To: "x:25", Messages: 1, Clients: 10_001},
		"got 10 bytes of a message, want 300 to 1073741824":         {To: "x:25", Messages: 1, Size: 10},
		"got a rate of -1 per second, want 0 to 1e9":                {To: "x:25", Messages: 1, Rate: -1},
		"got 'a@x.test>\r\nRSET', want an address without brackets": {To: "x:25", Messages: 1, Sender: "a@x.test>\r\nRSET"},
		"got -1 messages on a connection, want 0 to 1000000000":     {To: "x:25", Messages: 1, PerConn: -1},
		"got 90000 seconds, want 0 to 86400":                        {To: "x:25", Duration: 25 * time.Hour},
		"got 20000 recipients of a message, want 1 to 10000":        {To: "x:25", Messages: 1, Recipients: 20_000},
	} {
		_, err := Run(t.Context(), o)
		if err == nil || err.Error() != strings.TrimSuffix(want, " ") {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
