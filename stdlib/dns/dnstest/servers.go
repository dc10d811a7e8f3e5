package dnstest

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	mdns "github.com/miekg/dns"
)

// Zone is what knot serves of one domain.
type Zone struct {
	Name   string // without a dot at the end
	Text   string // records, as in a zone file
	Sign   bool   // by knot, with a key that unbound trusts
	Anchor string // DNSKEY record of a zone that is signed already; "": none
}

// Apex are the records that every zone begins with.
const Apex = "@ 300 IN SOA ns.hawser.test. post\\.master.hawser.test. 7 3600 600 86400 60\n@ 300 IN NS ns.hawser.test.\n"

// authority starts knot with the zones; it returns the port and the anchors.
func authority(t *testing.T, dir string, zones []Zone) (port int, anchors []string) {
	t.Helper()
	list := ""
	for _, z := range zones {
		write(t, filepath.Join(dir, z.Name+".zone"), z.Text)
		list += "  - domain: " + z.Name + "\n"
		if z.Sign {
			list += "    dnssec-signing: on\n    dnssec-policy: p\n"
		}
	}
	port = daemon(t, "server started", "knotd", filepath.Join(dir, "knot.conf"), func(port int) string {
		return fmt.Sprintf(`
server:
    listen: 127.0.0.1@%d
    rundir: "%s"
database:
    storage: "%s"
log:
  - target: stderr
    any: info
policy:
  - id: p
    algorithm: ecdsap256sha256
    single-type-signing: on
template:
  - id: default
    storage: "%s"
    file: "%%s.zone"
    zonefile-sync: -1
    journal-content: none
    semantic-checks: off
zone:
%s`, port, dir, dir, dir, list)
	})
	for _, z := range zones {
		if z.Anchor != "" {
			anchors = append(anchors, z.Anchor)
		}
		if !z.Sign {
			continue
		}
		m, err := mdns.Exchange(new(mdns.Msg).SetQuestion(z.Name+".", mdns.TypeDNSKEY), fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			t.Fatal(err)
		}
		for _, rr := range m.Answer {
			anchors = append(anchors, strings.ReplaceAll(rr.String(), "\t", " "))
		}
	}
	return port, anchors
}

// Recursive starts unbound in front of knot until the test ends; more are lines of
// unbound's clause server. It returns the ports of both on 127.0.0.1.
func Recursive(t *testing.T, zones []Zone, more ...string) (unbound, knot int) {
	t.Helper()
	dir := t.TempDir()
	knot, anchors := authority(t, dir, zones)
	for _, a := range anchors {
		more = append(more, fmt.Sprintf("trust-anchor: %q", a))
	}
	stubs := ""
	for _, z := range append(zones, Zone{Name: "."}) {
		if strings.HasSuffix(z.Name, ".arpa") {
			more = append(more, fmt.Sprintf(`local-zone: "%s." nodefault`, z.Name))
		}
		stubs += fmt.Sprintf("stub-zone:\n    name: %q\n    stub-addr: 127.0.0.1@%d\n", z.Name, knot)
	}
	unbound = daemon(t, "start of service", "unbound", filepath.Join(dir, "unbound.conf"), func(port int) string {
		return fmt.Sprintf(`
server:
    interface: 127.0.0.1
    port: %d
    do-daemonize: no
    username: ""
    chroot: ""
    directory: "%s"
    pidfile: ""
    use-syslog: no
    verbosity: 1
    num-threads: 1
    do-not-query-localhost: no
    module-config: "validator iterator"
    val-max-restart: 1
    local-zone: "test." nodefault
    %s
remote-control:
    control-enable: no
%s`, port, dir, strings.Join(more, "\n    "), stubs)
	}, "-d", "-p")
	return unbound, knot
}
