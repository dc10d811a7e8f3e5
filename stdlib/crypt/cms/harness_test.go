package cms_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/stdlib/crypt/cms"
)

// folder is where openssl, the judge of all that is written and read here, works.
type folder struct {
	t   testing.TB
	dir string
}

func (f folder) path(name string) string { return filepath.Join(f.dir, name) }

func (f folder) write(name string, data []byte) {
	f.t.Helper()
	if err := os.WriteFile(f.path(name), data, 0o600); err != nil {
		f.t.Fatal(err)
	}
}

func (f folder) read(name string) []byte {
	f.t.Helper()
	b, err := os.ReadFile(f.path(name))
	if err != nil {
		f.t.Fatal(err)
	}
	return b
}

// try runs openssl.
func (f folder) try(args ...string) (string, error) {
	cmd := exec.CommandContext(f.t.Context(), "openssl", args...)
	cmd.Dir = f.dir
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func (f folder) openssl(args ...string) {
	f.t.Helper()
	if out, err := f.try(args...); err != nil {
		f.t.Fatalf("openssl %s: %s\n%s", strings.Join(args, " "), err, out)
	}
}

const config = `[req]
distinguished_name=dn
[dn]
[ca]
basicConstraints=critical,CA:true
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
[mail]
basicConstraints=CA:false
keyUsage=digitalSignature,keyEncipherment,keyAgreement
extendedKeyUsage=emailProtection
subjectKeyIdentifier=hash
[web]
extendedKeyUsage=serverAuth
[plain]
subjectKeyIdentifier=hash
`

// issue makes NAME.key and NAME.pem. A name is its own issuer or below "ca".
func (f folder) issue(name, kind, section string, days string) {
	f.t.Helper()
	newkey := map[string][]string{
		"rsa":     {"-newkey", "rsa:2048"},
		"ec":      {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"},
		"p384":    {"-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"},
		"ed25519": {"-newkey", "ed25519"},
	}[kind]
	f.openssl(append(newkeyArgs(name), newkey...)...)
	args := []string{"x509", "-req", "-in", name + ".csr", "-out", name + ".pem", "-extfile", "c.cnf", "-extensions", section, "-days", days}
	if section == "ca" || section == "plain" {
		args = append(args, "-signkey", name+".key")
	} else {
		args = append(args, "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial")
	}
	f.openssl(args...)
}

func newkeyArgs(name string) []string {
	return []string{"req", "-new", "-nodes", "-config", "c.cnf", "-keyout", name + ".key", "-out", name + ".csr", "-subj", "/CN=" + name}
}

// newFolder makes certificates: below ca those for mail, with keys of several kinds; web
// is for servers, old is expired, other is a second ca, and plain stands for itself.
// They are made once and copied.
func newFolder(t testing.TB) folder {
	t.Helper()
	f := folder{t, t.TempDir()}
	made.Lock()
	defer made.Unlock()
	if made.files == nil {
		f.issueAll()
		made.files = map[string][]byte{}
		for _, name := range []string{"ca", "other", "rsa", "ec", "p384", "ed25519", "web", "old", "plain"} {
			made.files[name+".pem"], made.files[name+".key"] = f.read(name+".pem"), f.read(name+".key")
		}
	}
	for name, data := range made.files {
		f.write(name, data)
	}
	return f
}

var made struct {
	sync.Mutex
	files map[string][]byte
}

func (f folder) issueAll() {
	f.t.Helper()
	f.write("c.cnf", []byte(config))
	f.issue("ca", "ec", "ca", "100")
	f.issue("other", "ec", "ca", "100")
	f.issue("rsa", "rsa", "mail", "100")
	f.issue("ec", "ec", "mail", "100")
	f.issue("p384", "p384", "mail", "100")
	f.issue("ed25519", "ed25519", "mail", "100")
	f.issue("web", "ec", "web", "100")
	f.issue("old", "ec", "mail", "-1")
	f.issue("plain", "ec", "plain", "100")
}

// identity reads a certificate with its key.
func (f folder) identity(name string) *pki.Identity {
	f.t.Helper()
	id, err := pki.ParseIdentity(slices.Concat(f.read(name+".pem"), f.read(name+".key")))
	if err != nil {
		f.t.Fatal(err)
	}
	return id
}

func (f folder) certificate(name string) *pki.Certificate { return f.identity(name).Certificate }

// check verifies with ca as the trust anchor, now.
func (f folder) check(message []byte) cms.Check {
	return cms.Check{
		Message: message, Detached: len(message) > 0, Trust: []*pki.Certificate{f.certificate("ca")},
		Chain: true, Now: time.Now(), Stop: func() error { return nil },
	}
}

func names(list []*pki.Certificate) string {
	var out []string
	for _, c := range list {
		out = append(out, c.Subject.CommonName)
	}
	return strings.Join(out, " ")
}
