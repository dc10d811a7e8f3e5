// Command hawserbench measures mail servers, and takes their mail.
//
//	hawserbench send --to HOST:PORT     sends mail and times every answer
//	hawserbench sink --listen HOST:PORT takes mail as receivers on the internet do
//	hawserbench discard HOST:PORT       go-smtp's server alone, without any of that
//
// It is thin: cmd/internal/loadgen sends, cmd/internal/sink takes, both usable from
// tests in process. discard is the yardstick of make bench-mta: what a server in Go
// costs that keeps nothing.
package main
