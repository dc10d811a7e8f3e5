package smtp

import (
	"errors"
	"strings"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/mta/script/mail"
	protocol "github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/mta/smtpclient"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Register declares the functions.
func Register(b *registry.Builder) {
	b.Func(sig.New("smtp_lookup_rcpt(server: string|array, sender: string|array, recipient: string|array, options?: array) -> number|array",
		"Asks a server whether it takes mail for a recipient: 1 yes, 0 refused for good, -1 anything else. Without a host the MX of the recipient's domain is asked.",
		sig.Opt("extended_result: boolean = false", "error_code, error_message, on_rcptto and tls instead of the number")).
		Gives(`["error_code" => number, "error_message" => string, "on_rcptto" => boolean, "tls" => array] with extended_result`), lookUpRecipient)
	b.Func(sig.New("smtp_lookup_auth(server: string|array, username: string, password: string) -> number",
		"Asks a server whether it takes the credentials: 1 yes, 0 refused, -1 anything else."), lookUpAuth)
}

// Send delivers a mail now, for send() of messages.
func Send(t *vm.Thread, m *smtpclient.Mail, server value.Value) (value.Value, error) {
	s, err := read(t, "send", server, m.Recipients[0].Address.Domain, false)
	var f *fault
	if errors.As(err, &f) {
		return (&dialogue{fail: f.failure()}).value(nil), nil
	}
	if err != nil {
		return value.None, err
	}
	ctx := t.Context()
	d := s.talk(ctx, transaction(ctx, m))
	return d.value(s), cancelled(ctx)
}

func (f *fault) failure() *failure {
	return &failure{temporary: true, kind: string(smtpclient.ErrConfig), message: f.text}
}

func lookUpRecipient(t *vm.Thread, a []value.Value) (value.Value, error) {
	const fn = "smtp_lookup_rcpt"
	extended := registry.OptionsAt(fn, a, 3).Bool("extended_result", false)
	m := &smtpclient.Mail{}
	var params *value.Array
	var err error
	if m.Sender, params, err = mail.Parse(fn+"(): sender", a[1]); err != nil {
		return value.None, err
	}
	m.SenderParams = mail.Params(params)
	r := smtpclient.Recipient{}
	if r.Address, params, err = mail.Parse(fn+"(): recipient", a[2]); err != nil {
		return value.None, err
	}
	if r.Address.IsNull() {
		return value.None, errors.New(fn + "(): the recipient is empty")
	}
	r.Params = mail.Params(params)
	m.Recipients = []smtpclient.Recipient{r}
	s, err := read(t, fn, a[0], r.Address.Domain, true)
	d := &dialogue{}
	var f *fault
	switch {
	case errors.As(err, &f):
		d.fail = f.failure()
	case err != nil:
		return value.None, err
	default:
		ctx := t.Context()
		d = s.talk(ctx, transaction(ctx, m))
		if err := cancelled(ctx); err != nil {
			return value.None, err
		}
	}
	if extended {
		return d.recipient(), nil
	}
	switch {
	case d.result == nil:
		return value.Int(-1), nil
	case d.result.OK():
		return value.Int(1), nil
	case d.result.Reply.Permanent() && ends[d.result.State]:
		return value.Int(0), nil
	}
	return value.Int(-1), nil
}

// recipient is the extended result of smtp_lookup_rcpt.
func (d *dialogue) recipient() value.Value {
	code, text, asked := 0, "", false
	switch {
	case d.result != nil && d.result.OK():
		code, text, asked = 250, strings.Join(d.result.Reply.Lines, "\n"), true
	case d.result != nil:
		code, text, asked = d.result.Reply.Code, strings.Join(d.result.Reply.Lines, "\n"), d.result.State == protocol.StateRcpt
	case d.fail != nil:
		text = d.fail.message
	}
	return value.FromArray(value.Map("error_code", value.Int(code), "error_message", value.Str(text),
		"on_rcptto", value.Bool(asked), "tls", d.tls(true)))
}

func lookUpAuth(t *vm.Thread, a []value.Value) (value.Value, error) {
	const fn = "smtp_lookup_auth"
	s, err := read(t, fn, a[0], "", false)
	var f *fault
	if errors.As(err, &f) {
		return value.Int(-1), nil
	}
	if err != nil {
		return value.None, err
	}
	// An empty name would mean no AUTH at all.
	s.Options.Username, s.Options.Password, s.Options.MustAuth = a[1].Str(), a[2].Str(), true
	ctx := t.Context()
	d := s.talk(ctx, nil)
	switch {
	case ctx.Err() != nil:
		return value.None, cancelled(ctx)
	case d.result == nil:
		return value.Int(-1), nil
	case d.result.State == "" || d.result.OK():
		return value.Int(1), nil
	case d.result.Reply.Permanent() && strings.HasPrefix(d.result.State, protocol.StateAuth):
		return value.Int(0), nil
	}
	return value.Int(-1), nil
}
