package dns_test

import (
	"bufio"
	"crypto"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mdns "github.com/miekg/dns"
)

// start runs a daemon in the foreground until the test ends, and waits until it says
// that it is ready.
func start(t *testing.T, ready, program string, args ...string) error {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		program = filepath.Join("/usr/sbin", program)
	}
	r, w := io.Pipe()
	cmd := exec.Command(program, args...)
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = cmd.Wait(); _ = w.Close(); close(ended) }()
	t.Cleanup(func() { _ = cmd.Process.Kill(); <-ended })
	up := make(chan string, 1)
	go func() {
		var log strings.Builder
		for s := bufio.NewScanner(r); s.Scan(); {
			if log.WriteString(s.Text() + "\n"); strings.Contains(s.Text(), ready) {
				up <- ""
				_, _ = io.Copy(io.Discard, r)
			}
		}
		up <- log.String()
	}()
	select {
	case log := <-up:
		if log != "" {
			return fmt.Errorf("%s ended:\n%s", program, log)
		}
		return nil
	case <-time.After(time.Minute):
		t.Fatalf("%s is not ready after a minute", program)
		return nil
	}
}

// daemon starts one that listens on a port, UDP and TCP. Another program may take the
// port before it: then the next one is tried.
func daemon(t *testing.T, ready, program, conf string, text func(port int) string, args ...string) int {
	t.Helper()
	var err error
	for range 5 {
		pc, ln := bothPorts(t)
		port := ln.Addr().(*net.TCPAddr).Port
		_, _ = pc.Close(), ln.Close()
		write(t, conf, text(port))
		if err = start(t, ready, program, append(args, "-c", conf)...); err == nil {
			return port
		}
	}
	t.Fatal(err)
	return 0
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// apex begins every zone.
const apex = "@ 300 IN SOA ns.hawser.test. post\\.master.hawser.test. 7 3600 600 86400 60\n@ 300 IN NS ns.hawser.test.\n"

// signedZone has every type; knot signs it.
const signedZone = apex + `
ns        A     127.0.0.1
a         60 A  192.0.2.1
a         60 A  192.0.2.2
a         AAAA  2001:db8::1
mx        MX    20 b
mx        MX    10 a
mx        MX    10 c
nullmx    MX    0 .
txt       TXT   "one " "two"
txt2      TXT   "q\"uo\\te" "\195\188\000\255;"
alias     CNAME alias2
alias2    CNAME a
dangling  CNAME nowhere
outside   CNAME a.plain.test.
out2      CNAME nowhere.plain.test.
_smtp._tcp SRV  10 20 25 a
_25._tcp.a TLSA 3 1 1 ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789
caa       CAA   0 issue "ca.example; x=\"y\""
xn--bcher-kva A 192.0.2.3
_under    TXT   "score"
sub       NS    ns
`

// authority starts knot with the zones. hawser.test is signed; bad.test has a signature
// that does not fit; it returns the port and the anchors.
func authority(t *testing.T, dir string) (port int, anchors []string) {
	t.Helper()
	big, huge := "big TXT", "huge TXT"
	for i := range 12 {
		big += fmt.Sprintf(" \"%s\"", strings.Repeat(string(rune('a'+i)), 200))
	}
	for i := range 240 {
		huge += fmt.Sprintf(" \"%s\"", strings.Repeat(string(rune('a'+i%26)), 250))
	}
	bad, key := badZone(t)
	write(t, filepath.Join(dir, "hawser.test.zone"), signedZone+big+"\n"+huge+"\n")
	write(t, filepath.Join(dir, "plain.test.zone"), apex+"a A 192.0.2.9\n")
	write(t, filepath.Join(dir, "bad.test.zone"), bad)
	write(t, filepath.Join(dir, "2.0.192.in-addr.arpa.zone"), apex+"1 PTR a.hawser.test.\n")
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
  - domain: hawser.test
    dnssec-signing: on
    dnssec-policy: p
  - domain: plain.test
  - domain: bad.test
  - domain: 2.0.192.in-addr.arpa
`, port, dir, dir, dir)
	})
	m, err := mdns.Exchange(new(mdns.Msg).SetQuestion("hawser.test.", mdns.TypeDNSKEY), fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		t.Fatal(err)
	}
	for _, rr := range m.Answer {
		anchors = append(anchors, strings.ReplaceAll(rr.String(), "\t", " "))
	}
	return port, append(anchors, key)
}

// badZone is a zone signed here, of which one record was changed afterwards.
func badZone(t *testing.T) (zone, anchor string) {
	t.Helper()
	key := &mdns.DNSKEY{Hdr: mdns.RR_Header{Name: "bad.test.", Rrtype: mdns.TypeDNSKEY, Class: mdns.ClassINET, Ttl: 300},
		Flags: 257, Protocol: 3, Algorithm: mdns.ED25519}
	signer, err := key.Generate(256)
	if err != nil {
		t.Fatal(err)
	}
	record := func(s string) mdns.RR {
		rr, err := mdns.NewRR(s)
		if err != nil {
			t.Fatal(err)
		}
		return rr
	}
	var out strings.Builder
	for _, rr := range []mdns.RR{
		key, record("bad.test. 300 IN SOA ns.hawser.test. root.hawser.test. 1 2 3 4 5"), record("bad.test. 300 IN NS ns.hawser.test."),
		record("good.bad.test. 300 IN A 192.0.2.1"), record("a.bad.test. 300 IN A 192.0.2.1"),
	} {
		sig := &mdns.RRSIG{KeyTag: key.KeyTag(), SignerName: "bad.test.", Algorithm: key.Algorithm,
			Inception: uint32(time.Now().Add(-time.Hour).Unix()), Expiration: uint32(time.Now().Add(time.Hour).Unix())}
		if err := sig.Sign(signer.(crypto.Signer), []mdns.RR{rr}); err != nil {
			t.Fatal(err)
		}
		if strings.HasPrefix(rr.Header().Name, "a.") {
			rr = record("a.bad.test. 300 IN A 192.0.2.66")
		}
		fmt.Fprintln(&out, rr)
		fmt.Fprintln(&out, sig)
	}
	return out.String(), strings.ReplaceAll(key.String(), "\t", " ")
}

// recursive starts unbound in front of knot.
func recursive(t *testing.T, dir string) (port, authoritative int) {
	t.Helper()
	knot, anchors := authority(t, dir)
	port = daemon(t, "start of service", "unbound", filepath.Join(dir, "unbound.conf"), func(port int) string {
		conf := fmt.Sprintf(`
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
    local-zone: "2.0.192.in-addr.arpa." nodefault
    local-zone: "refused.test." always_refuse
    local-zone: "redirect.test." redirect
remote-control:
    control-enable: no
`, port, dir)
		server, zones := "", ""
		for _, a := range anchors {
			server += fmt.Sprintf("    trust-anchor: %q\n", a)
		}
		for _, z := range []string{"hawser.test", "plain.test", "bad.test", "2.0.192.in-addr.arpa", "."} {
			zones += fmt.Sprintf("stub-zone:\n    name: %q\n    stub-addr: 127.0.0.1@%d\n", z, knot)
		}
		return strings.Replace(conf, "remote-control:", server+"remote-control:", 1) + zones
	}, "-d", "-p")
	return port, knot
}
