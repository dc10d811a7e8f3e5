package cms

import (
	"crypto/aes"
	"crypto/cipher"
	"testing"
)

// TestPadding: only padding that is whole is taken off (RFC 5652, 6.3).
func TestPadding(t *testing.T) {
	t.Parallel()
	key, iv := make([]byte, 16), make([]byte, 16)
	block, err := aes.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, want string }{
		{"fifteen bytes..\x01", "fifteen bytes.."}, {"fourteen bytes\x02\x02", "fourteen bytes"},
		{"fourteen bytes\x01\x02", ""}, {"fifteen bytes..\x00", ""}, {"fifteen bytes..\x11", ""}, {"", ""},
	} {
		content := []byte(c.text)
		cipher.NewCBCEncrypter(block, iv).CryptBlocks(content, content)
		d := &envelopedData{content: content, cipher: algorithm{params: tlv(tagOctets, iv)}}
		got, err := d.openCBC(contentCiphers["aes-128-cbc"], key)
		if string(got) != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%q: %q, %v", c.text, got, err)
		}
	}
}
