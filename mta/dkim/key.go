package dkim

import (
	"container/list"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"strings"
	"sync"

	"github.com/hawser-mta/hawser/runtime/pki"
)

// ErrKey is the error of ParseKey.
var ErrKey = errors.New("unusable private key")

// maxKeys is how many parsed keys are kept.
const maxKeys = 4096

// keys is the cache of parsed keys by the hash of their text.
var keys = struct {
	sync.Mutex
	m     map[[32]byte]*list.Element
	order list.List // of parsedKey, the newest in front
}{m: map[[32]byte]*list.Element{}}

type parsedKey struct {
	id  [32]byte
	key crypto.Signer
}

// ParseKey reads a private key for an algorithm ("rsa" or "ed25519", "" for
// either): PEM, base64 of DER, and for Ed25519 a seed or secret key, raw or in
// base64 (spec stdlib 14.1). Keys are parsed once.
func ParseKey(text, algorithm string) (crypto.Signer, error) {
	id := sha256.Sum256([]byte(algorithm + "\x00" + text))
	keys.Lock()
	if e := keys.m[id]; e != nil {
		keys.order.MoveToFront(e)
		k := e.Value.(parsedKey).key
		keys.Unlock()
		return k, nil
	}
	keys.Unlock()
	k, err := parseKey(text, algorithm)
	if err != nil {
		return nil, err
	}
	keys.Lock()
	defer keys.Unlock()
	if keys.m[id] == nil {
		keys.m[id] = keys.order.PushFront(parsedKey{id, k})
		if keys.order.Len() > maxKeys {
			delete(keys.m, keys.order.Remove(keys.order.Back()).(parsedKey).id)
		}
	}
	return k, nil
}

func parseKey(text, algorithm string) (crypto.Signer, error) {
	var k crypto.Signer
	if strings.Contains(text, "-----BEGIN") {
		if p := pki.ParseKeyPEM([]byte(text)); p != nil {
			k = p.Signer
		}
	} else {
		k = rawKey(text, algorithm)
	}
	if k == nil || algorithm != "" && keyType(k) != algorithm || keyType(k) == "" {
		return nil, ErrKey
	}
	return k, nil
}

func rawKey(text, algorithm string) crypto.Signer {
	raw := []byte(text)
	if decoded, err := base64.StdEncoding.DecodeString(compact(text)); err == nil && len(decoded) > 0 {
		raw = decoded
	}
	if algorithm != "rsa" {
		for _, b := range [][]byte{raw, []byte(text)} {
			switch len(b) {
			case ed25519.SeedSize:
				return ed25519.NewKeyFromSeed(b)
			case ed25519.PrivateKeySize:
				return ed25519.PrivateKey(b)
			}
		}
	}
	if p := pki.ParseKeyDER(raw); p != nil {
		return p.Signer
	}
	return nil
}

// keyType returns "rsa" or "ed25519", "" for keys DKIM has no algorithm for.
func keyType(k crypto.Signer) string {
	switch k.Public().(type) {
	case *rsa.PublicKey:
		return "rsa"
	case ed25519.PublicKey:
		return "ed25519"
	}
	return ""
}

// publicKey reads the p= value of a key record (RFC 6376 section 3.6.1, RFC 8463
// section 4).
func publicKey(kind, p string) crypto.PublicKey {
	raw, err := base64.StdEncoding.DecodeString(compact(p))
	if err != nil {
		return nil
	}
	if kind == "ed25519" {
		if len(raw) != ed25519.PublicKeySize {
			return nil
		}
		return ed25519.PublicKey(raw)
	}
	if k, err := x509.ParsePKIXPublicKey(raw); err == nil {
		if r, ok := k.(*rsa.PublicKey); ok {
			return r
		}
		return nil
	}
	if k, err := x509.ParsePKCS1PublicKey(raw); err == nil {
		return k
	}
	return nil
}
