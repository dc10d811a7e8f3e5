package hook

import (
	"crypto/x509"
	"net/netip"
	"time"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/smtp"
)

// Input is everything a script of an inbound hook can see. The fields of one
// phase are filled by its caller; the rest stay zero.
type Input struct {
	Phase Phase
	Conn  *Connection
	Tx    *Transaction

	// connect
	ProxyIP   netip.Addr // address of a PROXY-speaking front end; invalid: none
	PTRResult *PTRResult // present when the client name was looked up

	// proxy
	Command string // line without its CRLF

	// helo
	Verb, Host string   // "HELO", "EHLO" or "LHLO" and its argument, as sent
	Extensions []string // lines that EHLO will announce

	// auth
	Mechanism          string
	Username, Password string  // LOGIN and PLAIN
	State              int     // other mechanisms: rounds so far
	Response           *string // other mechanisms: decoded client data

	// mailfrom and rcptto
	Address     address.Address
	Params      smtp.Params
	TransportID string // rcptto: the server's transport; "" when it has none

	// eod
	Mail *message.Message

	// disconnect
	Close Close
}

// Connection holds the facts of one inbound connection (hooks.md 2.1).
type Connection struct {
	ID         string
	ServerID   string
	Priority   int
	RemoteIP   netip.Addr
	RemotePort int
	RemotePTR  string // forward-confirmed; "" when unknown
	LocalIP    netip.Addr
	LocalPort  int
	Helo       *HeloName
	TLS        *TLS
	Auth       *AuthName

	// Script keeps what belongs to the scripts of this connection: the
	// configuration generation it began with and $context. Only package hook
	// looks inside.
	Script any
}

// HeloName is the last accepted HELO or EHLO.
type HeloName struct{ Verb, Host string }

// AuthName is the authenticated identity.
type AuthName struct{ Mechanism, Username string }

// TLS holds the facts of a finished handshake (hooks.md 2.2).
type TLS struct {
	Protocol string // "TLSv1.3"
	Cipher   string // OpenSSL name
	KeySize  int    // symmetric key bits
	SNI      string
	Peer     []*x509.Certificate // leaf first; empty: no client certificate
	PeerErr  int                 // OpenSSL verify result of Peer
}

// PTRResult is the outcome of the reverse and forward look-ups of a client.
type PTRResult struct{ Reverse, Forward Lookup }

// Lookup is one DNS answer in the shape of an extended dns_query().
type Lookup struct {
	Error   string // upper-case RCODE or resolver condition; "" when answered
	Records []LookupRecord
	DNSSEC  bool
}

// LookupRecord is one record of a Lookup.
type LookupRecord struct {
	Value string
	TTL   time.Duration
}

// Transaction holds the facts of one mail transaction (hooks.md 2.3).
type Transaction struct {
	ID           string
	Received     time.Time // when the message was complete; zero before
	Sender       *address.Address
	SenderParams smtp.Params
	Recipients   []Recipient
}

// Recipient is one accepted recipient.
type Recipient struct {
	Address     address.Address
	Params      smtp.Params
	TransportID string
}

// Close says how a connection ended (hooks.md 10).
type Close struct {
	Local bool // we ended it
	Reply *smtp.Reply
	State string // command that caused Reply (hooks.md 13)
	Error string // text; "" when no error ended it
	Type  string // "socket" or "tls", if known
	Code  int    // errno, if known
}
