package smtpserver

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/smtp"
)

// content is a message on its way in.
type content struct {
	w   smtp.ContentWriter
	err error // of the temporary file: the rest is drained
}

// Write implements io.Writer; it never fails, so that framing goes on.
func (c *content) Write(p []byte) (int, error) {
	if c.err == nil {
		_, c.err = c.w.Write(p)
	}
	return len(p), nil
}

// begin makes the place where the content goes, with the trace field on top.
func (s *session) begin() *content {
	s.body = newSpill(s.o.TempDir, s.received)
	return &content{w: smtp.ContentWriter{W: s.body, Limit: s.o.MaxSize}}
}

// data runs DATA.
func (s *session) data(arg string) error {
	switch {
	case arg != "":
		return s.fault(reply(501, 5, 5, 4, "DATA takes no argument"))
	case s.tx.Sender == nil || len(s.tx.Recipients) == 0:
		return s.fault(noRecipients(s.tx))
	}
	if err := s.reply(smtp.MakeReply(354, [3]int{}, "End data with <CR><LF>.<CR><LF>")); err != nil {
		return err
	}
	if err := s.w.bw.Flush(); err != nil {
		return err
	}
	c := s.begin()
	s.w.widen()
	s.w.limit = s.o.DataTimeout
	if _, err := smtp.NewDotReader(s.w.br).WriteTo(c); err != nil {
		return err
	}
	return s.eod(c, smtp.StateEOD)
}

func noRecipients(tx *hook.Transaction) smtp.Reply {
	if tx.Sender == nil {
		return badSequence
	}
	return reply(554, 5, 5, 1, "No valid recipients")
}

// bdatChunk runs BDAT (RFC 3030).
func (s *session) bdatChunk(arg string) error {
	size, last, ok := parseBdat(arg)
	if !ok {
		// Where the next command begins cannot be known.
		return s.bye(reply(501, 5, 5, 4, "Bad BDAT argument"), smtp.StateBdat)
	}
	if !s.enabled["CHUNKING"] {
		return s.bye(reply(500, 5, 5, 1, "BDAT is not available"), smtp.StateBdat)
	}
	usable := s.tx.Sender != nil && len(s.tx.Recipients) > 0
	var w io.Writer = io.Discard
	if usable {
		if s.bdat == nil {
			s.bdat = s.begin()
		}
		w = s.bdat
	}
	s.w.widen()
	s.w.limit = s.o.DataTimeout
	if err := smtp.CopyChunk(w, s.w.br, size); err != nil {
		return err
	}
	if !usable {
		return s.fault(noRecipients(s.tx))
	}
	if !last {
		return s.reply(reply(250, 2, 0, 0, fmt.Sprintf("%d octets received", size)))
	}
	c := s.bdat
	s.bdat = nil
	return s.eod(c, smtp.StateBdat)
}

func parseBdat(arg string) (size int64, last, ok bool) {
	f := strings.Fields(arg)
	if len(f) == 0 || len(f) > 2 || len(f) == 2 && !strings.EqualFold(f[1], "LAST") {
		return 0, false, false
	}
	n, err := strconv.ParseInt(f[0], 10, 63)
	return n, len(f) == 2, err == nil && n >= 0
}

// eod checks a complete message, lets the script decide and stores it. Nothing
// is acknowledged before it is durable.
func (s *session) eod(c *content, state string) error {
	defer s.newTransaction()
	s.messages++
	rcpts := len(s.tx.Recipients)
	v, r := s.judge(c)
	if r.Code == 0 {
		r = v.Reply
	}
	if !r.Positive() {
		s.refused(hook.EOD, r)
	}
	if v.Disconnect {
		return s.bye(r, state)
	}
	if !s.o.LMTP {
		return s.reply(r)
	}
	for range rcpts {
		if err := s.reply(r); err != nil {
			return err
		}
	}
	return nil
}

// judge returns the verdict, or a reply that comes before or instead of it.
func (s *session) judge(c *content) (hook.Verdict, smtp.Reply) {
	s.tx.Received = time.Now()
	switch {
	case c.err != nil:
		s.log.Error("receive message", "transaction", s.tx.ID, "err", c.err)
		return hook.Verdict{}, reply(452, 4, 3, 1, "Insufficient system storage")
	case c.w.TooBig():
		return hook.Verdict{}, tooBig
	case c.w.NUL:
		return hook.Verdict{}, reply(554, 5, 6, 0, "Message contains NUL")
	case c.w.Longest > smtp.MaxTextLine:
		return hook.Verdict{}, reply(554, 5, 6, 0, "Line too long")
	}
	mail, err := s.body.Source()
	if err != nil {
		s.log.Error("receive message", "transaction", s.tx.ID, "err", err)
		return hook.Verdict{}, reply(452, 4, 3, 1, "Insufficient system storage")
	}
	m := message.Parse(mail)
	if s.o.MaxHops > 0 && hops(m) > s.o.MaxHops {
		return hook.Verdict{}, reply(554, 5, 4, 6, "Too many hops")
	}
	v := s.hook(hook.Input{Phase: hook.EOD, Mail: m})
	if v.Action != hook.Accept {
		return v, smtp.Reply{}
	}
	if err := s.srv.Enqueuer.Accept(s.ctx, s.conn, s.tx, mail, v); err != nil {
		s.log.Error("store message", "transaction", s.tx.ID, "err", err)
		return hook.Verdict{}, reply(451, 4, 3, 0, "Message could not be stored, session "+s.conn.ID)
	}
	return v, smtp.Reply{}
}

// hops counts the Received fields, without our own.
func hops(m *message.Message) int {
	n := -1
	for _, f := range m.Fields {
		if f.Name == "received" {
			n++
		}
	}
	return n
}

// received appends the trace field of spec mta 12.2 (RFC 5321 section 4.4).
func (s *session) received(b []byte) []byte {
	helo, ip, name := "unknown", s.conn.RemoteIP.String(), s.conn.RemotePTR
	if s.conn.Helo != nil {
		helo = clean(s.conn.Helo.Host)
	}
	if s.conn.RemoteIP.Is6() {
		ip = "IPv6:" + ip
	}
	if name != "" {
		name += " "
	}
	b = join(b, "Received: from ", helo, " (", name, "[", ip, "])\r\n\tby ", s.o.Hostname, " (Hawser) with ", s.with(), " id ", s.tx.ID)
	if t := s.conn.TLS; t != nil {
		b = join(b, "\r\n\t(version=", t.Protocol, " cipher=", t.Cipher, ")")
	}
	if len(s.tx.Recipients) == 1 {
		b = join(b, "\r\n\tfor <", clean(s.tx.Recipients[0].Address.String()), ">")
	}
	return join(b, ";\r\n\t", message.FormatDate(time.Now()), "\r\n")
}

func join(b []byte, texts ...string) []byte {
	for _, t := range texts {
		b = append(b, t...)
	}
	return b
}

// clean keeps what a client sent from breaking the field.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == '(' || r == ')' || r == ';' {
			return '?'
		}
		return r
	}, text)
}

// with is the protocol (RFC 3848, RFC 6531 section 4.3).
func (s *session) with() string {
	name := "SMTP"
	switch {
	case s.o.LMTP:
		name = "LMTP"
	case s.utf8:
		name = "UTF8SMTP"
	case s.esmtp:
		name = "ESMTP"
	default:
		return name
	}
	if s.conn.TLS != nil {
		name += "S"
	}
	if s.conn.Auth != nil {
		name += "A"
	}
	return name
}
