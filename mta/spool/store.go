package spool

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
	"github.com/hawser-mta/hawser/mta/message"
)

// store is one pebble store.
type store struct {
	path   string
	index  int
	db     *pebble.DB
	start  *pebble.Snapshot // what was there when the store was opened, until recover
	sync   *pebble.WriteOptions
	log    *slog.Logger
	failed atomic.Pointer[error] // set when pebble gave up
	onFail atomic.Pointer[func()]
	locks  [64]sync.Mutex // by transaction: removal looks for other units
}

// errFailed is what a store answers after pebble gave up.
var errFailed = errors.New("the spool store has failed")

func openStore(path string, index int, o *Options) (*store, error) {
	s := &store{path: path, index: index, sync: pebble.Sync, log: o.Logger}
	if o.NoSync {
		s.sync = pebble.NoSync
	}
	fs := vfs.FS(vfs.Default)
	if o.FS != nil {
		fs = o.FS(path)
	}
	po := &pebble.Options{
		FS: fs, Logger: pebbleLog{s}, FormatMajorVersion: pebble.FormatNewest,
		MemTableSize: 32 << 20, MemTableStopWritesThreshold: 4,
		L0CompactionThreshold: 4, L0StopWritesThreshold: 24,
	}
	po.EnsureDefaults()
	err := s.do(func() (err error) {
		s.db, err = pebble.Open(path, po)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("open spool %s: %w", path, err)
	}
	if err := s.do(s.checkFormat); err != nil {
		return nil, errors.Join(err, s.close())
	}
	s.start = s.db.NewSnapshot()
	return s, nil
}

// checkFormat refuses a store of a newer version.
func (s *store) checkFormat() error {
	v, closer, err := s.db.Get([]byte{keyFormat})
	if errors.Is(err, pebble.ErrNotFound) {
		return s.db.Set([]byte{keyFormat}, []byte{formatVersion}, s.sync)
	}
	if err != nil {
		return fmt.Errorf("read the version of spool %s: %w", s.path, err)
	}
	defer closer.Close()
	if len(v) != 1 {
		return fmt.Errorf("read the version of spool %s: %w", s.path, ErrCorrupt)
	}
	if v[0] > formatVersion {
		return fmt.Errorf("spool %s has format %d, this version knows up to %d", s.path, v[0], formatVersion)
	}
	if v[0] < formatVersion { // from now on it may hold newer records
		return s.db.Set([]byte{keyFormat}, []byte{formatVersion}, s.sync)
	}
	return nil
}

// pebbleLog keeps pebble from ending the process: what is fatal to it ends the
// store only.
type pebbleLog struct{ s *store }

func (pebbleLog) Infof(string, ...any) {}

func (l pebbleLog) Errorf(format string, args ...any) {
	l.s.log.Error("spool", "path", l.s.path, "err", fmt.Sprintf(format, args...))
}

func (l pebbleLog) Fatalf(format string, args ...any) {
	err := fmt.Errorf("%w: %s", errFailed, fmt.Sprintf(format, args...))
	l.s.fail(err)
	l.s.log.Error("spool failed", "path", l.s.path, "err", err)
	if guarded() {
		panic(err) // guard makes it the error of the call
	}
	runtime.Goexit() // a goroutine of pebble's own: the store is lost, the process goes on
}

// fail marks the store as lost.
func (s *store) fail(err error) {
	s.failed.CompareAndSwap(nil, &err)
	if f := s.onFail.Load(); f != nil {
		(*f)()
	}
}

// guarded reports whether the caller runs inside guard.
func guarded() bool {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(1, pcs[:])])
	for {
		f, more := frames.Next()
		if strings.Contains(f.Function, "spool.guard[") {
			return true
		}
		if !more {
			return false
		}
	}
}

// guard runs f and turns the panic of a failing store into an error.
func guard[T any](s *store, f func() (T, error)) (v T, err error) {
	if e := s.failed.Load(); e != nil {
		return v, *e
	}
	defer func() {
		if r := recover(); r != nil {
			e, ok := r.(error)
			if !ok {
				e = fmt.Errorf("%w: %v", errFailed, r)
			}
			s.fail(e)
			err = e
		}
	}()
	return f()
}

func (s *store) do(f func() error) error {
	_, err := guard(s, func() (struct{}, error) { return struct{}{}, f() })
	return err
}

// put stores a message and its units. What of the content does not fit into the
// last batch goes ahead in batches of its own; without units it is garbage, which
// is dropped at once or, after a crash, by recover.
func (s *store) put(ctx context.Context, content message.Source, units []*Unit) error {
	return s.do(func() error {
		tx := units[0].Transaction
		w := &writer{s: s, b: s.db.NewBatch()}
		defer w.close()
		err := w.content(ctx, tx, content)
		if err == nil {
			err = w.units(tx, units)
		}
		if err == nil {
			return w.b.Commit(s.sync)
		}
		if w.ahead {
			w.reset()
			if dropContent(w.b, tx) == nil {
				// The error that counts is the first; recover looks again.
				_ = w.b.Commit(pebble.NoSync)
			}
		}
		return err
	})
}

// writer fills the batches of one message.
type writer struct {
	s     *store
	b     *pebble.Batch
	ahead bool // a batch was committed before the last
}

// batchSize is how much content one batch holds, in bytes: more would be in
// memory as a whole.
const batchSize = 4 * chunkSize

func (w *writer) close() { w.b.Close() }

func (w *writer) reset() {
	w.b.Close()
	w.b = w.s.db.NewBatch()
}

func (w *writer) content(ctx context.Context, tx string, content message.Source) error {
	size := content.Size()
	buf := make([]byte, min(chunkSize, size))
	for i := 0; int64(i)*chunkSize < size; i++ {
		n := int(min(chunkSize, size-int64(i)*chunkSize))
		if k, err := content.ReadAt(buf[:n], int64(i)*chunkSize); k < n {
			return fmt.Errorf("read content: %w", err)
		}
		if err := w.b.Set(makeKey(keyChunk, tx, i), seal(buf[:n]), nil); err != nil {
			return err
		}
		if w.b.Len() < batchSize {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		// The log is one file: the synced batch behind makes this one durable.
		w.ahead = true
		if err := w.b.Commit(pebble.NoSync); err != nil {
			return err
		}
		w.reset()
	}
	return w.b.Set(makeKey(keyMessage, tx, 0), seal(fmt.Appendf(nil, "%d", size)), nil)
}

func (w *writer) units(tx string, units []*Unit) error {
	for _, u := range units {
		u.Path = w.s.index
		if err := w.b.Set(makeKey(keyUnit, tx, u.Queue), encodeUnit(u), nil); err != nil {
			return err
		}
	}
	return nil
}

func (s *store) update(u *Unit) error {
	return s.do(func() error {
		return s.db.Set(makeKey(keyUnit, u.Transaction, u.Queue), encodeUnit(u), s.sync)
	})
}

func (s *store) lock(tx string) *sync.Mutex {
	h := uint32(2166136261)
	for i := 0; i < len(tx); i++ {
		h = (h ^ uint32(tx[i])) * 16777619
	}
	return &s.locks[h%uint32(len(s.locks))]
}

// remove drops a unit, and the content when it was the last one.
func (s *store) remove(tx string, queue int) error {
	return s.do(func() error {
		mu := s.lock(tx)
		mu.Lock()
		defer mu.Unlock()
		b := s.db.NewBatch()
		defer b.Close()
		if err := b.Delete(makeKey(keyUnit, tx, queue), nil); err != nil {
			return err
		}
		last, err := s.last(tx, queue)
		if err != nil {
			return err
		}
		if last {
			if err := dropContent(b, tx); err != nil {
				return err
			}
		}
		return b.Commit(s.sync)
	})
}

func dropContent(b *pebble.Batch, tx string) error {
	if err := b.Delete(makeKey(keyMessage, tx, 0), nil); err != nil {
		return err
	}
	return b.DeleteRange(makeKey(keyChunk, tx, 0), prefixEnd(keyChunk, tx), nil)
}

// last reports whether a transaction has no unit but the given one.
func (s *store) last(tx string, queue int) (bool, error) {
	it, err := s.db.NewIter(&pebble.IterOptions{LowerBound: makeKey(keyUnit, tx, 0), UpperBound: prefixEnd(keyUnit, tx)})
	if err != nil {
		return false, err
	}
	defer it.Close()
	for ok := it.First(); ok; ok = it.Next() {
		if _, n, ok := splitKey(it.Key()); ok && n != queue {
			return false, it.Error()
		}
	}
	return true, it.Error()
}

func (s *store) close() error {
	if s.failed.Load() != nil {
		return nil // a failed store has nothing left to flush
	}
	return s.do(func() error {
		if s.start != nil {
			s.start.Close()
			s.start = nil
		}
		return s.db.Close()
	})
}
