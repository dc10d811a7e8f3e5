package smtp

import (
	"context"
	"errors"
	"net/netip"

	"github.com/hawser-mta/hawser/mta/dane"
	"github.com/hawser-mta/hawser/mta/route"
	protocol "github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/mta/smtpclient"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// dialogue is what came of talking to a server.
type dialogue struct {
	target route.Target
	info   *smtpclient.Info // nil: no connection existed
	result *smtpclient.Result
	fail   *failure // without a result
}

// failure is an end without a deciding reply (spec stdlib 0.10).
type failure struct {
	temporary bool
	kind      string // type of the error
	dns       string // for kind dns
	message   string
}

// talk tries the addresses of the server until one answers, and runs do on the
// connection; do returns the reply that decided. Without do the set-up decides.
func (s *Server) talk(ctx context.Context, do func(*smtpclient.Conn) (smtpclient.Result, error)) *dialogue {
	d := &dialogue{}
	targets, none := s.Targets(ctx)
	if none != nil {
		d.fail = &failure{temporary: none.Temporary, kind: "dns", dns: none.Kind, message: none.Message}
		return d
	}
	for _, d.target = range targets {
		if s.once(ctx, d, do) || ctx.Err() != nil {
			break
		}
	}
	return d
}

// once tries one address; done is false when the next one should be tried.
func (s *Server) once(ctx context.Context, d *dialogue, do func(*smtpclient.Conn) (smtpclient.Result, error)) (done bool) {
	o := s.Options
	o.TLS.Host = d.target.Name()
	if s.Bind != nil {
		from, helo := s.Bind(d.target.IP)
		o.Local = from
		if helo != "" {
			o.Helo = helo
		}
	}
	d.result, d.fail, d.info = nil, nil, nil
	if s.DANE != "" {
		policy, err := dane.Find(ctx, s.Resolver, d.target.Host, s.Port, d.target.Secure, s.DANE)
		if err != nil {
			d.describe(err)
			return false
		}
		policy.Apply(&o.TLS)
	}
	conn, info, err := smtpclient.Dial(ctx, netip.AddrPortFrom(d.target.IP, uint16(s.Port)), &o)
	d.info = info
	if err != nil {
		d.describe(err)
		return false
	}
	var r smtpclient.Result
	if do != nil {
		r, err = do(conn)
	}
	if err != nil {
		conn.Abort()
		d.describe(err)
		return true
	}
	d.result = &r
	// Waiting for the answer to QUIT must not hold the script up.
	go conn.Close()
	return true
}

func (d *dialogue) describe(err error) {
	var reply *smtpclient.ReplyError
	if errors.As(err, &reply) {
		d.result = &reply.Result
		return
	}
	d.fail = &failure{temporary: true, kind: string(smtpclient.ErrNetwork), message: "connection failed"}
	var own *smtpclient.Error
	if errors.As(err, &own) {
		d.fail = &failure{temporary: own.Temporary, kind: string(own.Type), message: own.Message}
	}
}

// transaction sends a mail and returns the reply that decided: of several recipients
// the first one that was refused, with LMTP the first that did not get the mail (spec
// stdlib 13.4).
func transaction(ctx context.Context, m *smtpclient.Mail) func(*smtpclient.Conn) (smtpclient.Result, error) {
	return func(c *smtpclient.Conn) (smtpclient.Result, error) {
		out, err := c.Send(ctx, m)
		if err != nil || out.State == protocol.StateMail {
			return out.Result, err
		}
		for _, r := range out.Recipients {
			if !r.OK() {
				return r, nil
			}
		}
		return out.Result, nil
	}
}

// cancelled reports whether the script that waits was ended.
func cancelled(ctx context.Context) error {
	if ctx.Err() != nil {
		return &vm.CancelError{Cause: context.Cause(ctx)}
	}
	return nil
}

// ends are the states of a transaction that ask about a recipient.
var ends = map[string]bool{protocol.StateMail: true, protocol.StateRcpt: true}
