package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"hawserbench": main})
}

// TestPrograms runs the program runs of testdata: `exits CODE hawserbench …` asserts
// the exit code, `freeport NAME` sets a variable to a free address of loopback, and
// `listening ADDR` waits until one listens there.
func TestPrograms(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{Dir: "testdata", Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
		"exits": func(ts *testscript.TestScript, _ bool, args []string) {
			got := 0
			if err := ts.Exec(args[1], args[2:]...); err != nil {
				var exit *exec.ExitError
				if !errors.As(err, &exit) {
					ts.Fatalf("%s: %v", args[1], err)
				}
				got = exit.ExitCode()
			}
			if strconv.Itoa(got) != args[0] {
				ts.Fatalf("exit code %d, want %s", got, args[0])
			}
		},
		"freeport": func(ts *testscript.TestScript, _ bool, args []string) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			ts.Check(err)
			ts.Setenv(args[0], ln.Addr().String())
			ts.Check(ln.Close())
		},
		"listening": func(ts *testscript.TestScript, _ bool, args []string) {
			for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
				nc, err := net.Dial("tcp", args[0])
				if err == nil {
					ts.Check(nc.Close())
					return
				}
				if time.Now().After(end) {
					ts.Fatalf("nobody listens on %s", args[0])
				}
			}
		},
	}})
}

// TestBenchMTA runs scripts/bench-mta.sh with a few messages: Postfix, hawserd and
// the server that discards start, take and relay them, and nothing is left behind.
func TestBenchMTA(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Fatal("this test starts Postfix and needs root")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	bin, dir := t.TempDir(), t.TempDir()
	for d := dir; d != "/" && strings.HasPrefix(d, os.TempDir()+"/"); d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil { // Postfix has a user of its own
			t.Fatal(err)
		}
	}
	build := exec.CommandContext(t.Context(), "go", "build", "-o", bin+"/", "./cmd/hawserd", "./cmd/hawserbench")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	csv := filepath.Join(bin, "results")
	out, err := exec.CommandContext(t.Context(), filepath.Join(root, "scripts/bench-mta.sh"), "--rounds", "1", "--messages", "40", "--clients", "4",
		"--bin", bin, "--dir", dir, "--csv", csv).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	const figure, ratio = ` \d+ \|`, ` \d+\.\d\d \(\d+\.\d\d–\d+\.\d\d\) \|`
	for _, row := range []string{`PIPELINING \|` + strings.Repeat(figure, 3) + strings.Repeat(ratio, 2),
		`a command at a time \|` + strings.Repeat(figure, 3) + strings.Repeat(ratio, 2),
		`one message per connection \|` + strings.Repeat(figure, 3) + strings.Repeat(ratio, 2),
		`relay end to end \|` + strings.Repeat(figure, 2) + ` - \|` + ratio + ` - \|`} {
		if !regexp.MustCompile(row).Match(out) {
			t.Errorf("%s is missing in\n%s", row, out)
		}
	}
	if b, err := os.ReadFile(csv); err != nil || strings.Count(string(b), "\n") != 11 {
		t.Errorf("the results are %q (%v)", b, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("%v is left behind (%v)", left, err)
	}
	ps, err := exec.CommandContext(t.Context(), "ps", "-eo", "args").Output()
	if err != nil || strings.Contains(string(ps), dir) {
		t.Errorf("processes are left behind (%v):\n%s", err, ps)
	}
}

// TestTable: medians of rates, and of the ratios of rounds.
func TestTable(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "awk", "-F,", "-f", "../../scripts/bench-mta.awk")
	var in strings.Builder
	for round, rates := range [][3]float64{{100, 10, 200}, {300, 20, 400}, {80, 16, 100}, {90, 10, 100}} {
		for i, who := range []string{"hawser", "postfix", "discard"} {
			fmt.Fprintf(&in, "accept-kept,%s,%d,%.1f\n", who, round+1, rates[i])
		}
	}
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.CombinedOutput()
	if want := "| durable acceptance, a command at a time | 95 | 13 | 150 | 9.50 (5.00–15.00) | 0.78 (0.50–0.90) |\n"; err != nil || !strings.HasSuffix(string(out), want) {
		t.Errorf("%v: got\n%s, want\n%s", err, out, want)
	}
}
