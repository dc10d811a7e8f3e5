package spool

import (
	"bytes"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"io"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// scanner reads the entries of a segment.
//
// Where there is none, either the segment ends, or a crash has cut off a group that
// nobody was told of, or the disk has lost what it had. A group begins when the one
// before it is on the disk: an entry behind the place, of a group that begins behind it,
// tells that it is damage, which costs only what is damaged. Otherwise it is the end.
type scanner struct {
	s      *store
	f      vfs.File
	number uint32
	size   int64
	whole  bool  // content is checked, too
	sure   int64 // what is before it was synced

	at   int64  // where to go on
	buf  []byte // what was read of the file
	from int64  // where that begins

	// The entry found.
	e      *entry
	offset int64
	group  int64 // where its group begins
	err    error
}

func (s *store) scan(number uint32, whole bool) (*scanner, error) {
	f, err := s.Open(s.segmentName(number))
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return &scanner{s: s, f: f, number: number, size: info.Size(), whole: whole}, nil
}

func (r *scanner) close() { _ = r.f.Close() } // only read from

// next finds the next entry.
func (r *scanner) next() bool {
	begin := r.at
	if !r.find() {
		return false
	}
	if r.offset == begin {
		return true
	}
	found, end := r.at, r.offset
	for r.sure <= begin {
		if r.group > begin {
			r.sure = r.group
		} else if !r.find() {
			return false
		}
	}
	r.s.log.Error("corrupt spool journal", "event", "spool", "path", r.s.path, "segment", r.number, "offset", begin, "bytes", end-begin)
	if r.offset != end { // back to the first behind the damage
		_, r.err = r.read(end)
		r.at = found
	}
	return r.err == nil
}

// find finds an entry from r.at on, wherever it begins.
func (r *scanner) find() bool {
	mark := binary.BigEndian.AppendUint32(nil, r.number)
	for r.at+headerSize <= r.size {
		n, err := r.read(r.at)
		if err == nil {
			r.at += n
			return true
		}
		if !errors.Is(err, ErrCorrupt) {
			r.err = err
			return false
		}
		r.at++ // and on to where the number of the segment stands
		b, err := r.bytes(r.at, min(window, r.size-r.at))
		if err != nil {
			r.err = err
			return false
		}
		if i := bytes.Index(b, mark); i >= 4 {
			r.at += int64(i) - 4
		} else if i < 0 {
			r.at += max(int64(len(b))-headerSize, 0)
		}
	}
	return false
}

// window is how much of a segment is read at once, in bytes.
const window = 1 << 20

// bytes returns bytes of the segment, of which it keeps a window.
func (r *scanner) bytes(off, n int64) ([]byte, error) {
	if off+n > r.size {
		return nil, ErrCorrupt
	}
	if off < r.from || off+n > r.from+int64(len(r.buf)) {
		need := min(max(n, window), r.size-off)
		if int64(cap(r.buf)) < need {
			r.buf = make([]byte, need)
		}
		r.buf, r.from = r.buf[:need], off
		if k, err := r.f.ReadAt(r.buf, off); k < len(r.buf) {
			r.buf = r.buf[:0]
			if err == io.EOF {
				err = ErrCorrupt
			}
			return nil, err
		}
	}
	return r.buf[off-r.from:][:n], nil
}

// read reads the entry at an offset and returns how long it is.
func (r *scanner) read(off int64) (int64, error) {
	h, err := r.bytes(off, headerSize)
	if err != nil {
		return 0, err
	}
	if binary.BigEndian.Uint32(h[4:]) != r.number {
		return 0, ErrCorrupt
	}
	h = append([]byte(nil), h...)
	content, length := int64(binary.BigEndian.Uint32(h[8:])), int64(binary.BigEndian.Uint32(h[12:]))
	if length == 0 || content > batchSize {
		return 0, ErrCorrupt
	}
	size := headerSize + content + length
	chunks, text := []byte(nil), []byte(nil)
	if r.whole {
		all, err := r.bytes(off, size)
		if err != nil {
			return 0, err
		}
		chunks, text = all[headerSize:headerSize+content], all[headerSize+content:]
	} else if text, err = r.bytes(off+headerSize+content, length); err != nil {
		return 0, err
	}
	if crc32.Update(crc32.Checksum(text, table), table, h[4:]) != binary.BigEndian.Uint32(h) {
		return 0, ErrCorrupt
	}
	e, c := &entry{length: content}, codec{in: string(text), reading: true, version: formatVersion}
	if c.entry(e); c.bad || len(c.in) > 0 || int64(len(e.sums)) != (content+chunkSize-1)/chunkSize {
		return 0, ErrCorrupt
	}
	for i, sum := range e.sums {
		at := i * chunkSize
		if r.whole && crc32.Checksum(chunks[at:min(at+chunkSize, len(chunks))], table) != sum {
			return 0, ErrCorrupt
		}
	}
	r.e, r.offset, r.group = e, off, off-int64(binary.BigEndian.Uint32(h[16:]))
	return size, nil
}
