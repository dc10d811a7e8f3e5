package smtpclient

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/smtp"
)

// transaction is one Send while it runs.
type transaction struct {
	c    *Conn
	m    *Mail
	body message.Source // the content as it is sent
	f    facts
	utf8 bool // SMTPUTF8 is asked for
	mail string
	rcpt []string
	bdat bool
	out  Outcome
}

// Send runs one transaction. The error is an *Error; without one the Outcome
// holds the reply that decided. The connection can carry another transaction
// while Usable.
func (c *Conn) Send(ctx context.Context, m *Mail) (Outcome, error) {
	defer c.watch(ctx)()
	t := &transaction{c: c, m: m}
	if err := t.prepare(); err != nil {
		return Outcome{}, err
	}
	if c.dirty {
		if err := c.Reset(ctx); err != nil {
			return Outcome{}, err
		}
	}
	c.info.Transactions++
	c.dirty = true
	if err := t.run(ctx); err != nil {
		return t.out, err
	}
	return t.out, nil
}

// Reset ends an open transaction with RSET.
func (c *Conn) Reset(ctx context.Context) error {
	r, err := c.exchange(ctx, smtp.StateRset, "RSET")
	if err != nil {
		return err
	}
	if !r.Positive() {
		return c.outOfPlace(r, smtp.StateRset)
	}
	c.dirty = false
	return nil
}

// prepare makes the commands, and finds what the peer lacks.
func (t *transaction) prepare() error {
	ext := t.c.info.Extensions
	if t.m.Content != nil {
		f, err := look(t.m.Content)
		if err != nil {
			return &Error{Type: ErrConfig, Temporary: true, Message: "the message cannot be read", Err: err}
		}
		t.f, t.body = f, t.m.Content
		if f.eightBit && !ext.Has(smtp.Ext8BitMIME) {
			if err := t.narrow(); err != nil {
				return &Error{Type: ErrConfig, Temporary: true, Message: "the message cannot be read", Err: err}
			}
			f = t.f
		}
		if limit, ok := ext.Size(); ok && limit > 0 && f.size > limit {
			return &Error{Type: ErrSMTP, State: smtp.StateMail, Status: [3]int{5, 3, 4}, Message: fmt.Sprintf("the message has %d bytes, the peer takes %d", f.size, limit)}
		}
	}
	if err := t.needUTF8(ext); err != nil {
		return err
	}
	t.bdat = t.f.exact && ext.Has(smtp.ExtChunking) && !t.c.o.NoChunking
	params, err := t.mailParams(ext)
	if err != nil {
		return err
	}
	t.mail = "MAIL FROM:<" + t.path(t.m.Sender) + ">" + string(smtp.AppendParams(nil, params))
	for _, r := range t.m.Recipients {
		t.rcpt = append(t.rcpt, "RCPT TO:<"+t.path(r.Address)+">"+string(smtp.AppendParams(nil, rcptParams(ext, r))))
	}
	return nil
}

// path writes an address; without SMTPUTF8 domains go as A-labels.
func (t *transaction) path(a address.Address) string {
	if !t.utf8 && !asciiText(a.Domain) {
		a.Domain = address.ASCIIDomain(a.Domain)
	}
	return a.String()
}

func asciiText(s string) bool { return ascii([]byte(s)) }

// needUTF8 decides about SMTPUTF8 (RFC 6531 section 3.4).
func (t *transaction) needUTF8(ext smtp.Extensions) error {
	local := t.m.Sender.NeedsUTF8()
	domain := !asciiText(t.m.Sender.Domain)
	for _, r := range t.m.Recipients {
		local = local || r.Address.NeedsUTF8()
		domain = domain || !asciiText(r.Address.Domain)
	}
	if ext.Has(smtp.ExtSMTPUTF8) {
		t.utf8 = local || domain || t.f.header8Bit
		return nil
	}
	if local || t.m.SMTPUTF8 && t.f.header8Bit {
		return &Error{Type: ErrSMTP, State: smtp.StateMail, Status: [3]int{5, 6, 7}, Message: "SMTPUTF8 is required but not offered"}
	}
	return nil
}

func (t *transaction) mailParams(ext smtp.Extensions) (smtp.Params, error) {
	var own smtp.Params
	add := func(key, value string) { own = append(own, smtp.Param{Key: key, Value: value}) }
	if t.m.Content != nil && ext.Has(smtp.ExtSize) {
		add("SIZE", fmt.Sprint(t.f.size))
	}
	if t.f.eightBit && ext.Has(smtp.Ext8BitMIME) {
		add("BODY", "8BITMIME")
	}
	if t.utf8 {
		add("SMTPUTF8", "")
	}
	if t.m.RequireTLS {
		tls, offered := t.c.info.TLS, ext.Has(smtp.ExtRequireTLS)
		if tls == nil || !tls.Started || tls.PeerErr != 0 || !offered && !t.m.Sender.IsNull() {
			return nil, &Error{Type: ErrSMTP, State: smtp.StateMail, Status: [3]int{5, 7, 30}, Message: "REQUIRETLS cannot be met"}
		}
		if offered { // a notification is not dropped for want of it (RFC 8689 section 5)
			add("REQUIRETLS", "")
		}
	}
	if ext.Has(smtp.ExtDSN) {
		if t.m.Ret != "" {
			add("RET", t.m.Ret)
		}
		if t.m.EnvID != "" {
			add("ENVID", smtp.EncodeXtext(t.m.EnvID))
		}
	}
	return override(own, t.m.SenderParams), nil
}

func rcptParams(ext smtp.Extensions, r Recipient) smtp.Params {
	var own smtp.Params
	if ext.Has(smtp.ExtDSN) {
		if len(r.Notify) > 0 {
			own = append(own, smtp.Param{Key: "NOTIFY", Value: strings.Join(r.Notify, ",")})
		}
		if kind, addr, ok := strings.Cut(r.Orcpt, ";"); ok {
			own = append(own, smtp.Param{Key: "ORCPT", Value: kind + ";" + smtp.EncodeXtext(addr)})
		}
	}
	return override(own, r.Params)
}

// override puts parameters given by script in the place of our own.
func override(own, given smtp.Params) smtp.Params {
	out := own[:0:0]
	for _, p := range own {
		if _, ok := given.Get(p.Key); !ok {
			out = append(out, p)
		}
	}
	return append(out, given...)
}

// run sends the envelope, pipelined when offered, and the content.
func (t *transaction) run(ctx context.Context) error {
	c := t.c
	pipeline := c.info.Extensions.Has(smtp.ExtPipelining) && !c.o.NoPipeline
	data := t.m.Content != nil && !t.bdat
	if pipeline {
		lines := append([]string{t.mail}, t.rcpt...)
		if data {
			lines = append(lines, "DATA")
		}
		for _, l := range lines {
			if err := c.send(l); err != nil {
				return c.lost(ctx, smtp.StateMail, "send", err)
			}
		}
		if err := c.flush(ctx, smtp.StateMail); err != nil {
			return err
		}
	}
	step := func(state, line string) (smtp.Reply, error) {
		if pipeline {
			return c.reply(ctx, state)
		}
		return c.exchange(ctx, state, line)
	}
	r, err := step(smtp.StateMail, t.mail)
	if err != nil {
		return err
	}
	if r.Code/100 == 3 {
		return c.outOfPlace(r, smtp.StateMail)
	}
	accepted := 0
	mailOK := r.Positive()
	t.out.Result = Result{Reply: r, State: smtp.StateMail}
	if mailOK || pipeline {
		for _, line := range t.rcpt {
			rr, err := step(smtp.StateRcpt, line)
			if err != nil {
				return t.keep(mailOK, err)
			}
			if rr.Code/100 == 3 {
				return t.keep(mailOK, c.outOfPlace(rr, smtp.StateRcpt))
			}
			t.out.Recipients = append(t.out.Recipients, Result{Reply: rr, State: smtp.StateRcpt})
			if rr.Positive() {
				accepted++
			}
			if mailOK && (t.out.State == smtp.StateMail || !rr.Positive() && t.out.OK()) {
				t.out.Result = Result{Reply: rr, State: smtp.StateRcpt}
			}
		}
	}
	if accepted > 0 && mailOK {
		t.out.Result = t.firstRefused()
	}
	return t.content(ctx, step, pipeline, mailOK, accepted)
}

// keep drops an error behind a refusal that decided already.
func (t *transaction) keep(mailOK bool, err error) error {
	if !mailOK {
		return nil
	}
	return err
}

// firstRefused is the first refused recipient, or the last accepted one.
func (t *transaction) firstRefused() Result {
	for _, r := range t.out.Recipients {
		if !r.OK() {
			return r
		}
	}
	return t.out.Recipients[len(t.out.Recipients)-1]
}

// content sends the message when the envelope was accepted.
func (t *transaction) content(ctx context.Context, step func(state, line string) (smtp.Reply, error), pipeline, mailOK bool, accepted int) error {
	c := t.c
	whole := mailOK && accepted > 0 && (accepted == len(t.rcpt) || c.o.LMTP)
	if t.m.Content == nil {
		return t.abandon(ctx)
	}
	if t.bdat {
		if !whole {
			return t.abandon(ctx)
		}
		return t.sendBDAT(ctx, accepted)
	}
	if !pipeline && !whole {
		return t.abandon(ctx)
	}
	r, err := step(smtp.StateData, "DATA")
	if err != nil {
		return t.keep(whole, err)
	}
	if r.Code != 354 {
		if whole {
			if r.Positive() || r.Code/100 == 3 {
				return c.outOfPlace(r, smtp.StateData)
			}
			t.out.Result = Result{Reply: r, State: smtp.StateData}
		}
		return t.abandon(ctx)
	}
	if !whole {
		// The peer waits for content of a message that nobody took as a whole:
		// an empty one ends the transaction (RFC 2920 section 3.1), unless some
		// recipient would get it.
		if accepted > 0 && mailOK {
			c.fail()
			return nil
		}
		_, err := c.exchange(ctx, smtp.StateEOD, ".")
		c.dirty = false
		return t.keep(false, err)
	}
	if err := t.writeData(ctx); err != nil {
		return err
	}
	return t.finish(ctx, accepted)
}

// abandon ends a transaction that was refused.
func (t *transaction) abandon(ctx context.Context) error {
	if t.c.broken {
		return nil
	}
	if err := t.c.Reset(ctx); err != nil {
		t.c.fail() // the result stands; only the connection is lost
	}
	return nil
}

// writeData sends the content after 354.
func (t *transaction) writeData(ctx context.Context) error {
	c := t.c
	dw := smtp.NewDotWriter(blocks{c})
	if _, err := io.Copy(dw, message.Reader(t.body)); err != nil {
		return t.broke(ctx, err)
	}
	if err := dw.Close(); err != nil {
		return t.broke(ctx, err)
	}
	return c.flush(ctx, stateBlock)
}

// broke types an error of sending content: of the source, or of the connection.
func (t *transaction) broke(ctx context.Context, err error) error {
	var own writeError
	if errors.As(err, &own) {
		return t.c.lost(ctx, smtp.StateEOD, "send the message", own.error)
	}
	t.c.fail()
	return &Error{Type: ErrConfig, Temporary: true, State: smtp.StateEOD, Message: "the message cannot be read", Err: err}
}

type writeError struct{ error }

// blocks writes content with a time limit for each block.
type blocks struct{ c *Conn }

func (b blocks) Write(p []byte) (int, error) {
	_ = b.c.nc.SetWriteDeadline(time.Now().Add(b.c.o.timeout(stateBlock)))
	n, err := b.c.bw.Write(p)
	if err != nil {
		err = writeError{err}
	}
	return n, err
}

// sendBDAT sends the content as one chunk (RFC 3030).
func (t *transaction) sendBDAT(ctx context.Context, accepted int) error {
	c := t.c
	size := t.f.size
	tail := ""
	if end, err := message.ReadRange(t.body, max(0, size-2), size); err == nil && string(end) != "\r\n" {
		tail = "\r\n"
	}
	if err := c.send(fmt.Sprintf("BDAT %d LAST", size+int64(len(tail)))); err != nil {
		return c.lost(ctx, smtp.StateBdat, "send", err)
	}
	if _, err := io.Copy(blocks{c}, message.Reader(t.body)); err != nil {
		return t.broke(ctx, err)
	}
	if _, err := io.WriteString(blocks{c}, tail); err != nil {
		return t.broke(ctx, err)
	}
	if err := c.flush(ctx, stateBlock); err != nil {
		return err
	}
	return t.finish(ctx, accepted)
}

// finish reads the answer to the content: one, or with LMTP one per accepted
// recipient.
func (t *transaction) finish(ctx context.Context, accepted int) error {
	c := t.c
	answers := 1
	if c.o.LMTP {
		answers = accepted
	}
	var got []smtp.Reply
	for range answers {
		r, err := c.reply(ctx, smtp.StateEOD)
		if err != nil {
			return err
		}
		if r.Code/100 == 3 {
			return c.outOfPlace(r, smtp.StateEOD)
		}
		got = append(got, r)
	}
	c.dirty = false
	i := 0
	for j := range t.out.Recipients {
		if t.out.Recipients[j].OK() {
			t.out.Recipients[j] = Result{Reply: got[min(i, len(got)-1)], State: smtp.StateEOD}
			i++
		}
	}
	t.out.Result = t.firstRefused()
	return nil
}
