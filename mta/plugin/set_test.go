package plugin_test

import (
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/mta/plugin"
	"github.com/hawser-mta/hawser/mta/policy"
	"github.com/hawser-mta/hawser/runtime/value"
)

// TestOrder: plugins are asked in order, each sees what is left of the pool, the first no
// ends it, and what was said last counts.
func TestOrder(t *testing.T) {
	t.Parallel()
	a, b, c := policy.Source{ID: "a", IP: netip.MustParseAddr("192.0.2.1")}, policy.Source{ID: "b"}, policy.Source{ID: "c"}
	var asked []string
	insert := func(id string, d plugin.Decision) *plugin.Plugin {
		return &plugin.Plugin{ID: id, Insert: func(_ *plugin.Message, s []policy.Source) plugin.Decision {
			asked = append(asked, id)
			for _, x := range s {
				asked = append(asked, x.ID)
			}
			return d
		}}
	}
	say := func(s string) *value.Value { return new(value.Str(s)) }
	for _, x := range []struct {
		name  string
		list  []*plugin.Plugin
		asked []string
		ok    bool
		left  []policy.Source
		said  string
	}{
		{"none", nil, nil, true, nil, ""},
		{"no opinion", []*plugin.Plugin{insert("1", plugin.Decision{OK: true}), {ID: "2"}}, []string{"1", "a", "b", "c"}, true, nil, ""},
		{"less", []*plugin.Plugin{insert("1", plugin.Decision{OK: true, Sources: []policy.Source{b, c}, Return: say("x")}), insert("2", plugin.Decision{OK: true})},
			[]string{"1", "a", "b", "c", "2", "b", "c"}, true, []policy.Source{b, c}, "x"},
		{"no", []*plugin.Plugin{insert("1", plugin.Decision{Return: say("x")}), insert("2", plugin.Decision{OK: true, Return: say("y")})},
			[]string{"1", "a", "b", "c"}, false, nil, "x"},
		{"nothing left", []*plugin.Plugin{insert("1", plugin.Decision{OK: true, Sources: []policy.Source{}}), insert("2", plugin.Decision{OK: true})},
			[]string{"1", "a", "b", "c"}, false, []policy.Source{}, ""},
	} {
		asked = nil
		s := plugin.NewSet(x.list...)
		d := s.Insert(&plugin.Message{}, []policy.Source{a, b, c})
		said := ""
		if d.Return != nil {
			said = d.Return.Str()
		}
		diff := cmp.Diff(x.asked, asked) + cmp.Diff(x.left, d.Sources, cmp.Comparer(func(a, b policy.Source) bool { return a == b }))
		if diff != "" || d.OK != x.ok || said != x.said || s.Inserts() != (x.list != nil) || s.Picks() {
			t.Errorf("%s: %v, said %q (-want +got)\n%s", x.name, d.OK, said, diff)
		}
	}
	var none *plugin.Set
	if _, ok := none.Deliverer("x"); ok || none.Inserts() || none.Picks() || none.Find("x") != nil {
		t.Error("a set of nothing has something")
	}
	none.Ready()
	none.EarlyCleanup()
}
