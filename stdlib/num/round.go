package num

import (
	"math"
	"strconv"
	"strings"
)

// Round rounds the shortest decimal form of x half away from zero, so that 1.005
// rounds to 1.01 although the double is a little less.
func Round(x float64, decimals int) float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) || x == 0 {
		return x
	}
	text := strconv.FormatFloat(math.Abs(x), 'e', -1, 64)
	mant, exp, _ := strings.Cut(text, "e")
	digits := strings.Replace(mant, ".", "", 1)
	e, _ := strconv.Atoi(exp)
	// The value is 0.DIGITS × 10^(e+1); keep is how many digits stay.
	keep := e + 1 + decimals
	switch {
	case keep >= len(digits):
		return x
	case keep < 0:
		return math.Copysign(0, x)
	}
	up := digits[keep] >= '5'
	n, _ := strconv.ParseUint("0"+digits[:keep], 10, 64)
	if up {
		n++
	}
	r, _ := strconv.ParseFloat(strconv.FormatUint(n, 10)+"e"+strconv.Itoa(-decimals), 64)
	return math.Copysign(r, x)
}
