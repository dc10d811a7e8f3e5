package control

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/runtime/pcre"
)

// test reports whether a unit fits one condition.
type test func(*queue.Item) bool

// Filter is Conditions ready to be asked. Early holds what the queue can tell from
// memory (queue.Selection), late what only a whole unit shows.
type Filter struct{ early, late []test }

// Match reports whether a whole unit fits.
func (f *Filter) Match(it *queue.Item) bool { return fits(f.early, it) && fits(f.late, it) }

// Empty reports whether the filter chooses everything.
func (f *Filter) Empty() bool { return len(f.early)+len(f.late) == 0 }

// Selection returns the filter as the queue takes it.
func (f *Filter) Selection() queue.Selection {
	s := queue.Selection{}
	if len(f.early) > 0 {
		s.Early = func(it *queue.Item) bool { return fits(f.early, it) }
	}
	if len(f.late) > 0 {
		s.Match = func(it *queue.Item) bool { return fits(f.late, it) }
	}
	return s
}

func fits(tests []test, it *queue.Item) bool {
	for _, t := range tests {
		if !t(it) {
			return false
		}
	}
	return true
}

// Filter compiles the conditions; ages count from now.
func (c *Conditions) Filter(now time.Time) (*Filter, error) {
	f := &Filter{}
	b := builder{f: f}
	b.texts(c.TransportIDs, func(it *queue.Item) string { return it.TransportID })
	b.texts(c.JobIDs, func(it *queue.Item) string { return it.JobID })
	b.texts(c.TenantIDs, func(it *queue.Item) string { return it.TenantID })
	b.texts(c.Groupings, func(it *queue.Item) string { return it.Facts.Grouping })
	b.domains(c.RecipientDomains, &f.early, func(it *queue.Item) string { return it.Recipient.Domain })
	b.domains(c.RemoteMXs, &f.early, func(it *queue.Item) string { return it.Facts.RemoteMX })
	b.domains(c.SenderDomains, &f.late, func(it *queue.Item) string { return it.Sender.Domain })
	b.networks("remoteips", c.RemoteIPs, &f.early, func(it *queue.Item) []netip.Addr { return []netip.Addr{it.Facts.RemoteIP} })
	b.networks("localips", c.LocalIPs, &f.early, func(it *queue.Item) []netip.Addr { return sources(it) })
	b.networks("senderips", c.SenderIPs, &f.late, func(it *queue.Item) []netip.Addr {
		ip, _ := netip.ParseAddr(it.Unit.RemoteIP) // one that is none fits nothing
		return []netip.Addr{ip}
	})
	b.ids(c.IDs)
	b.states(c.Queues)
	b.numbers("ages", c.Ages, &f.early, func(it *queue.Item) float64 { return now.Sub(it.Received).Seconds() })
	b.numbers("sizes", c.Sizes, &f.early, func(it *queue.Item) float64 { return float64(it.Size) })
	b.numbers("priorities", c.Priorities, &f.early, func(it *queue.Item) float64 { return float64(it.Priority) })
	b.numbers("retrydelays", c.RetryDelays, &f.early, func(it *queue.Item) float64 { return max(0, it.Due.Sub(now).Seconds()) })
	b.numbers("retrycounts", c.RetryCounts, &f.late, func(it *queue.Item) float64 { return float64(it.Retry) })
	b.moments(c.TSs)
	b.mailboxes("senders", c.Senders, &f.late, func(it *queue.Item) address.Address { return it.Sender })
	b.mailboxes("recipients", c.Recipients, &f.late, func(it *queue.Item) address.Address { return it.Recipient })
	b.metadata(c.Metadata)
	return f, b.err
}

func sources(it *queue.Item) []netip.Addr {
	var out []netip.Addr
	for _, s := range it.Sources {
		if s.IP.IsValid() && !slices.Contains(out, s.IP) {
			out = append(out, s.IP)
		}
	}
	return out
}

// builder adds tests to a filter and keeps the first error.
type builder struct {
	f   *Filter
	err error
}

func (b *builder) fail(format string, args ...any) {
	if b.err == nil {
		b.err = fmt.Errorf(format, args...)
	}
}

// any adds a test that holds when one of several does.
func (b *builder) any(to *[]test, list []test) {
	if len(list) > 0 {
		*to = append(*to, func(it *queue.Item) bool {
			return slices.ContainsFunc(list, func(t test) bool { return t(it) })
		})
	}
}

func (b *builder) texts(list []Value, of func(*queue.Item) string) {
	if len(list) == 0 {
		return
	}
	want := map[string]bool{}
	for _, v := range list {
		want[v.Value] = true
	}
	b.f.early = append(b.f.early, func(it *queue.Item) bool { return want[of(it)] })
}

func (b *builder) domains(list []Value, to *[]test, of func(*queue.Item) string) {
	var tests []test
	for _, v := range list {
		is := domain(v.Value)
		tests = append(tests, func(it *queue.Item) bool { return is(of(it)) })
	}
	b.any(to, tests)
}

// domain returns a test for a domain or all below *.
func domain(want string) func(string) bool {
	want = strings.ToLower(address.ASCIIDomain(want))
	if suffix, ok := strings.CutPrefix(want, "*."); ok {
		return func(s string) bool { return strings.HasSuffix(strings.ToLower(address.ASCIIDomain(s)), "."+suffix) }
	}
	return func(s string) bool { return s == want || strings.EqualFold(address.ASCIIDomain(s), want) }
}

func (b *builder) networks(name string, list []Value, to *[]test, of func(*queue.Item) []netip.Addr) {
	var tests []test
	for _, v := range list {
		n, err := network(v.Value)
		if err != nil {
			b.fail("%s: %w", name, err)
			return
		}
		tests = append(tests, func(it *queue.Item) bool {
			return slices.ContainsFunc(of(it), func(ip netip.Addr) bool { return n.Contains(ip.Unmap()) })
		})
	}
	b.any(to, tests)
}

func network(s string) (netip.Prefix, error) {
	if ip, err := netip.ParseAddr(s); err == nil {
		return netip.PrefixFrom(ip.Unmap(), ip.Unmap().BitLen()), nil
	}
	n, err := netip.ParsePrefix(s)
	if err != nil {
		return n, fmt.Errorf("got '%s', want an address or a network such as 192.0.2.0/24", s)
	}
	return n.Masked(), nil
}

func (b *builder) ids(list []ID) {
	if len(list) == 0 {
		return
	}
	want := map[ID]bool{}
	for _, id := range list {
		want[id] = true
	}
	b.f.early = append(b.f.early, func(it *queue.Item) bool {
		return want[ID{it.Transaction, it.Queue}] || want[ID{it.Transaction, 0}]
	})
}

// states are the names of spec mta 4.1, and INCOMING.
var states = []string{"ACTIVE", "DEFER", "SENDING", "UNKNOWN", "HOLD", "UPDATE", "INCOMING"}

func (b *builder) states(list []State) {
	if len(list) == 0 {
		return
	}
	want := map[string]bool{}
	for _, s := range list {
		name := strings.ToUpper(s.Queue)
		if !slices.Contains(states, name) {
			b.fail("queues: got '%s', want one of %s", s.Queue, strings.Join(states, ", "))
			return
		}
		want[name] = true
	}
	b.f.early = append(b.f.early, func(it *queue.Item) bool {
		return want[it.State.String()] || it.Incoming && want["INCOMING"]
	})
}

func (b *builder) mailboxes(name string, list []Mailbox, to *[]test, of func(*queue.Item) address.Address) {
	var tests []test
	for _, m := range list {
		local, dom := func(string) bool { return true }, func(string) bool { return true }
		if m.LocalPart != nil {
			var err error
			if local, err = localPart(m.LocalPart.Value); err != nil {
				b.fail("%s: %w", name, err)
				return
			}
		}
		if m.Domain != nil {
			dom = domain(m.Domain.Value)
		}
		tests = append(tests, func(it *queue.Item) bool {
			a := of(it)
			return dom(a.Domain) && local(a.Local)
		})
	}
	b.any(to, tests)
}

// localPart returns a test for a local part: exact, ~contained or /regex/.
func localPart(want string) (func(string) bool, error) {
	if part, ok := strings.CutPrefix(want, "~"); ok {
		part = strings.ToLower(part)
		return func(s string) bool { return strings.Contains(strings.ToLower(s), part) }, nil
	}
	pattern, flags := pcre.Split(want)
	if pattern == want {
		return func(s string) bool { return s == want }, nil
	}
	re, err := pcre.Compile(pattern, flags)
	if err != nil {
		return nil, fmt.Errorf("bad pattern '%s': %w", want, err)
	}
	return func(s string) bool { ok, _ := re.Match(nil, s); return ok }, nil
}

func (b *builder) metadata(list []Pair) {
	var tests []test
	for _, p := range list {
		tests = append(tests, func(it *queue.Item) bool { v, ok := it.Metadata[p.Key]; return ok && v == p.Value })
	}
	b.any(&b.f.late, tests)
}

// waiter is what policies see of an active unit.
func waiter(it *queue.Item) *policy.Waiter {
	return &policy.Waiter{Facts: it.Facts, Sources: it.Sources, Priority: it.Priority}
}
