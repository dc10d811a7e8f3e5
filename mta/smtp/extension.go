package smtp

import (
	"strconv"
	"strings"
)

// Keywords of extensions that this product gives a meaning to.
const (
	ExtPipelining = "PIPELINING"          // RFC 2920
	Ext8BitMIME   = "8BITMIME"            // RFC 6152
	ExtSize       = "SIZE"                // RFC 1870
	ExtChunking   = "CHUNKING"            // RFC 3030
	ExtSMTPUTF8   = "SMTPUTF8"            // RFC 6531
	ExtEnhanced   = "ENHANCEDSTATUSCODES" // RFC 2034
	ExtStartTLS   = "STARTTLS"            // RFC 3207
	ExtAuth       = "AUTH"                // RFC 4954
	ExtDSN        = "DSN"                 // RFC 3461
	ExtRequireTLS = "REQUIRETLS"          // RFC 8689
	ExtXclient    = "XCLIENT"             // Postfix
)

// Extension is one line of an EHLO answer: the keyword in upper case and its
// arguments as sent.
type Extension struct{ Keyword, Args string }

// Extensions is the list of an EHLO answer in its order.
type Extensions []Extension

// ParseExtensions reads a keyword list, one extension per line. Lines without
// a keyword are skipped; the form "AUTH=LOGIN" of old servers is read as AUTH.
func ParseExtensions(lines []string) Extensions {
	exts := make(Extensions, 0, len(lines))
	for _, line := range lines {
		key, args, _ := strings.Cut(strings.TrimSpace(line), " ")
		if k, mech, ok := strings.Cut(key, "="); ok && strings.EqualFold(k, ExtAuth) {
			key, args = k, strings.TrimSpace(mech+" "+args)
		}
		if key != "" {
			exts = append(exts, Extension{strings.ToUpper(key), strings.TrimSpace(args)})
		}
	}
	return exts
}

// Has reports whether keyword (upper case) is in the list.
func (e Extensions) Has(keyword string) bool {
	_, ok := e.Args(keyword)
	return ok
}

// Args returns the arguments of keyword (upper case), those of repeated lines
// joined by a space, and whether it is in the list.
func (e Extensions) Args(keyword string) (args string, ok bool) {
	for _, x := range e {
		if x.Keyword != keyword {
			continue
		}
		if ok && x.Args != "" {
			args = strings.TrimSpace(args + " " + x.Args)
		} else if !ok {
			args, ok = x.Args, true
		}
	}
	return args, ok
}

// Mechanisms returns the offered SASL mechanisms in upper case.
func (e Extensions) Mechanisms() []string {
	args, _ := e.Args(ExtAuth)
	return strings.Fields(strings.ToUpper(args))
}

// Size returns the size limit in bytes and whether SIZE is offered; 0 means
// that no limit was named (RFC 1870 section 4).
func (e Extensions) Size() (int64, bool) {
	args, ok := e.Args(ExtSize)
	if !ok {
		return 0, false
	}
	n, err := strconv.ParseInt(args, 10, 64)
	if err != nil || n < 0 {
		n = 0
	}
	return n, true
}
