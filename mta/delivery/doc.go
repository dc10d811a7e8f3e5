// Package delivery tries queued units: scripts, routing, DNS, SMTP, and what
// follows from the outcome (spec mta 5 and 6, hooks 11 and 12).
//
//	unit ─► predelivery ─┬─► plan ─► hosts ─► addresses ─► smtpclient ─┐
//	          ▲          │     └───► a plugin, when Try says so ───────┤
//	          │          └─► Queue, Bounce, Delete                     │
//	          └─ a queue plugin does not want it (plugin.go)           │
//	outcome ◄─ default action or script ◄─ postdelivery ◄─ Attempt ◄───┘
//	              └─► DSN, a new unit
//
// retry is the same number in predelivery and postdelivery of an attempt, and in its
// log record: the attempts before it, 0 on the first. Spec hooks 12.1 calls it the
// "attempt number, as in predelivery", and rules that compare it fit together only so:
// a message expires when retry ≥ retry.count (mta 4.4 counts up before it compares),
// which is the comparison that backoff modules make (extras 8.1), and an attempt that
// predelivery has spared the message does not number the others differently.
//
// Deliverer implements queue.Deliverer. It imports mta/hook, mta/smtpclient,
// mta/dsn, mta/plugin, mta/queue, mta/spool, mta/config and the resolver of stdlib/dns.
package delivery
