package loadgen

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// letter is one message to send.
type letter struct {
	sender  string
	rcpt    []string
	content []byte // as on the wire, without the final dot
}

// line is a line of the body.
const line = "The quick brown fox jumps over the lazy dog, and the dog sleeps on.....\r\n"

// body makes the text that bodies are cut from.
func body(size int) []byte { return bytes.Repeat([]byte(line), size/len(line)+1) }

// letter writes the message of a number: Size bytes, lines of 73 at most, and a
// Message-ID of its own.
func (c *client) letter(n int) letter {
	o := &c.p.o
	l := letter{sender: o.Sender, rcpt: make([]string, o.Recipients)}
	for i := range l.rcpt {
		l.rcpt[i] = strings.NewReplacer("{n}", strconv.Itoa(n), "{r}", strconv.Itoa(i), "{d}", strconv.FormatUint(c.zipf.Uint64(), 10)).Replace(o.Recipient)
	}
	b := bytes.NewBuffer(make([]byte, 0, o.Size))
	fmt.Fprintf(b, "Date: %s\r\nFrom: <%s>\r\nTo: <%s>\r\nSubject: message %d\r\nMessage-ID: <%d.%d@bench.test>\r\n\r\n",
		c.p.start.Format(time.RFC1123Z), o.Sender, l.rcpt[0], n, c.p.start.UnixNano(), n)
	if rest := o.Size - b.Len() - 2; rest > 0 {
		b.Write(c.p.body[:rest])
		if b.Bytes()[b.Len()-1] == '\r' { // cut inside a line end
			b.Bytes()[b.Len()-1] = '.'
		}
		b.WriteString("\r\n")
	}
	l.content = b.Bytes()
	return l
}
