package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/config"
)

// TestReload: each live file counts alone, and a broken neighbour does not matter.
func TestReload(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../testdata/config/good/sender")); err != nil {
		t.Fatal(err)
	}
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, "config", name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	first, diags := config.Load(dir, env)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	write(config.AppFile, "version: broken\n")
	write(config.DeliveryFile, "also: broken\n")
	write(config.SuspendFile, "version: \"6.10\"\nsuspends: [{ tenantid: a }]\n")
	now, diags := first.Reload(config.SuspendFile, env)
	if len(diags) > 0 {
		t.Fatal(diags)
	}
	want := []config.Suspend{{If: config.Match{{"tenantid", []string{"a"}}}}}
	if d := cmp.Diff(want, now.Suspends.Suspends); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if d := cmp.Diff([]any{first.App, first.Policies, first.Delivery}, []any{now.App, now.Policies, now.Delivery}); d != "" {
		t.Errorf("the rest has changed (-want +got)\n%s", d)
	}
	if len(first.Suspends.Suspends) != 3 {
		t.Error("the old configuration has changed")
	}

	if _, diags := now.Reload(config.DeliveryFile, env); !diags.Errors() {
		t.Error("no error for a broken file")
	}
	if err := os.Remove(filepath.Join(dir, "config", config.PolicyFile)); err != nil {
		t.Fatal(err)
	}
	now, diags = now.Reload(config.PolicyFile, env)
	if len(diags) > 0 || len(now.Policies.Policies) != 0 || now.Policies.Rate.Algorithm != "fixedwindow" {
		t.Errorf("%v, got %+v after the file has gone, want the defaults", diags, now.Policies)
	}

	// Places go with their file, those of the old version stay.
	if at := now.Fault(config.PolicyFile, "policies[1]", "").Pos.Line; at != 0 {
		t.Errorf("line %d of a file that has gone", at)
	}
	if at := first.Fault(config.PolicyFile, "policies[1]", "").Pos.Line; at != 5 {
		t.Errorf("line %d, want 5", at)
	}

	// A policy of the running version names an address that the new file takes away.
	write(config.AppFile, "version: \"6.10\"\nservers: [{ id: in }]\n")
	_, diags = first.Reload(config.AppFile, env)
	if err := diags.Err(); err == nil || !strings.Contains(err.Error(), "got 'bulk1'") || !strings.Contains(err.Error(), config.PolicyFile+":10") {
		t.Errorf("got %v, want an error about bulk1 in the policy file", err)
	}
}

// TestPlaces: smtpd.yaml says where the live files lie.
func TestPlaces(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"config/smtpd.yaml": "version: \"6.10\"\nenvironment: { policyconf: other/p.yaml, suspendconf: " + dir + "/s.yaml, deliveryconf: d.yaml }\n",
		"other/p.yaml":      "version: \"6.10\"\npolicies: [{ id: here }]\n",
		"s.yaml":            "version: \"6.10\"\nsuspends: [{ tenantid: here }]\n",
		"d.yaml":            "version: \"6.10\"\ndelivery: { default: { tls: { mode: here } } }\n",
	} {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, diags := config.Load(dir, env)
	if len(c.Policies.Policies) != 1 || len(c.Suspends.Suspends) != 1 {
		t.Errorf("got %+v and %+v", c.Policies, c.Suspends)
	}
	if len(diags) != 1 || diags[0].Pos.File != filepath.Join(dir, "d.yaml") || diags[0].Pos.Line != 2 {
		t.Errorf("got %v, want one fault in d.yaml", diags)
	}
}
