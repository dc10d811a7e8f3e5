package smtpclient_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/smtpclient"
)

// told plays a session by script as play does; lines returns every line that came in,
// once the connection has ended.
func told(t *testing.T, answers ...string) (nc net.Conn, lines func() []string) {
	t.Helper()
	a, b := net.Pipe()
	var got []string
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer b.Close()
		br := bufio.NewReader(b)
		for _, s := range answers {
			if _, err := io.WriteString(b, s); err != nil {
				return
			}
			line, err := br.ReadString('\n')
			if err != nil {
				return
			}
			got = append(got, strings.TrimRight(line, "\r\n"))
		}
	}()
	t.Cleanup(func() { a.Close(); <-done })
	return a, func() []string {
		<-done
		return got
	}
}

// TestGoodBye: a session that cannot be used ends with QUIT while the peer listens.
func TestGoodBye(t *testing.T) {
	t.Parallel()
	require := smtpclient.Options{TLS: smtpclient.TLSOptions{Mode: smtpclient.TLSRequire}}
	for _, c := range []struct {
		name    string
		o       smtpclient.Options
		answers []string
		want    []string
	}{
		{"refused at once", smtpclient.Options{}, []string{"554 no\r\n"}, []string{"QUIT"}},
		{"refused by name", smtpclient.Options{}, []string{"220 x\r\n", "450 no\r\n"}, []string{"EHLO localhost", "QUIT"}},
		{"no STARTTLS", require, []string{"220 x\r\n", "250 x\r\n"}, []string{"EHLO localhost", "QUIT"}},
		{"no credentials", smtpclient.Options{Username: "u"}, []string{"220 x\r\n", "250-x\r\n250 AUTH PLAIN\r\n", "535 no\r\n"}, []string{"EHLO localhost", "AUTH PLAIN AHUA", "QUIT"}},
		{"closed by the peer", smtpclient.Options{}, []string{"421 no\r\n"}, nil},
		{"out of place", smtpclient.Options{}, []string{"220 x\r\n", "354 go\r\n"}, []string{"EHLO localhost"}},
		{"not a name", smtpclient.Options{Helo: "a b"}, []string{""}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			nc, lines := told(t, c.answers...)
			if _, _, err := smtpclient.New(t.Context(), nc, &c.o); err == nil {
				t.Fatal("the session stands")
			}
			if d := cmp.Diff(c.want, lines()); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// TestStartTLSFacts: what came of STARTTLS is told, and what a peer sends behind its
// answer in clear is never read as its answer inside TLS.
func TestStartTLSFacts(t *testing.T) {
	t.Parallel()
	hello := []string{"220 x\r\n", "250-x\r\n250 STARTTLS\r\n"}
	for _, c := range []struct {
		name, answer string
		typ          smtpclient.ErrorType
		report       string
	}{
		{"data behind the answer", "220 go\r\n250-x\r\n250 SIZE\r\n", smtpclient.ErrProtocol, "validation-failure"},
		{"no answer", "", smtpclient.ErrNetwork, "validation-failure"},
		{"garbage", "what?\r\n", smtpclient.ErrProtocol, "validation-failure"},
		{"250", "250 ok\r\n", smtpclient.ErrProtocol, "validation-failure"},
		{"not a handshake", "220 go\r\n", smtpclient.ErrTLS, "validation-failure"},
		{"refused", "454 later\r\n", smtpclient.ErrTLS, "starttls-not-supported"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := &smtpclient.Options{TLS: smtpclient.TLSOptions{Mode: smtpclient.TLSRequire}}
			_, info, err := smtpclient.New(t.Context(), play(t, append(hello, c.answer)...), o)
			var own *smtpclient.Error
			if !errors.As(err, &own) || own.Type != c.typ {
				t.Fatalf("got %v, want %s", err, c.typ)
			}
			if d := cmp.Diff(&smtpclient.TLSInfo{Report: c.report}, info.TLS); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
			if len(info.Extensions) != 1 {
				t.Errorf("extensions %v", info.Extensions)
			}
		})
	}
}
