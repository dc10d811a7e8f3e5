package hook

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"

	"github.com/hawser-mta/hawser/mta/script/mail"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// lines reads a reason: a string or a list of them.
func lines(v value.Value) []string {
	if v.IsArray() {
		var out []string
		for e := range v.Array().Values() {
			out = append(out, smtp.SplitText(e.String())...)
		}
		return out
	}
	return smtp.SplitText(v.String())
}

// reply makes the reply of an action: default code and text, changed by the
// reason and by reply_codes (spec hooks 1.4).
func (x *run) reply(action Action, reason value.Value, o *registry.Options, lo, hi int) (smtp.Reply, error) {
	r, ok := smtp.DefaultReply(string(x.phase), smtp.DefaultAction(action), x.snap.Hostname, x.in.Tx.ID)
	if !ok {
		r = smtp.MakeReply(250, [3]int{2, 0, 0}, "Ok")
	}
	if !reason.IsNil() {
		if l := lines(reason); len(l) > 0 {
			r.Lines = l
		}
	}
	codes := o.Array("reply_codes")
	if err := o.Err(); err != nil || codes == nil {
		return r, err
	}
	c := registry.OptionsOf(string(action), value.FromArray(codes))
	if _, ok := c.Get("code"); ok {
		n := c.Int("code", 0)
		if n < lo || n > hi {
			return r, fmt.Errorf("%s(): reply code must be %d to %d, got %d", action, lo, hi, n)
		}
		if r.Code = n; r.Enhanced[0] != n/100 {
			r.Enhanced = [3]int{}
		}
	}
	if e := c.Array("enhanced"); e != nil {
		if e.Len() != 3 {
			return r, fmt.Errorf("%s(): enhanced must be a list of three numbers", action)
		}
		for i := range 3 {
			n := e.At(i).Number()
			if n < 0 || n > 999 {
				return r, fmt.Errorf("%s(): enhanced must be a list of three numbers", action)
			}
			r.Enhanced[i] = int(n)
		}
		if r.Enhanced[0] != r.Code/100 {
			return r, fmt.Errorf("%s(): the enhanced code must begin with %d", action, r.Code/100)
		}
	}
	if x.phase == Connect || x.phase == Helo {
		r.Enhanced = [3]int{} // banner and greeting carry none (RFC 2034)
	}
	return r, c.Err()
}

func opt(a []value.Value, i int) value.Value {
	if i < len(a) {
		return a[i]
	}
	return value.None
}

func accept(t *vm.Thread, a []value.Value) (value.Value, error) {
	x, err := state(t, "Accept")
	if err != nil {
		return value.None, err
	}
	reason, options := value.None, opt(a, 0)
	if x.phase == EOD {
		// Accept(reason), Accept(options) and Accept(reason, options) are legal.
		if v := opt(a, 0); v.IsString() || v.IsArray() && v.Array().Len() > 0 && v.Array().IsList() {
			reason, options = v, opt(a, 1)
		}
	}
	o := x.options("Accept", options)
	if r, ok := o.Get("reason"); ok {
		reason = r
	}
	v := Verdict{Action: Accept, Scripted: true, Queued: x.queued}
	if v.Reply, err = x.reply(Accept, reason, o, 200, 299); err != nil {
		return value.None, err
	}
	if err := x.acceptOptions(&v, o); err != nil {
		return value.None, err
	}
	return end(v)
}

// acceptOptions reads the options that are a phase's own.
func (x *run) acceptOptions(v *Verdict, o *registry.Options) (err error) {
	text := func(key string) *string {
		if _, ok := o.Get(key); !ok {
			return nil
		}
		s := o.Str(key, "")
		return &s
	}
	switch x.phase {
	case Connect:
		if ip := text("remoteip"); ip != nil {
			if v.RemoteIP, err = netip.ParseAddr(*ip); err != nil {
				return fmt.Errorf("Accept(): remoteip '%.60s' is not an address", *ip)
			}
		}
		v.RemotePTR = text("remoteptr")
		if _, ok := o.Get("priority"); ok {
			n := min(max(o.Int("priority", 0), 0), 1)
			v.Priority = &n
		}
	case Helo:
		v.Extensions = o.Strings("extensions")
		v.Host = text("host")
	case Auth:
		v.Username = text("username")
	case MailFrom, RcptTo:
		key := map[Phase]string{MailFrom: "sender", RcptTo: "recipient"}[x.phase]
		if given, ok := o.Get(key); ok {
			a, params, err := mail.Parse("Accept(): "+key, given)
			if err != nil {
				return err
			}
			v.Address = &a
			if params != nil {
				v.Params = mail.Params(params)
			}
		}
		if p := o.Array("params"); p != nil {
			v.Params = mail.Params(p)
		}
		if v.TransportID = text("transportid"); x.phase == RcptTo && v.TransportID != nil && !x.snap.Transports[*v.TransportID] {
			return fmt.Errorf("Accept(): unknown transport '%.80s'", *v.TransportID)
		}
	}
	return o.Err()
}

func reject(t *vm.Thread, a []value.Value) (value.Value, error)   { return refuse(t, Reject, a) }
func deferral(t *vm.Thread, a []value.Value) (value.Value, error) { return refuse(t, Defer, a) }

func refuse(t *vm.Thread, action Action, a []value.Value) (value.Value, error) {
	x, err := state(t, string(action))
	if err != nil {
		return value.None, err
	}
	o := registry.OptionsOf(string(action), opt(a, 1))
	v := Verdict{Action: action, Scripted: true, Disconnect: o.Bool("disconnect", false) || x.phase == Connect}
	if v.Reply, err = x.reply(action, opt(a, 0), o, 400, 599); err != nil {
		return value.None, err
	}
	return end(v)
}

func pass(t *vm.Thread, a []value.Value) (value.Value, error) {
	if _, err := state(t, "Pass"); err != nil {
		return value.None, err
	}
	o := registry.OptionsOf("Pass", opt(a, 0))
	v := Verdict{Action: Pass, Scripted: true, Next: o.Bool("next", false)}
	if _, ok := o.Get("command"); ok {
		s := o.Str("command", "")
		v.Command = &s
	}
	if err := o.Err(); err != nil {
		return value.None, err
	}
	return end(v)
}

// replyTo is Reply of proxy (an answer) and of auth (a challenge).
func replyTo(t *vm.Thread, a []value.Value) (value.Value, error) {
	x, err := state(t, "Reply")
	if err != nil {
		return value.None, err
	}
	o := registry.OptionsOf("Reply", opt(a, 1))
	v := Verdict{Action: ReplyAction, Scripted: true, Disconnect: o.Bool("disconnect", false), Next: o.Bool("next", false)}
	if x.phase == Proxy {
		if v.Reply, err = x.reply(ReplyAction, opt(a, 0), o, 200, 599); err != nil {
			return value.None, err
		}
		return end(v)
	}
	if m := x.in.Mechanism; m == "LOGIN" || m == "PLAIN" {
		return value.None, errors.New("Reply(): the server speaks LOGIN and PLAIN itself")
	}
	text := ""
	if s := opt(a, 0); s.IsString() {
		text = s.Str()
	}
	if v.Reply, err = x.reply(ReplyAction, value.None, o, 300, 399); err != nil {
		return value.None, err
	}
	if v.Reply.Code < 300 {
		v.Reply.Code = 334
	}
	v.Reply.Enhanced, v.Reply.Lines = [3]int{}, []string{base64.StdEncoding.EncodeToString([]byte(text))}
	return end(v)
}
