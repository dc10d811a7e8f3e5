package spool

import (
	"encoding/binary"
	"time"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/smtp"
)

// codec writes the fields of a record one after the other, or reads them back:
// one list of fields serves both ways. Strings are bytes, as in scripts: what is
// not UTF-8 survives. The order of the fields is the format; a change of it is a
// new formatVersion.
type codec struct {
	buf     []byte // written so far
	in      string // left to read; the texts that are read are parts of it
	reading bool
	bad     bool // the record ended too early or held nonsense
	brief   bool // what a queue does not look at is passed over
	version byte // of the record
}

// unit is the record of a unit.
func (c *codec) unit(u *Unit) {
	c.string(&u.Transaction)
	c.int(&u.Queue)
	c.address(&u.Sender)
	c.address(&u.Recipient)
	c.params(&u.SenderParams)
	c.params(&u.RcptParam)
	for _, s := range []*string{&u.ServerID, &u.TransportID, &u.JobID, &u.TenantID} {
		c.string(s)
	}
	c.int(&u.Priority)
	c.strings(&u.Quotas)
	c.dictionary(&u.Metadata)
	c.patch(&u.Patch)
	c.int64(&u.Size)
	for _, b := range []*bool{&u.SMTPUTF8, &u.RequireTLS, &u.Hold} {
		c.bool(b)
	}
	c.string(&u.DSN.EnvID)
	c.string(&u.DSN.Ret)
	c.strings(&u.DSN.Notify)
	c.string(&u.DSN.Orcpt)
	c.time(&u.Received)
	c.time(&u.Due)
	c.int(&u.Retry)
	c.string(&u.Status)
	c.int(&u.Notified)
	for _, s := range []*string{&u.RemoteIP, &u.RemotePTR, &u.Helo, &u.AuthUser} {
		c.string(s)
	}
}

func (c *codec) int64(p *int64) {
	if !c.reading {
		c.buf = binary.AppendVarint(c.buf, *p)
		return
	}
	*p = c.varint()
}

// varint reads a number as binary.Varint does, from a string.
func (c *codec) varint() int64 {
	var u uint64
	for i := 0; i < len(c.in) && i < binary.MaxVarintLen64; i++ {
		b := c.in[i]
		u |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			if i == binary.MaxVarintLen64-1 && b > 1 {
				break // more than 64 bits
			}
			c.in = c.in[i+1:]
			return int64(u>>1) ^ -int64(u&1)
		}
	}
	c.bad, c.in = true, ""
	return 0
}

func (c *codec) int(p *int) {
	v := int64(*p)
	c.int64(&v)
	*p = int(v)
}

func (c *codec) bool(p *bool) {
	v := 0
	if *p {
		v = 1
	}
	c.int(&v)
	*p = v != 0
}

// length is that of a string or list. Each element takes a byte or more, so that
// a broken length cannot make a record larger than it is.
func (c *codec) length(n int) int {
	c.int(&n)
	if c.reading && (n < 0 || n > len(c.in)) {
		c.bad, c.in = true, ""
		return 0
	}
	return n
}

func (c *codec) bytes(p *[]byte) {
	n := c.length(len(*p))
	if !c.reading {
		c.buf = append(c.buf, *p...)
		return
	}
	if !c.brief {
		*p = []byte(c.in[:n])
	}
	c.in = c.in[n:]
}

func (c *codec) string(p *string) {
	n := c.length(len(*p))
	if !c.reading {
		c.buf = append(c.buf, *p...)
		return
	}
	*p = c.in[:n]
	c.in = c.in[n:]
}

// pass reads the elements of a list that nobody wants, and reports whether it did.
func pass[T any](c *codec, element func(*T)) bool {
	if !c.brief {
		return false
	}
	for range c.length(0) {
		var x T
		element(&x)
	}
	return true
}

// list reads or writes the elements of a list; empty ones are read as nil.
func list[T any](c *codec, p *[]T, element func(*T)) {
	n := c.length(len(*p))
	if c.reading && n > 0 {
		*p = make([]T, n)
	}
	for i := range n {
		element(&(*p)[i])
	}
}

func (c *codec) strings(p *[]string) { list(c, p, c.string) }

func (c *codec) dictionary(p *map[string]string) {
	if pass(c, c.pair) {
		return
	}
	n := c.length(len(*p))
	if !c.reading {
		for k, v := range *p {
			c.pair(&smtp.Param{Key: k, Value: v})
		}
		return
	}
	if n > 0 {
		*p = make(map[string]string, n)
	}
	for range n {
		var x smtp.Param
		c.pair(&x)
		(*p)[x.Key] = x.Value
	}
}

func (c *codec) pair(x *smtp.Param) {
	c.string(&x.Key)
	c.string(&x.Value)
}

func (c *codec) address(p *address.Address) {
	c.string(&p.Local)
	c.string(&p.Domain)
}

func (c *codec) params(p *smtp.Params) {
	if !pass(c, c.pair) {
		list(c, (*[]smtp.Param)(p), c.pair)
	}
}

func (c *codec) patch(p *message.Patch) {
	if !pass(c, c.splice) {
		list(c, (*[]message.Splice)(p), c.splice)
	}
}

func (c *codec) splice(x *message.Splice) {
	c.int64(&x.Start)
	c.int64(&x.Count)
	c.bytes(&x.Data)
	if c.version >= 2 {
		c.bool(&x.Now)
	}
}

// time keeps nanoseconds; the zero time stays zero.
func (c *codec) time(p *time.Time) {
	zero := p.IsZero()
	c.bool(&zero)
	if zero {
		*p = time.Time{}
		return
	}
	sec, nsec := p.Unix(), p.Nanosecond()
	c.int64(&sec)
	c.int(&nsec)
	if c.reading {
		*p = time.Unix(sec, int64(nsec))
	}
}
