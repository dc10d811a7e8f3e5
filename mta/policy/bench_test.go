package policy_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/policy"
)

// BenchmarkAcquire is what picking up a message costs: a lease is taken and given back
// again, with 100,000 sub-queues parked, two source addresses and two policies.
func BenchmarkAcquire(b *testing.B) {
	dir := b.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "config"), 0o700); err != nil {
		b.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "config", config.PolicyFile), []byte(`version: "6.10"
policies:
  - fields: [localip, recipientdomain]
    conditions: [{ if: { recipientdomain: "*.parked.test" }, then: { concurrency: 0 } }]
    default: { concurrency: 20, rate: 1000000000/1 }
  - { fields: [tenantid], default: { rate: 1000000000/1 } }
`), 0o600); err != nil {
		b.Fatal(err)
	}
	c, diags := config.Load(dir, os.LookupEnv)
	if diags.Errors() {
		b.Fatal(diags)
	}
	e := policy.New()
	if err := e.Load(&policy.Config{Policies: c.Policies}); err != nil {
		b.Fatal(err)
	}
	for n := range 100_000 {
		if l, _ := e.Acquire(waiter(fmt.Sprintf("d%d.parked.test", n), "192.0.2.1", "192.0.2.2")); l != nil {
			b.Fatal("not parked")
		}
	}
	var list []*policy.Waiter
	for n := range 1000 {
		w := waiter(fmt.Sprintf("d%d.test", n), "192.0.2.1", "192.0.2.2")
		w.Random = true
		list = append(list, w)
	}
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		n++
		l, _ := e.Acquire(list[n%len(list)])
		if l == nil {
			b.Fatal("no lease")
		}
		e.Release(l)
	}
}
