// Package smtp is the vocabulary of SMTP: command lines, parameters, replies,
// keyword lists, xtext and the dot framing of message data.
//
// The model: bytes in, values out. Nothing here opens a socket, logs or reads
// a configuration; the state machines in smtpserver and smtpclient are built
// from these functions, and each side reads what the other writes:
//
//	server                                        client
//	ReadLine ──► ParseCommand, ParseMail  ◄────  AppendMail …
//	AppendReply                           ────►  ReadReply
//	DotReader                             ◄────  DotWriter
//
// All input is taken as hostile. Lines, replies and keyword lists are bounded
// by constants of this package or limits of the caller; parsing is linear.
//
// Decisions:
//   - Only CRLF.CRLF ends message data. Any other mixture of CR, LF and dots
//     is content, so a peer that frames by bare LF cannot smuggle a second
//     message past this one (mta.md 12.1).
//   - A bare LF in content becomes CRLF after framing, a bare CR stays.
//   - In replies CR is removed, other control bytes become '?', and a line is
//     cut at 500 bytes, at a character boundary where the text is UTF-8.
//
// It may import address and the standard library, nothing else of this module.
package smtp
