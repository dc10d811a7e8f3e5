package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/emersion/go-msgauth/dkim"
)

// limit bounds the whole demonstration.
const limit = 50 * time.Second

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: demo PATH-OF-HAWSERD")
		os.Exit(2)
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	if err := run(ctx, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
	fmt.Println("\nEverything above is true. The demonstration is over.")
}

func title(text string) { fmt.Printf("\n== %s\n", text) }

func indent(text string) {
	for line := range strings.SplitSeq(strings.TrimRight(text, "\r\n"), "\n") {
		fmt.Println("    " + strings.TrimRight(line, "\r"))
	}
}

func run(ctx context.Context, hawserd string) error {
	dir, err := os.MkdirTemp("", "hawser-demo")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	next, err := newSink()
	if err != nil {
		return err
	}
	defer next.close()
	port, err := freePort()
	if err != nil {
		return err
	}
	w := &sample{dir: dir, port: port, next: next.port}
	if err := w.write(); err != nil {
		return err
	}
	title("The hook, hooks/eod/main.hsl")
	indent(w.hook("first version"))
	srv, err := start(ctx, hawserd, dir)
	if err != nil {
		return err
	}
	defer srv.kill()

	title("A message by SMTP")
	if err := send(ctx, port, "A first message"); err != nil {
		return err
	}
	first, err := next.wait(ctx)
	if err != nil {
		return err
	}
	title("What the hook logged")
	line, err := srv.find(ctx, "first version saw")
	if err != nil {
		return err
	}
	indent(line)
	title("What arrived at the next hop")
	indent(first)
	title("Its signatures")
	if err := w.verify(first); err != nil {
		return err
	}

	title("The hook is edited while the server runs")
	edited := time.Now()
	if err := w.edit("second version"); err != nil {
		return err
	}
	if _, err := srv.find(ctx, "msg=reloaded"); err != nil {
		return err
	}
	fmt.Printf("    reloaded %d ms after the edit\n", time.Since(edited).Milliseconds())
	title("Another message")
	if err := send(ctx, port, "A second message"); err != nil {
		return err
	}
	second, err := next.wait(ctx)
	if err != nil {
		return err
	}
	want := "X-Demo: second version"
	if !strings.Contains(second, want) || !strings.Contains(first, "X-Demo: first version") {
		return fmt.Errorf("the second message was not made by the edited hook:\n%s", second)
	}
	title("Its new header")
	indent(want)
	return srv.stop()
}

// verify lets go-msgauth judge the signatures.
func (w *sample) verify(mail string) error {
	vs, err := dkim.VerifyWithOptions(strings.NewReader(mail), &dkim.VerifyOptions{LookupTXT: func(domain string) ([]string, error) {
		if r, ok := w.records[strings.TrimSuffix(domain, ".")]; ok {
			return []string{r}, nil
		}
		return nil, fmt.Errorf("no record %s", domain)
	}})
	if err != nil {
		return err
	}
	if len(vs) != 2 {
		return fmt.Errorf("the message has %d signatures, want 2", len(vs))
	}
	for i, v := range vs {
		if v.Err != nil {
			return fmt.Errorf("signature %d does not verify: %w", i+1, v.Err)
		}
		fmt.Printf("    %d: domain %s, %d header fields: verified by go-msgauth\n", i+1, v.Domain, len(v.HeaderKeys))
	}
	return nil
}

// server is the running hawserd.
type server struct {
	cmd   *exec.Cmd
	lines chan string
}

func start(ctx context.Context, hawserd, dir string) (*server, error) {
	s := &server{cmd: exec.CommandContext(ctx, hawserd, "-c", dir), lines: make(chan string, 1000)}
	log, err := s.cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := s.cmd.Start(); err != nil {
		return nil, err
	}
	go func() {
		defer close(s.lines)
		for sc := bufio.NewScanner(log); sc.Scan(); {
			s.lines <- sc.Text()
		}
	}()
	_, err = s.find(ctx, "ready")
	return s, err
}

// find reads the log up to a line with the text.
func (s *server) find(ctx context.Context, text string) (string, error) {
	var seen []string
	for {
		select {
		case l, ok := <-s.lines:
			if !ok {
				return "", fmt.Errorf("hawserd ended:\n%s", strings.Join(seen, "\n"))
			}
			if seen = append(seen, l); strings.Contains(l, text) {
				return l, nil
			}
		case <-ctx.Done():
			return "", fmt.Errorf("the log has no %q:\n%s", text, strings.Join(seen, "\n"))
		}
	}
}

func (s *server) kill() { _ = s.cmd.Process.Kill() }

func (s *server) stop() error {
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	for range s.lines { // until its end, as Wait asks
	}
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("hawserd: %w", err)
	}
	fmt.Println("\n    hawserd drained and left with exit code 0")
	return nil
}

// send speaks SMTP and prints the session.
func send(ctx context.Context, port int, subject string) error {
	nc, err := (&net.Dialer{}).DialContext(ctx, "tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		return err
	}
	defer nc.Close()
	nc.SetDeadline(time.Now().Add(limit))
	br := bufio.NewReader(nc)
	read := func() error {
		for {
			line, err := br.ReadString('\n')
			if err != nil {
				return err
			}
			fmt.Print("    S: " + strings.TrimRight(line, "\r\n") + "\n")
			if len(line) > 3 && line[3] == ' ' {
				if line[0] > '3' {
					return fmt.Errorf("the server refused: %s", strings.TrimSpace(line))
				}
				return nil
			}
		}
	}
	if err := read(); err != nil {
		return err
	}
	body := "From: Ann <ann@example.org>\r\nTo: bob@example.net\r\nSubject: " + subject + "\r\n\r\nHello Bob.\r\n."
	for _, cmd := range []string{"EHLO client.example.org", "MAIL FROM:<ann@example.org>", "RCPT TO:<bob@example.net>", "DATA", body, "QUIT"} {
		for line := range strings.SplitSeq(cmd, "\r\n") {
			fmt.Println("    C: " + line)
		}
		if _, err := io.WriteString(nc, cmd+"\r\n"); err != nil {
			return err
		}
		if err := read(); err != nil {
			return err
		}
	}
	return nil
}

func freePort() (int, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer ln.Close()
	return ln.Addr().(*net.TCPAddr).Port, nil
}

// edit saves the hook as editors do: beside it, then renamed.
func (w *sample) edit(version string) error {
	p := filepath.Join(w.dir, "hooks/eod/main.hsl")
	if err := os.WriteFile(p+".tmp", []byte(w.hook(version)), 0o600); err != nil {
		return err
	}
	return os.Rename(p+".tmp", p)
}
