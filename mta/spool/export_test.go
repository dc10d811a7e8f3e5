package spool

import (
	"errors"
	"log/slog"
	"strconv"

	"github.com/cockroachdb/pebble/v2"
	"github.com/cockroachdb/pebble/v2/vfs"
)

// Hold is how long a group is held back at least.
const Hold = hold

// Damage overwrites one byte of the record of a unit.
func Damage(s *Spool, tx string, queue int) error {
	key := makeKey(keyUnit, tx, queue)
	db := s.volumes[0].store.Load().db
	v, closer, err := db.Get(key)
	if err != nil {
		return err
	}
	bad := append([]byte(nil), v...)
	closer.Close()
	bad[len(bad)/2] ^= 1
	return db.Set(key, bad, pebble.NoSync)
}

// SetFormat makes a store one of another version.
func SetFormat(s *Spool, version byte) error {
	return s.volumes[0].store.Load().db.Set([]byte{keyFormat}, []byte{version}, pebble.NoSync)
}

// Keys counts what the first store holds for a transaction.
func Keys(s *Spool, tx string) (n int, err error) {
	for _, kind := range []byte{keyMessage, keyUnit} {
		it, err := s.volumes[0].store.Load().db.NewIter(&pebble.IterOptions{LowerBound: makeKey(kind, tx, 0), UpperBound: prefixEnd(kind, tx)})
		if err != nil {
			return 0, err
		}
		for ok := it.First(); ok; ok = it.Next() {
			n++
		}
		if err := it.Close(); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// DecodeUnit reads a record.
func DecodeUnit(payload []byte) (*Unit, error) { return decodeUnit(seal(payload)) }

// EncodeUnitOf writes the payload of a record of a version.
func EncodeUnitOf(u *Unit, version byte) []byte {
	c := codec{version: version}
	c.unit(u)
	return c.buf
}

// DecodeUnitOf reads the payload of a record of a version.
func DecodeUnitOf(payload []byte, version byte) (*Unit, error) {
	b := seal(payload)
	b[0] = version
	return decodeUnit(b)
}

// Flush writes what the first store has in memory to its tables.
func Flush(s *Spool) error {
	st, err := s.volumes[0].live()
	if err != nil {
		return err
	}
	return st.apart(st.db.Flush)
}

// Merged reports whether the first store has merged its tables.
func Merged(s *Spool) bool {
	m := s.volumes[0].store.Load().db.Metrics()
	return m.Compact.NumInProgress == 0 && m.Levels[0].Sublevels < 4
}

// Content returns the transactions that the first store has content of.
func Content(s *Spool) map[string]bool {
	out := map[string]bool{}
	db := s.volumes[0].store.Load().db
	for _, kind := range []byte{keyMessage} {
		it, err := db.NewIter(&pebble.IterOptions{LowerBound: []byte{kind}, UpperBound: []byte{kind + 1}})
		if err != nil {
			panic(err)
		}
		for ok := it.First(); ok; ok = it.Next() {
			if tx, _, ok := splitKey(it.Key()); ok {
				out[tx] = true
			}
		}
		_ = it.Close()
	}
	return out
}

// Segment is a file of the journal of the first store.
type Segment struct {
	Number uint32
	Live   int64
}

// Segments returns those of the first store.
func Segments(s *Spool) (out []Segment) {
	st := s.volumes[0].store.Load()
	st.segmu.RLock()
	defer st.segmu.RUnlock()
	for _, g := range st.segments {
		out = append(out, Segment{g.number, g.live.Load()})
	}
	return out
}

// Waiting returns how many entries of the first store are not on the disk.
func Waiting(s *Spool) int {
	j := s.volumes[0].store.Load().journal
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.waiting
}

// Counted reports whether the first store knows what content of its segments is needed.
func Counted(s *Spool) bool { return s.volumes[0].store.Load().counted.Load() }

// Reading returns how many segments of the first store are open for reading.
func Reading(s *Spool) int64 { return s.volumes[0].store.Load().reading.Load() }

// Scan reads a file of the journal, with number 1, and returns how many entries it has and
// how much content these hold.
func Scan(b []byte) (n int, held int64, err error) {
	s := &store{life: newLife(vfs.NewMem()), path: "s", log: slog.New(slog.DiscardHandler)}
	f, err := s.FS.Create("00000001.log", vfs.WriteCategoryUnspecified)
	if err == nil {
		_, err = f.Write(b)
	}
	if err == nil {
		err = errors.Join(f.Close(), s.MkdirAll(s.journalPath(), 0o750), s.FS.Rename("00000001.log", s.segmentName(1)))
	}
	if err != nil {
		return 0, 0, err
	}
	r, err := s.scan(1, true)
	if err != nil {
		return 0, 0, err
	}
	defer r.close()
	for r.next() {
		n++
		for _, x := range r.e.places(1, r.offset)[len(r.e.before):] {
			held += x.length
		}
	}
	return n, held, r.err
}

// OldStore makes a directory one of format 3, with a message cut into chunks.
func OldStore(fs vfs.FS, path string, u *Unit, content string) error {
	db, err := pebble.Open(path, &pebble.Options{FS: fs, FormatMajorVersion: pebble.FormatNewest, Logger: quietLog{}})
	if err != nil {
		return err
	}
	old := func(payload []byte) []byte {
		b := seal(payload)
		b[0] = 3
		return b
	}
	b := db.NewBatch()
	set := func(key, value []byte) { err = errors.Join(err, b.Set(key, value, nil)) }
	set([]byte{keyFormat}, []byte{3})
	set(makeKey(keyMessage, u.Transaction, 0), old(strconv.AppendInt(nil, int64(len(content)), 10)))
	for i := 0; i*chunkSize < len(content); i++ {
		set(makeKey(keyChunk, u.Transaction, i), old([]byte(content[i*chunkSize:min((i+1)*chunkSize, len(content))])))
	}
	set(makeKey(keyAhead, "half", 0), nil)
	set(makeKey(keyChunk, "half", 0), old([]byte("x")))
	set(makeKey(keyUnit, u.Transaction, u.Queue), old(EncodeUnitOf(u, 3)))
	return errors.Join(err, b.Commit(pebble.Sync), db.Close())
}

type quietLog struct{ pebble.Logger }

func (quietLog) Infof(string, ...any)  {}
func (quietLog) Errorf(string, ...any) {}

// OldKeys counts what is left of content in the index of the first store.
func OldKeys(s *Spool) (n int, err error) {
	it, err := s.volumes[0].store.Load().db.NewIter(nil)
	if err != nil {
		return 0, err
	}
	for ok := it.First(); ok; ok = it.Next() {
		if k := it.Key()[0]; k == keyChunk || k == keyAhead {
			n++
		}
	}
	return n, it.Close()
}

// Company is company with methods for tests.
type Company struct{ c company }

func (c *Company) Come()      { c.c.come() }
func (c *Company) Gone(n int) { c.c.gone(n) }
func (c *Company) Alone()     { c.c.alone() }
func (c *Company) Least() int { return c.c.least() }
