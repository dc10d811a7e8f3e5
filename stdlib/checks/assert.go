package checks

import (
	"errors"
	"fmt"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

func equal(c *Case, t *vm.Thread, a []value.Value) (value.Value, error) {
	if value.Identical(a[0], a[1]) {
		return value.None, nil
	}
	text := "assert_equal: "
	if !a[2].IsNil() {
		text += a[2].String() + ": "
	}
	got, want := value.Literal(a[0]), value.Literal(a[1])
	if !a[0].IsArray() && !a[1].IsArray() && len(got)+len(want) < 100 {
		return c.fail(t, fmt.Sprintf("%sgot %s, want %s", text, got, want), "")
	}
	return c.fail(t, text+"the values differ (- expected, + actual)", Diff(a[1], a[0]))
}

func match(c *Case, t *vm.Thread, a []value.Value) (value.Value, error) {
	re, err := t.Regexp(a[1])
	if err != nil {
		return value.None, err
	}
	ok, err := re.Match(t.Context().Done(), a[0].String())
	if err != nil || ok {
		return value.None, err
	}
	return c.fail(t, fmt.Sprintf("assert_match: %s does not match %s", value.Literal(a[0]), a[1].String()), "")
}

func throws(c *Case, t *vm.Thread, a []value.Value) (value.Value, error) {
	_, err := t.Call(a[0])
	var thrown *vm.Thrown
	switch {
	case err == nil:
		return c.fail(t, "assert_throws: the function threw nothing", "")
	case !errors.As(err, &thrown):
		return value.None, err
	}
	if !a[1].IsNil() {
		re, err := t.Regexp(a[1])
		if err != nil {
			return value.None, err
		}
		ok, err := re.Match(t.Context().Done(), thrown.Error())
		if err != nil {
			return value.None, err
		}
		if !ok {
			return c.fail(t, fmt.Sprintf("assert_throws: %s does not match %s", value.Literal(value.Str(thrown.Error())), a[1].String()), "")
		}
	}
	return thrown.Value, nil
}
