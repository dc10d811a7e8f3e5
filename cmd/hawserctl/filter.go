package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hawser-mta/hawser/cmd/internal/cli"
	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/control"
)

// filters choose units. The same flag twice means or, different flags mean and.
type filters struct {
	IDs             []string `name:"id" sep:"none" placeholder:"TRANSACTION[:N]" help:"Unit, or all of a transaction."`
	Queue           []string `placeholder:"QUEUE" help:"active, defer, hold or incoming."`
	State           []string `placeholder:"STATE" help:"ACTIVE, DEFER, SENDING, UNKNOWN, HOLD or UPDATE."`
	Sender          []string `sep:"none" placeholder:"ADDRESS" help:"Sender: LOCAL@DOMAIN, LOCAL, @DOMAIN or <>; LOCAL may be ~TEXT or /REGEX/."`
	Recipient       []string `sep:"none" placeholder:"ADDRESS" help:"Recipient, likewise."`
	Senderdomain    []string `placeholder:"DOMAIN" help:"Domain of the sender; *.DOMAIN for all below."`
	Recipientdomain []string `placeholder:"DOMAIN" help:"Domain of the recipient, likewise."`
	Transportid     []string `sep:"none" placeholder:"ID" help:"Transport."`
	Jobid           []string `sep:"none" placeholder:"ID" help:"Job."`
	Tenantid        []string `sep:"none" placeholder:"ID" help:"Tenant."`
	Localip         []string `placeholder:"NET" help:"Source address or network, of active units."`
	Remoteip        []string `placeholder:"NET" help:"Address or network of the destination, of active units."`
	Senderip        []string `placeholder:"NET" help:"Address or network of the client that sent it in."`
	Remotemx        []string `placeholder:"DOMAIN" help:"Host of the destination, of active units."`
	Grouping        []string `sep:"none" placeholder:"GROUPING" help:"Grouping, of active units."`
	Age             []string `placeholder:"TIME" help:"Age: '>1h', '10m..2h'; also < <= >= =."`
	Size            []string `placeholder:"SIZE" help:"Size: '>1MiB'."`
	Retrycount      []string `placeholder:"N" help:"Attempts that failed."`
	Retrydelay      []string `placeholder:"TIME" help:"Time until it is due."`
	Priority        []string `placeholder:"N" help:"0 or 1."`
	TS              []string `name:"ts" placeholder:"TIME" help:"Time of its coming: '>=2006-01-02T15:04:05Z', '2006-01-02'."`
	Metadata        []string `sep:"none" placeholder:"K=V" help:"Value of the metadata."`
}

// conditions reads the flags.
func (f *filters) conditions() (c control.Conditions, err error) {
	c = control.Conditions{
		TransportIDs: values(f.Transportid), JobIDs: values(f.Jobid), TenantIDs: values(f.Tenantid), SenderDomains: values(f.Senderdomain),
		RecipientDomains: values(f.Recipientdomain), LocalIPs: values(f.Localip), RemoteIPs: values(f.Remoteip), SenderIPs: values(f.Senderip),
		RemoteMXs: values(f.Remotemx), Groupings: values(f.Grouping), Senders: mailboxes(f.Sender), Recipients: mailboxes(f.Recipient),
	}
	for _, s := range f.IDs {
		id, err := parseID(s)
		if err != nil {
			return c, err
		}
		c.IDs = append(c.IDs, id)
	}
	for _, s := range append(f.Queue, f.State...) {
		c.Queues = append(c.Queues, control.State{Queue: strings.ToUpper(s)})
	}
	for _, s := range f.Metadata {
		k, v, ok := strings.Cut(s, "=")
		if !ok {
			return c, cli.Fail(cli.Usage, "--metadata: got '%s', want KEY=VALUE", s)
		}
		c.Metadata = append(c.Metadata, control.Pair{Key: k, Value: v})
	}
	for _, s := range f.TS {
		op, value, to := operator(s)
		c.TSs = append(c.TSs, control.Moment{Operator: op, Value: value, To: to})
	}
	for _, x := range []struct {
		name  string
		from  []string
		to    *[]control.Number
		parse func(string) (float64, error)
	}{
		{"age", f.Age, &c.Ages, seconds}, {"retrydelay", f.Retrydelay, &c.RetryDelays, seconds}, {"size", f.Size, &c.Sizes, size},
		{"retrycount", f.Retrycount, &c.RetryCounts, number}, {"priority", f.Priority, &c.Priorities, number},
	} {
		for _, s := range x.from {
			n, err := comparison(s, x.parse)
			if err != nil {
				return c, cli.Fail(cli.Usage, "--%s: %s", x.name, err)
			}
			*x.to = append(*x.to, n)
		}
	}
	return c, nil
}

func values(list []string) []control.Value {
	var out []control.Value
	for _, s := range list {
		out = append(out, control.Value{Value: s})
	}
	return out
}

// mailboxes reads LOCAL@DOMAIN, of which either side may be missing.
func mailboxes(list []string) []control.Mailbox {
	var out []control.Mailbox
	for _, s := range list {
		var m control.Mailbox
		local, domain := s, ""
		i := strings.LastIndexByte(s, '@')
		if strings.HasPrefix(s, "/") && i < strings.LastIndexByte(s, '/') {
			i = -1 // the @ belongs to the regex
		}
		if i >= 0 {
			local, domain = s[:i], s[i+1:]
		}
		switch {
		case s == "<>" || s == "":
			m.LocalPart, m.Domain = &control.Value{}, &control.Value{}
		default:
			if local != "" {
				m.LocalPart = &control.Value{Value: local}
			}
			if domain != "" {
				m.Domain = &control.Value{Value: domain}
			}
		}
		out = append(out, m)
	}
	return out
}

// parseID reads TRANSACTION[:N].
func parseID(s string) (control.ID, error) {
	tx, n, ok := strings.Cut(s, ":")
	if tx == "" {
		return control.ID{}, cli.Fail(cli.Usage, "got '%s', want an id such as TRANSACTION:1", s)
	}
	if !ok {
		return control.ID{Transaction: tx}, nil
	}
	i, err := strconv.Atoi(n)
	if err != nil || i < 1 {
		return control.ID{}, cli.Fail(cli.Usage, "got '%s', want an id such as TRANSACTION:1", s)
	}
	return control.ID{Transaction: tx, Queue: i}, nil
}

// operator takes a condition apart: an operator before a value, or a range.
func operator(s string) (op, value, to string) {
	for _, op := range []string{">=", "<=", ">", "<", "="} {
		if rest, ok := strings.CutPrefix(s, op); ok {
			return op, strings.TrimSpace(rest), ""
		}
	}
	if from, to, ok := strings.Cut(s, ".."); ok {
		return "..", from, to
	}
	return "", s, ""
}

func comparison(s string, parse func(string) (float64, error)) (n control.Number, err error) {
	op, value, to := operator(s)
	n.Operator = op
	if n.Value, err = parse(value); err == nil && op == ".." {
		n.To, err = parse(to)
	}
	return n, err
}

func number(s string) (float64, error) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return 0, fmt.Errorf("got '%s', want a number", s)
	}
	return f, nil
}

func seconds(s string) (float64, error) {
	d, err := config.ParseDuration(s)
	return float64(d) / 1e9, err
}

func size(s string) (float64, error) {
	n, err := config.ParseSize(s)
	return float64(n), err
}
