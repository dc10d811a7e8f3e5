package vm_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hawser-mta/hawser/runtime/vm"
)

// content is a vm.FileStore with one file.
type content string

func (c content) ReadFile(name string) ([]byte, error) {
	if name != "list.txt" {
		return nil, fs.ErrNotExist
	}
	return []byte(c), nil
}

func (content) Open(string) (fs.File, error) { return nil, fs.ErrNotExist }

// shared runs programs one after the other, or at once, that share a host.
type shared struct {
	host *vm.Host
	out  bytes.Buffer
	mu   sync.Mutex
}

func newShared() *shared {
	s := &shared{}
	s.host = vm.DefaultHost(nil)
	s.host.Echo = func(_ *vm.Thread, text string) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.out.WriteString(text + "\n")
	}
	return s
}

func (s *shared) run(t *testing.T, src string, data any) {
	t.Helper()
	th := vm.New(image(t, src), s.host, vm.Limits{})
	th.Data = data
	if _, err := th.Run(t.Context()); err != nil {
		t.Error(err)
	}
}

func (s *shared) want(t *testing.T, want string) {
	t.Helper()
	if got := s.out.String(); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestCacheOfFile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		const src = `function f() { echo "f"; } cache ["namespace" => "file:list.txt", "ttl" => none] f();`
		for _, c := range []content{"a", "a", "b", "b", "a"} {
			s.host.Files = c
			s.run(t, src, nil)
			time.Sleep(2 * time.Second)
		}
		s.want(t, "f\nf\nf\n")
	})
}

func TestCacheExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		const src = `function f() { echo "f"; return 1; }
			cache ["ttl" => 10, "update_function" => function ($old, $new) { echo "update"; return $new; }] f();`
		for range 3 {
			s.run(t, src, nil)
			time.Sleep(6 * time.Second)
		}
		s.want(t, "f\nf\nupdate\n")
	})
}

// message is the Data of a run about a message.
type message string

func (m message) MessageID() string { return string(m) }

func TestCachePerMessage(t *testing.T) {
	t.Parallel()
	s := newShared()
	const src = `function f() { echo "f"; } cache ["per_message" => true] f(); cache ["per_message" => true] f();`
	for _, m := range []message{"a", "b", "a"} {
		s.run(t, src, m)
	}
	s.want(t, "f\nf\n")
}

// TestCacheWaits: of several runs that miss one entry, one computes it.
func TestCacheWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() { s.run(t, `function f() { echo "f"; sleep(1); } cache [] f();`, nil) })
		}
		wg.Wait()
		s.want(t, "f\n")
	})
}

// TestCacheCycle: two runs that would wait for each other do not.
func TestCacheCycle(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		const f = `function f() { sleep(1); return cache [] g(); } function g() { sleep(1); return cache [] f(); }`
		var wg sync.WaitGroup
		for _, call := range []string{"f()", "g()"} {
			wg.Go(func() {
				s.run(t, f+` try { cache [] `+call+`; echo "done"; } catch ($e) { echo "refused"; }`, nil)
			})
		}
		wg.Wait()
		if got := s.out.String(); !strings.Contains(got, "refused\n") {
			t.Errorf("got %q", got)
		}
	})
}

// TestCacheIsFreed: a run that is cancelled inside a cached call leaves nothing
// behind that others wait for.
func TestCacheIsFreed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newShared()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := vm.New(image(t, `function f() { sleep(60); } cache [] f();`), s.host, vm.Limits{}).Run(ctx)
		var cancelled *vm.CancelError
		if !errors.As(err, &cancelled) {
			t.Errorf("got %v", err)
		}
		s.run(t, `function f() { echo "f"; } cache [] f();`, nil)
		s.want(t, "f\n")
	})
}

func TestCacheStats(t *testing.T) {
	t.Parallel()
	s := newShared()
	const src = `function f($x) { echo $x; } foreach ([1, 1, 2, 3, 3, 3] as $x) cache ["size" => 2, "namespace" => "n"] f($x);`
	s.run(t, src, nil)
	want := vm.CacheStats{Bucket: "n\x00f", Size: 2, Max: 2, Hits: 3, Misses: 3, Evictions: 1}
	got := s.host.Shared.CacheStats()
	if len(got) != 1 || got[0] != want || got[0].HitRate() != 0.5 {
		t.Errorf("got %+v, want %+v", got, want)
	}
	s.host.Shared.ClearCache()
	s.run(t, src, nil)
	s.want(t, "1\n2\n3\n1\n2\n3\n")
}
