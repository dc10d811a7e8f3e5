// Package delivery tries queued units: scripts, routing, DNS, SMTP, and what
// follows from the outcome (spec mta 5 and 6, hooks 11 and 12).
//
//	unit ─► predelivery ─┬─► plan ─► hosts ─► addresses ─► smtpclient ─┐
//	                     └─► Queue, Bounce, Delete                     │
//	outcome ◄─ default action or script ◄─ postdelivery ◄─ Attempt ◄───┘
//	              └─► DSN, a new unit
//
// Deliverer implements queue.Deliverer. It imports mta/hook, mta/smtpclient,
// mta/dsn, mta/queue, mta/spool, mta/config and the resolver of stdlib/dns.
package delivery
