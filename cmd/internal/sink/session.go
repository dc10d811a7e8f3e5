package sink

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"
)

// session is what go-smtp calls for the commands of one connection.
type session struct {
	s        *Sink
	f        *front
	messages int // MAIL accepted

	// mu: with BDAT, go-smtp calls Data beside the other commands.
	mu      sync.Mutex
	from    string
	rcpt    []string
	domains []string // of rcpt, in its order
}

// session answers EHLO, HELO and LHLO.
func (s *Sink) session(c *smtp.Conn) (smtp.Session, error) {
	f := c.Conn().(*front)
	if err := f.stage(Helo, ""); err != nil {
		return nil, err
	}
	f.session = &session{s: s, f: f}
	return f.session, nil
}

// Reset ends a transaction.
func (x *session) Reset() { x.end() }

// Logout ends the session.
func (x *session) Logout() error {
	x.end()
	return nil
}

// end notes the end of the transaction for each of its domains.
func (x *session) end() {
	x.mu.Lock()
	defer x.mu.Unlock()
	for i, d := range x.domains {
		if !slices.Contains(x.domains[:i], d) {
			x.s.book.event(Event{Kind: End, Conn: x.f.id, Client: x.f.client, Domain: d})
		}
	}
	x.from, x.rcpt, x.domains = "", nil, nil
}

// Mail answers MAIL.
func (x *session) Mail(from string, o *smtp.MailOptions) error {
	if x.s.closing.Load() {
		x.f.refused++ // not a refusal to count: the counts are final soon
		return errClosing
	}
	if limit := x.s.o.Limits.Messages; limit > 0 && x.messages >= limit {
		return x.f.refuse(Mail, 421, "", "Too many messages on this connection")
	}
	if o.RequireTLS && x.f.secure == nil {
		return x.f.refuse(Mail, 530, "", "REQUIRETLS needs TLS")
	}
	if err := x.f.stage(Mail, ""); err != nil {
		return err
	}
	x.messages++
	x.mu.Lock()
	defer x.mu.Unlock()
	x.from = from
	return nil
}

// Rcpt answers RCPT.
func (x *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	domain := strings.ToLower(to[strings.LastIndexByte(to, '@')+1:])
	if !x.s.grey.pass(x.f.client, x.from, to) {
		x.s.wait(Rcpt)
		return x.f.refuse(Rcpt, 451, domain, "Greylisted, try again later")
	}
	if err := x.f.stage(Rcpt, domain); err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	if !slices.Contains(x.domains, domain) {
		x.s.book.event(Event{Kind: Begin, Conn: x.f.id, Client: x.f.client, Domain: domain})
	}
	x.rcpt, x.domains = append(x.rcpt, to), append(x.domains, domain)
	return nil
}

// Data takes the content, of DATA or BDAT.
func (x *session) Data(r io.Reader) error {
	if x.f.emptied {
		_, err := io.Copy(io.Discard, r)
		return err // nobody hears it
	}
	defer x.end()
	c, err := x.read(r)
	if err != nil {
		c.drop()
		return err
	}
	if err := x.f.stage(EOD, ""); err != nil {
		c.drop()
		return err
	}
	return x.accept(c, c.rcpt, c.domains)
}

// LMTPData takes the content with LMTP: each recipient draws for itself.
func (x *session) LMTPData(r io.Reader, status smtp.StatusCollector) error {
	if x.f.emptied {
		_, err := io.Copy(io.Discard, r)
		return err
	}
	defer x.end()
	c, err := x.read(r)
	if err != nil {
		c.drop()
		return err
	}
	var rcpt, domains []string
	replies := make([]error, len(c.rcpt))
	for i, to := range c.rcpt {
		if err := x.f.stage(EOD, c.domains[i]); err != nil {
			replies[i] = err
			continue
		}
		rcpt, domains = append(rcpt, to), append(domains, c.domains[i])
	}
	if len(rcpt) == 0 {
		c.drop()
	} else if err := x.accept(c, rcpt, domains); err != nil {
		return err
	}
	for i, to := range c.rcpt {
		status.SetStatus(to, replies[i])
	}
	return nil
}

// accept counts a message and keeps it when that is asked for.
func (x *session) accept(c *content, rcpt, domains []string) error {
	for _, field := range x.s.o.Track {
		if v := c.field(field); v != "" {
			for _, to := range rcpt {
				x.s.book.repeated(field, v, to)
			}
		}
	}
	if c.file != nil {
		name := fmt.Sprintf("%08d.eml", x.s.saved.Add(1))
		if err := c.file.Close(); err != nil || os.Rename(c.file.Name(), filepath.Join(x.s.o.Save, name)) != nil {
			return errNotSaved
		}
	}
	n := x.s.book.accept(x.f, domains, c.size)
	if n == x.s.o.Count {
		x.s.full.Do(func() { close(x.s.done) })
	}
	return nil
}

var errClosing = &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 3, 2}, Message: "Closing"}

// reply is the line of an error.
func reply(e *smtp.SMTPError) string {
	return fmt.Sprintf("%d %d.%d.%d %s\r\n", e.Code, e.EnhancedCode[0], e.EnhancedCode[1], e.EnhancedCode[2], e.Message)
}
