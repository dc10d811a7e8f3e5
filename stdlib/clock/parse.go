package clock

import (
	"strings"
	"time"
)

// parser reads a text by a strptime format.
type parser struct {
	s string

	year, month, day, hour, min, sec int
	yday, century, short             int // -1: not given
	pm, twelveHour                   bool
	dayGiven                         bool
	week                             byte // U or W: the week of the year is in weekOf
	weekOf, weekday                  int  // weekday: -1 when not given, 0 is Sunday
	offset                           *int
	unix                             *int64
}

// Parse returns the time of a text. Fields that the format lacks are those of
// now for dates and zero for times; text behind the match is allowed, as in C.
func Parse(s, format string, now time.Time, zone *time.Location) (time.Time, bool) {
	today := now.In(zone)
	p := &parser{s: s, year: today.Year(), month: int(today.Month()), day: today.Day(), yday: -1, century: -1, short: -1, weekday: -1}
	if !p.run(format) {
		return time.Time{}, false
	}
	if p.unix != nil {
		return time.Unix(*p.unix, 0), true
	}
	if p.short >= 0 {
		if p.century >= 0 {
			p.year = p.century*100 + p.short
		} else if p.year = 1900 + p.short; p.short < 69 {
			p.year = 2000 + p.short
		}
	} else if p.century >= 0 {
		p.year = p.century * 100
	}
	if p.twelveHour {
		if p.hour %= 12; p.pm {
			p.hour += 12
		}
	}
	if p.offset != nil {
		zone = time.FixedZone("", *p.offset)
	}
	switch day := p.ofWeek(); {
	case p.yday >= 0:
		p.month, p.day = 1, p.yday
	case day > 0 && !p.dayGiven:
		p.month, p.day = 1, day
	}
	date := time.Date(p.year, time.Month(p.month), p.day, 0, 0, 0, 0, time.UTC)
	if p.yday >= 0 && date.YearDay() != p.yday || p.yday < 0 && p.dayGiven && date.Day() != p.day {
		return time.Time{}, false // 31 February
	}
	return time.Date(p.year, time.Month(p.month), p.day, p.hour, p.min, p.sec, 0, zone), true
}

// ofWeek returns the day of the year that a week and a weekday name, which may lie
// a little outside it; 0 when they are not both given.
func (p *parser) ofWeek() int {
	if p.week == 0 || p.weekday < 0 {
		return 0
	}
	first, day := int(time.Date(p.year, 1, 1, 0, 0, 0, 0, time.UTC).Weekday()), p.weekday
	if p.week == 'W' { // weeks begin on Monday
		first, day = (first+6)%7, (day+6)%7
	}
	return 1 + (7-first)%7 + (p.weekOf-1)*7 + day
}

func (p *parser) run(format string) bool {
	for i := 0; i < len(format); i++ {
		c := format[i]
		switch {
		case c == ' ' || '\t' <= c && c <= '\r':
			p.spaces()
		case c != '%' || i+1 == len(format):
			if p.s == "" || p.s[0] != c {
				return false
			}
			p.s = p.s[1:]
		default:
			i++
			if format[i] == '-' && i+1 < len(format) {
				i++
			}
			if !p.field(format[i]) {
				return false
			}
		}
	}
	return true
}

func (p *parser) spaces() { p.s = strings.TrimLeft(p.s, " \t\n\v\f\r") }

// number reads up to digits digits within lo and hi.
func (p *parser) number(digits, lo, hi int, to *int) bool {
	p.spaces()
	n, i := 0, 0
	for i < digits && i < len(p.s) && '0' <= p.s[i] && p.s[i] <= '9' {
		n = n*10 + int(p.s[i]-'0')
		i++
	}
	if i == 0 || n < lo || n > hi {
		return false
	}
	p.s = p.s[i:]
	*to = n
	return true
}

// name reads one of the names or its first three letters.
func (p *parser) name(count int, full func(i int) string, to *int) bool {
	for i := range count {
		for _, n := range []string{full(i), full(i)[:3]} {
			if len(p.s) >= len(n) && strings.EqualFold(p.s[:len(n)], n) {
				p.s = p.s[len(n):]
				*to = i
				return true
			}
		}
	}
	return false
}

func (p *parser) field(c byte) bool {
	var skip int
	switch c {
	case 'a', 'A':
		return p.name(7, func(i int) string { return time.Weekday(i).String() }, &p.weekday)
	case 'b', 'B', 'h':
		ok := p.name(12, func(i int) string { return time.Month(i + 1).String() }, &p.month)
		p.month++
		return ok
	case 'c':
		return p.run("%a %b %e %H:%M:%S %Y")
	case 'C':
		return p.number(2, 0, 99, &p.century)
	case 'd', 'e':
		p.dayGiven = true
		return p.number(2, 1, 31, &p.day)
	case 'D', 'x':
		return p.run("%m/%d/%y")
	case 'F':
		return p.run("%Y-%m-%d")
	case 'g':
		return p.number(2, 0, 99, &skip)
	case 'G':
		return p.number(4, 0, 9999, &skip)
	case 'H', 'k':
		return p.number(2, 0, 23, &p.hour)
	case 'I', 'l':
		p.twelveHour = true
		return p.number(2, 1, 12, &p.hour)
	case 'j':
		return p.number(3, 1, 366, &p.yday)
	case 'm':
		return p.number(2, 1, 12, &p.month)
	case 'M':
		return p.number(2, 0, 59, &p.min)
	case 'n', 't':
		p.spaces()
		return true
	case 'p':
		if len(p.s) < 2 || p.s[1]|0x20 != 'm' || strings.IndexByte("aApP", p.s[0]) < 0 {
			return false
		}
		p.pm = p.s[0]|0x20 == 'p'
		p.s = p.s[2:]
		return true
	case 'r':
		return p.run("%I:%M:%S %p")
	case 'R':
		return p.run("%H:%M")
	case 's':
		return p.epoch()
	case 'S':
		return p.number(2, 0, 60, &p.sec)
	case 'T', 'X':
		return p.run("%H:%M:%S")
	case 'u':
		ok := p.number(1, 1, 7, &p.weekday)
		p.weekday %= 7
		return ok
	case 'U', 'W':
		p.week = c
		return p.number(2, 0, 53, &p.weekOf)
	case 'V':
		return p.number(2, 1, 53, &skip)
	case 'w':
		return p.number(1, 0, 6, &p.weekday)
	case 'y':
		return p.number(2, 0, 99, &p.short)
	case 'Y':
		p.century, p.short = -1, -1 // the last one counts
		return p.number(4, 0, 9999, &p.year)
	case 'z':
		return p.zone()
	case 'Z':
		p.s = strings.TrimLeft(p.s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+-")
		return true
	case '%':
		if !strings.HasPrefix(p.s, "%") {
			return false
		}
		p.s = p.s[1:]
		return true
	}
	return false
}

func (p *parser) epoch() bool {
	p.spaces()
	rest, minus := strings.CutPrefix(p.s, "-")
	var n int64
	i := 0
	for i < len(rest) && i < 15 && '0' <= rest[i] && rest[i] <= '9' {
		n = n*10 + int64(rest[i]-'0')
		i++
	}
	if p.s = rest[i:]; minus {
		n = -n
	}
	p.unix = &n
	return i > 0
}

// zone reads +hhmm, +hh:mm, +hh or Z.
func (p *parser) zone() bool {
	p.spaces()
	offset := 0
	p.offset = &offset
	if strings.HasPrefix(p.s, "Z") {
		p.s = p.s[1:]
		return true
	}
	if p.s == "" || p.s[0] != '+' && p.s[0] != '-' {
		return false
	}
	minus := p.s[0] == '-'
	p.s = p.s[1:]
	var h, m int
	if !p.number(2, 0, 24, &h) {
		return false
	}
	p.s = strings.TrimPrefix(p.s, ":")
	if p.s != "" && '0' <= p.s[0] && p.s[0] <= '9' && !p.number(2, 0, 59, &m) {
		return false
	}
	if offset = h*3600 + m*60; minus {
		offset = -offset
	}
	return true
}
