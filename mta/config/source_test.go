package config_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/config"
)

// TestSourcePool: entries in each form, a list in place of its name.
func TestSourcePool(t *testing.T) {
	t.Parallel()
	c := sender(t)
	bulk := c.App.Transports()["bulk"].Connection
	want := []config.SourceEntry{
		{ID: "bulk1"}, {ID: "bulk1"}, {ID: "bulk2"}, {ID: "192.0.2.12"},
		{ID: "bulk1", Helo: "other.example.net"}, {Address: "192.0.2.13"},
	}
	if d := cmp.Diff(want, bulk.SourceIP.Addresses); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if bulk.NonLocalSource == nil || !*bulk.NonLocalSource {
		t.Error("nonlocal_source is not inherited")
	}
	if got := c.App.TransportGroups[1].Transports[0].Connection.SourceIP.Addresses; len(got) != 4 {
		t.Errorf("the configuration itself has changed: %v", got)
	}
}

func TestQueues(t *testing.T) {
	t.Parallel()
	want := config.Queues{
		Grouping: config.Grouping{Default: "recipientdomain", Groupings: []config.GroupingRule{
			{ID: "bigmail", RemoteMX: config.Strings{"*.bigmail.example", "@slow"}, RemoteIP: config.Strings{"198.51.100.0/24"}},
			{ID: "a", RecipientDomain: config.Strings{"a.example", "a.test"}},
		}},
		Pooling: config.Pool{Size: 50, Policy: "grouping"},
		Quotas:  []config.Quota{{ID: "trial", MaxCount: 1000}, {ID: "disk", MaxBytes: 5 << 30}},
	}
	want.Connections.Max = 10000
	c := sender(t)
	if d := cmp.Diff(want, c.App.Queues); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if d := cmp.Diff(config.QueueThreads{Loader: 2, DNS: 8}, c.Smtpd.Queues.Threads); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if items, ok := c.App.Lists.Find("remotemx", "slow"); !ok || len(items) != 3 {
		t.Errorf("got %v, %t", items, ok)
	}
	if _, ok := c.App.Lists.Find("localip", "slow"); ok {
		t.Error("a list of another field is found")
	}
	if d := cmp.Diff(config.Pool{Size: 1000, Policy: "remoteip"}, config.Defaults("").App.Queues.Pooling); d != "" {
		t.Errorf("defaults (-want +got)\n%s", d)
	}
}

// TestRegexp: what counts as a regular expression, and where case counts.
func TestRegexp(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field, pattern, subject string
		regexp, match           bool
	}{
		{"tenantid", "/^a/", "abc", true, true},
		{"tenantid", "/^a/", "ABC", true, false},
		{"tenantid", "/^a/i", "ABC", true, true},
		{"remotemx", `/\.Google\.com$/`, "mx.google.COM", true, true},
		{"recipientdomain", "/a/i", "A", true, true},
		{"grouping", "/^&b/", "&B2", true, true},
		{"jobid", "/", "", false, false},
		{"jobid", "/a", "", false, false},
		{"jobid", "a/b/", "", false, false},
		{"jobid", "", "", false, false},
		{"remoteip", "/10/", "", false, false},
	} {
		re, err := config.Regexp(c.field, c.pattern)
		if err != nil || (re != nil) != c.regexp {
			t.Errorf("%s %s: got %v, %v", c.field, c.pattern, re, err)
			continue
		}
		if re == nil {
			continue
		}
		if ok, err := re.Match(nil, c.subject); ok != c.match || err != nil {
			t.Errorf("%s %s on %q: got %t, %v", c.field, c.pattern, c.subject, ok, err)
		}
	}
}

func TestParseNetwork(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"192.0.2.1": "192.0.2.1/32", "2001:db8::1": "2001:db8::1/128", "192.0.2.9/24": "192.0.2.0/24", "2001:db8::1/32": "2001:db8::/32",
		"192.0.2.1/33": "", "fe80::1%eth0": "", "": "", "a": "", "192.0.2": "",
	} {
		p, err := config.ParseNetwork(text)
		if (err == nil) != (want != "") || err == nil && p.String() != want {
			t.Errorf("%s: got %s, %v, want %s", text, p, err, want)
		}
	}
}
