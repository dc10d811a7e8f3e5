package parser

import (
	"strconv"
	"strings"

	"github.com/hawser-mta/hawser/lang/token"
)

// number scans a numeric literal (spec language 1.3). Faults consume the whole
// run of letters and digits, so that `1abc` is one message.
func (s *scanner) number() (token.Kind, bool) {
	from := s.pos
	if s.src[s.pos] == '0' && s.pos+1 < len(s.src) && strings.IndexByte("xob", s.src[s.pos+1]) >= 0 {
		s.pos += 2
		s.word()
		if !validDigits(s.src[from+2:s.pos], radix(s.src[from+1])) {
			s.fault(from, s.pos, "", "got '%s', want number", s.src[from:s.pos])
			return token.Number, true
		}
		return token.Number, true
	}
	s.word()
	whole := s.src[from:s.pos]
	ok := validDigits(whole, 10)
	if s.peek(0) == '.' && isDigit(s.peek(1)) {
		s.pos++
		frac := s.pos
		s.word()
		ok = ok && validDigits(s.src[frac:s.pos], 10)
		if s.peek(0) == '.' && isDigit(s.peek(1)) {
			s.pos++
			s.word()
			s.fault(from, s.pos, "put spaces around '.' to join numbers", "got '%s', want number", s.src[from:s.pos])
			return token.Number, true
		}
	}
	if !ok {
		s.fault(from, s.pos, "", "got '%s', want number", s.src[from:s.pos])
	}
	return token.Number, true
}

func radix(c byte) int {
	return map[byte]int{'x': 16, 'o': 8, 'b': 2}[c]
}

// validDigits reports whether d is a run of digits of the base with single or
// repeated underscores only between digits.
func validDigits(d string, base int) bool {
	if d == "" || d[0] == '_' || d[len(d)-1] == '_' {
		return false
	}
	for i := 0; i < len(d); i++ {
		if d[i] == '_' {
			if d[i-1] == '_' {
				return false
			}
			continue
		}
		v := 99
		switch c := d[i]; {
		case isDigit(c):
			v = int(c - '0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			v = int(c|0x20-'a') + 10
		}
		if v >= base {
			return false
		}
	}
	return true
}

// numberValue converts the text of a Number token.
func numberValue(text string) float64 {
	t := strings.ReplaceAll(text, "_", "")
	if len(t) > 2 && t[0] == '0' {
		if base := radix(t[1]); base != 0 {
			v := 0.0
			for i := 2; i < len(t); i++ {
				d, _ := strconv.ParseUint(t[i:i+1], 16, 8)
				v = v*float64(base) + float64(d)
			}
			return v
		}
	}
	v, _ := strconv.ParseFloat(t, 64)
	return v
}
