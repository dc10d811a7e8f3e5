package spool_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/spool"
	"go.uber.org/goleak"
)

// A store that has failed cannot be closed: its goroutines, and those that a write
// never returned to, stay until the process ends.
func TestMain(m *testing.M) {
	const pebble, own = "github.com/cockroachdb/pebble/v2", "github.com/hawser-mta/hawser/mta/spool"
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction(own+".(*life).park"),
		goleak.IgnoreAnyFunction(own+".(*life).apart.func1"),
		goleak.IgnoreAnyFunction(pebble+".(*DB).flush"),
		goleak.IgnoreAnyFunction(pebble+".(*DB).compact"),
		goleak.IgnoreAnyFunction(pebble+".(*DB).collectTableStats"),
		goleak.IgnoreAnyFunction(pebble+"/record.(*LogWriter).flushLoop"),
		goleak.IgnoreAnyFunction(own+".(*store).survey"),
		goleak.IgnoreAnyFunction(own+".(*journal).run"),
		goleak.IgnoreAnyFunction(pebble+".(*cleanupManager).mainLoop"),
		goleak.IgnoreAnyFunction(pebble+"/internal/genericcache.(*shard[...]).releaseLoop"),
		goleak.IgnoreAnyFunction(pebble+".(*ConcurrencyLimitScheduler).periodicGranter"),
	)
}

var quiet = slog.New(slog.DiscardHandler)

func plenty(string) (uint64, uint64, error) { return 1 << 40, 1 << 30, nil }

// options use a file system in memory.
func options(fs vfs.FS) spool.Options {
	return spool.Options{Paths: []spool.Path{{Path: "s"}}, Segment: 64 << 10, Logger: quiet, Free: plenty, FS: func(string) vfs.FS { return fs }}
}

func open(t testing.TB, o spool.Options) *spool.Spool {
	t.Helper()
	s, err := spool.Open(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closed(t testing.TB, s *spool.Spool) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func unit(tx string, n int) *spool.Unit {
	return &spool.Unit{
		Transaction: tx, Queue: n, Sender: address.Address{Local: "s", Domain: "x.org"},
		Recipient: address.Address{Local: fmt.Sprint("r", n), Domain: "y.org"}, Received: time.Unix(1000, 0).UTC(),
		Metadata: map[string]string{"k": "v"}, Patch: message.Patch{{Start: 0, Count: 1, Data: []byte("\x00\xff")}},
	}
}

func recovered(t testing.TB, s *spool.Spool) map[string]*spool.Unit {
	t.Helper()
	var mu sync.Mutex
	out := map[string]*spool.Unit{}
	if err := s.Recover(func(units []*spool.Unit) error {
		mu.Lock()
		defer mu.Unlock()
		for _, u := range units {
			if out[u.ID()] != nil {
				t.Errorf("%s is there twice", u.ID())
			}
			whole, err := s.Load(u.Path, u.Transaction, u.Queue)
			if err != nil {
				return err
			}
			brief := *whole
			brief.SenderParams, brief.RcptParam, brief.Metadata, brief.Patch = nil, nil, nil, nil
			if diff := cmp.Diff(&brief, u); diff != "" {
				t.Errorf("%s (-loaded +recovered):\n%s", u.ID(), diff)
			}
			out[u.ID()] = whole
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestRecoverApart: a unit has nothing of the one that was in its place before, within a
// range of keys (more than one batch) and in the next one.
func TestRecoverApart(t *testing.T) {
	t.Parallel()
	o := spool.Options{Paths: []spool.Path{{Path: t.TempDir()}}, Logger: quiet, Readers: 1}
	s := open(t, o)
	const each = 600
	for _, c := range []struct {
		tx   string
		full bool
	}{{"a", true}, {"b", false}} {
		units := make([]*spool.Unit, each)
		for i := range units {
			u := unit(c.tx, i+1)
			if c.full && i < each/2 {
				u.Quotas, u.DSN.Notify, u.Hold, u.Due, u.Status = []string{"q"}, []string{"NEVER"}, true, time.Unix(5000, 0), "later"
			}
			units[i] = u
		}
		if err := s.Put(t.Context(), message.Bytes(nil), units); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, s)
	s = open(t, o)
	defer closed(t, s)
	if got := recovered(t, s); len(got) != 2*each { // it compares with what Load gives
		t.Errorf("%d units", len(got))
	}
}

func text(t testing.TB, s *spool.Spool, u *spool.Unit) string {
	t.Helper()
	src, err := s.Content(u)
	if err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(message.Reader(src))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestLife(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	s := open(t, options(fs))
	u1, u2 := unit("t", 1), unit("t", 2)
	if err := s.Put(t.Context(), message.Bytes([]byte("content")), []*spool.Unit{u1, u2}); err != nil {
		t.Fatal(err)
	}
	u1.Retry, u1.Due = 3, time.Unix(2000, 0).UTC()
	if err := s.Update(u1); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Load(0, "t", 1); err != nil || cmp.Diff(u1, got) != "" {
		t.Errorf("(-want +got)\n%s %v", cmp.Diff(u1, got), err)
	}
	closed(t, s)

	s = open(t, options(fs))
	if d := cmp.Diff(map[string]*spool.Unit{"t:1": u1, "t:2": u2}, recovered(t, s)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if err := s.Remove(u1); err != nil {
		t.Fatal(err)
	}
	if got := text(t, s, u2); got != "content" {
		t.Errorf("got %q after the other unit went", got)
	}
	if err := s.Remove(u2); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Content(u2); !errors.Is(err, spool.ErrMissing) {
		t.Errorf("content is left behind: %v", err)
	}
	closed(t, s)
	s = open(t, options(fs))
	defer closed(t, s)
	if got := recovered(t, s); len(got) != 0 {
		t.Errorf("%d units came back", len(got))
	}
}

// TestPowerCut clones the disk as after a power cut at random moments: what was
// acknowledged before is there, whole.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	s := open(t, options(fs))
	defer closed(t, s)
	rng := rand.New(rand.NewPCG(1, 2))
	stored := map[string]string{}
	for i := range 60 {
		tx := fmt.Sprintf("t%d", i)
		body := strings.Repeat(tx+" ", 1+rng.IntN(100_000))
		if err := s.Put(t.Context(), message.Bytes([]byte(body)), []*spool.Unit{unit(tx, 1)}); err != nil {
			t.Fatal(err)
		}
		stored[tx] = body
		if i%7 == 3 {
			gone := fmt.Sprintf("t%d", rng.IntN(i))
			if _, ok := stored[gone]; ok {
				if err := s.Remove(unit(gone, 1)); err != nil {
					t.Fatal(err)
				}
				delete(stored, gone)
			}
		}
		if i%10 != 9 {
			continue
		}
		clone := open(t, options(fs.CrashClone(vfs.CrashCloneCfg{UnsyncedDataPercent: 50, RNG: rng})))
		units := recovered(t, clone)
		if len(units) != len(stored) {
			t.Fatalf("after %d messages %d units are left of %d", i+1, len(units), len(stored))
		}
		for _, u := range units {
			if text(t, clone, u) != stored[u.Transaction] {
				t.Fatalf("content of %s differs", u.ID())
			}
		}
		closed(t, clone)
	}
}

// TestCutShort: a Put that did not end leaves nothing behind.
func TestCutShort(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	s := open(t, options(fs))
	broken := &failing{message.Bytes(make([]byte, 5<<20)), 4 << 20}
	if err := s.Put(t.Context(), broken, []*spool.Unit{unit("t", 1)}); err == nil {
		t.Fatal("a content that cannot be read was stored")
	}
	closed(t, s)
	s = open(t, options(fs))
	if got := recovered(t, s); len(got) != 0 {
		t.Errorf("%d units", len(got))
	}
	closed(t, s)
	s = open(t, options(fs))
	defer closed(t, s)
	if _, err := s.Content(unit("t", 1)); !errors.Is(err, spool.ErrMissing) {
		t.Errorf("content is left behind: %v", err)
	}
}

type failing struct {
	message.Source
	from int64
}

func (f *failing) ReadAt(p []byte, off int64) (int, error) {
	if off >= f.from {
		return 0, errors.New("disk error")
	}
	return f.Source.ReadAt(p, off)
}

// TestWriteErrors: when writes fail, Put fails, the process lives, and another
// path takes over.
func TestWriteErrors(t *testing.T) {
	t.Parallel()
	var broken atomic.Bool
	inject := errorfs.InjectorFunc(func(op errorfs.Op) error {
		if broken.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return errorfs.ErrInjected
		}
		return nil
	})
	good := vfs.NewMem()
	o := options(nil)
	o.Paths = []spool.Path{{Path: "bad", Weight: 100}, {Path: "good"}}
	o.FS = func(path string) vfs.FS {
		if path == "bad" {
			return errorfs.Wrap(vfs.NewMem(), inject)
		}
		return good
	}
	s := open(t, o)
	broken.Store(true)
	u := unit("t", 1)
	if err := s.Put(t.Context(), message.Bytes([]byte("x")), []*spool.Unit{u}); err != nil || u.Path != 1 {
		t.Errorf("path %d, %v; want the good one", u.Path, err)
	}
	if err := s.Put(t.Context(), message.Bytes([]byte("x")), []*spool.Unit{unit("t2", 1)}); err != nil {
		t.Error(err)
	}
	closed(t, s)
}

func TestCorruptRecord(t *testing.T) {
	t.Parallel()
	for _, mode := range []string{spool.CorruptIgnore, spool.CorruptUnlink, spool.CorruptRename} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			o := spool.Options{Paths: []spool.Path{{Path: dir}}, Logger: quiet, Free: plenty, Corrupt: mode}
			s := open(t, o)
			for i := range 3 {
				if err := s.Put(t.Context(), message.Bytes([]byte("x")), []*spool.Unit{unit(fmt.Sprint("t", i), 1)}); err != nil {
					t.Fatal(err)
				}
			}
			if err := spool.Damage(s, "t1", 1); err != nil {
				t.Fatal(err)
			}
			closed(t, s)
			for range 2 {
				s = open(t, o)
				if got := recovered(t, s); len(got) != 2 {
					t.Errorf("%d units, want the 2 whole ones", len(got))
				}
				closed(t, s)
			}
			kept, _ := os.ReadDir(dir + "/corrupt")
			if want := map[bool]int{true: 1}[mode == spool.CorruptRename]; len(kept) != want {
				t.Errorf("%d files in corrupt, want %d", len(kept), want)
			}
		})
	}
}

func TestFull(t *testing.T) {
	t.Parallel()
	o := options(vfs.NewMem())
	o.MinBytes, o.Free = 100, func(string) (uint64, uint64, error) { return 99, 1 << 30, nil }
	s := open(t, o)
	defer closed(t, s)
	if err := s.Put(t.Context(), message.Bytes(nil), []*spool.Unit{unit("t", 1)}); !errors.Is(err, spool.ErrFull) || !errors.Is(s.Ready(), spool.ErrFull) {
		t.Errorf("got %v", err)
	}
}

func TestWeights(t *testing.T) {
	t.Parallel()
	o := options(nil)
	o.Paths = []spool.Path{{Path: "a", Weight: 3}, {Path: "b", Weight: 1}}
	mems := map[string]vfs.FS{"a": vfs.NewMem(), "b": vfs.NewMem()}
	o.FS = func(p string) vfs.FS { return mems[p] }
	s := open(t, o)
	defer closed(t, s)
	var count [2]int
	for i := range 40 {
		u := unit(fmt.Sprint("t", i), 1)
		if err := s.Put(t.Context(), message.Bytes([]byte("x")), []*spool.Unit{u}); err != nil {
			t.Fatal(err)
		}
		count[u.Path]++
	}
	if count != [2]int{30, 10} {
		t.Errorf("got %v, want 30 and 10", count)
	}
}

// TestRandomAccess reads a message of several chunks at random places.
func TestRandomAccess(t *testing.T) {
	t.Parallel()
	s := open(t, options(vfs.NewMem()))
	defer closed(t, s)
	raw := make([]byte, 1<<20+7)
	for i := range raw {
		raw[i] = byte(i * 7 / 3)
	}
	u := unit("t", 1)
	if err := s.Put(t.Context(), message.Bytes(raw), []*spool.Unit{u}); err != nil {
		t.Fatal(err)
	}
	src, err := s.Content(u)
	if err != nil || src.Size() != int64(len(raw)) {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 1))
	for range 200 {
		at := rng.IntN(len(raw))
		got := make([]byte, rng.IntN(600_000))
		n, err := src.ReadAt(got, int64(at))
		if err != nil && err != io.EOF || !bytes.Equal(got[:n], raw[at:at+n]) || n < min(len(got), len(raw)-at) {
			t.Fatalf("at %d: %d bytes, %v", at, n, err)
		}
	}
}
