package stdlib

import (
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/stdlib/array"
	"github.com/hawser-mta/hawser/stdlib/clock"
	"github.com/hawser-mta/hawser/stdlib/compat"
	"github.com/hawser-mta/hawser/stdlib/crypt"
	"github.com/hawser-mta/hawser/stdlib/dns"
	"github.com/hawser-mta/hawser/stdlib/encode"
	"github.com/hawser-mta/hawser/stdlib/inet"
	"github.com/hawser-mta/hawser/stdlib/memory"
	"github.com/hawser-mta/hawser/stdlib/metrics"
	"github.com/hawser-mta/hawser/stdlib/num"
	"github.com/hawser-mta/hawser/stdlib/regex"
	"github.com/hawser-mta/hawser/stdlib/str"
	"github.com/hawser-mta/hawser/stdlib/sys"
	"github.com/hawser-mta/hawser/stdlib/types"
	"github.com/hawser-mta/hawser/stdlib/x509"
)

// Register declares the functions and classes of every domain.
func Register(b *registry.Builder) {
	for _, register := range []func(*registry.Builder){
		types.Register,
		array.Register,
		str.Register,
		num.Register,
		regex.Register,
		encode.Register,
		crypt.Register,
		x509.Register,
		clock.Register,
		inet.Register,
		dns.Register,
		memory.Register,
		metrics.Register,
		sys.Register,
		compat.Register, // last: it stands on the others
	} {
		register(b)
	}
}
