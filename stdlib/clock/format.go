package clock

import (
	"fmt"
	"strings"
	"time"
)

// Format writes a time by the conversions of strftime in the C locale (ISO C
// 7.29.3.5), with %-d for numbers without padding. Unknown conversions stay.
func Format(format string, t time.Time) string {
	s, _ := formatted(format, t, func(int) error { return nil })
	return s
}

// formatted is Format; grow is told of the bytes that it makes.
func formatted(format string, t time.Time, grow func(n int) error) (string, error) {
	var b strings.Builder
	size := 0
	for i := 0; i < len(format); i++ {
		if n := b.Len() - size; n > 1<<12 {
			if err := grow(n); err != nil {
				return "", err
			}
			size += n
		}
		if format[i] != '%' || i+1 == len(format) {
			b.WriteByte(format[i])
			continue
		}
		start := i
		i++
		bare := format[i] == '-' && i+1 < len(format)
		if bare {
			i++
		}
		s, ok := conversion(format[i], t)
		if !ok {
			b.WriteString(format[start : i+1])
			continue
		}
		if bare {
			if s = strings.TrimLeft(s, "0 "); s == "" {
				s = "0"
			}
		}
		b.WriteString(s)
	}
	return b.String(), nil
}

func conversion(c byte, t time.Time) (string, bool) {
	year, month, day := t.Date()
	isoYear, isoWeek := t.ISOWeek()
	two := func(n int) (string, bool) { return fmt.Sprintf("%02d", n), true }
	blank := func(n int) (string, bool) { return fmt.Sprintf("%2d", n), true }
	switch c {
	case 'a':
		return t.Weekday().String()[:3], true
	case 'A':
		return t.Weekday().String(), true
	case 'b', 'h':
		return month.String()[:3], true
	case 'B':
		return month.String(), true
	case 'c':
		return t.Format("Mon Jan _2 15:04:05 2006"), true
	case 'C':
		return two(year / 100)
	case 'd':
		return two(day)
	case 'D', 'x':
		return t.Format("01/02/06"), true
	case 'e':
		return blank(day)
	case 'F':
		return t.Format("2006-01-02"), true
	case 'g':
		return two(isoYear % 100)
	case 'G':
		return fmt.Sprint(isoYear), true
	case 'H':
		return two(t.Hour())
	case 'I':
		return two(twelve(t.Hour()))
	case 'j':
		return fmt.Sprintf("%03d", t.YearDay()), true
	case 'k':
		return blank(t.Hour())
	case 'l':
		return blank(twelve(t.Hour()))
	case 'm':
		return two(int(month))
	case 'M':
		return two(t.Minute())
	case 'n':
		return "\n", true
	case 'p':
		return t.Format("PM"), true
	case 'r':
		return t.Format("03:04:05 PM"), true
	case 'R':
		return t.Format("15:04"), true
	case 's':
		return fmt.Sprint(t.Unix()), true
	case 'S':
		return two(t.Second())
	case 't':
		return "\t", true
	case 'T', 'X':
		return t.Format("15:04:05"), true
	case 'u':
		return fmt.Sprint((int(t.Weekday())+6)%7 + 1), true
	case 'U':
		return two((t.YearDay() + 6 - int(t.Weekday())) / 7)
	case 'V':
		return two(isoWeek)
	case 'w':
		return fmt.Sprint(int(t.Weekday())), true
	case 'W':
		return two((t.YearDay() + 6 - (int(t.Weekday())+6)%7) / 7)
	case 'y':
		return two(((year % 100) + 100) % 100)
	case 'Y':
		return fmt.Sprint(year), true
	case 'z':
		return t.Format("-0700"), true
	case 'Z':
		name, _ := t.Zone()
		return name, true
	case '%':
		return "%", true
	}
	return "", false
}

func twelve(hour int) int { return (hour+11)%12 + 1 }
