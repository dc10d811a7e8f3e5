package passwd

import "strings"

// Stop is asked now and then during long work; its error ends it.
type Stop func() error

// maxKey is the longest key, as in libxcrypt.
const maxKey = 511

const alphabet = "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

// Hash returns the hash of a key. The setting is the beginning of a hash or a whole
// one. A malformed setting gives "*0", or "*1" when it begins with "*0", which no hash
// equals. The error is that of stop.
func Hash(key, setting string, stop Stop) (string, error) {
	out, err := compute(key, setting, stop)
	switch {
	case err != nil:
		return "", err
	case out != "":
		return out, nil
	case strings.HasPrefix(setting, "*0"):
		return "*1", nil
	}
	return "*0", nil
}

// compute returns "" for what has no hash.
func compute(key, setting string, stop Stop) (string, error) {
	if len(key) > maxKey || strings.IndexByte(key, 0) >= 0 || strings.ContainsFunc(setting, forbidden) {
		return "", nil
	}
	prefix, rest := "", setting
	if strings.HasPrefix(setting, "$") {
		if i := strings.IndexByte(setting[1:], '$'); i >= 0 {
			prefix, rest = setting[:i+2], setting[i+2:]
		}
	}
	switch prefix {
	case "":
		return desCrypt(key, setting), nil
	case "$1$":
		return md5Crypt(key, rest), nil
	case "$2a$", "$2b$", "$2y$":
		return bcrypt(key, prefix, rest, stop)
	case "$5$":
		return sha256Crypt.hash(key, rest, stop)
	case "$6$":
		return sha512Crypt.hash(key, rest, stop)
	case "$y$":
		return yescryptHash(key, setting), stop()
	}
	return "", nil
}

// forbidden are bytes that would break the line of a password file (libxcrypt's
// list).
func forbidden(r rune) bool {
	return r <= ' ' || r >= 0x7f || strings.ContainsRune("!*:;\\", r)
}

// append24 writes n digits of a 24-bit number, the lowest first.
func append24(out []byte, b2, b1, b0 byte, n int) []byte {
	w := uint(b2)<<16 | uint(b1)<<8 | uint(b0)
	for ; n > 0; n-- {
		out = append(out, alphabet[w&63])
		w >>= 6
	}
	return out
}

// saltOf cuts a salt of at most n bytes from the front of a setting.
func saltOf(setting string, n int) string {
	salt, _, _ := strings.Cut(setting, "$")
	return salt[:min(n, len(salt))]
}
