package native

import (
	"sync/atomic"

	"github.com/hawser-mta/hawser/mta/plugin"
)

// attached is the queue of the process.
var attached atomic.Pointer[plugin.Queue]

// Attach makes libraries talk to a queue: that of the server of the process, because what
// they call has no place for more than one. Without it all that they ask of it fails.
func Attach(q plugin.Queue) { attached.Store(&q) }

// server returns the queue that libraries talk to; ok is false when there is none.
func server() (q plugin.Queue, ok bool) {
	if p := attached.Load(); p != nil {
		return *p, true
	}
	return nil, false
}
