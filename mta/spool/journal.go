package spool

import (
	"errors"
	"runtime"
	"sync"
	"time"
)

// journal is where everything goes first: entries behind each other in segments, those
// of one group written and synced together. A goroutine writes group after group, and
// brings each into the index when it is on the disk; meanwhile the next one gathers.
type journal struct {
	s    *store
	wake chan struct{} // there may be a group
	end  chan struct{} // closed when nothing follows
	done sync.WaitGroup

	mu    sync.Mutex
	group *group   // that gathers
	next  *segment // prepared
	spare [][]byte // buffers of groups that are done: one is written, one gathers
	busy  bool     // a group is written
	company
	held  *group      // that gathered when timer was set
	timer *time.Timer // runs while there is a held group
}

// group is what one sync makes durable.
type group struct {
	segment *segment
	offset  int64 // of its first byte
	buf     []byte
	entries []*entry
	offsets []int64 // of the entries
	late    bool    // it was held back long enough
	done    chan struct{}
}

// groupSize is from which size on a group takes nothing more, in bytes.
const groupSize = 4 << 20

// hold is how long a group is held back at least when nobody comes, and twice that at
// most.
const hold = time.Millisecond

// slow is how long a disk may take before operators hear of it.
const slow = 5 * time.Second

func newJournal(s *store, first *segment) *journal {
	j := &journal{s: s, wake: make(chan struct{}, 1), end: make(chan struct{})}
	j.group = &group{segment: first, done: make(chan struct{})}
	j.timer = time.AfterFunc(hold, j.look)
	j.timer.Stop()
	j.done.Go(j.run)
	return j
}

// add appends an entry, as encode wrote it, and tells where it will lie. It waits
// while a group is full.
func (j *journal) add(e *entry, b []byte) (g *group, off int64, err error) {
	sum := textSum(b)
	for {
		if err := j.s.failed(); err != nil {
			return nil, 0, err
		}
		j.mu.Lock()
		if g = j.group; len(g.buf) < groupSize {
			break
		}
		j.mu.Unlock()
		if err := j.s.await(g); err != nil {
			return nil, 0, err
		}
	}
	defer j.mu.Unlock()
	off = g.offset + int64(len(g.buf))
	if n := len(j.spare); g.buf == nil && n > 0 {
		g.buf, j.spare = j.spare[n-1], j.spare[:n-1]
	}
	at := len(g.buf)
	g.buf = append(g.buf, b...)
	complete(g.buf[at:], g.segment.number, uint32(at), sum)
	g.entries, g.offsets = append(g.entries, e), append(g.offsets, off)
	if j.come(); j.ready() {
		j.kick()
	} else if !j.busy {
		j.holdBack()
	}
	return g, off, nil
}

// ready reports whether the group that gathers shall be written.
func (j *journal) ready() bool {
	g := j.group
	return len(g.entries) >= j.least() || g.late && len(g.entries) > 0 || len(g.buf) >= groupSize
}

func (j *journal) kick() {
	select {
	case j.wake <- struct{}{}:
	default:
	}
}

// holdBack lets the group that gathers wait for others, for a while.
func (j *journal) holdBack() {
	if j.held == nil {
		j.held = j.group
		j.timer.Reset(hold)
	}
}

// look ends the wait of a group that was there when the timer was set.
func (j *journal) look() {
	j.mu.Lock()
	defer j.mu.Unlock()
	before := j.held
	j.held = nil
	switch {
	case len(j.group.entries) == 0 || j.busy:
	case j.group == before:
		j.alone()
		j.group.late = true
		j.kick()
	default:
		j.holdBack()
	}
}

// await waits until a group is on stable storage and in the index.
func (s *store) await(g *group) error {
	select {
	case <-g.done:
		return nil
	case <-s.down:
		return s.err
	}
}

// run writes groups until the journal ends or the store fails.
func (j *journal) run() {
	for {
		select {
		case <-j.wake:
		case <-j.s.down:
			return
		case <-j.end:
			return
		}
		for g, next := j.gathered(); g != nil; g, next = j.gathered() {
			if err := j.s.do(func() error { return j.write(g, next) }); err != nil {
				j.s.fail(err)
				return
			}
			close(g.done)
			j.written(g)
		}
	}
}

// written takes back the memory of a group that is done.
func (j *journal) written(g *group) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.gone(len(g.entries))
	if cap(g.buf) <= groupSize {
		j.spare = append(j.spare, g.buf[:0])
	}
}

// gathered lets everybody go first who could add to the group, and takes it.
func (j *journal) gathered() (*group, *segment) {
	runtime.Gosched()
	return j.take()
}

// take returns the group that has gathered, nil when there is none or it is held back,
// and the segment of the one behind it.
func (j *journal) take() (*group, *segment) {
	j.mu.Lock()
	defer j.mu.Unlock()
	g := j.group
	if j.busy = j.ready(); !j.busy {
		if len(g.entries) > 0 {
			j.holdBack()
		}
		return nil, nil
	}
	next := &group{segment: g.segment, offset: g.offset + int64(len(g.buf)), done: make(chan struct{})}
	if full := next.offset >= j.s.segmentSize; full || !g.segment.prepared {
		if j.next != nil {
			next.segment, next.offset, j.next = j.next, 0, nil
		} else if full {
			j.s.kick()
		}
	}
	j.group = next
	return g, next.segment
}

// write makes a group durable and known.
func (j *journal) write(g *group, next *segment) error {
	late := time.AfterFunc(slow, func() {
		j.s.log.Warn("the disk is slow", "event", "spool", "path", j.s.path, "duration", slow.String())
	})
	defer late.Stop()
	if err := g.segment.write(g.buf, g.offset); err != nil {
		return err
	}
	if j.s.sync {
		if err := g.segment.file.SyncData(); err != nil {
			return err
		}
	}
	g.segment.size.Store(g.offset + int64(len(g.buf)))
	if err := j.s.apply(g); err != nil {
		return err
	}
	if next == g.segment {
		return nil
	}
	return j.s.turn(g.segment, next)
}

// close ends the journal when nothing is under way. The next start has nothing of it to
// read.
func (j *journal) close() error {
	close(j.end)
	j.done.Wait()
	j.timer.Stop()
	errs := []error{j.s.setStart(j.group.segment.number + 1), j.s.db.Flush(), j.group.segment.file.Close()}
	if j.next != nil {
		errs = append(errs, j.next.file.Close())
	}
	for _, g := range j.s.segments {
		j.s.forget(g)
	}
	return errors.Join(errs...)
}
