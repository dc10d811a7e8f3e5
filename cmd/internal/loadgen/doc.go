// Package loadgen sends mail as fast as a server takes it, or at a given rate, and
// measures how long each of its answers takes. It is `hawserbench send`, and a
// client of tests, in process:
//
//	r, err := loadgen.Run(ctx, loadgen.Options{To: "127.0.0.1:2525", Clients: 20, Messages: 10000})
//	r.PerSecond, r.Failed, r.Latency["eod"].P99
//
// The model: each client is a goroutine with one connection at a time. It takes
// the number of the next message, waits for the time of that number when there is
// a rate, and runs one transaction. A message that is not accepted has failed; it is
// not tried again, so that the figures are of what was asked for. After a lost or
// refused connection a client pauses for a tenth of a second.
//
// The client is small and its own, over the functions of mta/smtp: go-smtp's cannot
// pipeline, and mta/smtpclient is what is measured in some of the uses.
//
// It may import mta/smtp, go-cmp in tests, and the standard library.
package loadgen
