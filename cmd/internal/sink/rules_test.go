package sink

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestRules(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"rcpt=5%:550,mail=2.5%:451": "",
		"rcpt":                      "got 'rcpt', want STAGE=SHARE%:CODE such as rcpt=5%:550",
		"rcpt=5:550":                "got '5', want a share from 0% to 100%",
		"rcpt=NaN%:550":             "got 'NaN%', want a share from 0% to 100%",
		"rcpt=5%:250":               "got code '250', want 400 to 599",
		"rcpt=5%:x":                 "got code 'x', want 400 to 599",
		"rset=5%:550":               "got stage 'rset', want one of connect, helo, mail, rcpt, data, eod",
		"rcpt=60%:550,rcpt=50%:450": "the shares of stage rcpt are over 100%",
	} {
		var f Failures
		got := ""
		if err := f.UnmarshalText([]byte(text)); err != nil {
			got = err.Error()
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", text, d)
		}
	}
	for text, want := range map[string]string{
		"rcpt=20ms,eod=1.5s": "",
		"rcpt":               "got 'rcpt', want STAGE=TIME such as rcpt=20ms",
		"rcpt=20":            "got '20', want a time such as 20ms or 1.5s",
		"rcpt=-1s":           "got '-1s', want a time such as 20ms or 1.5s",
		"x=1s":               "got stage 'x', want one of connect, helo, mail, rcpt, data, eod",
	} {
		var d Delays
		got := ""
		if err := d.UnmarshalText([]byte(text)); err != nil {
			got = err.Error()
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
	}
	for _, o := range []Options{{Off: []string{"SIZE"}}, {Limits: Limits{Total: -1}}, {MaxSize: -1}, {Failures: Failures{{Mail, .1, 200}}}} {
		if _, err := New(o); err == nil || strings.Contains(err.Error(), "sink.") {
			t.Errorf("%+v: got %v", o, err)
		}
	}
}

// TestChance: draws are spread evenly, and those of stages are not alike.
func TestChance(t *testing.T) {
	t.Parallel()
	c := chance{seed: 1}
	var tenths [10]int
	same := 0
	for range 10_000 {
		a, b := c.draw(Mail, false), c.draw(Rcpt, true)
		tenths[int(a*10)]++
		if int(a*10) == int(b*10) {
			same++
		}
	}
	late := chance{seed: 1}
	for range 100 {
		late.draw(Mail, true) // delays take nothing from failures
	}
	if a, b := late.draw(Mail, false), (&chance{seed: 1}).draw(Mail, false); a != b {
		t.Errorf("the first draw is %g and %g", a, b)
	}
	for i, n := range append(tenths[:], same) {
		if n < 850 || n > 1150 {
			t.Errorf("%d: %d of 10000, want about 1000", i, n)
		}
	}
}

func TestGreylistTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		g := greylist{wait: 5 * time.Minute}
		client := netip.MustParseAddr("192.0.2.1")
		for i, want := range []bool{false, false, true, true} {
			if got := g.pass(client, "a@x.test", "b@y.test"); got != want {
				t.Errorf("try %d: got %v, want %v", i+1, got, want)
			}
			time.Sleep(150 * time.Second)
		}
		if g.pass(netip.MustParseAddr("192.0.2.2"), "a@x.test", "b@y.test") || g.pass(client, "", "b@y.test") {
			t.Error("other triples pass")
		}
	})
}

func TestJournal(t *testing.T) {
	t.Parallel()
	at := func(ms int) time.Time { return time.UnixMilli(int64(ms)) }
	j := journal{max: 4}
	for i := range 6 {
		j.add(Event{Time: at(i)})
	}
	if got := j.all(); len(got) != 4 || got[0].Time != at(2) || got[3].Time != at(5) || j.lost != 2 {
		t.Errorf("got %v and %d lost", got, j.lost)
	}
	a, b := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	events := []Event{{Kind: Open, Client: a}, {Kind: Open, Client: b}, {Kind: Open, Client: a}, {Kind: Close, Client: a}, {Kind: Open, Client: a}, {Kind: Close, Client: b}}
	if d := cmp.Diff(map[string]int{"192.0.2.1": 2, "192.0.2.2": 1}, Peak(events, Open, Close, ByClient)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(map[string]int{"": 3}, Peak(events, Open, Close, All)); d != "" {
		t.Error(d)
	}
	var sent []Event
	for _, ms := range []int{0, 900, 1000, 2000, 2900} {
		sent = append(sent, Event{Kind: Message, Time: at(ms), Domain: "y.test"}, Event{Kind: Begin, Time: at(ms), Domain: "y.test"})
	}
	if d := cmp.Diff(map[string]int{"y.test": 2}, Busiest(sent, Message, time.Second, ByDomain)); d != "" {
		t.Error(d)
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	c := Counts{Connections: 3, Peak: 2, PeakByClient: map[string]int{"192.0.2.1": 2}, Messages: 4, Recipients: 5, Bytes: 5_000_000,
		Refused: map[string]int{"rcpt 550": 1, "data 451": 2}, Domains: map[string]int{}, Seconds: 2, PerSecond: Rate{2, 1, 2, 3, 3}}
	for i := range 22 {
		c.Domains["d"+string(rune('a'+i))+".test"] = 1
	}
	var b strings.Builder
	if err := c.Text(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"connections   3, at once 2\n", "at once from  192.0.2.1: 2\n", "messages      4 accepted for 5 recipients, 5.00 MB\n",
		"rate          mean 2.0/s; by second p50 1, p90 2, p99 3, max 3, over 2.00 s\n", "refused       data 451: 2\nrefused       rcpt 550: 1\n", "domain        2 more\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("%q is missing in\n%s", want, b.String())
		}
	}
}
