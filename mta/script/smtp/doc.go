// Package smtp has what scripts do with SMTP servers at once, without the queue (spec
// stdlib 0.10, 13.4, 15): smtp_lookup_rcpt, smtp_lookup_auth, and the dialogue behind
// send() of messages.
//
//	settings (array or transport id) ──► Server ──► route ──► smtpclient ──► result array
//
// Hosts are tried in the order of mta 5 until one answers; a reply of a server decides.
// Transports and source addresses belong to the configuration: the package asks the
// service under the name Service of vm.Host.
package smtp
