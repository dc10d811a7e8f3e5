package checks

import (
	"strings"

	"github.com/hawser-mta/hawser/lang/token"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Service is the key of the *Case in the services of a host.
const Service = "testing"

// Collect as Pick runs no case: the file is executed to learn which it has.
const Collect = -1

// Case is one run of a test file.
type Case struct {
	Pick     int         // index of the case or benchmark to keep, Collect for none
	Found    []Found     // what the file registered, in its order
	Function value.Value // of the picked one
	Closed   bool        // the file has ended: no more can be registered

	// Ended is set when an assertion failed or the case was skipped, wherever
	// that was: the run of a hook inside the case ends, too.
	Ended error

	// Decision is the last call of a function that ended a hook.
	Decision *Call

	mocks map[string]*mock
}

// Found is a registered case or benchmark.
type Found struct {
	Name  string
	Bench bool
	Pos   token.Position
}

// Call is a call of a library function.
type Call struct {
	Name string
	Args []value.Value
}

// Failure is an assertion that does not hold.
type Failure struct {
	Pos   token.Position // of the assertion in the test
	Text  string
	Diff  string // lines that begin with -, + or a blank; "" when there is none
	Stack []vm.Frame
}

// Error returns the text.
func (f *Failure) Error() string { return f.Text }

// Skipped ends a case that cannot run.
type Skipped struct {
	Pos    token.Position
	Reason string
}

// Error returns the reason.
func (s *Skipped) Error() string { return s.Reason }

// caseOf returns the case that a thread belongs to, nil outside tests.
func caseOf(t *vm.Thread) *Case {
	c, _ := t.Host().Services[Service].(*Case)
	return c
}

// end ends the run that called, and marks the case.
func (c *Case) end(err error) (value.Value, error) {
	if c.Ended == nil {
		c.Ended = err
	}
	return value.None, &vm.Terminate{Decision: err}
}

// Caller returns the innermost frames of a thread that lie in the files of the
// user.
func Caller(t *vm.Thread) (token.Position, []vm.Frame) {
	stack := t.Stack()
	if own := Own(stack); len(own) > 0 {
		return own[0].Pos, own
	}
	return t.Position(), stack
}

// Own drops the frames that lie in bundled modules.
func Own(stack []vm.Frame) []vm.Frame {
	var own []vm.Frame
	for _, f := range stack {
		if !strings.HasPrefix(f.Pos.File, "std://") {
			own = append(own, f)
		}
	}
	return own
}

func (c *Case) fail(t *vm.Thread, text, diff string) (value.Value, error) {
	pos, stack := Caller(t)
	return c.end(&Failure{Pos: pos, Text: text, Diff: diff, Stack: stack})
}
