package spool

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"

	"github.com/hawser-mta/hawser/mta/message"
)

// What an entry of the journal tells.
const (
	entryPut    = 1 + iota // a message: its content, or the rest of it, and its units
	entryPart              // content of a message that follows
	entryMove              // content of a message that is there, at a new place
	entryUpdate            // the new state of a unit
	entryRemove            // a unit is gone, with the content when it was the last
	entryDrop              // all of a message is gone
)

// entry is one step of the journal. On disk it is a header, content and what the codec
// writes; a reader can pass over the content.
//
//	0   4  CRC-32C of the text behind the content, then of bytes 4 to 20
//	4   4  number of the segment: what a file held in an earlier life does not count
//	8   4  length of the content
//	12  4  length of the text
//	16  4  how far before it its group begins
//	20     content, then text
//
// Numbers are big-endian. Content has checksums by chunk, which are part of the text.
type entry struct {
	kind        int
	transaction string
	size        int64    // put, move: of the whole content
	count       int      // put, move: units that the transaction was put with
	before      []extent // put, move: the chunks in parts
	sums        []uint32 // put, move, part: of the chunks in this entry
	length      int64    // of the content in this entry
	units       []stored // put, update
	queue       int      // remove
	last        bool     // remove: the content goes, too

	freed []extent // not written: content whose place this entry gives free
}

// stored is the record of a unit.
type stored struct {
	queue  int
	record []byte
}

// extent is where a chunk of content lies.
type extent struct {
	segment uint32
	offset  int64
	length  int64
	sum     uint32 // CRC-32C
}

const headerSize = 20

// fields is what stands behind the content.
func (c *codec) entry(e *entry) {
	c.int(&e.kind)
	c.string(&e.transaction)
	switch e.kind {
	case entryPut, entryMove:
		c.int64(&e.size)
		c.int(&e.count)
		c.extents(&e.before)
		list(c, &e.sums, c.uint32)
	case entryPart:
		list(c, &e.sums, c.uint32)
	case entryRemove:
		c.int(&e.queue)
		c.bool(&e.last)
	case entryUpdate, entryDrop:
	default:
		c.bad = true
	}
	if e.kind == entryPut || e.kind == entryUpdate {
		list(c, &e.units, func(u *stored) {
			c.int(&u.queue)
			c.bytes(&u.record)
		})
	}
}

func (c *codec) uint32(p *uint32) {
	v := int64(*p)
	c.int64(&v)
	*p = uint32(v)
}

func (c *codec) extents(p *[]extent) {
	list(c, p, func(x *extent) {
		c.uint32(&x.segment)
		c.int64(&x.offset)
		c.int64(&x.length)
		c.uint32(&x.sum)
	})
}

// encode writes an entry with a part of content into buf, but for what of the header
// complete adds.
func (e *entry) encode(buf []byte, content message.Source, off, length int64) ([]byte, error) {
	e.length = length
	if need := headerSize + int(length); cap(buf) < need {
		buf = make([]byte, need, need+1024)
	} else {
		buf = buf[:need]
	}
	for at := int64(0); at < length; at += chunkSize {
		chunk := buf[headerSize+at : headerSize+min(at+chunkSize, length)]
		if n, err := content.ReadAt(chunk, off+at); n < len(chunk) {
			return buf, fmt.Errorf("read content: %w", err)
		}
		e.sums = append(e.sums, crc32.Checksum(chunk, table))
	}
	c := codec{buf: buf, version: formatVersion}
	c.entry(e)
	binary.BigEndian.PutUint32(c.buf[8:], uint32(length))
	binary.BigEndian.PutUint32(c.buf[12:], uint32(len(c.buf)-len(buf)))
	return c.buf, nil
}

// textSum is the checksum of the text of an entry that encode has written.
func textSum(b []byte) uint32 {
	return crc32.Checksum(b[headerSize+binary.BigEndian.Uint32(b[8:]):], table)
}

// complete writes the rest of the header of an entry that lies in a segment, so many
// bytes behind the beginning of its group.
func complete(b []byte, segment, back, textSum uint32) {
	binary.BigEndian.PutUint32(b[4:], segment)
	binary.BigEndian.PutUint32(b[16:], back)
	binary.BigEndian.PutUint32(b, crc32.Update(textSum, table, b[4:headerSize]))
}

// places are the chunks of an entry that lies at an offset.
func (e *entry) places(segment uint32, off int64) []extent {
	if len(e.sums) == 0 {
		return e.before
	}
	out := append(make([]extent, 0, len(e.before)+len(e.sums)), e.before...)
	for i, sum := range e.sums {
		at := int64(i) * chunkSize
		out = append(out, extent{segment, off + headerSize + at, min(chunkSize, e.length-at), sum})
	}
	return out
}
