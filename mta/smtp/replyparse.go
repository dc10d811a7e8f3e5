package smtp

import (
	"bufio"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// MaxReplyBytes bounds one reply that is read, all lines together.
const MaxReplyBytes = 64 << 10

// ErrBadReply is wrapped by every error of ReadReply that is the peer's fault
// rather than the network's.
var ErrBadReply = errors.New("bad reply")

// ReadReply reads one reply of at most MaxReplyLines lines and MaxReplyBytes
// bytes. With enhanced true, an enhanced code whose class fits the code is
// split off the first line and off each line that repeats it (RFC 2034 section
// 4); with enhanced false, as after a banner or greeting, the text stays whole.
// Lines may end in a bare LF; a line of three digits alone is a last line.
func ReadReply(r *bufio.Reader, enhanced bool) (Reply, error) {
	var rep Reply
	total := 0
	for {
		line, err := ReadLine(r, MaxReplyLine, MaxReplyLine)
		if err != nil {
			if errors.Is(err, ErrLineTooLong) {
				err = fmt.Errorf("%w: line over %d bytes", ErrBadReply, MaxReplyLine)
			}
			return Reply{}, err
		}
		total += len(line) + 2
		code, text, more, err := parseReplyLine(line)
		if err != nil {
			return Reply{}, err
		}
		if rep.Code == 0 {
			rep.Code = code
		}
		switch {
		case code != rep.Code:
			return Reply{}, fmt.Errorf("%w: code %d in a reply of code %d", ErrBadReply, code, rep.Code)
		case total > MaxReplyBytes:
			return Reply{}, fmt.Errorf("%w: over %d bytes", ErrBadReply, MaxReplyBytes)
		case len(rep.Lines) == MaxReplyLines:
			return Reply{}, fmt.Errorf("%w: over %d lines", ErrBadReply, MaxReplyLines)
		}
		rep.Lines = append(rep.Lines, text)
		if !more {
			break
		}
	}
	if enhanced {
		splitEnhanced(&rep)
	}
	return rep, nil
}

func parseReplyLine(line []byte) (code int, text string, more bool, err error) {
	if len(line) < 3 || !digit(line[0]) || !digit(line[1]) || !digit(line[2]) {
		return 0, "", false, fmt.Errorf("%w: got %s, want a code", ErrBadReply, quoteShort(line))
	}
	code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	if code < 200 || code > 599 {
		return 0, "", false, fmt.Errorf("%w: code %d", ErrBadReply, code)
	}
	if len(line) == 3 {
		return code, "", false, nil
	}
	switch line[3] {
	case ' ':
	case '-':
		more = true
	default:
		return 0, "", false, fmt.Errorf("%w: got %s, want a code", ErrBadReply, quoteShort(line))
	}
	return code, string(line[4:]), more, nil
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func quoteShort(b []byte) string {
	if len(b) > 40 {
		b = b[:40]
	}
	return strconv.QuoteToASCII(string(b))
}

// splitEnhanced moves the enhanced code from the lines to rep.Enhanced.
func splitEnhanced(rep *Reply) {
	e, _, ok := CutEnhanced(rep.Lines[0])
	if !ok || e[0] != rep.Code/100 {
		return
	}
	rep.Enhanced = e
	for i, l := range rep.Lines {
		if f, text, ok := CutEnhanced(l); ok && f == e {
			rep.Lines[i] = text
		}
	}
}

// CutEnhanced splits a leading enhanced status code ("5.7.1 text") off s (RFC
// 3463 section 2: class 2, 4 or 5, then two numbers of up to three digits).
func CutEnhanced(s string) (e [3]int, text string, ok bool) {
	head, text, _ := strings.Cut(s, " ")
	if len(head) < 5 || len(head) > 9 || head[1] != '.' {
		return e, s, false
	}
	switch head[0] {
	case '2', '4', '5':
		e[0] = int(head[0] - '0')
	default:
		return [3]int{}, s, false
	}
	subject, detail, found := strings.Cut(head[2:], ".")
	var ok1, ok2 bool
	e[1], ok1 = smallNumber(subject)
	e[2], ok2 = smallNumber(detail)
	if !found || !ok1 || !ok2 {
		return [3]int{}, s, false
	}
	return e, strings.TrimLeft(text, " "), true
}

func smallNumber(s string) (int, bool) {
	if len(s) < 1 || len(s) > 3 {
		return 0, false
	}
	n := 0
	for i := 0; i < len(s); i++ {
		if !digit(s[i]) {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}
