package policy

import (
	"maps"
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
	if len(b.Properties) > 0 {
		x.properties = maps.Clone(x.properties)
		if x.properties == nil {
			x.properties = map[string]any{}
		}
		maps.Copy(x.properties, b.Properties)
	}
	return &x
}
