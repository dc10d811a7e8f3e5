package main

import (
	"time"

	"github.com/hawser-mta/hawser/cmd/internal/cli"
	"github.com/hawser-mta/hawser/mta/control"
)

type resolverQueryCmd struct {
	Name string `arg:"" help:"Domain name."`
	Type string `arg:"" optional:"" default:"a" help:"a, aaaa, mx, txt and others; default: a."`
}

// Run asks the resolver of the server.
func (c *resolverQueryCmd) Run(a *app) error {
	return ask(a, 'T', control.ResolverQuery{Name: c.Name, Type: c.Type}, func(x control.ResolverAnswer) error {
		if x.Error != "" {
			return cli.Fail(cli.Failed, "%s", x.Error)
		}
		secure := ""
		if x.DNSSEC {
			secure = "yes"
		}
		t := newTable("VALUE", "TTL>", "DNSSEC")
		for _, r := range x.Records {
			t.add(r.Value, span(time.Duration(r.TTL*float64(time.Second))), secure)
		}
		return t.print(a.out)
	})
}

type resolverClearCmd struct{}

// Run clears the cache.
func (resolverClearCmd) Run(a *app) error { return a.act('C', nil) }

type resolverReloadCmd struct{}

// Run makes the resolver anew.
func (resolverReloadCmd) Run(a *app) error { return a.act('k', nil) }
