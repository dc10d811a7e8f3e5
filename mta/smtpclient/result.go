package smtpclient

import (
	"crypto/x509"
	"fmt"
	"net/netip"

	"github.com/hawser-mta/hawser/mta/smtp"
)

// Result is the reply that decided a transaction and the state it answered
// (hooks.md 13). A delivered message has State EOD and a 2xx Reply.
type Result struct {
	Reply smtp.Reply
	State string
}

// OK reports that the peer took responsibility for the message, or, for a
// transaction without content, that it accepted the recipient.
func (r Result) OK() bool { return r.Reply.Positive() }

// Info holds the facts of one connection, complete as far as it came.
type Info struct {
	LocalIP, RemoteIP netip.Addr
	RemotePort        int
	Greet             []string // banner lines, after a 220 only
	Helo              string   // name sent
	Extensions        smtp.Extensions
	TLS               *TLSInfo // nil: TLS was not tried
	Transactions      int      // begun on this connection, the current one included
}

// TLSInfo holds the facts of a TLS attempt, successful or not.
type TLSInfo struct {
	Started  bool   // the session is encrypted
	Protocol string // "TLSv1.3"
	Cipher   string // OpenSSL name
	KeySize  int    // symmetric key bits
	Peer     []*x509.Certificate
	PeerErr  int    // OpenSSL verify result of Peer; 0 when fine or not checked
	Report   string // RFC 8460 section 4.3 result type of a failure; "" without
}

// ErrorType is a type of hooks.md 14.
type ErrorType string

// The error types this package produces, and "dane" for VerifyPeer functions.
const (
	ErrConfig   ErrorType = "config"
	ErrNetwork  ErrorType = "network"
	ErrDANE     ErrorType = "dane"
	ErrProtocol ErrorType = "protocol"
	ErrSMTP     ErrorType = "smtp"
	ErrTLS      ErrorType = "tls"
)

// Error is an exchange that ended without a deciding reply. After one the
// connection is closed, except for Type smtp.
type Error struct {
	Type      ErrorType
	Temporary bool
	Message   string // one line, fit for scripts and logs
	State     string // state it happened in; "" before the banner
	Report    string // RFC 8460 result type when TLS failed
	Status    [3]int // enhanced status code for notifications; zero: none in particular
	Err       error  // cause; may be nil
}

// Error returns the message with the state it happened in.
func (e *Error) Error() string {
	if e.State == "" {
		return string(e.Type) + ": " + e.Message
	}
	return fmt.Sprintf("%s in %s: %s", e.Type, e.State, e.Message)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// ReplyError is a negative reply that ended the set-up of a connection:
// banner, greeting or AUTH.
type ReplyError struct{ Result Result }

// Error returns the state and the first line of the reply.
func (e *ReplyError) Error() string {
	text := ""
	if len(e.Result.Reply.Lines) > 0 {
		text = e.Result.Reply.Lines[0]
	}
	return fmt.Sprintf("%s answered %d %s", e.Result.State, e.Result.Reply.Code, text)
}
