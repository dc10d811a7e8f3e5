package cms

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/asn1"
	"io"
	"slices"
	"time"

	"github.com/hawser-mta/hawser/runtime/pki"
	"golang.org/x/crypto/cryptobyte"
	tags "golang.org/x/crypto/cryptobyte/asn1"
)

// SignOptions are the choices of Sign.
type SignOptions struct {
	Detached bool        // leave the content out
	Digest   crypto.Hash // 0: SHA-256, with Ed25519 SHA-512
	Now      time.Time   // signing time
	Entropy  io.Reader
}

// Sign returns SignedData in DER with the certificate and chain of the identity, and
// signing time and capabilities as signed attributes.
func Sign(message []byte, id *pki.Identity, o SignOptions) ([]byte, error) {
	_, edwards := id.Key.Public().(ed25519.PublicKey)
	switch {
	case o.Digest == 0 && edwards:
		o.Digest = crypto.SHA512
	case o.Digest == 0:
		o.Digest = crypto.SHA256
	case edwards && o.Digest != crypto.SHA512:
		return nil, Error("a key of type Ed25519 needs the digest sha512")
	}
	attributes := asSet(signedAttributes(o, sum(o.Digest, message)))
	algorithm, signature, err := o.sign(id.Key, attributes)
	if err != nil {
		return nil, err
	}
	serial, err := asn1.Marshal(id.Certificate.SerialNumber)
	if err != nil {
		return nil, Error("the serial number of the certificate cannot be written")
	}
	digest := sequence([]byte(digestIDs[o.Digest]))

	var b cryptobyte.Builder
	build(&b, tagSequence, func(b *cryptobyte.Builder) {
		b.AddBytes([]byte(idSigned))
		build(b, tagExplicit0, func(b *cryptobyte.Builder) {
			build(b, tagSequence, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(1)
				add(b, tagSet, digest)
				build(b, tagSequence, func(b *cryptobyte.Builder) {
					b.AddBytes([]byte(idData))
					if !o.Detached {
						build(b, tagExplicit0, func(b *cryptobyte.Builder) { add(b, tagOctets, message) })
					}
				})
				build(b, tagExplicit0, func(b *cryptobyte.Builder) {
					b.AddBytes(id.Certificate.Raw)
					for _, c := range id.Chain {
						b.AddBytes(c.Raw)
					}
				})
				build(b, tagSet, func(b *cryptobyte.Builder) {
					build(b, tagSequence, func(b *cryptobyte.Builder) {
						b.AddASN1Int64(1)
						add(b, tagSequence, id.Certificate.RawIssuer, serial)
						b.AddBytes(digest)
						add(b, tagExplicit0, attributes[len(attributes)-bodySize(attributes):])
						b.AddBytes(algorithm)
						add(b, tagOctets, signature)
					})
				})
			})
		})
	})
	return finish(&b)
}

// sign returns the AlgorithmIdentifier and the signature.
func (o *SignOptions) sign(key *pki.PrivateKey, text []byte) (algorithm, signature []byte, err error) {
	switch key.Public().(type) {
	case *rsa.PublicKey:
		algorithm = sequence([]byte(idRSA), asn1.NullBytes)
	case *ecdsa.PublicKey:
		algorithm = sequence([]byte(ecSignatureIDs[o.Digest]))
	case ed25519.PublicKey:
		algorithm = sequence([]byte(idEd25519))
		if signature, err = key.Sign(o.Entropy, text, crypto.Hash(0)); err != nil {
			return nil, nil, Error("the key cannot sign")
		}
		return algorithm, signature, nil
	}
	if signature, err = key.Sign(o.Entropy, sum(o.Digest, text), o.Digest); err != nil {
		return nil, nil, Error("the key cannot sign")
	}
	return algorithm, signature, nil
}

// signedAttributes returns the attributes in the order that DER wants.
func signedAttributes(o SignOptions, digest []byte) []byte {
	var now cryptobyte.Builder
	if t := o.Now.UTC(); t.Year() >= 1950 && t.Year() < 2050 {
		now.AddASN1UTCTime(t)
	} else {
		now.AddASN1GeneralizedTime(t)
	}
	when, _ := now.Bytes()
	list := [][]byte{
		attribute(idContentType, []byte(idData)),
		attribute(idSigningTime, when),
		attribute(idMessageDigest, tlv(tagOctets, digest)),
		attribute(idCapabilities, capabilities()),
	}
	slices.SortFunc(list, bytes.Compare)
	return bytes.Join(list, nil)
}

// capabilities says what we decrypt, the best first (RFC 8551, 2.5.2).
func capabilities() []byte {
	var list []byte
	for _, name := range []string{"aes-256-gcm", "aes-128-gcm", "aes-256-cbc", "aes-192-cbc", "aes-128-cbc", "des-ede3-cbc"} {
		list = append(list, sequence([]byte(contentCiphers[name].id))...)
	}
	return tlv(tagSequence, list)
}

func attribute(id string, value []byte) []byte { return sequence([]byte(id), tlv(tagSet, value)) }

func sum(h crypto.Hash, text []byte) []byte {
	d := h.New()
	d.Write(text)
	return d.Sum(nil)
}

// Writing of DER.

func build(b *cryptobyte.Builder, tag byte, f cryptobyte.BuilderContinuation) {
	b.AddASN1(tags.Tag(tag), f)
}

func add(b *cryptobyte.Builder, tag byte, parts ...[]byte) {
	build(b, tag, func(b *cryptobyte.Builder) {
		for _, p := range parts {
			b.AddBytes(p)
		}
	})
}

func tlv(tag byte, parts ...[]byte) []byte {
	var b cryptobyte.Builder
	add(&b, tag, parts...)
	return b.BytesOrPanic()
}

func sequence(parts ...[]byte) []byte { return tlv(tagSequence, parts...) }

// asSet is how attributes are signed: as a set, whatever their tag in the message.
func asSet(body []byte) []byte { return tlv(tagSet, body) }

func bodySize(der []byte) int {
	e, _ := split(der, 0)
	return len(e.body)
}

func finish(b *cryptobyte.Builder) ([]byte, error) {
	out, err := b.Bytes()
	if err != nil {
		return nil, Error("the message is too long")
	}
	return out, nil
}
