package queue

import (
	"context"
	"time"

	"github.com/hawser-mta/hawser/mta/spool"
)

// Deliverer tries units. The unit it gets is its own to change: what it changes
// is stored unless the unit is done.
type Deliverer interface {
	// Attempt tries a unit.
	Attempt(ctx context.Context, u *spool.Unit) Outcome
	// Discard ends a unit without an attempt, for a cause.
	Discard(ctx context.Context, u *spool.Unit, cause Cause) Outcome
}

// Action is what becomes of a unit.
type Action uint8

// The actions.
const (
	Later     Action = iota // try again at Due
	Hold                    // keep until released
	Delivered               // the next hop took it
	Bounced                 // returned to the sender
	Deleted                 // dropped
)

// String returns the word that logs use.
func (a Action) String() string {
	return [...]string{"deferred", "held", "delivered", "bounced", "deleted"}[a]
}

// Done reports whether the unit leaves the queue.
func (a Action) Done() bool { return a >= Delivered }

// Outcome is the end of an attempt.
type Outcome struct {
	Action Action
	Due    time.Time // Later
}

// Cause is why a unit ends without an attempt.
type Cause uint8

// The causes.
const (
	Expired      Cause = iota // the greatest age of the queue has passed
	BounceByHand              // an operator bounced it
	DeleteByHand              // an operator deleted it
)
