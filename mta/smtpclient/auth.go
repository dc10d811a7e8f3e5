package smtpclient

import (
	"context"
	"crypto/hmac"
	"crypto/md5"
	"encoding/base64"
	"encoding/hex"
	"slices"

	"github.com/hawser-mta/hawser/mta/smtp"
)

// auth authenticates with the best offered mechanism: CRAM-MD5 (RFC 2195),
// PLAIN (RFC 4616), LOGIN, in this order.
func (c *Conn) auth(ctx context.Context) error {
	offered := c.info.Extensions.Mechanisms()
	var r smtp.Reply
	var state string
	var err error
	switch {
	case slices.Contains(offered, "CRAM-MD5"):
		r, state, err = c.authCramMD5(ctx)
	case slices.Contains(offered, "PLAIN"):
		state = smtp.StateAuthPlain
		ir := base64.StdEncoding.EncodeToString([]byte("\x00" + c.o.Username + "\x00" + c.o.Password))
		r, err = c.exchangeTraced(ctx, state, "AUTH PLAIN "+ir, "AUTH PLAIN ***")
	case slices.Contains(offered, "LOGIN"):
		r, state, err = c.authLogin(ctx)
	default:
		return &Error{Type: ErrSMTP, Temporary: true, State: smtp.StateAuth,
			Message: "AUTH is required but no known mechanism is offered"}
	}
	if err != nil {
		return err
	}
	if !r.Positive() {
		return c.refused(r, state)
	}
	return nil
}

func (c *Conn) authCramMD5(ctx context.Context) (smtp.Reply, string, error) {
	r, err := c.exchange(ctx, smtp.StateAuthCramMD5, "AUTH CRAM-MD5")
	if err != nil || r.Code != 334 {
		return r, smtp.StateAuthCramMD5, err
	}
	challenge, err := base64.StdEncoding.DecodeString(r.Lines[0])
	if err != nil {
		c.fail()
		return r, smtp.StateAuthCramMD5, &Error{Type: ErrProtocol, Temporary: true,
			State: smtp.StateAuthCramMD5, Message: "challenge is not base64", Err: err}
	}
	mac := hmac.New(md5.New, []byte(c.o.Password))
	mac.Write(challenge)
	answer := c.o.Username + " " + hex.EncodeToString(mac.Sum(nil))
	r, err = c.secret(ctx, smtp.StateAuth, answer)
	return r, smtp.StateAuth, err
}

func (c *Conn) authLogin(ctx context.Context) (smtp.Reply, string, error) {
	r, err := c.exchange(ctx, smtp.StateAuthLogin, "AUTH LOGIN")
	if err != nil || r.Code != 334 {
		return r, smtp.StateAuthLogin, err
	}
	if r, err = c.secret(ctx, smtp.StateAuthLoginUser, c.o.Username); err != nil || r.Code != 334 {
		return r, smtp.StateAuthLoginUser, err
	}
	r, err = c.secret(ctx, smtp.StateAuth, c.o.Password)
	return r, smtp.StateAuth, err
}

// secret sends one line of an exchange in base64; the trace shows stars.
func (c *Conn) secret(ctx context.Context, state, text string) (smtp.Reply, error) {
	return c.exchangeTraced(ctx, state, base64.StdEncoding.EncodeToString([]byte(text)), "***")
}
