package queue_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/queue"
)

func TestSchedule(t *testing.T) {
	t.Parallel()
	intervals := []queue.Interval{{Wait: time.Minute}, {Wait: time.Hour, Notify: true}}
	type result struct {
		Wait    queue.Interval
		Expired bool
	}
	for _, c := range []struct {
		name   string
		s      queue.Schedule
		retry  int
		age    time.Duration
		random float64
		want   result
	}{
		{"first", queue.Schedule{Count: 2, Intervals: intervals}, 1, 0, 0, result{intervals[0], false}},
		{"second", queue.Schedule{Count: 2, Intervals: intervals}, 2, 0, 0.9, result{intervals[1], false}},
		{"the last repeats", queue.Schedule{Count: 9, Intervals: intervals}, 9, 0, 0, result{intervals[1], false}},
		{"count", queue.Schedule{Count: 2, Intervals: intervals}, 3, 0, 0, result{intervals[1], true}},
		{"no retries", queue.Schedule{Intervals: intervals}, 1, 0, 0, result{intervals[0], true}},
		{"age", queue.Schedule{Count: 2, Intervals: intervals, During: time.Hour}, 1, time.Hour + 1, 0, result{intervals[0], true}},
		{"age not passed", queue.Schedule{Count: 2, Intervals: intervals, During: time.Hour}, 1, time.Hour, 0, result{intervals[0], false}},
		{"jitter", queue.Schedule{Count: 2, Intervals: intervals, Jitter: 0.5}, 1, 0, 0.5, result{queue.Interval{Wait: 75 * time.Second}, false}},
		{"no intervals", queue.Schedule{Count: 2}, 1, 0, 0, result{queue.Interval{Wait: time.Minute}, false}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			wait, expired := c.s.Next(c.retry, c.age, c.random)
			if d := cmp.Diff(c.want, result{wait, expired}); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}
