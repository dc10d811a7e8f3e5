package main_test

import (
	"fmt"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// TestSlack: all threads of a server have its timer slack, the process is the one that was
// started, with its arguments; a slack that somebody chose stays.
func TestSlack(t *testing.T) {
	t.Parallel()
	if os.Getuid() != 0 {
		t.Fatal("the kernel shows the timer slack of other threads to root only")
	}
	if runtime.GOMAXPROCS(0) == 1 {
		t.Fatal("with one processor there is nothing to see")
	}
	for given, want := range map[uintptr]string{50_000: "1000000", 70_000: "70000"} {
		t.Run(want, func(t *testing.T) {
			s := workspace(t, 1, nil)
			runtime.LockOSThread() // a process gets the slack of the thread that starts it
			if err := unix.Prctl(unix.PR_SET_TIMERSLACK, given, 0, 0, 0); err != nil {
				t.Fatal(err)
			}
			s.Start("--log-format", "json")
			_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 0, 0, 0, 0) // as it was
			runtime.UnlockOSThread()
			tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", s.Cmd.Process.Pid))
			if err != nil || len(tasks) < 3 {
				t.Fatal(tasks, err)
			}
			for _, task := range tasks {
				got, err := os.ReadFile("/proc/" + task.Name() + "/timerslack_ns")
				if err != nil || strings.TrimSpace(string(got)) != want {
					t.Errorf("thread %s: %s, want %s (%v)", task.Name(), got, want, err)
				}
			}
			args, err := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", s.Cmd.Process.Pid))
			if got := strings.Split(strings.TrimSuffix(string(args), "\x00"), "\x00"); !slices.Equal(got, s.Cmd.Args) {
				t.Errorf("arguments %q, want %q (%v)", got, s.Cmd.Args, err)
			}
			if got := s.proc("comm", ".*"); got != "hawserd" {
				t.Errorf("name %q", got)
			}
			s.Stop()
		})
	}
}
