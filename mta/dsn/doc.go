// Package dsn makes delivery status notifications: multipart/report messages of
// RFC 3464 in the container of RFC 6522, with the internationalised forms of RFC
// 6533 (spec mta 11).
//
//	Build(Report{Action: Failed, …})  → the message, ready for the spool
//
// It is pure: what happened comes in as a Report, bytes come out. It imports
// mta/address and mta/message.
package dsn
