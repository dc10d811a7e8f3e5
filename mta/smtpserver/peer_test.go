package smtpserver_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/emersion/go-sasl"
	gosmtp "github.com/emersion/go-smtp"
	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/smtp"
)

func send(c *gosmtp.Client, from, to, body string) error {
	return c.SendMail(from, []string{to}, strings.NewReader(body))
}

// TestGoSMTP: go-smtp's client is served in clear, by STARTTLS and in TLS from
// the start, authenticated and with SMTPUTF8.
func TestGoSMTP(t *testing.T) {
	t.Parallel()
	clientTLS := &tls.Config{InsecureSkipVerify: true, ServerName: "mx.test"}
	for _, c := range []struct {
		name     string
		implicit bool
		dial     func(addr string) (*gosmtp.Client, error)
	}{
		{"clear", false, gosmtp.Dial},
		{"STARTTLS", false, func(a string) (*gosmtp.Client, error) { return gosmtp.DialStartTLS(a, clientTLS) }},
		{"implicit TLS", true, func(a string) (*gosmtp.Client, error) { return gosmtp.DialTLS(a, clientTLS) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h := &house{verdicts: map[hook.Phase]hook.Verdict{hook.Auth: {Action: hook.Accept, Reply: smtp.MakeReply(235, [3]int{2, 7, 0}, "Ok")}}}
			o := options()
			o.TLS, o.AuthMechanisms, o.AuthPlaintext = serverTLS(), []string{"PLAIN"}, true
			r := serve(t, h, o, c.implicit)
			cl, err := c.dial(r.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer cl.Close()
			if err := cl.Auth(sasl.NewPlainClient("", "jo", "secret")); err != nil {
				t.Fatal(err)
			}
			if err := cl.Mail("ü@x.test", &gosmtp.MailOptions{UTF8: true, Body: gosmtp.Body8BitMIME}); err != nil {
				t.Fatal(err)
			}
			if err := cl.Rcpt("b@y.test", nil); err != nil {
				t.Fatal(err)
			}
			w, err := cl.Data()
			if err != nil {
				t.Fatal(err)
			}
			fmt.Fprint(w, "Subject: x\r\n\r\n"+strings.Repeat("é text\r\n", 50_000))
			if err := w.Close(); err != nil {
				t.Fatal(err)
			}
			if err := cl.Quit(); err != nil {
				t.Fatal(err)
			}
			want := "UTF8SMTPA"
			if c.name != "clear" {
				want = "UTF8SMTPSA"
			}
			if len(h.mails) != 1 || len(h.mails[0]) < 400_000 || !strings.Contains(h.mails[0], "with "+want+" id id-") {
				t.Errorf("%d mails, %.400s", len(h.mails), h.mails)
			}
		})
	}
}

func TestSwaks(t *testing.T) {
	t.Parallel()
	swaks, err := exec.LookPath("swaks")
	if err != nil {
		t.Fatal("this test needs the Debian package swaks")
	}
	h := &house{}
	r := serve(t, h, options(), false)
	host, port, _ := net.SplitHostPort(r.addr)
	out, err := exec.CommandContext(t.Context(), swaks, "--server", host, "--port", port, "--from", "a@x.test", "--to", "b@y.test",
		"--helo", "swaks.test", "--header", "Subject: from swaks", "--body", ".leading dot\nlast").CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if len(h.mails) != 1 || !strings.Contains(h.mails[0], "\r\n.leading dot\r\nlast\r\n") {
		t.Errorf("%q", h.mails)
	}
	if got := h.phases(); !strings.HasPrefix(got, "connect helo mailfrom rcptto eod") {
		t.Errorf("hooks ran as %s", got)
	}
}

// TestStartTLSInjection: what is sent behind STARTTLS is not run inside TLS.
func TestStartTLSInjection(t *testing.T) {
	t.Parallel()
	// Behind DATA: content and a line that is too long fill the 32 KiB that content is read
	// in, to the end of STARTTLS.
	const content, starttls = "abcdefg\r\n.\r\n", "\r\nSTARTTLS\r\n"
	full := content + strings.Repeat("x", 32<<10-len(content)) + starttls + strings.Repeat("NOOP\r\n", 500)
	for name, pieces := range map[string][]string{
		"command": {"EHLO c\r\nSTARTTLS\r\nNOOP\r\n"},
		"content": {"EHLO c\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n", full},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := options()
			o.TLS = serverTLS()
			ln := make(pipes, 1)
			serveOn(t, ln, &house{}, o, false)
			client, server := net.Pipe()
			defer client.Close()
			ln <- server
			client.SetDeadline(time.Now().Add(10 * time.Second))
			go func() {
				for _, p := range pieces {
					io.WriteString(client, p)
				}
			}()
			got, err := io.ReadAll(client)
			if !strings.HasSuffix(string(got), "503 5.5.1 Data behind STARTTLS\r\n") {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

// pipes listens for connections whose reads take what one write gave, as far as there is
// room.
type pipes chan net.Conn

// Accept implements net.Listener.
func (p pipes) Accept() (net.Conn, error) {
	if nc, ok := <-p; ok {
		return nc, nil
	}
	return nil, net.ErrClosed
}

// Close implements net.Listener.
func (p pipes) Close() error { close(p); return nil }

// Addr implements net.Listener.
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

// TestBehindContent: commands that come in one piece with the end of a message are run,
// whatever its size, in DATA and BDAT.
func TestBehindContent(t *testing.T) {
	t.Parallel()
	h := &house{}
	r := serve(t, h, options(), false)
	nc, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(10 * time.Second))
	replies := bufio.NewReader(nc)
	say := func(text, last string) {
		t.Helper()
		fmt.Fprint(nc, text)
		for line := ""; !strings.HasPrefix(line, last); {
			if line, err = replies.ReadString('\n'); err != nil || line[0] == '5' {
				t.Fatalf("got %q, %v", line, err)
			}
		}
	}
	const envelope = "MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\n"
	say("EHLO c\r\n"+envelope+"DATA\r\n", "354")
	var want []string
	for _, n := range []int{1, 100, 1000, 10_000, 546, 32 << 10 / 6} {
		body := strings.Repeat("line\r\n", n)
		want = append(want, body, body)
		say(fmt.Sprintf("%s.\r\n%sBDAT %d\r\n%sBDAT 0 LAST\r\n%sDATA\r\n", body, envelope, len(body), body, envelope), "354")
	}
	say("last\r\n.\r\nQUIT\r\n", "221")
	var got []string
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, mail := range h.mails[:len(h.mails)-1] {
		_, body, _ := strings.Cut(mail, " +0000\r\n")
		got = append(got, body)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("mails (-want +got):\n%s", diff)
	}
}

// TestContentEnds: who still has the content of a transaction that has ended does not read
// what came later.
func TestContentEnds(t *testing.T) {
	t.Parallel()
	r := serve(t, &house{}, options(), false)
	c, err := gosmtp.Dial(r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	// The race detector makes pools forget some of what they get.
	for i := range 50 {
		if err := send(c, "a@test", "b@test", fmt.Sprintf("Subject: %d\r\n\r\n%s\r\n", i, strings.Repeat("x", i))); err != nil {
			t.Fatal(err)
		}
	}
	if err := send(c, "a@test", "b@test", strings.Repeat(strings.Repeat("large", 20)+"\r\n", 5000)); err != nil {
		t.Fatal(err)
	}
	if err := c.Quit(); err != nil {
		t.Fatal(err)
	}
	r.house.mu.Lock()
	defer r.house.mu.Unlock()
	for i, src := range r.house.sources {
		if got, err := io.ReadAll(message.Reader(src)); len(got) > 0 || err == nil {
			t.Errorf("message %d gives %.200q, %v", i, got, err)
		}
	}
	for i, mail := range r.house.mails[:50] {
		if !strings.HasSuffix(mail, fmt.Sprintf("Subject: %d\r\n\r\n%s\r\n", i, strings.Repeat("x", i))) {
			t.Errorf("message %d was %q", i, mail)
		}
	}
}

func TestStoreFails(t *testing.T) {
	t.Parallel()
	r := serve(t, &house{failing: errors.New("disk /var/spool is broken")}, options(), false)
	c, err := gosmtp.Dial(r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	err = send(c, "a@x.test", "b@y.test", "x")
	var se *gosmtp.SMTPError
	if !errors.As(err, &se) || se.Code != 451 || strings.Contains(se.Message, "/var") {
		t.Errorf("got %v", err)
	}
}

// TestDrain: idle sessions get 421, the running one ends in peace.
func TestDrain(t *testing.T) {
	t.Parallel()
	h := &house{slow: 200 * time.Millisecond}
	r := serve(t, h, options(), false)
	idle, err := gosmtp.Dial(r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	if err := idle.Hello("c"); err != nil {
		t.Fatal(err)
	}
	busy, err := gosmtp.Dial(r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	if err := busy.Mail("a@x.test", nil); err != nil {
		t.Fatal(err)
	}
	if err := busy.Rcpt("b@y.test", nil); err != nil {
		t.Fatal(err)
	}
	w, err := busy.Data()
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(w, "x\r\n")
	sent := make(chan error, 1)
	go func() { sent <- w.Close() }()
	for !strings.Contains(h.phases(), "eod") {
		time.Sleep(time.Millisecond)
	}
	r.drain()
	if err := <-sent; err != nil {
		t.Errorf("the running transaction failed: %v", err)
	}
	for name, c := range map[string]*gosmtp.Client{"idle": idle, "busy": busy} {
		if err := c.Noop(); err == nil || !strings.Contains(err.Error(), "421") && !strings.Contains(err.Error(), "shutting down") {
			t.Errorf("the %s session got %v", name, err)
		}
	}
	if err := <-r.done; err != nil {
		t.Error(err)
	}
	r.done <- nil
	if _, err := net.Dial("tcp", r.addr); err == nil {
		t.Error("the listener is still open")
	}
}

func TestConcurrencyLimit(t *testing.T) {
	t.Parallel()
	o := options()
	o.MaxPerIP = 1
	r := serve(t, &house{}, o, false)
	first, err := gosmtp.Dial(r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	if err := first.Hello("c"); err != nil {
		t.Fatal(err)
	}
	second, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	var got bytes.Buffer
	got.ReadFrom(second)
	if got.String() != "421 4.7.0 Too many connections\r\n" {
		t.Errorf("got %q", got.String())
	}
}

// TestIdleTimeout: a client that says nothing is sent away, at the beginning, behind a
// message, for which another limit held, and inside TLS.
func TestIdleTimeout(t *testing.T) {
	t.Parallel()
	for name, begin := range map[string]func(t *testing.T, nc net.Conn, say func(line, want string)) net.Conn{
		"greeting": func(_ *testing.T, nc net.Conn, _ func(string, string)) net.Conn { return nc },
		"message": func(_ *testing.T, nc net.Conn, say func(string, string)) net.Conn {
			say("EHLO c\r\nMAIL FROM:<a@x.test>\r\nRCPT TO:<b@y.test>\r\nDATA\r\n", "354")
			say("x\r\n.\r\n", "250 2.0.0")
			return nc
		},
		"TLS": func(t *testing.T, nc net.Conn, say func(string, string)) net.Conn {
			say("EHLO c\r\nSTARTTLS\r\n", "220 2.0.0")
			tc := tls.Client(nc, &tls.Config{InsecureSkipVerify: true})
			if err := tc.Handshake(); err != nil {
				t.Fatal(err)
			}
			return tc
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, o := &house{}, options()
			o.IdleTimeout, o.TLS = 50*time.Millisecond, serverTLS()
			if name == "TLS" { // so long that the deadline from before the handshake is nearly right
				o.IdleTimeout = time.Second
			}
			r := serve(t, h, o, false)
			nc, err := net.Dial("tcp", r.addr)
			if err != nil {
				t.Fatal(err)
			}
			defer nc.Close()
			lines := bufio.NewReader(nc)
			nc = begin(t, nc, func(line, want string) {
				fmt.Fprint(nc, line)
				for got := ""; !strings.HasPrefix(got, want); {
					if got, err = lines.ReadString('\n'); err != nil {
						t.Fatal(err)
					}
				}
			})
			start := time.Now()
			nc.SetReadDeadline(start.Add(o.DataTimeout))
			var got bytes.Buffer
			got.ReadFrom(nc)
			if !strings.Contains(got.String(), "421 4.4.2") {
				t.Errorf("got %q", got.String())
			}
			if took := time.Since(start); took > o.DataTimeout/2 {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// TestParallel: many clients at once, each message stored once.
func TestParallel(t *testing.T) {
	t.Parallel()
	h := &house{}
	r := serve(t, h, options(), false)
	var wg sync.WaitGroup
	const clients, each = 20, 10
	for i := range clients {
		wg.Go(func() {
			c, err := gosmtp.Dial(r.addr)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			for j := range each {
				if err := send(c, "a@x.test", "b@y.test", fmt.Sprintf("Subject: %d.%d\r\n\r\nx\r\n", i, j)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if len(h.mails) != clients*each {
		t.Errorf("%d messages", len(h.mails))
	}
}

// TestClientGone: a client that leaves in the middle of DATA leaves nothing.
func TestClientGone(t *testing.T) {
	t.Parallel()
	h := &house{}
	r := serve(t, h, options(), false)
	nc, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(nc, "HELO c\r\nMAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\nhalf a message")
	nc.(*net.TCPConn).CloseWrite()
	var got bytes.Buffer
	got.ReadFrom(nc)
	nc.Close()
	r.drain()
	if err := <-r.done; err != nil {
		t.Error(err)
	}
	r.done <- nil
	if len(h.mails) != 0 || strings.Contains(h.phases(), "eod") {
		t.Errorf("stored %q, hooks %s", h.mails, h.phases())
	}
	last := h.seen[len(h.seen)-1]
	if last.Phase != hook.Disconnect || last.Close.Local || last.Close.Error == "" {
		t.Errorf("disconnect saw %+v", last.Close)
	}
}

// FuzzSession: no input makes the server panic or hang.
func FuzzSession(f *testing.F) {
	f.Add([]byte("EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<c@d>\r\nDATA\r\nx\r\n.\r\nQUIT\r\n"))
	f.Add([]byte("EHLO x\r\nBDAT 5 LAST\r\nabcde\r\nAUTH PLAIN\r\n*\r\n"))
	f.Add([]byte("LHLO x\r\nSTARTTLS\r\n"))
	h := &house{}
	r := serve(f, h, options(), false)
	f.Fuzz(func(t *testing.T, in []byte) {
		nc, err := net.Dial("tcp", r.addr)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		nc.SetDeadline(time.Now().Add(5 * time.Second))
		go nc.Write(append(in, "\r\n.\r\nQUIT\r\n"...))
		var got bytes.Buffer
		if _, err := got.ReadFrom(nc); errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("the session hangs after %q", got.String())
		}
	})
}
