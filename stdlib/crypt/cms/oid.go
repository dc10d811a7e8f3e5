package cms

import (
	"crypto"
	_ "crypto/sha1" // digests that messages name
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/asn1"
)

// oid returns an object identifier as DER, in which form they are compared.
func oid(arcs ...int) string {
	der, err := asn1.Marshal(asn1.ObjectIdentifier(arcs))
	if err != nil {
		panic(err)
	}
	return string(der)
}

func pkcs7(n int) string { return oid(1, 2, 840, 113549, 1, 7, n) }
func pkcs9(n int) string { return oid(1, 2, 840, 113549, 1, 9, n) }
func smime(n int) string { return oid(1, 2, 840, 113549, 1, 9, 16, 1, n) }
func nist(n ...int) string {
	return oid(append([]int{2, 16, 840, 1, 101, 3, 4}, n...)...)
}

// Types of content.
var (
	idData          = pkcs7(1)
	idSigned        = pkcs7(2)
	idEnveloped     = pkcs7(3)
	idAuthEnveloped = smime(23)
)

// typeNames are OpenSSL's names of the types.
var typeNames = map[string]string{
	idData: "pkcs7-data", idSigned: "pkcs7-signedData", idEnveloped: "pkcs7-envelopedData",
	pkcs7(4): "pkcs7-signedAndEnvelopedData", pkcs7(5): "pkcs7-digestData", pkcs7(6): "pkcs7-encryptedData",
	smime(2): "id-smime-ct-authData", smime(9): "id-smime-ct-compressedData", idAuthEnveloped: "id-smime-ct-authEnvelopedData",
}

// Signed attributes (RFC 5652, 11; RFC 8551, 2.5.2).
var (
	idContentType   = pkcs9(3)
	idMessageDigest = pkcs9(4)
	idSigningTime   = pkcs9(5)
	idCapabilities  = pkcs9(15)
)

// Digests by identifier, and back.
var (
	digests = map[string]crypto.Hash{
		oid(1, 3, 14, 3, 2, 26): crypto.SHA1,
		nist(2, 4):              crypto.SHA224, nist(2, 1): crypto.SHA256, nist(2, 2): crypto.SHA384, nist(2, 3): crypto.SHA512,
	}
	digestIDs = reversed(digests)
)

func reversed(m map[string]crypto.Hash) map[crypto.Hash]string {
	out := map[crypto.Hash]string{}
	for id, h := range m {
		out[h] = id
	}
	return out
}

// Keys and signatures. The values of rsaSignatures and ecSignatures are the digests
// that they name, 0 where the signer names it elsewhere.
var (
	idRSA     = oid(1, 2, 840, 113549, 1, 1, 1)
	idOAEP    = oid(1, 2, 840, 113549, 1, 1, 7)
	idMGF1    = oid(1, 2, 840, 113549, 1, 1, 8)
	idPSS     = oid(1, 2, 840, 113549, 1, 1, 10)
	idEd25519 = oid(1, 3, 101, 112)
	idEC      = oid(1, 2, 840, 10045, 2, 1)

	rsaSignatures = map[string]crypto.Hash{
		idRSA:                            0,
		oid(1, 2, 840, 113549, 1, 1, 5):  crypto.SHA1,
		oid(1, 2, 840, 113549, 1, 1, 14): crypto.SHA224,
		oid(1, 2, 840, 113549, 1, 1, 11): crypto.SHA256,
		oid(1, 2, 840, 113549, 1, 1, 12): crypto.SHA384,
		oid(1, 2, 840, 113549, 1, 1, 13): crypto.SHA512,
	}
	ecSignatures = map[string]crypto.Hash{
		idEC:                           0,
		oid(1, 2, 840, 10045, 4, 1):    crypto.SHA1,
		oid(1, 2, 840, 10045, 4, 3, 1): crypto.SHA224,
		oid(1, 2, 840, 10045, 4, 3, 2): crypto.SHA256,
		oid(1, 2, 840, 10045, 4, 3, 3): crypto.SHA384,
		oid(1, 2, 840, 10045, 4, 3, 4): crypto.SHA512,
	}
	ecSignatureIDs = reversed(ecSignatures)
)

// contentCipher is a cipher of content.
type contentCipher struct {
	id      string
	key, iv int // sizes in bytes
	gcm     bool
}

// contentCiphers by the name that scripts use (RFC 3565, RFC 3370, RFC 5084).
var contentCiphers = map[string]contentCipher{
	"aes-128-cbc":  {nist(1, 2), 16, 16, false},
	"aes-192-cbc":  {nist(1, 22), 24, 16, false},
	"aes-256-cbc":  {nist(1, 42), 32, 16, false},
	"des-ede3-cbc": {oid(1, 2, 840, 113549, 3, 7), 24, 8, false},
	"aes-128-gcm":  {nist(1, 6), 16, 12, true},
	"aes-192-gcm":  {nist(1, 26), 24, 12, true},
	"aes-256-gcm":  {nist(1, 46), 32, 12, true},
}

var idDES3 = contentCiphers["des-ede3-cbc"].id

// cipherOf finds a cipher by its identifier.
func cipherOf(id string) (contentCipher, bool) {
	for _, c := range contentCiphers {
		if c.id == id {
			return c, true
		}
	}
	return contentCipher{}, false
}

// Key agreement (RFC 5753, RFC 8418): the ways from the common secret to the key that
// the key of the content is wrapped with, and the wrapping.
var (
	agreements = map[string]crypto.Hash{
		oid(1, 3, 133, 16, 840, 63, 0, 2): crypto.SHA1,
		oid(1, 3, 132, 1, 11, 0):          crypto.SHA224, oid(1, 3, 132, 1, 11, 1): crypto.SHA256,
		oid(1, 3, 132, 1, 11, 2): crypto.SHA384, oid(1, 3, 132, 1, 11, 3): crypto.SHA512,
	}
	agreementIDs = reversed(agreements)
	wraps        = map[string]int{nist(1, 5): 16, nist(1, 25): 24, nist(1, 45): 32}
	wrapIDs      = map[int]string{16: nist(1, 5), 24: nist(1, 25), 32: nist(1, 45)}
	idWrapDES3   = oid(1, 2, 840, 113549, 1, 9, 16, 3, 6)
)
