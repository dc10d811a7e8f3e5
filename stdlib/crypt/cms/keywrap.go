package cms

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/binary"
	"slices"
)

// wrapStart is the initial value of AES key wrap (RFC 3394, 2.2.3.1).
const wrapStart = 0xa6a6a6a6a6a6a6a6

// wrapAES wraps a key, whose length is a multiple of 8 bytes (RFC 3394, 2.2.1).
func wrapAES(kek, key []byte) ([]byte, error) {
	c, err := aes.NewCipher(kek)
	if err != nil {
		return nil, err
	}
	out := append(make([]byte, 8), key...)
	var block [16]byte
	binary.BigEndian.PutUint64(block[:], wrapStart)
	n := len(key) / 8
	for step := 1; step <= 6*n; step++ {
		part := out[8+(step-1)%n*8:][:8]
		copy(block[8:], part)
		c.Encrypt(block[:], block[:])
		copy(part, block[8:])
		binary.BigEndian.PutUint64(block[:], binary.BigEndian.Uint64(block[:])^uint64(step))
	}
	copy(out, block[:8])
	return out, nil
}

// unwrapAES is the way back (RFC 3394, 2.2.2).
func unwrapAES(kek, wrapped []byte) ([]byte, bool) {
	c, err := aes.NewCipher(kek)
	if err != nil || len(wrapped)%8 != 0 || len(wrapped) < 24 || len(wrapped) > 64 {
		return nil, false
	}
	out := slices.Clone(wrapped[8:])
	var block [16]byte
	copy(block[:], wrapped[:8])
	n := len(out) / 8
	for step := 6 * n; step > 0; step-- {
		part := out[(step-1)%n*8:][:8]
		binary.BigEndian.PutUint64(block[:], binary.BigEndian.Uint64(block[:])^uint64(step))
		copy(block[8:], part)
		c.Decrypt(block[:], block[:])
		copy(part, block[8:])
	}
	return out, binary.BigEndian.Uint64(block[:]) == wrapStart
}

// unwrapDES3 unwraps a key of Triple DES (RFC 3217, 3.2). Nothing that we write is
// wrapped so.
func unwrapDES3(kek, wrapped []byte) ([]byte, bool) {
	c, err := des.NewTripleDESCipher(kek)
	if err != nil || len(wrapped) != 40 {
		return nil, false
	}
	text := slices.Clone(wrapped)
	cipher.NewCBCDecrypter(c, []byte{0x4a, 0xdd, 0xa2, 0x2c, 0x79, 0xe8, 0x21, 0x05}).CryptBlocks(text, text)
	slices.Reverse(text)
	iv, text := text[:8], text[8:]
	cipher.NewCBCDecrypter(c, iv).CryptBlocks(text, text)
	key, check := text[:24], text[24:]
	digest := sha1.Sum(key)
	return key, subtle.ConstantTimeCompare(check, digest[:8]) == 1
}

// derive makes a key of n bytes of a common secret (ANSI X9.63, as RFC 5753, 7.2
// words it). wrap is the AlgorithmIdentifier of the wrapping.
func derive(h crypto.Hash, secret, wrap, material []byte, n int) []byte {
	bits := binary.BigEndian.AppendUint32(nil, uint32(n*8))
	info := sequence(wrap, material, tlv(tagExplicit2, tlv(tagOctets, bits)))
	var out []byte
	for i := uint32(1); len(out) < n; i++ {
		out = append(out, sum(h, slices.Concat(secret, binary.BigEndian.AppendUint32(nil, i), info))...)
	}
	return out[:n]
}
