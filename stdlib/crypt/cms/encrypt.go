package cms

import (
	"bytes"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/rsa"
	"encoding/asn1"
	"io"

	"github.com/hawser-mta/hawser/runtime/pki"
	"golang.org/x/crypto/cryptobyte"
)

// errEntropy is no Error: it is the machine's fault.
type errEntropy struct{ error }

// Encrypt returns EnvelopedData in DER for the recipients: those with RSA keys by
// PKCS#1 v1.5, which everyone reads, those with EC keys by an ephemeral key (RFC 5753).
// The name is one of aes-128-cbc, aes-192-cbc, aes-256-cbc and des-ede3-cbc.
func Encrypt(message []byte, recipients []*pki.Certificate, name string, entropy io.Reader) ([]byte, error) {
	if len(recipients) == 0 {
		return nil, Error("no recipient")
	}
	how := contentCiphers[name]
	random := make([]byte, how.key+how.iv)
	if _, err := io.ReadFull(entropy, random); err != nil {
		return nil, errEntropy{err}
	}
	key, iv := random[:how.key], random[how.key:]
	block, err := how.block(key)
	if err != nil {
		return nil, err
	}
	version := int64(0)
	infos := make([][]byte, len(recipients))
	for i, c := range recipients {
		var agreed bool
		if infos[i], agreed, err = recipientInfo(c, key, entropy); err != nil {
			return nil, err
		}
		if agreed {
			version = 2
		}
	}
	pad := block.BlockSize() - len(message)%block.BlockSize()
	text := append(append(make([]byte, 0, len(message)+pad), message...), bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(text, text)

	b := cryptobyte.NewBuilder(make([]byte, 0, len(text)+1024*(1+len(recipients))))
	build(b, tagSequence, func(b *cryptobyte.Builder) {
		b.AddBytes([]byte(idEnveloped))
		build(b, tagExplicit0, func(b *cryptobyte.Builder) {
			build(b, tagSequence, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(version)
				add(b, tagSet, infos...)
				build(b, tagSequence, func(b *cryptobyte.Builder) {
					b.AddBytes([]byte(idData))
					b.AddBytes(sequence([]byte(how.id), tlv(tagOctets, iv)))
					add(b, tagContext0, text)
				})
			})
		})
	})
	return finish(b)
}

func (c contentCipher) block(key []byte) (cipher.Block, error) {
	if c.id == idDES3 {
		return des.NewTripleDESCipher(key)
	}
	return aes.NewCipher(key)
}

// recipientInfo writes the key for one recipient; agreed tells whether by agreement.
func recipientInfo(c *pki.Certificate, key []byte, entropy io.Reader) (info []byte, agreed bool, err error) {
	serial, err := asn1.Marshal(c.SerialNumber)
	if err != nil {
		return nil, false, Error("the serial number of the certificate cannot be written")
	}
	who := sequence(c.RawIssuer, serial)
	switch k := c.PublicKey.(type) {
	case *rsa.PublicKey:
		if k.N.BitLen() > maxRSA {
			return nil, false, Error("the key of a recipient is too long")
		}
		sealed, err := rsa.EncryptPKCS1v15(entropy, k, key)
		if err != nil {
			return nil, false, Error("the key of a recipient cannot encrypt")
		}
		return sequence([]byte{tagInteger, 1, 0}, who, sequence([]byte(idRSA), asn1.NullBytes), tlv(tagOctets, sealed)), false, nil
	case *ecdsa.PublicKey:
		public, err := k.ECDH()
		if err != nil {
			return nil, false, Error("the curve of a recipient's key is not supported")
		}
		info, err := agreementInfo(who, public, key, entropy)
		return info, true, err
	}
	return nil, false, Error("the key of a recipient cannot encrypt")
}

// agreementInfo writes KeyAgreeRecipientInfo.
func agreementInfo(who []byte, public *ecdh.PublicKey, key []byte, entropy io.Reader) ([]byte, error) {
	own, err := public.Curve().GenerateKey(entropy)
	if err != nil {
		return nil, errEntropy{err}
	}
	secret, err := own.ECDH(public)
	if err != nil {
		return nil, Error("the key of a recipient cannot encrypt")
	}
	wrap := sequence([]byte(wrapIDs[len(key)]))
	wrapped, err := wrapAES(derive(crypto.SHA256, secret, wrap, nil, len(key)), key)
	if err != nil {
		return nil, err
	}
	return tlv(tagExplicit1,
		[]byte{tagInteger, 1, 3},
		tlv(tagExplicit0, tlv(tagExplicit1, sequence([]byte(idEC)), tlv(tagBits, []byte{0}, own.PublicKey().Bytes()))),
		sequence([]byte(agreementIDs[crypto.SHA256]), wrap),
		sequence(sequence(who, tlv(tagOctets, wrapped)))), nil
}
