package servertest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
)

var programs string // directory of those that were built

// Main is TestMain of a package below cmd: it builds programs, by their names, once
// and runs the tests.
func Main(m *testing.M, names ...string) {
	dir, err := os.MkdirTemp("", "programs")
	if err != nil {
		panic(err)
	}
	programs = dir
	args := []string{"build", "-o", dir + "/"}
	for _, name := range names {
		args = append(args, "../"+name)
	}
	if out, err := exec.Command("go", args...).CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build: %v\n%s", err, out)
		os.RemoveAll(dir)
		os.Exit(1)
	}
	code := m.Run()
	os.RemoveAll(dir)
	os.Exit(code)
}

// Program returns the path of a program that Main has built.
func Program(name string) string { return filepath.Join(programs, name) }

// lastPort is where FreePort goes on; packages that are tested at the same time
// begin in different places.
var lastPort atomic.Int32

// FreePort returns a port that nothing listens on, from below the range that the
// kernel hands out by itself: there another test could get it before the server
// that it is meant for.
func FreePort(t testing.TB) int {
	t.Helper()
	for range 1000 {
		port := 12000 + (os.Getpid()*37+int(lastPort.Add(1)))%20000
		if ln, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			_ = ln.Close()
			return port
		}
	}
	t.Fatal("no free port")
	return 0
}

// Write puts files below a directory.
func Write(t testing.TB, dir string, files map[string]string) {
	t.Helper()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		// As editors do: write beside it, then rename.
		if err := os.WriteFile(p+".new", []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(p+".new", p); err != nil {
			t.Fatal(err)
		}
	}
}
