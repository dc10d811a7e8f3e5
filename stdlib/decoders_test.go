package stdlib_test

import (
	"crypto/ed25519"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/runtime/module"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// bombs are inputs of a megabyte, as scripts: unit by unit, for each decoder.
var bombs = []struct {
	call  string
	units []string
}{
	{`json_decode($s)`, []string{"[", "{\"a\":", "[],", "1,", "\"\\u00e9", "\x00"}},
	{`json_decode("[$s1]")`, []string{"[],", "{},", "1,", "\"\","}},
	{`yaml_decode($s)`, []string{"- \n", "- a\n", "a: b\n", "[", "- - ", "? ", "\"", "&a ", "#\n", "a:\n b:\n", "---\n", "\\"}},
	{`yaml_decode("[$s1]")`, []string{"a,", "[],", "{},", "*a,"}},
	{`csv_decode($s, ["header" => false])`, []string{",", "\n", "a\n", "\"", "\"\"", "\"\","}},
	{`csv_decode($s)`, []string{"a,", "a\n", "\r\n"}},
	{`mimeword_decode($s)`, []string{"=?", "=?utf-8?Q?a?= ", "=?gbk?B?xOM=?=", "=?a?Q?", "?"}},
	{`unpack("C*", $s)`, []string{"a"}},
	{`unpack($s, "")`, []string{"a0", "Z0", "C0", "x0", " "}},
	{`pack($s)`, []string{"x99", "x0", "x99999999"}},
	{`zlib_uncompress($s)`, []string{"\x78\x9c", "x"}},
	{`zlib_uncompress(zlib_compress("x" * 15000000, 9) , 15)`, []string{""}},
	{`base64_decode($s)`, []string{"A", " ", "="}},
	{`base64url_decode($s)`, []string{"A"}},
	{`base32_decode($s)`, []string{"A"}},
	{`url_decode($s)`, []string{"%41", "%"}},
	{`xtext_decode($s)`, []string{"+41", "+"}},
	{`strptime($s, "%Y")`, []string{" ", "1"}},
	{`strptime("1970", $s)`, []string{"%n", "%%", "%c", " "}},
	{`strftime($s, 0)`, []string{"%c", "%A", "%", "%-d"}},
	{`strpduration($s)`, []string{"1", "1d"}},
	{`url_parse($s)`, []string{"http://a/", "//", "a@", ":", "[", "?", "#", "%41", "%", "1"}},
	{`url_parse("http://$s")`, []string{"a", "a.", "a:", "a@", "[", "[:", ":1", "%", "\xc3\xbc"}},
	{`idna_encode($s)`, []string{"a", "a.", ".", "\xc3\xbc", "\xc3\xbc.", "\xe6\x97\xa5", "xn--", "\xff", "\xcc\x80"}},
	{`idna_decode($s)`, []string{"a.", "xn--", "xn--a.", "xn--mnchen-3ya.", "xn--99999999", "-"}},
	{`idna_decode("xn--$s")`, []string{"a", "9", "a-", "z"}},
	{`X509::String($s)`, []string{"0", "\x30\x80", "\x30\x84\x7f\xff\xff\xff", "\x30\x00", "\xff"}},
	{`X509::String($s, ["pem" => true, "multiple" => true])`, []string{"-----BEGIN CERTIFICATE-----\n", "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n", "-----", "A\n"}},
	{`X509CRL::String($s)`, []string{"0", "\x30\x80", "\x30\x84\x7f\xff\xff\xff"}},
	{`X509CRL::String($s, ["pem" => true, "multiple" => true])`, []string{"-----BEGIN X509 CRL-----\n", "-----BEGIN X509 CRL-----\nMAAA\n-----END X509 CRL-----\n"}},
	{`X509CRL::String(base64_decode("` + bigList() + `"))->revoked()`, []string{""}},
	{`crypt($s, "\$1\$abcdefgh")`, []string{"a"}},
	{`crypt($s, "\$2b\$05\$abcdefghijklmnopqrstuu")`, []string{"a", "\x00"}},
	{`crypt($s, "\$y\$j9T\$abcdefgh")`, []string{"a"}},
	{`crypt($s, "ab")`, []string{"a"}},
	{`crypt("a", $s)`, []string{"a", "$", "$1$", "$5$rounds=", "$6$", "$2b$", "$y$", "$y$j", "\x00"}},
	{`crypt("a", "\$6\$rounds=1000\$$s")`, []string{"a", "$", "="}},
	{`crypt("a", "\$y\$$s")`, []string{"z", "j9T"}},
}

// literal writes bytes as they stand in a double-quoted string.
func literal(s string) string {
	var b strings.Builder
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, "\\x%02x", c)
		case strings.IndexByte("\\\"$", c) >= 0:
			b.WriteByte('\\')
			fallthrough
		default:
			b.WriteByte(c)
		}
	}
	return b.String()
}

// bigList is a signed list of 25,000 revoked certificates, near a megabyte in DER.
func bigList() string {
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	issuer := &x509.Certificate{Subject: pkix.Name{CommonName: "CA"}, KeyUsage: x509.KeyUsageCRLSign, SubjectKeyId: []byte{1}}
	list := &x509.RevocationList{Number: big.NewInt(1), ThisUpdate: time.Unix(0, 0), NextUpdate: time.Unix(1e9, 0)}
	for n := range int64(25_000) {
		list.RevokedCertificateEntries = append(list.RevokedCertificateEntries,
			x509.RevocationListEntry{SerialNumber: big.NewInt(1<<40 + n), RevocationTime: time.Unix(n, 0), ReasonCode: 1})
	}
	der, err := x509.CreateRevocationList(nil, list, issuer, key)
	if err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(der)
}

// TestDecoders: a hostile megabyte takes no decoder more than 64 MB, and little time.
func TestDecoders(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(10)) // garbage is not what is measured
	u := universe()
	for _, b := range bombs {
		for _, unit := range b.units {
			t.Run(fmt.Sprintf("%.60s of %q", b.call, unit), func(t *testing.T) {
				n := 0
				if unit != "" {
					n = (1 << 20) / len(unit)
				}
				src := `$s = str_repeat("` + literal(unit) + `", $n); $s1 = $s . "1"; $r = ` + b.call + `;`
				src = strings.Replace(src, "$n", strconv.Itoa(n), 1)
				set, diags := load(t, module.NewLoader(u), src)
				if set == nil {
					t.Fatal(diags.Err())
				}
				runtime.GC()
				took, err := watch(t, set)
				var internal *vm.InternalError
				if errors.As(err, &internal) {
					t.Error(err)
				}
				if took.heap > 64<<20 {
					t.Errorf("the heap grew by %d MiB (%v)", took.heap>>20, err)
				}
				if took.time > slowest {
					t.Errorf("it took %s", took.time)
				}
			})
		}
	}
}
