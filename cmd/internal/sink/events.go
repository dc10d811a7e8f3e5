package sink

import (
	"net/netip"
	"time"
)

// Kind says what an event is about.
type Kind string

// The kinds. Open and Close enclose a connection; Begin and End enclose the part
// that a recipient domain has in a transaction, from its first accepted RCPT to the
// last reply.
const (
	Open    Kind = "open"
	Close   Kind = "close"
	Begin   Kind = "begin"
	End     Kind = "end"
	Message Kind = "message" // one per recipient of an accepted message
	Refusal Kind = "refusal"
)

// Event is one thing that happened.
type Event struct {
	Time   time.Time
	Kind   Kind
	Conn   uint64     // number of the connection, from 1
	Client netip.Addr // address of the peer
	Domain string     // of the recipient, lower case: Begin, End, Message, and Refusal of rcpt
	Stage  Stage      // of a Refusal
	Code   int        // of a Refusal
}

// journal is a bounded list of events; the oldest go first.
type journal struct {
	list []Event
	max  int
	next int // where the next one goes when the list is full
	lost int
}

func (j *journal) add(e Event) {
	if len(j.list) < j.max {
		j.list = append(j.list, e)
		return
	}
	j.list[j.next] = e
	j.next = (j.next + 1) % j.max
	j.lost++
}

// all returns the events, oldest first.
func (j *journal) all() []Event {
	return append(append(make([]Event, 0, len(j.list)), j.list[j.next:]...), j.list[:j.next]...)
}

// Key parts events into groups that are judged alone.
type Key func(Event) string

// The usual keys.
var (
	All      Key = func(Event) string { return "" }
	ByClient Key = func(e Event) string { return e.Client.String() }
	ByDomain Key = func(e Event) string { return e.Domain }
)

// Peak returns per key how many were open at the same time at most: connections
// with Open and Close, transactions with Begin and End.
func Peak(events []Event, start, end Kind, key Key) map[string]int {
	now, peak := map[string]int{}, map[string]int{}
	for _, e := range events {
		k := key(e)
		switch e.Kind {
		case start:
			now[k]++
			peak[k] = max(peak[k], now[k])
		case end:
			now[k]--
		}
	}
	return peak
}

// Busiest returns per key how many events of a kind fell into one window of time
// at most, wherever that window begins; two events a whole window apart are not in
// the same one.
func Busiest(events []Event, kind Kind, window time.Duration, key Key) map[string]int {
	recent, most := map[string][]time.Time{}, map[string]int{}
	for _, e := range events {
		if e.Kind != kind {
			continue
		}
		k := key(e)
		in := append(recent[k], e.Time)
		for e.Time.Sub(in[0]) >= window {
			in = in[1:]
		}
		recent[k] = in
		most[k] = max(most[k], len(in))
	}
	return most
}
