package hook

import (
	"time"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/script/mail"
	"github.com/hawser-mta/hawser/mta/smtp"
	"github.com/hawser-mta/hawser/runtime/value"
)

// TryOptions overrides the transport for one attempt (hooks.md 11.3). A nil
// pointer, nil slice or empty string leaves the transport's value.
type TryOptions struct {
	Host            []string // addresses, names or "lookup-mx"
	Port            int
	Domain          string // domain of the MX look-up
	Sender          *address.Address
	SenderParams    smtp.Params
	Recipient       *address.Address
	RecipientParams smtp.Params
	Helo            string
	SourceIP        []SourceIP
	SourceIPRandom  *bool
	Username        string
	Password        string
	TLS             string // mode of mta.md 6.4
	TLSSNI          config.SNI
	TLSProtocols    string
	TLSCiphers      string
	TLSVerifyHost   *bool
	TLSVerifyName   []string
	TLSDefaultCA    *bool
	TLSClientCert   string
	TLSCapturePeer  bool
	Protocol        string // "smtp" or "lmtp"
	MXInclude       []string
	MXExclude       []string
	JobID, TenantID *string
	Timeout         map[string]time.Duration // by state name (hooks.md 13)
	ConnectTimeout  time.Duration
	DSN             DSNOverride
	DSNSuccess      string // "relayed" or "delivered"
	Priority        *int
	XClient         smtp.Params
	Chunking        *bool
	NonlocalSource  *bool
	Pooling         config.Pooling
	ProxyProtocol   int           // 1 or 2: send a PROXY header first; 0: none
	Plugin          *PluginOption // delivers instead of SMTP; nil: none
}

// DSNOverride replaces wishes of the sender (RFC 3461) for one attempt; nil leaves one.
type DSNOverride struct {
	EnvID, Ret, Orcpt *string
	Notify            *[]string
}

// PluginOption says which delivery plugin makes the attempt.
type PluginOption struct {
	ID        string
	Arguments *value.Value // array; nil when none were given
}

// SourceIP is one entry of a source address pool.
type SourceIP struct {
	ID, Address, Helo string
	Proxy             config.Proxy
}

// QueueOptions puts a message back (hooks.md 11.3 and 12.4).
type QueueOptions struct {
	Hold        bool
	Delay       *time.Duration // nil: from the retry schedule
	Reason      string
	Increment   bool // count this as a retry
	Reset       bool // set the count to 0
	TransportID string
}

// DSNOptions shapes the delivery status notification (hooks.md 12.4).
type DSNOptions struct {
	TransportID string
	Recipient   *address.Address
	From        *address.Address
	FromName    string
	Metadata    map[string]string
	JobID       string
	TenantID    string
	DKIM        *mail.Signing // nil: not signed
	Headers     [][2]string
	Subject     string
	Text        string
	Delay       time.Duration
	Ret         string
	Send        *bool // Queue only: force or forbid a delay notice
}
