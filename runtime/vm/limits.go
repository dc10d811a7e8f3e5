package vm

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/hawser-mta/hawser/runtime/value"
)

// Limits bound one run. Zero means no limit, except for Depth.
type Limits struct {
	Steps  int           // jumps back and calls
	Time   time.Duration // wall clock
	Memory int           // bytes that the script holds at once
	Depth  int           // nested calls; 0: 1000
}

func (l Limits) withDefaults() Limits {
	if l.Depth == 0 {
		l.Depth = 1000
	}
	return l
}

// slice is the number of steps between two looks at the clock and the context.
const slice = 1024

// meter counts what a run uses.
type meter struct {
	budget int // steps until the next look
	steps  int // steps before this slice
	begin  time.Time

	bytes   int // allocated since the last count
	allowed int // bytes until the next count; 0: not limited
}

func (m *meter) start(t *Thread) {
	m.begin = t.host.Now()
	m.budget = slice
	m.allowed = t.limits.Memory
}

// tick is called when the budget is used up.
func (t *Thread) tick() error {
	m := &t.meter
	m.steps += slice
	m.budget = slice
	if err := t.Stopped(nil); err != nil {
		return err
	}
	if n := t.limits.Steps; n > 0 && m.steps >= n {
		return t.limit("steps", fmt.Sprintf("script exceeded its limit of %d steps", n))
	}
	if d := t.limits.Time; d > 0 && t.host.Now().Sub(m.begin) > d {
		return t.limit("time", fmt.Sprintf("script exceeded its time limit of %s", d))
	}
	return nil
}

// Stopped returns the error that ends a run whose context has ended, else err. What
// works long on its own asks it when the context has interrupted it.
func (t *Thread) Stopped(err error) error {
	if t.ctx.Err() == nil {
		return err
	}
	cause := context.Cause(t.ctx)
	if errors.Is(cause, context.DeadlineExceeded) {
		return t.limit("time", "script ran too long")
	}
	return &CancelError{cause}
}

func (t *Thread) limit(name, text string) error {
	return &LimitError{Limit: name, Text: text, Stack: t.Stack()}
}

// charge notes that n bytes were allocated; when they may exceed the limit, what
// is alive is counted.
func (t *Thread) charge(n int) error {
	m := &t.meter
	if m.allowed == 0 {
		return nil
	}
	if m.bytes += n; m.bytes <= m.allowed {
		return nil
	}
	live := t.live()
	if live > t.limits.Memory {
		return t.limit("memory", fmt.Sprintf("script exceeded its memory limit of %d bytes", t.limits.Memory))
	}
	m.bytes = 0
	// Counting again soon would make growth quadratic; a run may so exceed its
	// limit by a quarter before it ends.
	m.allowed = max(t.limits.Memory-live, t.limits.Memory/4)
	return nil
}

// Charge notes that a built-in allocated n bytes behind an object or resource,
// whose own size does not tell. What they occupy when the run's memory is counted
// says value.Sized.
func (t *Thread) Charge(n int) error { return t.charge(n) }

// Reserve is asked before n bytes are allocated at once, such as for the result
// of a built-in: it fails when they do not fit beside what the run holds.
func (t *Thread) Reserve(n int) error {
	m := &t.meter
	if m.allowed == 0 || n < reserveFrom || m.bytes+n <= m.allowed {
		return nil
	}
	if n <= t.limits.Memory && t.live()+n <= t.limits.Memory {
		return nil
	}
	return t.limit("memory", fmt.Sprintf("script exceeded its memory limit of %d bytes", t.limits.Memory))
}

// reserveFrom is the size from which asking is worth it.
const reserveFrom = 1 << 14

// Growth watches the size of what a built-in makes bit by bit.
type Growth struct {
	t          *Thread
	size, next int
}

// Growth begins with nothing.
func (t *Thread) Growth() *Growth { return &Growth{t: t, next: reserveFrom} }

// Add notes n more bytes. It fails when the whole has no room.
func (g *Growth) Add(n int) error {
	if g.size += n; g.size < g.next {
		return nil
	}
	g.next = g.size + g.size/4
	if g.size > value.MaxString {
		return value.ErrTooLong
	}
	return g.t.Reserve(g.size)
}

// Room is the most bytes that a single value may take.
func (t *Thread) Room() int {
	if m := t.limits.Memory; m > 0 {
		return min(m, value.MaxString)
	}
	return value.MaxString
}

// Text is the text of a value, as echo prints it. It fails when that has no room.
func (t *Thread) Text(v value.Value) (string, error) {
	if !v.IsArray() {
		return v.String(), nil
	}
	return value.Text(v, t.Room())
}

// chargeValue charges for a value that a built-in returned.
func (t *Thread) chargeValue(v value.Value) error {
	if t.meter.allowed == 0 {
		return nil
	}
	switch v.Kind() {
	case value.KString:
		return t.charge(len(v.Str()))
	case value.KArray:
		return t.charge(v.Array().Size())
	case value.KObject:
		return t.charge(64)
	}
	return nil
}

// live counts the bytes that the run can still reach.
func (t *Thread) live() int {
	s := value.NewSizer()
	for _, v := range t.stack[:min(t.top(), len(t.stack))] {
		s.Add(v)
	}
	for _, m := range t.mods {
		if m == nil {
			continue
		}
		for _, c := range m.cells {
			s.Add(c.V)
		}
	}
	for i := range t.frames {
		if fn := t.frames[i].fn; fn != nil {
			for _, c := range fn.Cells {
				s.Add(c.V)
			}
		}
	}
	return s.Total
}
