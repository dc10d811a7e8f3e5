package main

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/cmd/internal/cli"
	"github.com/hawser-mta/hawser/mta/control"
)

type statusCmd struct{}

// Run shows the state of the process.
func (statusCmd) Run(a *app) error {
	return ask(a, 'm', nil, func(s control.Status) error {
		var p pairs
		p.add("state", s.State)
		p.add("version", s.Version)
		p.add("pid", strconv.Itoa(s.PID))
		p.add("hostname", s.Hostname)
		p.add("uptime", span(time.Duration(s.Uptime*float64(time.Second))))
		p.add("log level", s.LogLevel)
		for _, x := range s.Servers {
			p.add("server "+x.ID, fmt.Sprintf("%s, %d connections", strings.Join(x.Listeners, " "), x.Connections))
		}
		for _, x := range s.Spool {
			text := fmt.Sprintf("%s: %s, %d units, %s free", x.Path, x.State, x.Units, bytes(int64(min(x.FreeBytes, math.MaxInt64))))
			if x.Error != "" {
				text += ": " + x.Error
			}
			p.add("spool", text)
		}
		q := &s.Queue
		p.add("queue", fmt.Sprintf("%d active, %d defer, %d hold, %d sending, %d working", q.Active, q.Defer, q.Hold, q.Sending, q.Working))
		p.add("since start", fmt.Sprintf("%d delivered, %d delayed, %d failed", q.Delivered, q.Delayed, q.Failed))
		policies := fmt.Sprintf("%d dynamic conditions, %d suspensions", s.Conditions, s.Suspensions)
		if s.Unsaved != "" {
			policies += "; dynamic suspensions end with the process: " + s.Unsaved
		}
		p.add("policies", policies)
		scripts := fmt.Sprintf("version %s, generation %d", s.Scripts.Version, s.Scripts.Generation)
		if s.Scripts.Error != "" {
			scripts += "; the last change was refused, see 'hawserctl hsl status'"
		}
		p.add("scripts", scripts)
		return p.print(a.out)
	})
}

type statsCmd struct {
	Openmetrics bool `help:"In the text form of OpenMetrics."`
}

// Run prints counters.
func (c *statsCmd) Run(a *app) error {
	if c.Openmetrics {
		var list []control.Sample
		if err := a.call('q', nil, &list); err != nil {
			return err
		}
		return control.OpenMetrics(a.out, list)
	}
	return ask(a, 'q', nil, func(list []control.Sample) error {
		var p pairs
		for _, s := range list {
			p.add(s.Name, strconv.FormatFloat(s.Value, 'f', -1, 64))
		}
		return p.print(a.out)
	})
}

type versionCmd struct{}

// versions is the answer in JSON.
type versions struct {
	Hawserctl string `json:"hawserctl"`
	Hawserd   string `json:"hawserd"`
}

// Run prints versions.
func (versionCmd) Run(a *app) error {
	var s control.Status
	if err := a.call('m', nil, &s); err != nil {
		return err
	}
	if a.g.JSON {
		return a.json(versions{cli.Version(), s.Version})
	}
	fmt.Fprintf(a.out, "hawserctl %s\nhawserd %s\n", cli.Version(), s.Version)
	return nil
}

type logLevelCmd struct {
	Level string `arg:"" enum:"debug,info,warn,error" help:"debug, info, warn or error."`
}

// Run sets the level.
func (c *logLevelCmd) Run(a *app) error { return a.act('l', control.LogLevel{Level: c.Level}) }

type traceCmd struct {
	Remoteip        string `placeholder:"NET" help:"Sessions with this address."`
	Sender          string `placeholder:"ADDRESS" help:"Mail of this sender."`
	Recipientdomain string `placeholder:"DOMAIN" help:"Mail to this domain."`
}

// Run asks the server, which says that it cannot.
func (c *traceCmd) Run(a *app) error { return a.call('L', struct{}{}, nil) }

type drainCmd struct{}

// Run stops accepting.
func (drainCmd) Run(a *app) error { return a.act('Q', nil) }

type shutdownCmd struct{}

// Run stops the server.
func (shutdownCmd) Run(a *app) error { return a.act('R', nil) }

type pluginCommandCmd struct {
	ID   string   `arg:"" name:"id" help:"Plugin."`
	Args []string `arg:"" optional:"" passthrough:"" help:"What the plugin gets."`
}

// Run hands a command to a plugin.
func (c *pluginCommandCmd) Run(a *app) error {
	return ask(a, 'K', control.PluginCommand{ID: c.ID, Arguments: c.Args}, func(x control.PluginAnswer) error {
		_, err := fmt.Fprint(a.out, x.Text)
		if err == nil && x.Text != "" && !strings.HasSuffix(x.Text, "\n") {
			_, err = fmt.Fprintln(a.out)
		}
		return err
	})
}
