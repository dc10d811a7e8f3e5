package smtpserver

import (
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/smtp"
)

func reply(code int, e1, e2, e3 int, text string) smtp.Reply {
	return smtp.MakeReply(code, [3]int{e1, e2, e3}, text)
}

var badSequence = reply(503, 5, 5, 1, "Bad sequence of commands")

// command runs one command line.
func (s *session) command(line []byte) error {
	if s.proxy {
		done, rest, err := s.intercept(string(line))
		if done || err != nil {
			return err
		}
		line = []byte(rest)
	}
	verb, arg := smtp.ParseCommand(line)
	if s.bdat != nil && verb != "BDAT" && verb != "RSET" && verb != "NOOP" && verb != "QUIT" {
		return s.fault(badSequence)
	}
	switch verb {
	case "HELO", "EHLO", "LHLO":
		return s.helo(verb, arg)
	case "STARTTLS":
		return s.startTLS(arg)
	case "AUTH":
		return s.auth(arg)
	case "MAIL":
		return s.mail(arg)
	case "RCPT":
		return s.rcpt(arg)
	case "DATA":
		return s.data(arg)
	case "BDAT":
		return s.bdatChunk(arg)
	case "RSET":
		if arg != "" {
			return s.fault(reply(501, 5, 5, 4, "RSET takes no argument"))
		}
		s.newTransaction()
		return s.reply(reply(250, 2, 0, 0, "Ok"))
	case "NOOP":
		return s.reply(reply(250, 2, 0, 0, "Ok"))
	case "QUIT":
		return s.bye(reply(221, 2, 0, 0, s.o.Hostname+" closing connection"), smtp.StateQuit)
	case "VRFY":
		return s.reply(reply(252, 2, 5, 2, "Cannot verify, send some mail"))
	case "EXPN":
		return s.fault(reply(502, 5, 5, 1, "EXPN is not available"))
	case "HELP":
		return s.reply(reply(214, 2, 0, 0, "See RFC 5321"))
	}
	return s.fault(reply(500, 5, 5, 2, "Unknown command"))
}

// intercept runs the proxy hook. done tells that the line is dealt with.
func (s *session) intercept(line string) (done bool, rest string, err error) {
	v := s.srv.Hooks.Run(s.ctx, &hook.Input{Phase: hook.Proxy, Conn: s.conn, Tx: s.tx, Command: line})
	s.proxy = v.Next
	if v.Action == hook.Pass {
		if v.Command != nil {
			line = *v.Command
		}
		return false, line, nil
	}
	return true, "", s.decide(hook.Proxy, v)
}

// builtins are the extensions of the server, in the order of announcement.
func (s *session) builtins() []string {
	ext := []string{"PIPELINING", "8BITMIME", "SIZE", "CHUNKING", "SMTPUTF8", "ENHANCEDSTATUSCODES"}
	if s.o.TLS != nil && s.conn.TLS == nil {
		ext = append(ext, "STARTTLS")
	}
	if s.authOffered() {
		ext = append(ext, "AUTH")
	}
	if s.o.Extensions != nil {
		ext = slices.DeleteFunc(ext, func(e string) bool {
			return !slices.ContainsFunc(s.o.Extensions, func(x string) bool { return strings.EqualFold(x, e) })
		})
	}
	for i, e := range ext {
		switch e {
		case "SIZE":
			ext[i] = sizeLine(s.o.MaxSize)
		case "AUTH":
			ext[i] = "AUTH " + strings.Join(s.o.AuthMechanisms, " ")
		}
	}
	return ext
}

func (s *session) authOffered() bool {
	return len(s.o.AuthMechanisms) > 0 && s.conn.Auth == nil && (s.conn.TLS != nil || s.o.AuthPlaintext) &&
		s.srv.Hooks.Has(hook.Auth, s.conn)
}

// helo runs HELO, EHLO and LHLO.
func (s *session) helo(verb, host string) error {
	if (verb == "LHLO") != s.o.LMTP {
		return s.fault(reply(500, 5, 5, 1, "Wrong greeting for this protocol"))
	}
	if host == "" || strings.ContainsAny(host, " \t") {
		return s.fault(reply(501, 5, 5, 4, verb+" takes a host name"))
	}
	in := &hook.Input{Phase: hook.Helo, Conn: s.conn, Tx: s.tx, Verb: verb, Host: host}
	if verb != "HELO" {
		in.Extensions = s.builtins()
	}
	v := s.srv.Hooks.Run(s.ctx, in)
	if v.Action != hook.Accept {
		return s.decide(hook.Helo, v)
	}
	s.newTransaction()
	if v.Host != nil {
		host = *v.Host
	}
	s.conn.Helo = &hook.HeloName{Verb: verb, Host: host}
	s.esmtp = verb != "HELO"
	if v.Extensions != nil {
		in.Extensions = v.Extensions
	}
	s.enabled = map[string]bool{}
	r := v.Reply
	if s.esmtp && r.Positive() {
		for _, line := range in.Extensions {
			key, _, _ := strings.Cut(line, " ")
			s.enabled[strings.ToUpper(key)] = true
		}
		r.Lines = append(slices.Clone(r.Lines), in.Extensions...)
	}
	return s.reply(r)
}
