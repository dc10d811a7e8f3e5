package loadgen

import (
	"time"

	"github.com/hawser-mta/hawser/mta/smtp"
)

// send runs one transaction and counts its outcome. It returns false when the
// connection is over.
func (c *conn) send(l letter) (alive bool) {
	begin := time.Now()
	c.sent++
	accepted, err := c.transact(l)
	if accepted > 0 {
		c.t.count(func(r *Result) {
			r.Messages++
			r.Refused += len(l.rcpt) - accepted
			r.Bytes += int64(len(l.content))
		})
		c.t.time(Transaction, time.Since(begin))
	} else {
		c.t.count(func(r *Result) { r.Failed++ })
	}
	if err != nil {
		_ = c.nc.Close()
		return false
	}
	return true
}

// transact returns how many recipients accepted the message. An error says that
// the connection cannot be used any more.
func (c *conn) transact(l letter) (accepted int, err error) {
	rcpt, go354, err := c.envelope(l)
	if err != nil {
		return 0, err
	}
	if !go354 {
		return 0, c.reset()
	}
	content := l.content
	if rcpt == 0 {
		content = nil // nobody wants it: end it empty (RFC 2920 section 3.1)
	}
	_ = c.nc.SetWriteDeadline(time.Now().Add(c.o.Timeout))
	dw := smtp.NewDotWriter(c.bw)
	_, _ = dw.Write(content)
	if dw.Close() != nil || c.bw.Flush() != nil {
		return 0, c.lost(EOD)
	}
	c.wrote = time.Now()
	answers := 1
	if c.o.LMTP {
		answers = rcpt
	}
	for range answers {
		r, err := c.reply(EOD)
		switch {
		case err != nil:
			return accepted, err
		case r.Positive() && c.o.LMTP:
			accepted++
		case r.Positive():
			accepted = rcpt
		case rcpt > 0:
			_ = c.refused(EOD, r.Code)
			err = over(r)
		}
		if err != nil {
			return accepted, err
		}
	}
	return accepted, nil
}

// over is an error when a reply ends the connection.
func over(r smtp.Reply) error {
	if r.Code == 421 {
		return errRefused
	}
	return nil
}

// envelope sends MAIL, RCPT and DATA and returns how many recipients were taken
// and whether the server waits for content.
func (c *conn) envelope(l letter) (rcpt int, go354 bool, err error) {
	lines, names := []string{"MAIL FROM:<" + l.sender + ">"}, []string{Mail}
	for _, to := range l.rcpt {
		lines, names = append(lines, "RCPT TO:<"+to+">"), append(names, Rcpt)
	}
	lines, names = append(lines, "DATA"), append(names, Data)
	if c.pipelining {
		if err := c.write(Mail, lines...); err != nil {
			return 0, false, err
		}
	}
	mail := false
	for i, stage := range names {
		if !c.pipelining {
			if stage != Mail && !mail || stage == Data && rcpt == 0 {
				break // what follows would be refused for that alone
			}
			if err := c.write(stage, lines[i]); err != nil {
				return 0, false, err
			}
		}
		r, err := c.reply(stage)
		if err != nil {
			return 0, false, err
		}
		switch {
		case stage == Data && r.Code == 354:
			go354 = true
		case stage == Mail && r.Positive():
			mail = true
		case stage == Rcpt && r.Positive():
			rcpt++
		case stage == Mail || mail && (stage == Rcpt || rcpt > 0):
			_ = c.refused(stage, r.Code) // the first cause, not what follows from it
		}
		if err := over(r); err != nil {
			return 0, false, err
		}
	}
	return rcpt, go354, nil
}

// reset ends a refused transaction.
func (c *conn) reset() error {
	if err := c.write("rset", "RSET"); err != nil {
		return err
	}
	_, err := c.want("rset", 250)
	return err
}
