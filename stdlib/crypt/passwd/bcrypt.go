package passwd

import (
	"encoding/base64"
	"fmt"

	"golang.org/x/crypto/blowfish"
)

// Costs of bcrypt; the method itself knows 4 to 31.
const (
	minCost = 4
	maxCost = 16
)

var bcryptText = base64.NewEncoding("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789").WithPadding(base64.NoPadding)

// bcrypt is the method of OpenBSD. golang.org/x/crypto/bcrypt takes no salt.
func bcrypt(key, prefix, setting string, stop Stop) (string, error) {
	const saltDigits = 22
	if len(setting) < 3+saltDigits || setting[2] != '$' || setting[0] < '0' || setting[0] > '9' || setting[1] < '0' || setting[1] > '9' {
		return "", nil
	}
	cost := int(setting[0]-'0')*10 + int(setting[1]-'0')
	salt, err := bcryptText.DecodeString(setting[3 : 3+saltDigits])
	if err != nil || cost < minCost || cost > maxCost {
		return "", nil
	}
	text := append([]byte(key), 0)
	c, err := blowfish.NewSaltedCipher(text, salt)
	if err != nil {
		return "", nil
	}
	for i := range 1 << cost {
		if i%32 == 31 {
			if err := stop(); err != nil {
				return "", err
			}
		}
		blowfish.ExpandKey(text, c)
		blowfish.ExpandKey(salt, c)
	}
	sum := []byte("OrpheanBeholderScryDoubt")
	for i := 0; i < len(sum); i += blowfish.BlockSize {
		for range 64 {
			c.Encrypt(sum[i:], sum[i:])
		}
	}
	return fmt.Sprintf("%s%02d$%s%s", prefix, cost, bcryptText.EncodeToString(salt), bcryptText.EncodeToString(sum[:23])), nil
}
