package smtpserver

import (
	"encoding/base64"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/smtp"
)

// auth runs AUTH (RFC 4954). LOGIN and PLAIN collect the credentials here; the
// script drives every other mechanism.
func (s *session) auth(arg string) error {
	switch {
	case !s.esmtp || !s.enabled["AUTH"]:
		return s.fault(reply(500, 5, 5, 1, "AUTH is not available"))
	case s.conn.Auth != nil:
		return s.fault(reply(503, 5, 5, 1, "Already authenticated"))
	case s.tx.Sender != nil:
		return s.fault(badSequence)
	}
	mechanism, initial, given := strings.Cut(arg, " ")
	mechanism = strings.ToUpper(mechanism)
	if !slices.ContainsFunc(s.o.AuthMechanisms, func(m string) bool { return strings.EqualFold(m, mechanism) }) {
		return s.fault(reply(504, 5, 5, 4, "Unknown authentication mechanism"))
	}
	in := &hook.Input{Phase: hook.Auth, Conn: s.conn, Tx: s.tx, Mechanism: mechanism}
	var response *string
	if given {
		text, ok := decodeAuth(strings.TrimSpace(initial))
		if !ok {
			return s.fault(reply(501, 5, 5, 2, "Invalid base64"))
		}
		response = &text
	}
	var ok bool
	var err error
	switch mechanism {
	case "PLAIN":
		ok, err = s.authPlain(in, response)
	case "LOGIN":
		ok, err = s.authLogin(in, response)
	default:
		return s.authScript(in, response)
	}
	if err != nil || !ok {
		return err
	}
	v := s.srv.Hooks.Run(s.ctx, in)
	return s.authenticated(in, v)
}

func (s *session) authenticated(in *hook.Input, v hook.Verdict) error {
	if v.Action == hook.Accept {
		name := in.Username
		if v.Username != nil {
			name = *v.Username
		}
		s.conn.Auth = &hook.AuthName{Mechanism: in.Mechanism, Username: name}
	}
	return s.decide(hook.Auth, v)
}

func decodeAuth(text string) (string, bool) {
	if text == "=" {
		return "", true
	}
	b, err := base64.StdEncoding.DecodeString(text)
	return string(b), err == nil
}

// challenge sends 334 and reads the answer. ok is false when the exchange was
// refused or cancelled; the reply is sent then.
func (s *session) challenge(r smtp.Reply) (answer string, ok bool, err error) {
	if err := s.reply(r); err != nil {
		return "", false, err
	}
	line, err := s.w.line(s.o.IdleTimeout)
	if err != nil {
		return "", false, s.readFailed(err)
	}
	if string(line) == "*" {
		return "", false, s.reply(reply(501, 5, 7, 0, "Authentication cancelled"))
	}
	text, ok := decodeAuth(string(line))
	if !ok {
		return "", false, s.fault(reply(501, 5, 5, 2, "Invalid base64"))
	}
	return text, true, nil
}

func prompt(text string) smtp.Reply {
	return smtp.MakeReply(334, [3]int{}, base64.StdEncoding.EncodeToString([]byte(text)))
}

func (s *session) authPlain(in *hook.Input, response *string) (ok bool, err error) {
	if response == nil {
		text, ok, err := s.challenge(prompt(""))
		if !ok || err != nil {
			return false, err
		}
		response = &text
	}
	parts := strings.Split(*response, "\x00")
	if len(parts) != 3 {
		return false, s.fault(reply(501, 5, 5, 2, "Malformed PLAIN response"))
	}
	in.Username, in.Password = parts[1], parts[2]
	return true, nil
}

func (s *session) authLogin(in *hook.Input, response *string) (ok bool, err error) {
	if response == nil {
		text, ok, err := s.challenge(prompt("Username:"))
		if !ok || err != nil {
			return false, err
		}
		response = &text
	}
	in.Username = *response
	in.Password, ok, err = s.challenge(prompt("Password:"))
	return ok, err
}

// maxRounds bounds the rounds of a mechanism in script.
const maxRounds = 100

func (s *session) authScript(in *hook.Input, response *string) error {
	in.Response = response
	for in.State = 0; in.State < maxRounds; in.State++ {
		v := s.srv.Hooks.Run(s.ctx, in)
		if v.Action != hook.ReplyAction {
			return s.authenticated(in, v)
		}
		if v.Disconnect {
			return s.decide(hook.Auth, v)
		}
		text, ok, err := s.challenge(v.Reply)
		if !ok || err != nil {
			return err
		}
		in.Response = &text
	}
	return s.fault(reply(454, 4, 7, 0, "Too many rounds of authentication"))
}
