package x509_test

import (
	"encoding/pem"
	"errors"
	"runtime"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// maxAlloc is the most memory that reading a document of 1 MB may take, in bytes.
const maxAlloc = 64 << 20

// tellAll are programs that read a document in every way and ask it everything.
var tellAll = map[string]string{
	"X509": `$x->subject(); $x->subject_alt_name(); $x->public_key(); $x->serial_number(); $x->not_valid_before();
		$x->not_valid_after(); $x->verify([$x], [$x]);`,
	"X509CRL": `$x->revoked(); $x->last_update(); $x->next_update();`,
}

// parsed runs such a program. It must end well or at its limit of memory, and reading
// alone must not allocate more than it may.
func parsed(t *testing.T, u *registry.Universe, class, data string) {
	t.Helper()
	src := `import $data from "txt!data";
foreach ([[], ["pem" => true], ["pem" => true, "multiple" => true]] as $o) {
	$all = ` + class + `::String($data, $o) ?? [];
	if (not is_array($all)) $all = [$all];
	foreach ($all as $x) {
		$x->issuer(); $x->extensions(); $x->version(); $x->export(); $x->export(["pem" => true]);
		` + tellAll[class] + `
	}
}`
	_, err := execute(t, u, src, files{"data": data}, time.Unix(1800000000, 0), vm.Limits{Memory: maxAlloc})
	var limit *vm.LimitError
	if err != nil && !errors.As(err, &limit) {
		t.Fatal(err)
	}
	der := []byte(data)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	pki.ParseCertificate(der)
	pki.ParseCRL(der)
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; len(der) <= 1<<20 && n > maxAlloc {
		t.Fatalf("%d bytes allocated for %d", n, len(der))
	}
}

func addBoth(f *testing.F, text string) {
	f.Add(text)
	if block, _ := pem.Decode([]byte(text)); block != nil {
		f.Add(string(block.Bytes))
	}
}

// FuzzX509: any data is a certificate that tells about itself, or none.
func FuzzX509(f *testing.F) {
	a := newAuthority(f)
	a.issue("root", "root", "/CN=Root", asCA)
	a.issue("leaf", "root", "/C=SE/O=Example/CN=mx.example.com", asLeaf+"subjectAltName=DNS:a.example,IP:192.0.2.1,email:a@example.com\n")
	addBoth(f, a.read("root.pem"))
	addBoth(f, a.read("leaf.pem"))
	u := universe()
	f.Fuzz(func(t *testing.T, data string) { parsed(t, u, "X509", data) })
}

// FuzzX509CRL: any data is a list that tells about itself, or none.
func FuzzX509CRL(f *testing.F) {
	a := newAuthority(f)
	a.issue("root", "root", "/CN=Root", asCA)
	a.issue("leaf", "root", "/CN=leaf", asLeaf)
	a.revoke("list", "root", []entry{{"leaf", "keyCompromise"}})
	addBoth(f, a.read("list.crl"))
	u := universe()
	f.Fuzz(func(t *testing.T, data string) { parsed(t, u, "X509CRL", data) })
}
