package hooktest

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"

	"github.com/google/uuid"
	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/script/mail"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
)

// What a session is like when the test does not say.
const (
	clientIP   = "192.0.2.1"
	serverIP   = "192.0.2.25"
	clientName = "client.example.org"
	sender     = "sender@example.org"
	recipient  = "recipient@example.net"
	emptyMail  = "From: <sender@example.org>\r\nTo: <recipient@example.net>\r\nSubject: Test\r\n\r\nTest\r\n"
)

var extensions = []string{"PIPELINING", "8BITMIME", "SIZE 104857600", "CHUNKING", "SMTPUTF8", "ENHANCEDSTATUSCODES"}

// message reads the option mail: text, whose lines may end without CR, or a
// MailMessage.
func (s *session) message() error {
	s.mail = message.Bytes([]byte(emptyMail))
	v, ok := s.o.Get("mail")
	if !ok {
		return nil
	}
	if e, ok := mail.Editor(v); ok {
		src, err := e.Result()
		s.mail = src
		return err
	}
	if !v.IsString() {
		return fmt.Errorf("run_hook(): option mail must be string, got %s", v.TypeName())
	}
	text := bytes.ReplaceAll([]byte(v.Str()), []byte("\r\n"), []byte("\n"))
	s.mail = message.Bytes(bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n")))
	return nil
}

// runInbound runs a hook of a connection.
func (s *session) runInbound(id string) (value.Value, error) {
	srv := s.server(id)
	s.snap.Hooks[srv.ID] = hook.Binding{IDs: map[hook.Phase]string{s.phase: id}}
	in := &hook.Input{Phase: s.phase, Mail: message.Parse(s.mail), Command: "NOOP", Verb: "EHLO", Host: clientName, Extensions: extensions, Mechanism: "PLAIN"}
	var err error
	if in.Conn, err = s.connection(srv); err != nil {
		return value.None, err
	}
	if in.Tx, err = s.transaction(srv); err != nil {
		return value.None, err
	}
	if err := s.arguments(in, srv); err != nil {
		return value.None, err
	}
	r := s.runner()
	v := r.Run(s.t.Context(), in)
	return s.result(v, hook.Context(in.Conn))
}

// server is the one that the test names, else the first that runs the script,
// else the first.
func (s *session) server(id string) *config.Server {
	want := s.facts().Str("serverid", "")
	servers := s.w.config.App.Servers
	for i := range servers {
		if servers[i].ID == want || want == "" && s.snap.Hooks[servers[i].ID].IDs[s.phase] == id {
			return &servers[i]
		}
	}
	if want == "" && len(servers) > 0 {
		return &servers[0]
	}
	return &config.Server{ID: want}
}

func (s *session) options(name string) *registry.Options {
	return registry.OptionsOf("run_hook(): "+name, value.FromArray(s.array(name)))
}

func (s *session) array(name string) *value.Array {
	if a := s.given[name]; a != nil {
		return a
	}
	return value.NewArray(0)
}

// facts are the keys of the connection, which connect has in its arguments.
func (s *session) facts() *registry.Options {
	if s.phase == hook.Connect {
		return s.options("arguments")
	}
	return s.options("connection")
}

func (s *session) connection(srv *config.Server) (*hook.Connection, error) {
	o, f := s.options("connection"), s.facts()
	c := &hook.Connection{
		ID: o.Str("id", uuid.NewString()), Priority: o.Int("priority", 0), ServerID: srv.ID,
		RemotePort: f.Int("remoteport", 40000), RemotePTR: f.Str("remoteptr", ""), LocalPort: f.Int("localport", 25),
	}
	var err error
	if c.RemoteIP, err = ip(f, "remoteip", clientIP); err != nil {
		return nil, err
	}
	if c.LocalIP, err = ip(f, "localip", serverIP); err != nil {
		return nil, err
	}
	if s.phase != hook.Connect && s.phase != hook.Helo {
		c.Helo = &hook.HeloName{Verb: "EHLO", Host: clientName}
		if a := o.Array("helo"); a != nil {
			h := registry.OptionsOf("run_hook(): helo", value.FromArray(a))
			c.Helo = &hook.HeloName{Verb: h.Str("verb", "EHLO"), Host: h.Str("host", clientName)}
		}
	}
	if a := o.Array("tls"); a != nil {
		t := registry.OptionsOf("run_hook(): tls", value.FromArray(a))
		c.TLS = &hook.TLS{Protocol: t.Str("protocol", "TLSv1.3"), Cipher: t.Str("cipher", "TLS_AES_256_GCM_SHA384"), KeySize: t.Int("keysize", 256), SNI: t.Str("sni", "")}
	}
	if a := o.Array("auth"); a != nil {
		t := registry.OptionsOf("run_hook(): auth", value.FromArray(a))
		c.Auth = &hook.AuthName{Mechanism: t.Str("mechanism", "PLAIN"), Username: t.Str("username", "")}
	}
	if err := o.Err(); err != nil {
		return nil, err
	}
	return c, f.Err()
}

func ip(o *registry.Options, key, def string) (netip.Addr, error) {
	text := o.Str(key, def)
	a, err := netip.ParseAddr(text)
	if err != nil {
		return a, fmt.Errorf("run_hook(): %s '%.60s' is not an address", key, text)
	}
	return a, nil
}

func (s *session) transaction(srv *config.Server) (*hook.Transaction, error) {
	o := s.options("transaction")
	tx := &hook.Transaction{ID: o.Str("id", uuid.NewString()), Received: s.t.Host().Now(), SenderParams: params(o, "senderparams")}
	from, err := envelope(o, "sender", "senderaddress", sender)
	if err != nil {
		return nil, err
	}
	tx.Sender = &from
	list := o.Array("recipients")
	if list == nil && s.phase == hook.EOD {
		list = value.Strings(recipient)
	}
	if list == nil {
		return tx, o.Err()
	}
	shaped := value.NewArray(list.Len())
	for v := range list.Values() {
		if v.IsString() {
			v = value.FromArray(value.Map("recipient", v))
		}
		x := registry.OptionsOf("run_hook(): recipients", v)
		to, err := envelope(x, "recipient", "address", recipient)
		if err != nil {
			return nil, err
		}
		r := hook.Recipient{Address: to, Params: params(x, "params"), TransportID: x.Str("transportid", srv.Transport)}
		tx.Recipients = append(tx.Recipients, r)
		shaped.Append(value.FromArray(value.Map("recipient", value.Str(to.Lower()), "address", mail.Array(to),
			"params", paramsArray(r.Params), "transportid", value.Str(r.TransportID))))
		if err := x.Err(); err != nil {
			return nil, err
		}
	}
	if a := s.given["transaction"]; a != nil {
		a = a.Clone()
		a.SetStr("recipients", value.FromArray(shaped))
		s.given["transaction"] = a
	}
	return tx, o.Err()
}

// envelope reads an address that is given as text, as an array, or as both.
func envelope(o *registry.Options, text, array, def string) (address.Address, error) {
	key, v := text, value.Str(def)
	if x, ok := o.Get(text); ok {
		v = x
	}
	if x, ok := o.Get(array); ok {
		key, v = array, x
	}
	a, _, err := mail.Parse("run_hook(): "+key, v)
	return a, err
}

// params reads ESMTP parameters.
func params(o *registry.Options, key string) smtp.Params {
	a := o.Array(key)
	if a == nil {
		return nil
	}
	var out smtp.Params
	for k, v := range a.All() {
		out = append(out, smtp.Param{Key: strings.ToUpper(k.String()), Value: v.String()})
	}
	return out
}

func paramsArray(p smtp.Params) value.Value {
	out := value.NewArray(len(p))
	for _, x := range p {
		out.SetStr(x.Key, value.Str(x.Value))
	}
	return value.FromArray(out)
}

// arguments fills what the phase's own arguments decide.
func (s *session) arguments(in *hook.Input, srv *config.Server) (err error) {
	o := s.options("arguments")
	in.Command = o.Str("command", in.Command)
	in.Verb, in.Host = o.Str("verb", in.Verb), o.Str("host", in.Host)
	in.Mechanism = strings.ToUpper(o.Str("mechanism", in.Mechanism))
	in.Username, in.Password, in.State = o.Str("username", ""), o.Str("password", ""), o.Int("state", 0)
	if e := o.Strings("extensions"); e != nil {
		in.Extensions = e
	}
	in.TransportID = o.Str("transportid", srv.Transport)
	in.Params = params(o, "params")
	switch s.phase {
	case hook.MailFrom:
		in.Address, err = envelope(o, "sender", "address", sender)
	case hook.RcptTo:
		in.Address, err = envelope(o, "recipient", "address", recipient)
	}
	if err != nil {
		return err
	}
	s.derive(in)
	return o.Err()
}

// derive makes the text and the array of an address agree when the test gives one
// of them.
func (s *session) derive(in *hook.Input) {
	key := map[hook.Phase]string{hook.MailFrom: "sender", hook.RcptTo: "recipient"}[s.phase]
	a := s.given["arguments"]
	if a != nil && key != "" {
		a = a.Clone()
		a.SetStr(key, value.Str(in.Address.Lower()))
		a.SetStr("address", mail.Array(in.Address))
		s.given["arguments"] = a
	}
	if t := s.given["transaction"]; t != nil && in.Tx.Sender != nil {
		t = t.Clone()
		for _, k := range []string{"sender", "senderaddress", "senderparams"} {
			t.Delete(value.Str(k)) // the server's own, made from these
		}
		s.given["transaction"] = t
	}
}
