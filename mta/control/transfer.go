package control

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/mta/spool"
)

// Mail is what export and import need of the server.
type Mail interface {
	// Content returns the original of a unit.
	Content(u *spool.Unit) (message.Source, error)
	// Import stores a message with one unit under a new transaction and schedules it.
	Import(ctx context.Context, content message.Source, u *spool.Unit) (transaction string, err error)
}

// ExportUnit is the body of J.
type ExportUnit struct {
	ID       ID   `json:"id"`
	Original bool `json:"original,omitempty"` // the bytes that came in, else those that would be sent
}

// Transfer is the answer of J and the body of E: a unit with its message. Import takes
// of Unit what describes the message and its recipient, and nothing of its state.
type Transfer struct {
	Unit
	Envelope Envelope `json:"envelope"`
	Content  []byte   `json:"content,omitempty"` // RFC 5322, base64 in JSON
}

// Envelope is what a unit has beside the fields of Unit.
type Envelope struct {
	SenderParams    []Pair `json:"senderparams,omitempty"` // of MAIL and RCPT
	RecipientParams []Pair `json:"recipientparams,omitempty"`
	DSN             struct {
		EnvID  string   `json:"envid,omitempty"`
		Ret    string   `json:"ret,omitempty"`
		Notify []string `json:"notify,omitempty"`
		Orcpt  string   `json:"orcpt,omitempty"`
	} `json:"dsn,omitzero"`
	Quotas       []string `json:"quotas,omitempty"`
	SMTPUTF8     bool     `json:"smtputf8,omitempty"`
	RequireTLS   bool     `json:"requiretls,omitempty"`
	ServerID     string   `json:"serverid,omitempty"`
	SenderIP     string   `json:"senderip,omitempty"`
	SenderPTR    string   `json:"senderptr,omitempty"`
	SenderHelo   string   `json:"senderhelo,omitempty"`
	SASLUsername string   `json:"saslusername,omitempty"`
	Notified     int      `json:"notified,omitempty"` // delay notices that were sent
}

func exportUnit(_ context.Context, s *Server, in *ExportUnit) (any, error) {
	it := s.Queue.Find(in.ID.Transaction, in.ID.Queue)
	if it == nil {
		return nil, fmt.Errorf("no unit '%s:%d'", in.ID.Transaction, in.ID.Queue)
	}
	u := it.Unit
	src, err := s.Mail.Content(u)
	if err != nil {
		return nil, fmt.Errorf("the message of '%s' cannot be read: %w", u.ID(), err)
	}
	if !in.Original {
		src = u.Patch.At(time.Now()).Apply(src)
	}
	if src.Size() > maxImport/2 {
		return nil, fmt.Errorf("the message has %d bytes, at most %d can be exported", src.Size(), maxImport/2)
	}
	content, err := message.ReadRange(src, 0, src.Size())
	if err != nil {
		return nil, fmt.Errorf("the message of '%s' cannot be read: %w", u.ID(), err)
	}
	out := &Transfer{Unit: *s.unit(it, &tagger{policies: s.Policies}), Content: content}
	e := &out.Envelope
	*e = Envelope{
		SenderParams: pairs(u.SenderParams), RecipientParams: pairs(u.RcptParam), Quotas: u.Quotas, SMTPUTF8: u.SMTPUTF8, RequireTLS: u.RequireTLS,
		ServerID: u.ServerID, SenderIP: u.RemoteIP, SenderPTR: u.RemotePTR, SenderHelo: u.Helo, SASLUsername: u.AuthUser, Notified: u.Notified,
	}
	e.DSN.EnvID, e.DSN.Ret, e.DSN.Notify, e.DSN.Orcpt = u.DSN.EnvID, u.DSN.Ret, u.DSN.Notify, u.DSN.Orcpt
	return out, nil
}

// Imported is the answer of E.
type Imported struct {
	ID ID `json:"id"` // the new one
}

// importUnit gives a unit a transaction of its own: units of one transaction share
// their original here, and may have become different messages where they come from.
func importUnit(ctx context.Context, s *Server, in *Transfer) (any, error) {
	sender, err := address.Parse(in.Sender)
	if err != nil {
		return nil, fmt.Errorf("sender: '%s' is no address: %w", in.Sender, err)
	}
	recipient, err := address.Parse(in.Recipient)
	if err == nil && recipient.IsNull() {
		err = errors.New("there is none")
	}
	switch {
	case err != nil:
		return nil, fmt.Errorf("recipient: '%s' is no address: %w", in.Recipient, err)
	case in.Content == nil:
		return nil, errors.New("content: got nothing, want the message")
	}
	e := &in.Envelope
	u := &spool.Unit{
		Queue: 1, Sender: sender, Recipient: recipient, SenderParams: params(e.SenderParams), RcptParam: params(e.RecipientParams), ServerID: e.ServerID,
		TransportID: in.TransportID, JobID: in.JobID, TenantID: in.TenantID, Priority: in.Priority, Quotas: e.Quotas, Metadata: in.Metadata,
		Size: int64(len(in.Content)), SMTPUTF8: e.SMTPUTF8, RequireTLS: e.RequireTLS,
		DSN:      spool.DSN{EnvID: e.DSN.EnvID, Ret: e.DSN.Ret, Notify: e.DSN.Notify, Orcpt: e.DSN.Orcpt},
		Received: in.TS, Retry: in.Retry, Status: in.LastError, Notified: e.Notified,
		RemoteIP: e.SenderIP, RemotePTR: e.SenderPTR, Helo: e.SenderHelo, AuthUser: e.SASLUsername,
	}
	if now := time.Now(); u.Received.IsZero() || u.Received.After(now) {
		u.Received = now
	}
	tx, err := s.Mail.Import(ctx, message.Bytes(in.Content), u)
	if err != nil {
		return nil, err
	}
	s.log("queue import", "transaction", tx, "queueid", u.Queue, "from", in.ID.Transaction, "size", u.Size)
	return Imported{ID{tx, u.Queue}}, nil
}

func pairs(list smtp.Params) []Pair {
	var out []Pair
	for _, p := range list {
		out = append(out, Pair(p))
	}
	return out
}

func params(list []Pair) smtp.Params {
	var out smtp.Params
	for _, p := range list {
		out = append(out, smtp.Param(p))
	}
	return out
}
