package x509_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib"
)

func universe() *registry.Universe {
	b := registry.New()
	stdlib.Register(b)
	return b.Freeze()
}

// files are what a program can import, by name.
type files map[string]string

// execute runs a program at a time and returns what it prints.
func execute(t testing.TB, u *registry.Universe, src string, in files, now time.Time, limits vm.Limits) (string, error) {
	t.Helper()
	tree := fstest.MapFS{}
	for name, text := range in {
		tree[name] = &fstest.MapFile{Data: []byte(text)}
	}
	root := &module.Root{FS: tree}
	set, diags := module.NewLoader(u).Build(t.Context(), &module.Roots{Files: root},
		[]module.Entry{{ID: "main", Root: root, Path: "main", Source: []byte(src)}})
	if set == nil {
		return "", diags.Err()
	}
	var out strings.Builder
	host := vm.DefaultHost(&out)
	if !now.IsZero() {
		host.Now = func() time.Time { return now }
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	_, err := vm.New(set.Image("main"), host, limits).Run(ctx)
	return strings.TrimSuffix(out.String(), "\n"), err
}

// script is execute for programs that end well.
func script(t testing.TB, src string, in files, now time.Time) string {
	t.Helper()
	out, err := execute(t, universe(), src, in, now, vm.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// authority is a folder in which openssl makes certificates, the second judge of
// everything that is read here.
type authority struct {
	t   testing.TB
	dir string
}

func newAuthority(t testing.TB) *authority {
	return &authority{t, t.TempDir()}
}

// openssl runs it and returns what it prints.
func (a *authority) openssl(args ...string) string {
	a.t.Helper()
	out, err := a.try(args...)
	if err != nil {
		a.t.Fatalf("openssl %s: %s\n%s", strings.Join(args, " "), err, out)
	}
	return out
}

func (a *authority) try(args ...string) (string, error) {
	cmd := exec.CommandContext(a.t.Context(), "openssl", args...)
	cmd.Dir = a.dir
	cmd.Env = append(os.Environ(), "OPENSSL_CONF=/dev/null")
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (a *authority) write(name, text string) {
	a.t.Helper()
	if err := os.WriteFile(filepath.Join(a.dir, name), []byte(text), 0o600); err != nil {
		a.t.Fatal(err)
	}
}

func (a *authority) read(names ...string) string {
	a.t.Helper()
	var out strings.Builder
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(a.dir, name))
		if err != nil {
			a.t.Fatal(err)
		}
		out.Write(b)
	}
	return out.String()
}

// Extensions of certificates, as openssl's configuration writes them.
const (
	asCA   = "basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
	asLeaf = "basicConstraints=CA:false\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
)

// issue makes NAME.key and NAME.pem, signed by another name or by itself. Validity
// is from now for 100 days, if flags do not say otherwise.
func (a *authority) issue(name, issuer, subject, extensions string, flags ...string) {
	a.t.Helper()
	a.write(name+".ext", extensions)
	a.openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-utf8", "-multivalue-rdn", "-config", a.config(),
		"-keyout", name+".key", "-out", name+".csr", "-subj", subject)
	args := []string{"x509", "-req", "-in", name + ".csr", "-out", name + ".pem", "-extfile", name + ".ext", "-days", "100"}
	if issuer == name {
		args = append(args, "-signkey", name+".key")
	} else {
		args = append(args, "-CA", issuer+".pem", "-CAkey", issuer+".key", "-CAcreateserial")
	}
	a.openssl(append(args, flags...)...)
}

// config writes the least configuration that req takes.
func (a *authority) config() string {
	a.write("req.cnf", "[req]\ndistinguished_name=dn\n[dn]\n")
	return "req.cnf"
}

// entry is a revoked certificate with the reason, "" for none.
type entry struct{ name, reason string }

// listSections are the extensions that a list may have; -crlexts chooses others.
const listSections = `[e]
authorityKeyIdentifier=keyid
[nokey]
issuerAltName=DNS:x.example
[onlyca]
issuingDistributionPoint=critical,@onlyca_point
[onlyca_point]
onlyCA=TRUE
[onlyuser]
issuingDistributionPoint=critical,@onlyuser_point
[onlyuser_point]
onlyuser=TRUE
[point]
issuingDistributionPoint=critical,@point_point
[point_point]
fullname=URI:http://c.example/1
[some]
issuingDistributionPoint=critical,@some_point
[some_point]
onlysomereasons=keyCompromise
[unknown]
1.2.3.4.5=critical,DER:0500
`

// revoke makes NAME.crl, signed by an issuer, over certificates that it issued.
func (a *authority) revoke(name, issuer string, entries []entry, flags ...string) {
	a.t.Helper()
	a.write(name+".txt", "")
	a.write(name+".num", "2A\n")
	a.write(name+".cnf", fmt.Sprintf("[ca]\ndefault_ca=d\n[d]\ndatabase=%s.txt\ncrlnumber=%s.num\ndefault_md=sha256\ncrl_extensions=e\n%s", name, name, listSections))
	by := []string{"ca", "-config", name + ".cnf", "-cert", issuer + ".pem", "-keyfile", issuer + ".key"}
	for _, e := range entries {
		args := append(by[:len(by):len(by)], "-revoke", e.name+".pem")
		if e.reason != "" {
			args = append(args, "-crl_reason", e.reason)
		}
		a.openssl(args...)
	}
	a.openssl(append(append(by[:len(by):len(by)], "-gencrl", "-crldays", "30", "-out", name+".crl"), flags...)...)
}
