package compat

import (
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// names declares dns() and its relatives, which give plain lists.
func names(b *registry.Builder) {
	query, reverse := b.Impl("dns_query"), b.Impl("inet_reverse")
	for name, types := range map[string][]string{
		"dns": {"a", "aaaa"}, "dns4": {"a"}, "dns6": {"aaaa"}, "dnsmx": {"mx"}, "dnstxt": {"txt"}, "dnscname": {"cname"}, "dnsns": {"ns"},
	} {
		declare(b, name+"(host: string, options?: array|string|none, timeout?: number) -> array", "dns_query",
			func(t *vm.Thread, a []value.Value) (value.Value, error) {
				return lookUp(t, query, a[0], types, arg(a, 1), arg(a, 2))
			})
	}
	declare(b, "dnsptr(ip: string, options?: array|string|none, timeout?: number) -> array", "dns_query",
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			name, err := reverse(t, a[:1])
			if err != nil || name.IsNone() {
				return value.FromArray(value.NewArray(0)), err
			}
			return lookUp(t, query, name, []string{"ptr"}, arg(a, 1), arg(a, 2))
		})
	declare(b, "dnsbl(ip: string, zone: string, resolvers?: array|string|none, timeout?: number = 5) -> array", "dns_query and inet_reverse",
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			name, err := reverse(t, a[:2])
			if err != nil || name.IsNone() {
				return value.FromArray(value.NewArray(0)), err
			}
			return lookUp(t, query, name, []string{"a"}, arg(a, 2), arg(a, 3))
		})
}

// lookUp asks for one type after the other. options are those of dns_query or, in the
// oldest form, a list of resolvers.
func lookUp(t *vm.Thread, query vm.Impl, name value.Value, types []string, options, timeout value.Value) (value.Value, error) {
	o := value.NewArray(4)
	extended := false
	switch {
	case options.IsString():
		o.SetStr("servers", value.FromArray(value.List(options)))
	case options.IsArray() && options.Array().IsList():
		if options.Array().Len() > 0 {
			o.SetStr("servers", options)
		}
	case options.IsArray():
		for k, v := range options.Array().All() {
			if k.String() == "extended_result" {
				extended = v.Truth()
				continue
			}
			o.Set(k, v)
		}
	}
	if !timeout.IsNone() {
		o.SetStr("timeout", timeout)
	}
	out := value.NewArray(4)
	last := value.None
	for _, typ := range types {
		o.SetStr("type", value.Str(typ))
		v, err := query(t, []value.Value{name, value.FromArray(o)})
		if err != nil {
			return value.None, err
		}
		last = v
		if r := v.Array().GetStr("result"); r.IsArray() {
			for x := range r.Array().Values() {
				out.Append(x)
			}
		}
	}
	if !extended {
		return value.FromArray(out), nil
	}
	if out.Len() == 0 {
		return last, nil
	}
	return value.FromArray(value.Map("result", value.FromArray(out), "dnssec", last.Array().GetStr("dnssec"))), nil
}
