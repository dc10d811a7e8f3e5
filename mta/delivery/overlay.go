package delivery

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
)

// Overlay is smtpd-delivery.yaml, compiled (spec mta 10).
type Overlay struct {
	conditions []overlayCondition
	fallback   config.DeliverySettings
}

type overlayCondition struct {
	when policy.Match
	then config.DeliverySettings
}

// NewOverlay compiles the settings.
func NewOverlay(c *config.Delivery, lists config.Lists) (*Overlay, error) {
	o := &Overlay{fallback: c.Delivery.Default}
	for i, x := range c.Delivery.Conditions {
		m, err := policy.NewMatch(x.If, lists)
		if err != nil {
			return nil, fmt.Errorf("delivery.conditions[%d]: %w", i, err)
		}
		o.conditions = append(o.conditions, overlayCondition{m, x.Then})
	}
	return o, nil
}

// For returns what applies to a destination: all conditions that fit, later keys before
// earlier ones, then the default.
func (o *Overlay) For(f *policy.Facts, s *policy.Source) config.DeliverySettings {
	var out config.DeliverySettings
	if o == nil {
		return out
	}
	if len(o.conditions) == 0 {
		return o.fallback
	}
	for i := len(o.conditions) - 1; i >= 0; i-- {
		if c := &o.conditions[i]; c.when.Fits(f, s) {
			out.Inherit(&c.then)
		}
	}
	out.Inherit(&o.fallback)
	return out
}

// pooling is how connections are kept for more messages (spec mta 7).
type pooling struct {
	enabled      bool
	idle         time.Duration
	transactions int
	evictable    bool
}

// overlay puts the settings for a destination in force: behind options of Try, before
// the transport.
func (p *plan) overlay(f *policy.Facts, s *policy.Source) {
	x := p.settings.For(f, s)
	o := &p.try.Pooling
	p.pooling = pooling{
		enabled: flag(o.Enabled, x.Pooling.Enabled), idle: 10 * time.Second, transactions: 100, evictable: true,
	}
	for _, v := range []*config.Pooling{&x.Pooling, o} {
		if v.Timeout != nil {
			p.pooling.idle = time.Duration(*v.Timeout)
		}
		set(&p.pooling.transactions, v.Transactions)
		set(&p.pooling.evictable, v.Evictable)
	}
	p.delivery = x
}

// reuse writes what connections have in common that a unit may share (spec mta 7).
func (p *plan) reuse(f *policy.Facts) string {
	o := &p.options
	x := &o.TLS
	remote := f.RemoteIP.String()
	switch p.poolPolicy {
	case "remotemx":
		remote = f.RemoteMX
	case "grouping":
		if f.Grouping != "" {
			remote = f.Grouping
		}
	}
	if p.dane != "" || x.VerifyHost || x.SNI == "*" { // what was verified is the host
		remote += " " + f.RemoteMX
	}
	var sources []string
	for _, s := range p.sources {
		sources = append(sources, fmt.Sprint(s))
	}
	slices.Sort(sources) // they may have been shuffled
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %v %d %v %q %q %v %d %v\n", remote, sources, p.proxy, p.port, o.LMTP, o.Helo, fmt.Sprint(o.XClient), o.FreeBind, p.header,
		o.NoChunking)
	fmt.Fprintf(h, "%q %q\n", o.Username, o.Password)
	fmt.Fprintf(h, "%s %s %v %q %v %v %q %q %d %d %v %v", p.dane, x.Mode, x.Implicit, x.SNI, x.VerifyHost, x.DefaultCA, x.VerifyNames, p.clientCert,
		x.MinVersion, x.MaxVersion, x.CipherSuites, p.capture)
	return hex.EncodeToString(h.Sum(nil)[:16])
}
