package delivery

import (
	"bufio"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/dsn"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/queue"
	"github.com/hawser-mta/hawser/mta/route"
	"github.com/hawser-mta/hawser/mta/smtp"
)

// conclude decides what becomes of a unit after an attempt (spec hooks 12.5).
func (j *job) conclude(ctx context.Context, a *hook.Attempt) queue.Outcome {
	return j.decide(ctx, a, a)
}

// decide is conclude for a script that sees another attempt, or none.
func (j *job) decide(ctx context.Context, a, seen *hook.Attempt) queue.Outcome {
	delivered := a.Result != nil && a.Result.Reply.Positive()
	in := &hook.QueueInput{Phase: hook.PostDelivery, Unit: j.used, Content: j.open, Retry: j.retry, Context: j.context, Attempt: seen, Return: j.said}
	facts := j.diagnosis(a)
	wait, expired := j.next()
	in.Expired = expired
	notice := true
	switch {
	case delivered:
		if slices.Contains(j.used.DSN.Notify, "SUCCESS") {
			facts.Action = j.successAction(a)
			in.DSN = facts
		}
	case temporary(a) && !expired:
		in.Action = "QUEUE"
		facts.Action = string(dsn.Delayed)
		in.DSN = facts
		notice = j.delayNotice(&hook.QueueOptions{Increment: true}, wait)
	default:
		in.Action = strings.ToUpper(string(j.failure()))
		facts.Action = string(dsn.Failed)
		in.DSN = facts
		notice = in.Action == "BOUNCE"
	}
	if notice {
		j.announce(facts)
	}
	if !delivered {
		j.u.Status = facts.Code
	}
	v, _ := j.Hooks.RunQueue(ctx, in)
	j.metadata(v)
	if v.DSN != nil {
		j.dsn = v.DSN
	}
	out := j.act(ctx, v, in, facts, wait)
	j.log(a, out, said(v))
	return out
}

// said is the reason that a script gave for its decision, "" for none.
func said(v hook.Verdict) string {
	if v.Queue != nil {
		return v.Queue.Reason
	}
	return v.Text
}

// temporary reports whether trying again may help.
func temporary(a *hook.Attempt) bool {
	if a.Result != nil {
		return !a.Result.Reply.Permanent()
	}
	return a.Error == nil || a.Error.Temporary
}

// act carries out the decision.
func (j *job) act(ctx context.Context, v hook.Verdict, in *hook.QueueInput, facts *hook.DSNFacts, wait queue.Interval) queue.Outcome {
	action := v.Action
	if action == hook.Default {
		switch in.Action {
		case "":
			j.notify(ctx, facts, in.Attempt, time.Time{})
			return queue.Outcome{Action: queue.Delivered}
		case "QUEUE":
			action, v.Queue = hook.Queue, &hook.QueueOptions{Increment: true}
		case "BOUNCE":
			action = hook.Bounce
		case "DELETE":
			action = hook.Delete
		}
	}
	switch action {
	case hook.Queue:
		return j.later(ctx, v.Queue, wait, facts, in.Attempt)
	case hook.Bounce:
		facts.Action = string(dsn.Failed)
		if v.Action == hook.Bounce && v.Text != "" {
			facts.Type, facts.Code = "x-error", v.Text
		}
		j.notify(ctx, facts, in.Attempt, time.Time{})
		return queue.Outcome{Action: queue.Bounced}
	}
	return queue.Outcome{Action: queue.Deleted}
}

// later puts a unit back, with a delay notice when one is due.
func (j *job) later(ctx context.Context, q *hook.QueueOptions, wait queue.Interval, facts *hook.DSNFacts, a *hook.Attempt) queue.Outcome {
	notice, entry := j.delayNotice(q, wait), j.entry()
	out := j.requeue(q, wait.Wait)
	if notice {
		facts.Action = string(dsn.Delayed)
		j.notify(ctx, facts, a, j.until(out.Due))
		j.u.Notified = entry
	}
	return out
}

// delayNotice decides about a delay notice: at intervals that ask for it, once
// each, unless the sender or the script says otherwise.
func (j *job) delayNotice(q *hook.QueueOptions, wait queue.Interval) bool {
	if j.dsn != nil && j.dsn.Send != nil {
		return *j.dsn.Send
	}
	n := j.used.DSN.Notify
	return wait.Notify && q.Increment && !q.Hold && j.u.Notified < j.entry() && (len(n) == 0 || slices.Contains(n, "DELAY"))
}

// entry is the place, from 1, of the interval that follows: the last one repeats.
func (j *job) entry() int {
	s := j.schedule()
	return min(j.u.Retry+1, len(s.Intervals))
}

// until is when the last retry will be, when the next one is at due.
func (j *job) until(due time.Time) time.Time {
	if due.IsZero() { // held
		return due
	}
	s := j.schedule()
	at := due
	for n := j.u.Retry + 1; n <= s.Count; n++ {
		w, _ := s.Next(n, 0, 0)
		at = at.Add(w.Wait)
	}
	if s.During > 0 {
		if end := j.u.Received.Add(s.During); end.Before(at) {
			at = end
		}
	}
	return at
}

// without ends a unit without an attempt: postdelivery still runs.
func (j *job) without(ctx context.Context, action hook.Action, text string, expired bool) queue.Outcome {
	if action == hook.Bounce && j.failure() == hook.Delete {
		action = hook.Delete
	}
	facts := &hook.DSNFacts{Action: string(dsn.Failed), Status: [3]int{5, 0, 0}, Type: "x-error", Code: text}
	if text == "" {
		facts.Code = "message could not be delivered"
	}
	if expired {
		facts.Status = [3]int{4, 4, 7} // RFC 3463 section 3.5
	}
	if r, ok := replied(text); ok && text == j.u.Status { // the last attempt ended with it
		facts.Type = "smtp"
		if expired {
			facts.Status = replyStatus(r)
		}
	}
	j.u.Status = facts.Code
	if action == hook.Bounce {
		j.announce(facts)
	}
	in := &hook.QueueInput{
		Phase: hook.PostDelivery, Unit: j.used, Content: j.open, Retry: j.retry, Context: j.context, Expired: expired,
		Action: strings.ToUpper(string(action)), DSN: facts,
	}
	v, _ := j.Hooks.RunQueue(ctx, in)
	j.metadata(v)
	if v.DSN != nil {
		j.dsn = v.DSN
	}
	wait, _ := j.next()
	out := j.act(ctx, v, in, facts, wait)
	j.log(nil, out, "")
	return out
}

// diagnosis makes status and diagnosis of an attempt (spec mta 11).
func (j *job) diagnosis(a *hook.Attempt) *hook.DSNFacts {
	f := &hook.DSNFacts{}
	if r := a.Result; r != nil {
		f.Type, f.Code, f.Status = "smtp", r.Reply.String(), replyStatus(r.Reply)
		return f
	}
	e := a.Error
	if e == nil {
		e = &hook.AttemptError{Type: "network", Temporary: true, Message: "no host could be tried"}
	}
	f.Type, f.Code = "x-error", e.Message
	f.Status = status(e)
	return f
}

// replyStatus is the enhanced status of a reply (spec mta 6.6).
func replyStatus(r smtp.Reply) [3]int {
	if r.HasEnhanced() {
		return r.Enhanced
	}
	return [3]int{r.Code / 100, 0, 0}
}

// replied reads the status of a unit when that is the reply of a peer. A message that
// expires keeps the class of its last error (spec mta 11).
func replied(status string) (smtp.Reply, bool) {
	r, err := smtp.ReadReply(bufio.NewReader(strings.NewReader(status+"\r\n")), true)
	return r, err == nil && (r.Temporary() || r.Permanent())
}

func status(e *hook.AttemptError) [3]int {
	switch {
	case e.Status != [3]int{}:
		return e.Status
	case e.DNS == "nxdomain", e.DNS == "nodata":
		return [3]int{5, 1, 2}
	case e.DNS == "nullmx":
		return [3]int{5, 1, 10}
	case e.DNS == route.Loop:
		return [3]int{5, 4, 6}
	case e.Type == "dns":
		return [3]int{4, 4, 3}
	case e.Type == "network":
		return [3]int{4, 4, 1}
	case e.Type == "tls", e.Type == "dane":
		return [3]int{4, 7, 5}
	case e.Temporary:
		return [3]int{4, 0, 0}
	}
	return [3]int{5, 0, 0}
}

// successAction is relayed or delivered, or "" when the next hop reports itself.
func (j *job) successAction(a *hook.Attempt) string {
	if !a.Relayed {
		return ""
	}
	s := j.success
	if t := j.transport(); s == "" && t != nil {
		s = t.Session.DSN.Success
	}
	if s == "delivered" {
		return string(dsn.Delivered)
	}
	return string(dsn.Relayed)
}
