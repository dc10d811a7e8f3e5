package spool

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// State is how a path is.
type State string

// The states of a path.
const (
	OK     State = "ok"
	Low    State = "low"    // less space than minfree: it takes no new mail
	Failed State = "failed" // it takes no new mail, its units are not tried
)

// Status is what operators see of a path.
type Status struct {
	Path                  string
	Weight                int
	State                 State
	FreeBytes, FreeInodes uint64
	Units                 int64 // in it, also while it has failed; those found at the start as far as they are loaded
	Readers, Unread       int64 // while it is read: readers at work, and parts of it that none has begun
	Err                   error // of a path that has failed
}

// Status returns that of every path, in the order of the configuration.
func (s *Spool) Status() []Status {
	out := make([]Status, len(s.volumes))
	for i, v := range s.volumes {
		out[i] = v.status()
	}
	return out
}

// status looks at a path and reports a change.
func (v *volume) status() Status {
	st := Status{Path: v.Path.Path, Weight: max(v.Weight, 1), State: OK, Units: v.units.Load()}
	s, err := v.live()
	if err == nil {
		err = s.failed()
		st.Readers, st.Unread = s.readers.Load(), s.unread.Load()
	}
	var lost error
	st.FreeBytes, st.FreeInodes, lost = v.o.Free(v.Path.Path)
	switch st.Err = errors.Join(err, lost); {
	case st.Err != nil:
		st.State = Failed
	case st.FreeBytes < v.o.MinBytes || st.FreeInodes < v.o.MinInodes:
		st.State = Low
	}
	v.report(&st)
	return st
}

// report logs that the state is another than last time.
func (v *volume) report(st *Status) {
	old := v.state.Load().(State)
	if old == st.State || !v.state.CompareAndSwap(old, st.State) {
		return
	}
	args := []any{"event", "spool", "path", st.Path, "state", st.State, "units", st.Units, "freebytes", st.FreeBytes, "freeinodes", st.FreeInodes}
	switch {
	case st.State == Failed:
		v.o.Logger.Error("a spool path has failed", append(args, "err", st.Err)...)
	case st.State == Low:
		v.o.Logger.Warn("a spool path is full", args...)
	case old != "":
		v.o.Logger.Info("a spool path is well again", args...)
	}
}

// amplification is how much of its size a message may need on disk, while its content is
// moved.
const amplification = 2

// room reports whether a path takes a new message of so many bytes.
func (v *volume) room(size int64) bool {
	st := v.status()
	return st.State == OK && st.FreeBytes >= v.o.MinBytes+amplification*uint64(size)
}

// lookEvery is how long what is known of free space counts. The disks of a server do not
// write as much in that time as the least minfree leaves, and asking twice for each
// message took a twentieth of the time of accepting it.
const lookEvery = 50 * time.Millisecond

// remembered asks the system for free space, not more often than lookEvery.
func remembered() func(path string) (bytes, inodes uint64, err error) {
	type answer struct {
		at            time.Time
		bytes, inodes uint64
		err           error
	}
	var mu sync.Mutex
	known := map[string]answer{}
	return func(path string) (uint64, uint64, error) {
		mu.Lock()
		defer mu.Unlock()
		a, ok := known[path]
		if now := time.Now(); !ok || now.Sub(a.at) > lookEvery {
			a.at = now
			a.bytes, a.inodes, a.err = free(path)
			known[path] = a
		}
		return a.bytes, a.inodes, a.err
	}
}

func free(path string) (bytes, inodes uint64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(path, &st); err != nil {
		return 0, 0, fmt.Errorf("look at spool %s: %w", path, err)
	}
	if st.Files == 0 { // file systems that count no inodes
		st.Ffree = ^uint64(0)
	}
	return st.Bavail * uint64(st.Bsize), st.Ffree, nil
}
