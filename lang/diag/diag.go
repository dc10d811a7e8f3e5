package diag

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/lang/token"
)

// Severity orders diagnostics.
type Severity uint8

// Severities, gravest first.
const (
	Error Severity = iota
	Warning
	Info
)

// String returns the word printed between position and message.
func (s Severity) String() string { return [...]string{"error", "warning", "info"}[s] }

// Diagnostic is one finding with its place.
type Diagnostic struct {
	Severity Severity
	Code     string         // stable identifier such as "syntax" or "unknown-function"
	Pos      token.Position // where; File alone when no line is to blame
	Source   string         // text of the line, without line end; may be empty
	Width    int            // bytes under the caret, at least 1
	Message  string
	Hint     string     // help, may be empty
	Chain    []Included // how the file came in, innermost first
}

// Included is one step of an include or import chain.
type Included struct {
	Verb string // "included", "imported"
	Pos  token.Position
}

// Error returns the first line of the text form.
func (d *Diagnostic) Error() string {
	return fmt.Sprintf("%s: %s: %s", d.Pos, d.Severity, d.Message)
}

// List collects diagnostics.
type List []*Diagnostic

// At returns a diagnostic for span in fset; callers add hint and code.
func At(fset *token.FileSet, span token.Span, sev Severity, code, format string, args ...any) *Diagnostic {
	d := &Diagnostic{Severity: sev, Code: code, Message: fmt.Sprintf(format, args...), Width: 1}
	f := fset.File(span.From)
	if f == nil {
		return d
	}
	d.Pos = f.Position(span.From)
	d.Source = f.Line(d.Pos.Line)
	if n := int(span.To - span.From); n > 1 {
		d.Width = max(1, min(n, len(d.Source)-d.Pos.Column+1))
	}
	return d
}

// Errors reports whether the list holds at least one error.
func (l List) Errors() bool {
	return slices.ContainsFunc(l, func(d *Diagnostic) bool { return d.Severity == Error })
}

// Sort orders by file, line and column and drops exact repeats.
func (l *List) Sort() {
	slices.SortStableFunc(*l, func(a, b *Diagnostic) int {
		if c := strings.Compare(a.Pos.File, b.Pos.File); c != 0 {
			return c
		}
		if a.Pos.Line != b.Pos.Line {
			return a.Pos.Line - b.Pos.Line
		}
		return a.Pos.Column - b.Pos.Column
	})
	*l = slices.CompactFunc(*l, func(a, b *Diagnostic) bool { return a.Pos == b.Pos && a.Message == b.Message })
}

// Err returns the list as an error, nil when it holds no error.
func (l List) Err() error {
	if !l.Errors() {
		return nil
	}
	return listError{l}
}

type listError struct{ List }

// Error returns the text form of the whole list.
func (e listError) Error() string {
	var b strings.Builder
	Text(&b, e.List)
	return strings.TrimSuffix(b.String(), "\n")
}

// FromError returns the list inside err, nil when there is none.
func FromError(err error) List {
	if e, ok := err.(listError); ok {
		return e.List
	}
	return nil
}
