package control

import (
	"fmt"
	"time"

	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/queue"
)

// Unit is a unit of the queue in answers (spec mta 15.3). Times are RFC 3339 in UTC.
type Unit struct {
	ID          ID                `json:"id"`
	State       string            `json:"state"`
	TS          time.Time         `json:"ts"` // of its coming
	Retry       int               `json:"retry"`
	RetryTS     *time.Time        `json:"retryts"` // null: held, or in no need to wait
	Sender      string            `json:"sender"`
	Recipient   string            `json:"recipient"`
	TransportID string            `json:"transportid"`
	JobID       string            `json:"jobid"`
	TenantID    string            `json:"tenantid"`
	Priority    int               `json:"priority"`
	Size        int64             `json:"size"`
	LocalIPs    []string          `json:"localips"` // of an active unit, as the rest below
	RemoteIP    string            `json:"remoteip"`
	RemoteMX    string            `json:"remotemx"`
	Grouping    string            `json:"grouping"`
	Tags        []string          `json:"tags"` // of the policies and suspensions that limit it
	Metadata    map[string]string `json:"metadata"`
	LastError   string            `json:"lasterror"`
}

// unit describes a whole unit.
func (s *Server) unit(it *queue.Item, tags *tagger) *Unit {
	u := &Unit{
		ID: ID{it.Transaction, it.Queue}, State: it.State.String(), TS: it.Received.UTC().Truncate(time.Millisecond), Retry: it.Retry,
		Sender: it.Sender.String(), Recipient: it.Recipient.String(), TransportID: it.TransportID, JobID: it.JobID, TenantID: it.TenantID,
		Priority: it.Priority, Size: it.Size, LocalIPs: []string{}, RemoteMX: it.Facts.RemoteMX, Grouping: it.Facts.Grouping,
		Tags: tags.of(it), Metadata: it.Metadata, LastError: it.Status,
	}
	if !it.Due.IsZero() && it.State == queue.Deferred {
		t := it.Due.UTC().Truncate(time.Millisecond)
		u.RetryTS = &t
	}
	for _, ip := range sources(it) {
		u.LocalIPs = append(u.LocalIPs, ip.String())
	}
	if it.Facts.RemoteIP.IsValid() {
		u.RemoteIP = it.Facts.RemoteIP.String()
	}
	if u.Metadata == nil {
		u.Metadata = map[string]string{}
	}
	return u
}

// tagger finds the tags of units; those of one destination are asked for once.
type tagger struct {
	policies Policies
	known    map[string][]string
}

func (t *tagger) of(it *queue.Item) []string {
	if len(it.Sources) == 0 {
		return []string{}
	}
	key := fmt.Sprint(it.Facts, it.Sources)
	if tags, ok := t.known[key]; ok {
		return tags
	}
	var applied []policy.Applied
	for _, v := range t.policies.Explain(waiter(it)) {
		if v.Suspension != nil {
			v.Tag = v.Suspension.Tag
		}
		applied = append(applied, v.Applied)
	}
	tags := append([]string{}, policy.Tags(applied)...)
	if t.known == nil {
		t.known = map[string][]string{}
	}
	t.known[key] = tags
	return tags
}
