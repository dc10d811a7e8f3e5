package stdlib

import (
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/stdlib/array"
	"github.com/hawser-mta/hawser/stdlib/clock"
	"github.com/hawser-mta/hawser/stdlib/compat"
	"github.com/hawser-mta/hawser/stdlib/crypt"
	"github.com/hawser-mta/hawser/stdlib/dns"
	"github.com/hawser-mta/hawser/stdlib/encode"
	"github.com/hawser-mta/hawser/stdlib/ffi"
	"github.com/hawser-mta/hawser/stdlib/file"
	"github.com/hawser-mta/hawser/stdlib/iconv"
	"github.com/hawser-mta/hawser/stdlib/inet"
	"github.com/hawser-mta/hawser/stdlib/memory"
	"github.com/hawser-mta/hawser/stdlib/metrics"
	"github.com/hawser-mta/hawser/stdlib/num"
	"github.com/hawser-mta/hawser/stdlib/regex"
	"github.com/hawser-mta/hawser/stdlib/socket"
	"github.com/hawser-mta/hawser/stdlib/str"
	"github.com/hawser-mta/hawser/stdlib/sys"
	"github.com/hawser-mta/hawser/stdlib/types"
	"github.com/hawser-mta/hawser/stdlib/web"
	"github.com/hawser-mta/hawser/stdlib/x509"
)

// Register declares the functions and classes of every domain.
func Register(b *registry.Builder) {
	for _, d := range []struct {
		name, title string
		register    func(*registry.Builder)
	}{
		{"types", "Data types", types.Register},
		{"array", "Arrays", array.Register},
		{"str", "Strings", str.Register},
		{"num", "Mathematics", num.Register},
		{"regex", "Regular expressions", regex.Register},
		{"encode", "Encodings", encode.Register},
		{"crypt", "Cryptography", crypt.Register},
		{"x509", "Certificates", x509.Register},
		{"clock", "Date and time", clock.Register},
		{"inet", "Network addresses", inet.Register},
		{"dns", "DNS and domains", dns.Register},
		{"web", "HTTP and URLs", web.Register},
		{"file", "Files", file.Register},
		{"socket", "Sockets", socket.Register}, // after x509, whose objects it makes
		{"iconv", "Character sets", iconv.Register},
		{"ffi", "Foreign functions", ffi.Register},
		{"memory", "Shared memory", memory.Register},
		{"metrics", "Metrics", metrics.Register},
		{"sys", "System", sys.Register},
		{"compat", "Legacy names", compat.Register}, // last: it stands on the others
	} {
		b.Domain(d.name, d.title)
		d.register(b)
	}
}
