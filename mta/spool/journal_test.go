package spool_test

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/cockroachdb/pebble/v2/vfs/errorfs"
	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/spool"
)

// put stores a message of one unit.
func put(t testing.TB, s *spool.Spool, tx, content string) *spool.Unit {
	t.Helper()
	u := unit(tx, 1)
	if err := s.Put(t.Context(), message.Bytes([]byte(content)), []*spool.Unit{u}); err != nil {
		t.Fatal(err)
	}
	return u
}

// body is that of a message of 4 KiB.
func body(tx string) string { return strings.Repeat(tx+"\r\n", 4096)[:4096] }

// oneSegment are options of a spool that has no room to prepare a second file of the
// journal.
func oneSegment(fs vfs.FS) spool.Options {
	o := options(fs)
	o.Segment = 8 << 20
	o.Free = func(string) (uint64, uint64, error) { return 15 << 20, 1 << 30, nil }
	return o
}

// TestSegmentsServeAgain: files of the journal whose mail is gone are used for new mail
// or removed, and mail that stays behind is moved together, readable all the time.
func TestSegmentsServeAgain(t *testing.T) {
	t.Parallel()
	fs := vfs.NewCrashableMem()
	s := open(t, options(fs))
	var stay []*spool.Unit
	var sources []message.Source // from before they move
	for i := range 400 {
		tx := fmt.Sprint("t", i)
		u := put(t, s, tx, body(tx))
		if i%8 == 0 {
			stay = append(stay, u)
			src, err := s.Content(u)
			if err != nil {
				t.Fatal(err)
			}
			sources = append(sources, src)
			continue
		}
		if err := s.Remove(u); err != nil {
			t.Fatal(err)
		}
	}
	// 50 messages of 4 KiB need 4 segments of 64 KiB; twice of it, 4 more, those to
	// come and the last one may be there.
	until(t, "segments to be given back", func() bool {
		if text(t, s, stay[0]) != body("t0") {
			t.Fatal("content that moves cannot be read")
		}
		return len(spool.Segments(s)) <= 2*4+4+4
	})
	for i, src := range sources {
		if got, err := io.ReadAll(message.Reader(src)); err != nil || string(got) != body(stay[i].Transaction) {
			t.Errorf("content of %s was found before it moved: %v", stay[i].ID(), err)
		}
	}
	for range 2 {
		for _, u := range stay {
			if got := text(t, s, u); got != body(u.Transaction) {
				t.Fatalf("content of %s is broken: %d bytes", u.ID(), len(got))
			}
		}
		s2 := open(t, options(fs.CrashClone(vfs.CrashCloneCfg{})))
		if got := recovered(t, s2); len(got) != len(stay) {
			t.Errorf("%d units after a crash, want %d", len(got), len(stay))
		}
		closed(t, s)
		s = s2
	}
	for _, u := range stay {
		if err := s.Remove(u); err != nil {
			t.Fatal(err)
		}
	}
	put(t, s, "last", "x")
	until(t, "all segments to be empty", func() bool {
		var live int64
		for _, g := range spool.Segments(s) {
			live += g.Live
		}
		return live == 1
	})
	closed(t, s)
}

// TestRemovedTogether: units of one message that are removed at the same time take its
// content along.
func TestRemovedTogether(t *testing.T) {
	t.Parallel()
	s := open(t, options(vfs.NewMem()))
	defer closed(t, s)
	for i := range 20 {
		tx := fmt.Sprint("t", i)
		var units []*spool.Unit
		for n := range 50 {
			units = append(units, unit(tx, n+1))
		}
		if err := s.Put(t.Context(), message.Bytes([]byte(body(tx))), units); err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		for _, u := range units {
			all.Go(func() {
				if err := s.Remove(u); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if n, err := spool.Keys(s, tx); n != 0 || err != nil {
			t.Fatalf("%d keys are left, %v", n, err)
		}
	}
	for _, g := range spool.Segments(s) {
		if g.Live != 0 {
			t.Errorf("segment %d: %d bytes count as needed", g.Number, g.Live)
		}
	}
}

// TestIndexFirst: a segment is not used again before the index has kept what it tells:
// removals would be forgotten.
func TestIndexFirst(t *testing.T) {
	t.Parallel()
	disk := vfs.NewCrashableMem()
	var hold atomic.Bool
	held := make(chan struct{})
	s := open(t, options(errorfs.Wrap(disk, errorfs.InjectorFunc(func(op errorfs.Op) error {
		if op.Kind == errorfs.OpCreate && hold.Load() && strings.HasSuffix(op.Path, ".sst") {
			<-held
		}
		return nil
	}))))
	hold.Store(true)
	stays, gone := unit("two", 1), unit("two", 2)
	if err := s.Put(t.Context(), message.Bytes([]byte("content")), []*spool.Unit{stays, gone}); err != nil {
		t.Fatal(err)
	}
	n := 0
	fill := func(segments int) {
		last := func() (n uint32) {
			for _, g := range spool.Segments(s) {
				n = max(n, g.Number)
			}
			return n
		}
		for end := last() + uint32(segments); last() < end; n++ {
			tx := fmt.Sprint("t", n)
			if err := s.Remove(put(t, s, tx, body(tx))); err != nil {
				t.Fatal(err)
			}
		}
	}
	fill(1)
	if err := s.Remove(gone); err != nil {
		t.Fatal(err)
	}
	fill(2)
	clone := open(t, options(disk.CrashClone(vfs.CrashCloneCfg{})))
	if d := cmp.Diff(map[string]*spool.Unit{"two:1": stays}, recovered(t, clone)); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
	closed(t, clone)
	close(held)
	closed(t, s)
}

// TestManySegments: of however many segments content is read, few are open.
func TestManySegments(t *testing.T) {
	t.Parallel()
	s := open(t, options(vfs.NewMem()))
	defer closed(t, s)
	var units []*spool.Unit
	for i := 0; len(spool.Segments(s)) < 150; i++ {
		tx := fmt.Sprint("t", i)
		units = append(units, put(t, s, tx, strings.Repeat(tx, 10_000)))
	}
	for range 2 {
		for _, u := range units {
			if text(t, s, u) != strings.Repeat(u.Transaction, 10_000) {
				t.Fatalf("content of %s is broken", u.ID())
			}
		}
	}
	if n := spool.Reading(s); n < 100 || n > 129 {
		t.Errorf("%d segments are open", n)
	}
}

// widest tells the longest write to a file system.
type widest struct {
	vfs.FS
	n atomic.Int64
}

func (w *widest) Create(name string, c vfs.DiskWriteCategory) (vfs.File, error) {
	f, err := w.FS.Create(name, c)
	return wideFile{f, w}, err
}

type wideFile struct {
	vfs.File
	w *widest
}

func (f wideFile) Write(p []byte) (int, error) {
	for n := f.w.n.Load(); int64(len(p)) > n && !f.w.n.CompareAndSwap(n, int64(len(p))); n = f.w.n.Load() {
	}
	return f.File.Write(p)
}

// TestGroupsAreBounded: however much is stored at once, what gathers in memory is no
// more than a few MiB.
func TestGroupsAreBounded(t *testing.T) {
	t.Parallel()
	fs := &widest{FS: vfs.NewMem()}
	s := open(t, oneSegment(fs))
	defer closed(t, s)
	content := message.Bytes(make([]byte, 512<<10))
	var all sync.WaitGroup
	for i := range 64 {
		all.Go(func() {
			if err := s.Put(t.Context(), content, []*spool.Unit{unit(fmt.Sprint("t", i), 1)}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if n := fs.n.Load(); n > 6<<20 {
		t.Errorf("a group of %d KiB was written", n>>10)
	}
}

// TestOldStore: the content of a store of format 3 is there, in the journal.
func TestOldStore(t *testing.T) {
	t.Parallel()
	fs := vfs.NewMem()
	u := unit("t", 1)
	content := strings.Repeat("0123456789", 60_000)
	if err := spool.OldStore(fs, "s", u, content); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s := open(t, options(fs))
		if d := cmp.Diff(map[string]*spool.Unit{"t:1": u}, recovered(t, s)); d != "" {
			t.Errorf("(-want +got)\n%s", d)
		}
		if text(t, s, u) != content {
			t.Error("the content is broken")
		}
		if n, err := spool.OldKeys(s); n != 0 || err != nil {
			t.Errorf("%d keys are left, %v", n, err)
		}
		closed(t, s)
	}
}

// TestOldStoreGoes: the content that an older store had is given free with its unit, in
// the life that brought it into the journal and in later ones.
func TestOldStoreGoes(t *testing.T) {
	t.Parallel()
	for _, again := range []bool{false, true} {
		fs, u := vfs.NewMem(), unit("t", 1)
		if err := spool.OldStore(fs, "s", u, strings.Repeat("0123456789", 60_000)); err != nil {
			t.Fatal(err)
		}
		s := open(t, options(fs))
		if again {
			closed(t, s)
			s = open(t, options(fs))
		}
		until(t, "content to be counted", func() bool { return spool.Counted(s) })
		if err := s.Remove(u); err != nil {
			t.Fatal(err)
		}
		if n, err := spool.Keys(s, "t"); n != 0 || err != nil {
			t.Errorf("%d keys are left, %v", n, err)
		}
		for _, g := range spool.Segments(s) {
			if g.Live != 0 {
				t.Errorf("segment %d: %d bytes count as needed", g.Number, g.Live)
			}
		}
		closed(t, s)
	}
}
