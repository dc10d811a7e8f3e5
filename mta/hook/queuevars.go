package hook

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/script/mail"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/stdlib/file"
)

// messageVar is $message of the queue hooks (spec hooks 11.2).
func messageVar(in *QueueInput) value.Value {
	u, f := in.Unit, newFields()
	f.set("id", value.FromArray(value.Map("transaction", str(u.Transaction), "queue", value.Int(u.Queue))))
	f.set("ts", seconds(u.Received))
	f.set("serverid", str(u.ServerID))
	f.set("sender", str(u.Sender.Lower()))
	f.set("senderaddress", mail.Array(u.Sender))
	f.set("recipient", str(u.Recipient.Lower()))
	f.set("recipientaddress", mail.Array(u.Recipient))
	f.set("transportid", str(u.TransportID))
	f.opt("tenantid", u.TenantID)
	f.opt("jobid", u.JobID)
	f.set("priority", value.Int(u.Priority))
	f.set("size", value.Num(float64(u.Size)))
	if in.Content != nil {
		f.set("file", messageFiles(in))
	}
	f.set("dsn", value.FromArray(value.Map("envid", str(u.DSN.EnvID), "ret", str(u.DSN.Ret),
		"notify", value.FromArray(value.Strings(u.DSN.Notify...)), "orcpt", str(u.DSN.Orcpt))))
	return f.value()
}

// messageFiles are the original and what will be sent of it, for File(). Nothing is
// opened before a script reads.
func messageFiles(in *QueueInput) value.Value {
	u, now := in.Unit, time.Now()
	original := &late{sync.OnceValues(in.Content)}
	modified := &late{sync.OnceValues(func() (message.Source, error) {
		src, err := original.open()
		if err != nil {
			return nil, err
		}
		return u.Patch.At(now).Apply(src), nil
	})}
	resource := func(r io.ReaderAt, size int64) value.Value {
		return file.NewHandle(stream{io.NewSectionReader(r, 0, size)}, size).Resource()
	}
	return value.FromArray(value.Map("original", resource(original, u.Size-u.Patch.Size()), "modified", resource(modified, u.Size)))
}

// late is content that is opened when it is read.
type late struct {
	open func() (message.Source, error)
}

// ReadAt implements io.ReaderAt.
func (l *late) ReadAt(p []byte, off int64) (int, error) {
	src, err := l.open()
	if err != nil {
		return 0, err
	}
	return src.ReadAt(p, off)
}

// stream is content that is read as a file; closing it keeps the message.
type stream struct{ *io.SectionReader }

// Close implements io.Closer.
func (stream) Close() error { return nil }

// queueArguments is $arguments of the queue hooks (spec hooks 11.1, 12.1).
func queueArguments(in *QueueInput) value.Value {
	f := newFields()
	f.set("retry", value.Int(in.Retry))
	if v := in.Return; v != nil {
		f.set("queue", value.FromArray(value.Map("plugin", returnVar(*v))))
	}
	if in.Phase == PreDelivery {
		return f.value()
	}
	f.set("expired", value.Bool(in.Expired))
	f.opt("action", in.Action)
	if a := in.Attempt; a != nil {
		f.opt("grouping", a.Grouping)
		f.set("policy", policyVar(a.Policy))
		f.set("attempt", attemptVar(a))
	}
	if d := in.DSN; d != nil {
		x := newFields()
		x.opt("action", d.Action)
		if d.ID != "" {
			x.set("id", value.FromArray(value.Map("transaction", str(d.ID), "queue", value.Int(1))))
		}
		if d.Status[0] != 0 {
			x.set("status", enhancedVar(d.Status))
		}
		x.opt("diagnostictype", d.Type)
		x.opt("diagnosticcode", d.Code)
		f.set("dsn", x.value())
	}
	return f.value()
}

func attemptVar(a *Attempt) value.Value {
	f := newFields()
	if a.Result != nil {
		f.set("result", replyVar(a.Result.Reply, a.Result.State))
	}
	if e := a.Error; e != nil {
		x := newFields()
		x.set("temporary", value.Bool(e.Temporary))
		x.set("message", str(e.Message))
		x.set("type", str(e.Type))
		x.opt("dns", e.DNS)
		f.set("error", x.value())
	}
	if c := a.Conn; c != nil {
		f.set("connection", attemptConnVar(c))
	}
	f.set("duration", value.Num(a.Duration.Seconds()))
	if v := a.Return; v != nil {
		f.set("plugin", returnVar(*v))
	}
	return f.value()
}

// returnVar is what a plugin says to scripts.
func returnVar(v value.Value) value.Value { return value.FromArray(value.Map("return", v)) }

func attemptConnVar(c *AttemptConn) value.Value {
	f := newFields()
	f.set("id", str(c.ID))
	f.set("transactions", value.Int(c.Transactions))
	f.opt("localip", c.LocalIP)
	f.opt("localipid", c.LocalIPID)
	f.opt("helo", c.Helo)
	f.opt("remoteip", c.RemoteIP)
	f.opt("remotemx", strings.ToLower(c.RemoteMX))
	if len(c.Greet) > 0 {
		f.set("remotegreet", value.FromArray(value.Strings(c.Greet...)))
	}
	if c.TLSTried {
		t := newFields()
		t.set("started", value.Bool(c.TLSStarted))
		if c.TLSStarted {
			t.set("protocol", str(c.Protocol))
			t.set("cipher", str(c.Cipher))
			t.set("keysize", value.Int(c.KeySize))
		}
		if len(c.Peer) > 0 {
			t.set("peercert", peerCert(c.Peer, c.PeerErr))
		}
		t.opt("tlsrpt", c.Report)
		tlsaVar(t, c)
		f.set("tls", t.value())
	}
	return f.value()
}

// tlsaVar adds what DNS says about the certificate of the host (RFC 6698).
func tlsaVar(f fields, c *AttemptConn) {
	x := newFields()
	switch {
	case c.TLSAFailed:
		x.set("error", value.FromArray(value.Map("temporary", value.True)))
	case len(c.TLSA) > 0:
		list := value.NewArray(len(c.TLSA))
		for _, r := range c.TLSA {
			list.Append(value.FromArray(value.Map("usage", value.Int(r.Usage), "selector", value.Int(r.Selector),
				"mtype", value.Int(r.MatchingType), "data", str(r.Data))))
		}
		x.set("records", value.FromArray(list))
	default:
		return
	}
	f.set("tlsa", x.value())
}

// policyVar tells what policies applied to an attempt (spec hooks 12.3).
func policyVar(applied []policy.Applied) value.Value {
	list := value.NewArray(len(applied))
	for i := range applied {
		list.Append(appliedVar(&applied[i]))
	}
	return value.FromArray(value.Map("tags", value.FromArray(value.Strings(policy.Tags(applied)...)), "policies", value.FromArray(list)))
}

func appliedVar(p *policy.Applied) value.Value {
	f := newFields()
	var names []string
	rollups := newFields()
	for _, x := range p.Fields {
		names = append(names, x.String())
		rollups.opt(x.String(), p.Rollups[x])
	}
	f.set("fields", value.FromArray(value.Strings(names...)))
	if len(p.Rollups) > 0 {
		f.set("grouping", rollups.value())
	}
	f.set("properties", propertiesVar(p.Properties))
	if p.Tag != "" {
		f.set("tags", value.FromArray(value.Strings(p.Tag)))
	}
	if p.Stop {
		f.set("stop", value.True)
	}
	dynamic := value.NewArray(1)
	if d := p.Dynamic; d != nil {
		x := newFields()
		x.set("id", str(d.ID))
		x.opt("tag", d.Then.Tag)
		x.set("properties", propertiesVar(d.Then.Properties))
		x.set("ttl", value.Num(d.Left().Seconds()))
		dynamic.Append(x.value())
	}
	f.set("dynamic", value.FromArray(dynamic))
	if p.Concurrency >= 0 {
		f.set("concurrency", value.Int(p.Concurrency))
	}
	if p.Rate.Count > 0 {
		f.set("rate", value.FromArray(value.List(value.Num(p.Rate.Count), value.Num(p.Rate.Interval.Seconds()))))
	}
	if p.ConnectInterval > 0 {
		f.set("connectinterval", value.Num(p.ConnectInterval.Seconds()))
	}
	return f.value()
}

// propertiesVar gives properties as texts.
func propertiesVar(m map[string]any) value.Value {
	out := value.NewArray(len(m))
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out.SetStr(k, str(fmt.Sprint(m[k])))
	}
	return value.FromArray(out)
}
