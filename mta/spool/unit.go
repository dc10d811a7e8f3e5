package spool

import (
	"fmt"
	"time"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/smtp"
)

// Unit is one message to one recipient, the unit of queueing (spec mta 4.1).
type Unit struct {
	Transaction string
	Queue       int // from 1 per transaction
	Path        int `json:"-"` // index of the store it lies in

	Sender, Recipient       address.Address
	SenderParams, RcptParam smtp.Params       `json:",omitempty"` // to send with MAIL and RCPT
	ServerID, TransportID   string            `json:",omitempty"`
	JobID, TenantID         string            `json:",omitempty"`
	Priority                int               `json:",omitempty"`
	Quotas                  []string          `json:",omitempty"`
	Metadata                map[string]string `json:",omitempty"`
	Patch                   message.Patch     `json:",omitempty"`
	Size                    int64             // of the message as it will be sent
	SMTPUTF8, RequireTLS    bool              `json:",omitempty"`
	DSN                     DSN               `json:"DSN,omitzero"`

	Received time.Time
	Due      time.Time `json:",omitzero"` // zero: at once
	Hold     bool      `json:",omitempty"`
	Retry    int       `json:",omitempty"` // attempts that failed for now
	Status   string    `json:",omitempty"` // last reason, one line
	Notified int       `json:",omitempty"` // retry intervals whose delay notice was sent

	// For logs and DSNs: who handed the message in.
	RemoteIP, RemotePTR, Helo, AuthUser string `json:",omitempty"`
}

// DSN holds the RFC 3461 wishes for one recipient.
type DSN struct {
	EnvID  string   `json:",omitempty"` // decoded
	Ret    string   `json:",omitempty"` // FULL, HDRS or ""
	Notify []string `json:",omitempty"` // NEVER, SUCCESS, FAILURE, DELAY; empty: not given
	Orcpt  string   `json:",omitempty"` // decoded type;address
}

// ID returns TRANSACTION:QUEUE.
func (u *Unit) ID() string { return fmt.Sprintf("%s:%d", u.Transaction, u.Queue) }
