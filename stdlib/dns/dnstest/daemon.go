package dnstest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// start runs a daemon in the foreground until the test ends, and waits until it says
// that it is ready.
func start(t *testing.T, ready, program string, args ...string) error {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		program = filepath.Join("/usr/sbin", program)
	}
	r, w := io.Pipe()
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); _ = w.Close(); close(ended) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	up := make(chan string, 1)
	go func() {
		var log strings.Builder
		for s := bufio.NewScanner(r); s.Scan(); {
			if log.WriteString(s.Text() + "\n"); strings.Contains(s.Text(), ready) {
				up <- ""
				_, _ = io.Copy(io.Discard, r)
			}
		}
		up <- log.String()
	}()
	select {
	case log := <-up:
		if log != "" {
			return fmt.Errorf("%s ended:\n%s", program, log)
		}
		return nil
	case <-time.After(time.Minute):
		t.Fatalf("%s is not ready after a minute", program)
		return nil
	}
}

// daemon starts one that listens on a port, UDP and TCP. Another program may take the
// port before it: then the next one is tried.
func daemon(t *testing.T, ready, program, conf string, text func(port int) string, args ...string) int {
	t.Helper()
	var err error
	for range 5 {
		pc, ln := Ports(t)
		port := ln.Addr().(*net.TCPAddr).Port
		_, _ = pc.Close(), ln.Close()
		write(t, conf, text(port))
		if err = start(t, ready, program, append(args, "-c", conf)...); err == nil {
			return port
		}
	}
	t.Fatal(err)
	return 0
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// Ports listens on one port number of UDP and TCP. The kernel picks a number
// for one of them; another program may hold it in the other.
func Ports(t *testing.T) (net.PacketConn, net.Listener) {
	t.Helper()
	for try := 0; ; try++ {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		pc, err := net.ListenPacket("udp", ln.Addr().String())
		if err == nil {
			return pc, ln
		}
		_ = ln.Close()
		if try == 50 {
			t.Fatal(err)
		}
	}
}
