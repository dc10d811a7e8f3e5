package pki

import (
	"crypto/tls"
	"errors"
	"slices"
	"strings"
)

// cipherName holds the OpenSSL name and the symmetric key bits of a suite.
type cipherName struct {
	name string
	bits int
}

// cipherNames covers every suite that crypto/tls can negotiate.
var cipherNames = map[uint16]cipherName{
	tls.TLS_AES_128_GCM_SHA256:                        {"TLS_AES_128_GCM_SHA256", 128},
	tls.TLS_AES_256_GCM_SHA384:                        {"TLS_AES_256_GCM_SHA384", 256},
	tls.TLS_CHACHA20_POLY1305_SHA256:                  {"TLS_CHACHA20_POLY1305_SHA256", 256},
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256:       {"ECDHE-ECDSA-AES128-GCM-SHA256", 128},
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384:       {"ECDHE-ECDSA-AES256-GCM-SHA384", 256},
	tls.TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256:         {"ECDHE-RSA-AES128-GCM-SHA256", 128},
	tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384:         {"ECDHE-RSA-AES256-GCM-SHA384", 256},
	tls.TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: {"ECDHE-ECDSA-CHACHA20-POLY1305", 256},
	tls.TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256:   {"ECDHE-RSA-CHACHA20-POLY1305", 256},
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA:          {"ECDHE-ECDSA-AES128-SHA", 128},
	tls.TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA:          {"ECDHE-ECDSA-AES256-SHA", 256},
	tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256:       {"ECDHE-ECDSA-AES128-SHA256", 128},
	tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA:            {"ECDHE-RSA-AES128-SHA", 128},
	tls.TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA:            {"ECDHE-RSA-AES256-SHA", 256},
	tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256:         {"ECDHE-RSA-AES128-SHA256", 128},
	tls.TLS_RSA_WITH_AES_128_GCM_SHA256:               {"AES128-GCM-SHA256", 128},
	tls.TLS_RSA_WITH_AES_256_GCM_SHA384:               {"AES256-GCM-SHA384", 256},
	tls.TLS_RSA_WITH_AES_128_CBC_SHA:                  {"AES128-SHA", 128},
	tls.TLS_RSA_WITH_AES_256_CBC_SHA:                  {"AES256-SHA", 256},
	tls.TLS_RSA_WITH_AES_128_CBC_SHA256:               {"AES128-SHA256", 128},
	tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA:                 {"DES-CBC3-SHA", 168},
	tls.TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA:           {"ECDHE-RSA-DES-CBC3-SHA", 168},
	tls.TLS_RSA_WITH_RC4_128_SHA:                      {"RC4-SHA", 128},
	tls.TLS_ECDHE_ECDSA_WITH_RC4_128_SHA:              {"ECDHE-ECDSA-RC4-SHA", 128},
	tls.TLS_ECDHE_RSA_WITH_RC4_128_SHA:                {"ECDHE-RSA-RC4-SHA", 128},
}

// CipherName returns the OpenSSL name of a suite and its symmetric key bits;
// for a suite it does not know, Go's name and 0.
func CipherName(suite uint16) (name string, bits int) {
	if c, ok := cipherNames[suite]; ok {
		return c.name, c.bits
	}
	return tls.CipherSuiteName(suite), 0
}

// ProtocolName returns "TLSv1.3" and so on.
func ProtocolName(version uint16) string {
	switch version {
	case tls.VersionTLS10:
		return "TLSv1"
	case tls.VersionTLS11:
		return "TLSv1.1"
	case tls.VersionTLS12:
		return "TLSv1.2"
	case tls.VersionTLS13:
		return "TLSv1.3"
	}
	return tls.VersionName(version)
}

// suite is what a word of a cipher list is compared with.
type suite struct {
	id       uint16
	parts    []string // of the name, with the aliases that contain the suite
	insecure bool
}

// suites are those of TLS 1.2 and before in Go's order of preference. The ones of TLS
// 1.3 cannot be chosen, neither in Go nor by a cipher list of OpenSSL.
var suites = func() []suite {
	var out []suite
	add := func(list []*tls.CipherSuite, insecure bool) {
		for _, s := range list {
			if !slices.Contains(s.SupportedVersions, tls.VersionTLS12) {
				continue
			}
			name, bits := CipherName(s.ID)
			parts := strings.Split(name, "-")
			if !strings.Contains(s.Name, "_CBC_") && !strings.Contains(s.Name, "_RC4_") {
				// The hash of an authenticating cipher is no MAC.
				parts = slices.DeleteFunc(parts, func(p string) bool { return strings.HasPrefix(p, "SHA") })
			}
			parts = append(parts, name)
			has := func(p string) bool { return slices.Contains(parts, p) }
			if !has("ECDHE") {
				parts = append(parts, "kRSA", "aRSA", "RSA")
			} else {
				parts = append(parts, "kECDHE", "ECDH", "EECDH", "kEECDH")
				if has("ECDSA") {
					parts = append(parts, "aECDSA")
				} else {
					parts = append(parts, "aRSA")
				}
			}
			switch {
			case has("AES128"), has("AES256"):
				parts = append(parts, "AES")
				if has("GCM") {
					parts = append(parts, "AESGCM")
				}
			case has("DES"):
				parts = append(parts, "3DES")
			}
			if has("SHA") {
				parts = append(parts, "SHA1")
			}
			switch {
			case has("3DES"), has("RC4"):
				parts = append(parts, "MEDIUM")
			case bits >= 128:
				parts = append(parts, "HIGH")
			}
			out = append(out, suite{s.ID, append(parts, "ALL"), insecure})
		}
	}
	add(tls.CipherSuites(), false)
	add(tls.InsecureCipherSuites(), true)
	return out
}()

// Suites reads an OpenSSL cipher list (its ciphers(1)) of names and of groups such as
// HIGH, ECDHE+AESGCM or DEFAULT, with !, - and + before them; @ words and groups that
// Go has no suite of, such as aNULL, are without effect. "" gives nil, Go's choice. A
// list that leaves no suite is an error.
func Suites(list string) ([]uint16, error) {
	if list == "" {
		return nil, nil
	}
	var chosen []suite
	banned := map[uint16]bool{}
	for _, word := range strings.FieldsFunc(list, func(r rune) bool { return r == ':' || r == ',' || r == ' ' }) {
		op := word[0]
		if op == '!' || op == '-' || op == '+' {
			word = word[1:]
		}
		fits := func(s suite) bool { return s.in(word) }
		switch op {
		case '!', '-':
			chosen = slices.DeleteFunc(chosen, fits)
			for _, s := range suites {
				if op == '!' && fits(s) {
					banned[s.id] = true
				}
			}
		case '+': // to the end
			moved := slices.Clone(chosen)
			chosen = slices.DeleteFunc(chosen, fits)
			chosen = append(chosen, slices.DeleteFunc(moved, func(s suite) bool { return !fits(s) })...)
		case '@':
		default:
			for _, s := range suites {
				if fits(s) && !banned[s.id] && !slices.ContainsFunc(chosen, func(c suite) bool { return c.id == s.id }) {
					chosen = append(chosen, s)
				}
			}
		}
	}
	if len(chosen) == 0 {
		return nil, errors.New("the cipher list leaves no cipher")
	}
	ids := make([]uint16, len(chosen))
	for i, s := range chosen {
		ids[i] = s.id
	}
	return ids, nil
}

// in reports whether the suite belongs to a word: a name, a group, or groups joined
// by + that all contain it.
func (s suite) in(word string) bool {
	if word == "DEFAULT" {
		return !s.insecure
	}
	for _, g := range strings.Split(word, "+") {
		if !slices.Contains(s.parts, g) {
			return false
		}
	}
	return true
}
