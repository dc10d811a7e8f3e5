package crypt

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"io"
	"slices"
	"strings"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

var errNoKey = errors.New("no private key in it")

var rsaHashes = map[string]crypto.Hash{"md5": crypto.MD5, "sha1": crypto.SHA1, "sha256": crypto.SHA256, "sha512": crypto.SHA512}

func signatures(b *registry.Builder) {
	options := []sig.Option{
		sig.Opt(`hash: string = "sha256"`, "md5, sha1, sha256 or sha512"),
		sig.Opt("format: string", "of DER keys: PrivateKeyInfo or RSAPrivateKey; SubjectPublicKeyInfo or RSAPublicKey"),
		sig.Opt("pem: boolean = false", "the key is PEM text, not DER"),
		sig.Opt("id: boolean", "whether the key is the id of a configured one; else that follows pki:"),
	}
	b.Func(sig.New("rsa_sign(message: string, privatekey: RSAPrivateKey|string, options?: array) -> string|none",
		"The PKCS#1 v1.5 signature, raw; none when the key is not usable.", options...), rsaSign)
	b.Func(sig.New("rsa_verify(message: string, signature: string, publickey: string, options?: array) -> boolean|none",
		"Whether a PKCS#1 v1.5 signature fits; none when the key is not usable.", options...), rsaVerify)
	b.Func(sig.New("ed25519_sign(message: string, privatekey: ED25519PrivateKey|string) -> string|none",
		"The Ed25519 signature, 64 bytes. The key may be a resource, a seed of 32 or a secret key of 64 bytes, raw or in base64."),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			k := ed25519Key(a[1])
			if k == nil {
				return value.None, nil
			}
			s, err := k.Sign(nil, []byte(a[0].Str()), crypto.Hash(0))
			if err != nil {
				return value.None, nil
			}
			return value.Bytes(s), nil
		})
	b.Func(sig.New("ed25519_verify(message: string, signature: string, publickey: string) -> boolean|none",
		"Whether an Ed25519 signature fits; none when a length is wrong."),
		func(_ *vm.Thread, a []value.Value) (value.Value, error) {
			s, k := a[1].Str(), a[2].Str()
			if len(s) != ed25519.SignatureSize || len(k) != ed25519.PublicKeySize {
				return value.None, nil
			}
			return value.Bool(ed25519.Verify(ed25519.PublicKey(k), []byte(a[0].Str()), []byte(s))), nil
		})
}

func ed25519Key(v value.Value) crypto.Signer {
	if k, ok := registry.Resource[*pki.PrivateKey](v); ok {
		if k.Type == pki.Ed25519Key {
			return k
		}
		return nil
	}
	if !v.IsString() {
		return nil
	}
	raw := []byte(v.Str())
	if n := len(raw); n != ed25519.SeedSize && n != ed25519.PrivateKeySize {
		var err error
		if raw, err = base64.StdEncoding.DecodeString(v.Str()); err != nil {
			return nil
		}
	}
	switch len(raw) {
	case ed25519.SeedSize:
		return ed25519.NewKeyFromSeed(raw)
	case ed25519.PrivateKeySize:
		// The second half is the public key. With another one the signature would
		// give the secret away.
		if k := ed25519.NewKeyFromSeed(raw[:ed25519.SeedSize]); k.Equal(ed25519.PrivateKey(raw)) {
			return k
		}
	}
	return nil
}

// rsaOptions are those of rsa_sign and rsa_verify, with the text of the key.
type rsaOptions struct {
	hash         crypto.Hash
	format, text string
	pem, id      bool
}

// readRSA reads the options in argument i; the key stands before them. formats are
// those of the key, the first by default.
func readRSA(fn string, a []value.Value, i int, formats ...string) (r rsaOptions, err error) {
	o := registry.OptionsAt(fn, a, i)
	r.pem, r.format = o.Bool("pem", false), o.Str("format", formats[0])
	if r.hash = rsaHashes[o.Str("hash", "sha256")]; r.hash == 0 {
		o.Bad("hash", "md5, sha1, sha256 or sha512")
	}
	if !slices.Contains(formats, r.format) {
		o.Bad("format", formats[0]+" or "+formats[1])
	}
	if a[i-1].IsString() {
		// What the text is says id, or its beginning without it (spec stdlib 0.8).
		r.text = a[i-1].Str()
		name, named := strings.CutPrefix(r.text, "pki:")
		id, given := o.Get("id")
		if r.id = id.Truth() || !given && named; r.id {
			r.text = name
		}
	}
	return r, o.Err()
}

func sum(h crypto.Hash, message string) []byte {
	d := h.New()
	io.WriteString(d, message)
	return d.Sum(nil)
}

func rsaSign(t *vm.Thread, a []value.Value) (value.Value, error) {
	o, err := readRSA("rsa_sign", a, 2, "RSAPrivateKey", pkcs8)
	if err != nil {
		return value.None, err
	}
	k, _ := registry.Resource[*pki.PrivateKey](a[1])
	if a[1].IsString() {
		switch text := []byte(o.text); {
		case o.id:
			k = pki.StoredKey(t, o.text)
		case o.pem:
			k = pki.ParseKeyPEM(text)
		case o.format == pkcs8:
			k = pki.ParsePKCS8(text)
		default:
			k = pki.ParsePKCS1(text)
		}
	}
	if k == nil || k.Type != pki.RSAKey {
		return value.None, nil
	}
	s, err := k.Sign(t.Host().Entropy, sum(o.hash, a[0].Str()), o.hash)
	if err != nil {
		return value.None, nil
	}
	return value.Bytes(s), nil
}

func rsaVerify(t *vm.Thread, a []value.Value) (value.Value, error) {
	o, err := readRSA("rsa_verify", a, 3, "RSAPublicKey", spki)
	if err != nil {
		return value.None, err
	}
	var key *rsa.PublicKey
	switch {
	case o.id:
		if k := pki.StoredKey(t, o.text); k != nil {
			key, _ = k.Public().(*rsa.PublicKey)
		}
	case o.pem:
		key = publicPEM([]byte(o.text))
	default:
		key = publicDER([]byte(o.text), o.format)
	}
	if key == nil {
		return value.None, nil
	}
	return value.Bool(rsa.VerifyPKCS1v15(key, o.hash, sum(o.hash, a[0].Str()), []byte(a[1].Str())) == nil), nil
}

// Names of formats in DER, and the blocks of PEM that hold them.
const (
	pkcs8 = "PrivateKeyInfo"
	spki  = "SubjectPublicKeyInfo"
)

// publicPEM reads the first public key of a text.
func publicPEM(text []byte) *rsa.PublicKey {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "PUBLIC KEY":
			return publicDER(block.Bytes, spki)
		case "RSA PUBLIC KEY":
			return publicDER(block.Bytes, "RSAPublicKey")
		}
	}
	return nil
}

// maxPublic is the longest public key that is read, in bytes: of 16384 bits, beyond
// which checking a signature would take too long.
const maxPublic = 2200

func publicDER(der []byte, format string) *rsa.PublicKey {
	if len(der) > maxPublic {
		return nil
	}
	if format == spki {
		k, err := x509.ParsePKIXPublicKey(der)
		if err != nil {
			return nil
		}
		r, _ := k.(*rsa.PublicKey)
		return r
	}
	k, err := x509.ParsePKCS1PublicKey(der)
	if err != nil {
		return nil
	}
	return k
}
