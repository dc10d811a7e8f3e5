package hook

import (
	"errors"

	"github.com/hawser-mta/hawser/mta/slots"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Pools say how many scripts run at once (spec mta 2.4). What is nil bounds nothing; a
// script of its own pool takes no place of another one.
type Pools struct {
	Default, Queue *slots.Slots            // of connections, and of predelivery and postdelivery
	Servers        map[string]*slots.Slots // by id of server, in place of Default
	Scripts        map[string]*slots.Slots // by PHASE/ID, before both
}

func (p *Pools) of(x *run, id string) *slots.Slots {
	if s, ok := p.Scripts[id]; ok {
		return s
	}
	if x.in == nil {
		return p.Queue
	}
	if s, ok := p.Servers[x.in.Conn.ServerID]; ok {
		return s
	}
	return p.Default
}

// errNoPlace is what stands for a script that a stop of the server, or the end of its
// connection, kept from beginning.
var errNoPlace = errors.New("the script had no place in its pool until it was too late")

// left returns what a script leaves in $context, or what was there before.
func left(t *vm.Thread, before value.Value) value.Value {
	if v := t.Global("context"); !v.IsUndefined() {
		return v.Freeze()
	}
	return before
}
