package spool

import "time"

// What a failed store leaves in memory until the process ends is not small, so
// that one which fails again soon is opened again ever later.
const (
	firstWait   = 5 * time.Second
	longestWait = 10 * time.Minute
	steady      = time.Hour // a store that lasted so long had no lasting trouble
)

// keep opens a path again whenever its store has failed, until the spool closes.
func (s *Spool) keep(v *volume) {
	for {
		if st := v.store.Load(); st != nil {
			select {
			case <-s.closing:
				return
			case <-st.down:
			}
		}
		v.status() // reports it
		if v.wait = min(2*v.wait, longestWait); v.wait == 0 || time.Since(v.since) > steady {
			v.wait = s.o.Retry
		}
		if !s.heal(v) {
			return
		}
	}
}

// heal opens a failed path when it has room. It returns false when the spool
// closes before.
func (s *Spool) heal(v *volume) bool {
	for {
		select {
		case <-s.closing:
			return false
		case <-time.After(v.wait):
		}
		if s.again(v) {
			return true
		}
	}
}

// again tries to open a path and reports whether it could.
func (s *Spool) again(v *volume) bool {
	bytes, inodes, err := s.o.Free(v.Path.Path)
	if err != nil || bytes < s.o.MinBytes || inodes < s.o.MinInodes {
		return false
	}
	if err := s.open(v); err != nil {
		s.o.Logger.Error("a spool path cannot be opened yet", "event", "spool", "path", v.Path.Path, "err", err)
		v.wait = min(2*v.wait, longestWait)
		return false
	}
	v.status()
	v.mu.Lock()
	f := v.f
	v.mu.Unlock()
	if f != nil {
		if err := v.load(f); err != nil {
			s.o.Logger.Error("read spool", "event", "spool", "path", v.Path.Path, "err", err)
		}
	}
	return true
}
