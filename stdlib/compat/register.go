package compat

import (
	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Register declares the names. The functions that they stand for are declared.
func Register(b *registry.Builder) {
	aliases(b)
	texts(b)
	names(b)
	b.Gone(`import it from "extras://ldap"`, "LDAP", "ldap_search", "ldap_bind")
	b.Gone("a service of another vendor, nothing stands for it", "globalview", "serial")
	b.Gone("read what the control program and the metrics tell", "stat")
	b.Gone("use queue_quota", "GetMailQueueMetric")
}

// declare declares a legacy name and what to write instead.
func declare(b *registry.Builder, signature, modern string, impl vm.Impl) {
	b.Func(sig.New(signature, "The old form of "+modern+".").Legacy(modern), impl)
}

func aliases(b *registry.Builder) {
	for _, a := range []struct{ signature, modern string }{
		{"count(array: any) -> number|none", "length"},
		{"strlen(string: any) -> number|none", "length"},
		{"strtolower(string: string) -> string", "str_lower"},
		{"strtoupper(string: string) -> string", "str_upper"},
		{"strpos(string: string, substring: string, offset?: number = 0) -> number", "str_find"},
		{"strrpos(string: string, substring: string, offset?: number = 0) -> number", "str_rfind"},
		{"trim(string: string) -> string", "str_strip"},
		{"rand(first: number, last: number) -> number", "random_number"},
		{"is_subdomain(subdomain: string, domain: string) -> boolean", "domain_includes"},
	} {
		declare(b, a.signature, a.modern, b.Impl(a.modern))
	}
}

// arg returns argument i, or none.
func arg(a []value.Value, i int) value.Value {
	if i < len(a) {
		return a[i]
	}
	return value.None
}
