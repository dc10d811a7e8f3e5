package value

import "math"

// Power is x to the y. Go's math.Pow is off by some units in the last place
// already for 10 ** 33, which shows in the shortest decimal; so whole exponents
// are computed with twice the precision.
func Power(x, y float64) float64 {
	n := math.Abs(y)
	if n > 1<<16 || n != math.Trunc(n) || x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return math.Pow(x, y)
	}
	r, b := double{1, 0}, double{x, 0}
	for e := int(n); ; {
		if e&1 == 1 {
			r = r.mul(b)
		}
		if e >>= 1; e == 0 {
			break
		}
		b = b.mul(b)
	}
	if math.IsInf(r.hi, 0) || math.IsNaN(r.hi) || math.IsNaN(r.lo) || math.Abs(r.hi) < 0x1p-960 {
		return math.Pow(x, y)
	}
	if y < 0 {
		q := 1 / r.hi
		return q + q*(math.FMA(-q, r.hi, 1)-q*r.lo)
	}
	return r.hi
}

// double is an unevaluated sum: hi is the value as rounded, lo what it lacks.
type double struct{ hi, lo float64 }

func (a double) mul(b double) double {
	p := a.hi * b.hi
	e := math.FMA(a.hi, b.hi, -p) + (a.hi*b.lo + a.lo*b.hi)
	s := p + e
	return double{s, e - (s - p)}
}
