// Package smtpclient drives one outbound SMTP or LMTP connection.
//
// The model: a Conn is one TCP connection that has passed banner, greeting,
// STARTTLS and AUTH and can carry transactions one after another. Where to
// connect, how often and with which source address is the caller's business
// (package delivery); this package knows no DNS, no queue, no retry schedule.
//
//	Dial ──► banner ──► EHLO ──► STARTTLS, EHLO ──► AUTH ──► Conn
//	Conn.Send: MAIL, RCPT, DATA (one write when pipelined) ──► body ──► Result
//	Conn.Reset: RSET before the connection goes back to a pool
//	Conn.Close: QUIT with five seconds of patience
//
// Every exchange ends in exactly one of two ways: a Result, the reply that
// decided, with the name of the state it answered (hooks.md 13), or an *Error
// whose Type is one of hooks.md 14. A peer that hangs, floods or answers
// nonsense ends in the latter: each state has its time limit, each reply its
// bound in lines and bytes.
//
// Why this engine is our own: go-smtp's client sends one command and waits
// for one reply, so it cannot pipeline; it has no BDAT, keeps parameters to
// the set it knows, and hands out a reply as one error text. A deliverer needs
// the whole reply, its state, parameters chosen by scripts, and one write for
// MAIL, RCPT and DATA. go-smtp's server is the independent peer in the tests.
// The three AUTH exchanges are our own too, since each of their answers has a
// state name of its own and go-sasl has no CRAM-MD5.
//
// Decisions:
//   - optional: a failed handshake is retried in clear on a new connection,
//     inside Dial; Info.TLS keeps the failed attempt's facts.
//   - optional_verify: a failed handshake or verification is retried in clear
//     as well (mta.md 6.4), unless TLSOptions.StrictOptional asks for the
//     behaviour of the script functions, which fail the host (stdlib.md 0.10).
//   - BDAT sends the content byte for byte (only a missing final CRLF is
//     added); DATA turns bare LF into CRLF, doubles leading dots, keeps bare CR.
//   - 8-bit content goes out as it is when 8BITMIME is not offered; converting
//     it is the message editor's work.
//   - A 4xx or 5xx to the banner, EHLO or AUTH is a Result carried by a
//     *ReplyError, since the peer did decide. One to STARTTLS in a mode that
//     requires it is an *Error, so that a 5xx does not bounce the mail.
//   - What a peer sends right behind its 220 to STARTTLS ends the session (RFC
//     3207 section 6); TLS never begins with bytes that came in clear.
//   - A session that is refused ends with QUIT; after a 421, a time-out, a
//     reply that makes no sense or a failed handshake the socket is closed.
//   - A 3xx where a final reply is due is an *Error of type protocol.
//   - REQUIRETLS from the null sender, of a notification, is met by verified
//     TLS alone where the peer does not offer it (RFC 8689 section 5).
//   - STARTTLS not offered where it is required is an *Error of type smtp (a
//     required extension is missing), temporary.
//   - A header with raw 8-bit text asks for SMTPUTF8 only when it is offered;
//     it is fatal only for a message submitted as internationalised.
//
// It may import address, message and smtp of mta and nothing above them.
package smtpclient
