// Package queue decides when each unit (one message to one recipient) is tried
// next, and runs the attempts (spec mta 4).
//
//	Add ─► due now ─► ready ─► attempt ─┬─► done: removed from the spool
//	        ▲  │                        ├─► later: DEFER until due
//	        │  └─ hold: HOLD            └─► hold:  HOLD
//	        └────── due, released, retried
//
// In memory a unit is a small entry: id, times and state; envelope and patch are
// read from the spool when it is tried. What an attempt does (scripts, DNS, SMTP)
// is the Deliverer's; its Outcome says what becomes of the unit. Units that are
// due stand in lanes (tenant, job, transport, domain) that take turns. One lock
// guards the schedule, because whoever accepts mail must never wait for a
// scheduler to have time; it is never held while the spool is asked, and every
// change is O(log n).
//
// Time is the clock of package time, so that tests run in synctest bubbles. The
// package imports mta/spool only.
package queue
