package spool

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/cockroachdb/pebble/v2/vfs"
)

// segment is one file of the journal.
type segment struct {
	number   uint32
	prepared bool         // its blocks were written before: syncs change data only
	size     atomic.Int64 // of what was written to it, in bytes
	live     atomic.Int64 // content in it that messages have, in bytes
	stuck    bool         // it holds content that cannot be read: of reclaim

	file vfs.File // to write to, while it is the last or the next

	mu   sync.RWMutex // of what reads it
	read vfs.File     // opened by the first reader
	gone bool         // its file is another's
}

// journalDir is the directory of segments below the store.
const journalDir = "journal"

func (s *store) segmentName(number uint32) string {
	return s.PathJoin(s.journalPath(), fmt.Sprintf("%08d.log", number))
}

func (s *store) journalPath() string { return s.PathJoin(s.path, journalDir) }

// segmentNumber is the inverse of segmentName, of the last part of a path.
func segmentNumber(name string) (uint32, bool) {
	digits, ok := strings.CutSuffix(name, ".log")
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), ok && err == nil
}

// segment returns a segment by its number.
func (s *store) segment(number uint32) (*segment, bool) {
	s.segmu.RLock()
	defer s.segmu.RUnlock()
	g, ok := s.segments[number]
	return g, ok
}

// readAt reads bytes of a segment.
func (s *store) readAt(number uint32, p []byte, off int64) error {
	g, ok := s.segment(number)
	if !ok {
		return ErrMissing
	}
	g.mu.RLock()
	for g.read == nil && !g.gone {
		g.mu.RUnlock()
		if err := s.openRead(g); err != nil {
			return err
		}
		g.mu.RLock()
	}
	defer g.mu.RUnlock()
	if g.gone {
		return ErrMissing
	}
	n, err := g.read.ReadAt(p, off)
	if n == len(p) {
		return nil
	}
	if err == io.EOF {
		return ErrCorrupt
	}
	return err
}

func (s *store) openRead(g *segment) error {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.read != nil || g.gone {
		return nil
	}
	f, err := s.Open(s.segmentName(g.number))
	if err != nil {
		return err
	}
	if g.read = f; s.reading.Add(1) > maxReading {
		s.closeRead(g)
	}
	return nil
}

// maxReading is how many segments are kept open for reading.
const maxReading = 128

// closeRead closes one that is open for reading, but not a given one.
func (s *store) closeRead(but *segment) {
	s.segmu.RLock()
	defer s.segmu.RUnlock()
	for _, g := range s.segments {
		if g == but || !g.mu.TryLock() {
			continue
		}
		open := g.read != nil
		s.drop(g)
		g.mu.Unlock()
		if open {
			return
		}
	}
}

// drop closes what reads a segment, whose lock is held.
func (s *store) drop(g *segment) {
	if g.read != nil {
		_ = g.read.Close() // only read from
		g.read = nil
		s.reading.Add(-1)
	}
}

// forget takes a segment away from readers.
func (s *store) forget(g *segment) {
	s.segmu.Lock()
	delete(s.segments, g.number)
	s.segmu.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	g.gone = true
	s.drop(g)
}

// newSegment makes the file of a segment, out of a prepared one that nobody needs when
// there is one. A new file is filled with zeros: a sync behind writes that make a file longer or
// fill holes of it has to write what the file system knows of the file, too, and takes
// twice as long.
func (s *store) newSegment(number uint32, old *segment, fill int64) (*segment, error) {
	g, name := &segment{number: number}, s.segmentName(number)
	var err error
	if old != nil {
		s.forget(old)
		g.prepared = true
		g.file, err = s.ReuseForWrite(s.segmentName(old.number), name, vfs.WriteCategoryUnspecified)
	} else {
		g.file, err = s.Create(name, vfs.WriteCategoryUnspecified)
	}
	if err != nil {
		return nil, fmt.Errorf("make a segment: %w", err)
	}
	if old == nil && fill > 0 {
		zero := make([]byte, min(fill, 1<<20))
		for off := int64(0); off < fill; off += int64(len(zero)) {
			if _, err := g.file.Write(zero); err != nil {
				return nil, fmt.Errorf("prepare a segment: %w", err)
			}
		}
		if err := g.file.Sync(); err != nil {
			return nil, fmt.Errorf("prepare a segment: %w", err)
		}
		g.prepared = true
	}
	if err := s.syncDir(s.journalPath()); err != nil {
		return nil, err
	}
	s.segmu.Lock()
	defer s.segmu.Unlock()
	s.segments[number] = g
	return g, nil
}

// write writes what follows to a segment.
func (g *segment) write(p []byte, off int64) error {
	if !g.prepared {
		_, err := g.file.Write(p)
		return err
	}
	_, err := g.file.WriteAt(p, off)
	return err
}

func (s *store) syncDir(name string) error {
	d, err := s.OpenDir(name)
	if err != nil {
		return fmt.Errorf("sync a directory: %w", err)
	}
	if err := d.Sync(); err != nil {
		return fmt.Errorf("sync a directory: %w", err)
	}
	return d.Close()
}
