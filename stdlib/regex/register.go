package regex

import (
	"errors"
	"fmt"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/pcre"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Register declares the domain and the engine of literals.
func Register(b *registry.Builder) {
	c := &Compiler{}
	b.Regex(c, func(pattern, flags string) error {
		_, err := c.Literal(pattern, flags)
		return errors.Unwrap(err)
	})
	b.Func(sig.New("pcre_match(pattern: Regex|string, subject: string) -> array",
		"The first match and its groups, \"\" for groups that took no part; [] without a match. Named groups come again under their names.").
		Show(`echo pcre_match(#/(?<k>\w+)=(\d+)?/, "a=");`, `[0=>"a=",1=>"a",2=>"","k"=>"a"]`), with(c, "pcre_match", match))
	b.Func(sig.New("pcre_match_all(pattern: Regex|string, subject: string) -> array",
		"All matches that do not overlap, as one list per group; [] without a match.").
		Show(`echo pcre_match_all(#/(\w)=(\d)/, "a=1 b=2");`, `[0=>[0=>"a=1",1=>"b=2"],1=>[0=>"a",1=>"b"],2=>[0=>"1",1=>"2"]]`),
		with(c, "pcre_match_all", matchAll))
	b.Func(sig.New("pcre_replace(pattern: Regex|string, replace: string|function, subject: string, limit?: number = 0) -> string",
		"Replaces matches, at most limit of them (0: all). In a string $0 to $99 insert groups; a function gets what pcre_match returns and gives the text.").
		Show(`echo pcre_replace(#/\d/, "<$0>", "a1b2");`, "a<1>b<2>"), with(c, "pcre_replace", replace))
	b.Func(sig.New("pcre_quote(string: string) -> string", "A pattern that matches the text itself.").
		Show(`echo pcre_quote("a.b");`, `a\.b`),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			return value.Str(pcre.Quote(a[0].Str())), nil
		})
	b.Func(sig.New("pcre_compile(string: string) -> Regex", "Compiles a pattern or /pattern/flags.").
		Show(`echo "ABC" =~ pcre_compile("/abc/i");`, "true"),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) { return c.String(a[0].Str()) })
}

// with gives f the compiled form of its first argument.
func with(c *Compiler, name string, f func(t *vm.Thread, re *pcre.Regexp, a []value.Value) (value.Value, error)) vm.Impl {
	return func(t *vm.Thread, a []value.Value) (value.Value, error) {
		v := a[0]
		var err error
		if v.Kind() == value.KString {
			if v, err = c.String(v.Str()); err != nil {
				return value.None, err
			}
		}
		re, ok := registry.Resource[*pcre.Regexp](v)
		if !ok {
			return value.None, fmt.Errorf("%s(): argument 1 (pattern) must be Regex|string, got %s", name, a[0].TypeName())
		}
		v, err = f(t, re, a[1:])
		if err != nil {
			err = t.Stopped(err)
		}
		return v, err
	}
}

func match(t *vm.Thread, re *pcre.Regexp, a []value.Value) (value.Value, error) {
	var room [20]int
	f := re.Finder(a[0].Str())
	f.Done = t.Context().Done()
	loc, err := f.Find(room[:0], 0)
	if err != nil || loc == nil {
		return value.FromArray(value.NewArray(0)), err
	}
	return groups(re, a[0].Str(), loc), nil
}

// groups makes the array of one match.
func groups(re *pcre.Regexp, s string, loc []int) value.Value {
	out := value.NewArray(re.Groups() + 1)
	for i := 0; i < len(loc); i += 2 {
		out.Append(value.Str(text(s, loc, i/2)))
	}
	for _, n := range re.Names() {
		out.SetStr(n.Name, value.Str(namedText(s, loc, n)))
	}
	return value.FromArray(out)
}

func text(s string, loc []int, group int) string {
	if from, to := loc[2*group], loc[2*group+1]; from >= 0 && to >= from {
		return s[from:to]
	}
	return ""
}

// namedText returns the text of the first group of that name that took part.
func namedText(s string, loc []int, n pcre.Name) string {
	for _, g := range n.Groups {
		if loc[2*g+1] >= 0 {
			return text(s, loc, g)
		}
	}
	return ""
}

// each calls f with every match from left to right until it says stop. The
// positions are valid until the next match.
func each(t *vm.Thread, re *pcre.Regexp, s string, f func(loc []int) (more bool, err error)) error {
	var room [20]int
	loc := room[:0]
	finder := re.Finder(s)
	finder.Done = t.Context().Done()
	for at := 0; at <= len(s); {
		var err error
		loc, err = finder.Find(loc, at)
		if err != nil || loc == nil {
			return err
		}
		more, err := f(loc)
		if err != nil || !more {
			return err
		}
		if at = loc[1]; loc[0] == loc[1] {
			at++
			for re.UTF8() && at < len(s) && s[at]&0xc0 == 0x80 {
				at++
			}
		}
	}
	return nil
}

func matchAll(t *vm.Thread, re *pcre.Regexp, a []value.Value) (value.Value, error) {
	s := a[0].Str()
	lists := make([]*value.Array, re.Groups()+1)
	for i := range lists {
		lists[i] = value.NewArray(0)
	}
	named := make([]*value.Array, len(re.Names()))
	for i := range named {
		named[i] = value.NewArray(0)
	}
	size := t.Growth()
	err := each(t, re, s, func(loc []int) (bool, error) {
		if err := size.Add((len(lists) + len(named)) * value.ElementSize); err != nil {
			return false, err
		}
		for i := range lists {
			lists[i].Append(value.Str(text(s, loc, i)))
		}
		for i, n := range re.Names() {
			named[i].Append(value.Str(namedText(s, loc, n)))
		}
		return true, nil
	})
	out := value.NewArray(0)
	if err != nil || lists[0].Len() == 0 {
		return value.FromArray(out), err
	}
	for _, l := range lists {
		out.Append(value.FromArray(l))
	}
	for i, n := range re.Names() {
		out.SetStr(n.Name, value.FromArray(named[i]))
	}
	return value.FromArray(out), nil
}
