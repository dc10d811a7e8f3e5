package dns_test

import (
	"context"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib"
	"github.com/hawser-mta/hawser/stdlib/dns"
)

// script runs a program that may use the functions of the package.
func script(ctx context.Context, t *testing.T, src string, services map[string]any) (string, error) {
	t.Helper()
	b := registry.New()
	stdlib.Register(b)
	root := &module.Root{}
	set, diags := module.NewLoader(b.Freeze()).Build(t.Context(), &module.Roots{Files: root},
		[]module.Entry{{ID: "main", Root: root, Path: "main", Source: []byte(src)}})
	if set == nil {
		return "", diags.Err()
	}
	var out strings.Builder
	host := vm.DefaultHost(&out)
	host.Services = services
	_, err := vm.New(set.Image("main"), host, vm.Limits{}).Run(ctx)
	return strings.TrimSuffix(out.String(), "\n"), err
}

// aged are times to live of at most a minute ago.
var aged = regexp.MustCompile(`"ttl"=>(35[4-9]\d|3600|2[4-9]\d|300),`)

// TestRealServers asks unbound, which validates what knot serves.
func TestRealServers(t *testing.T) {
	t.Parallel()
	port, knot := servers(t)
	const soa = "ns.hawser.test post\\.master.hawser.test 7 3600 600 86400 60"
	list := func(items ...string) string {
		s := "["
		for i, x := range items {
			if i > 0 {
				s += ","
			}
			s += fmt.Sprintf("%d=>%q", i, x)
		}
		return s + "]"
	}
	ok := func(items ...string) string { return `["result"=>` + list(items...) + `,"dnssec"=>true]` }
	for _, c := range []struct{ name, options, want string }{
		{"ns.hawser.test", ``, ok("127.0.0.1")},
		{"NS.Hawser.TEST.", `"type" => "A"`, ok("127.0.0.1")},
		{"a.hawser.test", `"type" => "aaaa"`, ok("2001:db8::1")},
		{"nullmx.hawser.test", `"type" => "mx"`, ok(".")},
		{"nullmx.hawser.test", `"type" => "mx", "extended_result" => true`,
			`["result"=>[0=>["value"=>".","ttl"=>3600,"preference"=>0,"host"=>"."]],"dnssec"=>true]`},
		{"txt.hawser.test", `"type" => "txt"`, ok("one two")},
		{"alias.hawser.test", ``, ""},
		{"alias.hawser.test", `"type" => "cname"`, ok("alias2.hawser.test")},
		{"alias.hawser.test", `"type" => "aaaa"`, ok("2001:db8::1")},
		{"alias.hawser.test", `"type" => "mx"`, ok()},
		{"outside.hawser.test", ``, `["result"=>[0=>"192.0.2.9"],"dnssec"=>false]`},
		{"out2.hawser.test", ``, `["error"=>"NXDOMAIN","dnssec"=>false]`},
		{"dangling.hawser.test", ``, `["error"=>"NXDOMAIN","dnssec"=>true]`},
		{"_smtp._tcp.hawser.test", `"type" => "srv"`, ok("10 20 25 a.hawser.test")},
		{"_smtp._tcp.hawser.test", `"type" => "SRV", "extended_result" => true`,
			`["result"=>[0=>["value"=>"10 20 25 a.hawser.test","ttl"=>3600,"priority"=>10,"weight"=>20,"port"=>25,"host"=>"a.hawser.test"]],"dnssec"=>true]`},
		{"_25._tcp.a.hawser.test", `"type" => "tlsa"`, ok("3 1 1 " + strings.Repeat("abcdef0123456789", 4))},
		{"_25._tcp.a.hawser.test", `"type" => "tlsa", "extended_result" => true`,
			`["result"=>[0=>["value"=>"3 1 1 ` + strings.Repeat("abcdef0123456789", 4) + `","ttl"=>3600,"usage"=>3,"selector"=>1,"mtype"=>1,"data"=>"` + strings.Repeat("abcdef0123456789", 4) + `"]],"dnssec"=>true]`},
		{"caa.hawser.test", `"type" => "caa"`, ok(`0 issue ca.example; x="y"`)},
		{"caa.hawser.test", `"type" => "caa", "extended_result" => true`,
			`["result"=>[0=>["value"=>"0 issue ca.example; x=\"y\"","ttl"=>3600,"flags"=>0,"tag"=>"issue","data"=>"ca.example; x=\"y\""]],"dnssec"=>true]`},
		{"hawser.test", `"type" => "ns"`, ok("ns.hawser.test")},
		{"hawser.test", `"type" => "soa"`, ok(soa)},
		{"hawser.test", `"type" => "soa", "extended_result" => true`,
			`["result"=>[0=>["value"=>"ns.hawser.test post\\.master.hawser.test 7 3600 600 86400 60","ttl"=>300,"mname"=>"ns.hawser.test","rname"=>"post\\.master.hawser.test","serial"=>7,"refresh"=>3600,"retry"=>600,"expire"=>86400,"minimum"=>60]],"dnssec"=>true]`},
		{"a.hawser.test", `"type" => "soa"`, ok()},
		{"1.2.0.192.in-addr.arpa", `"type" => "ptr"`, `["result"=>[0=>"a.hawser.test"],"dnssec"=>false]`},
		{"2.2.0.192.in-addr.arpa", `"type" => "ptr"`, `["error"=>"NXDOMAIN","dnssec"=>false]`},
		{"bücher.hawser.test", ``, ok("192.0.2.3")},
		{"_under.hawser.test", `"type" => "txt"`, ok("score")},
		{"nowhere.hawser.test", ``, `["error"=>"NXDOMAIN","dnssec"=>true]`},
		{"good.bad.test", ``, `["result"=>[0=>"192.0.2.1"],"dnssec"=>true]`},
		{"a.bad.test", ``, `["error"=>"SERVFAIL","dnssec"=>false]`},
		{"x.refused.test", ``, `["error"=>"REFUSED","dnssec"=>false]`},
		{"a.plain.test", ``, `["result"=>[0=>"192.0.2.9"],"dnssec"=>false]`},
		{"big.hawser.test", `"type" => "txt"`, "big"},
		{"huge.hawser.test", `"type" => "txt"`, "huge"},
		{"a..hawser.test", ``, `["error"=>"FORMERR","dnssec"=>false]`},
		{"", ``, `["error"=>"FORMERR","dnssec"=>false]`},
		{strings.Repeat("x", 64) + ".hawser.test", ``, `["error"=>"FORMERR","dnssec"=>false]`},
		{"ab\u0000\u0301..test", ``, `["error"=>"FORMERR","dnssec"=>false]`},
	} {
		t.Run(c.name+" "+c.options, func(t *testing.T) {
			t.Parallel()
			src := fmt.Sprintf(`$r = dns_query(%q, [%s, "servers" => ["127.0.0.1"], "port" => %d, "timeout" => 20]); `, c.name, c.options, port)
			src = strings.Replace(src, "[, ", "[", 1)
			switch c.want {
			case "big", "huge":
				src += `echo length($r["result"][0]) . $r["result"][0][2399];`
				c.want = map[string]string{"big": "2400l", "huge": "60000j"}[c.want]
			case "": // in any order
				src += `$l = $r["result"]; echo [length($l), $l[0] =~ "^192", $l[1] != $l[0]];`
				c.want = `[0=>2,1=>true,2=>true]`
			default:
				src += `echo $r;`
			}
			got, err := script(t.Context(), t, src, nil)
			if err != nil {
				t.Fatal(err)
			}
			// unbound may have had it for some seconds.
			got = aged.ReplaceAllStringFunc(got, func(s string) string {
				return map[bool]string{true: `"ttl"=>3600,`, false: `"ttl"=>300,`}[len(s) > len(`"ttl"=>300,`)]
			})
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
	t.Run("binary text and order of preference", func(t *testing.T) {
		t.Parallel()
		got, err := script(t.Context(), t, fmt.Sprintf(`$o = ["servers" => ["127.0.0.1"], "port" => %d];
			echo dns_query("txt2.hawser.test", ["type" => "txt"] + $o)["result"][0] == "q\"uo\\te\xc3\xbc\x00\xff;";
			$mx = dns_query("mx.hawser.test", ["type" => "mx"] + $o)["result"]; echo length($mx) . $mx[2];`, port), nil)
		if want := "true\n3b.hawser.test"; err != nil || got != want {
			t.Errorf("got %q %v, want %q", got, err, want)
		}
	})
	t.Run("an authoritative server is not trusted to validate", func(t *testing.T) {
		t.Parallel()
		got, err := script(t.Context(), t, fmt.Sprintf(`echo dns_query("ns.hawser.test", ["servers" => ["127.0.0.1"], "port" => %d]);`, knot), nil)
		if want := `["result"=>[0=>"127.0.0.1"],"dnssec"=>false]`; err != nil || got != want {
			t.Errorf("got %q %v", got, err)
		}
	})
	t.Run("resolver of Go", func(t *testing.T) {
		t.Parallel()
		r := dns.New(dns.Options{Servers: []string{fmt.Sprintf("127.0.0.1:%d", port)}, Timeout: 20 * time.Second}).Net()
		got, err := r.LookupHost(t.Context(), "ns.hawser.test")
		if d := cmp.Diff([]string{"127.0.0.1"}, got); d != "" || err != nil {
			t.Errorf("%v (-want +got)\n%s", err, d)
		}
	})
}
