package spool

import (
	"fmt"
	"time"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/smtp"
)

// Unit is one message to one recipient, the unit of queueing (spec mta 4.1). Each
// field but Path is stored: codec.unit names them too.
type Unit struct {
	Transaction string
	Queue       int // from 1 per transaction
	Path        int // index of the store it lies in

	Sender, Recipient       address.Address
	SenderParams, RcptParam smtp.Params // to send with MAIL and RCPT
	ServerID, TransportID   string
	JobID, TenantID         string
	Priority                int
	Quotas                  []string
	Metadata                map[string]string
	Patch                   message.Patch
	Size                    int64 // of the message as it will be sent
	SMTPUTF8, RequireTLS    bool
	DSN                     DSN

	Received time.Time
	Due      time.Time // zero: at once
	Hold     bool
	Retry    int    // attempts that failed for now
	Status   string // last reason, one line
	Notified int    // retry intervals whose delay notice was sent

	// For logs and DSNs: who handed the message in.
	RemoteIP, RemotePTR, Helo, AuthUser string
}

// DSN holds the RFC 3461 wishes for one recipient.
type DSN struct {
	EnvID  string   // decoded
	Ret    string   // FULL, HDRS or ""
	Notify []string // NEVER, SUCCESS, FAILURE, DELAY; empty: not given
	Orcpt  string   // decoded type;address
}

// ID returns TRANSACTION:QUEUE.
func (u *Unit) ID() string { return fmt.Sprintf("%s:%d", u.Transaction, u.Queue) }
