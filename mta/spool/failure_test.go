package spool_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/spool"
)

// TestFailureUnderLoad: a disk that begins to fail under many writers fails
// every later Put and hangs none; what was acknowledged survives.
func TestFailureUnderLoad(t *testing.T) {
	t.Parallel()
	disk := vfs.NewCrashableMem()
	var broken atomic.Bool
	inject := errorfs.InjectorFunc(func(op errorfs.Op) error {
		if broken.Load() && op.Kind.ReadOrWrite() == errorfs.OpIsWrite {
			return errorfs.ErrInjected
		}
		return nil
	})
	s := open(t, options(errorfs.Wrap(disk, inject)))
	defer closed(t, s)
	var stored, failed sync.Map
	var count atomic.Int64
	var all sync.WaitGroup
	for w := range 20 {
		all.Go(func() {
			for i := 0; ; i++ {
				tx := fmt.Sprintf("t%d.%d", w, i)
				if err := s.Put(t.Context(), message.Bytes([]byte(tx)), []*spool.Unit{unit(tx, 1)}); err != nil {
					failed.Store(w, err)
					return
				}
				stored.Store(tx, true)
				if count.Add(1) == 500 {
					broken.Store(true)
				}
			}
		})
	}
	done := make(chan struct{})
	go func() { all.Wait(); close(done) }()
	select {
	case <-done:
	case <-time.After(time.Minute):
		t.Fatal("a Put hangs")
	}
	if s.Ready() == nil {
		t.Error("a failed store says that it is ready")
	}
	clone := open(t, options(disk.CrashClone(vfs.CrashCloneCfg{})))
	defer closed(t, clone)
	units := recovered(t, clone)
	stored.Range(func(tx, _ any) bool {
		u := units[tx.(string)+":1"]
		if u == nil {
			t.Errorf("%s was acknowledged and is lost", tx)
		} else if got := text(t, clone, u); got != tx {
			t.Errorf("content of %s is %q", tx, got)
		}
		return true
	})
}

// TestGarbage: a Put that fails after part of its content was written ahead
// leaves no key behind, without a restart.
func TestGarbage(t *testing.T) {
	t.Parallel()
	s := open(t, options(vfs.NewMem()))
	defer closed(t, s)
	broken := &failing{message.Bytes(make([]byte, 5<<20)), 4 << 20}
	if err := s.Put(t.Context(), broken, []*spool.Unit{unit("t", 1)}); err == nil {
		t.Fatal("a content that cannot be read was stored")
	}
	if n, err := spool.Keys(s, "t"); n != 0 || err != nil {
		t.Errorf("%d keys are left, %v", n, err)
	}
	put(t, s, "behind", "x")
	var live int64
	for _, g := range spool.Segments(s) {
		live += g.Live
	}
	t.Log(spool.Segments(s))
	if live != 1 {
		t.Errorf("%d bytes count as needed, want 1", live)
	}
}

// zeros is a large content that takes no memory itself.
type zeros int64

func (z zeros) Size() int64 { return int64(z) }

func (z zeros) ReadAt(p []byte, off int64) (int, error) {
	n := min(int64(len(p)), int64(z)-off)
	clear(p[:n])
	return int(n), nil
}

// TestLargeInBoundedMemory stores and reads 256 MiB on a real disk. Pebble itself
// keeps up to four tables of 32 MiB in memory.
func TestLargeInBoundedMemory(t *testing.T) {
	s := open(t, spool.Options{Paths: []spool.Path{{Path: t.TempDir()}}, Logger: quiet, Free: plenty})
	defer closed(t, s)
	var before, now runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	peak := uint64(0)
	look := func() {
		runtime.GC()
		runtime.ReadMemStats(&now)
		peak = max(peak, now.HeapAlloc)
	}
	const size = 256 << 20
	src := &watched{zeros(size), look}
	if err := s.Put(t.Context(), src, []*spool.Unit{unit("t", 1)}); err != nil {
		t.Fatal(err)
	}
	out, err := s.Content(unit("t", 1))
	if err != nil || out.Size() != size {
		t.Fatal(err)
	}
	buf := make([]byte, 64<<10)
	for off := int64(0); off < size; off += 16 << 20 {
		if _, err := out.ReadAt(buf, off); err != nil {
			t.Fatal(err)
		}
		look()
	}
	if grown := int64(peak) - int64(before.HeapAlloc); grown > 192<<20 {
		t.Errorf("the heap grew by %d MiB", grown>>20)
	}
}

// watched looks at memory now and then.
type watched struct {
	zeros
	look func()
}

func (w *watched) ReadAt(p []byte, off int64) (int, error) {
	if off%(16<<20) == 0 {
		w.look()
	}
	return w.zeros.ReadAt(p, off)
}

func TestNewerFormat(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	s := open(t, options(fs))
	if err := spool.SetFormat(s, 200); err != nil {
		t.Fatal(err)
	}
	closed(t, s)
	if _, err := spool.Open(options(fs)); err == nil || !strings.Contains(err.Error(), "format 200, this version knows up to 4") {
		t.Fatalf("got %v", err)
	}
}

// TestRecoverStops: an error of the caller ends the reading.
func TestRecoverStops(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	o := options(fs)
	o.Readers = 4
	s := open(t, o)
	for i := range 2000 {
		if err := s.Put(t.Context(), message.Bytes([]byte("x")), []*spool.Unit{unit(fmt.Sprint("t", i), 1)}); err != nil {
			t.Fatal(err)
		}
	}
	closed(t, s)
	s = open(t, o)
	if got := recovered(t, s); len(got) != 2000 {
		t.Errorf("%d units", len(got))
	}
	closed(t, s)
	s = open(t, o)
	defer closed(t, s)
	stop := errors.New("stop")
	var n atomic.Int64
	if err := s.Recover(func([]*spool.Unit) error { n.Add(1); return stop }); !errors.Is(err, stop) || n.Load() > 4 {
		t.Errorf("%v after %d calls", err, n.Load())
	}
}
