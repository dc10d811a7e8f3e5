package x509_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

const check = `import $c from "c.crt"; import $ca from "ca.crt"; import $inter from "inter.crt" with ["resource" => true];
import $lists from "txt!lists";
$crls = $lists == "" ? [] : X509CRL::String($lists, ["pem" => true, "multiple" => true]);
echo json_encode($c[0]->verify($ca, $inter, $crls));`

type verdict struct {
	Result bool
	Error  string
	Code   int
}

// a case names files of the authority; when is in days from now.
type verification struct {
	name, leaf       string
	ca, inter, lists []string
	when             int
	flags            string
	want             int
}

// lookup is what openssl prints of a certificate that it refuses.
var lookup = regexp.MustCompile(`error (\d+) at \d+ depth lookup: (.*)`)

// TestVerify compares results with openssl verify, the texts included.
func TestVerify(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	populate(a)
	one := func(s ...string) []string { return s }
	for _, v := range []verification{
		{name: "direct", leaf: "direct", ca: one("root")},
		{name: "through an intermediate", leaf: "leaf", ca: one("root"), inter: one("inter")},
		{name: "intermediate among the trusted", leaf: "leaf", ca: one("inter", "root")},
		{name: "several roots", leaf: "leaf", ca: one("other", "root"), inter: one("other", "inter")},
		{name: "the root itself", leaf: "root", ca: one("root")},
		{name: "self-signed and trusted", leaf: "self", ca: one("self")},
		{name: "self-signed", leaf: "self", ca: one("root"), want: 18},
		{name: "another root of that name", leaf: "direct", ca: one("twin"), want: 20},
		{name: "self-signed inside", leaf: "leaf", ca: one("other"), inter: one("inter", "root"), want: 19},
		{name: "no intermediate", leaf: "leaf", ca: one("root"), want: 20},
		{name: "only an intermediate trusted", leaf: "leaf", ca: one("inter"), want: 2},
		{name: "expired", leaf: "direct", ca: one("root"), when: 200, want: 10},
		{name: "expired leaf", leaf: "short", ca: one("root"), when: 20, want: 10},
		{name: "expired intermediate", leaf: "under", ca: one("root"), inter: one("brief"), when: 20, want: 10},
		{name: "not yet valid", leaf: "direct", ca: one("root"), when: -10, want: 9},
		{name: "issuer is no authority", leaf: "below", ca: one("root"), inter: one("direct"), want: 79},
		{name: "too many below", leaf: "deep", ca: one("root"), inter: one("narrow", "second"), want: 25},
		{name: "critical extension", leaf: "critical", ca: one("root"), want: 34},
		{name: "name permitted", leaf: "inside", ca: one("root"), inter: one("limited")},
		{name: "name not permitted", leaf: "outside", ca: one("root"), inter: one("limited"), want: 47},
		{name: "forged", leaf: "forged", ca: one("root"), want: 7},
		{name: "any purpose", leaf: "purpose", ca: one("root")},
		{name: "listed by no one", leaf: "direct", ca: one("root"), lists: one("empty")},
		{name: "revoked", leaf: "direct", ca: one("root"), lists: one("full"), want: 23},
		{name: "another one revoked", leaf: "short", ca: one("root"), lists: one("full")},
		{name: "in one of two lists", leaf: "direct", ca: one("root"), lists: one("others", "full"), want: 23},
		{name: "no list of the issuer", leaf: "direct", ca: one("root"), lists: one("others"), want: 3},
		{name: "list of another root of that name", leaf: "direct", ca: one("root"), lists: one("forged"), want: 3},
		{name: "forged list", leaf: "direct", ca: one("root"), lists: one("forged2"), want: 8},
		{name: "list of authorities", leaf: "direct", ca: one("root"), lists: one("onlyca"), want: 44},
		{name: "list of users", leaf: "direct", ca: one("root"), lists: one("onlyuser"), want: 23},
		{name: "list of another point", leaf: "direct", ca: one("root"), lists: one("point"), want: 44},
		{name: "list of its point", leaf: "pointed", ca: one("root"), lists: one("point"), want: 23},
		{name: "list of some reasons", leaf: "direct", ca: one("root"), lists: one("some"), want: 3},
		{name: "list with a critical extension", leaf: "direct", ca: one("root"), lists: one("unknown"), want: 36},
		{name: "list without the right to sign", leaf: "user", ca: one("mute"), lists: one("mute"), want: 35},
		{name: "suspended", leaf: "short", ca: one("root"), lists: one("hold"), want: 23},
		{name: "released", leaf: "short", ca: one("root"), lists: one("removed")},
		{name: "old list", leaf: "direct", ca: one("root"), lists: one("empty"), when: 40, want: 12},
		{name: "list of tomorrow", leaf: "direct", ca: one("root"), lists: one("coming"), want: 11},
		{name: "intermediate revoked", leaf: "leaf", ca: one("root"), inter: one("inter"), lists: one("byinter", "above"), flags: "-crl_check_all", want: 23},
		{name: "intermediate not revoked", leaf: "leaf", ca: one("root"), inter: one("inter"), lists: one("byinter", "empty"), flags: "-crl_check_all"},
		{name: "no list of the root", leaf: "leaf", ca: one("root"), inter: one("inter"), lists: one("byinter")},
	} {
		t.Run(v.name, func(t *testing.T) {
			a := &authority{t, a.dir}
			compareVerdicts(t, a, v)
		})
	}
}

func populate(a *authority) {
	root := func(name, cn string) { a.issue(name, name, cn, asCA) }
	root("root", "/CN=Root")
	root("twin", "/CN=Root")
	root("other", "/CN=Other")
	a.issue("inter", "root", "/CN=Inter", asCA)
	a.issue("leaf", "inter", "/CN=leaf", asLeaf)
	a.issue("direct", "root", "/CN=direct", asLeaf)
	a.issue("self", "self", "/CN=self", "subjectAltName=DNS:a.example\n")
	a.issue("short", "root", "/CN=short", asLeaf, "-days", "5")
	a.issue("brief", "root", "/CN=Brief", asCA, "-days", "5")
	a.issue("under", "brief", "/CN=under", asLeaf)
	a.issue("below", "direct", "/CN=below", "basicConstraints=CA:false\n")
	a.issue("narrow", "root", "/CN=Narrow", strings.Replace(asCA, "CA:true", "CA:true,pathlen:0", 1))
	a.issue("second", "narrow", "/CN=Second", asCA)
	a.issue("deep", "second", "/CN=deep", asLeaf)
	a.issue("critical", "root", "/CN=critical", asLeaf+"1.2.3.4.5=critical,DER:0500\n")
	a.issue("limited", "root", "/CN=Limited", asCA+"nameConstraints=critical,permitted;DNS:example.com\n")
	a.issue("inside", "limited", "/CN=inside", asLeaf+"subjectAltName=DNS:a.example.com\n")
	a.issue("outside", "limited", "/CN=outside", asLeaf+"subjectAltName=DNS:a.example.org\n")
	a.issue("purpose", "root", "/CN=purpose", asLeaf+"extendedKeyUsage=codeSigning\n")
	// Signed by the other root of the name, without a key identifier to tell.
	a.issue("forged", "twin", "/CN=forged", "basicConstraints=CA:false\nauthorityKeyIdentifier=none\n")

	a.revoke("empty", "root", nil)
	a.revoke("full", "root", []entry{{"direct", "keyCompromise"}})
	a.revoke("above", "root", []entry{{"inter", "superseded"}})
	a.revoke("byinter", "inter", nil)
	a.revoke("others", "other", nil)
	a.revoke("forged", "twin", nil)
	a.revoke("forged2", "twin", nil, "-crlexts", "nokey")
	a.issue("pointed", "root", "/CN=pointed", asLeaf+"crlDistributionPoints=URI:http://c.example/1\n")
	for _, section := range []string{"onlyca", "onlyuser", "point", "some", "unknown"} {
		a.revoke(section, "root", []entry{{"direct", ""}, {"pointed", ""}}, "-crlexts", section)
	}
	a.revoke("hold", "root", []entry{{"short", "certificateHold"}})
	a.revoke("removed", "root", []entry{{"short", "removeFromCRL"}})
	a.issue("mute", "mute", "/CN=Mute", strings.Replace(asCA, ",cRLSign", "", 1))
	a.issue("user", "mute", "/CN=user", asLeaf)
	a.revoke("mute", "mute", nil)
	from := time.Now().UTC()
	a.revoke("coming", "root", nil, "-crl_lastupdate", from.AddDate(0, 0, 1).Format("20060102150405Z"), "-crl_nextupdate", from.AddDate(0, 0, 9).Format("20060102150405Z"))
}

func named(names []string, ext string) []string {
	var out []string
	for _, n := range names {
		out = append(out, n+ext)
	}
	return out
}

func compareVerdicts(t *testing.T, a *authority, v verification) {
	now := time.Now().AddDate(0, 0, v.when)
	ca, inter, lists := a.read(named(v.ca, ".pem")...), a.read(named(v.inter, ".pem")...), a.read(named(v.lists, ".crl")...)
	a.write("cas", ca)
	a.write("inters", inter)
	a.write("lists", lists)
	args := []string{"verify", "-no-CApath", "-no-CAstore", "-attime", fmt.Sprint(now.Unix()), "-CAfile", "cas"}
	if inter != "" {
		args = append(args, "-untrusted", "inters")
	} else {
		inter = ca // harmless: what is trusted is so already
	}
	if lists != "" {
		if v.flags == "" {
			v.flags = "-crl_check"
		}
		args = append(args, v.flags, "-CRLfile", "lists")
	}
	printed, err := a.try(append(args, v.leaf+".pem")...)
	want := verdict{Result: err == nil}
	if m := lookup.FindStringSubmatch(printed); m != nil {
		want.Code, _ = strconv.Atoi(m[1])
		want.Error = m[2]
	}
	if want.Code != v.want || want.Result != (v.want == 0) {
		t.Fatalf("openssl says %+v, the test wants %d\n%s", want, v.want, printed)
	}
	var got verdict
	out := script(t, check, files{"c.crt": a.read(v.leaf + ".pem"), "ca.crt": ca, "inter.crt": inter, "lists": lists}, now)
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Errorf("got %+v, openssl says %+v", got, want)
	}
}
