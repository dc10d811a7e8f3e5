package main_test

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pires/go-proxyproto"
)

// dialogue is one session as a peer saw it.
type dialogue struct {
	Begin    time.Time
	From     string // address of the client, of the PROXY header when there was one
	To       string // address that the client connected to, likewise
	SNI      string
	Cert     string // common name of the client's certificate
	Protocol uint16 // TLS version, 0 in clear
	Commands []string
	Mails    []string
}

// peer is a next hop that writes down every command. The fields are set before listen.
type peer struct {
	extensions []string
	tls        *tls.Config
	implicit   bool // TLS from the first byte
	lmtp       bool
	proxy      bool                     // wants a PROXY header
	answer     func(line string) string // "": the usual one; "-": none, and the end

	Port     int // on the address of listen; 0 before that: any
	mu       sync.Mutex
	sessions []*dialogue
	news     chan struct{}
}

// listen serves on an address of loopback until the test ends.
func (p *peer) listen(t *testing.T, ip string) *peer {
	t.Helper()
	p.news = make(chan struct{}, 1)
	ln, err := net.Listen("tcp", net.JoinHostPort(ip, strconv.Itoa(p.Port)))
	if err != nil {
		t.Fatal(err)
	}
	p.Port = ln.Addr().(*net.TCPAddr).Port
	if p.proxy {
		ln = &proxyproto.Listener{Listener: ln, ReadHeaderTimeout: time.Minute}
	}
	var running sync.WaitGroup
	var open sync.Map
	running.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			open.Store(c, true)
			running.Go(func() {
				defer c.Close()
				p.serve(c)
			})
		}
	})
	t.Cleanup(func() {
		ln.Close()
		open.Range(func(c, _ any) bool { c.(net.Conn).Close(); return true })
		running.Wait()
	})
	return p
}

func (p *peer) note(f func()) {
	p.mu.Lock()
	f()
	p.mu.Unlock()
	select {
	case p.news <- struct{}{}:
	default:
	}
}

func (p *peer) serve(c net.Conn) {
	d := &dialogue{Begin: time.Now(), From: hostOf(c.RemoteAddr()), To: c.LocalAddr().String()}
	p.note(func() { p.sessions = append(p.sessions, d) })
	br := bufio.NewReader(c)
	encrypt := func() bool {
		tc := tls.Server(c, p.tls)
		if tc.Handshake() != nil {
			return false
		}
		st := tc.ConnectionState()
		p.note(func() {
			d.SNI, d.Protocol = st.ServerName, st.Version
			if len(st.PeerCertificates) > 0 {
				d.Cert = st.PeerCertificates[0].Subject.CommonName
			}
		})
		c, br = tc, bufio.NewReader(tc)
		return true
	}
	if p.implicit && !encrypt() {
		return
	}
	say := func(text string) { _, _ = io.WriteString(c, text+"\r\n") }
	say("220 peer.test ready")
	rcpts := 0
	for {
		line, err := br.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		p.note(func() { d.Commands = append(d.Commands, line) })
		own := ""
		if p.answer != nil {
			own = p.answer(line)
		}
		verb, arg, _ := strings.Cut(line, " ")
		switch verb = strings.ToUpper(verb); {
		case own == "-":
			return
		case own != "":
			say(own)
		case verb == "EHLO" || verb == "LHLO":
			list := append([]string{"peer.test"}, p.extensions...)
			if p.tls != nil && d.Protocol == 0 {
				list = append(list, "STARTTLS")
			}
			for _, x := range list[:len(list)-1] {
				say("250-" + x)
			}
			say("250 " + list[len(list)-1])
		case verb == "STARTTLS":
			say("220 go on")
			if !encrypt() {
				return
			}
		case verb == "AUTH":
			say("235 2.7.0 welcome")
		case verb == "XCLIENT":
			say("220 peer.test ready")
		case verb == "RCPT":
			rcpts++
			say("250 2.1.5 fine")
		case verb == "DATA":
			say("354 go on")
			b, err := dotted(br)
			if err != nil {
				return
			}
			p.store(d, b)
			for range map[bool]int{true: rcpts, false: 1}[p.lmtp] {
				say("250 2.0.0 kept")
			}
			rcpts = 0
		case verb == "BDAT":
			size, _ := strconv.Atoi(strings.Fields(arg)[0])
			b := make([]byte, size)
			if _, err := io.ReadFull(br, b); err != nil {
				return
			}
			p.store(d, b)
			say("250 2.0.0 kept")
		case verb == "QUIT":
			say("221 2.0.0 bye")
			return
		default:
			say("250 2.0.0 ok")
		}
	}
}

func (p *peer) store(d *dialogue, b []byte) {
	p.note(func() { d.Mails = append(d.Mails, string(b)) })
}

// dotted reads content as it is, without undoing the dots, to its end.
func dotted(br *bufio.Reader) ([]byte, error) {
	var b bytes.Buffer
	for {
		line, err := br.ReadBytes('\n')
		if err != nil {
			return nil, err
		}
		if string(line) == ".\r\n" {
			return b.Bytes(), nil
		}
		b.Write(line)
	}
}

func hostOf(a net.Addr) string {
	host, _, err := net.SplitHostPort(a.String())
	if err != nil {
		return a.String()
	}
	return host
}

var errNone = errors.New("not yet")

// until waits for something that becomes of the sessions.
func until[T any](t *testing.T, p *peer, what string, f func(sessions []*dialogue) (T, error)) T {
	t.Helper()
	limit := time.After(2 * time.Minute)
	for {
		p.mu.Lock()
		x, err := f(p.sessions)
		p.mu.Unlock()
		if err == nil {
			return x
		}
		select {
		case <-p.news:
		case <-limit:
			t.Fatalf("the peer has not seen %s: %v", what, err)
		}
	}
}

// mail returns the session that carried a message to a recipient, and the message.
func (p *peer) mail(t *testing.T, to string) (d dialogue, text string) {
	t.Helper()
	type found struct {
		d    dialogue
		text string
	}
	x := until(t, p, "mail to "+to, func(sessions []*dialogue) (found, error) {
		for _, d := range sessions {
			n := 0
			at := -1
			for _, c := range d.Commands {
				if strings.HasPrefix(c, "RCPT TO:<"+to) {
					at = n
				}
				if c == "DATA" || strings.HasPrefix(c, "BDAT") {
					n++
				}
			}
			if at >= 0 && at < len(d.Mails) {
				c := *d
				c.Commands = append([]string(nil), d.Commands...)
				return found{c, d.Mails[at]}, nil
			}
		}
		return found{}, errNone
	})
	return x.d, x.text
}

// command returns the first command of a session that begins with a text.
func (d *dialogue) command(prefix string) string {
	for _, c := range d.Commands {
		if strings.HasPrefix(c, prefix) {
			return c
		}
	}
	return ""
}

// sent counts the messages by recipient.
func (p *peer) sent() map[string]int {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[string]int{}
	for _, d := range p.sessions {
		if len(d.Mails) == 0 {
			continue
		}
		for _, c := range d.Commands {
			if to, ok := strings.CutPrefix(c, "RCPT TO:<"); ok {
				to, _, _ = strings.Cut(to, ">")
				out[to]++
			}
		}
	}
	return out
}
