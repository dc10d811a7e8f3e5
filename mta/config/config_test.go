package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/config"
	"pgregory.net/rapid"
)

func env(name string) (string, bool) { return "", false }

func TestGood(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"relay", "sender"} {
		if _, diags := config.Load("../../testdata/config/good/"+name, env); len(diags) > 0 {
			t.Errorf("%s: %v", name, diags.Err())
		}
	}
}

var (
	mark   = regexp.MustCompile(`# ### (".*)$`)
	quoted = regexp.MustCompile(`"([^"]*)"`)
)

// TestBad loads each bad file beside the good ones of the relay.
func TestBad(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../../testdata/config/bad/*.yaml")
	if err != nil || len(files) < 4 {
		t.Fatal(files, err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			lines := strings.Split(string(src), "\n")
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS("../../testdata/config/good/relay")); err != nil {
				t.Fatal(err)
			}
			name := strings.TrimPrefix(lines[0], "# ")
			if err := os.WriteFile(filepath.Join(dir, "config", name), src, 0o600); err != nil {
				t.Fatal(err)
			}
			_, diags := config.Load(dir, env)
			want := map[int][]string{}
			for i, l := range lines {
				if m := mark.FindStringSubmatch(l); m != nil {
					for _, q := range quoted.FindAllStringSubmatch(m[1], -1) {
						want[i+1] = append(want[i+1], q[1])
					}
				}
			}
			for _, d := range diags {
				text := d.Message
				if d.Hint != "" {
					text += " (hint: " + d.Hint + ")"
				}
				found := false
				for i, re := range want[d.Pos.Line] {
					if filepath.Base(d.Pos.File) == name && regexp.MustCompile(re).MatchString(text) {
						want[d.Pos.Line] = append(want[d.Pos.Line][:i:i], want[d.Pos.Line][i+1:]...)
						found = true
						break
					}
				}
				if !found {
					t.Errorf("unexpected %s: %s", d.Pos, text)
				}
			}
			for line, res := range want {
				for _, re := range res {
					t.Errorf("line %d: missing %s", line, re)
				}
			}
		})
	}
}

func TestInheritance(t *testing.T) {
	t.Parallel()
	c, diags := config.Load("../../testdata/config/good/sender", env)
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	ts := c.App.Transports()
	bulk, txn := ts["bulk"], ts["txn"]
	type row struct {
		Mode     string
		Count    int
		EOD, MTO time.Duration
		NoV6     bool
	}
	of := func(x *config.Transport) row {
		return row{x.Session.TLS.Mode, *x.Retry.Count, time.Duration(x.Session.Timeout["EOD"]), time.Duration(x.Session.Timeout["MAIL"]),
			x.Connection.SourceIP.IPv6 != nil && x.Connection.SourceIP.IPv6.Off}
	}
	if d := cmp.Diff(row{"require", 5, 2 * time.Minute, time.Minute, true}, of(bulk)); d != "" {
		t.Errorf("bulk (-want +got)\n%s", d)
	}
	if d := cmp.Diff(row{"disabled", 0, 2 * time.Minute, time.Minute, true}, of(txn)); d != "" {
		t.Errorf("txn (-want +got)\n%s", d)
	}
	if d := cmp.Diff([]string{"a.test", "192.0.2.1"}, []string(bulk.Connection.Server)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	s := c.App.Servers[0]
	if s.Phases.RcptTo.Hook.Domains["example.org"] != "other" || s.Timeout.Idle != config.Duration(90*time.Second) || *s.Phases.Data.MaxSize != 25<<20 {
		t.Errorf("%+v", s)
	}
	if a, ok := c.Source("bulk1"); !ok || a.Helo != "b1.example.net" {
		t.Errorf("%+v", a)
	}
	if k := c.Key("web"); k == nil || k.PrivateKey == nil || k.Certificate == nil {
		t.Error("the entry is not merged from both files")
	}
}

// TestInheritanceTaken: what is given as an empty text or list is not inherited, what is
// given as nothing is.
func TestInheritanceTaken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := `version: "6.10"
transportgroups:
  - id: top
    session: { helo: top.test, auth: { username: u, password: p }, dsn: { success: relayed } }
    connection: { port: 2525, mx: { exclude: [bad.test] } }
  - id: middle
    parent: top
    session: { helo: "", dsn: { success: } }
    transports:
      - { id: a, session: { auth: { username: "", password: "" } }, connection: { mx: { exclude: [] } } }
      - { id: b, session: { helo: b.test } }
`
	if err := errors.Join(os.Mkdir(filepath.Join(dir, "config"), 0o700), os.WriteFile(filepath.Join(dir, "config", config.AppFile), []byte(text), 0o600)); err != nil {
		t.Fatal(err)
	}
	c, diags := config.Load(dir, env)
	if err := diags.Err(); err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for id, x := range c.App.Transports() {
		got[id] = append([]string{x.Session.Helo, x.Session.Auth.Username, x.Session.Auth.Password, x.Session.DSN.Success, strconv.Itoa(*x.Connection.Port)},
			x.Connection.MX.Exclude...)
	}
	want := map[string][]string{"a": {"", "", "", "relayed", "2525"}, "b": {"b.test", "u", "p", "relayed", "2525", "bad.test"}}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

func TestMissingFilesAreDefaults(t *testing.T) {
	t.Parallel()
	c, diags := config.Load(t.TempDir(), env)
	if len(diags) > 0 || c.Smtpd.Scripting.Limits.Stack != 1000 || !c.Smtpd.Spool.FSync {
		t.Errorf("%v %+v", diags.Err(), c.Smtpd)
	}
}

// TestHostile: no input makes the loader panic.
func TestHostile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "config"), 0o700); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(rt *rapid.T) {
		src := strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"servers:", "\n  - ", "id: ", "x", "{", "}", "[", "]", "&a ", "*a", "<<: ", "\n", "  ", "!!str ", "~", "\"", "|", "${A}", "transportgroups:", "hook:", "policies:", "fields: ", "conditions:", "if: ", "remotemx: ", "suspends:", "delivery:", "then: ", "properties: ", "rate: 1/", "lists: ", "#", "@", "/("}), 0, 30).Draw(rt, "parts"), "")
		for _, name := range config.Files {
			if err := os.WriteFile(filepath.Join(dir, "config", name), []byte("version: \"6.10\"\n"+src), 0o600); err != nil {
				rt.Fatal(err)
			}
		}
		config.Load(dir, env)
	})
}
