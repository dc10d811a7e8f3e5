package control

import (
	"fmt"
	"time"

	"github.com/hawser-mta/hawser/mta/queue"
)

// compare returns a test of numbers and moments for an operator.
func compare[T any](op string, value, to T, cmp func(a, b T) int) (func(T) bool, error) {
	switch op {
	case "", "=":
		return func(x T) bool { return cmp(x, value) == 0 }, nil
	case "<":
		return func(x T) bool { return cmp(x, value) < 0 }, nil
	case "<=":
		return func(x T) bool { return cmp(x, value) <= 0 }, nil
	case ">":
		return func(x T) bool { return cmp(x, value) > 0 }, nil
	case ">=":
		return func(x T) bool { return cmp(x, value) >= 0 }, nil
	case "..":
		if cmp(value, to) > 0 {
			return nil, fmt.Errorf("got a range from %v to %v, want the lower end first", value, to)
		}
		return func(x T) bool { return cmp(x, value) >= 0 && cmp(x, to) <= 0 }, nil
	}
	return nil, fmt.Errorf("got operator '%s', want one of = < <= > >= ..", op)
}

func (b *builder) numbers(name string, list []Number, to *[]test, of func(*queue.Item) float64) {
	var tests []test
	for _, n := range list {
		is, err := compare(n.Operator, n.Value, n.To, func(a, b float64) int {
			switch {
			case a < b:
				return -1
			case a > b:
				return 1
			}
			return 0
		})
		if err != nil {
			b.fail("%s: %w", name, err)
			return
		}
		tests = append(tests, func(it *queue.Item) bool { return is(of(it)) })
	}
	b.any(to, tests)
}

func (b *builder) moments(list []Moment) {
	var tests []test
	for _, m := range list {
		is, err := m.test()
		if err != nil {
			b.fail("tss: %w", err)
			return
		}
		tests = append(tests, func(it *queue.Item) bool { return is(it.Received) })
	}
	b.any(&b.f.early, tests)
}

func (m *Moment) test() (func(time.Time) bool, error) {
	value, unit, err := parseTime(m.Value)
	if err != nil {
		return nil, err
	}
	var to time.Time
	last := unit
	if m.Operator == ".." {
		if to, last, err = parseTime(m.To); err != nil {
			return nil, err
		}
	}
	is, err := compare(m.Operator, value, to, time.Time.Compare)
	// A text stands for the whole day or second that it names.
	return func(t time.Time) bool {
		switch m.Operator {
		case "", "=":
			t = t.Truncate(unit)
		case "<=":
			if t.After(value) {
				t = t.Truncate(unit)
			}
		case ">":
			t = t.Truncate(unit)
		case "..":
			if t.After(to) {
				t = t.Truncate(last)
			}
		}
		return is(t)
	}, err
}

// timeForms are those of ISO 8601 that are taken, with what a text of each stands for.
var timeForms = []struct {
	layout string
	unit   time.Duration
}{
	{time.RFC3339Nano, time.Second}, {"2006-01-02T15:04:05", time.Second}, {"2006-01-02 15:04:05", time.Second},
	{"2006-01-02T15:04", time.Minute}, {"2006-01-02 15:04", time.Minute}, {"2006-01-02T15:04Z07:00", time.Minute}, {"2006-01-02", 24 * time.Hour},
}

func parseTime(s string) (t time.Time, unit time.Duration, err error) {
	for _, f := range timeForms {
		if t, err := time.Parse(f.layout, s); err == nil {
			return t, f.unit, nil
		}
	}
	return t, 0, fmt.Errorf("got '%s', want a time such as 2006-01-02T15:04:05Z or a day such as 2006-01-02", s)
}
