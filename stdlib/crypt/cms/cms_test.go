package cms_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/stdlib/crypt/cms"
)

// text has line ends of both kinds and bytes that are no text: nothing may change them.
var text = []byte("Content-Type: text/plain\r\n\r\nbinary \x00\xff\nand lines\r\n")

// TestSign: openssl accepts what we sign, for each key, digest and form.
func TestSign(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	f.write("text", text)
	for _, name := range []string{"rsa", "ec", "p384"} {
		for _, h := range []crypto.Hash{0, crypto.SHA1, crypto.SHA256, crypto.SHA384, crypto.SHA512} {
			for _, detached := range []bool{true, false} {
				der, err := cms.Sign(text, f.identity(name), cms.SignOptions{Detached: detached, Digest: h, Now: time.Now(), Entropy: rand.Reader})
				if err != nil {
					t.Fatal(err)
				}
				f.write("out.der", der)
				for _, tool := range []string{"cms", "smime"} {
					args := []string{tool, "-verify", "-binary", "-inform", "DER", "-in", "out.der", "-CAfile", "ca.pem", "-out", "content"}
					if detached {
						args = append(args, "-content", "text")
					}
					f.openssl(args...)
					if got := f.read("content"); !bytes.Equal(got, text) {
						t.Errorf("%s, %v, %s: content %q", name, h, tool, got)
					}
				}
				c := f.check(nil)
				if detached {
					c = f.check(text)
				}
				signers, content, err := cms.Verify(der, c)
				if err != nil || names(signers) != name || !bytes.Equal(content, text) {
					t.Errorf("%s, %v: %v, %s, %q", name, h, err, names(signers), content)
				}
			}
		}
	}
	out, _ := f.try("cms", "-cmsout", "-print", "-inform", "DER", "-in", "out.der", "-noout")
	for _, want := range []string{"signingTime", "S/MIME Capabilities", "aes-256-cbc", "algorithm: ecdsa-with-SHA512", "pkcs7-data"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
}

// TestSignEd25519: with OpenSSL 3.0, which lacks it in CMS, the judge is only that the
// signature verifies and that SHA-512 is used.
func TestSignEd25519(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	o := cms.SignOptions{Now: time.Now(), Entropy: rand.Reader}
	der, err := cms.Sign(text, f.identity("ed25519"), o)
	if err != nil {
		t.Fatal(err)
	}
	f.write("out.der", der)
	out, err := f.try("cms", "-cmsout", "-print", "-inform", "DER", "-in", "out.der", "-noout")
	if err != nil || !strings.Contains(out, "algorithm: sha512") || !strings.Contains(out, "algorithm: ED25519") {
		t.Errorf("%v\n%s", err, out)
	}
	if signers, _, err := cms.Verify(der, f.check(nil)); err != nil || names(signers) != "ed25519" {
		t.Errorf("%v, %s", err, names(signers))
	}
	o.Digest = crypto.SHA256
	if _, err := cms.Sign(text, f.identity("ed25519"), o); err == nil {
		t.Error("signed with SHA-256")
	}
}

// TestVerify reads what openssl signs in all its ways.
func TestVerify(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	f.write("text", text)
	for _, c := range []struct{ name, flags, want string }{
		{"plain", "-signer rsa.pem -inkey rsa.key", "rsa"},
		{"ec", "-signer ec.pem -inkey ec.key", "ec"},
		{"stream", "-signer rsa.pem -inkey rsa.key -stream", "rsa"},
		{"key identifier", "-signer ec.pem -inkey ec.key -keyid", "ec"},
		{"no attributes", "-signer rsa.pem -inkey rsa.key -noattr", "rsa"},
		{"ec without attributes", "-signer p384.pem -inkey p384.key -noattr -stream", "p384"},
		{"PSS", "-signer rsa.pem -inkey rsa.key -keyopt rsa_padding_mode:pss", "rsa"},
		{"PSS, longest salt", "-signer rsa.pem -inkey rsa.key -md sha384 -keyopt rsa_padding_mode:pss -keyopt rsa_pss_saltlen:-2", "rsa"},
		{"sha1", "-signer rsa.pem -inkey rsa.key -md sha1", "rsa"},
		{"sha224", "-signer ec.pem -inkey ec.key -md sha224", "ec"},
		{"sha512", "-signer ec.pem -inkey ec.key -md sha512", "ec"},
		{"chain", "-signer ec.pem -inkey ec.key -certfile ca.pem", "ec"},
		{"two signers", "-signer rsa.pem -inkey rsa.key -signer ec.pem -inkey ec.key -md sha256", "rsa ec"},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, form := range []string{"DER", "PEM"} {
				for _, detached := range []bool{false, true} {
					args := append([]string{"cms", "-sign", "-binary", "-in", "text", "-outform", form, "-out", "sig"}, strings.Fields(c.flags)...)
					check := f.check(text)
					if !detached {
						args = append(args, "-nodetach")
						check = f.check(nil)
					}
					f.openssl(args...)
					data := f.read("sig")
					signers, content, err := cms.Verify(cms.Binary(data), check)
					// OpenSSL writes signers in the order of DER.
					got := strings.Fields(names(signers))
					slices.Sort(got)
					want := strings.Fields(c.want)
					slices.Sort(want)
					if err != nil || !slices.Equal(got, want) || !bytes.Equal(content, text) {
						t.Errorf("%s, detached %v: %v, %v, %q", form, detached, err, got, content)
					}
					if detached {
						check.Message = append([]byte("x"), text...)
						if _, _, err := cms.Verify(cms.Binary(data), check); err == nil {
							t.Errorf("%s: another message fits", form)
						}
					}
					if typ := cms.Type(cms.Binary(data)); typ != "pkcs7-signedData" {
						t.Errorf("type %q", typ)
					}
				}
			}
		})
	}
	t.Run("without the certificate", func(t *testing.T) {
		f.openssl("cms", "-sign", "-binary", "-in", "text", "-outform", "DER", "-out", "sig", "-nocerts", "-nodetach", "-signer", "ec.pem", "-inkey", "ec.key")
		check := f.check(nil)
		wantError(t, f.read("sig"), check, "no certificate of a signer")
		check.Certs = []*pki.Certificate{f.certificate("rsa"), f.certificate("ec")}
		if signers, _, err := cms.Verify(f.read("sig"), check); err != nil || names(signers) != "ec" {
			t.Errorf("%v, %s", err, names(signers))
		}
	})
	t.Run("base64", func(t *testing.T) {
		f.openssl("cms", "-sign", "-binary", "-in", "text", "-outform", "PEM", "-out", "sig", "-nodetach", "-signer", "ec.pem", "-inkey", "ec.key")
		lines := bytes.Split(bytes.TrimSpace(f.read("sig")), []byte("\n"))
		body := append([]byte("\r\n "), bytes.Join(lines[1:len(lines)-1], []byte("\r\n"))...)
		if _, _, err := cms.Verify(cms.Binary(append(body, "\r\n\r\n"...)), f.check(nil)); err != nil {
			t.Error(err)
		}
	})
}

func wantError(t *testing.T, ber []byte, c cms.Check, want string) {
	t.Helper()
	_, _, err := cms.Verify(ber, c)
	var bad cms.Error
	if !errors.As(err, &bad) || string(bad) != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

// TestRefused: what must not pass, with what is said; where openssl can be asked, it
// refuses as well.
func TestRefused(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	f.write("text", text)
	sign := func(name string) []byte {
		der, err := cms.Sign(text, f.identity(name), cms.SignOptions{Now: time.Now(), Entropy: rand.Reader})
		if err != nil {
			t.Fatal(err)
		}
		return der
	}
	for _, c := range []struct{ name, want string }{
		{"old", "certificate has expired"},
		{"web", "unsuitable certificate purpose"},
		{"plain", "self-signed certificate"},
		{"ca", "unsuitable certificate purpose"},
	} {
		der := sign(c.name)
		wantError(t, der, f.check(nil), c.want)
		f.write("sig", der)
		if out, err := f.try("cms", "-verify", "-binary", "-inform", "DER", "-in", "sig", "-CAfile", "ca.pem", "-out", "content"); err == nil || !strings.Contains(out, strings.TrimPrefix(c.want, "self-")) {
			t.Errorf("%s: openssl: %v\n%s", c.name, err, out)
		}
		none := f.check(nil)
		none.Chain, none.Trust = false, nil
		if _, _, err := cms.Verify(der, none); err != nil {
			t.Errorf("%s without a chain: %v", c.name, err)
		}
	}
	der := sign("ec")
	future := f.check(nil)
	future.Now = time.Now().AddDate(1, 0, 0)
	wantError(t, der, future, "certificate has expired")
	other := f.check(nil)
	other.Trust = []*pki.Certificate{f.certificate("other")}
	wantError(t, der, other, "unable to get local issuer certificate")
	other.Trust = nil
	wantError(t, der, other, "unable to get local issuer certificate")

	at := bytes.Index(der, text)
	changed := bytes.Clone(der)
	changed[at]++
	wantError(t, changed, f.check(nil), "the content was changed")
	changed = bytes.Clone(der)
	changed[len(changed)-1] ^= 1
	wantError(t, changed, f.check(nil), "the signature does not fit")
	same := f.check(text)
	same.Detached = false
	if _, _, err := cms.Verify(der, same); err != nil {
		t.Error(err)
	}
	same.Message = []byte("other")
	wantError(t, der, same, "the message is not the content of the data")
	detached, err := cms.Sign(text, f.identity("ec"), cms.SignOptions{Detached: true, Now: time.Now(), Entropy: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	wantError(t, detached, f.check(nil), "no content in the data")

	f.openssl("crl2pkcs7", "-nocrl", "-certfile", "ec.pem", "-outform", "DER", "-out", "bag")
	wantError(t, f.read("bag"), f.check(text), "no signer")
	stop := f.check(nil)
	stop.Stop = func() error { return errors.ErrUnsupported }
	if _, _, err := cms.Verify(der, stop); !errors.Is(err, errors.ErrUnsupported) {
		t.Errorf("stopped: %v", err)
	}
}

// TestMalformed: a structure cut anywhere, or with any byte changed, is refused or
// still right, and never more than that.
func TestMalformed(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	f.write("text", text)
	der, err := cms.Sign(text, f.identity("ec"), cms.SignOptions{Now: time.Now(), Entropy: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	f.openssl("cms", "-sign", "-binary", "-stream", "-in", "text", "-outform", "DER", "-out", "ber", "-nodetach", "-signer", "ec.pem", "-inkey", "ec.key")
	f.openssl("cms", "-encrypt", "-binary", "-stream", "-in", "text", "-outform", "DER", "-out", "env", "rsa.pem", "ec.pem")
	id, check := f.identity("ec"), f.check(nil)
	for _, whole := range [][]byte{der, f.read("ber"), f.read("env")} {
		for i := range whole {
			_, _, err := cms.Verify(whole[:i], check)
			_, err2 := cms.Decrypt(whole[:i], id, rand.Reader)
			if err == nil || err2 == nil {
				t.Errorf("%d bytes of %d pass", i, len(whole))
			}
			changed := bytes.Clone(whole)
			changed[i] ^= 0x55
			if _, content, err := cms.Verify(changed, check); err == nil && !bytes.Equal(content, text) {
				t.Errorf("byte %d changed: content %q", i, content)
			}
			_, _ = cms.Decrypt(changed, id, rand.Reader)
		}
	}
	deep := bytes.Repeat([]byte{0x30, 0x80}, 1<<20)
	wantError(t, deep, check, "the data is no CMS structure, or a broken one")
	for _, bad := range []string{"", "x", "0", "0\x80", "0\x80\x00\x00", "-----BEGIN CMS-----\n", "MA==", "0\x84\xff\xff\xff\xff", "0\x89aaaaaaaaa"} {
		if typ := cms.Type(cms.Binary([]byte(bad))); typ != "" {
			t.Errorf("%q: %s", bad, typ)
		}
	}
}

// TestEncrypt: openssl opens what we encrypt, for each recipient and cipher.
func TestEncrypt(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	people := []string{"rsa", "ec", "p384"}
	var list []*pki.Certificate
	for _, name := range people {
		list = append(list, f.certificate(name))
	}
	for _, cipher := range []string{"aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "des-ede3-cbc"} {
		for _, message := range [][]byte{text, {}, bytes.Repeat([]byte("x"), 16)} {
			der, err := cms.Encrypt(message, list, cipher, rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			f.write("env", der)
			for _, name := range people {
				f.openssl("cms", "-decrypt", "-binary", "-inform", "DER", "-in", "env", "-recip", name+".pem", "-inkey", name+".key", "-out", "plain")
				got, err := cms.Decrypt(der, f.identity(name), rand.Reader)
				if err != nil || !bytes.Equal(got, message) || !bytes.Equal(f.read("plain"), message) {
					t.Errorf("%s for %s: %v, %q, openssl %q", cipher, name, err, got, f.read("plain"))
				}
			}
			_, err = cms.Decrypt(der, f.identity("plain"), rand.Reader)
			if err == nil || err.Error() != "not encrypted for the certificate" {
				t.Errorf("for another: %v", err)
			}
		}
	}
	for version, who := range map[string][]*pki.Certificate{"0": list[:1], "2": list[:2]} {
		data, err := cms.Encrypt(text, who, "aes-256-cbc", rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		f.write("env", data)
		out, err := f.try("cms", "-cmsout", "-print", "-noout", "-inform", "DER", "-in", "env")
		if want := "d.envelopedData: \n    version: " + version; err != nil || !strings.Contains(out, want) {
			t.Errorf("no %q, %v in\n%s", want, err, out)
		}
	}
	if _, err := cms.Encrypt(text, []*pki.Certificate{f.certificate("ed25519")}, "aes-256-cbc", rand.Reader); err == nil {
		t.Error("encrypted for a key that only signs")
	}
	if _, err := cms.Encrypt(text, list, "aes-256-cbc", bytes.NewReader(nil)); err == nil || errors.As(err, new(cms.Error)) {
		t.Errorf("without randomness: %v", err)
	}
}

// TestDecrypt opens what openssl encrypts in all its ways.
func TestDecrypt(t *testing.T) {
	t.Parallel()
	f := newFolder(t)
	f.write("text", text)
	for _, flags := range []string{
		"rsa.pem ec.pem", "-stream ec.pem rsa.pem p384.pem", "-keyid rsa.pem ec.pem",
		"-aes128 rsa.pem ec.pem", "-aes192 rsa.pem p384.pem", "-des3 rsa.pem ec.pem", "-aes-256-gcm rsa.pem ec.pem", "-aes-128-gcm -stream rsa.pem ec.pem",
		"-recip rsa.pem -keyopt rsa_padding_mode:oaep", "-recip rsa.pem -keyopt rsa_padding_mode:oaep -keyopt rsa_oaep_md:sha256 -keyopt rsa_mgf1_md:sha256",
		"-recip ec.pem -keyopt ecdh_kdf_md:sha256", "-recip ec.pem -keyopt ecdh_kdf_md:sha512", "-recip p384.pem -keyopt ecdh_kdf_md:sha384 -aes-192-cbc",
	} {
		f.openssl(append([]string{"cms", "-encrypt", "-binary", "-in", "text", "-outform", "DER", "-out", "env"}, strings.Fields(flags)...)...)
		env := f.read("env")
		if typ := cms.Type(env); typ != "pkcs7-envelopedData" && typ != "id-smime-ct-authEnvelopedData" {
			t.Errorf("%s: type %q", flags, typ)
		}
		for _, name := range []string{"rsa", "ec", "p384"} {
			if !strings.Contains(flags, name+".pem") {
				continue
			}
			got, err := cms.Decrypt(env, f.identity(name), rand.Reader)
			if err != nil || !bytes.Equal(got, text) {
				t.Errorf("%s, %s: %v, %q", flags, name, err, got)
			}
			if strings.Contains(flags, "gcm rsa") {
				changed := bytes.Clone(env)
				changed[len(changed)-1] ^= 1
				if _, err := cms.Decrypt(changed, f.identity(name), rand.Reader); err == nil {
					t.Errorf("%s, %s: changed and opened", flags, name)
				}
			}
		}
	}
	wrong := &pki.Identity{Certificate: f.certificate("ec"), Key: f.identity("plain").Key}
	f.openssl("cms", "-encrypt", "-binary", "-in", "text", "-outform", "DER", "-out", "env", "ec.pem")
	if _, err := cms.Decrypt(f.read("env"), wrong, rand.Reader); err == nil || err.Error() != "the data cannot be decrypted" {
		t.Errorf("wrong key: %v", err)
	}
}

// TestBinary: PEM of any type, base64 with any line ends, and all else as it is.
func TestBinary(t *testing.T) {
	t.Parallel()
	der := []byte{0x30, 3, 2, 1, 5}
	for _, in := range []string{
		string(der), string(pem.EncodeToMemory(&pem.Block{Type: "PKCS7", Bytes: der})),
		"text before\n" + string(pem.EncodeToMemory(&pem.Block{Type: "CMS", Bytes: der})),
		base64.StdEncoding.EncodeToString(der), "\r\nMAMC\r\nAQU=\r\n",
	} {
		if got := cms.Binary([]byte(in)); !bytes.Equal(got, der) {
			t.Errorf("%q: %x", in, got)
		}
	}
	if got := cms.Binary([]byte("not base64!")); string(got) != "not base64!" {
		t.Errorf("got %q", got)
	}
}
