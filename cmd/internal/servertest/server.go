package servertest

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	gosmtp "github.com/emersion/go-smtp"
)

// bound is how long anything here may take on a busy machine.
const bound = time.Minute

// Server is a hawserd, running or not.
type Server struct {
	T    *testing.T
	Dir  string   // its workspace
	Port int      // one for its listener, on 127.0.0.1
	Env  []string // besides that of the test
	Cmd  *exec.Cmd

	mu  sync.Mutex
	log bytes.Buffer
}

// New returns a server with an empty workspace and a port.
func New(t *testing.T) *Server {
	t.Helper()
	return &Server{T: t, Dir: t.TempDir(), Port: FreePort(t)}
}

// Write takes the log.
func (s *Server) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

// Text returns the log.
func (s *Server) Text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// Forget empties the log.
func (s *Server) Forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log.Reset()
}

// Until waits for a condition.
func (s *Server) Until(what string, ok func() bool) {
	s.T.Helper()
	limit, tick := time.After(bound), time.NewTicker(10*time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-tick.C:
		case <-limit:
			s.T.Fatalf("%s: not within %s\n%s", what, bound, s.Text())
		}
	}
}

// Logged waits until the log has a text.
func (s *Server) Logged(want string) {
	s.T.Helper()
	s.Until(fmt.Sprintf("%q in the log", want), func() bool { return strings.Contains(s.Text(), want) })
}

// Files puts files into the workspace.
func (s *Server) Files(files map[string]string) {
	s.T.Helper()
	Write(s.T, s.Dir, files)
}

// Start runs the server until the test ends, and waits until it is ready.
func (s *Server) Start(args ...string) {
	s.T.Helper()
	c := exec.Command(Program("hawserd"), append([]string{"-c", s.Dir, "--drain", "10"}, args...)...)
	c.Stderr, c.Env = s, append(os.Environ(), s.Env...)
	if err := c.Start(); err != nil {
		s.T.Fatal(err)
	}
	s.Cmd = c
	s.T.Cleanup(func() {
		if c.ProcessState == nil {
			_ = c.Process.Kill()
			_ = c.Wait()
		}
	})
	s.Logged("ready\n")
}

// Stop drains the server, which must leave with 0.
func (s *Server) Stop() {
	s.T.Helper()
	_ = s.Cmd.Process.Signal(syscall.SIGTERM)
	if err := s.Cmd.Wait(); err != nil {
		s.T.Errorf("hawserd: %v\n%s", err, s.Text())
	}
}

// Kill ends the server at once.
func (s *Server) Kill() {
	_ = s.Cmd.Process.Kill()
	_ = s.Cmd.Wait()
}

// Dial connects to the server.
func (s *Server) Dial() *gosmtp.Client {
	s.T.Helper()
	c, err := gosmtp.Dial(fmt.Sprintf("127.0.0.1:%d", s.Port))
	if err != nil {
		s.T.Fatal(err)
	}
	return c
}

// Send hands a message over. It may run beside the test.
func (s *Server) Send(from, to, text string) error {
	c, err := gosmtp.Dial(fmt.Sprintf("127.0.0.1:%d", s.Port))
	if err != nil {
		return err
	}
	defer c.Close()
	return c.SendMail(from, []string{to}, strings.NewReader(text))
}

// MustSend hands over a message that the server must take.
func (s *Server) MustSend(from, to, text string) {
	s.T.Helper()
	if err := s.Send(from, to, text); err != nil {
		s.T.Fatalf("%v\n%s", err, s.Text())
	}
}
