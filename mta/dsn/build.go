package dsn

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/mta/address"
	"github.com/hawser-mta/hawser/mta/message"
	"github.com/hawser-mta/hawser/stdlib/encode"
)

// Build returns the notification.
func Build(r Report) ([]byte, error) {
	original, wide, err := r.original()
	if err != nil {
		return nil, err
	}
	wide = wide || r.Recipient.NeedsUTF8() || r.To.NeedsUTF8() || r.From.NeedsUTF8()
	global := ""
	if wide {
		global = "global-"
	} else { // domains have a form for everybody
		for _, a := range []*address.Address{&r.Recipient, &r.To, &r.From} {
			a.Domain = address.ASCIIDomain(a.Domain)
		}
	}
	text, status := []byte(r.text()), []byte(r.status(wide))
	var b bytes.Buffer
	if err := r.header(&b, !ascii(text) || !ascii(status) || !ascii(original)); err != nil {
		return nil, err
	}
	part := func(typ string, body []byte) {
		fmt.Fprintf(&b, "--%s\r\nContent-Type: %s\r\n", r.Boundary, typ)
		if !ascii(body) {
			b.WriteString("Content-Transfer-Encoding: 8bit\r\n")
		}
		b.WriteString("\r\n")
		b.Write(body)
		b.WriteString("\r\n")
	}
	part("text/plain; charset=utf-8", text)
	part("message/"+global+"delivery-status", status)
	typ := "text/rfc822-headers"
	switch {
	case r.full() && wide:
		typ = "message/global"
	case r.full():
		typ = "message/rfc822"
	case wide:
		typ = "message/global-headers"
	}
	part(typ, original)
	fmt.Fprintf(&b, "--%s--\r\n", r.Boundary)
	return b.Bytes(), nil
}

func ascii(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 {
			return false
		}
	}
	return true
}

// full reports whether the whole message is returned: with failures only, and
// not when it is large.
func (r *Report) full() bool {
	return r.Full && r.Action == Failed && r.Original.Size() <= maxFull
}

// original returns what of the message is sent back, and whether its header has
// raw 8-bit text.
func (r *Report) original() (raw []byte, wide bool, err error) {
	m := message.Parse(r.Original)
	head, err := message.ReadRange(r.Original, 0, min(m.HeaderEnd, maxFull))
	if err != nil {
		return nil, false, fmt.Errorf("read the message: %w", err)
	}
	if !r.full() {
		return message.CRLF(head), !ascii(head), nil
	}
	raw, err = io.ReadAll(message.Reader(r.Original))
	if err != nil {
		return nil, false, fmt.Errorf("read the message: %w", err)
	}
	return message.CRLF(raw), !ascii(head), nil
}

// header writes the header section; eightBit tells that some part needs 8 bits, which
// what is around it must say as well (RFC 2045 section 6.4).
func (r *Report) header(b *bytes.Buffer, eightBit bool) error {
	subject := r.Subject
	if subject == "" {
		subject = subjects[r.Action]
	}
	list := [][2]string{
		{"From", address.FormatList([]address.Entry{{Name: r.FromName, Address: r.From.String()}}, encode.EncodeWord)},
		{"To", r.To.String()},
		{"Subject", subject},
		{"Date", message.FormatDate(r.Now)},
		{"Message-ID", "<" + r.MessageID + ">"},
		{"Auto-Submitted", "auto-replied"},
		{"MIME-Version", "1.0"},
		{"Content-Type", `multipart/report; report-type=delivery-status; boundary="` + r.Boundary + `"`},
	}
	own := len(list) - 2 // the structure is ours
	if eightBit {
		list = append(list, [2]string{"Content-Transfer-Encoding", "8bit"})
	}
	for _, h := range r.Headers {
		replaced := false
		for i := range list[:own] {
			if strings.EqualFold(list[i][0], h[0]) {
				list[i][1], replaced = h[1], true
			}
		}
		if !replaced && !slices.ContainsFunc(structure, func(s string) bool { return strings.EqualFold(h[0], s) }) {
			list = append(list, h)
		}
	}
	for _, h := range list {
		o := message.FieldOptions{}
		if strings.EqualFold(h[0], "Content-Type") || strings.EqualFold(h[0], "To") {
			o.Raw = true
		}
		raw, err := message.FormatField(h[0], h[1], o)
		if err != nil {
			return fmt.Errorf("header %s: %w", h[0], err)
		}
		b.Write(raw)
	}
	b.WriteString("\r\n")
	return nil
}

// structure are the fields that say what the message consists of.
var structure = []string{"MIME-Version", "Content-Type", "Content-Transfer-Encoding"}

// line keeps a value from breaking the structure.
func line(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s))
}

// narrow replaces what a message/delivery-status must not have (RFC 3464 section 2.1.1).
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0x80 {
			return '?'
		}
		return r
	}, s)
}

// status is the machine-readable part (RFC 3464 section 2).
func (r *Report) status(wide bool) string {
	var b strings.Builder
	field := func(name, value string) {
		if value = line(value); value == "" {
			return
		}
		if !wide {
			value = narrow(value)
		}
		fmt.Fprintf(&b, "%s: %s\r\n", name, value)
	}
	field("Reporting-MTA", "dns; "+r.Hostname)
	field("Original-Envelope-Id", r.EnvID)
	if r.Received != "" {
		field("Received-From-MTA", "dns; "+r.Received)
	}
	field("Arrival-Date", message.FormatDate(r.Arrival))
	b.WriteString("\r\n")
	if kind, addr, ok := strings.Cut(r.Orcpt, ";"); ok {
		field("Original-Recipient", kind+"; "+addr)
	}
	kind := "rfc822"
	if wide && r.Recipient.NeedsUTF8() {
		kind = "utf-8"
	}
	field("Final-Recipient", kind+"; "+r.Recipient.String())
	field("Action", string(r.Action))
	field("Status", fmt.Sprintf("%d.%d.%d", r.Status[0], r.Status[1], r.Status[2]))
	if r.RemoteMTA != "" {
		field("Remote-MTA", "dns; "+r.RemoteMTA)
	}
	if r.DiagCode != "" {
		field("Diagnostic-Code", r.DiagType+"; "+r.DiagCode)
	}
	if !r.LastTry.IsZero() {
		field("Last-Attempt-Date", message.FormatDate(r.LastTry))
	}
	if r.Action == Delayed && !r.RetryUntil.IsZero() {
		field("Will-Retry-Until", message.FormatDate(r.RetryUntil))
	}
	return b.String()
}

// text is the part for people.
func (r *Report) text() string {
	if r.Text != "" {
		return string(message.CRLF([]byte(r.Text)))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "This is the mail system at host %s.\n\n", r.Hostname)
	to := r.Recipient.String()
	switch r.Action {
	case Failed:
		fmt.Fprintf(&b, "Your message could not be delivered to the following recipient:\n\n<%s>", to)
	case Delayed:
		fmt.Fprintf(&b, "Your message has not been delivered yet to the following recipient.\nYou do not need to send it again: delivery is tried further.\n\n<%s>", to)
	case Relayed:
		fmt.Fprintf(&b, "Your message was handed on to a system that does not report about its delivery:\n\n<%s>", to)
	default:
		fmt.Fprintf(&b, "Your message was delivered to the following recipient:\n\n<%s>", to)
	}
	if r.DiagCode != "" {
		b.WriteString(": ")
		if r.RemoteMTA != "" && r.DiagType == "smtp" {
			fmt.Fprintf(&b, "host %s said: ", line(r.RemoteMTA))
		}
		b.WriteString(line(r.DiagCode))
		if r.Command != "" {
			fmt.Fprintf(&b, " (in reply to %s)", commands(r.Command))
		}
	}
	b.WriteString("\n")
	return strings.ReplaceAll(b.String(), "\n", "\r\n")
}

// commands names what a reply answered.
func commands(state string) string {
	switch state {
	case "BANNER":
		return "the connection"
	case "EOD", "BDAT":
		return "the end of the message"
	}
	return "the " + state + " command"
}
