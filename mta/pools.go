package mta

import (
	"maps"
	"slices"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/control"
	"github.com/hawser-mta/hawser/mta/hook"
	"github.com/hawser-mta/hawser/mta/slots"
	"github.com/hawser-mta/hawser/mta/workspace"
)

// pools are the places for scripts. They count from the start on.
type pools struct {
	named map[string]*slots.Slots // threads.pools and the built-in ones
	own   map[string]*slots.Slots // of servers, by id
}

func newPools(c *config.Smtpd) *pools {
	p := &pools{named: map[string]*slots.Slots{config.DefaultPool: slots.New(0), config.QueuePool: slots.New(0)}, own: map[string]*slots.Slots{}}
	for _, x := range c.Threads.Pools {
		p.named[x.ID] = slots.New(x.Size)
	}
	for _, x := range c.Servers {
		if x.Threads.Script > 0 {
			p.own[x.ID] = slots.New(x.Threads.Script)
		}
	}
	return p
}

// bind returns which scripts take which places.
func (p *pools) bind(c *config.Config) hook.Pools {
	out := hook.Pools{
		Default: p.named[config.DefaultPool], Queue: p.named[config.QueuePool],
		Servers: maps.Clone(p.own), Scripts: map[string]*slots.Slots{},
	}
	for _, x := range c.Smtpd.Servers {
		if x.Threads.Pool != "" {
			out.Servers[x.ID] = p.named[x.Threads.Pool]
		}
	}
	c.App.Scripting.Hooks.Each(func(phase, _ string, x *config.InlineHook) {
		if x.Threads != "" {
			out.Scripts[workspace.ID(phase, x.ID)] = p.named[x.Threads]
		}
	})
	return out
}

// samples returns what the pools hold now: those of the configuration by their ids, then
// those of servers by theirs.
func (p *pools) samples() []control.Sample {
	var out []control.Sample
	for _, list := range []map[string]*slots.Slots{p.named, p.own} {
		for _, id := range slices.Sorted(maps.Keys(list)) {
			x := list[id].Stats()
			out = append(out, threadSamples(id, x.Running, x.Waiting, x.Size)...)
		}
	}
	return out
}
