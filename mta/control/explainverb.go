package control

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/queue"
)

// Explain is the body of M: a destination. Of the destinations that units wait for now
// all are told that have the fields given. When there is none, those fields alone make
// the destination: the grouping follows from them, and the sources are those of the
// transport.
type Explain struct {
	TenantID        *string `json:"tenantid,omitempty"`
	JobID           *string `json:"jobid,omitempty"`
	TransportID     *string `json:"transportid,omitempty"`
	LocalIP         string  `json:"localip,omitempty"` // address, or id of addresses[]
	Grouping        string  `json:"grouping,omitempty"`
	RemoteIP        string  `json:"remoteip,omitempty"`
	RemoteMX        string  `json:"remotemx,omitempty"`
	RecipientDomain string  `json:"recipientdomain,omitempty"`
}

// Destination is one entry of the answer of M.
type Destination struct {
	TenantID        string     `json:"tenantid"`
	JobID           string     `json:"jobid"`
	TransportID     string     `json:"transportid"`
	Grouping        string     `json:"grouping"`
	RemoteIP        string     `json:"remoteip"`
	RemoteMX        string     `json:"remotemx"`
	RecipientDomain string     `json:"recipientdomain"`
	Queued          int        `json:"queued"` // units that wait for it
	Verdicts        []*Verdict `json:"verdicts"`
}

// Verdict tells for one source what a suspension or a policy means now, the answer of S
// of a counter.
type Verdict struct {
	LocalIP    string      `json:"localip"`
	LocalID    string      `json:"localid,omitempty"` // of addresses[]
	Suspension *Suspension `json:"suspension,omitempty"`

	Policy          string            `json:"policy,omitempty"` // id, or its path in the file
	Counter         map[string]string `json:"counter,omitempty"`
	Concurrency     *int              `json:"concurrency,omitempty"`
	Rate            string            `json:"rate,omitempty"` // COUNT/SECONDS
	Algorithm       string            `json:"algorithm,omitempty"`
	ConnectInterval float64           `json:"connectinterval,omitempty"` // seconds
	Open            int               `json:"open"`
	Idle            int               `json:"idle"`
	Waiting         int               `json:"waiting"` // sub-queues
	Tag             string            `json:"tag,omitempty"`
	Stop            bool              `json:"stop,omitempty"`
	Properties      map[string]any    `json:"properties,omitempty"`
	From            string            `json:"from,omitempty"`    // path of the rule in the file
	Place           string            `json:"place,omitempty"`   // of it
	Dynamic         *Condition        `json:"dynamic,omitempty"` // that changed the rule

	Reason string     `json:"reason"` // suspension, concurrency, rate, connectinterval; "": it may go
	Until  *time.Time `json:"until"`  // null: nobody knows
}

func explain(ctx context.Context, s *Server, in *Explain) (any, error) {
	fits, err := in.test()
	if err != nil {
		return nil, err
	}
	type place struct {
		w policy.Waiter
		n int
	}
	places := map[string]*place{}
	s.Queue.List(queue.Selection{Brief: true, Early: func(it *queue.Item) bool { return len(it.Sources) > 0 && fits(&it.Facts) }},
		func(it *queue.Item) bool {
			w := waiter(it)
			w.Sources = slices.SortedFunc(slices.Values(it.Sources), func(a, b policy.Source) int {
				return cmp.Or(cmp.Compare(a.ID, b.ID), a.IP.Compare(b.IP))
			})
			key := fmt.Sprint(w.Facts, w.Sources)
			if places[key] == nil {
				places[key] = &place{w: *w}
			}
			places[key].n++
			return ctx.Err() == nil
		})
	out := []*Destination{}
	for _, p := range places {
		if d := s.destination(&p.w, p.n, in.LocalIP); len(d.Verdicts) > 0 || in.LocalIP == "" {
			out = append(out, d)
		}
	}
	if len(places) == 0 {
		w, err := in.waiter(s.Host)
		if err != nil {
			return nil, err
		}
		out = append(out, s.destination(w, 0, in.LocalIP))
	}
	slices.SortFunc(out, func(a, b *Destination) int {
		return cmp.Or(cmp.Compare(b.Queued, a.Queued), cmp.Compare(a.RecipientDomain, b.RecipientDomain), cmp.Compare(a.RemoteIP, b.RemoteIP))
	})
	return out, nil
}

// test returns whether facts have the fields that are given.
func (in *Explain) test() (func(*policy.Facts) bool, error) {
	var ip netip.Addr
	if in.RemoteIP != "" {
		var err error
		if ip, err = netip.ParseAddr(in.RemoteIP); err != nil {
			return nil, fmt.Errorf("remoteip: got '%s', want an address", in.RemoteIP)
		}
	}
	exact := func(want *string, have string) bool { return want == nil || *want == have }
	fold := func(want, have string) bool { return want == "" || strings.EqualFold(want, have) }
	return func(f *policy.Facts) bool {
		return exact(in.TenantID, f.TenantID) && exact(in.JobID, f.JobID) && exact(in.TransportID, f.TransportID) &&
			fold(in.Grouping, f.Grouping) && fold(in.RemoteMX, f.RemoteMX) && fold(address.ASCIIDomain(in.RecipientDomain), f.RecipientDomain) &&
			(!ip.IsValid() || ip.Unmap() == f.RemoteIP)
	}, nil
}

// waiter makes a destination of the fields alone.
func (in *Explain) waiter(h Host) (*policy.Waiter, error) {
	w := &policy.Waiter{Facts: policy.Facts{
		RemoteMX: strings.ToLower(in.RemoteMX), RecipientDomain: strings.ToLower(address.ASCIIDomain(in.RecipientDomain)),
	}}
	for to, from := range map[*string]*string{&w.Facts.TenantID: in.TenantID, &w.Facts.JobID: in.JobID, &w.Facts.TransportID: in.TransportID} {
		if from != nil {
			*to = *from
		}
	}
	if in.RemoteIP != "" {
		w.Facts.RemoteIP = netip.MustParseAddr(in.RemoteIP).Unmap() // test has read it
	}
	w.Facts.Grouping = or(strings.ToLower(in.Grouping), h.Grouping(&w.Facts))
	w.Sources = h.Sources(w.Facts.TransportID)
	if in.LocalIP != "" {
		w.Sources = h.Source(in.LocalIP)
	}
	if len(w.Sources) == 0 && in.LocalIP != "" {
		return nil, fmt.Errorf("localip: got '%s', want an address or an id of addresses", in.LocalIP)
	}
	if len(w.Sources) == 0 {
		w.Sources = []policy.Source{{}}
	}
	return w, nil
}

// destination explains one, for one source or for all.
func (s *Server) destination(w *policy.Waiter, queued int, source string) *Destination {
	f := &w.Facts
	d := &Destination{
		TenantID: f.TenantID, JobID: f.JobID, TransportID: f.TransportID, Grouping: f.Grouping, RemoteMX: f.RemoteMX,
		RecipientDomain: f.RecipientDomain, Queued: queued, Verdicts: []*Verdict{},
	}
	if f.RemoteIP.IsValid() {
		d.RemoteIP = f.RemoteIP.String()
	}
	for _, v := range s.Policies.Explain(w) {
		if x := s.verdict(&v); source == "" || source == x.LocalIP || source == x.LocalID {
			d.Verdicts = append(d.Verdicts, x)
		}
	}
	return d
}

func (s *Server) verdict(v *policy.Verdict) *Verdict {
	x := &Verdict{LocalID: v.Source.ID, Reason: string(v.Reason), Until: whenUTC(v.Until)}
	if v.Source.IP.IsValid() {
		x.LocalIP = v.Source.IP.String()
	}
	if v.Suspension != nil {
		x.Suspension = s.suspension(v.Suspension)
		return x
	}
	x.Policy = fmt.Sprintf("policies[%d]", v.Policy)
	if ps := s.Host.Config().Policies.Policies; v.Policy < len(ps) && ps[v.Policy].ID != "" {
		x.Policy = ps[v.Policy].ID
	}
	x.Counter = map[string]string{}
	for i, f := range v.Fields {
		x.Counter[f.String()] = v.Values[i]
	}
	if v.Concurrency >= 0 {
		x.Concurrency = &v.Concurrency
	}
	if v.Rate.Count > 0 {
		x.Rate, x.Algorithm = rateText(v.Rate), config.Algorithms[0]
		if v.TokenBucket {
			x.Algorithm = config.Algorithms[1]
		}
	}
	x.ConnectInterval, x.Open, x.Idle, x.Waiting = v.ConnectInterval.Seconds(), v.Open, v.Idle, v.Waiting
	x.Tag, x.Stop, x.Properties, x.From = v.Tag, v.Stop, v.Properties, v.From
	if x.From != "" {
		x.Place = s.Host.Place(config.PolicyFile, x.From)
	}
	if d := v.Dynamic; d != nil {
		x.Dynamic = &Condition{
			ID: d.ID, Type: d.Type, Fields: names(d.Fields), If: Match(d.If), Then: action(&d.Then), TTL: d.TTL.Seconds(), Left: seconds(d.Left()),
		}
	}
	return x
}

func listWaiting(_ context.Context, s *Server) (any, error) {
	out := []*Verdict{}
	for _, v := range s.Policies.Blocked() {
		out = append(out, s.verdict(&v))
	}
	return out, nil
}
