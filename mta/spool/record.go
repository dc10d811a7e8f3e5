package spool

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// Keys: a letter, the transaction id, a zero byte and a big-endian number.
const (
	keyFormat  = 'f' // version of the store
	keyJournal = 'j' // segment at which a start begins to read the journal
	keyMessage = 'm' // where the content lies
	keyUnit    = 'u'
)

// formatVersion is that of keys and records. A newer one refuses to start; older
// records can be read.
//
//	1  the first
//	2  splices tell whether they are the date of the delivery
//	3  a mark tells of content that is written ahead
//	4  content is in the journal
const formatVersion = 4

// chunkSize is how much content one checksum is of, in bytes.
const chunkSize = 256 << 10

func makeKey(kind byte, transaction string, n int) []byte {
	return appendKey(make([]byte, 0, len(transaction)+6), kind, transaction, n)
}

func appendKey(k []byte, kind byte, transaction string, n int) []byte {
	k = append(k, kind)
	k = append(k, transaction...)
	k = append(k, 0)
	return binary.BigEndian.AppendUint32(k, uint32(n))
}

// splitKey is the inverse of makeKey.
func splitKey(k []byte) (transaction string, n int, ok bool) {
	if len(k) < 6 || k[len(k)-5] != 0 {
		return "", 0, false
	}
	return string(k[1 : len(k)-5]), int(binary.BigEndian.Uint32(k[len(k)-4:])), true
}

// prefixEnd returns the first key behind all keys of a transaction.
func prefixEnd(kind byte, transaction string) []byte {
	return append(append([]byte{kind}, transaction...), 1)
}

var table = crc32.MakeTable(crc32.Castagnoli)

// ErrCorrupt tells that a record fails its check.
var ErrCorrupt = errors.New("corrupt record")

// sealSize is how many bytes stand before a payload: version and checksum.
const sealSize = 5

// sealed writes version and checksum into the room before a payload.
func sealed(b []byte) []byte {
	b[0] = formatVersion
	binary.BigEndian.PutUint32(b[1:], crc32.Checksum(b[sealSize:], table))
	return b
}

// seal puts version and checksum before a payload.
func seal(payload []byte) []byte {
	return sealed(append(make([]byte, sealSize, sealSize+len(payload)), payload...))
}

// open returns the payload of a sealed record and its version.
func open(b []byte) (payload []byte, version byte, err error) {
	if len(b) < sealSize || b[0] < 1 || b[0] > formatVersion || crc32.Checksum(b[sealSize:], table) != binary.BigEndian.Uint32(b[1:5]) {
		return nil, 0, ErrCorrupt
	}
	return b[sealSize:], b[0], nil
}

func encodeUnit(u *Unit) []byte { return appendUnit(nil, u) }

// appendUnit appends the record of a unit.
func appendUnit(b []byte, u *Unit) []byte {
	at := len(b)
	c := codec{buf: append(b, make([]byte, sealSize)...), version: formatVersion}
	c.unit(u)
	sealed(c.buf[at:])
	return c.buf
}

// decodeUnit reads the record of a unit, whose texts share one piece of memory.
func decodeUnit(b []byte) (*Unit, error) {
	u := &Unit{}
	if err := u.decode(b, false); err != nil {
		return nil, err
	}
	return u, nil
}

// decode is decodeUnit into an empty unit, in brief or in full.
func (u *Unit) decode(b []byte, brief bool) error {
	payload, version, err := open(b)
	if err != nil {
		return err
	}
	c := codec{in: string(payload), reading: true, version: version, brief: brief}
	if c.unit(u); c.bad || len(c.in) > 0 || u.Transaction == "" {
		return ErrCorrupt
	}
	return nil
}
