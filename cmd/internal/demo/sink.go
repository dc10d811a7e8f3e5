package main

import (
	"context"
	"errors"
	"io"
	"log"
	"net"

	"github.com/emersion/go-smtp"
)

// sink is the next hop: an SMTP server that hands out what it gets.
type sink struct {
	srv   *smtp.Server
	mails chan string
	port  int
}

func newSink() (*sink, error) {
	s := &sink{mails: make(chan string, 10)}
	s.srv = smtp.NewServer(s)
	s.srv.Domain, s.srv.ErrorLog = "sink.example.net", log.New(io.Discard, "", 0)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.port = ln.Addr().(*net.TCPAddr).Port
	go s.srv.Serve(ln)
	return s, nil
}

func (s *sink) close() { s.srv.Close() }

func (s *sink) wait(ctx context.Context) (string, error) {
	select {
	case m := <-s.mails:
		return m, nil
	case <-ctx.Done():
		return "", errors.New("no message arrived at the next hop")
	}
}

// NewSession implements smtp.Backend.
func (s *sink) NewSession(*smtp.Conn) (smtp.Session, error) { return session{s}, nil }

type session struct{ s *sink }

func (session) Reset()                               {}
func (session) Logout() error                        { return nil }
func (session) Mail(string, *smtp.MailOptions) error { return nil }
func (session) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (x session) Data(r io.Reader) error {
	b, err := io.ReadAll(r)
	if err == nil {
		x.s.mails <- string(b)
	}
	return err
}
