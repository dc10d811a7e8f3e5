package spool_test

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/spool"
)

// faulty injects an error into the n-th operation that writes, and into all that
// follow when it lasts, until it is well.
type faulty struct {
	n     int64
	err   error
	lasts bool
	count atomic.Int64
	well  atomic.Bool
}

func (f *faulty) String() string { return "faulty" }

func (f *faulty) MaybeError(op errorfs.Op) error {
	if op.Kind.ReadOrWrite() != errorfs.OpIsWrite || f.well.Load() {
		return nil
	}
	if n := f.count.Add(1); n == f.n || f.lasts && n > f.n {
		return f.err
	}
	return nil
}

// pair is a spool of a path with faults and, unless alone, a good one.
func pair(f *faulty, alone bool) spool.Options {
	bad, good := errorfs.Wrap(vfs.NewMem(), f), vfs.NewMem()
	o := options(nil)
	o.Retry = time.Millisecond
	o.Paths = []spool.Path{{Path: "bad", Weight: 3}, {Path: "good"}}
	if alone {
		o.Paths = o.Paths[:1]
	}
	o.FS = func(path string) vfs.FS {
		if path == "bad" {
			return bad
		}
		return good
	}
	return o
}

// until waits for a condition.
func until(t testing.TB, what string, f func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !f(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited a minute for %s", what)
		}
	}
}

func ok(s *spool.Spool) bool {
	for _, st := range s.Status() {
		if st.State != spool.OK {
			return false
		}
	}
	return true
}

// scenario does what a server does with a spool, and returns what it was told of
// the units. Errors of updates and removals are repeated when all is well again,
// as the queue does; errors of Put leave nothing.
func scenario(t *testing.T, s *spool.Spool, f *faulty, alone bool) (want map[string]int, refused int) {
	t.Helper()
	want = map[string]int{}
	var units []*spool.Unit
	var later []func() error
	rng := rand.New(rand.NewPCG(5, 6))
	if err := s.Recover(func([]*spool.Unit) error { return nil }); err != nil && !errors.Is(err, spool.ErrFailed) {
		t.Error(err)
	}
	try := func(f func() error) {
		if f() != nil {
			later = append(later, f)
		}
	}
	for i := range 6 {
		tx := fmt.Sprint("t", i)
		size := 100
		if i == 2 { // parts of it go ahead
			size = 1100 << 10
		}
		u := unit(tx, 1)
		err := s.Put(t.Context(), message.Bytes([]byte(strings.Repeat(tx, size/2))), []*spool.Unit{u})
		switch {
		case err == nil:
			units = append(units, u)
			want[u.ID()] = 0
		case !alone:
			t.Errorf("the other path did not go on: %v", err)
		default:
			refused++
		}
		if i == 4 {
			_ = spool.Flush(s)
		}
		if len(units) > 1 && i%2 == 1 {
			x := units[0]
			units = units[1:]
			delete(want, x.ID())
			try(func() error { return s.Remove(x) })
			y := units[rng.IntN(len(units))]
			y.Retry++
			want[y.ID()] = y.Retry
			now := *y
			try(func() error {
				if _, there := want[now.ID()]; !there {
					return nil // removed meanwhile
				}
				return s.Update(&now)
			})
		}
	}
	f.well.Store(true)
	until(t, "the paths to be well", func() bool { return ok(s) })
	for _, f := range later {
		if err := f(); err != nil {
			t.Errorf("again: %v", err)
		}
	}
	return want, refused
}

// TestEveryFault: whichever write of a path fails, with whatever error, once or
// from then on: with another path no Put fails; what a Put refused is nowhere
// later, what it took is there once, whole; and the path is opened again.
func TestEveryFault(t *testing.T) {
	t.Parallel()
	for _, alone := range []bool{false, true} {
		none := &faulty{}
		s := open(t, pair(none, alone))
		scenario(t, s, none, alone)
		closed(t, s)
		total := none.count.Load()
		if total < 30 {
			t.Fatalf("only %d writes", total)
		}
		t.Run(fmt.Sprintf("alone=%t", alone), func(t *testing.T) {
			t.Parallel()
			refused := 0
			for n := int64(1); n <= total; n++ {
				f := &faulty{n: n, err: []error{syscall.ENOSPC, syscall.EROFS, syscall.EIO}[n%3], lasts: n%2 == 0}
				refused += faultAt(t, f, alone)
				if t.Failed() {
					t.Fatalf("%v at write %d of %d, lasting: %t", f.err, n, total, f.lasts)
				}
			}
			if (refused > 0) != alone {
				t.Errorf("%d messages were refused", refused)
			}
		})
	}
}

func faultAt(t *testing.T, f *faulty, alone bool) (refused int) {
	t.Helper()
	o := pair(f, alone)
	s, err := spool.Open(o)
	if err != nil {
		if !alone || !strings.Contains(err.Error(), f.err.Error()) {
			t.Errorf("open: %v", err)
		}
		return 0
	}
	want, refused := scenario(t, s, f, alone)
	now := map[string]int64{}
	for _, st := range s.Status() {
		now[st.Path] = st.Units
	}
	closed(t, s)

	s = open(t, o)
	defer closed(t, s)
	got, found := map[string]int{}, map[string]int64{"bad": 0}
	var mu sync.Mutex
	if !alone {
		found["good"] = 0
	}
	if err := s.Recover(func(units []*spool.Unit) error {
		mu.Lock()
		defer mu.Unlock()
		for _, u := range units {
			if _, twice := got[u.ID()]; twice {
				t.Errorf("%s is there twice", u.ID())
			}
			got[u.ID()] = u.Retry
			found[o.Paths[u.Path].Path]++
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if d := cmp.Diff(found, now); d != "" {
		t.Errorf("units by path (-found +counted)\n%s", d)
	}
	return refused
}

// TestPathComesBack: a path that fails is reported, its units are known and out
// of reach, mail goes to the other one; when the disk is well they are back, and
// it takes mail again.
func TestPathComesBack(t *testing.T) {
	t.Parallel()
	f := &faulty{n: -1, err: syscall.EIO, lasts: true}
	f.well.Store(true)
	o := pair(f, false)
	var log logs
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	s := open(t, o)
	defer closed(t, s)
	put := func(tx string) *spool.Unit {
		u := unit(tx, 1)
		if err := s.Put(t.Context(), message.Bytes([]byte(tx)), []*spool.Unit{u}); err != nil {
			t.Fatal(err)
		}
		return u
	}
	old := put("old") // the first goes where the weight is
	if old.Path != 0 {
		t.Fatal("it went to the other path")
	}
	f.well.Store(false)
	for i := range 4 {
		if u := put(fmt.Sprint("meanwhile", i)); u.Path != 1 {
			t.Error("the failed path took a message")
		}
	}
	if st := s.Status()[0]; st.State != spool.Failed || !strings.HasSuffix(fmt.Sprint(st.Err), syscall.EIO.Error()) || st.Units != 1 || st.Weight != 3 {
		t.Errorf("%+v", st)
	}
	if _, err := s.Load(0, "old", 1); !errors.Is(err, spool.ErrFailed) {
		t.Errorf("got %v", err)
	}
	if err := s.Ready(); err != nil {
		t.Error(err)
	}
	f.well.Store(true)
	until(t, "the path to be well", func() bool { return ok(s) })
	if u, err := s.Load(0, "old", 1); err != nil || text(t, s, u) != "old" {
		t.Errorf("%+v %v", u, err)
	}
	paths := map[int]int{}
	for i := range 4 {
		paths[put(fmt.Sprint("after", i)).Path]++
	}
	if d := cmp.Diff(map[int]int{0: 3, 1: 1}, paths); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	for _, want := range []string{`msg="a spool path has failed" event=spool path=bad state=failed units=1`, `msg="a spool path is well again" event=spool path=bad`} {
		if strings.Count(log.text(), want) != 1 {
			t.Errorf("%q is not there once:\n%s", want, log.text())
		}
	}
}

// TestBrokenAtStart: with one path that cannot be opened the spool starts; its
// units come when it can be.
func TestBrokenAtStart(t *testing.T) {
	t.Parallel()
	f := &faulty{n: 1, err: syscall.EIO, lasts: true}
	f.well.Store(true)
	o := pair(f, false)
	s := open(t, o)
	units := map[string]bool{}
	for i := range 8 {
		u := unit(fmt.Sprint("t", i), 1)
		if err := s.Put(t.Context(), message.Bytes(nil), []*spool.Unit{u}); err != nil {
			t.Fatal(err)
		}
		units[u.ID()] = true
	}
	closed(t, s)
	f.well.Store(false)
	s = open(t, o)
	defer closed(t, s)
	var mu sync.Mutex
	got := map[string]bool{}
	if err := s.Recover(func(units []*spool.Unit) error {
		mu.Lock()
		defer mu.Unlock()
		for _, u := range units {
			got[u.ID()] = true
		}
		return nil
	}); err != nil {
		t.Error(err)
	}
	seen := func() map[string]bool { mu.Lock(); defer mu.Unlock(); return maps.Clone(got) }
	if len(seen()) != 2 {
		t.Errorf("%d units of the good path", len(got))
	}
	if st := s.Status()[0]; st.State != spool.Failed {
		t.Errorf("%+v", st)
	}
	f.well.Store(true)
	until(t, "all units", func() bool { return cmp.Equal(units, seen()) })
	if st := s.Status()[0]; st.Units != 6 {
		t.Errorf("%+v", st)
	}
}

// TestLow: a path below minfree takes nothing new and works on; with room again
// it takes mail again.
func TestLow(t *testing.T) {
	t.Parallel()
	o := pair(&faulty{n: -1}, false)
	var left atomic.Uint64
	left.Store(1 << 30)
	o.MinBytes = 1 << 20
	o.Free = func(path string) (uint64, uint64, error) {
		if path == "bad" {
			return left.Load(), 7, nil
		}
		return 1 << 40, 1 << 30, nil
	}
	var log logs
	o.Logger = slog.New(slog.NewTextHandler(&log, nil))
	s := open(t, o)
	defer closed(t, s)
	n := 0
	where := func() int {
		n++
		u := unit(fmt.Sprint("t", n), 1)
		if err := s.Put(t.Context(), message.Bytes(nil), []*spool.Unit{u}); err != nil {
			t.Fatal(err)
		}
		return u.Path
	}
	if where() != 0 {
		t.Error("it went to the other path")
	}
	left.Store(1<<20 - 1)
	for range 4 {
		if where() != 1 {
			t.Error("a full path took a message")
		}
	}
	want := spool.Status{Path: "bad", Weight: 3, State: spool.Low, FreeBytes: 1<<20 - 1, FreeInodes: 7, Units: 1}
	if d := cmp.Diff(want, s.Status()[0]); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	if err := s.Remove(unit("t1", 1)); err != nil {
		t.Error(err)
	}
	left.Store(1 << 30)
	if got := []int{where(), where(), where(), where()}; cmp.Equal(got, []int{1, 1, 1, 1}) {
		t.Error("with room again it takes no mail")
	}
	if st := s.Status()[0]; st.State != spool.OK || st.Units < 1 {
		t.Errorf("%+v", st)
	}
	for _, want := range []string{`msg="a spool path is full" event=spool path=bad state=low`, `msg="a spool path is well again" event=spool path=bad`} {
		if strings.Count(log.text(), want) != 1 {
			t.Errorf("%q is not there once:\n%s", want, log.text())
		}
	}
}

// logs takes the lines of a log.
type logs struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logs) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
