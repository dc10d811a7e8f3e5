package encode

import (
	"math"
	"strconv"
	"strings"

	"github.com/hawser-mta/hawser/runtime/value"
)

// yamlScalar reads a plain scalar by the core schema (YAML 1.2.2 section 10.3.2).
func yamlScalar(text string) value.Value {
	switch text {
	case "", "~", "null", "Null", "NULL":
		return value.None
	case "true", "True", "TRUE":
		return value.True
	case "false", "False", "FALSE":
		return value.False
	case ".nan", ".NaN", ".NAN":
		return value.Num(math.NaN())
	}
	unsigned := text
	if text[0] == '+' || text[0] == '-' {
		unsigned = text[1:]
	}
	switch unsigned {
	case ".inf", ".Inf", ".INF":
		if text[0] == '-' {
			return value.Num(math.Inf(-1))
		}
		return value.Num(math.Inf(1))
	}
	if digits, ok := strings.CutPrefix(text, "0x"); ok {
		return yamlBased(text, digits, 16)
	}
	if digits, ok := strings.CutPrefix(text, "0o"); ok {
		return yamlBased(text, digits, 8)
	}
	if !yamlDecimal(unsigned) {
		return value.Str(text)
	}
	f, _ := strconv.ParseFloat(text, 64) // what is out of range is infinite
	return value.Num(f)
}

// yamlBased reads the digits of a number in another base, of any length.
func yamlBased(text, digits string, base float64) value.Value {
	if digits == "" {
		return value.Str(text)
	}
	f := 0.0
	for i := 0; i < len(digits); i++ {
		d := hexDigit(digits[i])
		if d < 0 || float64(d) >= base {
			return value.Str(text)
		}
		f = f*base + float64(d)
	}
	return value.Num(f)
}

// yamlDecimal reports whether s is a number without its sign:
// (\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?
func yamlDecimal(s string) bool {
	digits := func() int {
		n := 0
		for n < len(s) && '0' <= s[n] && s[n] <= '9' {
			n++
		}
		s = s[n:]
		return n
	}
	n := digits()
	if strings.HasPrefix(s, ".") {
		s = s[1:]
		n += digits()
	}
	if n == 0 {
		return false
	}
	if s != "" && s[0]|0x20 == 'e' {
		if s = s[1:]; s != "" && (s[0] == '+' || s[0] == '-') {
			s = s[1:]
		}
		if digits() == 0 {
			return false
		}
	}
	return s == ""
}
