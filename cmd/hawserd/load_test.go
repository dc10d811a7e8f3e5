package main_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
	"github.com/hawser-mta/hawser/cmd/internal/servertest"
)

// tool returns a program of a Debian package, and fails with the package's name
// when it is missing.
func tool(t *testing.T, name, pkg string) string {
	t.Helper()
	for _, dir := range []string{"", "/usr/sbin/"} {
		if p, err := exec.LookPath(dir + name); err == nil {
			return p
		}
	}
	t.Fatalf("this test needs %s of the Debian package %s", name, pkg)
	return ""
}

// TestPostfixPeers: smtp-source as client and smtp-sink as next hop; 5,000
// messages, each arrives exactly once.
func TestPostfixPeers(t *testing.T) {
	source, smtpSink := tool(t, "smtp-source", "postfix"), tool(t, "smtp-sink", "postfix")
	port := servertest.FreePort(t)
	dump := t.TempDir()
	sinkCmd := exec.Command(smtpSink, "-u", "root", "-R", dump, "-D", "%s.", fmt.Sprintf("127.0.0.1:%d", port), "1000")
	if os.Getuid() != 0 {
		sinkCmd = exec.Command(smtpSink, "-D", filepath.Join(dump, "%s."), fmt.Sprintf("127.0.0.1:%d", port), "1000")
	}
	if err := sinkCmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = sinkCmd.Process.Kill()
		_ = sinkCmd.Wait()
	}()
	s := workspace(t, port, map[string]string{"hooks/eod/main.hsl": `
$arguments["mail"]->addHeader("X-Id", $transaction["id"]);` + queueAll})
	s.Start()
	const n = 5000
	out, err := exec.Command(source, "-s", "20", "-m", fmt.Sprint(n), "-l", "4096", "-f", "a@x.test", "-t", "b@y.test", "-N",
		fmt.Sprintf("127.0.0.1:%d", s.Port)).CombinedOutput()
	if err != nil {
		t.Fatalf("smtp-source: %v\n%s", err, out)
	}
	id := regexp.MustCompile(`(?m)^X-Id: (\S+)`)
	var seen map[string]int
	total := 0
	for end := time.Now().Add(60 * time.Second); time.Now().Before(end); {
		seen, total = map[string]int{}, 0
		files, err := os.ReadDir(dump)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			b, err := os.ReadFile(filepath.Join(dump, f.Name()))
			if err != nil {
				continue
			}
			for _, m := range id.FindAllStringSubmatch(string(b), -1) {
				seen[m[1]]++
				total++
			}
		}
		if total >= n {
			break
		}
		time.Sleep(200 * time.Millisecond)
	}
	s.Stop()
	if len(seen) != n || total != n {
		t.Errorf("%d messages of %d different ids arrived, want %d", total, len(seen), n)
	}
}

// lines varies the size of messages.
func lines(n int) int { return n * 7919 % 3000 }

// TestDiskFull: on a small file system that fills up, mail is refused for now,
// and what was accepted arrives.
func TestDiskFull(t *testing.T) {
	if os.Getuid() != 0 {
		t.Fatal("this test mounts a small tmpfs and needs root")
	}
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=200m"); err != nil {
		t.Fatalf("mount tmpfs: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Unmount(disk, 0) })
	hop := servertest.NewHop(t)
	s := workspace(t, servertest.FreePort(t), nil)
	patient, err := os.ReadFile(filepath.Join(s.Dir, "config/smtpd-app.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s.Files(map[string]string{"config/smtpd-app.yaml": strings.Replace(string(patient), "count: 2", "count: 1000", 1),
		"config/smtpd.yaml": fmt.Sprintf(`version: "6.10"
servers: [{ id: in, listeners: [{ address: 127.0.0.1, port: %d }] }]
spool: { path: %s, minfree: { bytes: 4MiB, inodes: 1 } }
`, s.Port, disk)})
	s.Start()
	body := "Subject: big\r\n\r\n" + strings.Repeat(strings.Repeat("x", 70)+"\r\n", 60_000)
	sent := 0
	for i := range 100 {
		err := s.Send("a@x.test", "b@y.test", body)
		if err == nil {
			sent++
			continue
		}
		var se *gosmtp.SMTPError
		if !errors.As(err, &se) || se.Code/100 != 4 {
			t.Fatalf("message %d: got %v, want a 4xx", i, err)
		}
		if strings.Contains(se.Message, disk) {
			t.Errorf("the reply names a path: %s", se.Message)
		}
		break
	}
	if sent < 3 || sent > 50 {
		t.Errorf("%d messages of 4 MiB fit into 200 MiB", sent)
	}
	app, err := os.ReadFile(filepath.Join(s.Dir, "config/smtpd-app.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	port := regexp.MustCompile(`(id: out, connection: \{ server: 127.0.0.1, port: )\d+`)
	s.Files(map[string]string{"config/smtpd-app.yaml": port.ReplaceAllString(string(app), fmt.Sprintf("${1}%d", hop.Port))})
	s.Logged("reloaded")
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(s.Text())
		}
	})
	hop.Wait(t, sent)
	s.Stop()
}

// TestHangingHop: a next hop that accepts the connection and says nothing holds
// up neither other mail nor the shutdown, and nothing is lost.
func TestHangingHop(t *testing.T) {
	t.Parallel()
	hang := servertest.NewHop(t)
	blocked := make(chan struct{})
	hang.Refuse = func(string) error { <-blocked; return nil }
	t.Cleanup(func() { close(blocked) })
	good := servertest.NewHop(t)
	s := workspace(t, good.Port, map[string]string{"hooks/queue/predelivery.hsl": fmt.Sprintf(`
if ($message["recipientaddress"]["domain"] == "hang.test") Try(["host" => "127.0.0.1", "port" => %d]);
Try();`, hang.Port)})
	s.Start("--drain", "1")
	s.MustSend("a@x.test", "b@hang.test", "Subject: stuck\r\n\r\nx\r\n")
	s.MustSend("a@x.test", "b@y.test", "Subject: free\r\n\r\nx\r\n")
	good.Wait(t, 1)
	begin := time.Now()
	s.Stop()
	if d := time.Since(begin); d > 8*time.Second {
		t.Errorf("the stop took %s", d)
	}
	s.Files(map[string]string{"hooks/queue/predelivery.hsl": "Try();"})
	s.Forget()
	s.Start()
	if mails := good.Wait(t, 2); !strings.Contains(mails[1], "Subject: stuck") {
		t.Errorf("got %q", mails[1])
	}
	s.Stop()
}

// TestTooBig: a message over the limit is refused, and the session goes on.
func TestTooBig(t *testing.T) {
	t.Parallel()
	next := servertest.NewHop(t)
	s := workspace(t, next.Port, nil)
	app, err := os.ReadFile(filepath.Join(s.Dir, "config/smtpd-app.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s.Files(map[string]string{"config/smtpd-app.yaml": strings.Replace(string(app), "eod: { hook: main }", "eod: { hook: main }, data: { maxsize: 1000 }", 1)})
	s.Start()
	c := s.Dial()
	defer c.Close()
	err = c.SendMail("a@x.test", []string{"b@y.test"}, strings.NewReader(strings.Repeat("0123456789\r\n", 200)))
	var se *gosmtp.SMTPError
	if !errors.As(err, &se) || se.Code != 552 {
		t.Errorf("got %v, want 552", err)
	}
	if err := c.Reset(); err != nil {
		t.Fatal(err)
	}
	if err := c.SendMail("a@x.test", []string{"b@y.test"}, strings.NewReader("small\r\n")); err != nil {
		t.Error(err)
	}
	next.Wait(t, 1)
	s.Stop()
}
