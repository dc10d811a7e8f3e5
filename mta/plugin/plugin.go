package plugin

import (
	"context"

	"github.com/hawser-mta/hawser/mta/config"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/mta/spool"
	"github.com/hawser-mta/hawser/runtime/value"
)

// Plugin is one that is loaded: what it does (spec plugin 3), nil for what it does not.
type Plugin struct {
	ID string

	// EarlyInit is called before policies and lists are in force, Init before scripts
	// are compiled. What they return false for does not start.
	EarlyInit, Init func(*Start) bool
	// Ready is called when all listeners accept, EarlyCleanup when a stop begins, Cleanup
	// when scripts, queue and deliveries have ended.
	Ready, EarlyCleanup, Cleanup func()
	// Reload is told of the live configuration after each change of it.
	Reload func(config.Tree)
	// Command runs a command of an operator; text is its output or, when ok is false, what
	// is wrong.
	Command func(args []string) (text string, ok bool)

	// Deliver makes an attempt. It returns soon and calls Done of the attempt then or
	// later.
	Deliver func(*Delivery)
	// Insert is asked about a unit that is about to enter the active queue, Pick about
	// one that is about to be sent. Pick must not call the queue.
	Insert func(m *Message, sources []policy.Source) Decision
	Pick   func(*Message) Decision
}

// Start is what a plugin is configured with when the server starts.
type Start struct {
	Config config.Tree // of smtpd.yaml
	App    config.Tree // of smtpd-app.yaml
}

// Message is a unit of the queue and where it goes, as far as that is known. It must not
// be changed.
type Message struct {
	Unit   *spool.Unit
	Facts  policy.Facts
	Source policy.Source
	Retry  int // attempts before this one
}

// Delivery is one attempt (spec plugin 5).
type Delivery struct {
	Message
	Context   context.Context // ends when nobody waits for the result any more
	Arguments *value.Value    // array; nil when the script gave none
	Content   message.Source  // as it is to be sent, valid until Done
	Trace     func(text string)
	Done      func(Result) // to be called once, from any goroutine
}

// Result is how an attempt ended.
type Result struct {
	Code      int    // as of an SMTP reply; 0: none
	Reason    string // of the code
	Enhanced  [3]int // zero: none
	Failed    bool   // there is no code, but an error
	Error     string
	Permanent bool         // of the error
	Return    *value.Value // for postdelivery; nil: nothing
}

// Decision is what a queue plugin says about a unit.
type Decision struct {
	OK bool
	// Sources are those that are left of a source pool (Insert); nil: all.
	Sources []policy.Source
	Return  *value.Value // for predelivery and postdelivery; nil: nothing
}
