package smtpserver

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/smtp"
)

func sizeLine(n int64) string { return "SIZE " + strconv.FormatInt(n, 10) }

var tooBig = reply(552, 5, 3, 4, "Message is too big")

// mail runs MAIL FROM.
func (s *session) mail(arg string) error {
	switch {
	case s.tx.Sender != nil:
		return s.fault(badSequence)
	case s.conn.Helo == nil && s.o.HeloRequired:
		return s.fault(reply(503, 5, 5, 1, "Say hello first"))
	case s.o.TLSRequired && s.conn.TLS == nil:
		return s.fault(reply(530, 5, 7, 0, "Must issue a STARTTLS command first"))
	case s.o.AuthRequired && s.conn.Auth == nil:
		return s.fault(reply(530, 5, 7, 0, "Authentication required"))
	case s.o.MaxMessages > 0 && s.messages >= s.o.MaxMessages:
		return s.bye(reply(421, 4, 7, 0, "Too many messages on this connection"), smtp.StateMail)
	}
	a, params, err := smtp.ParseMail(arg)
	if err != nil {
		return s.fault(syntaxReply(err, 7))
	}
	if r := s.mailParams(a, params); r.Code != 0 {
		return s.fault(r)
	}
	if err := s.srv.Enqueuer.Ready(); err != nil {
		s.log.Error("no mail can be taken", "err", err)
		return s.reply(reply(452, 4, 3, 1, "Insufficient system storage"))
	}
	v := s.hook(hook.Input{Phase: hook.MailFrom, Address: a, Params: params})
	if v.Action == hook.Accept {
		if v.Address != nil {
			a = *v.Address
		}
		if v.Params != nil {
			params = v.Params
		}
		s.tx.Sender, s.tx.SenderParams = new(a), params
		_, s.utf8 = params.Get("SMTPUTF8")
	}
	return s.decide(hook.MailFrom, v)
}

// syntaxReply answers an argument that cannot be read; subject is 7 for senders
// and 3 for recipients.
func syntaxReply(err error, subject int) smtp.Reply {
	switch {
	case errors.Is(err, smtp.ErrPath):
		return reply(501, 5, 1, subject, "Bad address syntax")
	case errors.Is(err, smtp.ErrParams):
		return reply(501, 5, 5, 4, "Bad parameter")
	}
	return reply(501, 5, 5, 2, "Syntax error")
}

// mailParams checks the parameters of MAIL; a reply without code means they are
// good.
func (s *session) mailParams(a address.Address, params smtp.Params) smtp.Reply {
	for _, p := range params {
		ok, good := false, true
		switch p.Key {
		case "SIZE":
			ok = s.enabled["SIZE"]
			n, err := strconv.ParseInt(p.Value, 10, 64)
			if good = err == nil && n >= 0; good && s.o.MaxSize > 0 && n > s.o.MaxSize {
				return tooBig
			}
		case "BODY":
			ok = s.enabled["8BITMIME"]
			good = strings.EqualFold(p.Value, "7BIT") || strings.EqualFold(p.Value, "8BITMIME")
		case "SMTPUTF8":
			ok, good = s.enabled["SMTPUTF8"], p.Value == ""
		case "RET":
			ok = s.enabled["DSN"]
			good = strings.EqualFold(p.Value, "FULL") || strings.EqualFold(p.Value, "HDRS")
		case "ENVID":
			ok, good = s.enabled["DSN"], p.Value != ""
		case "REQUIRETLS":
			ok, good = s.enabled["REQUIRETLS"] && s.conn.TLS != nil, p.Value == ""
		case "AUTH":
			ok = s.enabled["AUTH"] || s.conn.Auth != nil
		default:
			ok = s.enabled[p.Key]
		}
		if r := paramReply(p.Key, ok, good); r.Code != 0 {
			return r
		}
	}
	_, utf8 := params.Get("SMTPUTF8")
	return utf8Reply(a, utf8)
}

func paramReply(key string, known, good bool) smtp.Reply {
	switch {
	case !known:
		return reply(555, 5, 5, 4, "Parameter "+key+" is not recognized")
	case !good:
		return reply(501, 5, 5, 4, "Bad value of "+key)
	}
	return smtp.Reply{}
}

func utf8Reply(a address.Address, allowed bool) smtp.Reply {
	if text := a.Local + a.Domain; !allowed && strings.IndexFunc(text, func(r rune) bool { return r >= 0x80 }) >= 0 {
		return reply(553, 5, 6, 7, "Address needs SMTPUTF8")
	}
	return smtp.Reply{}
}

// rcpt runs RCPT TO.
func (s *session) rcpt(arg string) error {
	if s.tx.Sender == nil {
		return s.fault(badSequence)
	}
	a, params, err := smtp.ParseRcpt(arg)
	if err != nil {
		return s.fault(syntaxReply(err, 3))
	}
	if s.o.MaxRecipients > 0 && len(s.tx.Recipients) >= s.o.MaxRecipients {
		return s.reply(reply(452, 4, 5, 3, "Too many recipients"))
	}
	for _, p := range params {
		ok, good := s.enabled[p.Key], true
		switch p.Key {
		case "NOTIFY", "ORCPT":
			ok, good = s.enabled["DSN"], p.Value != ""
			if p.Key == "NOTIFY" {
				good = validNotify(p.Value)
			}
		}
		if r := paramReply(p.Key, ok, good); r.Code != 0 {
			return s.fault(r)
		}
	}
	if r := utf8Reply(a, s.utf8); r.Code != 0 {
		return s.fault(r)
	}
	v := s.hook(hook.Input{Phase: hook.RcptTo, Address: a, Params: params, TransportID: s.o.TransportID})
	if v.Action == hook.Accept {
		r := hook.Recipient{Address: a, Params: params, TransportID: s.o.TransportID}
		if v.Address != nil {
			r.Address = *v.Address
		}
		if v.Params != nil {
			r.Params = v.Params
		}
		if v.TransportID != nil {
			r.TransportID = *v.TransportID
		}
		if !slices.ContainsFunc(s.tx.Recipients, func(x hook.Recipient) bool { return x.Address.Lower() == r.Address.Lower() }) {
			s.tx.Recipients = append(s.tx.Recipients, r)
		}
	}
	return s.decide(hook.RcptTo, v)
}

// validNotify checks NOTIFY: NEVER alone, or others (RFC 3461 section 4.1).
func validNotify(v string) bool {
	words := strings.Split(strings.ToUpper(v), ",")
	for _, w := range words {
		switch w {
		case "NEVER":
			if len(words) > 1 {
				return false
			}
		case "SUCCESS", "FAILURE", "DELAY":
		default:
			return false
		}
	}
	return true
}
