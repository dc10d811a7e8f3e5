package delivery

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"net/netip"
	"time"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/plugin"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/slots"
	"github.com/hawser-mta/hawser/mta/spool"
	"github.com/hawser-mta/hawser/stdlib/dns"
)

// Hooks runs the scripts of the queue.
type Hooks interface {
	RunQueue(ctx context.Context, in *hook.QueueInput) (hook.Verdict, any)
}

// Content opens the original of a unit.
type Content interface {
	Content(u *spool.Unit) (message.Source, error)
}

// Submitter stores a new message that the server made.
type Submitter interface {
	Submit(ctx context.Context, src message.Source, u *spool.Unit) error
}

// Settings are what a delivery needs of the configuration. They never change.
type Settings struct {
	Hostname   string
	Transports map[string]*config.Transport
	Source     func(id string) (config.Address, bool)
	ClientCert func(id string) (*tls.Certificate, error)
	CAs        *x509.CertPool // nil: none besides those of the system
	Resolver   *dns.Resolver
	Groupings  *policy.Groupings
	Lists      config.Lists
	Overlay    *Overlay                           // smtpd-delivery.yaml; nil: none
	PoolPolicy string                             // queues.pooling.policy
	Self       func(ip netip.Addr, port int) bool // this server listens there; nil: nowhere
	Routed     func(ip netip.Addr) bool           // the system has a source for it; nil: for everything
}

// Deliverer tries units.
type Deliverer struct {
	Settings func() *Settings
	Hooks    Hooks
	Content  Content
	Submit   Submitter
	Policies *policy.Engine
	Plugins  *plugin.Set
	Lookups  *slots.Slots // destinations looked up at once before an attempt; nil: no bound
	NewID    func() string
	Logger   *slog.Logger
}

// job is one unit while it is dealt with.
type job struct {
	*Deliverer
	prepared
	s       *Settings
	u       *spool.Unit   // as it is stored
	used    *spool.Unit   // as the attempt uses it
	sent    *policy.Facts // where it went; nil: nowhere yet
	begin   time.Time
	retry   int // attempts before this one
	success string
}

func (d *Deliverer) job(u *spool.Unit) *job {
	return &job{Deliverer: d, s: d.Settings(), u: u, used: u, begin: time.Now(), retry: u.Retry}
}

// Discard implements queue.Deliverer: a unit ends without an attempt.
func (d *Deliverer) Discard(ctx context.Context, u *spool.Unit, cause queue.Cause) queue.Outcome {
	j := d.job(u)
	if cause == queue.DeleteByHand {
		return j.without(ctx, hook.Delete, "", false)
	}
	text := u.Status
	if cause == queue.Expired && text == "" {
		text = "message expired"
	}
	return j.without(ctx, hook.Bounce, text, cause == queue.Expired)
}

// interrupted leaves a unit as it was: the server is stopping.
func (j *job) interrupted() queue.Outcome {
	return queue.Outcome{Action: queue.Later, Due: j.u.Due}
}

// open opens the original, for scripts.
func (j *job) open() (message.Source, error) { return j.Content.Content(j.u) }

func (j *job) metadata(v hook.Verdict) {
	if v.Meta != nil {
		j.u.Metadata = maps.Clone(v.Meta)
	}
}

func (j *job) transport() *config.Transport { return j.s.Transports[j.u.TransportID] }

// schedule returns the retry schedule of the unit's transport.
func (j *job) schedule() queue.Schedule {
	s := queue.Schedule{Count: 30}
	t := j.transport()
	if t == nil {
		t = &config.Transport{}
	}
	if t.Retry.Count != nil {
		s.Count = *t.Retry.Count
	}
	if t.Retry.During != nil {
		s.During = time.Duration(*t.Retry.During)
	}
	if t.Retry.Jitter != nil {
		s.Jitter = *t.Retry.Jitter
	}
	intervals := t.Retry.Intervals
	if j.sent != nil { // what the destination asks for
		x := j.s.Overlay.For(j.sent, &policy.Source{})
		set(&s.Count, x.Retry.Count)
		if len(x.Retry.Intervals) > 0 {
			intervals = x.Retry.Intervals
		}
	}
	for _, i := range intervals {
		s.Intervals = append(s.Intervals, queue.Interval{Wait: time.Duration(i.Interval), Notify: i.Notify})
	}
	if s.Intervals == nil {
		for _, n := range []int{60, 900, 3600, 7200, 10800} {
			s.Intervals = append(s.Intervals, queue.Interval{Wait: time.Duration(n) * time.Second})
		}
	}
	return s
}

// next returns the wait before the coming retry, and whether it is one too many.
func (j *job) next() (queue.Interval, bool) {
	s := j.schedule()
	return s.Next(j.u.Retry+1, time.Since(j.u.Received), rand.Float64())
}

// queueEarly is Queue in predelivery.
func (j *job) queueEarly(ctx context.Context, v hook.Verdict) queue.Outcome {
	wait, expired := j.next()
	text := pick(v.Queue.Reason, j.u.Status)
	if expired && v.Queue.Increment && !v.Queue.Reset && !v.Queue.Hold {
		// Going on would exceed the retry count.
		return j.without(ctx, j.failure(), text, true)
	}
	facts := &hook.DSNFacts{Status: [3]int{4, 0, 0}, Type: "x-error", Code: pick(text, "delivery was put off")}
	out := j.later(ctx, v.Queue, wait, facts, nil)
	j.log(nil, out, "")
	return out
}

// requeue puts the unit back as a script or the schedule said.
func (j *job) requeue(q *hook.QueueOptions, wait time.Duration) queue.Outcome {
	switch {
	case q.Reset:
		j.u.Retry = 0
	case q.Increment:
		j.u.Retry++
	}
	if q.TransportID != "" {
		j.u.TransportID = q.TransportID
	}
	if q.Reason != "" {
		j.u.Status = q.Reason
	}
	if q.Delay != nil {
		wait = *q.Delay
	}
	if q.Hold {
		return queue.Outcome{Action: queue.Hold}
	}
	return queue.Outcome{Action: queue.Later, Due: time.Now().Add(wait)}
}

// failure is what becomes of a unit that cannot be delivered: returned when a
// notification can be sent, else dropped.
func (j *job) failure() hook.Action {
	t := j.transport()
	switch {
	case j.used.Sender.IsNull():
		return hook.Delete
	case t != nil && t.DSN.Transport != "", j.dsn != nil && j.dsn.TransportID != "":
		return hook.Bounce
	}
	return hook.Delete
}

// log writes the record of an attempt (spec mta 18), with what a script said about it.
func (j *job) log(a *hook.Attempt, out queue.Outcome, said string) {
	attrs := []any{"event", "attempt", "transaction", j.u.Transaction, "queueid", j.u.Queue, "retry", j.retry,
		"action", out.Action.String(), "sender", j.used.Sender.Lower(), "recipient", j.used.Recipient.Lower(), "duration", time.Since(j.begin).Seconds()}
	if a == nil {
		attrs = append(attrs, "reason", j.u.Status)
	} else {
		if r := a.Result; r != nil {
			attrs = append(attrs, "code", r.Reply.Code, "reason", r.Reply.String(), "state", r.State)
		}
		if e := a.Error; e != nil {
			attrs = append(attrs, "err", e.Message, "type", e.Type)
		}
		if c := a.Conn; c != nil {
			attrs = append(attrs, "localip", c.LocalIP, "remoteip", c.RemoteIP, "remotemx", c.RemoteMX, "tls", c.Protocol)
			if c.Report != "" {
				attrs = append(attrs, "tlsrpt", c.Report)
			}
		}
		if a.Grouping != "" {
			attrs = append(attrs, "grouping", a.Grouping)
		}
	}
	if said != "" {
		attrs = append(attrs, "status", said)
	}
	if !out.Due.IsZero() {
		attrs = append(attrs, "next", out.Due.UTC().Format(time.RFC3339))
	}
	j.Logger.Info(fmt.Sprintf("attempt %s", out.Action), attrs...)
}
