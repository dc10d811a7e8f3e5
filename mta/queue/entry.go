package queue

import (
	"container/heap"
	"time"
	"unique"

	"github.com/hawser-mta/hawser/mta/spool"
)

// key names a unit.
type key struct {
	tx string
	n  int
}

// State is where a unit is (spec mta 4.1).
type State uint8

// The states.
const (
	Deferred State = iota // due in the future
	Held                  // frozen until released
	Due                   // stands in a lane
	Working               // in a script or in DNS
	Active                // stands in a sub-queue
	Sending               // in an attempt
	Updating              // frozen by a change
	states
)

// String returns the name that operators use.
func (s State) String() string {
	return [...]string{"DEFER", "HOLD", "UNKNOWN", "UNKNOWN", "ACTIVE", "SENDING", "UPDATE"}[s]
}

// entry is what the queue knows of a unit. There may be millions.
type entry struct {
	key
	lane     unique.Handle[lane]
	stored   uint32 // how often its record was written
	path     int32
	state    State
	priority uint8
	held     bool
	fresh    bool // it has never been prepared
	gone     bool // done; only its removal is left
	last     Action
	cause    *Cause // to be discarded
	received time.Time
	due      time.Time
	expires  time.Time // zero: never
	wake     time.Time // when the loop looks at it
	index    int       // in the heap, -1 outside
	size     int64
	quotas   []*quota

	sub  *subQueue // Active and Sending
	plan any       // Ready.Plan; before it is prepared, Outcome.Note
}

func newEntry(u *spool.Unit) *entry {
	return &entry{
		key: key{u.Transaction, u.Queue}, path: int32(u.Path), lane: laneOf(u), priority: clamp(u.Priority), held: u.Hold,
		received: u.Received, due: u.Due, index: -1, size: u.Size, fresh: u.Retry == 0,
	}
}

func clamp(priority int) uint8 { return uint8(min(max(priority, 0), 1)) }

// timeHeap orders entries by the time they wake.
type timeHeap []*entry

func (h timeHeap) Len() int           { return len(h) }
func (h timeHeap) Less(i, j int) bool { return h[i].wake.Before(h[j].wake) }
func (h timeHeap) Swap(i, j int) {
	h[i], h[j] = h[j], h[i]
	h[i].index, h[j].index = i, j
}

// Push implements heap.Interface.
func (h *timeHeap) Push(x any) {
	e := x.(*entry)
	e.index = len(*h)
	*h = append(*h, e)
}

// Pop implements heap.Interface.
func (h *timeHeap) Pop() any {
	old := *h
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*h = old[:len(old)-1]
	e.index = -1
	return e
}

func (h *timeHeap) add(e *entry) { heap.Push(h, e) }

func (h *timeHeap) pop() *entry { return heap.Pop(h).(*entry) }

func (h *timeHeap) remove(e *entry) {
	if e.index >= 0 {
		heap.Remove(h, e.index)
	}
}
