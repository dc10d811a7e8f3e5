package hook

import (
	"crypto/x509"
	"time"

	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/mta/spool"
	"github.com/hawser-mta/hawser/runtime/value"
)

// QueueInput is everything a script of a queue hook can see.
type QueueInput struct {
	Phase   Phase
	Unit    *spool.Unit
	Content func() (message.Source, error) // opens the original; nil: scripts see no files
	Retry   int                            // attempts before this one
	Context any                            // what predelivery left in $context; only this package looks inside
	Expired bool                           // postdelivery: retry count or age exceeded
	Action  string
	Attempt *Attempt // nil: none was made
	DSN     *DSNFacts
	Return  *value.Value // what a queue plugin said; nil: nothing
}

// Attempt is what happened in one delivery attempt (spec hooks 12.2).
type Attempt struct {
	Result   *AttemptResult // the reply that decided
	Error    *AttemptError  // otherwise
	Conn     *AttemptConn   // nil: no connection could be tried
	Duration time.Duration
	Relayed  bool             // delivered to a peer without DSN
	Grouping string           // of the destination
	Policy   []policy.Applied // in the order of the file
	Return   *value.Value     // what a delivery plugin says besides; nil: nothing
	Picked   *value.Value     // what a queue plugin said as it let the unit go; nil: nothing
}

// AttemptResult is a deciding reply.
type AttemptResult struct {
	Reply smtp.Reply
	State string
}

// AttemptError is an attempt without a deciding reply (spec hooks 14).
type AttemptError struct {
	Temporary bool
	Message   string
	Type      string
	DNS       string
	Status    [3]int // enhanced status for a notification; zero: by the type
}

// AttemptConn holds the facts of the connection.
type AttemptConn struct {
	ID                       string
	Transactions             int
	LocalIP, LocalIPID, Helo string
	RemoteIP, RemoteMX       string
	Greet                    []string
	TLSTried, TLSStarted     bool
	Protocol, Cipher, Report string
	KeySize, PeerErr         int
	Peer                     []*x509.Certificate
	TLSA                     []TLSA // authenticated records of the host
	TLSAFailed               bool   // their look-up failed
}

// TLSA is one record (RFC 6698 section 2.1).
type TLSA struct {
	Usage, Selector, MatchingType int
	Data                          string // in hex
}

// DSNFacts tell which notification would be made, and its diagnosis.
type DSNFacts struct {
	Action     string // delayed, failed, relayed, delivered
	ID         string // transaction of the notification, "" when none would be made
	Status     [3]int
	Type, Code string // smtp or x-error, and the text
}
