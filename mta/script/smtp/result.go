package smtp

import (
	"strings"

	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/runtime/value"
)

// value is the result of send() (spec stdlib 0.10).
func (d *dialogue) value(s *Server) value.Value {
	out := value.NewArray(4)
	if r := d.result; r != nil {
		x := value.NewArray(4)
		x.SetStr("state", value.Str(r.State))
		x.SetStr("code", value.Int(r.Reply.Code))
		if r.Reply.HasEnhanced() {
			e := r.Reply.Enhanced
			x.SetStr("enhanced", value.FromArray(value.List(value.Int(e[0]), value.Int(e[1]), value.Int(e[2]))))
		}
		x.SetStr("reason", value.FromArray(value.Strings(r.Reply.Lines...)))
		out.SetStr("result", value.FromArray(x))
	} else if f := d.fail; f != nil {
		out.SetStr("error", f.value())
	}
	if i := d.info; i != nil {
		x := value.NewArray(4)
		x.SetStr("localip", value.Str(i.LocalIP.String()))
		x.SetStr("remoteip", value.Str(i.RemoteIP.String()))
		x.SetStr("remotemx", value.Str(strings.ToLower(d.target.Name())))
		if i.Helo != "" {
			x.SetStr("helo", value.Str(i.Helo))
		}
		out.SetStr("connection", value.FromArray(x))
	}
	out.SetStr("tls", d.tls(s != nil && s.CapturePeer))
	return value.FromArray(out)
}

func (f *failure) value() value.Value {
	x := value.NewArray(5)
	x.SetStr("temporary", value.Bool(f.temporary))
	x.SetStr("message", value.Str(f.message))
	x.SetStr("reason", value.Str(f.message)) // what older scripts read
	x.SetStr("type", value.Str(f.kind))
	if f.dns != "" {
		x.SetStr("dns", value.Str(f.dns))
	}
	return value.FromArray(x)
}

// tls says how the connection was encrypted.
func (d *dialogue) tls(capture bool) value.Value {
	x := value.NewArray(6)
	if d.info == nil || d.info.TLS == nil {
		x.SetStr("started", value.False)
		return value.FromArray(x)
	}
	i := d.info.TLS
	x.SetStr("started", value.Bool(i.Started))
	if i.Started {
		x.SetStr("protocol", value.Str(i.Protocol))
		x.SetStr("cipher", value.Str(i.Cipher))
		x.SetStr("keysize", value.Int(i.KeySize))
	}
	if capture && len(i.Peer) > 0 {
		chain := value.NewArray(len(i.Peer))
		for _, c := range i.Peer[1:] {
			chain.Append(pki.NewCertificate(c).Resource())
		}
		x.SetStr("peercert", value.FromArray(value.Map(
			"x509", pki.NewCertificate(i.Peer[0]).Resource(), "chain", value.FromArray(chain), "error", value.Int(i.PeerErr))))
	}
	if i.Report != "" {
		x.SetStr("tlsrpt", value.Str(i.Report))
	}
	return value.FromArray(x)
}
