package queue

import (
	"context"
	"time"

	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/spool"
)

// Deliverer does the work on units. The unit it gets is its own to change: what it
// changes is stored unless the unit is done.
type Deliverer interface {
	// Prepare finds out where a unit goes. Without a Ready it gets no attempt, and
	// the outcome counts. note is that of the outcome Back, nil otherwise.
	Prepare(ctx context.Context, u *spool.Unit, note any) (*Ready, Outcome)
	// Transmit makes an attempt with a lease, on a connection that is left from
	// another unit when there is one. It returns what Conclude needs, and the
	// connection when it can take another unit.
	Transmit(ctx context.Context, u *spool.Unit, r *Ready, l *policy.Lease, c Conn) (result any, left Conn)
	// Conclude decides what becomes of a unit after an attempt.
	Conclude(ctx context.Context, u *spool.Unit, r *Ready, result any) Outcome
	// Discard ends a unit without an attempt, for a cause.
	Discard(ctx context.Context, u *spool.Unit, cause Cause) Outcome
}

// Ready says in which sub-queue a unit stands.
type Ready struct {
	Facts    policy.Facts
	Sources  []policy.Source // one at least
	Random   bool
	Priority int
	Reuse    string    // equal for units that may share a connection; "": none is kept
	Expires  time.Time // when it must not wait any longer; zero: never
	Store    bool      // the unit was changed and must be stored
	Plan     any       // what Transmit needs; nil where nothing is special
}

// Conn is a connection that can take another unit.
type Conn interface {
	// Reuse is the text of the units that it can take.
	Reuse() string
	// Remote puts into the facts of a unit where it leads to.
	Remote(f *policy.Facts)
	// Rest tells how many more messages it takes, how long it may be idle, and
	// whether it may be closed to make room.
	Rest() (messages int, idle time.Duration, evictable bool)
	// Alive reports whether the peer has neither spoken nor closed.
	Alive() bool
	// Close ends it in order, without waiting.
	Close()
}

// Action is what becomes of a unit.
type Action uint8

// The actions.
const (
	Later     Action = iota // try again at Due
	Hold                    // keep until released
	Back                    // it was not tried: prepare it anew at Due; its record stays as it is
	Delivered               // the next hop took it
	Bounced                 // returned to the sender
	Deleted                 // dropped
)

// String returns the word that logs use.
func (a Action) String() string {
	return [...]string{"deferred", "held", "returned", "delivered", "bounced", "deleted"}[a]
}

// Done reports whether the unit leaves the queue.
func (a Action) Done() bool { return a >= Delivered }

// Outcome is what becomes of a unit after work on it.
type Outcome struct {
	Action Action
	Due    time.Time // Later and Back
	Note   any       // Back: for Prepare
}

// Cause is why a unit ends without an attempt.
type Cause uint8

// The causes.
const (
	Expired      Cause = iota // its greatest age has passed
	BounceByHand              // an operator bounced it
	DeleteByHand              // an operator deleted it
)
