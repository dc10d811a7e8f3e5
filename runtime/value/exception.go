package value

import "fmt"

// Exception is the state of an Exception object.
type Exception struct {
	Text         string
	File         string // "" when the location is unknown
	Line, Column int
}

// String returns the text with the location when known (spec stdlib 29).
func (e *Exception) String() string {
	if e.File == "" {
		return e.Text
	}
	return fmt.Sprintf("%s in %s on line %d column %d", e.Text, e.File, e.Line, e.Column)
}

// NewException returns an object of the class Exception, in one allocation with its
// state.
func NewException(c *Class, x Exception) Value {
	s := &struct {
		Object
		state Exception
	}{state: x}
	s.init(c)
	s.Native = &s.state
	return FromObject(&s.Object)
}
