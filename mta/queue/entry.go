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

type state uint8

const (
	stateDefer state = iota
	stateHold
	stateReady
	stateActive
	stateUpdate // frozen by a manual change
	states
)

// entry is what the queue knows of a unit. There may be millions.
type entry struct {
	key
	path     int
	lane     unique.Handle[lane]
	stored   uint32 // how often its record was written
	state    state
	priority uint8
	held     bool
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
}

func newEntry(u *spool.Unit) *entry {
	return &entry{
		key: key{u.Transaction, u.Queue}, path: u.Path, lane: laneOf(u), priority: clamp(u.Priority), held: u.Hold,
		received: u.Received, due: u.Due, index: -1, size: u.Size,
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
