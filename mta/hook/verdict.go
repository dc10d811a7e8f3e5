package hook

import (
	"net/netip"
	"time"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/smtp"
)

// Action is how a hook ended.
type Action string

// The terminating functions.
const (
	Accept      Action = "Accept"
	Reject      Action = "Reject"
	Defer       Action = "Defer"
	Pass        Action = "Pass"
	ReplyAction Action = "Reply"
	Try         Action = "Try"
	Queue       Action = "Queue"
	Bounce      Action = "Bounce"
	Delete      Action = "Delete"
	Default     Action = "Default"
)

// Verdict is the decision of one hook run. Every run has one: a script that
// fails or does not decide gets the action of hooks.md 16.
type Verdict struct {
	Action     Action
	Reply      smtp.Reply // inbound hooks: what the client gets, always complete
	Disconnect bool       // close after the reply was flushed

	// Scripted is false when no script is configured for the phase.
	Scripted bool

	// connect
	RemoteIP  netip.Addr // valid: replaces the client address
	RemotePTR *string    // not nil: replaces the client name
	Priority  *int

	// proxy
	Next    bool    // run the hook again for the next command
	Command *string // not nil: replaces the line

	// helo
	Extensions []string // not nil: replaces the announced list
	Host       *string  // not nil: stored as the HELO host

	// auth
	Username *string // not nil: identity to store

	// mailfrom and rcptto
	Address     *address.Address // not nil: replaces the argument
	Params      smtp.Params      // not nil: replaces the parameters
	TransportID *string          // not nil: replaces the transport

	// eod, only with Accept
	Queued []Queued

	// predelivery and postdelivery
	Try   *TryOptions
	Queue *QueueOptions
	DSN   *DSNOptions
	Text  string            // reason of Bounce or Delete
	Meta  map[string]string // not nil: replaces the metadata
}

// Queued is one copy for one recipient, made by queue() in eod.
type Queued struct {
	Number      int // queue id, from 1 per transaction
	Sender      address.Address
	Recipient   address.Address
	SenderExtra smtp.Params // parameters to send with MAIL FROM
	RcptExtra   smtp.Params // parameters to send with RCPT TO
	TransportID string
	Patch       message.Patch // changes against the original
	Metadata    map[string]string
	Hold        bool
	Delay       time.Duration
	JobID       string
	TenantID    string
	Priority    int
	Quotas      []string
	DSN         DSNRequest

	Reserved func() // ends the reservation of its quotas; nil: there is none
}

// DSNRequest holds the RFC 3461 wishes of the sender for one recipient.
type DSNRequest struct {
	EnvID  string   // decoded
	Ret    string   // "FULL", "HDRS" or ""
	Notify []string // NEVER, SUCCESS, FAILURE, DELAY; empty: not given
	Orcpt  string   // decoded "type;address"
}
