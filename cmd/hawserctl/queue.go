package main

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/cmd/internal/cli"
	"github.com/hawser-mta/hawser/mta/control"
)

type queueListCmd struct {
	filters
	Limit int `placeholder:"N" help:"Units at most."`
}

// Run lists units.
func (c *queueListCmd) Run(a *app) error {
	return listUnits(a, &c.filters, c.Limit, func(list []*control.Unit) error {
		t := newTable("ID", "STATE", "AGE>", "SIZE>", "TRY>", "NEXT>", "SENDER", "RECIPIENT", "TRANSPORT", "TAGS", "LAST ERROR")
		for _, u := range list {
			next := ""
			if u.RetryTS != nil {
				next = span(time.Until(*u.RetryTS))
			}
			t.add(id(u.ID), u.State, span(time.Since(u.TS)), bytes(u.Size), strconv.Itoa(u.Retry), next, mailbox(u.Sender), mailbox(u.Recipient),
				u.TransportID, strings.Join(u.Tags, ","), u.LastError)
		}
		return t.print(a.out)
	})
}

// listUnits asks for units and prints them: in JSON as a list.
func listUnits(a *app, f *filters, limit int, show func([]*control.Unit) error) error {
	in := control.ListQueue{Limit: limit}
	var err error
	if in.Conditions, err = f.conditions(); err != nil {
		return err
	}
	var out control.Units
	if err := a.call('F', in, &out); err != nil {
		return err
	}
	if out.More && limit == 0 {
		fmt.Fprintf(a.err, "hawserctl: there are more than these %d units, use filters\n", len(out.Units))
	}
	if a.g.JSON {
		return a.json(out.Units)
	}
	return show(out.Units)
}

func id(x control.ID) string { return fmt.Sprintf("%s:%d", x.Transaction, x.Queue) }

// mailbox writes an address, the null one as it is spoken.
func mailbox(s string) string {
	if s == "" {
		return "<>"
	}
	return s
}

type queueShowCmd struct {
	Units []string `arg:"" optional:"" name:"id" help:"TRANSACTION[:N]"`
	filters
	Limit int `placeholder:"N" help:"Units at most."`
}

// Run shows units.
func (c *queueShowCmd) Run(a *app) error {
	c.IDs = append(c.IDs, c.Units...)
	n := 0
	err := listUnits(a, &c.filters, c.Limit, func(list []*control.Unit) error {
		n = len(list)
		for i, u := range list {
			if i > 0 {
				fmt.Fprintln(a.out)
			}
			if err := describe(u).print(a.out); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && n == 0 && !a.g.JSON {
		return cli.Fail(cli.Failed, "no unit has these values")
	}
	return err
}

func describe(u *control.Unit) pairs {
	var p pairs
	p.add("id", id(u.ID))
	p.add("state", u.State)
	p.add("ts", u.TS.Format(time.RFC3339)+" ("+span(time.Since(u.TS))+" ago)")
	p.add("sender", mailbox(u.Sender))
	p.add("recipient", mailbox(u.Recipient))
	p.add("size", fmt.Sprintf("%d (%s)", u.Size, bytes(u.Size)))
	p.add("priority", strconv.Itoa(u.Priority))
	p.add("retry", strconv.Itoa(u.Retry))
	if u.RetryTS != nil {
		p.add("retryts", u.RetryTS.Format(time.RFC3339)+" (in "+span(time.Until(*u.RetryTS))+")")
	}
	for _, x := range [][2]string{
		{"transportid", u.TransportID}, {"jobid", u.JobID}, {"tenantid", u.TenantID}, {"localips", strings.Join(u.LocalIPs, " ")},
		{"remoteip", u.RemoteIP}, {"remotemx", u.RemoteMX}, {"grouping", u.Grouping}, {"tags", strings.Join(u.Tags, " ")}, {"lasterror", u.LastError},
	} {
		if x[1] != "" {
			p.add(x[0], x[1])
		}
	}
	for _, k := range slices.Sorted(maps.Keys(u.Metadata)) {
		p.add("metadata", k+"="+u.Metadata[k])
	}
	return p
}

type queueSummaryCmd struct {
	filters
	By    []string `default:"state" placeholder:"FIELD" help:"Fields to group by: state, recipientdomain, sender, tenantid and others."`
	Limit int      `placeholder:"N" help:"Groups at most."`
}

// Run counts units in groups.
func (c *queueSummaryCmd) Run(a *app) error { return groups(a, &c.filters, c.By, c.Limit) }

type queueTopCmd struct {
	filters
	By    []string `default:"recipientdomain" placeholder:"FIELD" help:"Fields to group by."`
	Limit int      `default:"10" placeholder:"N" help:"Groups at most."`
}

// Run lists the greatest groups.
func (c *queueTopCmd) Run(a *app) error { return groups(a, &c.filters, c.By, c.Limit) }

func groups(a *app, f *filters, by []string, limit int) error {
	in := control.GroupBy{Fields: by, Limit: limit}
	var err error
	if in.Conditions, err = f.conditions(); err != nil {
		return err
	}
	return ask(a, 'D', in, func(list []control.Group) error {
		var head []string
		for _, name := range by {
			head = append(head, strings.ToUpper(name))
		}
		t := newTable(append(head, "COUNT>", "SIZE>", "OLDEST>")...)
		for _, g := range list {
			var cells []string
			for _, name := range by {
				s, _ := g[name].(string)
				cells = append(cells, s)
			}
			count, _ := g["count"].(float64)
			size, _ := g["size"].(float64)
			oldest, _ := g["oldest"].(string)
			when, _ := time.Parse(time.RFC3339, oldest)
			t.add(append(cells, strconv.Itoa(int(count)), bytes(int64(size)), span(time.Since(when)))...)
		}
		return t.print(a.out)
	})
}

// changes are the flags of commands that change units.
type changes struct {
	Units []string `arg:"" optional:"" name:"id" help:"TRANSACTION[:N]"`
	filters
	All   bool `help:"Every unit; needs --yes."`
	Yes   bool `help:"Confirms --all."`
	Limit int  `placeholder:"N" help:"Units at most."`
}

// change tells the queue; who means everything must say so twice.
func (c *changes) change(a *app, u control.Update) error {
	c.IDs = append(c.IDs, c.Units...)
	in := control.UpdateQueue{All: c.All, Limit: c.Limit, Update: u}
	var err error
	if in.Conditions, err = c.conditions(); err != nil {
		return err
	}
	conditions, err := control.Request('G', in.Conditions)
	if err != nil {
		return err
	}
	none, _ := control.Request('G', control.Conditions{}) // it encoded before
	switch chosen := slices.Compare(conditions, none) != 0; {
	case chosen && c.All:
		return cli.Fail(cli.Usage, "--all and filters exclude each other")
	case !chosen && !c.All:
		return cli.Fail(cli.Usage, "got no unit and no filter, want one, or --all --yes for every unit")
	case c.All && !c.Yes:
		return cli.Fail(cli.Usage, "--all changes every unit of the queue, confirm it with --yes")
	}
	return a.act('G', in)
}

type (
	holdCmd    struct{ changes }
	releaseCmd struct{ changes }
	retryCmd   struct{ changes }
	bounceCmd  struct{ changes }
	deleteCmd  struct{ changes }
)

// Run freezes units.
func (c *holdCmd) Run(a *app) error { return c.change(a, control.Update{Action: "hold"}) }

// Run lets units go.
func (c *releaseCmd) Run(a *app) error { return c.change(a, control.Update{Action: "release"}) }

// Run makes units due.
func (c *retryCmd) Run(a *app) error { return c.change(a, control.Update{Action: "active"}) }

// Run returns units.
func (c *bounceCmd) Run(a *app) error { return c.change(a, control.Update{Action: "bounce"}) }

// Run drops units.
func (c *deleteCmd) Run(a *app) error { return c.change(a, control.Update{Action: "delete"}) }

type updateCmd struct {
	changes
	SetTransportid *string  `placeholder:"ID" help:"New transport."`
	SetJobid       *string  `placeholder:"ID" help:"New job."`
	SetTenantid    *string  `placeholder:"ID" help:"New tenant."`
	SetPriority    *int     `placeholder:"N" help:"New priority, 0 or 1."`
	SetDelay       *string  `placeholder:"TIME" help:"Due after this time; not of frozen units."`
	SetMetadata    []string `sep:"none" placeholder:"K=V" help:"New value of the metadata; K= removes it."`
}

// Run changes values.
func (c *updateCmd) Run(a *app) error {
	u := control.Update{Action: "update", TransportID: c.SetTransportid, JobID: c.SetJobid, TenantID: c.SetTenantid, Priority: c.SetPriority}
	if c.SetDelay != nil {
		s, err := seconds(*c.SetDelay)
		if err != nil {
			return cli.Fail(cli.Usage, "--set-delay: %s", err)
		}
		u.Delay = &s
	}
	for _, s := range c.SetMetadata {
		k, v, ok := strings.Cut(s, "=")
		if !ok {
			return cli.Fail(cli.Usage, "--set-metadata: got '%s', want KEY=VALUE", s)
		}
		if u.Metadata == nil {
			u.Metadata = map[string]string{}
		}
		u.Metadata[k] = v
	}
	return c.change(a, u)
}

type quotaCmd struct{}

// Run lists quotas.
func (quotaCmd) Run(a *app) error {
	return ask(a, 'I', nil, func(list []control.Quota) error {
		slices.SortFunc(list, func(x, y control.Quota) int { return cmp.Compare(x.ID, y.ID) })
		t := newTable("QUOTA", "COUNT>", "SIZE>")
		for _, q := range list {
			t.add(q.ID, strconv.Itoa(q.Count), bytes(q.Size))
		}
		return t.print(a.out)
	})
}
