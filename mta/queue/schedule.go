package queue

import "time"

// Schedule is when a unit is tried again after a temporary failure (spec mta
// 4.4).
type Schedule struct {
	Count     int           // retries after the first attempt
	Intervals []Interval    // the last repeats
	During    time.Duration // greatest age; 0: none
	Jitter    float64       // random share added to the wait, 0 to 1
}

// Interval is one wait.
type Interval struct {
	Wait   time.Duration
	Notify bool // send a delay notice
}

// Next returns the wait before retry number retry (from 1), and whether the unit
// is expired then. random is a number from 0 to 1.
func (s *Schedule) Next(retry int, age time.Duration, random float64) (wait Interval, expired bool) {
	if len(s.Intervals) == 0 {
		wait.Wait = time.Minute
	} else {
		wait = s.Intervals[min(max(retry, 1), len(s.Intervals))-1]
	}
	wait.Wait += time.Duration(float64(wait.Wait) * s.Jitter * random)
	return wait, retry > s.Count || s.During > 0 && age > s.During
}
