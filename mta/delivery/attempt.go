package delivery

import (
	"context"
	"errors"
	"time"

	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/route"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/mta/smtpclient"
)

// try makes one attempt.
func (j *job) try(ctx context.Context, o *hook.TryOptions) *hook.Attempt {
	begin := time.Now()
	a := &hook.Attempt{}
	defer func() { a.Duration = time.Since(begin) }()
	j.override(o)
	p, fail := j.plan(o)
	if fail != nil {
		a.Error = fail
		return a
	}
	original, err := j.Content.Content(j.u)
	if err != nil {
		j.Logger.Error("read message", "transaction", j.u.Transaction, "queueid", j.u.Queue, "err", err)
		a.Error = configError("the message cannot be read")
		return a
	}
	targets, none := p.Targets(ctx)
	if none != nil {
		a.Error = &hook.AttemptError{Type: "dns", DNS: none.Kind, Temporary: none.Temporary, Message: none.Message}
		return a
	}
	m := j.mail(j.u.Patch.At(begin).Apply(original))
	for _, t := range targets {
		if done := j.one(ctx, p, t, m, a); done || ctx.Err() != nil {
			break
		}
	}
	return a
}

// override applies what the script changed for this attempt.
func (j *job) override(o *hook.TryOptions) {
	if o == nil {
		return
	}
	if o.Sender != nil {
		j.u.Sender, j.u.SenderParams = *o.Sender, o.SenderParams
	}
	if o.Recipient != nil {
		j.u.Recipient, j.u.RcptParam = *o.Recipient, o.RecipientParams
	}
	if o.JobID != nil {
		j.u.JobID = *o.JobID
	}
	if o.TenantID != nil {
		j.u.TenantID = *o.TenantID
	}
	if o.Priority != nil {
		j.u.Priority = *o.Priority
	}
	if o.DSN != nil {
		j.u.DSN.EnvID, j.u.DSN.Ret, j.u.DSN.Orcpt = o.DSN.EnvID, o.DSN.Ret, o.DSN.Orcpt
		j.u.DSN.Notify = o.DSN.Notify
	}
	j.success = o.DSNSuccess
}

func (j *job) mail(content message.Source) *smtpclient.Mail {
	u := j.u
	return &smtpclient.Mail{
		Sender: u.Sender, SenderParams: u.SenderParams, Content: content, SMTPUTF8: u.SMTPUTF8, RequireTLS: u.RequireTLS,
		EnvID: u.DSN.EnvID, Ret: u.DSN.Ret,
		Recipients: []smtpclient.Recipient{{Address: u.Recipient, Params: u.RcptParam, Notify: u.DSN.Notify, Orcpt: u.DSN.Orcpt}},
	}
}

// one tries one address; done is false when the next one should be tried.
func (j *job) one(ctx context.Context, p *plan, t route.Target, m *smtpclient.Mail, a *hook.Attempt) (done bool) {
	a.Result, a.Error, a.Conn = nil, nil, nil
	o, src, err := p.dialOptions(ctx, t)
	if err != nil {
		a.Result, a.Error = describe(err)
		return false
	}
	conn, info, err := smtpclient.Dial(ctx, p.addrPort(t), o)
	a.Conn = facts(info, t, src, o, p.capture)
	a.Conn.ID = j.NewID()
	if err != nil {
		a.Result, a.Error = describe(err)
		return false
	}
	out, err := conn.Send(ctx, m)
	a.Conn.Transactions = info.Transactions
	a.Relayed = !info.Extensions.Has(smtp.ExtDSN)
	if err != nil {
		conn.Abort()
		a.Result, a.Error = describe(err)
		return true
	}
	a.Result = &hook.AttemptResult{Reply: out.Reply, State: out.State}
	// The outcome is certain; waiting for the answer to QUIT must not hold the
	// unit up.
	go conn.Close()
	return true
}

// facts describes a connection for scripts.
func facts(info *smtpclient.Info, t route.Target, src source, o *smtpclient.Options, capture bool) *hook.AttemptConn {
	c := &hook.AttemptConn{LocalIPID: src.id, Helo: o.Helo, RemoteIP: t.IP.String(), RemoteMX: t.Name()}
	if src.ip.IsValid() {
		c.LocalIP = src.ip.String()
	}
	if info == nil {
		return c
	}
	c.LocalIP, c.Greet, c.Transactions = info.LocalIP.String(), info.Greet, info.Transactions
	if x := info.TLS; x != nil {
		c.TLSTried, c.TLSStarted, c.Protocol, c.Cipher, c.KeySize, c.Report = true, x.Started, x.Protocol, x.Cipher, x.KeySize, x.Report
		if capture {
			c.Peer, c.PeerErr = x.Peer, x.PeerErr
		}
	}
	return c
}

// describe turns an error of the client into what scripts see.
func describe(err error) (*hook.AttemptResult, *hook.AttemptError) {
	var re *smtpclient.ReplyError
	if errors.As(err, &re) {
		return &hook.AttemptResult{Reply: re.Result.Reply, State: re.Result.State}, nil
	}
	e := &hook.AttemptError{Type: "network", Temporary: true, Message: "connection failed"}
	var own *smtpclient.Error
	if errors.As(err, &own) {
		e.Type, e.Temporary, e.Message = string(own.Type), own.Temporary, own.Message
	}
	return nil, e
}
