package hook

import (
	"time"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Bindings returns which script each server runs in each phase.
func Bindings(app *config.App) map[string]Binding {
	out := map[string]Binding{}
	for _, x := range app.Servers {
		p := &x.Phases
		out[x.ID] = Binding{Domains: p.RcptTo.Hook.Domains, IDs: map[Phase]string{
			Connect: p.Connect.Hook, Proxy: p.Proxy.Hook, Helo: p.Helo.Hook, Auth: p.Auth.Hook,
			MailFrom: p.MailFrom.Hook, RcptTo: p.RcptTo.Hook.ID, EOD: p.EOD.Hook, Disconnect: p.Disconnect.Hook,
		}}
	}
	return out
}

// Limits returns the limits of a run.
func Limits(c *config.Config) vm.Limits {
	l := c.Smtpd.Scripting.Limits
	return vm.Limits{Memory: int(l.Memory), Time: time.Duration(l.Time), Steps: l.Steps, Depth: l.Stack}
}

// TransportIDs returns the transports that scripts may name.
func TransportIDs(app *config.App) map[string]bool {
	out := map[string]bool{}
	for id := range app.Transports() {
		out[id] = true
	}
	return out
}
