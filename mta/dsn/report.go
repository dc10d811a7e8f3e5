package dsn

import (
	"time"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/message"
)

// Action is what a notification says (RFC 3464 section 2.3.3).
type Action string

// The actions.
const (
	Failed    Action = "failed"
	Delayed   Action = "delayed"
	Relayed   Action = "relayed"
	Delivered Action = "delivered"
)

// Report is one notification about one recipient.
type Report struct {
	Action    Action
	Status    [3]int
	DiagType  string // smtp or x-error
	DiagCode  string // one line
	Command   string // state the reply answered, "" when no reply decided
	Recipient address.Address
	Orcpt     string // type;address, "" for none
	EnvID     string
	RemoteMTA string // host, "" for none

	Hostname   string // of this server
	From       address.Address
	FromName   string
	To         address.Address
	MessageID  string // without angle brackets
	Boundary   string
	Now        time.Time
	Arrival    time.Time
	LastTry    time.Time // zero: none
	RetryUntil time.Time // delayed only; zero: unknown
	Received   string    // name of the client that handed the message in, "" unknown

	Original message.Source
	Full     bool        // return the whole message
	Headers  [][2]string // added or replaced
	Subject  string      // "": the usual one
	Text     string      // "": the usual one
}

// maxFull is the size up to which whole messages are returned, in bytes.
const maxFull = 1 << 20

var subjects = map[Action]string{
	Failed:    "Undelivered Mail Returned to Sender",
	Delayed:   "Delayed Mail (still being retried)",
	Relayed:   "Successful Mail Relay Report",
	Delivered: "Successful Mail Delivery Report",
}
