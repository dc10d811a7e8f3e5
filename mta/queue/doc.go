// Package queue decides when each unit (one message to one recipient) is tried next
// (spec mta 4).
//
//	Add ─► DEFER or HOLD ─► due ─► lanes ─► prepare ─► ACTIVE ─► transmit ─► conclude
//	           ▲                   (UNKNOWN)          sub-queues (SENDING)       │
//	           └──────────────── later, hold ◄───────────────────────────────────┤
//	                                              removed from the spool ◄─ done ┘
//
// In memory a unit is a small entry: id, times and state; envelope and patch are read
// from the spool when they are needed. What the steps do (scripts, DNS, SMTP) is the
// Deliverer's. Units that are due stand in lanes (tenant, job, transport, domain) that
// take turns in being prepared. A prepared unit stands in the sub-queue of its
// destination; sub-queues take turns, one unit each, as far as policies let them: one
// that may not go is parked in the policy.Engine until that wakes it.
//
// After a message the connection goes on with the next unit of its sub-queue, waits in
// the pool for another one, or is closed.
//
// One lock guards the schedule, because whoever accepts mail must never wait for a
// scheduler to have time; it is never held while the spool, a script or the network is
// asked, and every change is O(log n).
//
// Time is the clock of package time, so that tests run in synctest bubbles. The
// package imports mta/spool, mta/policy, mta/slots and mta/address only.
package queue
