package passwd

import (
	"strings"

	"github.com/go-crypt/x/yescrypt"
)

// maxYescrypt is the most memory, in bytes, that a setting may ask for: four times
// what systems set today. It bounds the time as well, to about half a second.
const maxYescrypt = 64 << 20

// yescryptHash is the method "$y$" with the flavour that systems use.
func yescryptHash(key, setting string) string {
	if YescryptMemory(setting) == 0 {
		return ""
	}
	out, err := yescrypt.Hash([]byte(key), []byte(setting))
	if err != nil {
		return ""
	}
	return string(out)
}

// YescryptMemory is how many bytes hashing with the setting takes, 0 when it is of
// another method or refused.
func YescryptMemory(setting string) int {
	if !strings.HasPrefix(setting, "$y$j") || len(setting) < 6 {
		return 0
	}
	n, r := strings.IndexByte(alphabet, setting[4]), strings.IndexByte(alphabet, setting[5])
	if n < 0 || r < 0 {
		return 0
	}
	if size := 128 * (r + 1) << min(n+1, 30); size <= maxYescrypt {
		return size
	}
	return 0
}
