package passwd

import "strings"

// Tables of DES (FIPS 46-3), with bit 1 the highest.
var (
	desInitial = [64]byte{
		58, 50, 42, 34, 26, 18, 10, 2, 60, 52, 44, 36, 28, 20, 12, 4, 62, 54, 46, 38, 30, 22, 14, 6, 64, 56, 48, 40, 32, 24, 16, 8,
		57, 49, 41, 33, 25, 17, 9, 1, 59, 51, 43, 35, 27, 19, 11, 3, 61, 53, 45, 37, 29, 21, 13, 5, 63, 55, 47, 39, 31, 23, 15, 7}
	desFinal = [64]byte{
		40, 8, 48, 16, 56, 24, 64, 32, 39, 7, 47, 15, 55, 23, 63, 31, 38, 6, 46, 14, 54, 22, 62, 30, 37, 5, 45, 13, 53, 21, 61, 29,
		36, 4, 44, 12, 52, 20, 60, 28, 35, 3, 43, 11, 51, 19, 59, 27, 34, 2, 42, 10, 50, 18, 58, 26, 33, 1, 41, 9, 49, 17, 57, 25}
	desChoice1 = [56]byte{
		57, 49, 41, 33, 25, 17, 9, 1, 58, 50, 42, 34, 26, 18, 10, 2, 59, 51, 43, 35, 27, 19, 11, 3, 60, 52, 44, 36,
		63, 55, 47, 39, 31, 23, 15, 7, 62, 54, 46, 38, 30, 22, 14, 6, 61, 53, 45, 37, 29, 21, 13, 5, 28, 20, 12, 4}
	desChoice2 = [48]byte{
		14, 17, 11, 24, 1, 5, 3, 28, 15, 6, 21, 10, 23, 19, 12, 4, 26, 8, 16, 7, 27, 20, 13, 2,
		41, 52, 31, 37, 47, 55, 30, 40, 51, 45, 33, 48, 44, 49, 39, 56, 34, 53, 46, 42, 50, 36, 29, 32}
	desShifts  = [16]int{1, 1, 2, 2, 2, 2, 2, 2, 1, 2, 2, 2, 2, 2, 2, 1}
	desPermute = [32]byte{
		16, 7, 20, 21, 29, 12, 28, 17, 1, 15, 23, 26, 5, 18, 31, 10, 2, 8, 24, 14, 32, 27, 3, 9, 19, 13, 30, 6, 22, 11, 4, 25}
	desBoxes = [8][64]byte{
		{14, 4, 13, 1, 2, 15, 11, 8, 3, 10, 6, 12, 5, 9, 0, 7, 0, 15, 7, 4, 14, 2, 13, 1, 10, 6, 12, 11, 9, 5, 3, 8,
			4, 1, 14, 8, 13, 6, 2, 11, 15, 12, 9, 7, 3, 10, 5, 0, 15, 12, 8, 2, 4, 9, 1, 7, 5, 11, 3, 14, 10, 0, 6, 13},
		{15, 1, 8, 14, 6, 11, 3, 4, 9, 7, 2, 13, 12, 0, 5, 10, 3, 13, 4, 7, 15, 2, 8, 14, 12, 0, 1, 10, 6, 9, 11, 5,
			0, 14, 7, 11, 10, 4, 13, 1, 5, 8, 12, 6, 9, 3, 2, 15, 13, 8, 10, 1, 3, 15, 4, 2, 11, 6, 7, 12, 0, 5, 14, 9},
		{10, 0, 9, 14, 6, 3, 15, 5, 1, 13, 12, 7, 11, 4, 2, 8, 13, 7, 0, 9, 3, 4, 6, 10, 2, 8, 5, 14, 12, 11, 15, 1,
			13, 6, 4, 9, 8, 15, 3, 0, 11, 1, 2, 12, 5, 10, 14, 7, 1, 10, 13, 0, 6, 9, 8, 7, 4, 15, 14, 3, 11, 5, 2, 12},
		{7, 13, 14, 3, 0, 6, 9, 10, 1, 2, 8, 5, 11, 12, 4, 15, 13, 8, 11, 5, 6, 15, 0, 3, 4, 7, 2, 12, 1, 10, 14, 9,
			10, 6, 9, 0, 12, 11, 7, 13, 15, 1, 3, 14, 5, 2, 8, 4, 3, 15, 0, 6, 10, 1, 13, 8, 9, 4, 5, 11, 12, 7, 2, 14},
		{2, 12, 4, 1, 7, 10, 11, 6, 8, 5, 3, 15, 13, 0, 14, 9, 14, 11, 2, 12, 4, 7, 13, 1, 5, 0, 15, 10, 3, 9, 8, 6,
			4, 2, 1, 11, 10, 13, 7, 8, 15, 9, 12, 5, 6, 3, 0, 14, 11, 8, 12, 7, 1, 14, 2, 13, 6, 15, 0, 9, 10, 4, 5, 3},
		{12, 1, 10, 15, 9, 2, 6, 8, 0, 13, 3, 4, 14, 7, 5, 11, 10, 15, 4, 2, 7, 12, 9, 5, 6, 1, 13, 14, 0, 11, 3, 8,
			9, 14, 15, 5, 2, 8, 12, 3, 7, 0, 4, 10, 1, 13, 11, 6, 4, 3, 2, 12, 9, 5, 15, 10, 11, 14, 1, 7, 6, 0, 8, 13},
		{4, 11, 2, 14, 15, 0, 8, 13, 3, 12, 9, 7, 5, 10, 6, 1, 13, 0, 11, 7, 4, 9, 1, 10, 14, 3, 5, 12, 2, 15, 8, 6,
			1, 4, 11, 13, 12, 3, 7, 14, 10, 15, 6, 8, 0, 5, 9, 2, 6, 11, 13, 8, 1, 4, 10, 7, 9, 5, 0, 15, 14, 2, 3, 12},
		{13, 2, 8, 4, 6, 15, 11, 1, 10, 9, 3, 14, 5, 0, 12, 7, 1, 15, 13, 8, 10, 3, 7, 4, 12, 5, 6, 11, 0, 14, 9, 2,
			7, 11, 4, 1, 9, 12, 14, 2, 0, 6, 10, 13, 15, 3, 5, 8, 2, 1, 14, 7, 4, 10, 8, 13, 15, 12, 9, 0, 3, 5, 6, 11},
	}
)

// permute picks bits of a number of size bits.
func permute(in uint64, size int, table []byte) (out uint64) {
	for _, bit := range table {
		out = out<<1 | in>>(size-int(bit))&1
	}
	return out
}

// desCrypt is the traditional method: DES of zeros, 25 times, with the first 8 bytes
// of the key and with halves of the expansion swapped where the salt has a bit.
// crypto/des has no salt.
func desCrypt(key, setting string) string {
	if len(setting) < 2 {
		return ""
	}
	lo, hi := strings.IndexByte(alphabet, setting[0]), strings.IndexByte(alphabet, setting[1])
	if lo < 0 || hi < 0 {
		return ""
	}
	var k uint64
	for i := range 8 {
		k <<= 8
		if i < len(key) {
			k |= uint64(key[i]&0x7f) << 1
		}
	}
	keys := desKeys(k)
	salt := uint64(lo | hi<<6)
	var mask uint64 // over 24 bits: the first of the salt swaps the first of the expansion
	for i := range 12 {
		mask |= salt >> i & 1 << (23 - i)
	}
	var block uint64
	for range 25 {
		block = desBlock(block, &keys, mask)
	}
	out := []byte(setting[:2])
	for i := 58; i >= -2; i -= 6 {
		digit := block << 2
		if i >= 0 {
			digit = block >> i
		}
		out = append(out, alphabet[digit&63])
	}
	return string(out)
}

// desKeys makes the keys of the 16 rounds, 48 bits each.
func desKeys(key uint64) (keys [16]uint64) {
	const half = 1<<28 - 1
	k := permute(key, 64, desChoice1[:])
	c, d := k>>28, k&half
	for i, n := range desShifts {
		c = (c<<n | c>>(28-n)) & half
		d = (d<<n | d>>(28-n)) & half
		keys[i] = permute(c<<28|d, 56, desChoice2[:])
	}
	return keys
}

func desBlock(in uint64, keys *[16]uint64, mask uint64) uint64 {
	b := permute(in, 64, desInitial[:])
	l, r := uint32(b>>32), uint32(b)
	for _, k := range keys {
		l, r = r, l^desRound(r, k, mask)
	}
	return permute(uint64(r)<<32|uint64(l), 64, desFinal[:])
}

func desRound(r uint32, key, mask uint64) uint32 {
	var e uint64 // each group of four bits with its neighbours
	for i := range 8 {
		w := r<<(4*i) | r>>(32-4*i)        // the group leads
		e = e<<6 | uint64(w<<31>>26|w>>27) // the last bit, then five
	}
	swap := (e>>24 ^ e) & mask
	e ^= swap | swap<<24
	e ^= key
	var s uint64
	for i, box := range desBoxes {
		six := e >> (42 - 6*i) & 63
		s = s<<4 | uint64(box[six&32|six&1<<4|six>>1&15])
	}
	return uint32(permute(s, 32, desPermute[:]))
}
