package config_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/config"
)

func sender(t *testing.T) *config.Config {
	t.Helper()
	c, diags := config.Load("../../testdata/config/good/sender", env)
	if len(diags) > 0 {
		t.Fatal(diags.Err())
	}
	return c
}

func TestPolicies(t *testing.T) {
	t.Parallel()
	type action = config.PolicyAction
	rate := func(count float64, d time.Duration) *config.Rate { return &config.Rate{Count: count, Interval: d} }
	want := []config.Policy{
		{Default: &action{Rate: rate(2000, time.Second)}},
		{
			ID:     "destinations",
			Fields: []config.PolicyField{{Name: "localip"}, {Name: "grouping"}},
			Conditions: []config.PolicyCondition{
				{If: config.Match{{"grouping", []string{"&bigmail"}}}, Then: &action{
					Concurrency: new(20), Rate: rate(600, time.Minute), Tag: "bigmail",
					Properties: map[string]any{"backoff": "10/3600", "share": 0.5, "level": 3.0, "quick": true},
				}},
				{
					If:   config.Match{{"grouping", []string{"&a", "/^&b[0-9]+$/"}}, {"localip", []string{"bulk1"}}},
					Then: &action{Concurrency: new(0), Stop: new(true)},
					Else: &action{Cluster: new(false), Algorithm: "fixedwindow", Rate: rate(5, time.Second)},
				},
			},
			Default: &action{Concurrency: new(5), ConnectInterval: new(200 * time.Millisecond)},
		},
		{
			Fields: []config.PolicyField{
				{Name: "remotemx", Rollups: []config.Rollup{{"google", []string{"*.google.com", "*.googlemail.com"}}, {"other", []string{`/\.mx\.example$/`}}}},
				{Name: "tenantid"},
			},
			Conditions: []config.PolicyCondition{{If: config.Match{{"remotemx", []string{"#google", "@slow"}}, {"tenantid", []string{""}}}, Then: &action{}}},
			Default:    &action{Rate: rate(10000, time.Hour)},
		},
	}
	c := sender(t)
	if d := cmp.Diff(want, c.Policies.Policies); d != "" || c.Policies.Rate.Algorithm != "tokenbucket" {
		t.Errorf("algorithm %s (-want +got)\n%s", c.Policies.Rate.Algorithm, d)
	}
}

func TestSuspends(t *testing.T) {
	t.Parallel()
	want := []config.Suspend{
		{If: config.Match{{"transportid", []string{"bulk"}}, {"recipientdomain", []string{"gmail.example", "*.gmail.example"}}}, Tag: "abuse"},
		{If: config.Match{{"localip", []string{"192.0.2.0/24"}}, {"remoteip", []string{"2001:db8::/32"}}}, Properties: map[string]any{"ticket": "17", "level": -2.0}},
		{},
	}
	if d := cmp.Diff(want, sender(t).Suspends.Suspends); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestDelivery(t *testing.T) {
	t.Parallel()
	var want config.Delivery
	want.Version = "6.10"
	d := &want.Delivery
	d.Conditions = make([]config.DeliveryCondition, 2)
	d.Conditions[0].If = config.Match{{"grouping", []string{"&bigmail"}}}
	d.Conditions[0].Then.Pooling = config.Pooling{Enabled: new(true), Transactions: new(50), Timeout: new(config.Duration(15 * time.Second))}
	all := &d.Conditions[1].Then
	all.TLS.Mode, all.TLS.Protocols, all.TLS.SNI, all.TLS.VerifyHost = "require_verify", "TLSv1.3", "mx.example", new(true)
	all.Retry.Count = new(3)
	all.Retry.Intervals = []config.Interval{{Interval: config.Duration(5 * time.Minute)}, {Interval: config.Duration(time.Hour), Notify: true}}
	d.Default.Timeout.Connect = new(config.Duration(20 * time.Second))
	d.Default.Timeout.SMTP = map[string]config.Duration{"EOD": config.Duration(5 * time.Minute)}
	d.Default.Pooling = config.Pooling{Enabled: new(false), Timeout: new(config.Duration(10 * time.Second)), Transactions: new(100), Evictable: new(true)}
	if x := cmp.Diff(want, sender(t).Delivery); x != "" {
		t.Errorf("(-want +got)\n%s", x)
	}
}
