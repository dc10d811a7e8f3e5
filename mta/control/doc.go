// Package control is the control socket: how operators and their programs reach a
// running server (spec mta 15).
//
//	version bytes ─► command byte [─► length ─► JSON] ─► '+' or 'E' ─► length ─► data ─┐
//	                      ▲                                                            │
//	                      └────────────────────────────────────────────────────────────┘
//
// The version is 5 7, as two bytes or two digits, once per connection. A length is 8
// bytes, little-endian. Which commands there are, which have a body and what they do
// stands in verbs.go; the bodies and answers are the structs of queueverbs.go,
// transfer.go, policyverbs.go, suspendverbs.go, memoryverbs.go, resolververbs.go and
// process.go. An answer
// 'E' is a text for a person. After a command that is not known, or a body that is too
// long, the connection ends, because nobody can tell where the next command begins.
//
// The table of the specification leaves bytes free; here they are (our decision):
//
//	l  set the log level           m  status of the process
//	M  what limits a destination   N  loaded scripts and the last error
//	O  check the files             P  running configuration
//	Q  drain                       R  shut down
//	S  counters that somebody waits for
//	T  ask the resolver
//
// Drain stops accepting: listeners close and sessions end after their command, while
// the queue goes on and the socket stays, so that what is left can be exported. The
// process ends when it is told to (R, SIGTERM). A drain is not undone but by a start.
//
// filter.go holds the conditions of the queue commands as one matcher over *queue.Item.
// client.go is the other side, for programs. What commands need of the server they
// declare here (Host, Queue, Policies, Mail); package mta connects them. The package
// imports mta/queue, mta/policy, mta/spool, mta/config, mta/message, mta/smtp,
// mta/address, stdlib/memory, stdlib/encode, stdlib/dns and runtime/vm.
package control
