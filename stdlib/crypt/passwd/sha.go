package passwd

import (
	"crypto/sha256"
	"crypto/sha512"
	"fmt"
	"hash"
	"strconv"
	"strings"
)

// shaCrypt is one of the methods "$5$" and "$6$" ("Unix crypt using SHA-256 and
// SHA-512", 0.6).
type shaCrypt struct {
	prefix string
	size   int
	new    func() hash.Hash
	step   int  // distance of the bytes that are written together
	up     bool // whether the second byte of a group leads the next, else the third
}

var (
	sha256Crypt = shaCrypt{"$5$", sha256.Size, sha256.New, 10, false}
	sha512Crypt = shaCrypt{"$6$", sha512.Size, sha512.New, 21, true}
)

// Numbers of rounds. The standard allows 999,999,999; see the package.
const (
	defaultRounds = 5000
	minRounds     = 1000
	maxRounds     = 5_000_000
)

func (m shaCrypt) hash(key, setting string, stop Stop) (string, error) {
	rounds, shown := defaultRounds, ""
	if text, ok := strings.CutPrefix(setting, "rounds="); ok {
		number, rest, found := strings.Cut(text, "$")
		n, err := strconv.ParseUint(number, 10, 32)
		if !found || err != nil || n < minRounds || n > maxRounds || number[0] == '0' {
			return "", nil
		}
		rounds, setting = int(n), rest
		shown = fmt.Sprintf("rounds=%d$", n)
	}
	salt := saltOf(setting, 16)
	sum, err := m.sum([]byte(key), []byte(salt), rounds, stop)
	if err != nil {
		return "", err
	}
	return string(m.encode([]byte(m.prefix+shown+salt+"$"), sum)), nil
}

func (m shaCrypt) sum(key, salt []byte, rounds int, stop Stop) ([]byte, error) {
	h := m.new()
	digest := func(parts ...[]byte) []byte {
		h.Reset()
		for _, p := range parts {
			h.Write(p)
		}
		return h.Sum(nil)
	}
	b := digest(key, salt, key)
	parts := [][]byte{key, salt, stretch(b, len(key))}
	for n := len(key); n > 0; n >>= 1 {
		if n&1 != 0 {
			parts = append(parts, b)
		} else {
			parts = append(parts, key)
		}
	}
	sum := digest(parts...)
	p := stretch(digest(repeat(key, len(key))...), len(key))
	s := stretch(digest(repeat(salt, 16+int(sum[0]))...), len(salt))
	for i := range rounds {
		if i%4096 == 4095 {
			if err := stop(); err != nil {
				return nil, err
			}
		}
		h.Reset()
		odd := i&1 != 0
		if odd {
			h.Write(p)
		} else {
			h.Write(sum)
		}
		if i%3 != 0 {
			h.Write(s)
		}
		if i%7 != 0 {
			h.Write(p)
		}
		if odd {
			h.Write(sum)
		} else {
			h.Write(p)
		}
		sum = h.Sum(sum[:0])
	}
	return sum, nil
}

// encode writes the bytes in groups of three that lie a step apart; the order inside a
// group turns with each.
func (m shaCrypt) encode(out, sum []byte) []byte {
	a, b, c := 0, m.step, 2*m.step
	for range m.step {
		out = append24(out, sum[a], sum[b], sum[c], 4)
		if m.up {
			a, b, c = b+1, c+1, a+1
		} else {
			a, b, c = c+1, a+1, b+1
		}
	}
	if m.size == sha256.Size {
		return append24(out, 0, sum[31], sum[30], 3)
	}
	return append24(out, 0, 0, sum[63], 2)
}

func repeat(b []byte, n int) [][]byte {
	out := make([][]byte, n)
	for i := range out {
		out[i] = b
	}
	return out
}

// stretch repeats b up to n bytes.
func stretch(b []byte, n int) []byte {
	out := make([]byte, 0, n)
	for len(out) < n {
		out = append(out, b[:min(len(b), n-len(out))]...)
	}
	return out
}
