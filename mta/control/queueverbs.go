package control

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/queue"
)

// Queue is what commands need of the queue; *queue.Queue is one.
type Queue interface {
	List(s queue.Selection, f func(*queue.Item) bool)
	Find(transaction string, n int) *queue.Item
	Change(s queue.Selection, c queue.Change) int
	Quotas() map[string]queue.Usage
}

// maxUnits bounds a list whose asker does not: an answer lies in memory.
const maxUnits = 100_000

// ListQueue is the body of F.
type ListQueue struct {
	Conditions Conditions `json:"conditions,omitzero"`
	Limit      int        `json:"limit,omitempty"` // 0: maxUnits
}

// Units is the answer of F, the oldest first. Which of more units than the limit it
// has is left open.
type Units struct {
	Units []*Unit `json:"units"`
	More  bool    `json:"more"` // there may be more
}

func listQueue(ctx context.Context, s *Server, in *ListQueue) (any, error) {
	f, err := in.Conditions.Filter(time.Now())
	if err != nil {
		return nil, err
	}
	if in.Limit < 0 {
		return nil, fmt.Errorf("limit: got %d, want 0 or more", in.Limit)
	}
	limit := maxUnits
	if in.Limit > 0 {
		limit = min(limit, in.Limit)
	}
	out := &Units{Units: []*Unit{}}
	tags := &tagger{policies: s.Policies}
	s.Queue.List(f.Selection(), func(it *queue.Item) bool {
		if out.More = len(out.Units) == limit; out.More || ctx.Err() != nil {
			return false
		}
		out.Units = append(out.Units, s.unit(it, tags))
		return len(out.Units) < limit || in.Limit == 0
	})
	slices.SortFunc(out.Units, func(a, b *Unit) int {
		return cmp.Or(a.TS.Compare(b.TS), strings.Compare(a.ID.Transaction, b.ID.Transaction), cmp.Compare(a.ID.Queue, b.ID.Queue))
	})
	out.More = out.More || in.Limit > 0 && len(out.Units) == in.Limit
	return out, ctx.Err()
}

// GroupBy is the body of D.
type GroupBy struct {
	Conditions Conditions `json:"conditions,omitzero"`
	Fields     []string   `json:"fields"` // of groupFields
	Limit      int        `json:"limit,omitempty"`
}

// Group is one entry of the answer of D: the fields asked for, count, size in bytes and
// oldest. The greatest group comes first.
type Group map[string]any

// groupFields are what units can be grouped by; the early ones are known without the
// spool.
var groupFields = map[string]struct {
	early bool
	of    func(*queue.Item) string
}{
	"state":           {true, func(it *queue.Item) string { return it.State.String() }},
	"transportid":     {true, func(it *queue.Item) string { return it.TransportID }},
	"jobid":           {true, func(it *queue.Item) string { return it.JobID }},
	"tenantid":        {true, func(it *queue.Item) string { return it.TenantID }},
	"recipientdomain": {true, func(it *queue.Item) string { return strings.ToLower(it.Recipient.Domain) }},
	"remotemx":        {true, func(it *queue.Item) string { return it.Facts.RemoteMX }},
	"grouping":        {true, func(it *queue.Item) string { return it.Facts.Grouping }},
	"priority":        {true, func(it *queue.Item) string { return strconv.Itoa(it.Priority) }},
	"remoteip": {true, func(it *queue.Item) string {
		if !it.Facts.RemoteIP.IsValid() {
			return ""
		}
		return it.Facts.RemoteIP.String()
	}},
	"localip": {true, func(it *queue.Item) string {
		var list []string
		for _, ip := range sources(it) {
			list = append(list, ip.String())
		}
		return strings.Join(list, " ")
	}},
	"sender":       {false, func(it *queue.Item) string { return it.Sender.String() }},
	"senderdomain": {false, func(it *queue.Item) string { return strings.ToLower(it.Sender.Domain) }},
	"recipient":    {false, func(it *queue.Item) string { return it.Recipient.String() }},
	"senderip":     {false, func(it *queue.Item) string { return it.Unit.RemoteIP }},
	"retry":        {false, func(it *queue.Item) string { return strconv.Itoa(it.Retry) }},
	"lasterror":    {false, func(it *queue.Item) string { return it.Status }},
}

// GroupFields returns the names that units can be grouped by.
func GroupFields() []string {
	var names []string
	for name := range groupFields {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func groupBy(ctx context.Context, s *Server, in *GroupBy) (any, error) {
	f, err := in.Conditions.Filter(time.Now())
	if err != nil {
		return nil, err
	}
	sel := f.Selection()
	sel.Brief = true
	for _, name := range in.Fields {
		field, ok := groupFields[name]
		if !ok {
			return nil, fmt.Errorf("fields: got '%s', want some of %s", name, strings.Join(GroupFields(), ", "))
		}
		sel.Brief = sel.Brief && field.early
	}
	type group struct {
		key         []string
		count, size int64
		oldest      time.Time
	}
	groups := map[string]*group{}
	s.Queue.List(sel, func(it *queue.Item) bool {
		key := make([]string, 0, len(in.Fields))
		for _, name := range in.Fields {
			key = append(key, groupFields[name].of(it))
		}
		joined := strings.Join(key, "\x00")
		g := groups[joined]
		if g == nil {
			g = &group{key: key, oldest: it.Received}
			groups[joined] = g
		}
		g.count++
		g.size += it.Size
		if it.Received.Before(g.oldest) {
			g.oldest = it.Received
		}
		return ctx.Err() == nil
	})
	list := make([]*group, 0, len(groups))
	for _, g := range groups {
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b *group) int { return cmp.Or(cmp.Compare(b.count, a.count), slices.Compare(a.key, b.key)) })
	if in.Limit > 0 && len(list) > in.Limit {
		list = list[:in.Limit]
	}
	out := make([]Group, 0, len(list))
	for _, g := range list {
		x := Group{"count": g.count, "size": g.size, "oldest": g.oldest.UTC().Truncate(time.Millisecond)}
		for i, name := range in.Fields {
			x[name] = g.key[i]
		}
		out = append(out, x)
	}
	return out, ctx.Err()
}

// UpdateQueue is the body of G. Conditions that choose everything need All.
type UpdateQueue struct {
	Conditions Conditions `json:"conditions,omitzero"`
	All        bool       `json:"all,omitempty"`
	Limit      int        `json:"limit,omitempty"`
	Update     Update     `json:"update"`
}

// Update says what to do with units. The values count for the actions update and defer;
// what is not given stays.
type Update struct {
	// Action is one of hold, release, active (due now, held ones too), defer (due after
	// delay; not for held ones), bounce, delete, update.
	Action      string            `json:"action"`
	Delay       *float64          `json:"delay,omitempty"` // seconds
	TransportID *string           `json:"transportid,omitempty"`
	JobID       *string           `json:"jobid,omitempty"`
	TenantID    *string           `json:"tenantid,omitempty"`
	Priority    *int              `json:"priority,omitempty"`
	Metadata    map[string]string `json:"metadata,omitempty"` // "" removes a key
}

var updateOps = map[string]queue.Op{
	"hold": queue.OpHold, "release": queue.OpRelease, "active": queue.OpRetry, "bounce": queue.OpBounce, "delete": queue.OpDelete,
	"update": queue.OpUpdate, "defer": queue.OpUpdate,
}

// maxDelay bounds a delay in seconds.
const maxDelay = 366 * 24 * 3600

func (u *Update) change() (queue.Change, error) {
	op, ok := updateOps[u.Action]
	c := queue.Change{Op: op, Set: queue.Set{
		TransportID: u.TransportID, JobID: u.JobID, TenantID: u.TenantID, Priority: u.Priority, Metadata: u.Metadata,
	}}
	values := u.TransportID != nil || u.JobID != nil || u.TenantID != nil || u.Priority != nil || u.Delay != nil || len(u.Metadata) > 0
	switch {
	case !ok:
		return c, fmt.Errorf("update.action: got '%s', want hold, release, active, defer, bounce, delete or update", u.Action)
	case op != queue.OpUpdate && values:
		return c, fmt.Errorf("update: %s takes no values", u.Action)
	case u.Action == "defer" && u.Delay == nil:
		return c, errors.New("update: defer needs delay")
	case op == queue.OpUpdate && !values:
		return c, errors.New("update: got nothing to change, want one value at least")
	case u.Priority != nil && *u.Priority != 0 && *u.Priority != 1:
		return c, fmt.Errorf("update.priority: got %d, want 0 or 1", *u.Priority)
	case u.Delay != nil && !(*u.Delay >= 0 && *u.Delay <= maxDelay):
		return c, fmt.Errorf("update.delay: got %g, want 0 to %d seconds", *u.Delay, maxDelay)
	}
	if u.Delay != nil {
		c.Set.Delay = new(time.Duration(*u.Delay * float64(time.Second)))
	}
	return c, nil
}

func updateQueue(ctx context.Context, s *Server, in *UpdateQueue) (any, error) {
	f, err := in.Conditions.Filter(time.Now())
	if err != nil {
		return nil, err
	}
	c, err := in.Update.change()
	if err != nil {
		return nil, err
	}
	if id := in.Update.TransportID; id != nil {
		if known := s.Host.Config().App.Transports(); known[*id] == nil {
			return nil, fmt.Errorf("update.transportid: no transport '%s', want one of %s", *id, strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
	}
	if f.Empty() && !in.All {
		return nil, errors.New("got no conditions, want some or all: true")
	}
	sel := f.Selection()
	sel.Limit = in.Limit
	early := sel.Early
	sel.Early = func(it *queue.Item) bool { return ctx.Err() == nil && (early == nil || early(it)) }
	n := s.Queue.Change(sel, c)
	s.log("queue "+in.Update.Action, "affected", n)
	return Affected{n}, nil
}

// Quota is one entry of the answer of I.
type Quota struct {
	ID    string `json:"id"`
	Count int    `json:"count"`
	Size  int64  `json:"size"` // bytes
}

func listQuotas(_ context.Context, s *Server) (any, error) {
	out := []Quota{}
	for id, u := range s.Queue.Quotas() {
		out = append(out, Quota{id, u.Count, u.Bytes})
	}
	slices.SortFunc(out, func(a, b Quota) int { return strings.Compare(a.ID, b.ID) })
	return out, nil
}
