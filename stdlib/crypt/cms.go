package crypt

import (
	"crypto"
	"errors"
	"fmt"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/pki"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
	"github.com/hawser-mta/hawser/stdlib/crypt/cms"
)

func messages(b *registry.Builder) {
	id := sig.Opt("id: boolean = false", "the certificate is the id of a configured one")
	detached := sig.Opt("detached: boolean = true", "leave the message out of the data")
	b.Func(sig.New("pkcs7_sign(message: string, certificate: array|string, options?: array) -> string|none",
		"Signs a message for S/MIME, in DER; none when that fails. The certificate is an array with x509, privatekey and chain, "+
			"PEM text with the same, or an id.", id, detached), pkcs7Sign)
	b.Func(sig.New("cms_sign(message: string, certificate: array|string, options?: array) -> array",
		"Signs as pkcs7_sign() does: result, and data in DER or error.", id, detached,
		sig.Opt(`digest: string = "sha256"`, "sha1, sha256, sha384 or sha512; keys of type Ed25519 always take sha512")).
		Show(`echo cms_sign("text", "no certificate")["error"];`, "no certificate in it"), cmsSign)
	b.Func(sig.New("cms_verify(signature: string, message: string|none, certificates: array, options?: array) -> array",
		"Checks all signatures of signed data in DER, PEM or base64: result, and signers or error. Certificates hold the trust "+
			"anchors under store and further certificates under certs; without store nobody vouches for the signers.",
		sig.Opt("detached: boolean", "the message was signed, not the content of the data; true when a message is given"),
		sig.Opt("data: boolean = false", "give the content, under data")).
		Show(`echo cms_verify("x", none, ["store" => []])["error"];`, "the data is no CMS structure, or a broken one"), cmsVerify)
	b.Func(sig.New("cms_encrypt(message: string, certificates: array, options?: array) -> array",
		"Encrypts a message for the certificates under certs, of RSA or EC keys: result, and data in DER or error.",
		sig.Opt(`cipher: string = "aes-256-cbc"`, "aes-128-cbc, aes-192-cbc, aes-256-cbc or des-ede3-cbc")).
		Show(`echo cms_encrypt("text", ["certs" => []])["error"];`, "no recipient"), cmsEncrypt)
	b.Func(sig.New("cms_decrypt(message: string, certificate: array|string, options?: array) -> array",
		"Decrypts enveloped data in DER, PEM or base64: result, and data or error; cms is signed or enveloped when the data is "+
			"such a structure itself. The certificate is as for pkcs7_sign().", id).
		Show(`echo cms_decrypt("x", "no certificate")["error"];`, "no certificate in it"), cmsDecrypt)
	b.Func(sig.New("cms_type(data: string) -> string|none",
		"The type of a CMS structure in DER, PEM or base64, such as pkcs7-signedData; none when it is none.").
		Show(`echo cms_type("MAsGCSqGSIb3DQEHAQ==") ?? "no content";`, "no content"),
		func(t *vm.Thread, a []value.Value) (value.Value, error) {
			text, err := structure(t, a[0])
			if name := cms.Type(text); err == nil && name != "" {
				return value.Str(name), nil
			}
			return value.None, err
		})
}

// structure returns the argument as BER.
func structure(t *vm.Thread, v value.Value) ([]byte, error) {
	if err := t.Reserve(3 * len(v.Str())); err != nil {
		return nil, err
	}
	return cms.Binary([]byte(v.Str())), nil
}

// identity reads a certificate with its key. The option id tells what a text is (spec
// stdlib 0.8).
func identity(t *vm.Thread, v value.Value, o *registry.Options) (*pki.Identity, error) {
	id, given := o.Get("id")
	if v.IsString() {
		if err := t.Reserve(pki.Expansion * len(v.Str())); err != nil {
			return nil, err
		}
		if given && !id.Truth() {
			return pki.ParseIdentity([]byte(v.Str()))
		}
	}
	return pki.ReadIdentity(t, v, given && id.Truth())
}

// outcome makes the array that scripts get. What is wrong with the data is told in it,
// other errors end the script.
func outcome(err error, pairs ...any) (value.Value, error) {
	var bad cms.Error
	var unusable *pki.UnusableError
	switch {
	case err == nil:
		return value.FromArray(value.Map(append([]any{"result", value.True}, pairs...)...)), nil
	case errors.As(err, &bad), errors.As(err, &unusable):
		return value.FromArray(value.Map("result", value.False, "error", value.Str(err.Error()))), nil
	}
	return value.None, err
}

// sign is what pkcs7_sign and cms_sign have in common.
func sign(t *vm.Thread, a []value.Value, o *registry.Options, digest crypto.Hash) ([]byte, error) {
	detached := o.Bool("detached", true)
	if err := o.Err(); err != nil {
		return nil, err
	}
	id, err := identity(t, a[1], o)
	if err != nil {
		return nil, err
	}
	message := a[0].Str()
	room := len(message)
	if !detached {
		room *= 4
	}
	if err := t.Reserve(room); err != nil {
		return nil, err
	}
	return cms.Sign([]byte(message), id, cms.SignOptions{
		Detached: detached, Digest: digest, Now: t.Host().Now(), Entropy: t.Host().Entropy})
}

func pkcs7Sign(t *vm.Thread, a []value.Value) (value.Value, error) {
	data, err := sign(t, a, registry.OptionsAt("pkcs7_sign", a, 2), 0)
	if err == nil {
		return value.Bytes(data), nil
	}
	_, err = outcome(err)
	return value.None, err
}

var cmsDigests = map[string]crypto.Hash{"": 0, "sha1": crypto.SHA1, "sha256": crypto.SHA256, "sha384": crypto.SHA384, "sha512": crypto.SHA512}

func cmsSign(t *vm.Thread, a []value.Value) (value.Value, error) {
	o := registry.OptionsAt("cms_sign", a, 2)
	var digest crypto.Hash
	if _, given := o.Get("digest"); given {
		if digest = cmsDigests[o.Str("digest", "")]; digest == 0 {
			o.Bad("digest", "sha1, sha256, sha384 or sha512")
		}
	}
	data, err := sign(t, a, o, digest)
	return outcome(err, "data", value.Bytes(data))
}

// certificates reads a list below a key; nil when the key is not there.
func certificates(fn string, v value.Value, key string) (list []*pki.Certificate, given bool, err error) {
	l := v.Array().GetStr(key)
	if l.IsNil() {
		return nil, false, nil
	}
	if !l.IsArray() {
		return nil, false, fmt.Errorf("%s(): certificates: %s must be array, got %s", fn, key, l.TypeName())
	}
	for v := range l.Array().Values() {
		c, ok := pki.CertificateOf(v)
		if !ok {
			return nil, false, fmt.Errorf("%s(): certificates: %s must hold X509 or X509Resource, got %s", fn, key, v.TypeName())
		}
		list = append(list, c)
	}
	return list, true, nil
}

func cmsVerify(t *vm.Thread, a []value.Value) (value.Value, error) {
	const fn = "cms_verify"
	check := cms.Check{Now: t.Host().Now(), Stop: func() error { return t.Stopped(nil) }}
	if a[1].IsString() {
		check.Message = []byte(a[1].Str())
	}
	o := registry.OptionsAt(fn, a, 3)
	check.Detached = o.Bool("detached", len(check.Message) > 0)
	withData := o.Bool("data", false)
	certs, some, err := certificates(fn, a[2], "certs")
	if err != nil {
		return value.None, err
	}
	store, chain, err := certificates(fn, a[2], "store")
	switch {
	case err != nil:
		return value.None, err
	case !some && !chain:
		return value.None, errors.New("cms_verify(): certificates must have certs or store")
	}
	check.Certs, check.Trust, check.Chain = certs, store, chain
	text, err := structure(t, a[0])
	if err == nil {
		// Certificates take more than their text; their number and size are bounded.
		err = t.Reserve(len(text) + pki.Expansion*min(len(text), 1<<20))
	}
	if err != nil {
		return value.None, err
	}
	signers, content, err := cms.Verify(text, check)
	if err != nil {
		return outcome(err)
	}
	list := value.NewArray(len(signers))
	for _, c := range signers {
		list.Append(c.Resource())
		if err := t.Charge(c.Size()); err != nil {
			return value.None, err
		}
	}
	pairs := []any{"signers", value.FromArray(list)}
	if withData {
		pairs = append(pairs, "data", value.Str(string(content)))
	}
	return outcome(nil, pairs...)
}

func cmsEncrypt(t *vm.Thread, a []value.Value) (value.Value, error) {
	const fn = "cms_encrypt"
	o := registry.OptionsAt(fn, a, 2)
	cipher := o.Str("cipher", "aes-256-cbc")
	switch cipher {
	case "aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "des-ede3-cbc":
	default:
		o.Bad("cipher", "aes-128-cbc, aes-192-cbc, aes-256-cbc or des-ede3-cbc")
	}
	list, given, err := certificates(fn, a[1], "certs")
	if !given && err == nil {
		err = errors.New("cms_encrypt(): certificates must have certs")
	}
	if err == nil {
		err = o.Err()
	}
	if err == nil {
		err = t.Reserve(4*len(a[0].Str()) + 2048*len(list))
	}
	if err != nil {
		return value.None, err
	}
	data, err := cms.Encrypt([]byte(a[0].Str()), list, cipher, t.Host().Entropy)
	if err != nil {
		return outcome(err)
	}
	return outcome(nil, "data", value.Bytes(data))
}

func cmsDecrypt(t *vm.Thread, a []value.Value) (value.Value, error) {
	o := registry.OptionsAt("cms_decrypt", a, 2)
	id, err := identity(t, a[1], o)
	if err != nil {
		return outcome(err)
	}
	text, err := structure(t, a[0])
	if err == nil {
		err = t.Reserve(4 * len(text))
	}
	if err != nil {
		return value.None, err
	}
	data, err := cms.Decrypt(text, id, t.Host().Entropy)
	if err != nil {
		return outcome(err)
	}
	pairs := []any{"data", value.Bytes(data)}
	switch cms.Type(data) {
	case "pkcs7-signedData":
		pairs = append(pairs, "cms", value.Str("signed"))
	case "pkcs7-envelopedData", "id-smime-ct-authEnvelopedData":
		pairs = append(pairs, "cms", value.Str("enveloped"))
	}
	return outcome(nil, pairs...)
}
