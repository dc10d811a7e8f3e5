package value_test

import (
	"testing"

	"github.com/hawser-mta/hawser/runtime/value"
)

func TestLiteral(t *testing.T) {
	t.Parallel()
	a := value.List(value.Num(1), value.Str("say \"hi\"\n$"), value.True)
	a.SetStr("k", value.Num(1.5))
	a.Set(value.Str("9"), value.None)
	want := `[0=>1,1=>"say \"hi\"\n\$",2=>true,"k"=>1.5,9=>none]`
	if got := value.Literal(value.FromArray(a)); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestCopyOnWrite(t *testing.T) {
	t.Parallel()
	a := value.FromArray(value.List(value.Num(1)))
	b := a.Share()
	value.Writable(&b).Append(value.Num(2))
	if a.Array().Len() != 1 || b.Array().Len() != 2 {
		t.Errorf("got lengths %d and %d, want 1 and 2", a.Array().Len(), b.Array().Len())
	}
	c := b.Borrow()
	value.Writable(&c).Append(value.Num(3))
	if b.Array().Len() != 2 {
		t.Errorf("writing through a borrowed value changed its owner")
	}
}

func TestAppendSharesNoBytes(t *testing.T) {
	t.Parallel()
	s := value.Str("")
	for range 100 {
		s = value.Append(s, []value.Value{value.Str("x")})
	}
	p, q := value.Append(s, []value.Value{value.Str("p")}), value.Append(s, []value.Value{value.Str("q")})
	if p.Str()[100] != 'p' || q.Str()[100] != 'q' {
		t.Errorf("got %q and %q at the end, want p and q", p.Str()[100], q.Str()[100])
	}
}

func TestFormatNumber(t *testing.T) {
	t.Parallel()
	for f, want := range map[float64]string{1: "1", 0.1: "0.1", 1e21: "1e+21", 1.5e-7: "1.5e-7", 123456789012: "123456789012"} {
		if got := value.FormatNumber(f); got != want {
			t.Errorf("FormatNumber(%g) = %s, want %s", f, got, want)
		}
	}
}
