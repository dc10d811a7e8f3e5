package passwd

import "crypto/md5"

// md5Crypt is the method "$1$" of FreeBSD.
func md5Crypt(key, setting string) string {
	salt := saltOf(setting, 8)
	sum := md5.Sum([]byte(key + salt + key))
	first := []byte(key + "$1$" + salt)
	for n := len(key); n > 0; n -= md5.Size {
		first = append(first, sum[:min(n, md5.Size)]...)
	}
	for n := len(key); n > 0; n >>= 1 {
		if n&1 != 0 {
			first = append(first, 0)
		} else {
			first = append(first, key[0])
		}
	}
	sum = md5.Sum(first)
	var buf []byte
	for i := range 1000 {
		buf = append(buf[:0], pick(i&1 != 0, key, string(sum[:]))...)
		if i%3 != 0 {
			buf = append(buf, salt...)
		}
		if i%7 != 0 {
			buf = append(buf, key...)
		}
		buf = append(buf, pick(i&1 != 0, string(sum[:]), key)...)
		sum = md5.Sum(buf)
	}
	out := []byte("$1$" + salt + "$")
	for i := range 4 {
		out = append24(out, sum[i], sum[i+6], sum[i+12], 4)
	}
	out = append24(out, sum[4], sum[10], sum[5], 4)
	return string(append24(out, 0, 0, sum[11], 2))
}

func pick(first bool, a, b string) string {
	if first {
		return a
	}
	return b
}
