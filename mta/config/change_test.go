package config_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/config"
)

// load writes the relay sample with some text replaced and reads it.
func load(t *testing.T, replace ...string) *config.Config {
	t.Helper()
	return loadSample(t, "relay", replace...)
}

func loadSample(t *testing.T, sample string, replace ...string) *config.Config {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../testdata/config/good/"+sample)); err != nil {
		t.Fatal(err)
	}
	for _, name := range config.Files {
		p := filepath.Join(dir, "config", name)
		b, err := os.ReadFile(p)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(strings.NewReplacer(replace...).Replace(string(b))), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, diags := config.Load(dir, env)
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestChanges(t *testing.T) {
	t.Parallel()
	app, smtpd := config.AppFile, config.SmtpdFile
	for _, c := range []struct {
		name    string
		replace []string
		want    []config.Change
	}{
		{"nothing", nil, nil},
		{"a comment", []string{"resolver:", "# names\nresolver:"}, nil},
		{"listener", []string{"port: 25", "port: 26"}, []config.Change{{smtpd, "servers[0].listeners[0].port", "restart"}}},
		{"spool", []string{"1GiB", "2GiB"}, []config.Change{{smtpd, "spool.minfree.bytes", "restart"}}},
		{"server", []string{"transport: mx\ntransportgroups", "verbose: true\n    transport: mx\ntransportgroups"},
			[]config.Change{{app, "servers[0].verbose", "new sessions"}}},
		{"mode", []string{"mode: optional", "mode: require"}, []config.Change{{app, "transportgroups[0].transports[0].session.tls.mode", "live"}}},
		{"group", []string{"count: 30", "count: 31"}, []config.Change{{app, "transportgroups[0].retry.count", "live"}}},
		{"another entry", []string{"- { interval: 1m }", "- { interval: 1m }\n        - { interval: 2m }"},
			[]config.Change{{app, "transportgroups[0].retry.intervals", "live"}}},
		{"workers", []string{"resolver:", "queues: { connections: { max: 5 }, maxage: 1d }\nresolver:"},
			[]config.Change{{app, "queues.connections.max", "live"}, {app, "queues.maxage", "live"}}},
		{"version", []string{`version: "6.10"`, `version: "6.9"`}, []config.Change{{smtpd, "version", "live"}, {app, "version", "live"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, config.Changes(load(t), load(t, c.replace...))); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// TestChangesOfLiveFiles: the paths are those of the files.
func TestChangesOfLiveFiles(t *testing.T) {
	t.Parallel()
	change := func(file, path string) []config.Change { return []config.Change{{file, path, "live"}} }
	for _, c := range []struct {
		name    string
		replace []string
		want    []config.Change
	}{
		{"nothing", nil, nil},
		{"algorithm", []string{"algorithm: tokenbucket", "algorithm: fixedwindow"}, change(config.PolicyFile, "rate.algorithm")},
		{"concurrency", []string{"concurrency: 20", "concurrency: 21"}, change(config.PolicyFile, "policies[1].conditions[0].then.concurrency")},
		{"rate", []string{"600/60", "60/60"}, change(config.PolicyFile, "policies[1].conditions[0].then.rate")},
		{"property", []string{"share: 0.5", "share: 0.6"}, change(config.PolicyFile, "policies[1].conditions[0].then.properties")},
		{"condition", []string{`["&a", "/^&b[0-9]+$/"]`, `["&a", "/^&c/"]`}, change(config.PolicyFile, "policies[1].conditions[1].if")},
		{"no else", []string{"else: { cluster: false, algorithm: fixedwindow, rate: 5 }", ""}, change(config.PolicyFile, "policies[1].conditions[1].else")},
		{"rollup", []string{"*.googlemail.com", "*.gmail.com"}, change(config.PolicyFile, "policies[2].fields[0]")},
		{"tag", []string{"tag: abuse", "tag: spam"}, change(config.SuspendFile, "suspends[0]")},
		{"fewer", []string{"  - {}\n", ""}, change(config.SuspendFile, "suspends")},
		{"pooling", []string{"transactions: 50", "transactions: 51"}, change(config.DeliveryFile, "delivery.conditions[0].then.pooling.transactions")},
		{"default", []string{"connect: 20", "connect: 21"}, change(config.DeliveryFile, "delivery.default.timeout.connect")},
		{"list", []string{"mx.slow.example", "mx2.slow.example"}, change(config.AppFile, "lists")},
		{"quota", []string{"maxcount: 1000", "maxcount: 1001"}, change(config.AppFile, "queues.quotas[0].maxcount")},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if d := cmp.Diff(c.want, config.Changes(loadSample(t, "sender"), loadSample(t, "sender", c.replace...))); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

// TestCountsTags: every key says from when a change of it is in force.
func TestCountsTags(t *testing.T) {
	t.Parallel()
	for _, typ := range []reflect.Type{reflect.TypeFor[config.Smtpd](), reflect.TypeFor[config.App](), reflect.TypeFor[config.Policies](), reflect.TypeFor[config.Suspends](), reflect.TypeFor[config.Delivery]()} {
		for f := range typ.Fields() {
			if !slices.Contains([]string{"live", "new sessions", "restart"}, f.Tag.Get("counts")) {
				t.Errorf("%s.%s has no tag", typ.Name(), f.Name)
			}
		}
	}
}

// TestAppConf: the path of another file is relative to the workspace.
func TestAppConf(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, text := range map[string]string{
		"config/smtpd.yaml": "version: \"6.10\"\nenvironment: { appconf: other/app.yaml }\n",
		"other/app.yaml":    "version: \"6.10\"\nresolver: { retries: 7 }\n",
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
	if err := diags.Err(); err != nil || c.App.Resolver.Retries != 7 {
		t.Errorf("%v, retries %d", err, c.App.Resolver.Retries)
	}
}
