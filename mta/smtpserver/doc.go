// Package smtpserver takes mail by SMTP and LMTP (RFC 5321, spec mta 12) and
// lets the hooks decide at each step.
//
//	accept ─► limits ─► PTR ─► connect ─► banner
//	   command ─► helo, auth, mailfrom, rcptto ─► reply
//	   DATA or BDAT ─► content ─► eod ─► Enqueuer (durable) ─► 250
//	close ─► disconnect
//
// The state machine is our own over the pure functions of mta/smtp; go-smtp's
// server cannot run a script before the banner, answer a success with other
// text or several lines, see unknown verbs, know the reason of a disconnect or
// batch the replies of a pipelined group. go-smtp's client is the independent
// peer in the tests.
//
// What the package needs of others are the small interfaces of server.go. It
// imports mta/smtp, mta/hook, mta/message and mta/address.
package smtpserver
