package main

import (
	"github.com/hawser-mta/hawser/cmd/internal/cli"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/control"
)

type suspendListCmd struct{}

// Run lists suspensions.
func (suspendListCmd) Run(a *app) error {
	return ask(a, 's', nil, func(list []*control.Suspension) error {
		t := newTable("ID", "TYPE", "IF", "TAG", "LEFT>", "PLACE")
		for _, s := range list {
			if len(s.If) == 0 {
				t.add(s.ID, s.Type, "everything", s.Tag, left(s.Left), s.Place)
				continue
			}
			t.add(s.ID, s.Type, match(s.If), s.Tag, left(s.Left), s.Place)
		}
		return t.print(a.out)
	})
}

// suspendOrigin tells who set a suspension.
func suspendOrigin(s *control.Suspension) string {
	if s.Place != "" {
		return "suspension " + s.Place
	}
	text := "suspension " + s.ID
	if s.Left > 0 {
		text += " for " + left(s.Left)
	}
	return text
}

type suspendAddCmd struct {
	Tenantid        []string `sep:"none" placeholder:"ID" help:"Tenant, or /REGEX/."`
	Jobid           []string `sep:"none" placeholder:"ID" help:"Job, or /REGEX/."`
	Transportid     []string `sep:"none" placeholder:"ID" help:"Transport, or /REGEX/."`
	Localip         []string `placeholder:"NET" help:"Source address or network; only it is left out."`
	Grouping        []string `sep:"none" placeholder:"GROUPING" help:"Grouping."`
	Remoteip        []string `placeholder:"NET" help:"Address or network of the destination."`
	Remotemx        []string `sep:"none" placeholder:"HOST" help:"Host of the destination, *.DOMAIN or /REGEX/."`
	Recipientdomain []string `sep:"none" placeholder:"DOMAIN" help:"Domain of recipients, *.DOMAIN or /REGEX/."`

	Tag    string `placeholder:"TAG" help:"Shown with the mail."`
	TTL    string `name:"ttl" placeholder:"TIME" help:"How long it lasts; default: until it is deleted."`
	ID     string `name:"id" placeholder:"ID" help:"Id of its own; default: a new one."`
	Update bool   `help:"Give one that has the same fields the new ttl and tag; change one that has the same id."`
	All    bool   `help:"Without fields: all mail; needs --yes."`
	Yes    bool   `help:"Confirms --all."`
}

// Run adds a suspension.
func (c *suspendAddCmd) Run(a *app) error {
	in := control.AddSuspension{Tag: c.Tag, ID: c.ID, Update: c.Update, All: c.All}
	for i, list := range [][]string{c.Tenantid, c.Jobid, c.Transportid, c.Localip, c.Grouping, c.Remoteip, c.Remotemx, c.Recipientdomain} {
		if len(list) > 0 { // in the order of config.Fields
			in.If = append(in.If, config.FieldMatch{Field: config.Fields[i], Patterns: list})
		}
	}
	switch {
	case len(in.If) == 0 && !c.All:
		return cli.Fail(cli.Usage, "got no field, want one, or --all --yes for all mail")
	case len(in.If) > 0 && c.All:
		return cli.Fail(cli.Usage, "--all and fields exclude each other")
	case c.All && !c.Yes:
		return cli.Fail(cli.Usage, "--all suspends all mail, confirm it with --yes")
	}
	var err error
	if in.TTL, err = ttl(c.TTL); err != nil {
		return err
	}
	return ask(a, 't', in, a.printID)
}

type suspendDeleteCmd struct {
	ID []string `arg:"" name:"id" help:"Ids of dynamic suspensions."`
}

// Run deletes suspensions.
func (c *suspendDeleteCmd) Run(a *app) error { return a.deleteEach('u', c.ID) }
