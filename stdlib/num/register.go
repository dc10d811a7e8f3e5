package num

import (
	"math"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Register declares the domain.
func Register(b *registry.Builder) {
	for _, f := range []struct {
		name, text, code, out string
		fn                    func(float64) float64
	}{
		{"abs", "The absolute value.", "echo abs(-2);", "2", math.Abs},
		{"ceil", "The smallest integer that is not less.", "echo ceil(-1.5);", "-1", math.Ceil},
		{"floor", "The greatest integer that is not more.", "echo floor(-1.5);", "-2", math.Floor},
		{"sqrt", "The square root, NaN for negative numbers.", "echo sqrt(9);", "3", math.Sqrt},
	} {
		b.Func(sig.New(f.name+"(number: number) -> number", f.text).Show(f.code, f.out),
			func(_ *vm.Thread, a []value.Value) (value.Value, error) { return value.Num(f.fn(a[0].Num())), nil })
	}
	b.Func(sig.New("pow(base: number, exponent: number) -> number", "base to the power of exponent, as the operator **.").
		Show("echo pow(2, 10);", "1024"),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			return value.Num(value.Power(a[0].Num(), a[1].Num())), nil
		})
	b.Func(sig.New("log(number: number, base?: number = e) -> number", "The natural logarithm, or that to a base.").
		Show("echo log(8, 2);", "3"),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			if len(a) < 2 || a[1].IsNone() {
				return value.Num(math.Log(a[0].Num())), nil
			}
			return value.Num(logTo(a[0].Num(), a[1].Num())), nil
		})
	b.Func(sig.New("round(number: number, decimals?: number = 0) -> number",
		"Rounds half away from zero; negative decimals round to tens, hundreds and so on.").
		Show("echo [round(2.5), round(1.005, 2), round(1234, -2)];", "[0=>3,1=>1.01,2=>1200]"),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			n, err := registry.Count("round", a, 1, 0)
			return value.Num(Round(a[0].Num(), n)), err
		})
}

func logTo(x, base float64) float64 {
	switch base {
	case 2:
		return math.Log2(x)
	case 10:
		// Log10 is a little off for some powers of ten.
		if n := math.Round(math.Log10(x)); math.Abs(n) < 400 && math.Pow10(int(n)) == x {
			return n
		}
		return math.Log10(x)
	}
	return math.Log(x) / math.Log(base)
}
