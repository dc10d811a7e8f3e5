package config

import (
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// Read returns the text of a key or certificate. Paths are relative to the
// workspace.
func (c *Config) Read(m *Material) ([]byte, error) {
	switch {
	case m == nil:
		return nil, errors.New("there is none")
	case m.Data != "":
		return []byte(m.Data), nil
	}
	path := m.Path
	if !filepath.IsAbs(path) {
		path = filepath.Join(c.Dir, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the file '%s' cannot be read", m.Path)
	}
	return b, nil
}

// PrivateKey returns the PEM text of a private key of pki. It implements
// vm.KeyStore.
func (c *Config) PrivateKey(id string) (string, bool) {
	e := c.Key(id)
	if e == nil {
		return "", false
	}
	b, err := c.Read(e.PrivateKey)
	return string(b), err == nil
}

// Certificate returns the PEM text of a certificate of pki and its chain. It implements
// vm.KeyStore.
func (c *Config) Certificate(id string) (string, bool) {
	e := c.Key(id)
	if e == nil {
		return "", false
	}
	b, err := c.Read(e.Certificate)
	return string(b), err == nil
}

// Authorities returns the trusted authorities of pki, nil for none. It implements
// vm.KeyStore.
func (c *Config) Authorities() *x509.CertPool { return c.authorities() }

func (c *Config) readAuthorities() *x509.CertPool {
	var pool *x509.CertPool
	for _, m := range c.App.PKI.CA {
		if b, err := c.Read(&m); err == nil {
			if pool == nil {
				pool = x509.NewCertPool()
			}
			pool.AppendCertsFromPEM(b)
		}
	}
	return pool
}

// Hostname returns the configured name of the host, or the machine's.
func (c *Config) Hostname() string {
	if h := c.Smtpd.Environment.Hostname; h != "" {
		return h
	}
	if h, err := os.Hostname(); err == nil {
		return h
	}
	return "localhost"
}
