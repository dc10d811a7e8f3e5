// Package address has mail addresses: mailboxes and paths of the envelope
// (RFC 5321, RFC 6531) and address lists of header fields (RFC 5322).
//
//	Parse(`"a b"@example.org`)        Address{Local: "a b", Domain: "example.org"}
//	ParsePath("<a@b.example> SIZE=1") the address and " SIZE=1"
//	ParseList(`Jo <jo@x.org>, x@y.z`) two entries, one with a name
//
// The local part is kept unquoted, domains as received. Input is anyone's: its
// size is bounded and parsing is linear. It may import the standard library and
// golang.org/x only.
package address
