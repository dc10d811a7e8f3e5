package policy

import (
	"maps"
	"math"
	"time"

	"github.com/hawser-mta/hawser/mta/config"
)

// Limits are what a policy demands of the units that share a counter.
type Limits struct {
	Concurrency     int // connections at once; -1: any number
	Rate            config.Rate
	TokenBucket     bool // else a fixed window
	ConnectInterval time.Duration
}

// unlimited is what a policy without an action demands.
var unlimited = Limits{Concurrency: -1}

// action is the effective action of a policy for some units. It never changes.
type action struct {
	Limits
	tag        string
	stop       bool
	properties map[string]any
	from       string     // the condition or default that it comes from, for display
	dynamic    *Condition // that it was changed by
	local      bool       // it is not shared by hosts

	share *action // of one of so many hosts; nil: not made yet
	hosts int
}

// none is the action of a policy where nothing matches.
var none = &action{Limits: unlimited}

// newAction makes an action of the configuration; nil stands for no limit.
func newAction(a *config.PolicyAction, algorithm, from string) *action {
	if a == nil {
		return none
	}
	return none.with(a, algorithm, from)
}

// with returns the action with the keys of another one in place of its own; the
// algorithm is that of rates where none is given.
func (a *action) with(b *config.PolicyAction, algorithm, from string) *action {
	x := *a
	x.from, x.TokenBucket = from, algorithm == "tokenbucket"
	if b.Concurrency != nil {
		x.Concurrency = *b.Concurrency
	}
	if b.Rate != nil {
		x.Rate = *b.Rate
	}
	if b.Algorithm != "" {
		x.TokenBucket = b.Algorithm == "tokenbucket"
	}
	if b.ConnectInterval != nil {
		x.ConnectInterval = *b.ConnectInterval
	}
	if b.Tag != "" {
		x.tag = b.Tag
	}
	if b.Stop != nil {
		x.stop = *b.Stop
	}
	if b.Cluster != nil {
		x.local = !*b.Cluster
	}
	x.share = nil
	if len(b.Properties) > 0 {
		x.properties = maps.Clone(x.properties)
		if x.properties == nil {
			x.properties = map[string]any{}
		}
		maps.Copy(x.properties, b.Properties)
	}
	return &x
}

// by returns the share that one of so many hosts has of an action (spec mta 16): at least
// one connection, and messages at its part of the rate. A window holds whole messages, so
// it is made as long as the part of the rate wants, not the count broken.
func (a *action) by(hosts int) *action {
	if hosts <= 1 || a == none || a.local {
		return a
	}
	if a.share == nil || a.hosts != hosts {
		x := *a
		n := float64(hosts)
		if x.Concurrency > 0 {
			x.Concurrency = max(x.Concurrency/hosts, 1)
		}
		if x.Rate.Count > 0 {
			count := max(math.Floor(x.Rate.Count/n), 1)
			x.Rate.Interval = time.Duration(float64(x.Rate.Interval) * count * n / x.Rate.Count)
			x.Rate.Count = count
		}
		x.ConnectInterval *= time.Duration(hosts)
		a.share, a.hosts = &x, hosts
	}
	return a.share
}
