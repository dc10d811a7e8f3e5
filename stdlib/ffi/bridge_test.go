package ffi_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// TestBridge: what other classes make of themselves.
func TestBridge(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		f.Close()
		if b, err := os.ReadFile(f.Name()); string(b) != "written" {
			t.Errorf("got %q, %v", b, err)
		}
	})
	check(t, []program{
		{"descriptor", `echo FFI::number($libc->func("write", [$s32, $ptr, $u64], $s64)(descriptor(` + strconv.Itoa(int(f.Fd())) + `), "written", 7));`, "7"},
		{"stream", `$read = $libc->func("fread", [$ptr, $u64, $u64, $ptr], $u64); $tell = $libc->func("ftell", [$ptr], $s64);
			$f = stream("ab\x00cdef", 2); $b = FFI::allocate(20); echo FFI::number($tell($f)); echo FFI::number($read($b, 1, 20, $f)); echo FFI::string($b, 5) == "\x00cdef";
			$e = stream("", 0); echo FFI::number($read($b, 1, 20, $e));`, "2\n5\ntrue\n0"},
	})
}

// TestClasses: a socket and a file that C reads and writes.
func TestClasses(t *testing.T) {
	check(t, []program{
		{"socket", `$s = Socket("AF_INET", "SOCK_DGRAM"); $r = Socket("AF_INET", "SOCK_DGRAM");
			$fd = FFI::number($s->toFFIValue()); echo $fd > 2; $s->close(); echo $s->toFFIValue();`, "true\n"},
		{"file", `$f = File::String("one\ntwo\n"); $f->readline();
			$b = FFI::allocate(20); echo FFI::number($libc->func("fread", [$ptr, $u64, $u64, $ptr], $u64)($b, 1, 20, $f->toFFIValue())); echo FFI::string($b, 3);
			echo $f->readline(); $f->close(); echo $f->toFFIValue();`, "4\ntwo\ntwo\n"},
	})
}

// TestCertificate: OpenSSL writes the certificate that it was given.
func TestCertificate(t *testing.T) {
	t.Parallel()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(7)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	text := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	got, err := execute(t, `$c = X509::String("`+strings.ReplaceAll(text, "\n", `\n`)+`", ["pem" => true])->toFFIValue();
		$i2d = FFI("libcrypto.so.3")->func("i2d_X509", [$ptr, $ptr], $s32); $out = FFI::nullptr();
		$n = FFI::number($i2d($c, FFI::byref($out))); echo unpack("H*", FFI::string(FFI::attach($out), $n))[0];`, vm.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(hex.EncodeToString(der), got); d != "" {
		t.Errorf("(-want +got)\n%s", d)
	}
}
