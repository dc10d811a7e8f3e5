package crypt_test

import (
	"context"
	"crypto/x509"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib"
)

// store is a key store that holds one entry.
type store struct{ id, key, certificate string }

func (s store) PrivateKey(id string) (string, bool)  { return s.key, id == s.id }
func (s store) Certificate(id string) (string, bool) { return s.certificate, id == s.id }
func (store) Authorities() *x509.CertPool            { return nil }

// machine builds a program with files beside it and a host.
func machine(t testing.TB, src string, in map[string]string, limits vm.Limits) (*vm.Thread, *vm.Host, *strings.Builder) {
	t.Helper()
	b := registry.New()
	stdlib.Register(b)
	tree := fstest.MapFS{}
	for name, text := range in {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	root := &module.Root{FS: tree}
	set, diags := module.NewLoader(b.Freeze()).Build(t.Context(), &module.Roots{Files: root},
		[]module.Entry{{ID: "main", Root: root, Path: "main", Source: []byte(src)}})
	if set == nil {
		t.Fatal(diags.Err())
	}
	out := &strings.Builder{}
	host := vm.DefaultHost(out)
	return vm.New(set.Image("main"), host, limits), host, out
}

// openssl runs it in a folder.
func openssl(t testing.TB, dir string, args ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "openssl", args...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("openssl %s: %s\n%s", strings.Join(args, " "), err, out)
	}
}

func read(t testing.TB, dir, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// selfSigned makes k.pem and c.pem.
func selfSigned(t testing.TB) (dir string, s store) {
	t.Helper()
	dir = t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "c.cnf"), []byte("[req]\ndistinguished_name=dn\n[dn]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	openssl(t, dir, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-config", "c.cnf", "-keyout", "k.pem", "-out", "c.pem", "-subj", "/CN=me", "-days", "50")
	return dir, store{"me", read(t, dir, "k.pem"), read(t, dir, "c.pem")}
}

// TestStore: pki: and the option id choose an entry of the store, and only they (spec
// stdlib 0.8).
func TestStore(t *testing.T) {
	t.Parallel()
	dir, s := selfSigned(t)
	openssl(t, dir, "rsa", "-in", "k.pem", "-pubout", "-out", "p.pem")
	const src = `import $public from "txt!p.pem";
import $cert from "txt!c.pem";
$x = X509::String($cert, ["pem" => true]);
foreach ([["pki:me", []], ["me", ["id" => true]], ["pki:me", ["id" => true]], ["me", []], ["pki:me", ["id" => false]], ["pki:you", []], ["you", ["id" => true]]] as $c) {
	[$key, $o] = $c;
	$s = rsa_sign("text", $key, $o);
	echo [$s === none ? none : rsa_verify("text", $s, $public, ["pem" => true]), rsa_verify("text", $s ?? "", $key, $o),
		pkcs7_sign("text", $key, $o) === none, cms_sign("text", $key, $o)["error"],
		cms_decrypt(cms_encrypt("text", ["certs" => [$x]])["data"], $key, $o)["data"]];
}`
	thread, host, out := machine(t, src, map[string]string{"p.pem": read(t, dir, "p.pem"), "c.pem": s.certificate}, vm.Limits{})
	host.Keys = s
	if _, err := thread.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	good := "[0=>true,1=>true,2=>false,3=>none,4=>\"text\"]\n"
	bad := func(text string) string { return "[0=>none,1=>none,2=>true,3=>\"" + text + "\",4=>none]\n" }
	want := good + good + good + bad("no certificate in it") + bad("no certificate in it") + bad("no certificate 'you'") + bad("no certificate 'you'")
	if d := cmp.Diff(want, out.String()); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}

// TestNow: chains are built, and signing times written, at the time of the host.
func TestNow(t *testing.T) {
	t.Parallel()
	dir, s := selfSigned(t)
	const src = `import $cert from "txt!c.pem";
$x = X509::String($cert, ["pem" => true]);
$s = cms_sign("text", "pki:me", ["detached" => false])["data"];
echo cms_verify($s, none, ["store" => [$x]])["error"] ?? "good";
echo base64_encode($s);`
	for _, c := range []struct {
		days int
		want string
	}{{0, "good"}, {51, "certificate has expired"}, {-2, "certificate is not yet valid"}} {
		thread, host, out := machine(t, src, map[string]string{"c.pem": s.certificate}, vm.Limits{})
		host.Keys = s
		now := time.Now().AddDate(0, 0, c.days)
		host.Now = func() time.Time { return now }
		if _, err := thread.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
		got, data, _ := strings.Cut(out.String(), "\n")
		if got != c.want {
			t.Errorf("after %d days: %s", c.days, got)
		}
		if err := os.WriteFile(filepath.Join(dir, "sig"), []byte("-----BEGIN CMS-----\n"+data+"-----END CMS-----\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.CommandContext(t.Context(), "openssl", "cms", "-cmsout", "-print", "-noout", "-inform", "PEM", "-in", "sig")
		cmd.Dir = dir
		text, err := cmd.CombinedOutput()
		if want := now.UTC().Format("Jan _2 15:04:05 2006 GMT"); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("no signing time %s, %v in\n%s", want, err, text)
		}
	}
}

// TestCancel: a script whose context ends leaves the longest crypt() at once.
func TestCancel(t *testing.T) {
	t.Parallel()
	for _, salt := range []string{`\$2b\$16\$CCCCCCCCCCCCCCCCCCCCC.`, `\$6\$rounds=5000000\$a`} {
		thread, _, out := machine(t, `crypt("x" * 500, "`+salt+`"); echo "done";`, nil, vm.Limits{})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		_, err := thread.Run(ctx)
		cancel()
		if err == nil || out.Len() > 0 {
			t.Errorf("%s: %v, %q", salt, err, out)
		}
	}
}

// TestMemory: what does not fit beside the rest ends the script instead of the
// process.
func TestMemory(t *testing.T) {
	t.Parallel()
	_, s := selfSigned(t)
	for _, src := range []string{
		`$m = "x" * 6000000; $a = []; forever $a[] = aes_encrypt($m, "k" * 16, "ecb");`,
		`$m = "x" * 6000000; $a = aes_encrypt($m, "k" * 16, "ecb"); $b = aes_decrypt($m . $m, "k" * 16, "ecb");`,
		`$m = "x" * 9000000; cms_sign($m, "pki:me", ["detached" => false]);`,
		`import $c from "txt!c.pem"; $m = "x" * 9000000; cms_encrypt($m, ["certs" => [X509::String($c, ["pem" => true])]]);`,
		`$m = "x" * 9000000; cms_verify($m, none, ["store" => []]);`,
		`$m = "x" * 9000000; cms_type($m);`,
		`$m = "0" * 15000000; cms_decrypt($m, "pki:me");`,
		`$m = "x" * 9000000; cms_sign("x", $m);`,
		`$m = "x" * 9000000; crypt("x", "\$y\$j9T\$abcd");`,
	} {
		thread, host, _ := machine(t, src, map[string]string{"c.pem": s.certificate}, vm.Limits{Memory: 20 << 20})
		host.Keys = s
		_, err := thread.Run(t.Context())
		var limit *vm.LimitError
		if !errors.As(err, &limit) || limit.Limit != "memory" {
			t.Errorf("%s: %v", src, err)
		}
	}
}

// TestLongKeys: keys are refused that would take long to compute with. The judge is a
// good one that attributes make longer; crypto/x509 does not look at them.
func TestLongKeys(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	openssl(t, dir, "genpkey", "-algorithm", "ed25519", "-outform", "DER", "-out", "k")
	der := read(t, dir, "k")
	for _, c := range []struct {
		attributes int
		good       bool
	}{{1000, true}, {12 << 10, false}} {
		n := c.attributes
		body := der[2:] + "\xa0\x82" + string([]byte{byte(n >> 8), byte(n)}) + strings.Repeat("\x00", n)
		long := "\x30\x82" + string([]byte{byte(len(body) >> 8), byte(len(body))}) + body
		if k := pki.ParseKeyDER([]byte(long)); (k != nil) != c.good {
			t.Errorf("%d bytes of attributes: %v", n, k)
		}
	}
}

// FuzzKey: any text is a key that can sign, or none.
func FuzzKey(f *testing.F) {
	dir := f.TempDir()
	for _, args := range [][]string{
		{"genrsa", "-out", "k", "1024"}, {"genrsa", "-traditional", "-out", "k", "1024"},
		{"ecparam", "-genkey", "-name", "prime256v1", "-out", "k"}, {"genpkey", "-algorithm", "ed25519", "-out", "k"},
	} {
		openssl(f, dir, args...)
		text := read(f, dir, "k")
		f.Add([]byte(text))
		openssl(f, dir, "pkey", "-in", "k", "-outform", "DER", "-out", "d")
		f.Add([]byte(read(f, dir, "d")))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, k := range []*pki.PrivateKey{pki.ParseKeyPEM(data), pki.ParseKeyDER(data), pki.ParsePKCS8(data), pki.ParsePKCS1(data)} {
			if k != nil && (k.Type == "" || k.Public() == nil) {
				t.Fatalf("key %+v", k)
			}
		}
	})
}
