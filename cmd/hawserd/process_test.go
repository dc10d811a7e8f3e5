package main_test

import (
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/hawser-mta/hawser/cmd/internal/servertest"
)

// environment sets the environment of a server, and more of smtpd.yaml.
func (s *server) environment(keys, more string) {
	s.Files(map[string]string{"config/smtpd.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, listeners: [{ address: 127.0.0.1, port: %d }] }]
environment: { hostname: mx.test, %s }
%s
`, s.Port, keys, more)})
}

// proc reads a line of a file about the process.
func (s *server) proc(file, pattern string) string {
	s.T.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/%s", s.Cmd.Process.Pid, file))
	if err != nil {
		s.T.Fatal(err)
	}
	return strings.Join(strings.Fields(regexp.MustCompile(pattern).FindString(string(text))), " ")
}

// TestPrivDrop: after binding the process belongs to another user, in all its threads; it
// keeps its spool, delivers and loads changes as that user.
func TestPrivDrop(t *testing.T) {
	t.Parallel()
	next := servertest.NewHop(t)
	s := workspace(t, next.Port, nil)
	s.environment("privdrop: { user: nobody }", "")
	if os.Getuid() != 0 {
		if text := refused(t, s.Dir); !strings.Contains(text, "environment.privdrop: cannot take the groups: operation not permitted; only root can") {
			t.Errorf("got %s", text)
		}
		return
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(nobody.Uid)
	gid, _ := strconv.Atoi(nobody.Gid)
	for dir := s.Dir; dir != filepath.Dir(os.TempDir()) && dir != os.TempDir(); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chown(s.Dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	s.Start()
	tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", s.Cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	for _, task := range tasks {
		if got, want := s.proc("task/"+task.Name()+"/status", `Uid:.*`), strings.TrimSpace("Uid:"+strings.Repeat(" "+nobody.Uid, 4)); got != want {
			t.Errorf("thread %s: %q, want %q", task.Name(), got, want)
		}
		if got, want := s.proc("task/"+task.Name()+"/status", `Gid:.*`), strings.TrimSpace("Gid:"+strings.Repeat(" "+nobody.Gid, 4)); got != want {
			t.Errorf("thread %s: %q, want %q", task.Name(), got, want)
		}
	}
	st, err := os.Stat(filepath.Join(s.Dir, "spool"))
	if err != nil {
		t.Fatal(err)
	}
	if x := st.Sys().(*syscall.Stat_t); int(x.Uid) != uid || int(x.Gid) != gid {
		t.Errorf("the spool belongs to %d:%d", x.Uid, x.Gid)
	}
	s.MustSend("a@x.test", "b@y.test", "x\r\n")
	next.Wait(t, 1)
	s.Files(map[string]string{"hooks/eod/main.hsl": `Reject("changed");`})
	s.Until("the changed script", func() bool {
		err := s.Send("a@x.test", "b@y.test", "x\r\n")
		return err != nil && strings.Contains(err.Error(), "changed")
	})
	s.Stop()
	s.environment("privdrop: { user: no-such-user }", "")
	if text := refused(t, s.Dir); !strings.Contains(text, "environment.privdrop: user: no user 'no-such-user'") {
		t.Errorf("got %s", text)
	}
}

// TestSyslogMask: only the priorities of the mask are logged, those of scripts by their
// own.
func TestSyslogMask(t *testing.T) {
	t.Parallel()
	s := workspace(t, 1, map[string]string{"hooks/eod/main.hsl": `
foreach (["crit", "err", "warning", "notice", "info", "debug"] as $p) syslog($p, "text of " . $p);
Accept();`})
	for _, c := range []struct {
		mask      int
		want, not []string
	}{
		{255, []string{"text of crit", "text of notice", "text of info", "level=INFO msg=discarded"}, nil},
		{1<<2 | 1<<5, []string{"text of crit", "text of notice"}, []string{"text of err", "text of warning", "text of info", "discarded", "the spool is read"}},
		{0x7f &^ (1 << 5), []string{"text of crit", "text of err", "text of info", "discarded"}, []string{"text of notice", "text of debug"}},
	} {
		s.environment(fmt.Sprintf("syslog: { mask: %d }", c.mask), "")
		s.Forget()
		s.Start("--log-level", "debug")
		s.MustSend("a@x.test", "b@y.test", "x\r\n")
		s.Stop()
		text := s.Text()
		for _, w := range c.want {
			if !strings.Contains(text, w) {
				t.Errorf("mask %d: no %q in\n%s", c.mask, w, text)
			}
		}
		for _, w := range c.not {
			if strings.Contains(text, w) {
				t.Errorf("mask %d: %q in\n%s", c.mask, w, text)
			}
		}
	}
}

// TestRlimit: the number of open files is as configured, or there is a warning.
func TestRlimit(t *testing.T) {
	t.Parallel()
	s := workspace(t, 1, nil)
	s.environment("rlimit: { nofile: 700 }", "")
	s.Start()
	if got := s.proc("limits", `Max open files +\d+`); got != "Max open files 700" {
		t.Errorf("got %q", got)
	}
	s.Stop()
	s.environment("rlimit: { nofile: 99999999999 }", "")
	s.Start()
	s.Logged("environment.rlimit.nofile is more than the system allows")
	s.Stop()
}

// TestResolverAndRoot: without resolver.dnssec nothing is authenticated; a relative
// scripting.rootpath lies in the workspace.
func TestResolverAndRoot(t *testing.T) {
	t.Parallel()
	names := nameServer(t, "a.secure.test. 60 IN A 127.0.0.1\n")
	for _, dnssec := range []bool{true, false} {
		s := workspace(t, 1, map[string]string{
			"shared/list.txt":    "from the root\n",
			"hooks/eod/main.hsl": `Reject(File("file://list.txt")->readline() . " " . (dns_query("a.secure.test")["dnssec"] ? "secure" : "plain"));`,
			"config/smtpd-app.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, transport: out, phases: { connect: { fcrdns: false }, eod: { hook: main } } }]
resolver: { servers: ["%s"], dnssec: %v }
transportgroups: [{ id: all, transports: [{ id: out }] }]
`, names, dnssec)})
		s.environment("", "scripting: { rootpath: shared }")
		s.Start()
		want := map[bool]string{true: "from the root secure", false: "from the root plain"}[dnssec]
		if err := s.Send("a@x.test", "b@y.test", "x\r\n"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
		s.Stop()
	}
}
