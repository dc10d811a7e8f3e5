package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Duration is a time: seconds, or ?d?h?m?s.
type Duration time.Duration

// Size is a number of bytes, with an optional unit.
type Size int64

// ParseDuration reads "1d12h", "90s" or a number of seconds.
func ParseDuration(s string) (Duration, error) {
	bad := fmt.Errorf("got '%s', want seconds or a time such as 1d12h30m5s", s)
	if f, err := strconv.ParseFloat(s, 64); err == nil {
		if f < 0 || f > 1e9 {
			return 0, bad
		}
		return Duration(f * float64(time.Second)), nil
	}
	total, rest, units := time.Duration(0), s, "dhms"
	size := map[byte]time.Duration{'d': 24 * time.Hour, 'h': time.Hour, 'm': time.Minute, 's': time.Second}
	for rest != "" {
		i := 0
		for i < len(rest) && '0' <= rest[i] && rest[i] <= '9' {
			i++
		}
		if i == 0 || i == len(rest) || i > 9 {
			return 0, bad
		}
		at := strings.IndexByte(units, rest[i])
		if at < 0 {
			return 0, bad
		}
		n, _ := strconv.Atoi(rest[:i])
		total += time.Duration(n) * size[rest[i]]
		units, rest = units[at+1:], rest[i+1:]
	}
	if s == "" {
		return 0, bad
	}
	return Duration(total), nil
}

// ParseSize reads a number of bytes with B, KiB, MiB, GiB or TiB.
func ParseSize(s string) (Size, error) {
	number, shift := strings.TrimSpace(s), 0
	for i, unit := range []string{"KiB", "MiB", "GiB", "TiB"} {
		if rest, ok := strings.CutSuffix(number, unit); ok {
			number, shift = strings.TrimSpace(rest), 10*(i+1)
			break
		}
	}
	if shift == 0 {
		number = strings.TrimSpace(strings.TrimSuffix(number, "B"))
	}
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || f < 0 || f*float64(int64(1)<<shift) > 1<<60 {
		return 0, fmt.Errorf("got '%s', want bytes or a size such as 100MiB", s)
	}
	return Size(f * float64(int64(1)<<shift)), nil
}

// expand replaces ${NAME} and ${NAME:-default}; $${ is a literal ${.
func expand(s string, env func(string) (string, bool)) (string, error) {
	var b strings.Builder
	for {
		i := strings.Index(s, "${")
		if i < 0 {
			b.WriteString(s)
			return b.String(), nil
		}
		if i > 0 && s[i-1] == '$' {
			b.WriteString(s[:i-1] + "${")
			s = s[i+2:]
			continue
		}
		b.WriteString(s[:i])
		end := strings.IndexByte(s[i:], '}')
		if end < 0 {
			return "", fmt.Errorf("'%s' has no closing brace", s[i:])
		}
		name, missing, given := strings.Cut(s[i+2:i+end], ":-")
		v, ok := env(name)
		if !ok || v == "" && given {
			if !given {
				return "", fmt.Errorf("environment variable %s is not set", name)
			}
			v = missing
		}
		b.WriteString(v)
		s = s[i+end+1:]
	}
}
