package cms

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/rsa"
	"io"
	"slices"

	"github.com/hawser-mta/hawser/runtime/pki"
)

// errDecrypt is all that is said about keys and padding, so that nobody can learn a key
// from differences.
const errDecrypt = Error("the data cannot be decrypted")

// Decrypt opens EnvelopedData or AuthEnvelopedData.
func Decrypt(ber []byte, id *pki.Identity, entropy io.Reader) ([]byte, error) {
	d, err := parseEnveloped(ber)
	if err != nil {
		return nil, err
	}
	how, known := cipherOf(d.cipher.oid)
	if !known || how.gcm != (d.mac != nil) {
		return nil, Error("the cipher is not supported")
	}
	r, err := d.recipientFor(id.Certificate)
	if err != nil {
		return nil, err
	}
	key, err := r.open(id.Key, how.key, entropy)
	if err != nil {
		return nil, err
	}
	if how.gcm {
		return d.openGCM(key)
	}
	return d.openCBC(how, key)
}

func (d *envelopedData) openCBC(how contentCipher, key []byte) ([]byte, error) {
	params := input(d.cipher.params)
	iv, ok := params.octetString()
	if !ok || len(iv) != how.iv {
		return nil, errBroken
	}
	block, err := how.block(key)
	if err != nil || len(d.content) == 0 || len(d.content)%how.iv != 0 {
		return nil, errDecrypt
	}
	text := slices.Clone(d.content)
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(text, text)
	n := int(text[len(text)-1])
	if n == 0 || n > how.iv {
		return nil, errDecrypt
	}
	for _, c := range text[len(text)-n:] {
		if int(c) != n {
			return nil, errDecrypt
		}
	}
	return text[:len(text)-n], nil
}

// openGCM opens content with GCM (RFC 5084, 3.2).
func (d *envelopedData) openGCM(key []byte) ([]byte, error) {
	params := input(d.cipher.params)
	in, ok := params.open(tagSequence)
	nonce, ok2 := in.octetString()
	if !ok || !ok2 || len(nonce) != 12 {
		return nil, errBroken
	}
	size := 12
	if len(in) > 0 {
		if size, ok = in.small(); !ok {
			return nil, errBroken
		}
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, errDecrypt
	}
	if size < 12 || size > 16 || size != len(d.mac) {
		return nil, errDecrypt
	}
	aead, err := cipher.NewGCMWithTagSize(block, size)
	if err != nil {
		return nil, errDecrypt
	}
	text, err := aead.Open(nil, nonce, slices.Concat(d.content, d.mac), d.attributes)
	if err != nil {
		return nil, errDecrypt
	}
	return text, nil
}

// open returns the key of the content, of n bytes.
func (r *recipient) open(key *pki.PrivateKey, n int, entropy io.Reader) ([]byte, error) {
	if k, ok := key.Signer.(*ecdsa.PrivateKey); ok {
		return r.agree(k, n)
	}
	k, ok := key.Signer.(crypto.Decrypter)
	if !ok || r.originator != nil {
		return nil, Error("the key cannot decrypt")
	}
	// With a wrong padding the first gives another key, not an error (RFC 3218).
	var options crypto.DecrypterOpts = &rsa.PKCS1v15DecryptOptions{SessionKeyLen: n}
	if r.algorithm.oid == idOAEP {
		h, ok := oaepOf(r.algorithm.params)
		if !ok {
			return nil, errDigest
		}
		options = &rsa.OAEPOptions{Hash: h, MGFHash: h}
	} else if r.algorithm.oid != idRSA {
		return nil, Error("the way the key is encrypted is not supported")
	}
	out, err := k.Decrypt(entropy, r.key, options)
	if err != nil || len(out) != n {
		return nil, errDecrypt
	}
	return out, nil
}

// oaepOf reads the parameters of RSAES-OAEP (RFC 4055, 4.1), without a label.
func oaepOf(params input) (crypto.Hash, bool) {
	in, ok := params.open(tagSequence)
	if !ok {
		return 0, false
	}
	h, ok := in.digests()
	return h, ok && len(in) == 0
}

// agree opens a key that was wrapped with a common secret (RFC 5753, 3.1.3).
func (r *recipient) agree(key *ecdsa.PrivateKey, n int) ([]byte, error) {
	own, err := key.ECDH()
	if err != nil || r.originator == nil {
		return nil, Error("the key cannot decrypt")
	}
	public, err := own.Curve().NewPublicKey(r.originator.bits)
	if err != nil {
		return nil, errDecrypt
	}
	params := input(r.algorithm.params)
	wrap, ok := params.algorithm()
	h := agreements[r.algorithm.oid]
	size, unwrap := wraps[wrap.oid], unwrapAES
	if wrap.oid == idWrapDES3 {
		size, unwrap = 24, unwrapDES3
	}
	if !ok || h == 0 || size == 0 {
		return nil, Error("the way the key is encrypted is not supported")
	}
	secret, err := own.ECDH(public)
	if err != nil {
		return nil, errDecrypt
	}
	out, ok := unwrap(derive(h, secret, wrap.all, r.material, size), r.key)
	if !ok || len(out) != n {
		return nil, errDecrypt
	}
	return out, nil
}
