package x509_test

import (
	"encoding/json"
	"net/netip"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// facts are what a script tells about a certificate.
type facts struct {
	Subject, Issuer [][2]string
	Alt             map[string][]string
	Version         int
	Serial          string
	From, Until     int64
	Key, PEM        string
	Print           string
	Extensions      []extension
}

type extension struct {
	OID, Name string
	Critical  bool
	Hash      string
}

const tell = `import $c from "c.crt";
$c = $c[0];
echo json_encode([
	"Subject" => $c->subject(), "Issuer" => $c->issuer(), "Alt" => $c->subject_alt_name() ?: none, "Version" => $c->version(),
	"Serial" => $c->serial_number(), "From" => $c->not_valid_before(), "Until" => $c->not_valid_after(),
	"Key" => $c->public_key(["pem" => true]), "PEM" => $c->export(["pem" => true]), "Print" => sha2($c->export(), 256),
	"Extensions" => array_map(function ($e) {
		return ["OID" => $e["oid"], "Name" => $e["name"], "Critical" => $e["critical"], "Hash" => sha2($e["value"], 256)];
	}, $c->extensions())]);`

// TestFields compares every field with what openssl prints.
func TestFields(t *testing.T) {
	t.Parallel()
	a := newAuthority(t)
	a.issue("root", "root", "/C=SE/O=Root/CN=Root R1", asCA)
	for _, c := range []struct{ name, subject, extensions string }{
		{"plain", "/CN=mx.example.com", asLeaf},
		{"names", "/C=SE/ST=Östergötland/L=Linköping/O=Exämple AB/OU=one/OU=two/street=Storgatan 1/postalCode=58222/CN=mx.example.com/emailAddress=post@example.com", asLeaf},
		{"multi", "/DC=com/DC=example/CN=a+UID=7/GN=Ann/SN=Bee", asLeaf},
		{"rare", "/businessCategory=Private/serialNumber=556677/organizationIdentifier=VAT-1/jurisdictionC=SE/1.3.6.1.4.1.53087.1.5=x/CN=a", asLeaf},
		{"alternative", "/CN=a", asLeaf + "subjectAltName=DNS:a.example,DNS:*.b.example,IP:192.0.2.1,IP:2001:db8::1,email:x@a.example,URI:https://a.example/P%61th?q=1\n"},
		{"extensions", "/CN=a", asLeaf + "keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth,clientAuth\ntlsfeature=status_request\n" +
			"authorityInfoAccess=OCSP;URI:http://o.example/\ncrlDistributionPoints=URI:http://c.example/\ncertificatePolicies=1.2.3.4\nnsComment=hello\n1.2.3.4.5.6=DER:0500\n"},
	} {
		a.issue(c.name, "root", c.subject, c.extensions)
		compareFields(t, a, c.name)
	}
	compareFields(t, a, "root")
	a.issue("long", "root", "/CN=a", asLeaf, "-set_serial", "0x00FEDCBA98765432100123456789ABCDEF01234")
	compareFields(t, a, "long")
	a.issue("far", "root", "/CN=a", asLeaf, "-days", "20000", "-set_serial", "0")
	compareFields(t, a, "far")
	a.openssl("req", "-x509", "-newkey", "rsa:1024", "-nodes", "-config", a.config(), "-subj", "/CN=rsa", "-days", "9", "-keyout", "rsa.key", "-out", "rsa.pem")
	compareFields(t, a, "rsa")
}

func compareFields(t *testing.T, a *authority, name string) {
	t.Helper()
	var got facts
	pem := a.read(name + ".pem")
	if err := json.Unmarshal([]byte(script(t, tell, files{"c.crt": pem}, time.Time{})), &got); err != nil {
		t.Fatal(err)
	}
	show := func(args ...string) string {
		return strings.TrimSpace(a.openssl(append([]string{"x509", "-noout", "-in", name + ".pem"}, args...)...))
	}
	value := func(arg ...string) string {
		_, v, _ := strings.Cut(show(arg...), "=")
		return v
	}
	date := func(arg string) int64 {
		d, err := time.Parse("2006-01-02 15:04:05Z", value(arg, "-dateopt", "iso_8601"))
		if err != nil {
			t.Fatal(err)
		}
		return d.Unix()
	}
	text := show("-text")
	want := facts{
		Subject: pairs(value("-subject", "-nameopt", "sep_multiline,utf8")),
		Issuer:  pairs(value("-issuer", "-nameopt", "sep_multiline,utf8")),
		Alt:     alternatives(show("-ext", "subjectAltName")),
		Version: version(text), Serial: value("-serial"),
		From: date("-startdate"), Until: date("-enddate"),
		Key: a.openssl("x509", "-noout", "-pubkey", "-in", name+".pem"), PEM: pem,
		Print:      strings.ToLower(strings.ReplaceAll(value("-fingerprint", "-sha256"), ":", "")),
		Extensions: got.Extensions,
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("%s (-openssl +got)\n%s", name, d)
	}
	compareExtensions(t, a, name, text, got.Extensions)
}

// version reads a line such as Version: 3 (0x2).
func version(text string) int {
	_, line, _ := strings.Cut(text, "Version: ")
	return int(line[0] - '0')
}

// pairs reads a name with one relative name in each line.
func pairs(s string) [][2]string {
	var out [][2]string
	for line := range strings.Lines(s) {
		for part := range strings.SplitSeq(strings.TrimSpace(line), " + ") {
			if k, v, ok := strings.Cut(part, "="); ok {
				out = append(out, [2]string{k, v})
			}
		}
	}
	return out
}

func alternatives(s string) map[string][]string {
	_, list, ok := strings.Cut(s, "\n")
	if !ok || !strings.Contains(s, "Alternative") {
		return nil
	}
	out := map[string][]string{}
	for n := range strings.SplitSeq(strings.TrimSpace(list), ", ") {
		k, v, _ := strings.Cut(n, ":")
		if k == "IP Address" {
			k, v = "IP", netip.MustParseAddr(v).String()
		}
		out[k] = append(out[k], v)
	}
	return out
}

var (
	extensionLine = regexp.MustCompile(`(?m)^ {12}(\S.*?): ?(critical)?\s*$`)
	objectLine    = regexp.MustCompile(`(?m)^(\S+) = (.+), ([0-9.]+)$`)
)

// objects are openssl's short names by identifier and by long name.
func objects(a *authority) (byID, byName map[string]string) {
	byID, byName = map[string]string{}, map[string]string{}
	for _, m := range objectLine.FindAllStringSubmatch(a.openssl("list", "-objects"), -1) {
		byID[m[3]], byName[m[2]] = m[1], m[1]
	}
	return byID, byName
}

func compareExtensions(t *testing.T, a *authority, name, text string, got []extension) {
	t.Helper()
	byID, byName := objects(a)
	_, list, _ := strings.Cut(text, "X509v3 extensions:\n")
	lines := extensionLine.FindAllStringSubmatch(list, -1)
	if len(lines) != len(got) {
		t.Errorf("%s: %d extensions, openssl has %d", name, len(got), len(lines))
		return
	}
	for i, m := range lines {
		short := byName[m[1]]
		if short == "" {
			short = m[1] // an identifier, or a name of one word
		}
		e := got[i]
		if e.Name != short || e.Critical != (m[2] != "") || byID[e.OID] != "" && byID[e.OID] != e.Name {
			t.Errorf("%s: extension %d is %+v, openssl has %q", name, i, e, m[0])
		}
	}
}
