package smtpclient

import (
	"context"
	"fmt"
	"strings"

	"github.com/hawser-mta/hawser/mta/smtp"
)

// setUp brings a fresh connection to the point where MAIL can be sent.
func (c *Conn) setUp(ctx context.Context) error {
	c.info.Helo = c.o.Helo
	if c.info.Helo == "" {
		c.info.Helo = "localhost"
	}
	if i := strings.IndexFunc(c.info.Helo, func(r rune) bool { return r <= ' ' || r == 0x7f }); i >= 0 {
		c.broken = true // nothing is said to the peer
		return &Error{Type: ErrConfig, Temporary: true, Message: "HELO name contains a space or control character"}
	}
	if c.o.TLS.Implicit {
		if err := c.startTLS(ctx); err != nil {
			return err
		}
	}
	r, err := c.reply(ctx, smtp.StateBanner)
	if err != nil {
		return err
	}
	if r.Code != 220 {
		return c.refused(r, smtp.StateBanner)
	}
	c.info.Greet = r.Lines
	if err := c.greet(ctx); err != nil {
		return err
	}
	if err := c.secure(ctx); err != nil {
		return err
	}
	if c.o.Username != "" || c.o.MustAuth {
		if err := c.auth(ctx); err != nil {
			return err
		}
	}
	return c.xclient(ctx)
}

// xclient names the client that the mail came from, and greets again: the session
// starts anew after it.
func (c *Conn) xclient(ctx context.Context) error {
	if len(c.o.XClient) == 0 || !c.info.Extensions.Has(smtp.ExtXclient) {
		return nil
	}
	line := "XCLIENT"
	for _, p := range c.o.XClient {
		line += " " + strings.ToUpper(p.Key) + "=" + smtp.EncodeXtext(p.Value)
	}
	r, err := c.exchange(ctx, smtp.StateXclient, line)
	if err != nil {
		return err
	}
	if !r.Positive() {
		return c.refused(r, smtp.StateXclient)
	}
	return c.greet(ctx)
}

// refused turns a reply other than the wanted one into an error: a negative
// one decides, any other is out of place.
func (c *Conn) refused(r smtp.Reply, state string) error {
	if r.Temporary() || r.Permanent() {
		return &ReplyError{Result{Reply: r, State: state}}
	}
	return c.outOfPlace(r, state)
}

func (c *Conn) outOfPlace(r smtp.Reply, state string) *Error {
	c.fail()
	return &Error{Type: ErrProtocol, Temporary: true, State: state,
		Message: fmt.Sprintf("reply %d is out of place", r.Code)}
}

// greet sends EHLO (LHLO for LMTP) and, where neither TLS nor AUTH is needed,
// HELO when EHLO is refused for good (RFC 5321 3.2).
func (c *Conn) greet(ctx context.Context) error {
	state := smtp.StateEhlo
	if c.o.LMTP {
		state = smtp.StateLhlo
	}
	r, err := c.exchange(ctx, state, state+" "+c.info.Helo)
	if err != nil {
		return err
	}
	if r.Permanent() && !c.o.LMTP && !c.o.TLS.Mode.required() && c.o.Username == "" {
		state = smtp.StateHelo
		c.info.Extensions = nil
		if r, err = c.exchange(ctx, state, state+" "+c.info.Helo); err != nil {
			return err
		}
	}
	if !r.Positive() {
		return c.refused(r, state)
	}
	if state != smtp.StateHelo {
		c.info.Extensions = smtp.ParseExtensions(r.Lines[1:])
	}
	return nil
}

// secure runs STARTTLS as the mode asks, and greets again.
func (c *Conn) secure(ctx context.Context) error {
	mode := c.o.TLS.Mode
	if c.o.TLS.Implicit || mode == TLSDisabled || mode == "" {
		return nil
	}
	if !c.info.Extensions.Has(smtp.ExtStartTLS) {
		c.info.TLS = &TLSInfo{Report: "starttls-not-supported"}
		if mode.required() {
			return &Error{Type: ErrSMTP, Temporary: true, State: smtp.StateStartTLS,
				Message: "STARTTLS is required but not offered", Report: c.info.TLS.Report}
		}
		return nil
	}
	c.info.TLS = &TLSInfo{Report: "validation-failure"} // until the handshake has its own
	r, err := c.exchange(ctx, smtp.StateStartTLS, "STARTTLS")
	if err != nil {
		return err
	}
	if r.Code != 220 {
		if !r.Temporary() && !r.Permanent() {
			return c.outOfPlace(r, smtp.StateStartTLS)
		}
		c.info.TLS = &TLSInfo{Report: "starttls-not-supported"}
		if mode.required() || c.broken {
			return &Error{Type: ErrTLS, Temporary: true, State: smtp.StateStartTLS,
				Message: "STARTTLS answered " + r.String(), Report: c.info.TLS.Report}
		}
		return nil
	}
	// What the peer sent behind its reply was not protected and could be
	// taken for an answer inside TLS (RFC 3207 section 6).
	if c.br.Buffered() > 0 {
		c.fail()
		return &Error{Type: ErrProtocol, Temporary: true, State: smtp.StateStartTLS,
			Message: "data behind the answer to STARTTLS"}
	}
	if err := c.startTLS(ctx); err != nil {
		return err
	}
	return c.greet(ctx)
}
