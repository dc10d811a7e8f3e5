// Package web has http() and url_parse() (spec stdlib 10).
//
//	script's goroutine                        goroutine of the call
//	http() ── read options ──► call.run ────► place ► connection ► request ► response
//	             callback, files, memory ◄─── jobs ───┘
//
// Everything that touches the script (callbacks, File objects, the memory meter) is
// sent back to the script's own goroutine as a job; net/http never calls into a
// script. A call ends only after its own goroutine has ended.
//
// The Client is a service of the host (Host.Services["http"]): one per process. It
// owns the places, the connections and the transports, one for each source address,
// TLS setting, socket and proxy, of which the least used go when there are too many.
// Closing it ends all calls and connections.
//
// Decisions:
//   - net/http forgets the order of header fields. HTTP/1 connections therefore record
//     the head of a response when response_headers is set, and such a call offers the
//     server HTTP/1.1 only: HTTP/2 leaves no place to look at the fields before they
//     are sorted into a map.
//   - What passes the hop limit is answered with the 3xx itself, as at 0. So is a 307
//     or 308 when the body cannot be sent again: a callback, a File that cannot seek.
//   - The header Host cannot be removed, nor Transfer-Encoding without a Content-Length:
//     HTTP/1.1 demands the first, and the body would have no end without the second.
//   - No Referer is sent to where a redirect leads: addresses carry secrets.
//   - A body that does not fit into the memory of the script is a failed call: servers
//     must not be able to end a script.
//   - timeout 0 is no limit and connect_timeout 0 the default, as published scripts
//     expect. Each hop has connect_timeout anew; timeout runs through.
//   - An unknown sourceipid or an unusable client certificate is a fault of the
//     configuration: it is logged and the call returns none.
//   - background (with compat) reads files and callbacks before http() returns: nothing
//     of the script is used afterwards. The answer is dropped. A client keeps 1000 such
//     calls with 64 MiB to send; beyond that http() returns none, with a warning. They
//     share the places of all calls, last an hour with their attempts, and end with the
//     client, or with the process: they are not kept on disk. Calls of one
//     background_hash run in order, others at once.
//   - url_parse takes references without a schema too, leaves out empty parts and
//     lower-cases the schema. Space, control characters, a bad port or host: none.
//
// The package imports runtime packages only.
package web
