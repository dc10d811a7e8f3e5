package hook

import (
	"errors"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/script/mail"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// delivered refuses a decision about a message that is gone.
func (x *run) delivered() error {
	if x.phase == PostDelivery && x.queue.Action == "" {
		return errors.New("the message was delivered")
	}
	return nil
}

func try(t *vm.Thread, a []value.Value) (value.Value, error) {
	x, err := state(t, "Try")
	if err != nil {
		return value.None, err
	}
	o, err := readTry(x.options("Try", opt(a, 0)))
	if err != nil {
		return value.None, err
	}
	return end(Verdict{Action: Try, Scripted: true, Try: o})
}

func readTry(o *registry.Options) (*TryOptions, error) {
	text := func(key string) *string {
		if _, ok := o.Get(key); !ok {
			return nil
		}
		s := o.Str(key, "")
		return &s
	}
	flag := func(key string) *bool {
		if _, ok := o.Get(key); !ok {
			return nil
		}
		b := o.Bool(key, false)
		return &b
	}
	y := &TryOptions{
		Port: o.Int("port", 0), Domain: o.Str("domain", ""), Helo: o.Str("helo", ""), SourceIPRandom: flag("sourceip_random"),
		Username: o.Str("saslusername", ""), Password: o.Str("saslpassword", ""), TLS: o.Str("tls", ""),
		TLSProtocols: o.Str("tls_protocols", ""), TLSCiphers: o.Str("tls_ciphers", ""), TLSVerifyHost: flag("tls_verify_host"),
		TLSVerifyName: o.Strings("tls_verify_name"), TLSDefaultCA: flag("tls_default_ca"), TLSClientCert: o.Str("tls_client_cert", ""),
		TLSCapturePeer: o.Bool("tls_capture_peer_cert", false), Protocol: o.Str("protocol", ""),
		MXInclude: o.Strings("mx_include"), MXExclude: o.Strings("mx_exclude"), JobID: text("jobid"), TenantID: text("tenantid"),
		ConnectTimeout: duration(o.Num("connect_timeout", 0)), XClient: mail.Params(o.Array("xclient")),
		Chunking: flag("chunking"), NonlocalSource: flag("nonlocal_source"),
	}
	if p := y.Protocol; p != "" && p != "smtp" && p != "lmtp" {
		o.Bad("protocol", "smtp or lmtp")
	}
	if n := o.Int("proxyprotocol", 0); n < 0 || n > 2 {
		o.Bad("proxyprotocol", "1 or 2")
	} else {
		y.ProxyProtocol = n
	}
	if v, ok := o.Get("pooling"); ok {
		if err := readPooling(&y.Pooling, registry.OptionsOf("Try", v)); err != nil {
			return nil, err
		}
	}
	if v, ok := o.Get("host"); ok {
		if v.IsArray() {
			y.Host = o.Strings("host")
		} else {
			y.Host = []string{o.Str("host", "")}
		}
	}
	if v, ok := o.Get("tls_sni"); ok {
		switch {
		case v.Kind() == value.KBool && v.IsTrue():
			y.TLSSNI = config.SNIHost
		case v.Kind() == value.KBool:
			y.TLSSNI = config.SNINone
		default:
			y.TLSSNI = config.SNI(o.Str("tls_sni", ""))
		}
	}
	if _, ok := o.Get("priority"); ok {
		n := min(max(o.Int("priority", 0), 0), 1)
		y.Priority = &n
	}
	if timeouts := o.Array("timeout"); timeouts != nil {
		y.Timeout = map[string]time.Duration{}
		for k, v := range timeouts.All() {
			y.Timeout[k.String()] = duration(v.Number())
		}
	}
	if err := readEnvelope(y, o); err != nil {
		return nil, err
	}
	if err := readPlugin(y, o); err != nil {
		return nil, err
	}
	return y, o.Err()
}

// readPlugin reads the option plugin.
func readPlugin(y *TryOptions, o *registry.Options) error {
	v, ok := o.Get("plugin")
	if !ok || o.Array("plugin") == nil {
		return o.Err()
	}
	p := registry.OptionsOf("Try", v)
	y.Plugin = &PluginOption{ID: p.Str("id", "")}
	if y.Plugin.ID == "" {
		p.Bad("id", "the id of a delivery plugin")
	}
	if a := p.Array("arguments"); a != nil {
		y.Plugin.Arguments = new(value.FromArray(a).Freeze())
	}
	return p.Err()
}

// readPooling reads the option pooling; what it does not give stays nil.
func readPooling(p *config.Pooling, o *registry.Options) error {
	for key, to := range map[string]**bool{"enabled": &p.Enabled, "evictable": &p.Evictable} {
		if _, ok := o.Get(key); ok {
			b := o.Bool(key, false)
			*to = &b
		}
	}
	if _, ok := o.Get("timeout"); ok {
		d := config.Duration(duration(o.Num("timeout", 0)))
		p.Timeout = &d
	}
	if _, ok := o.Get("transactions"); ok {
		n := o.Int("transactions", 0)
		p.Transactions = &n
	}
	return o.Err()
}

// readEnvelope reads sender, recipient, sourceip and dsn.
func readEnvelope(y *TryOptions, o *registry.Options) error {
	if v, ok := o.Get("sender"); ok {
		a, params, err := mail.Parse("Try(): sender", v)
		if err != nil {
			return err
		}
		y.Sender, y.SenderParams = &a, mail.Params(params)
	}
	if v, ok := o.Get("recipient"); ok {
		a, params, err := mail.Parse("Try(): recipient", v)
		if err != nil {
			return err
		}
		y.Recipient, y.RecipientParams = &a, mail.Params(params)
	}
	if list := o.Array("sourceip"); list != nil {
		for v := range list.Values() {
			if v.IsString() {
				y.SourceIP = append(y.SourceIP, SourceIP{ID: v.Str()})
				continue
			}
			s := registry.OptionsOf("Try", v)
			x := SourceIP{ID: s.Str("id", ""), Address: s.Str("address", ""), Helo: s.Str("helo", "")}
			if v, ok := s.Get("proxy"); ok {
				p := registry.OptionsOf("Try", v)
				x.Proxy = config.Proxy{Host: p.Str("host", ""), Port: p.Int("port", 0), Version: p.Int("version", 0)}
				if err := p.Err(); err != nil {
					return err
				}
			}
			y.SourceIP = append(y.SourceIP, x)
			if err := s.Err(); err != nil {
				return err
			}
		}
	}
	if v, ok := o.Get("dsn"); ok {
		return readOverride(y, registry.OptionsOf("Try", v))
	}
	return nil
}

// readOverride reads the option dsn of Try.
func readOverride(y *TryOptions, o *registry.Options) error {
	if y.DSNSuccess = o.Str("success", ""); y.DSNSuccess != "" && y.DSNSuccess != "relayed" && y.DSNSuccess != "delivered" {
		o.Bad("success", "relayed or delivered")
	}
	d, err := readDSN(o)
	if err != nil {
		return err
	}
	for key, to := range map[string]struct {
		to   **string
		text *string
	}{"envid": {&y.DSN.EnvID, &d.EnvID}, "ret": {&y.DSN.Ret, &d.Ret}, "orcpt": {&y.DSN.Orcpt, &d.Orcpt}} {
		if _, ok := o.Get(key); ok {
			*to.to = to.text
		}
	}
	if _, ok := o.Get("notify"); ok {
		y.DSN.Notify = &d.Notify
	}
	return nil
}

func requeue(t *vm.Thread, a []value.Value) (value.Value, error) {
	x, err := state(t, "Queue")
	if err != nil {
		return value.None, err
	}
	if err := x.delivered(); err != nil {
		return value.None, err
	}
	o := x.options("Queue", opt(a, 0))
	q := &QueueOptions{
		Hold: o.Bool("hold", false), Reason: o.Str("reason", ""), Increment: o.Bool("increment_retry", true),
		Reset: o.Bool("reset_retry", false), TransportID: o.Str("transportid", ""),
	}
	if _, ok := o.Get("delay"); ok {
		d := duration(o.Num("delay", 0))
		q.Delay = &d
	}
	v := Verdict{Action: Queue, Scripted: true, Queue: q}
	if v.DSN, err = readNotification(t, "Queue", o); err != nil {
		return value.None, err
	}
	if q.TransportID != "" && !x.snap.Transports[q.TransportID] {
		return value.None, errors.New("Queue(): unknown transport")
	}
	return end(v)
}

func bounce(t *vm.Thread, a []value.Value) (value.Value, error) {
	x, err := state(t, "Bounce")
	if err != nil {
		return value.None, err
	}
	if err := x.delivered(); err != nil {
		return value.None, err
	}
	o := x.options("Bounce", opt(a, 0))
	v := Verdict{Action: Bounce, Scripted: true, Text: o.Str("reason", "")}
	if v.DSN, err = readNotification(t, "Bounce", o); err != nil {
		return value.None, err
	}
	return end(v)
}

// readNotification reads the option dsn of Bounce and Queue (spec hooks 12.4).
func readNotification(t *vm.Thread, name string, o *registry.Options) (*DSNOptions, error) {
	v, ok := o.Get("dsn")
	if err := o.Err(); err != nil || !ok {
		return nil, err
	}
	d := registry.OptionsOf(name, v)
	out := &DSNOptions{
		TransportID: d.Str("transportid", ""), FromName: d.Str("from_name", ""), JobID: d.Str("jobid", ""), TenantID: d.Str("tenantid", ""),
		Subject: d.Str("subject", ""), Text: d.Str("text", ""), Delay: duration(d.Num("delay", 0)), Ret: strings.ToUpper(d.Str("ret", "")),
	}
	if out.Ret != "" && out.Ret != "FULL" && out.Ret != "HDRS" {
		d.Bad("ret", "FULL or HDRS")
	}
	for key, to := range map[string]**addressOf{"recipient": &out.Recipient, "from": &out.From} {
		if v, ok := d.Get(key); ok {
			a, _, err := mail.Parse(name+"(): dsn "+key, v)
			if err != nil {
				return nil, err
			}
			*to = &a
		}
	}
	var err error
	if out.Metadata, err = metadata(d.Array("metadata")); err != nil {
		return nil, err
	}
	if h := d.Array("headers"); h != nil {
		for k, v := range h.All() {
			out.Headers = append(out.Headers, [2]string{k.String(), v.String()})
		}
	}
	if _, ok := d.Get("send"); ok {
		b := d.Bool("send", false)
		out.Send = &b
	}
	if k := d.Array("dkim"); k != nil {
		if out.DKIM, err = mail.ReadSigning(t, value.FromArray(k)); err != nil {
			return nil, err
		}
	}
	return out, d.Err()
}

func drop(t *vm.Thread, a []value.Value) (value.Value, error) {
	x, err := state(t, "Delete")
	if err != nil {
		return value.None, err
	}
	if err := x.delivered(); err != nil {
		return value.None, err
	}
	o := registry.OptionsOf("Delete", opt(a, 0))
	v := Verdict{Action: Delete, Scripted: true, Text: o.Str("reason", "")}
	if err := o.Err(); err != nil {
		return value.None, err
	}
	return end(v)
}

func byDefault(t *vm.Thread, _ []value.Value) (value.Value, error) {
	if _, err := state(t, "Default"); err != nil {
		return value.None, err
	}
	return end(Verdict{Action: Default, Scripted: true})
}

func setMetaData(t *vm.Thread, a []value.Value) (value.Value, error) {
	x, err := state(t, "SetMetaData")
	if err != nil {
		return value.None, err
	}
	m, err := metadata(a[0].Array())
	if err != nil {
		return value.None, err
	}
	x.meta, x.metaSet = m, true
	return value.None, nil
}

func getMetaData(t *vm.Thread, _ []value.Value) (value.Value, error) {
	x, err := state(t, "GetMetaData")
	if err != nil {
		return value.None, err
	}
	m := x.queue.Unit.Metadata
	if x.metaSet {
		m = x.meta
	}
	out := value.NewArray(len(m))
	for k, v := range m {
		out.SetStr(k, value.Str(v))
	}
	return value.FromArray(out), nil
}
