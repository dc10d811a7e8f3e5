package pki

import (
	"crypto"
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"strings"

	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

// Identity is a certificate with its key and the certificates above it.
type Identity struct {
	Certificate *Certificate
	Key         *PrivateKey
	Chain       []*Certificate
}

// UnusableError is what is wrong with a certificate or key that a script named: bad
// data, not a fault of the program (spec stdlib 0.5).
type UnusableError struct{ Text string }

func (e *UnusableError) Error() string { return e.Text }

func unusable(format string, args ...any) error { return &UnusableError{fmt.Sprintf(format, args...)} }

// ReadIdentity reads an array with x509, privatekey and chain, PEM text that holds the
// same, or an id of the configuration's store: the whole text when isID is set, else
// what follows "pki:" (spec stdlib 0.8, 0.10).
func ReadIdentity(t *vm.Thread, v value.Value, isID bool) (*Identity, error) {
	if v.IsArray() {
		return identityOf(v.Array())
	}
	if !v.IsString() {
		return nil, unusable("got %s, want a certificate as array or text", v.TypeName())
	}
	text := v.Str()
	id, named := strings.CutPrefix(text, "pki:")
	if !named && !isID {
		return ParseIdentity([]byte(text))
	}
	keys := t.Host().Keys
	if keys == nil {
		return nil, unusable("no certificate '%s'", id)
	}
	key, ok := keys.PrivateKey(id)
	chain, found := keys.Certificate(id)
	if !ok || !found {
		return nil, unusable("no certificate '%s'", id)
	}
	return ParseIdentity([]byte(chain + "\n" + key))
}

func identityOf(a *value.Array) (*Identity, error) {
	id := &Identity{}
	var ok bool
	if id.Certificate, ok = CertificateOf(a.GetStr("x509")); !ok {
		return nil, unusable("x509 must be X509Resource, got %s", a.GetStr("x509").TypeName())
	}
	if id.Key, ok = KeyOf(a.GetStr("privatekey")); !ok {
		return nil, unusable("privatekey must be a private key, got %s", a.GetStr("privatekey").TypeName())
	}
	if chain := a.GetStr("chain"); chain.IsArray() {
		for v := range chain.Array().Values() {
			c, ok := CertificateOf(v)
			if !ok {
				return nil, unusable("chain must hold X509Resource, got %s", v.TypeName())
			}
			id.Chain = append(id.Chain, c)
		}
	} else if !chain.IsNil() {
		return nil, unusable("chain must be array, got %s", chain.TypeName())
	}
	return id.check()
}

// ParseIdentity reads PEM text: the first certificate is the own one, further ones are
// its chain, and the first private key is the key.
func ParseIdentity(text []byte) (*Identity, error) {
	id := &Identity{Key: ParseKeyPEM(text)}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			continue
		}
		c, ok := ParseCertificate(block.Bytes)
		switch {
		case !ok:
			return nil, unusable("a certificate cannot be read")
		case id.Certificate == nil:
			id.Certificate = c
		default:
			id.Chain = append(id.Chain, c)
		}
	}
	switch {
	case id.Certificate == nil:
		return nil, unusable("no certificate in it")
	case id.Key == nil:
		return nil, unusable("no private key in it")
	}
	return id.check()
}

// check makes sure that key and certificate belong together.
func (id *Identity) check() (*Identity, error) {
	if k, ok := id.Key.Public().(interface{ Equal(crypto.PublicKey) bool }); !ok || !k.Equal(id.Certificate.PublicKey) {
		return nil, unusable("the private key does not belong to the certificate")
	}
	return id, nil
}

// TLS returns the identity as crypto/tls takes it.
func (id *Identity) TLS() *tls.Certificate {
	c := &tls.Certificate{Certificate: [][]byte{id.Certificate.Raw}, PrivateKey: id.Key.Signer, Leaf: id.Certificate.Certificate}
	for _, x := range id.Chain {
		c.Certificate = append(c.Certificate, x.Raw)
	}
	return c
}
