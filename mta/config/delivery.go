package config

import "reflect"

// Delivery is smtpd-delivery.yaml: settings of attempts by where mail goes (spec mta
// 10). They count before those of the transport and after options of Try.
type Delivery struct {
	Version  string `yaml:"version" counts:"live"`
	Delivery struct {
		Conditions []DeliveryCondition `yaml:"conditions"` // all that match, later keys override
		Default    DeliverySettings    `yaml:"default"`    // what no condition gave
	} `yaml:"delivery" counts:"live"`
}

// DeliveryCondition gives settings to the mail that it matches.
type DeliveryCondition struct {
	If   Match            `yaml:"if"`
	Then DeliverySettings `yaml:"then"`
}

// DeliverySettings are settings of an attempt; what is nil or empty comes from the
// next place: the default, the transport.
type DeliverySettings struct {
	TLS struct {
		Mode       string `yaml:"mode"` // one of DeliveryTLSModes
		Protocols  string `yaml:"protocols"`
		Ciphers    string `yaml:"ciphers"`
		SNI        SNI    `yaml:"sni"`
		VerifyHost *bool  `yaml:"verifyhost"`
	} `yaml:"tls"`
	Pooling Pooling `yaml:"pooling"`
	Timeout struct {
		Connect *Duration           `yaml:"connect"`
		SMTP    map[string]Duration `yaml:"smtp"` // by state, as session.timeout of a transport
	} `yaml:"timeout"`
	Retry struct {
		Count     *int       `yaml:"count"`
		Intervals []Interval `yaml:"intervals"`
	} `yaml:"retry"`
}

// Pooling says how connections are used again (spec mta 7). In the default of a
// loaded configuration every key has a value.
type Pooling struct {
	Enabled      *bool     `yaml:"enabled"`      // false
	Timeout      *Duration `yaml:"timeout"`      // idle, 10 s
	Transactions *int      `yaml:"transactions"` // messages on a connection, 100
	Evictable    *bool     `yaml:"evictable"`    // may be closed when the pool is full, true
}

// DeliveryTLSModes are the modes of tls.mode.
var DeliveryTLSModes = []string{"disabled", "optional", "optional_verify", "require", "require_verify"}

// Inherit fills what is not set from other settings.
func (d *DeliverySettings) Inherit(from *DeliverySettings) {
	inherit(reflect.ValueOf(d).Elem(), reflect.ValueOf(*from), "", nil)
}
