package mta

import (
	"context"
	"log/slog"
	"time"

	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/spool"
)

// Ready implements smtpserver.Enqueuer.
func (s *Server) Ready() error { return s.spool.Ready() }

// Accept implements smtpserver.Enqueuer: the copies of one message are stored in
// one synced batch and then scheduled. A message without copies is dropped, as
// the script wished.
func (s *Server) Accept(ctx context.Context, c *hook.Connection, tx *hook.Transaction, mail message.Source, v hook.Verdict) error {
	defer hook.Release(v.Queued) // from here on the queue counts them
	if len(v.Queued) == 0 {
		s.o.Logger.Info("discarded", "event", "discarded", "session", c.ID, "transaction", tx.ID)
		return nil
	}
	units := make([]*spool.Unit, 0, len(v.Queued))
	_, utf8 := tx.SenderParams.Get("SMTPUTF8")
	_, requireTLS := tx.SenderParams.Get("REQUIRETLS")
	for i := range v.Queued {
		u := unit(&v.Queued[i], tx.ID, tx.Received, mail.Size())
		u.ServerID, u.SMTPUTF8, u.RequireTLS = c.ServerID, utf8, requireTLS
		u.RemoteIP, u.RemotePTR = c.RemoteIP.String(), c.RemotePTR
		if c.Helo != nil {
			u.Helo = c.Helo.Host
		}
		if c.Auth != nil {
			u.AuthUser = c.Auth.Username
		}
		units = append(units, u)
	}
	return s.store(ctx, mail, units)
}

func unit(q *hook.Queued, tx string, received time.Time, size int64) *spool.Unit {
	u := &spool.Unit{
		Transaction: tx, Queue: q.Number, Sender: q.Sender, Recipient: q.Recipient, SenderParams: q.SenderExtra, RcptParam: q.RcptExtra,
		TransportID: q.TransportID, JobID: q.JobID, TenantID: q.TenantID, Priority: q.Priority, Quotas: q.Quotas, Metadata: q.Metadata,
		Patch: q.Patch, Size: size + q.Patch.Size(), Received: received, Hold: q.Hold,
		DSN: spool.DSN{EnvID: q.DSN.EnvID, Ret: q.DSN.Ret, Notify: q.DSN.Notify, Orcpt: q.DSN.Orcpt},
	}
	if q.Delay > 0 {
		u.Due = received.Add(q.Delay)
	}
	return u
}

// store makes units durable and schedules them.
func (s *Server) store(ctx context.Context, mail message.Source, units []*spool.Unit) error {
	// Once the batch is on its way it is finished: a client that leaves now has
	// seen no reply, and may get the message twice, but never loses it.
	if err := s.spool.Put(context.WithoutCancel(ctx), mail, units); err != nil {
		return err
	}
	s.queue.Add(units...)
	for _, u := range units {
		s.o.Logger.LogAttrs(ctx, slog.LevelInfo, "queued", slog.String("event", "queued"), slog.String("transaction", u.Transaction),
			slog.Int("queueid", u.Queue), slog.String("sender", u.Sender.Lower()), slog.String("recipient", u.Recipient.Lower()),
			slog.String("transportid", u.TransportID), slog.Int64("size", u.Size), slog.String("saslusername", u.AuthUser),
			slog.String("senderhelo", u.Helo))
	}
	return nil
}

// Submit implements delivery.Submitter.
func (s *Server) Submit(ctx context.Context, src message.Source, u *spool.Unit) error {
	return s.store(ctx, src, []*spool.Unit{u})
}

// submitCopy stores one copy of a message that a script made.
func (s *Server) submitCopy(ctx context.Context, src message.Source, q hook.Queued) (string, error) {
	q.Number = 1
	u := unit(&q, s.newID(), time.Now(), src.Size())
	return u.Transaction, s.store(ctx, src, []*spool.Unit{u})
}
