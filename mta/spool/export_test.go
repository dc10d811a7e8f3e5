package spool

import "github.com/cockroachdb/pebble/v2"

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
	return db.Set(key, bad, pebble.Sync)
}

// SetFormat makes a store one of another version.
func SetFormat(s *Spool, version byte) error {
	return s.volumes[0].store.Load().db.Set([]byte{keyFormat}, []byte{version}, pebble.Sync)
}

// Keys counts what the first store holds for a transaction.
func Keys(s *Spool, tx string) (n int, err error) {
	for _, kind := range []byte{keyMessage, keyChunk, keyUnit} {
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
	for _, kind := range []byte{keyMessage, keyChunk} {
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
