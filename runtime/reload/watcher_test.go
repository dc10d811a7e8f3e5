package reload_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/runtime/reload"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// watch counts builds; each sends what file() reads.
func watch(t *testing.T, dir string, rescan time.Duration) (builds chan string, now chan struct{}) {
	t.Helper()
	builds, now = make(chan string, 1000), make(chan struct{})
	w := &reload.Watcher{Dirs: []string{dir}, Now: now, Rescan: rescan, Logger: slog.New(slog.DiscardHandler), Build: func(context.Context) {
		b, _ := os.ReadFile(filepath.Join(dir, "a"))
		builds <- string(b)
	}}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	now <- struct{}{} // the watcher is up when it has built once
	<-builds
	return builds, now
}

// expect waits for a build that sees the text.
func expect(t *testing.T, builds chan string, want string) int {
	t.Helper()
	limit := time.After(5 * time.Second)
	for n := 1; ; n++ {
		select {
		case got := <-builds:
			if got == want {
				return n
			}
		case <-limit:
			t.Fatalf("no build saw %q", want)
		}
	}
}

func TestChanges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		change func(t *testing.T, parent, dir string)
	}{
		{"written in place", func(t *testing.T, _, dir string) { write(t, filepath.Join(dir, "a"), "new") }},
		{"saved by rename", func(t *testing.T, _, dir string) {
			write(t, filepath.Join(dir, ".a.tmp"), "new")
			if err := os.Rename(filepath.Join(dir, ".a.tmp"), filepath.Join(dir, "a")); err != nil {
				t.Fatal(err)
			}
		}},
		{"burst of a thousand events", func(t *testing.T, _, dir string) {
			for i := range 1000 {
				write(t, filepath.Join(dir, "a"), fmt.Sprint(i))
			}
			write(t, filepath.Join(dir, "a"), "new")
		}},
		{"moved link", func(t *testing.T, parent, dir string) {
			next := filepath.Join(parent, "v2")
			if err := os.Mkdir(next, 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(next, "a"), "new")
			if err := os.Symlink(next, filepath.Join(parent, "tmp")); err != nil {
				t.Fatal(err)
			}
			if err := os.Rename(filepath.Join(parent, "tmp"), dir); err != nil {
				t.Fatal(err)
			}
		}},
		{"in a new folder", func(t *testing.T, _, dir string) {
			if err := os.Mkdir(filepath.Join(dir, "sub"), 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(dir, "a"), "new")
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			parent := t.TempDir()
			v1, dir := filepath.Join(parent, "v1"), filepath.Join(parent, "current")
			if err := os.Mkdir(v1, 0o700); err != nil {
				t.Fatal(err)
			}
			write(t, filepath.Join(v1, "a"), "old")
			if err := os.Symlink(v1, dir); err != nil {
				t.Fatal(err)
			}
			builds, _ := watch(t, dir, time.Hour)
			c.change(t, parent, dir)
			if n := expect(t, builds, "new"); n > 50 {
				t.Errorf("%d builds for one change", n)
			}
		})
	}
}

// TestRescan: changes without events are found too.
func TestRescan(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	builds, now := watch(t, dir, 20*time.Millisecond)
	expect(t, builds, "")
	now <- struct{}{}
	expect(t, builds, "")
}
