package config

import (
	"github.com/goccy/go-yaml/ast"
)

// App is smtpd-app.yaml: what can change while the server runs (spec mta 3).
type App struct {
	Version         string           `yaml:"version" counts:"live"`
	Scripting       Scripting        `yaml:"scripting" counts:"live"`
	Servers         []Server         `yaml:"servers" counts:"new sessions"`
	TransportGroups []TransportGroup `yaml:"transportgroups" counts:"live"`
	Resolver        Resolver         `yaml:"resolver" counts:"live"`
	Queues          Queues           `yaml:"queues" counts:"live"`
	Addresses       []Address        `yaml:"addresses" counts:"live"`
	Lists           Lists            `yaml:"lists" counts:"live"`
	PKI             PKI              `yaml:"pki" counts:"live"`
	Plugins         []Plugin         `yaml:"plugins" counts:"live"`
	Monitor         any              `yaml:"monitor" counts:"live" since:"later"`
}

// Scripting holds scripts given inline.
type Scripting struct {
	Hooks Hooks        `yaml:"hooks"`
	Files []InlineFile `yaml:"files"`
}

// Hooks are inline scripts by phase.
type Hooks struct {
	Connect      []InlineHook `yaml:"connect"`
	Disconnect   []InlineHook `yaml:"disconnect"`
	Proxy        []InlineHook `yaml:"proxy"`
	Helo         []InlineHook `yaml:"helo"`
	Auth         []InlineHook `yaml:"auth"`
	MailFrom     []InlineHook `yaml:"mailfrom"`
	RcptTo       []InlineHook `yaml:"rcptto"`
	EOD          []InlineHook `yaml:"eod"`
	PreDelivery  string       `yaml:"predelivery"`
	PostDelivery string       `yaml:"postdelivery"`
}

// InlineHook is one script, or with Threads alone a setting of the file of that id.
type InlineHook struct {
	ID      string `yaml:"id"`
	Data    string `yaml:"data"`
	Threads string `yaml:"threads"` // id of a pool; empty: that of the server
}

// InlineFile is one file of the virtual file store.
type InlineFile struct {
	ID     string `yaml:"id"`
	Data   string `yaml:"data"`
	Path   string `yaml:"path"`
	Binary bool   `yaml:"binary"`
}

// Server is the live part of a server.
type Server struct {
	ID          string   `yaml:"id"`
	Type        string   `yaml:"type"`
	Transport   string   `yaml:"transport"`
	Phases      Phases   `yaml:"phases"`
	Concurrency Limits   `yaml:"concurrency"`
	Timeout     Timeouts `yaml:"timeout"`
	Extensions  []string `yaml:"extensions"`
	Verbose     bool     `yaml:"verbose"`
	LMTP        bool     `yaml:"lmtp"`
	TLS         TLS      `yaml:"tls"`
	APIKeys     any      `yaml:"apikeys" since:"later"`
	XClient     []string `yaml:"xclient" since:"later"` // networks
}

// Limits bound open connections.
type Limits struct {
	Total int `yaml:"total"`
	IP    int `yaml:"ip"`
}

// Timeouts of inbound sessions.
type Timeouts struct {
	Idle    Duration `yaml:"idle"`
	Data    Duration `yaml:"data"`
	Session Duration `yaml:"session"`
}

// Phases bind scripts and settings to the steps of a session.
type Phases struct {
	Connect struct {
		Hook   string `yaml:"hook"`
		FCrDNS *bool  `yaml:"fcrdns"`
	} `yaml:"connect"`
	Proxy struct {
		Hook string `yaml:"hook"`
	} `yaml:"proxy"`
	Helo struct {
		Hook     string `yaml:"hook"`
		Required *bool  `yaml:"required"`
	} `yaml:"helo"`
	Auth struct {
		Hook       string   `yaml:"hook"`
		Mechanisms []string `yaml:"mechanisms"`
		Plaintext  bool     `yaml:"plaintext"`
		Required   bool     `yaml:"required"`
	} `yaml:"auth"`
	MailFrom struct {
		Hook        string `yaml:"hook"`
		MaxMessages int    `yaml:"maxmessages"`
	} `yaml:"mailfrom"`
	RcptTo struct {
		Hook          RcptHook `yaml:"hook"`
		MaxRecipients *int     `yaml:"maxrecipients"`
	} `yaml:"rcptto"`
	Data struct {
		MaxSize *Size `yaml:"maxsize"`
		MaxHops *int  `yaml:"maxhops"`
	} `yaml:"data"`
	EOD struct {
		Hook string `yaml:"hook"`
	} `yaml:"eod"`
	Disconnect struct {
		Hook string `yaml:"hook"`
	} `yaml:"disconnect"`
}

// RcptHook is an id, or one per recipient domain.
type RcptHook struct {
	ID      string            `yaml:"id"`
	Domains map[string]string `yaml:"recipientdomains"`
}

type rcptHookFields RcptHook

func (h *RcptHook) decode(d *decoder, n ast.Node, path string) {
	if _, ok := pairs(n); !ok {
		h.ID, _ = d.text(n, path)
		return
	}
	d.structure(n, (*rcptHookFields)(h), path)
}

// TLS of a server.
type TLS struct {
	Certs struct {
		Cert string   `yaml:"cert"`
		SNI  []string `yaml:"sni"`
	} `yaml:"certs"`
	Implicit   Implicit `yaml:"implicit"`
	Required   bool     `yaml:"required"`
	Protocols  string   `yaml:"protocols"`
	Ciphers    string   `yaml:"ciphers"`
	ClientCert bool     `yaml:"clientcert"`
}

// Implicit says which listeners begin with TLS.
type Implicit struct {
	All       bool
	Listeners []string
}

func (i *Implicit) decode(d *decoder, n ast.Node, path string) {
	switch x := n.(type) {
	case *ast.BoolNode:
		i.All = x.Value
	case *ast.SequenceNode:
		d.any(n, &i.Listeners, path)
	default:
		d.fault(n, path, "got %s, want true, false or a list of listener ids", describe(n))
	}
}

// Resolver says how names are looked up.
type Resolver struct {
	Cache struct {
		Size int `yaml:"size"`
	} `yaml:"cache"`
	Servers []string `yaml:"servers"`
	Timeout Duration `yaml:"timeout"`
	Retries int      `yaml:"retries"`
	DNSSEC  *bool    `yaml:"dnssec"`
}
