package value

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// ErrFormat is thrown for a malformed directive or too few arguments.
var ErrFormat = errors.New("Bad format string")

// directive is %[arg]'c<w.pt (spec language 3.4).
type directive struct {
	fill  byte
	align byte // < > ^ = or 0
	width int
	prec  int // -1: none
	verb  byte
}

const maxWidth = 1 << 20

// Format is the operator string % array; the result has at most max bytes.
func Format(f string, args *Array, max int) (Value, error) {
	vals := args.list()
	var b []byte
	next := 0
	for i := 0; i < len(f); {
		c := f[i]
		i++
		if c != '%' {
			b = append(b, c)
			continue
		}
		if i < len(f) && f[i] == '%' {
			b = append(b, '%')
			i++
			continue
		}
		d, n, arg, ok := parseDirective(f[i:])
		if !ok {
			return Value{}, ErrFormat
		}
		i += n
		if arg >= 0 {
			next = arg
		}
		if next >= len(vals) {
			return Value{}, ErrFormat
		}
		if b, ok = d.append(b, vals[next]); !ok {
			return Value{}, ErrFormat
		}
		next++
		if len(b) > max {
			return Value{}, ErrTooLong
		}
	}
	return Bytes(b), nil
}

// parseDirective reads what follows the percent sign; arg is -1 when not given.
func parseDirective(s string) (d directive, n, arg int, ok bool) {
	d = directive{fill: ' ', prec: -1}
	arg = -1
	number := func() int {
		v, start := 0, n
		for n < len(s) && '0' <= s[n] && s[n] <= '9' && v <= maxWidth {
			v = v*10 + int(s[n]-'0')
			n++
		}
		if start == n {
			return -1
		}
		return v
	}
	if n < len(s) && s[n] == '[' {
		n++
		if arg = number(); arg < 0 || n >= len(s) || s[n] != ']' {
			return
		}
		n++
	}
	if n+1 < len(s) && s[n] == '\'' {
		d.fill = s[n+1]
		n += 2
	}
	if n < len(s) && strings.IndexByte("<>^=", s[n]) >= 0 {
		d.align = s[n]
		n++
	}
	if w := number(); w > 0 {
		d.width = w
	}
	if n < len(s) && s[n] == '.' {
		n++
		if d.prec = number(); d.prec < 0 {
			return
		}
	}
	if n >= len(s) || strings.IndexByte("sfxbc", s[n]) < 0 || d.width > maxWidth || d.prec > maxWidth {
		return
	}
	d.verb = s[n]
	return d, n + 1, arg, true
}

func (d directive) append(b []byte, v Value) ([]byte, bool) {
	var text string
	switch d.verb {
	case 's':
		text = v.String()
		if d.prec >= 0 && len(text) > d.prec {
			text = text[:d.prec]
		}
	case 'c':
		text = string([]byte{byte(int64(math.Mod(math.Trunc(v.Number()), 256)))})
	default:
		f, ok := v.Numeric()
		if !ok {
			return b, false
		}
		text = d.number(f)
	}
	pad := d.width - len(text)
	if pad <= 0 {
		return append(b, text...), true
	}
	align := d.align
	if align == 0 {
		align = '>'
		if d.verb == 's' || d.verb == 'c' {
			align = '<'
		}
	}
	left, right := 0, 0
	switch align {
	case '<':
		right = pad
	case '^':
		left = pad / 2
		right = pad - left
	case '=':
		if text != "" && (text[0] == '-' || text[0] == '+') {
			b = append(b, text[0])
			text = text[1:]
		}
		left = pad
	default:
		left = pad
	}
	b = fillBytes(b, d.fill, left)
	b = append(b, text...)
	return fillBytes(b, d.fill, right), true
}

func (d directive) number(f float64) string {
	if d.verb == 'f' {
		if d.prec >= 0 && !math.IsNaN(f) && !math.IsInf(f, 0) {
			return strconv.FormatFloat(f, 'f', min(d.prec, 1000), 64)
		}
		return FormatNumber(f)
	}
	base := 16
	if d.verb == 'b' {
		base = 2
	}
	if math.IsNaN(f) || math.IsInf(f, 0) {
		f = 0
	}
	if math.Abs(f) < 1<<63 {
		return strconv.FormatInt(int64(f), base)
	}
	n, _ := big.NewFloat(f).Int(nil)
	return n.Text(base)
}

func fillBytes(b []byte, c byte, n int) []byte {
	for range n {
		b = append(b, c)
	}
	return b
}
