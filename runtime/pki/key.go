package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"

	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Names of the key resources.
const (
	RSAKey     = "RSAPrivateKey"
	ECKey      = "ECPrivateKey"
	Ed25519Key = "ED25519PrivateKey"
)

// PrivateKey is the state of a key resource.
type PrivateKey struct {
	crypto.Signer
	Type string
}

// maxKey is the longest private key that is read, in bytes: an RSA key of 16384 bits
// is shorter. What belongs to longer ones could be computed for minutes.
const maxKey = 12 << 10

// ParseKeyPEM reads the first private key of a PEM text: PKCS#8, PKCS#1 or SEC 1.
// It returns nil for encrypted keys and for everything else.
func ParseKeyPEM(text []byte) *PrivateKey {
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return nil
		}
		switch block.Type {
		case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
			return ParseKeyDER(block.Bytes)
		case "ENCRYPTED PRIVATE KEY":
			return nil
		}
		text = rest
	}
}

// ParseKeyDER reads a private key in PKCS#8, PKCS#1 or SEC 1 form, nil for others.
func ParseKeyDER(der []byte) *PrivateKey {
	if k := ParsePKCS8(der); k != nil {
		return k
	}
	if k := ParsePKCS1(der); k != nil {
		return k
	}
	return parse(der, x509.ParseECPrivateKey)
}

// ParsePKCS8 reads a PrivateKeyInfo in DER (RFC 5958), nil for others.
func ParsePKCS8(der []byte) *PrivateKey { return parse(der, x509.ParsePKCS8PrivateKey) }

// ParsePKCS1 reads an RSAPrivateKey in DER (RFC 8017, A.1.2), nil for others.
func ParsePKCS1(der []byte) *PrivateKey { return parse(der, x509.ParsePKCS1PrivateKey) }

func parse[T any](der []byte, read func([]byte) (T, error)) *PrivateKey {
	if len(der) > maxKey {
		return nil
	}
	k, err := read(der)
	if err != nil {
		return nil
	}
	return wrap(k)
}

func wrap(k any) *PrivateKey {
	switch k := k.(type) {
	case *rsa.PrivateKey:
		return &PrivateKey{k, RSAKey}
	case *ecdsa.PrivateKey:
		return &PrivateKey{k, ECKey}
	case ed25519.PrivateKey:
		return &PrivateKey{k, Ed25519Key}
	}
	return nil
}

// Resource returns the key as a value.
func (k *PrivateKey) Resource() value.Value {
	return value.FromResource(&value.Resource{Type: k.Type, Native: k})
}

// KeyOf returns the key of a key resource.
func KeyOf(v value.Value) (*PrivateKey, bool) { return registry.Resource[*PrivateKey](v) }

// StoredKey returns the key of an id of the configuration's store, nil when there is
// none that can be used.
func StoredKey(t *vm.Thread, id string) *PrivateKey {
	if t.Host().Keys == nil {
		return nil
	}
	text, ok := t.Host().Keys.PrivateKey(id)
	if !ok {
		return nil
	}
	return ParseKeyPEM([]byte(text))
}
