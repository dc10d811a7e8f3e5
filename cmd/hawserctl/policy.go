package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/hawser-mta/hawser/cmd/internal/cli"
	"github.com/hawser-mta/hawser/mta/control"
)

type policyListCmd struct{}

// Run lists conditions.
func (policyListCmd) Run(a *app) error {
	return ask(a, 'v', nil, func(list []*control.Condition) error {
		t := newTable("ID", "TYPE", "FIELDS", "IF", "THEN", "LEFT>", "PLACE")
		for _, c := range list {
			t.add(c.ID, c.Type, strings.Join(c.Fields, ","), match(c.If), actions(c), left(c.Left), c.Place)
		}
		return t.print(a.out)
	})
}

// match writes what a condition asks for.
func match(m control.Match) string {
	var out []string
	for _, f := range m {
		out = append(out, f.Field+"="+strings.Join(f.Patterns, "|"))
	}
	return strings.Join(out, " ")
}

func actions(c *control.Condition) string {
	text := action(c.Then)
	if c.Else != nil {
		text += " else " + action(c.Else)
	}
	return text
}

func action(x *control.Action) string {
	if x == nil {
		return ""
	}
	var out []string
	add := func(name string, v any) { out = append(out, fmt.Sprintf("%s=%v", name, v)) }
	if x.Concurrency != nil {
		add("concurrency", *x.Concurrency)
	}
	if x.Rate != "" {
		add("rate", x.Rate)
	}
	if x.ConnectInterval != nil {
		add("connectinterval", *x.ConnectInterval)
	}
	if x.Tag != "" {
		add("tag", x.Tag)
	}
	if x.Stop != nil {
		add("stop", *x.Stop)
	}
	for _, k := range slices.Sorted(maps.Keys(x.Properties)) {
		add(k, x.Properties[k])
	}
	return strings.Join(out, " ")
}

// left writes seconds, nothing for 0.
func left(s float64) string {
	if s == 0 {
		return ""
	}
	return span(time.Duration(s * float64(time.Second)))
}

type policyAddCmd struct {
	Fields []string `required:"" placeholder:"FIELD,…" help:"Fields of the policy that it belongs to."`
	If     string   `default:"{}" placeholder:"JSON" help:"Values that fields must have, such as {\"grouping\":\"&big\"}."`
	Then   string   `required:"" placeholder:"JSON" help:"Limits, such as {\"concurrency\":2,\"rate\":\"10/60\"}."`
	TTL    string   `name:"ttl" placeholder:"TIME" help:"How long it lasts; default: until it is deleted."`
	ID     string   `name:"id" placeholder:"ID" help:"Id of its own; default: a new one."`
	Type   string   `placeholder:"TYPE" help:"dynamic, backoff or warmup, for display."`
	Update bool     `help:"Change one that has the same id, or the same fields and values."`
}

// Run adds a condition.
func (c *policyAddCmd) Run(a *app) error {
	in := control.AddCondition{Fields: c.Fields, ID: c.ID, Type: c.Type, Update: c.Update}
	if err := object("--if", c.If, &in.If); err != nil {
		return err
	}
	if err := object("--then", c.Then, &in.Then); err != nil {
		return err
	}
	var err error
	if in.TTL, err = ttl(c.TTL); err != nil {
		return err
	}
	return ask(a, 'w', in, a.printID)
}

func (a *app) printID(x control.Added) error {
	_, err := fmt.Fprintln(a.out, x.ID)
	return err
}

// object reads a flag in JSON.
func object(flag, text string, to any) error {
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(to)
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind) && kind.Field != "":
		return cli.Fail(cli.Usage, "%s: %s: got %s", flag, kind.Field, kind.Value)
	case errors.As(err, &kind):
		return cli.Fail(cli.Usage, "%s: got %s, want an object in JSON", flag, kind.Value)
	}
	return cli.Fail(cli.Usage, "%s: got '%s', want an object in JSON: %s", flag, text, strings.ReplaceAll(strings.TrimPrefix(err.Error(), "json: "), `"`, "'"))
}

func ttl(s string) (float64, error) {
	if s == "" {
		return 0, nil
	}
	n, err := seconds(s)
	if err != nil {
		return 0, cli.Fail(cli.Usage, "--ttl: %s", err)
	}
	return n, nil
}

type policyDeleteCmd struct {
	ID []string `arg:"" name:"id" help:"Ids of dynamic conditions."`
}

// Run deletes conditions.
func (c *policyDeleteCmd) Run(a *app) error { return a.deleteEach('x', c.ID) }

// deleteEach deletes by id and prints how many there were.
func (a *app) deleteEach(cmd control.Command, ids []string) error {
	sum := control.Affected{}
	for _, id := range ids {
		var x control.Affected
		if err := a.call(cmd, control.ByID{ID: id}, &x); err != nil {
			return err
		}
		sum.Affected += x.Affected
	}
	if a.g.JSON {
		return a.json(sum)
	}
	fmt.Fprintf(a.out, "%d affected\n", sum.Affected)
	return nil
}

type policyRefillCmd struct{}

// Run refills rates.
func (policyRefillCmd) Run(a *app) error { return a.act('B', nil) }

type policyShowCmd struct {
	Explain         bool    `help:"Tell for a destination which rule limits it now, by how much, who set it and until when."`
	Recipientdomain string  `placeholder:"DOMAIN" help:"Domain of recipients."`
	Remotemx        string  `placeholder:"HOST" help:"Host of the destination."`
	Remoteip        string  `placeholder:"IP" help:"Address of the destination."`
	Localip         string  `placeholder:"IP" help:"Source address or its id."`
	Grouping        string  `placeholder:"GROUPING" help:"Grouping."`
	Tenantid        *string `placeholder:"ID" help:"Tenant."`
	Jobid           *string `placeholder:"ID" help:"Job."`
	Transportid     *string `placeholder:"ID" help:"Transport."`
}

// Run shows counters or explains.
func (c *policyShowCmd) Run(a *app) error {
	if !c.Explain {
		return c.waiting(a)
	}
	in := control.Explain{
		TenantID: c.Tenantid, JobID: c.Jobid, TransportID: c.Transportid, LocalIP: c.Localip, Grouping: c.Grouping, RemoteIP: c.Remoteip,
		RemoteMX: c.Remotemx, RecipientDomain: c.Recipientdomain,
	}
	return ask(a, 'M', in, func(list []*control.Destination) error {
		for i, d := range list {
			if i > 0 {
				fmt.Fprintln(a.out)
			}
			if err := destination(a, d); err != nil {
				return err
			}
		}
		return nil
	})
}

// waiting shows the counters that units wait for and that have the values given.
func (c *policyShowCmd) waiting(a *app) error {
	var list []*control.Verdict
	if err := a.call('S', nil, &list); err != nil {
		return err
	}
	want := map[string]string{"recipientdomain": c.Recipientdomain, "remotemx": c.Remotemx, "remoteip": c.Remoteip, "localip": c.Localip, "grouping": c.Grouping}
	for name, v := range map[string]*string{"tenantid": c.Tenantid, "jobid": c.Jobid, "transportid": c.Transportid} {
		if v != nil {
			want[name] = *v
		}
	}
	list = slices.DeleteFunc(list, func(v *control.Verdict) bool {
		for name, s := range want {
			if have, ok := v.Counter[name]; s != "" && ok && !strings.EqualFold(have, s) {
				return true
			}
		}
		return false
	})
	if a.g.JSON {
		return a.json(list)
	}
	t := newTable("POLICY", "COUNTER", "LIMIT", "OPEN>", "WAITING>", "REASON", "UNTIL>", "SET BY")
	for _, v := range list {
		t.add(v.Policy, counter(v.Counter), limits(v), strconv.Itoa(v.Open), strconv.Itoa(v.Waiting), v.Reason, until(v.Until), origin(v))
	}
	return t.print(a.out)
}

func destination(a *app, d *control.Destination) error {
	var p pairs
	for _, x := range [][2]string{
		{"recipientdomain", d.RecipientDomain}, {"remotemx", d.RemoteMX}, {"remoteip", d.RemoteIP}, {"grouping", d.Grouping},
		{"transportid", d.TransportID}, {"jobid", d.JobID}, {"tenantid", d.TenantID},
	} {
		if x[1] != "" {
			p.add(x[0], x[1])
		}
	}
	p.add("queued", strconv.Itoa(d.Queued))
	if err := p.print(a.out); err != nil {
		return err
	}
	if len(d.Verdicts) == 0 {
		_, err := fmt.Fprintln(a.out, "nothing limits it")
		return err
	}
	t := newTable("SOURCE", "NOW", "UNTIL>", "POLICY", "COUNTER", "LIMIT", "OPEN>", "WAITING>", "TAG", "SET BY")
	for _, v := range d.Verdicts {
		now := "has room"
		if v.Reason != "" {
			now = "blocked: " + v.Reason
		}
		source := v.LocalIP
		if v.LocalID != "" {
			source = v.LocalID + " " + v.LocalIP
		}
		if s := v.Suspension; s != nil {
			t.add(source, now, until(v.Until), "", match(s.If), "", "", "", s.Tag, suspendOrigin(s))
			continue
		}
		t.add(source, now, until(v.Until), v.Policy, counter(v.Counter), limits(v), strconv.Itoa(v.Open), strconv.Itoa(v.Waiting), v.Tag, origin(v))
	}
	return t.print(a.out)
}

func counter(m map[string]string) string {
	var out []string
	for _, k := range slices.Sorted(maps.Keys(m)) {
		out = append(out, k+"="+m[k])
	}
	if len(out) == 0 {
		return "all"
	}
	return strings.Join(out, " ")
}

func limits(v *control.Verdict) string {
	var out []string
	if v.Concurrency != nil {
		out = append(out, fmt.Sprintf("concurrency=%d", *v.Concurrency))
	}
	if v.Rate != "" {
		out = append(out, "rate="+v.Rate)
	}
	if v.ConnectInterval > 0 {
		out = append(out, fmt.Sprintf("connectinterval=%g", v.ConnectInterval))
	}
	return strings.Join(out, " ")
}

// until writes when something ends, as far as anybody knows.
func until(t *time.Time) string {
	if t == nil {
		return ""
	}
	return "in " + span(time.Until(*t)+time.Second-1)
}

// origin tells who set a limit.
func origin(v *control.Verdict) string {
	var out []string
	if d := v.Dynamic; d != nil {
		text := d.Type + " " + d.ID
		if d.Then != nil && d.Then.Tag != "" {
			text += " tag " + d.Then.Tag
		}
		if d.Left > 0 {
			text += " for " + left(d.Left)
		}
		out = append(out, text)
	}
	if v.Place != "" {
		out = append(out, v.Place)
	}
	return strings.Join(out, " over ")
}
