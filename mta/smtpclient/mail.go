package smtpclient

import (
	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/smtp"
)

// Mail is one transaction: an envelope and its content.
//
// A queue unit has one recipient; several are for the script functions that
// deliver in line. A nil Content asks only whether sender and recipient are
// accepted: the transaction ends with RSET after RCPT.
type Mail struct {
	Sender       address.Address // the zero value is the null sender
	SenderParams smtp.Params     // sent as given, offered or not; win over those made here
	Recipients   []Recipient     // at least one
	Content      message.Source

	SMTPUTF8   bool   // the message was submitted as internationalised (RFC 6531)
	RequireTLS bool   // RFC 8689: verified TLS and REQUIRETLS, or a permanent error; from the null sender verified TLS will do
	EnvID      string // RFC 3461 ENVID, decoded; sent when DSN is offered
	Ret        string // "FULL", "HDRS" or ""; sent when DSN is offered
}

// Recipient is one recipient of a Mail.
type Recipient struct {
	Address address.Address
	Params  smtp.Params // sent as given, offered or not
	Notify  []string    // NEVER, or some of SUCCESS, FAILURE, DELAY; sent when DSN is offered
	Orcpt   string      // decoded "type;address"; sent when DSN is offered
}

// Outcome is the end of a transaction: the deciding result and, when the Mail
// had several recipients or the session is LMTP, that of each of them.
type Outcome struct {
	Result
	Recipients []Result // by index of Mail.Recipients; State RCPT when refused there
}
