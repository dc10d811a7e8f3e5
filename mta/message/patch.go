package message

import (
	"io"
	"slices"
	"sort"
	"time"
)

// Patch is the difference between an original and the message to send:
// splices in ascending order of Start that do not overlap.
type Patch []Splice

// Splice replaces Count bytes of the original at Start by Data.
type Splice struct {
	Start, Count int64
	Data         []byte
	// Now: Data is a Date field that tells when the message is delivered; At
	// writes it anew, in the same length.
	Now bool
}

// At returns the patch with the moment of a delivery in its Date fields.
func (p Patch) At(now time.Time) Patch {
	out := p
	for i, x := range p {
		if !x.Now {
			continue
		}
		if &out[0] == &p[0] {
			out = slices.Clone(p)
		}
		out[i].Data = dateField(now)
	}
	return out
}

func dateField(t time.Time) []byte { return []byte("Date: " + FormatDate(t) + "\r\n") }

// Apply returns the patched message. It reads the original when it is read
// itself, and copies nothing.
func (p Patch) Apply(src Source) Source {
	if len(p) == 0 {
		return src
	}
	s := &patched{src: src}
	at, out := int64(0), int64(0)
	add := func(x piece) {
		if x.size > 0 {
			x.at = out
			out += x.size
			s.pieces = append(s.pieces, x)
		}
	}
	for _, x := range p {
		add(piece{from: at, size: x.Start - at})
		add(piece{data: x.Data, size: int64(len(x.Data))})
		s.held += len(x.Data)
		at = x.Start + x.Count
	}
	add(piece{from: at, size: src.Size() - at})
	s.size = out
	return s
}

// Size returns how much longer the patch makes a message.
func (p Patch) Size() int64 {
	n := int64(0)
	for _, x := range p {
		n += int64(len(x.Data)) - x.Count
	}
	return n
}

// piece is a run of bytes of the patched message.
type piece struct {
	at   int64 // in the patched message
	from int64 // in the original
	data []byte
	size int64
}

type patched struct {
	src    Source
	pieces []piece
	size   int64
	held   int // bytes of Data
}

// Size implements Source.
func (s *patched) Size() int64 { return s.size }

// ReadAt implements io.ReaderAt.
func (s *patched) ReadAt(b []byte, off int64) (n int, err error) {
	i := sort.Search(len(s.pieces), func(i int) bool { return s.pieces[i].at+s.pieces[i].size > off })
	for ; i < len(s.pieces) && n < len(b); i++ {
		x := &s.pieces[i]
		skip := off - x.at
		want := int(min(int64(len(b)-n), x.size-skip))
		if x.data != nil {
			copy(b[n:n+want], x.data[skip:])
		} else if k, err := s.src.ReadAt(b[n:n+want], x.from+skip); k < want {
			if err == nil {
				err = io.ErrUnexpectedEOF
			}
			return n + k, err
		}
		n += want
		off += int64(want)
	}
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}
