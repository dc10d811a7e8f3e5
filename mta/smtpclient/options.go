package smtpclient

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"time"

	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/runtime/pki"
)

// Dialer opens TCP connections; *net.Dialer is one.
type Dialer interface {
	DialContext(ctx context.Context, network, address string) (net.Conn, error)
}

// Options say how one connection is set up. The zero value speaks SMTP in
// clear with the default time limits and the HELO name "localhost".
type Options struct {
	Helo  string     // name after EHLO, HELO or LHLO
	LMTP  bool       // speak LMTP (RFC 2033)
	Local netip.Addr // source address; invalid: the system's choice

	Dialer         Dialer                   // nil: a net.Dialer bound to Local
	ConnectTimeout time.Duration            // 0: 30 s
	Timeouts       map[string]time.Duration // by state name; missing: DefaultTimeout

	TLS TLSOptions

	FreeBind bool // Local may be an address that the host does not own

	Username, Password string // Username "": no AUTH
	MustAuth           bool   // AUTH also with an empty Username

	XClient []smtp.Param // attributes sent when the server offers XCLIENT

	NoChunking bool // never use BDAT
	NoPipeline bool // one command at a time even when PIPELINING is offered

	// Trace sees each line sent (out true) and received, without its CRLF.
	// Credentials are replaced by "***"; message content is not shown.
	Trace func(out bool, line string)
}

// TLSMode is a mode of mta.md 6.4 without the DANE ones, which the caller
// turns into these plus a VerifyPeer function.
type TLSMode string

// The TLS modes.
const (
	TLSDisabled       TLSMode = "disabled"
	TLSOptional       TLSMode = "optional"
	TLSOptionalVerify TLSMode = "optional_verify"
	TLSRequire        TLSMode = "require"
	TLSRequireVerify  TLSMode = "require_verify"
)

// verifies reports whether the certificate is checked in this mode.
func (m TLSMode) verifies() bool { return m == TLSOptionalVerify || m == TLSRequireVerify }

// required reports whether a session in clear is out of the question.
func (m TLSMode) required() bool { return m == TLSRequire || m == TLSRequireVerify }

// TLSOptions say whether and how a connection is encrypted.
type TLSOptions struct {
	Mode     TLSMode // "": disabled
	Implicit bool    // TLS from the first byte (RFC 8314 section 3.3)

	pki.TLS

	// StrictOptional lets optional_verify fail the host when verification
	// fails, instead of going on in clear.
	StrictOptional bool

	// VerifyPeer, when set, replaces the check by authority and name, in
	// every mode (DANE, RFC 7672). An error fails the handshake; it may be an
	// *Error, whose Type is kept.
	VerifyPeer func(tls.ConnectionState) error
}

// defaultTimeouts are the limits of mta.md 3.3, from RFC 5321 4.5.3.2.
var defaultTimeouts = map[string]time.Duration{
	smtp.StateBanner: 300 * time.Second,
	smtp.StateHelo:   300 * time.Second,
	smtp.StateEhlo:   300 * time.Second,
	smtp.StateLhlo:   300 * time.Second,
	smtp.StateMail:   300 * time.Second,
	smtp.StateRcpt:   300 * time.Second,
	smtp.StateData:   120 * time.Second,
	stateBlock:       180 * time.Second,
	smtp.StateEOD:    600 * time.Second,
}

// DefaultTimeout returns the time limit for the answer in a state.
func DefaultTimeout(state string) time.Duration {
	if d, ok := defaultTimeouts[state]; ok {
		return d
	}
	return 60 * time.Second
}

// stateBlock names the limit for writing one block of message data.
const stateBlock = "data block"

// quitPatience bounds how long Close waits for the answer to QUIT.
const quitPatience = 5 * time.Second

func (o *Options) timeout(state string) time.Duration {
	if d, ok := o.Timeouts[state]; ok && d > 0 {
		return d
	}
	return DefaultTimeout(state)
}
