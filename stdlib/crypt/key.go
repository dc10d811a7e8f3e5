package crypt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"

	"github.com/hawser-mta/hawser/lang/sig"
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

// ParsePEM reads the first private key of a PEM text: PKCS#8, PKCS#1 or SEC 1.
// It returns nil for encrypted keys and for everything else.
func ParsePEM(text []byte) *PrivateKey {
	for {
		block, rest := pem.Decode(text)
		if block == nil {
			return nil
		}
		switch block.Type {
		case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY":
			return ParseDER(block.Bytes)
		}
		text = rest
	}
}

// ParseDER reads a private key in PKCS#8, PKCS#1 or SEC 1 form, nil for others.
func ParseDER(der []byte) *PrivateKey {
	if k, err := x509.ParsePKCS8PrivateKey(der); err == nil {
		return wrap(k)
	}
	if k, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return wrap(k)
	}
	if k, err := x509.ParseECPrivateKey(der); err == nil {
		return wrap(k)
	}
	return nil
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

func keys(b *registry.Builder) {
	for _, k := range []struct{ name, typ, text string }{
		{"rsa", RSAKey, "an RSA"}, {"ec", ECKey, "an elliptic curve"}, {"ed25519", Ed25519Key, "an Ed25519"},
	} {
		b.Func(sig.New(k.name+"_privatekey(pem: string) -> "+k.typ+"|none",
			"Reads "+k.text+" private key in PEM; none when it holds none."),
			func(_ *vm.Thread, a []value.Value) (value.Value, error) {
				if key := ParsePEM([]byte(a[0].Str())); key != nil && key.Type == k.typ {
					return key.Resource(), nil
				}
				return value.None, nil
			})
		b.Func(sig.New("is_"+k.name+"_privatekey(privatekey: any) -> boolean",
			"True for "+k.text+" private key resource."),
			func(_ *vm.Thread, a []value.Value) (value.Value, error) {
				key, ok := registry.Resource[*PrivateKey](a[0])
				return value.Bool(ok && key.Type == k.typ), nil
			})
	}
	b.Loader(registry.DataLoader{Name: "key", Ext: []string{".key"}, Load: loadKey})
}

func loadKey(src []byte, _ map[string]any) (any, error) {
	if k := ParsePEM(src); k != nil {
		return k.Resource(), nil
	}
	return nil, errNoKey
}
