package value

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Truth converts to boolean (spec language 4.1).
func (v Value) Truth() bool {
	switch v.Kind() {
	case KBool:
		return v.IsTrue()
	case KNumber:
		return v.Num() != 0
	case KString:
		return v.n>>8 != 0
	case KArray:
		return v.Array().Len() > 0
	case Undefined, KNone:
		return false
	}
	return true
}

// Number converts to number as number() does: whatever is no number is 0.
func (v Value) Number() float64 {
	switch v.Kind() {
	case KNumber:
		return v.Num()
	case KBool:
		if v.IsTrue() {
			return 1
		}
	case KString:
		f, _ := ParseNumber(v.Str())
		return f
	}
	return 0
}

// Numeric converts an operand of arithmetic; ok is false when it is neither
// number, boolean, none nor a wholly numeric string.
func (v Value) Numeric() (f float64, ok bool) {
	switch v.Kind() {
	case KNumber:
		return v.Num(), true
	case KBool, KNone:
		return v.Number(), true
	case KString:
		return ParseNumber(v.Str())
	}
	return 0, false
}

// Integer converts a bound or count, truncating; NaN and infinities are errors.
func (v Value) Integer() (int, error) {
	f, ok := v.Numeric()
	if !ok {
		return 0, fmt.Errorf("got %s, want number", v.TypeName())
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0, fmt.Errorf("got %s, want finite number", FormatNumber(f))
	}
	return int(math.Max(math.MinInt64/2, math.Min(math.MaxInt64/2, f))), nil
}

// ParseNumber reads the text of a number (spec language 4.9); ok is false and f
// 0 when s as a whole is none.
func ParseNumber(s string) (f float64, ok bool) {
	s = strings.Trim(s, " \t\r\n\v\f")
	d := strings.TrimLeft(s, "+-")
	if len(s)-len(d) > 1 || d == "" {
		return 0, false
	}
	neg := s[0] == '-'
	if len(d) > 2 && d[0] == '0' && (d[1] == 'x' || d[1] == 'X') {
		for _, c := range []byte(d[2:]) {
			h, err := strconv.ParseUint(string(rune(c)), 16, 8)
			if err != nil {
				return 0, false
			}
			f = f*16 + float64(h)
		}
	} else {
		if !decimal(d) {
			return 0, false
		}
		f, _ = strconv.ParseFloat(d, 64)
	}
	if neg {
		f = -f
	}
	return f, true
}

// decimal reports whether d is digits [. digits] [e [sign] digits]; a dot needs
// digits on both sides.
func decimal(d string) bool {
	digits := func() bool {
		n := 0
		for n < len(d) && '0' <= d[n] && d[n] <= '9' {
			n++
		}
		d = d[n:]
		return n > 0
	}
	if !digits() {
		return false
	}
	if d != "" && d[0] == '.' {
		if d = d[1:]; !digits() {
			return false
		}
	}
	if d != "" && d[0]|0x20 == 'e' {
		d = d[1:]
		if d != "" && (d[0] == '+' || d[0] == '-') {
			d = d[1:]
		}
		if !digits() {
			return false
		}
	}
	return d == ""
}

// FormatNumber returns the shortest decimal that reads back to f, in the
// ECMAScript layout (spec language 4.2).
func FormatNumber(f float64) string {
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return strconv.FormatInt(int64(f), 10)
	}
	return string(AppendNumber(nil, f))
}

// AppendNumber appends FormatNumber(f) to b.
func AppendNumber(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "NaN"...)
	case math.IsInf(f, 1):
		return append(b, "Infinity"...)
	case math.IsInf(f, -1):
		return append(b, "-Infinity"...)
	case f == math.Trunc(f) && math.Abs(f) < 1<<53:
		return strconv.AppendInt(b, int64(f), 10)
	}
	if a := math.Abs(f); a >= 1e-6 && a < 1e21 {
		return strconv.AppendFloat(b, f, 'f', -1, 64)
	}
	n := len(b)
	b = strconv.AppendFloat(b, f, 'e', -1, 64)
	// strconv pads the exponent to two digits; ECMAScript does not.
	if i := strings.LastIndexByte(string(b[n:]), 'e'); i >= 0 {
		if e := n + i + 2; e+1 < len(b) && b[e] == '0' {
			b = append(b[:e], b[e+1:]...)
		}
	}
	return b
}

// String converts to string as echo and concatenation do. It implements
// fmt.Stringer for Go code as well.
func (v Value) String() string {
	switch v.Kind() {
	case KString:
		return v.Str()
	case KNumber:
		return FormatNumber(v.Num())
	case Undefined, KNone:
		return ""
	}
	return Literal(v)
}

// TypeName returns the type as messages name it.
func (v Value) TypeName() string {
	switch v.Kind() {
	case Undefined, KNone:
		return "none"
	case KBool:
		return "boolean"
	case KNumber:
		return "number"
	case KString:
		return "string"
	case KArray:
		return "array"
	case KFunc:
		return "function"
	case KObject:
		return "object"
	}
	return "resource"
}
