package delivery

import (
	"time"

	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/smtpclient"
)

// conn is a connection between messages. It implements queue.Conn.
type conn struct {
	*smtpclient.Conn
	id      string
	reuse   string // "": it takes no other message
	facts   policy.Facts
	to      target
	from    source
	helo    string
	pooling pooling
	capture bool
	tlsa    *tlsa
	groups  *policy.Groupings
}

// Reuse implements queue.Conn.
func (c *conn) Reuse() string { return c.reuse }

// Remote implements queue.Conn. The grouping may be one of the address, or of the domain
// of a unit, and is therefore found anew.
func (c *conn) Remote(f *policy.Facts) {
	f.RemoteMX, f.RemoteIP = c.facts.RemoteMX, c.facts.RemoteIP
	f.Grouping = c.groups.Of(f)
}

// Rest implements queue.Conn.
func (c *conn) Rest() (messages int, idle time.Duration, evictable bool) {
	if c.reuse == "" || !c.Usable() {
		return 0, 0, true
	}
	return c.pooling.transactions - c.Info().Transactions, c.pooling.idle, c.pooling.evictable
}

// Alive implements queue.Conn.
func (c *conn) Alive() bool { return c.Idle() }

// Close implements queue.Conn.
func (c *conn) Close() {
	_ = c.Conn.Close() // nothing depends on how the peer says good-bye
}
