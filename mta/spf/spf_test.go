package spf_test

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
	mdns "github.com/miekg/dns"

	"github.com/hawser-mta/hawser/mta/spf"
	"github.com/hawser-mta/hawser/stdlib/dns"
)

// scenario is a document of the public suite.
type scenario struct {
	Description string
	Tests       map[string]struct {
		Helo, Host, MailFrom string
		Result               any
		Explanation          string
	}
	ZoneData map[string][]any
}

// zone answers like the DNS that a scenario describes.
type zone map[string][]any

func (z zone) Query(_ context.Context, name, typ string) *dns.Answer {
	name = strings.ToLower(strings.TrimSuffix(name, "."))
	for range 8 {
		records, ok := z[name]
		if !ok {
			return &dns.Answer{Error: dns.NXDomain}
		}
		a, alias := &dns.Answer{}, ""
		timeout := false
		// A policy stands under the old type too, if no TXT record says otherwise.
		want := strings.ToUpper(typ)
		if want == "TXT" && !slices.ContainsFunc(records, func(r any) bool { m, ok := r.(map[string]any); return ok && m["TXT"] != nil }) {
			want = "SPF"
		}
		for _, r := range records {
			m, ok := r.(map[string]any)
			if !ok {
				timeout = true
				continue
			}
			for k, v := range m {
				if k == "CNAME" {
					alias = strings.ToLower(fmt.Sprint(v))
				}
				if k == want && v != "NONE" {
					a.Records = append(a.Records, answer(typ, v))
				}
			}
		}
		switch {
		case len(a.Records) > 0:
			return a
		case timeout:
			return &dns.Answer{Error: dns.TryAgain}
		case alias == "":
			return a
		}
		name = alias
	}
	return &dns.Answer{Error: dns.ServFail}
}

func answer(typ string, v any) dns.Record {
	r := dns.Record{Text: fmt.Sprint(v)}
	switch list, _ := v.([]any); {
	case typ == "mx":
		r.Text = fmt.Sprint(list[1])
	case list != nil || typ == "txt" && v == nil:
		r.Text = ""
		for _, s := range list {
			r.Text += fmt.Sprint(s)
		}
	case typ == "a":
		r.RR = &mdns.A{A: net.ParseIP(r.Text)}
	case typ == "aaaa":
		r.RR = &mdns.AAAA{AAAA: net.ParseIP(r.Text)}
	}
	return r
}

// TestSuite runs the public suite of RFC 7208.
func TestSuite(t *testing.T) {
	t.Parallel()
	src, err := os.ReadFile("../../testdata/spf/rfc7208-tests.yml")
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for d := yaml.NewDecoder(bytes.NewReader(src)); ; {
		var s scenario
		if err := d.Decode(&s); err != nil {
			break
		}
		z := zone{}
		for name, records := range s.ZoneData {
			z[strings.ToLower(name)] = records
		}
		for name, c := range s.Tests {
			n++
			got := spf.Check(t.Context(), z, spf.Options{IP: netip.MustParseAddr(c.Host), Helo: c.Helo, Sender: c.MailFrom, Now: time.Unix(1_700_000_000, 0)})
			var want []string
			switch r := c.Result.(type) {
			case string:
				want = []string{r}
			case []any:
				for _, x := range r {
					want = append(want, fmt.Sprint(x))
				}
			}
			if !slices.Contains(want, string(got.Result)) {
				t.Errorf("%s / %s: got %s (%s), want %v", s.Description, name, got.Result, got.Reason, want)
			}
			if c.Explanation != "" && strings.TrimSuffix(c.Explanation, "DEFAULT") != got.Explanation {
				t.Errorf("%s / %s: explained %q, want %q", s.Description, name, got.Explanation, c.Explanation)
			}
		}
	}
	if n != 203 {
		t.Errorf("the suite has %d cases, 203 are known", n)
	}
}
