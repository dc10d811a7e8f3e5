package main_test

import (
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/hawser-mta/hawser/cmd/internal/servertest"
	"github.com/hawser-mta/hawser/mta/control"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/spool"
)

// spread is a spool of three paths.
const spread = `version: "6.10"
servers: [{ id: in, listeners: [{ address: 127.0.0.1, port: %d }] }]
environment: { hostname: mx.test }
spool:
  minfree: { bytes: 1MiB, inodes: 10 }
  paths: [{ path: spool/a, weight: 2 }, { path: spool/b }, { path: spool/c }]
`

// fates: what becomes of a message stands in its recipient. The next hop refuses
// what is to bounce; what is held stays in the spool.
const fates = `
foreach ($transaction["recipients"] as $r)
	$arguments["mail"]->queue($transaction["senderaddress"], $r["address"], $r["transportid"],
		["hold" => $r["address"]["localpart"] == "hold"]);
Accept();
`

// crowd sends messages of every fate until the server is gone, and keeps those
// that were accepted.
type crowd struct {
	mu       sync.Mutex
	next     int
	accepted map[string]string // fate by id
}

func (c *crowd) send(s *server) {
	for {
		c.mu.Lock()
		c.next++
		n := c.next
		c.mu.Unlock()
		id, fate := fmt.Sprintf("<%d@crowd>", n), []string{"deliver", "deliver", "deliver", "bounce", "hold"}[n%5]
		if s.Send("a@x.test", fate+"@y.test", "X-Id: "+id+"\r\n\r\n"+strings.Repeat("text\r\n", lines(n))) != nil {
			return
		}
		c.mu.Lock()
		c.accepted[id] = fate
		c.mu.Unlock()
	}
}

var xid = regexp.MustCompile(`(?m)^X-Id: (\S+)`)

// TestKilledAgainAndAgain kills a server with three spool paths at random moments
// while mail comes in and goes out. Afterwards each accepted message is delivered,
// bounced or held. A message comes again only when it was under way at a kill: never
// twice from one life of the server.
func TestKilledAgainAndAgain(t *testing.T) {
	t.Parallel()
	const rounds, clients = 10, 4
	hop := servertest.NewHop(t)
	hop.Refuse = func(to string) error {
		if strings.HasPrefix(to, "bounce@") {
			return &gosmtp.SMTPError{Code: 550, EnhancedCode: gosmtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
		}
		return nil
	}
	s := workspace(t, hop.Port, map[string]string{"hooks/eod/main.hsl": fates})
	s.Files(map[string]string{"config/smtpd.yaml": fmt.Sprintf(spread, s.Port)})
	c := &crowd{accepted: map[string]string{}}
	rng := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 1))
	until := make([]int, 0, rounds+1) // how many messages had arrived when a life ended
	for range rounds {
		s.Forget()
		s.Start()
		var all sync.WaitGroup
		for range clients {
			all.Go(func() { c.send(s) })
		}
		timer := time.NewTimer(time.Duration(20+rng.IntN(300)) * time.Millisecond)
		<-timer.C
		s.Kill()
		all.Wait()
		hop.Ended()
		until = append(until, len(hop.Mails()))
	}
	s.Forget()
	s.Start()
	missing := func() map[string]string {
		left := maps.Clone(c.accepted)
		maps.DeleteFunc(left, func(_, fate string) bool { return fate == "hold" })
		for _, m := range hop.Mails() {
			if id := xid.FindStringSubmatch(m); id != nil {
				delete(left, id[1])
			}
		}
		return left
	}
	s.Until("the last of the accepted messages", func() bool { return len(missing()) == 0 })
	// What an earlier life has sent, a notification as well, may be tried once more.
	kept := 0
	for _, fate := range c.accepted {
		if fate == "hold" {
			kept++
		}
	}
	s.Until("the end of all attempts", func() bool { return settled(t, s.Dir, kept) })
	s.Stop()
	until = append(until, len(hop.Mails()))

	held := spooled(t, s.Dir)
	delivered, bounced := map[string]int{}, map[string]int{}
	again, last := 0, map[string]int{} // the life in which an id came last
	from := 0
	for n, end := range until {
		for _, m := range hop.Mails()[from:end] {
			id := xid.FindStringSubmatch(m)
			if id == nil {
				t.Errorf("what is this: %.200s", m)
				continue
			}
			if strings.Contains(m, "multipart/report") {
				// A life may send a report that the last one left, and its own.
				bounced[id[1]]++
				continue
			}
			if delivered[id[1]]++; delivered[id[1]] > 1 {
				if again++; last[id[1]] == n {
					t.Errorf("%s came twice in life %d", id[1], n)
				}
			}
			last[id[1]] = n
		}
		from = end
	}
	for id, fate := range c.accepted {
		got := [3]bool{delivered[id] > 0, bounced[id] > 0, held[id] > 0}
		if want := [3]bool{fate == "deliver", fate == "bounce", fate == "hold"}; got != want {
			t.Errorf("%s was to %s, but delivered, bounced, held: %v", id, fate, got)
		}
	}
	if len(c.accepted) < 20*rounds/10 {
		t.Errorf("only %d messages were accepted", len(c.accepted))
	}
	t.Logf("%d accepted: %d delivered, %d bounced, %d held; %d came again after one of %d kills",
		len(c.accepted), len(delivered), len(bounced), len(held), again, rounds)
}

// settled reports whether the queue of a server has held messages only, so many at least.
func settled(t *testing.T, dir string, held int) bool {
	c, err := control.Dial(t.Context(), "unix", filepath.Join(dir, "run/hawserd.sock"), nil)
	if err != nil {
		return false
	}
	defer c.Close()
	var list []control.Sample
	if err := c.Call(t.Context(), 'q', nil, &list); err != nil {
		t.Error(err)
	}
	others := 0.0
	for _, x := range list {
		switch x.Metric {
		case "queue.hold":
			if x.Value < float64(held) {
				return false
			}
		case "queue.defer", "queue.working", "queue.sending", "queue.active.priority0", "queue.active.priority1", "queue.loader.active":
			others += x.Value
		}
	}
	return len(list) > 0 && others == 0
}

// spooled reads the ids of the messages that lie in the spool of a server that
// has ended.
func spooled(t *testing.T, dir string) map[string]int {
	t.Helper()
	o := spool.Options{Logger: slog.New(slog.DiscardHandler)}
	for _, p := range []string{"a", "b", "c"} {
		o.Paths = append(o.Paths, spool.Path{Path: filepath.Join(dir, "spool", p)})
	}
	s, err := spool.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]int{}
	paths := map[int]int{}
	var mu sync.Mutex
	if err := s.Recover(func(units []*spool.Unit) error {
		mu.Lock()
		defer mu.Unlock()
		for _, u := range units {
			src, err := s.Content(u)
			if err != nil {
				return err
			}
			b, err := message.ReadRange(src, 0, src.Size())
			if err != nil {
				return err
			}
			paths[u.Path]++
			out[xid.FindStringSubmatch(string(b))[1]]++
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if len(out) > 30 && len(paths) < 3 {
		t.Errorf("units lie in %v, not in all paths", paths)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	return out
}
