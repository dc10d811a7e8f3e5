package cms_test

import (
	"bytes"
	"crypto/rand"
	"runtime"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/stdlib/crypt/cms"
)

// maxAlloc is the most memory that reading a message of 1 MB may take, in bytes.
const maxAlloc = 64 << 20

// seeds adds messages of openssl and of ours.
func seeds(f *testing.F, dir folder) {
	dir.write("text", text)
	for _, args := range [][]string{
		{"-sign", "-nodetach", "-signer", "ec.pem", "-inkey", "ec.key"},
		{"-sign", "-nodetach", "-stream", "-signer", "rsa.pem", "-inkey", "rsa.key", "-keyid"},
		{"-sign", "-nodetach", "-signer", "rsa.pem", "-inkey", "rsa.key", "-noattr", "-keyopt", "rsa_padding_mode:pss"},
		{"-encrypt", "-stream", "rsa.pem", "ec.pem"},
		{"-encrypt", "-aes-128-gcm", "rsa.pem", "p384.pem"},
	} {
		dir.openssl(append([]string{"cms", "-binary", "-in", "text", "-outform", "DER", "-out", "seed"}, args...)...)
		f.Add(dir.read("seed"))
	}
	f.Add([]byte("0\x80"))
	f.Add([]byte("-----BEGIN CMS-----\n"))
}

// bounded runs a reader and fails when it allocates more than it may.
func bounded(t *testing.T, size int, read func()) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	read()
	runtime.ReadMemStats(&after)
	if n := after.TotalAlloc - before.TotalAlloc; size <= 1<<20 && n > maxAlloc {
		t.Fatalf("%d bytes allocated for %d", n, size)
	}
}

// FuzzVerify: any data is refused, or has signers that the anchor vouches for.
func FuzzVerify(f *testing.F) {
	dir := newFolder(f)
	seeds(f, dir)
	check := dir.check(nil)
	check.Now = time.Now()
	f.Fuzz(func(t *testing.T, data []byte) {
		bounded(t, len(data), func() {
			signers, content, err := cms.Verify(cms.Binary(data), check)
			if err == nil && (len(signers) == 0 || !bytes.Equal(content, text)) {
				t.Fatalf("%d signers of %q", len(signers), content)
			}
			_ = cms.Type(data)
		})
	})
}

// FuzzDecrypt: any data is opened or refused.
func FuzzDecrypt(f *testing.F) {
	dir := newFolder(f)
	seeds(f, dir)
	rsa, ec := dir.identity("rsa"), dir.identity("ec")
	f.Fuzz(func(t *testing.T, data []byte) {
		bounded(t, len(data), func() {
			ber := cms.Binary(data)
			_, err := cms.Decrypt(ber, rsa, rand.Reader)
			_, err2 := cms.Decrypt(ber, ec, rand.Reader)
			if (err == nil || err2 == nil) && cms.Type(ber) == "" {
				t.Fatal("opened, but no structure")
			}
		})
	})
}

// der writes an element with a length of three bytes.
func der(tag byte, parts ...[]byte) []byte {
	body := bytes.Join(parts, nil)
	n := len(body)
	return append([]byte{tag, 0x83, byte(n >> 16), byte(n >> 8), byte(n)}, body...)
}

// TestMemory reads a megabyte of certificates, signers and recipients that are as many
// as fit.
func TestMemory(t *testing.T) {
	f := newFolder(t)
	f.write("text", text)
	f.openssl("cms", "-sign", "-binary", "-in", "text", "-outform", "DER", "-out", "sig", "-nodetach", "-signer", "ec.pem", "-inkey", "ec.key")
	cert := f.certificate("ec").Raw
	check, id := f.check(nil), f.identity("ec")
	for name, filling := range map[string][]byte{
		"certificates": cert, "empty sequences": {0x30, 0}, "open sequences": {0x30, 0x80}, "octets": {4, 0}, "sets": {0x31, 0},
		"attributes": []byte("0\x0f\x06\x09*\x86H\x86\xf7\x0d\x01\x09\x041\x02\x04\x00"),
	} {
		fill := bytes.Repeat(filling, (1<<20-200)/len(filling))
		oid := func(n byte) []byte { return []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, n} }
		version := []byte{2, 1, 1}
		for i, data := range [][]byte{
			der(0x30, oid(2), der(0xa0, der(0x30, version, []byte{0x31, 0}, der(0x30, oid(1)), der(0xa0, fill), der(0x31)))),
			der(0x30, oid(2), der(0xa0, der(0x30, version, []byte{0x31, 0}, der(0x30, oid(1)), der(0x31, fill)))),
			der(0x30, oid(2), der(0xa0, der(0x30, version, []byte{0x31, 0}, der(0x30, oid(1), der(0xa0, der(0x24, fill))), der(0x31)))),
			der(0x30, oid(3), der(0xa0, der(0x30, version, der(0x31, fill), der(0x30, oid(1), []byte{0x30, 0}, []byte{0x80, 0})))),
			fill,
		} {
			begin := time.Now()
			bounded(t, len(data), func() {
				_, _, err := cms.Verify(cms.Binary(data), check)
				_, err2 := cms.Decrypt(cms.Binary(data), id, rand.Reader)
				if err == nil || err2 == nil {
					t.Errorf("%s %d passes", name, i)
				}
			})
			if d := time.Since(begin); d > time.Minute {
				t.Errorf("%s %d takes %s", name, i, d)
			}
		}
	}
}

// TestLimits: more signers or certificates than a message may have are told so.
func TestLimits(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	signer := der(0x30, []byte{2, 1, 1}, der(0x80, []byte("key")), der(0x30, []byte{6, 1, 1}), der(0x30, []byte{6, 1, 1}), []byte{4, 0})
	message := func(certificates, signers []byte) []byte {
		id := func(n byte) []byte { return []byte{6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, n} }
		return der(0x30, id(2), der(0xa0, der(0x30, []byte{2, 1, 1, 0x31, 0}, der(0x30, id(1)), der(0xa0, certificates), der(0x31, signers))))
	}
	check := f.check(text)
	wantError(t, message(nil, bytes.Repeat(signer, 32)), check, "no certificate of a signer")
	wantError(t, message(nil, bytes.Repeat(signer, 33)), check, "too many signers")
	small := []byte{0x30, 0}
	wantError(t, message(bytes.Repeat(small, 100), signer), check, "no certificate of a signer")
	wantError(t, message(bytes.Repeat(small, 101), signer), check, "too many certificates")
	wantError(t, message(der(0x30, make([]byte, 1<<20-5)), signer), check, "no certificate of a signer")
	wantError(t, message(der(0x30, make([]byte, 1<<20-4)), signer), check, "too many certificates")
}
