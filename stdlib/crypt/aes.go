package crypt

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"

	"github.com/hawser-mta/hawser/lang/sig"
	"github.com/hawser-mta/hawser/runtime/registry"
	"github.com/hawser-mta/hawser/runtime/value"
	"github.com/hawser-mta/hawser/runtime/vm"
)

func ciphers(b *registry.Builder) {
	options := []sig.Option{
		sig.Opt("iv: string", "16 bytes, needed for cbc"),
		sig.Opt("padding: boolean = true", "PKCS#7 padding; without it the text must be a multiple of 16 bytes"),
	}
	b.Func(sig.New("aes_encrypt(message: string, key: string, mode: string, options?: array) -> string|none",
		"Encrypts with a raw key of 16, 24 or 32 bytes in mode ecb or cbc; none when a length or the mode is wrong.", options...).
		Show(`echo length(aes_encrypt("", "k" * 16, "ecb"));`, "16"),
		func(t *vm.Thread, a []value.Value) (value.Value, error) { return aesCrypt(t, "aes_encrypt", a, true) })
	b.Func(sig.New("aes_decrypt(message: string, key: string, mode: string, options?: array) -> string|none",
		"Reverses aes_encrypt(); none when a length, the mode or the padding is wrong.", options...).
		Show(`echo aes_decrypt(aes_encrypt("text", "k" * 32, "ecb"), "k" * 32, "ecb");`, "text"),
		func(t *vm.Thread, a []value.Value) (value.Value, error) { return aesCrypt(t, "aes_decrypt", a, false) })
}

func aesCrypt(t *vm.Thread, fn string, a []value.Value, encrypt bool) (value.Value, error) {
	o := registry.OptionsAt(fn, a, 3)
	iv, padding := o.Str("iv", ""), o.Bool("padding", true)
	if err := o.Err(); err != nil {
		return value.None, err
	}
	message, mode := a[0].Str(), a[2].Str()
	block, err := aes.NewCipher([]byte(a[1].Str()))
	if err != nil || mode != "ecb" && (mode != "cbc" || len(iv) != aes.BlockSize) {
		return value.None, nil
	}
	if !(encrypt && padding) && len(message)%aes.BlockSize != 0 {
		return value.None, nil
	}
	if err := t.Reserve(2*len(message) + aes.BlockSize); err != nil {
		return value.None, err
	}
	text := append(make([]byte, 0, len(message)+aes.BlockSize), message...)
	if encrypt && padding {
		n := aes.BlockSize - len(text)%aes.BlockSize
		text = append(text, bytes.Repeat([]byte{byte(n)}, n)...)
	}
	switch {
	case mode == "cbc" && encrypt:
		cipher.NewCBCEncrypter(block, []byte(iv)).CryptBlocks(text, text)
	case mode == "cbc":
		cipher.NewCBCDecrypter(block, []byte(iv)).CryptBlocks(text, text)
	default: // crypto/cipher leaves it out, as it shows which blocks are equal
		crypt := block.Decrypt
		if encrypt {
			crypt = block.Encrypt
		}
		for i := 0; i < len(text); i += aes.BlockSize {
			crypt(text[i:], text[i:])
		}
	}
	if !encrypt && padding {
		var ok bool
		if text, ok = unpad(text); !ok {
			return value.None, nil
		}
	}
	return value.Bytes(text), nil
}

// unpad removes PKCS#7 padding (RFC 5652, 6.3).
func unpad(text []byte) ([]byte, bool) {
	if len(text) == 0 {
		return nil, false
	}
	n := int(text[len(text)-1])
	if n == 0 || n > aes.BlockSize || n > len(text) {
		return nil, false
	}
	for _, c := range text[len(text)-n:] {
		if int(c) != n {
			return nil, false
		}
	}
	return text[:len(text)-n], true
}
