package sink

import (
	"bufio"
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"
)

// front stands between a client and go-smtp and does what go-smtp cannot; see the
// comment of the package. One goroutine reads and writes it; Close may come from
// any.
type front struct {
	net.Conn // the TCP connection
	s        *Sink
	id       uint64
	client   netip.Addr
	counted  bool // it is an open connection of the book
	left     sync.Once

	mu     sync.Mutex // of secure
	secure *tls.Conn  // after STARTTLS

	br       *bufio.Reader // clear text of the client
	watching bool          // lines of the client are looked at: no MAIL yet
	greeted  bool          // the banner went out
	pending  []byte        // what go-smtp reads next
	held     []string      // lines of a reply that is not complete
	emptied  bool          // DATA was refused: go-smtp is busy with an empty message
	session  *session      // nil before EHLO
	refused  int           // replies to come that are counted already
}

func (s *Sink) newFront(nc net.Conn) *front {
	f := &front{Conn: nc, s: s, client: clientOf(nc.RemoteAddr().String()), br: bufio.NewReader(nc), watching: true}
	f.id, f.counted = s.book.admit(f.client, s.o.Limits)
	return f
}

// Read gives go-smtp what the client says.
func (f *front) Read(p []byte) (int, error) {
	if len(f.pending) == 0 {
		f.emptied = false
		if !f.watching {
			return f.br.Read(p)
		}
		line, err := f.br.ReadSlice('\n')
		if len(line) == 0 && err != nil {
			return 0, err
		}
		verb, _, _ := strings.Cut(strings.ToUpper(string(bytes.TrimRight(line, "\r\n"))), " ")
		if verb == "STARTTLS" && f.s.tls != nil && f.secure == nil {
			if err := f.startTLS(); err != nil {
				return 0, err
			}
			return f.Read(p)
		}
		f.watching = err == nil && verb != "MAIL"
		f.pending = line
	}
	n := copy(p, f.pending)
	f.pending = f.pending[n:]
	return n, nil
}

// startTLS makes the connection a TLS one. What came behind the command in clear
// is an attack or a broken client: the connection ends (RFC 3207 section 4.2).
func (f *front) startTLS() error {
	if f.br.Buffered() > 0 {
		return io.EOF
	}
	if _, err := io.WriteString(f.Conn, "220 2.0.0 Ready to start TLS\r\n"); err != nil {
		return err
	}
	secure := tls.Server(f.Conn, f.s.tls)
	if err := secure.HandshakeContext(f.s.ctx); err != nil {
		return io.EOF
	}
	f.mu.Lock()
	f.secure = secure
	f.mu.Unlock()
	f.br.Reset(secure)
	return nil
}

// Write takes one line of a reply of go-smtp.
func (f *front) Write(line []byte) (int, error) {
	switch text := string(line); {
	case f.emptied:
	case len(text) > 3 && text[3] == '-':
		f.held = append(f.held, text[4:])
	case f.held != nil:
		lines := append(f.held, text[4:])
		f.held = nil
		return len(line), f.put(f.offer(lines))
	case !f.greeted:
		f.greeted = true
		return len(line), f.greet(text)
	case strings.HasPrefix(text, "354 "):
		if err := f.stage(Data, ""); err != nil {
			f.emptied, f.pending, f.refused = true, []byte(".\r\n"), 0
			f.session.end()
			return len(line), f.put(reply(err))
		}
		return len(line), f.put(text)
	default:
		f.judge(text)
		return len(line), f.put(text)
	}
	return len(line), nil
}

// judge counts a refusal that is go-smtp's own: a fault of the client's, or a
// message over the size limit.
func (f *front) judge(text string) {
	code, err := strconv.Atoi(text[:min(3, len(text))])
	switch {
	case err != nil || code < 400:
	case f.refused > 0:
		f.refused--
	default:
		f.s.book.refuse(Event{Stage: Protocol, Code: code, Conn: f.id, Client: f.client})
	}
}

// greet sends the banner or a refusal.
func (f *front) greet(banner string) error {
	if !f.counted {
		f.s.book.refuse(Event{Stage: Connect, Code: 421, Conn: f.id, Client: f.client})
		return f.put("421 4.7.0 Too many connections\r\n")
	}
	if err := f.stage(Connect, ""); err != nil {
		err := f.put(reply(err))
		_ = f.Close()
		return err
	}
	return f.put(banner)
}

// stage lets a stage take its time and draws whether it refuses.
func (f *front) stage(at Stage, domain string) *smtp.SMTPError {
	f.s.wait(at)
	if code := f.s.fails(at); code != 0 {
		return f.refuse(at, code, domain, "Refused by chance")
	}
	return nil
}

// refuse counts a refusal and returns its reply.
func (f *front) refuse(at Stage, code int, domain, text string) *smtp.SMTPError {
	f.refused++
	f.s.book.refuse(Event{Stage: at, Code: code, Conn: f.id, Client: f.client, Domain: domain})
	return &smtp.SMTPError{Code: code, EnhancedCode: smtp.EnhancedCode{code / 100, 7, 0}, Message: text}
}

// offer is the answer to EHLO with the extensions of the options.
func (f *front) offer(lines []string) string {
	out := lines[:1]
	for _, l := range lines[1:] {
		keyword, _, _ := strings.Cut(strings.TrimSpace(l), " ")
		if !f.s.off(keyword) {
			out = append(out, strings.TrimSpace(l))
		}
	}
	switch {
	case f.s.tls == nil:
	case f.secure == nil:
		out = append(out, "STARTTLS")
	case !f.s.off("REQUIRETLS"):
		out = append(out, "REQUIRETLS")
	}
	var b strings.Builder
	for i, l := range out {
		sep := "-"
		if i == len(out)-1 {
			sep = " "
		}
		b.WriteString("250" + sep + strings.TrimSpace(l) + "\r\n")
	}
	return b.String()
}

// off reports whether an extension is not offered.
func (s *Sink) off(keyword string) bool {
	return slices.ContainsFunc(s.o.Off, func(k string) bool { return strings.EqualFold(k, keyword) })
}

// put sends a reply. Behind 221 and 421 the connection is over (RFC 5321 section
// 3.8), and it counts as such before the client can know.
func (f *front) put(text string) error {
	last := strings.HasPrefix(text, "221 ") || strings.HasPrefix(text, "421 ")
	if last {
		if f.session != nil {
			f.session.end()
		}
		f.leave()
	}
	var w io.Writer = f.Conn
	if f.secure != nil {
		w = f.secure
	}
	_, err := io.WriteString(w, text)
	if last {
		_ = f.Close()
	}
	return err
}

// leave counts the connection as closed, once.
func (f *front) leave() {
	f.left.Do(func() {
		if f.counted {
			f.s.book.leave(f.id, f.client)
		}
	})
}

// Close ends the connection.
func (f *front) Close() error {
	f.leave()
	f.s.mu.Lock()
	delete(f.s.fronts, f)
	f.s.mu.Unlock()
	f.mu.Lock()
	secure := f.secure
	f.mu.Unlock()
	if secure != nil {
		return secure.Close()
	}
	return f.Conn.Close()
}
